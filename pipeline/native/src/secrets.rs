//! Secrets that are known by what stands around them: names, headers, addresses; and mailboxes and card numbers. A row
//! each; a new one is a new row with its sample.
//!
//! Rows are applied from the first to the last, behind those of [`tokens`](crate::tokens), and what one masked stays.

use crate::plausible;
use crate::secret::{Mark, Rule, by, only, rule};
use crate::tokens::TOKENS;

/// All rules, in the order in which they are applied.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    TOKENS.iter().chain(&SECRETS)
}

/// Names of passwords.
macro_rules! passwords {
    () => {
        r"(?i)(?:passwords?|passwd|passphrase|passcode)\d?"
    };
}

/// Names of keys and other secrets; a bare `key` is none.
macro_rules! keys {
    () => {
        concat!(
            r"(?i)(?:secrets?|credentials?|shared[ _-]?access[ _-]?signature|",
            r"(?:access|account|api|auth|encryption|hmac|master|private|secret|signing|subscription)[ _-]?keys?)"
        )
    };
}

/// Names of tokens; `tokens` is a count.
macro_rules! tokens {
    () => {
        r"(?i)(?:token|jwt)"
    };
}

/// Between a name and its value, as programs write it: `=`, `:=`, `=>`, `":`, `\":`, a colon without a blank behind.
macro_rules! assigned {
    () => {
        r#"(?:\\*["'`][ \t]*(?:=>|[:=])[ \t]*|[ \t]*(?::=|=>|=)[ \t]*|:)"#
    };
}

/// The same, or as people write it: a colon and blanks.
macro_rules! said {
    () => {
        r#"(?:\\*["'`]?[ \t]*(?::=|=>|=|:)[ \t]*)"#
    };
}

/// A value: `[a list]`, `\\\"twice escaped\\\"`, `\"escaped\"`, `"quoted"`, `'quoted'`, `bare`.
macro_rules! value {
    () => {
        concat!(
            r#"(?:\[([^\]\n]+)|\\{2,}"((?:[^"\\\n]|\\[^"\\\n])*)|\\"((?:[^"\\\n]|\\\\(?:\\.)?|\\[^"\\\n])*)|"#,
            r#""((?:[^"\\\n]|\\.)*)|'((?:[^'\\\n]|\\.)*)|"#,
            r#"([^\s"'`=,;&(){}\[\]<>\\](?:[^\s",;&)}\]<\\]|\\[^"\s])*))"#
        )
    };
}

/// All rows. Several may share a name.
static SECRETS: [Rule; 21] = [
    // The last part of the address is all that a sender needs: Slack, Discord, Teams, WeCom, Feishu and Lark.
    rule(
        "webhook",
        &["hooks.slack.com/", "/api/webhooks/", "webhook.office.com/", "webhook/send?key=", "/open-apis/bot/"],
        concat!(
            r"(?:hooks\.slack\.com/\w+/|/api/webhooks/\d+/|webhook\.office\.com/\w+/|webhook/send\?key=|",
            r#"/open-apis/bot/v\d/hook/)([^\s"'`<>&)\]\\]+)"#
        ),
        "Post \"https://hooks.slack.com/services/T0/B0/xyz\": EOF",
        "Post \"https://hooks.slack.com/services/[redacted:webhook]\": EOF",
    ),
    // net/url, URL.Parse: a password that is not escaped ends the host, and the error tells its first part again.
    rule(
        "url-password",
        &["invalid port", "invalid userinfo"],
        concat!(
            r#"://[^":/@\n]*:([^"\n]*)@[^"@\n]*": "#,
            r#"(?:net/url: invalid userinfo|invalid port \\*":([^"\n]*?)\\*" after host)|"#,
            r#"(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|rediss?|amqps?|sqlserver|clickhouse|nats|ldaps?)"#,
            r#"://[^":/@\n]*:([^"@\n]*?)\\*": invalid port \\*":([^"\n]*?)\\*" after host"#
        ),
        "parse \"postgres://bob:s/3cret@db/shop\": invalid port \":s\" after host",
        concat!(
            "parse \"postgres://bob:[redacted:url-password]@db/shop\": ",
            "invalid port \":[redacted:url-password]\" after host"
        ),
    ),
    // RFC 3986, 3.2.1; without a name in front of a colon, a long name is a token.
    by(
        Mark::At,
        rule(
            "url-password",
            &[],
            r#"://(?:[^\s:/?#@"'`<>\\]*:([^\s/?#"'`<>\\]+)|([^\s:/?#@"'`<>\\]{20,}))@"#,
            "dial postgres://bob:hunter2@db.local:5432/shop?sslmode=disable",
            "dial postgres://bob:[redacted:url-password]@db.local:5432/shop?sslmode=disable",
        ),
    ),
    // github.com/go-sql-driver/mysql, README: `user:password@tcp(host:3306)/name`, `user:password@/name`.
    by(
        Mark::At,
        rule(
            "dsn-password",
            &[],
            concat!(
                r#"\w:([^\s"'`/:][^\s"'`]*?)@"#,
                r"(?:(?:tcp|udp)[46]?\(|unix\(|cloudsql\w*\(|/|[\w.-]+:\d{2,5}\b)"
            ),
            "sql.Open: bob:hunter2@tcp(db:3306)/shop",
            "sql.Open: bob:[redacted:dsn-password]@tcp(db:3306)/shop",
        ),
    ),
    // RFC 9110, 11.6.2: one word behind most schemes, a list behind others. http.Header prints in brackets.
    rule(
        "authorization",
        &["authorization"],
        concat!(
            r#"(?i)\bauthorization\\*["'`]?[ \t]*(?:=>|[:=])[ \t]*[\["'`\\]*(?:"#,
            r#"(?:apikey|api-key|basic|bearer|key|negotiate|ntlm|splunk|token)(?:[ \t]+|%20)([^\s"'`,;\]})\\]+)|"#,
            r"((?:aws4-hmac-sha256|digest|hawk|hmac|oauth|signature)[ \t]+[^\]}\n]+))"
        ),
        "map[Accept:[*/*] Authorization:[Basic Ym9iOmh1bnRlcjI=]]",
        "map[Accept:[*/*] Authorization:[Basic [redacted:authorization]]]",
    ),
    only(
        plausible::random,
        rule(
            "authorization",
            &["authorization"],
            r#"(?i)\bauthorization\\*["'`]?[ \t]*(?:=>|[:=])[ \t]*[\["'`\\]*([^\s"'`,;\]})\\]+)"#,
            "{\"X-Authorization\":[\"0123456789abcdef\"]}",
            "{\"X-Authorization\":[\"[redacted:authorization]\"]}",
        ),
    ),
    only(
        plausible::random,
        rule(
            "authorization",
            &["bearer", "basic"],
            r"(?i)\b(?:bearer|basic)(?:[ \t]+|%20)([\w.~+/-]+=*)",
            "the server rejected Bearer 0123456789abcdef",
            "the server rejected Bearer [redacted:authorization]",
        ),
    ),
    // RFC 6265, 4.1.1 and 4.2.1: names with values, attributes behind them.
    rule(
        "cookie",
        &["cookie"],
        concat!(
            r#"(?i)\bcookies?\\*["'`]?[ \t]*[:=][ \t]*[\["'`\\]*"#,
            r#"([\w.$!#%&*+^|~-]+=[^\s"'`,;\]})\\]*(?:;[ \t]*[\w.$-]+(?:=[^\s"'`;\]})\\]*)?)*)"#
        ),
        "Cookie: sid=31d4d96e407aad42; lang=en",
        "Cookie: [redacted:cookie]",
    ),
    // Azure SAS, AWS and Google signed addresses.
    only(
        plausible::random,
        rule(
            "url-signature",
            &["sig=", "signature="],
            r#"(?i)[?&;](?:sig|(?:x-(?:amz|goog)-)?signature)=([^\s"'<>&)\]\\]+)"#,
            "GET https://acme.blob.core.windows.net/x?se=2026&sig=0123456789abcdef%3D&sp=r",
            "GET https://acme.blob.core.windows.net/x?se=2026&sig=[redacted:url-signature]&sp=r",
        ),
    ),
    only(
        plausible::value,
        rule(
            "password",
            &["password", "passwd", "passphrase", "passcode"],
            concat!(passwords!(), said!(), value!()),
            "main.Config{User:\"bob\", Password:\"hunter 2\"}",
            "main.Config{User:\"bob\", Password:\"[redacted:password]\"}",
        ),
    ),
    only(
        plausible::no_folder,
        rule(
            "password",
            &["pwd", "_pass", "pass=", "pass\"", "pass\\", "cvv", "cvc"],
            concat!(r"(?i)(?:pwd|_pass|\bpass|\bcvv2?|\bcvc2?)", assigned!(), value!()),
            "Server=db;Uid=sa;Pwd=hunter2;",
            "Server=db;Uid=sa;Pwd=[redacted:password];",
        ),
    ),
    // SQL: `CREATE USER bob PASSWORD 'x'`, `IDENTIFIED BY 'x'`.
    rule(
        "password",
        &["password", "identified"],
        r"(?i)\b(?:password|identified\s+(?:with\s+\w+\s+)?by)\s+'([^'\n]+)",
        "CREATE USER bob IDENTIFIED BY 'hunter2'",
        "CREATE USER bob IDENTIFIED BY '[redacted:password]'",
    ),
    only(
        plausible::key,
        rule(
            "secret",
            &["secret", "credential", "signature", "key=", "key:", "key\"", "key'", "key\\", "key ="],
            concat!(keys!(), assigned!(), value!()),
            "{\"region\":\"eu\",\"client_secret\":\"s3cr3t\"}",
            "{\"region\":\"eu\",\"client_secret\":\"[redacted:secret]\"}",
        ),
    ),
    only(
        plausible::random,
        rule(
            "secret",
            &["secret", "credential", "signature", "key:"],
            concat!(keys!(), said!(), value!()),
            "X-Api-Key: 0123456789abcdef",
            "X-Api-Key: [redacted:secret]",
        ),
    ),
    only(
        plausible::key,
        rule(
            "token",
            &["token", "jwt"],
            concat!(tokens!(), assigned!(), value!()),
            "GET /robot/send?access_token=abc&n=1",
            "GET /robot/send?access_token=[redacted:token]&n=1",
        ),
    ),
    only(
        plausible::random,
        rule(
            "token",
            &["token", "jwt"],
            concat!(tokens!(), said!(), value!()),
            "Private-Token: 0123456789abcdef",
            "Private-Token: [redacted:token]",
        ),
    ),
    // `~/.docker/config.json`: base64 of `user:password`.
    rule(
        "authorization",
        &["auth\"", "auth\\"],
        r#"(?i)"_?auth\\*"\s*:\s*\\*"([0-9A-Za-z+/]{8,}={0,2})"#,
        "{\"auths\":{\"r.acme.io\":{\"auth\":\"Ym9iOmh1bnRlcjI=\"}}}",
        "{\"auths\":{\"r.acme.io\":{\"auth\":\"[redacted:authorization]\"}}}",
    ),
    // Arguments of a command, where the next word may also be one of an error: `--token flag is required`.
    only(
        plausible::random,
        rule(
            "argument",
            &["password", "passwd", "secret", "token", "api-key", "apikey", "access-key"],
            r#"(?i)--[\w-]*(?:password|passwd|secret|token|api-?key|access-key)[ \t]+["']?([^\s"'\]-][^\s"'\]]*)"#,
            "[/bin/shop --db-password hunter22 --port 80]",
            "[/bin/shop --db-password [redacted:argument] --port 80]",
        ),
    ),
    // XML.
    rule(
        "element",
        &["password", "passwd", "secret", "token", "key>"],
        r"(?i)<[\w:.-]*(?:password|passwd|secret|token|(?:access|api|private|secret)_?key)>([^<\n]+)",
        "<DbPassword>hunter2</DbPassword>",
        "<DbPassword>[redacted:element]</DbPassword>",
    ),
    // RFC 5322, 3.4.1, as mailboxes are in practice: a host with a top level of letters.
    by(
        Mark::At,
        only(
            plausible::mailbox,
            rule(
                "email",
                &[],
                r"\b[\w.%+-]+@[0-9A-Za-z](?:[0-9A-Za-z-]*\.)+[A-Za-z]{2,}\b",
                "no user bob.smith+go@example.com in yaml.v3@v3.0.1",
                "no user [redacted:email] in yaml.v3@v3.0.1",
            ),
        ),
    ),
    // ISO/IEC 7812-1 with the ranges of issuers: Visa 4; Mastercard 51 to 55, 2221 to 2720; American Express 34, 37;
    // Diners 30, 36, 38, 39; JCB 35; Maestro 50, 56 to 58; Discover, UnionPay and Maestro 6. In one piece or in groups.
    by(
        Mark::Digits,
        only(
            plausible::luhn,
            rule(
                "card",
                &[],
                concat!(
                    r"(?:^|[^\w.+-])(4\d{12}(?:\d{3}){0,2}|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3[0689]\d{12,17}|",
                    r"35\d{14,17}|(?:5[0678]|6\d)\d{11,17}|",
                    r"[2-6]\d{3}[ -]\d{4}[ -]\d{4}[ -]\d{4}(?:[ -]\d{3})?|3\d{3}[ -]\d{6}[ -]\d{4,5})\b",
                ),
                "charge of 4111 1111 1111 1111 and 378282246310005 declined, order 4111111111111112",
                "charge of [redacted:card] and [redacted:card] declined, order 4111111111111112",
            ),
        ),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Redactor;

    #[test]
    fn each_rule_masks_its_sample() {
        for rule in rules() {
            let masked = Redactor::default().redact(rule.sample.as_bytes()).into_owned();
            assert_eq!(String::from_utf8_lossy(&masked), rule.masked, "{}", rule.name);
        }
    }

    #[test]
    fn a_set_of_rules_fits_into_a_number() {
        assert!(rules().count() <= 64);
    }

    #[test]
    fn each_rule_can_be_made_and_looks_for_what_its_sample_holds() {
        for rule in rules() {
            let pattern = regex::bytes::RegexBuilder::new(rule.pattern).unicode(false).multi_line(true).build();
            assert!(pattern.is_ok_and(|p| p.is_match(rule.sample.as_bytes())), "{}", rule.sample);
        }
    }
}
