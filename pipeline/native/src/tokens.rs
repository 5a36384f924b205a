//! Secrets that are known by their own shape: keys and tokens, a row each. A new one is a new row with its sample.
//!
//! Lengths are shorter than issued, so that one that was cut is masked as well, and no sample is taken for a real one.

use crate::secret::{Rule, rule};

/// All rows.
pub static TOKENS: [Rule; 23] = [
    // RFC 7468, RFC 1421, RFC 4880. Lines of other writers may stand inside, stacks may not. One that was cut has no
    // end: then the lines of its base64 that follow each other.
    rule(
        "private-key",
        &["private key"],
        concat!(
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:\s|\\+[nrt])*",
            r"(?:((?:[^()\[\]{}-]|-[^()\[\]{}-])+)-----END |",
            r#"((?:[A-Z][\w-]+: [^\n\\]+(?:\s|\\+[nrt])+)*[\w+/]{16,}={0,2}(?:(?:\s|\\+[nrt]|["+])+[\w+/]{16,}={0,2})*))"#
        ),
        "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIB\noAoGCCqGSM\n-----END EC PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\n[redacted:private-key]\n\n-----END EC PRIVATE KEY-----",
    ),
    // Bech32, https://age-encryption.org.
    rule(
        "private-key",
        &["AGE-SECRET-KEY-"],
        r"\bAGE-SECRET-KEY-(?:PQ-)?1\w{16,}",
        "AGE-SECRET-KEY-1QQQSYQCYQ5RQWZQF",
        "[redacted:private-key]",
    ),
    // RFC 7519 and 7516: base64url of `{"`, a dot, more of them.
    rule(
        "jwt",
        &["eyJ"],
        r"\beyJ[\w-]{8,}(?:\.[\w-]+)+",
        "token is expired: eyJhbGciOiJub25lIn0.eyJzdWIiOiJib2IifQ.c2ln by 3m",
        "token is expired: [redacted:jwt] by 3m",
    ),
    // AWS IAM, unique identifiers; the secret key of 40 letters has no shape and is known by its name.
    rule(
        "aws-key-id",
        &["AKIA", "ASIA", "ABIA", "ACCA"],
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b",
        "InvalidAccessKeyId: AKIAIOSFODNN7EXAMPLE",
        "InvalidAccessKeyId: [redacted:aws-key-id]",
    ),
    // Alibaba Cloud AccessKey, Tencent Cloud SecretId.
    rule(
        "cloud-key-id",
        &["LTAI", "AKID"],
        r"\b(?:LTAI|AKID)[0-9A-Za-z]{12,40}\b",
        "LTAI00000000000000",
        "[redacted:cloud-key-id]",
    ),
    // Microsoft Entra ID, client secrets.
    rule(
        "azure-secret",
        &["7Q~", "8Q~", "9Q~"],
        r"\b[\w.-]{3}[789]Q~[\w.~-]{16,}",
        "abc8Q~0123456789abcdef",
        "[redacted:azure-secret]",
    ),
    rule(
        "google-key",
        &["AIza", "ya29.", "GOCSPX-"],
        r"\b(?:AIza[\w-]{20,}|ya29\.[\w-]{16,}|GOCSPX-[\w-]{16,})",
        "googleapi: key AIza00000000000000000000 is not valid",
        "googleapi: key [redacted:google-key] is not valid",
    ),
    rule(
        "digitalocean-token",
        &["dop_v1_", "doo_v1_", "dor_v1_"],
        r"\bdo[opr]_v1_[0-9a-f]{16,}",
        "dop_v1_0123456789abcdef",
        "[redacted:digitalocean-token]",
    ),
    // https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats
    rule(
        "github-token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        r"\b(?:gh[oprsu]|github_pat)_\w{16,}",
        "GET /user: 401, ghp_0123456789abcdef",
        "GET /user: 401, [redacted:github-token]",
    ),
    // GitLab, token overview: all prefixes are `gl`, a word and a hyphen.
    rule(
        "gitlab-token",
        &["glpat-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "gloas-", "glsoat-"],
        r"\bgl(?:agent|cbt|dt|ft|imt|oas|pat|ptt|rtr?|soat)-[\w.-]{12,}",
        "glpat-0123456789abcdef",
        "[redacted:gitlab-token]",
    ),
    rule(
        "atlassian-token",
        &["ATATT3x", "ATCTT3x", "ATBB"],
        r"\b(?:ATATT3x|ATCTT3x|ATBB)[\w=-]{16,}",
        "ATATT3x0123456789abcdef",
        "[redacted:atlassian-token]",
    ),
    rule(
        "slack-token",
        &["xox", "xapp-"],
        r"\b(?:xox[a-z]|xapp)(?:\.xox[bp])?-[\w%-]{10,}",
        "invalid_auth: xoxb-0123456789-abc",
        "invalid_auth: [redacted:slack-token]",
    ),
    // Telegram Bot API.
    rule(
        "telegram-token",
        &[":AA"],
        r"\b(?:bot)?\d{8,10}:AA[\w-]{24,}",
        "/bot0123456789:AA0123456789abcdefghijklmn/getMe",
        "/[redacted:telegram-token]/getMe",
    ),
    rule(
        "stripe-key",
        &["k_live_", "k_test_", "whsec_"],
        r"\b(?:[rs]k_(?:live|test)|whsec)_\w{10,}",
        "No such charge, key sk_test_0123456789",
        "No such charge, key [redacted:stripe-key]",
    ),
    rule(
        "shop-token",
        &["shpat_", "shpca_", "shppa_", "shpss_", "sq0atp-", "sq0csp-"],
        r"\b(?:shp(?:at|ca|pa|ss)_|sq0(?:atp|csp)-)[\w-]{16,}",
        "shpat_0123456789abcdef",
        "[redacted:shop-token]",
    ),
    // OpenAI, Anthropic, OpenRouter, DeepSeek; Hugging Face; Groq; xAI; Perplexity.
    rule(
        "ai-key",
        &["sk-", "hf_", "gsk_", "xai-", "pplx-"],
        r"\b(?:sk-(?:admin|ant|or|proj|svcacct)-[\w-]{16,}|sk-[0-9A-Za-z]{20,}|(?:hf_|gsk_|xai-|pplx-)[0-9A-Za-z]{20,})",
        "Incorrect API key provided: sk-proj-0123456789abcdef",
        "Incorrect API key provided: [redacted:ai-key]",
    ),
    rule("npm-token", &["npm_"], r"\bnpm_[0-9A-Za-z]{20,}", "npm_0123456789abcdefghij", "[redacted:npm-token]"),
    // A macaroon of version 2: base64 begins `AgE`.
    rule("pypi-token", &["pypi-AgE"], r"\bpypi-AgE[\w-]{16,}", "pypi-AgE0123456789abcdef", "[redacted:pypi-token]"),
    rule(
        "registry-token",
        &["dckr_pat_", "dckr_oat_", "rubygems_"],
        r"\b(?:dckr_[op]at_[\w-]{16,}|rubygems_[0-9a-f]{20,})",
        "unauthorized: dckr_pat_0123456789abcdef",
        "unauthorized: [redacted:registry-token]",
    ),
    // HashiCorp Vault and Terraform Cloud.
    rule(
        "vault-token",
        &["hvs.", "hvb.", "hvr.", ".atlasv1."],
        r"\b(?:hv[brs]|\w{14}\.atlasv1)\.[\w-]{16,}",
        "vault: hvs.0123456789abcdef: permission denied",
        "vault: [redacted:vault-token]: permission denied",
    ),
    rule(
        "databricks-token",
        &["dapi"],
        r"\bdapi[0-9a-f]{32}",
        "dapi00000000000000000000000000000000",
        "[redacted:databricks-token]",
    ),
    // SendGrid, Mailgun, Brevo.
    rule(
        "mail-key",
        &["SG.", "key-", "xkeysib-"],
        r"\b(?:SG\.[\w-]{16,}\.[\w-]{16,}|key-[0-9a-f]{32}\b|xkeysib-[\w-]{16,})",
        "xkeysib-0123456789abcdef",
        "[redacted:mail-key]",
    ),
    // Grafana, Sentry, New Relic, Postman, Doppler, Tailscale, PlanetScale, Supabase, Linear, Notion, Pulumi.
    rule(
        "service-token",
        &[
            "glsa_", "glc_", "sntry", "NRAK-", "PMAK-", "dp.pt.", "dp.st.", "tskey-", "pscale_", "sbp_", "lin_api_",
            "ntn_", "pul-",
        ],
        concat!(
            r"\b(?:glsa_|glc_|sntry[su]_|NRAK-|PMAK-|dp\.[ps]t\.|tskey-[a-z]+-|pscale_[a-z]+_|sbp_|lin_api_|ntn_|pul-)",
            r"[\w.=-]{20,}"
        ),
        "sntrys_0123456789abcdefghij",
        "[redacted:service-token]",
    ),
];
