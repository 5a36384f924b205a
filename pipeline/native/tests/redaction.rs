//! What is masked and what is not, in texts and in the documents of crashes.

use _native::crash::{self, About, Source};
use _native::detector::Detector;
use _native::envelope::origin::Origin;
use _native::limits::Limits;
use _native::message;
use _native::redact::Redactor;
use _native::scanner::Scanner;
use _native::secrets::rules;
use serde_json::Value;
use std::path::Path;

const STACK: &str = "\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/app/main.go:10 +0x1d\n";

fn redacted(text: &str) -> String {
    String::from_utf8_lossy(&Redactor::default().redact(text.as_bytes())).into_owned()
}

/// The documents of the crashes in a text.
fn scan(text: &str, limits: Limits) -> Vec<Value> {
    let mut scanner = Scanner::new("tests", 0, None, Detector::new(limits, Redactor::default()));
    let mut documents = scanner.feed(text.as_bytes()).crashes;
    documents.extend(scanner.finish().crashes);
    documents.iter().filter_map(|document| serde_json::from_slice(document).ok()).collect()
}

/// The document of a panic with that value.
fn panic(value: &str) -> Value {
    scan(&format!("panic: {value}{STACK}"), Limits::default()).pop().unwrap_or_default()
}

fn text<'d>(document: &'d Value, field: &str) -> &'d str {
    document.get(field).and_then(Value::as_str).unwrap_or_default()
}

#[test]
fn values_behind_a_name_are_masked_in_every_notation() {
    let rows = [
        ("password=hunter2 user=bob", "password=[redacted:password] user=bob"),
        ("DB_PASSWORD = hunter2", "DB_PASSWORD = [redacted:password]"),
        ("password: hunter2, user: bob", "password: [redacted:password], user: bob"),
        ("map[password:hunter2 user:bob]", "map[password:[redacted:password] user:bob]"),
        ("{Password:hunter2}", "{Password:[redacted:password]}"),
        ("{Password:[104 117 110] Port:1}", "{Password:[[redacted:password]] Port:1}"),
        (r#"{Password:"hun \" ter2", User:"bob"}"#, r#"{Password:"[redacted:password]", User:"bob"}"#),
        (r#"{"password": "hunter2", "n": 1}"#, r#"{"password": "[redacted:password]", "n": 1}"#),
        (r#"{\"password\":\"hun\\\"ter2\",\"n\":1}"#, r#"{\"password\":\"[redacted:password]\",\"n\":1}"#),
        (r#"{\\\"password\\\":\\\"hunter2\\\"}"#, r#"{\\\"password\\\":\\\"[redacted:password]\\\"}"#),
        ("{'password': 'hunter 2'}", "{'password': '[redacted:password]'}"),
        (r#"{"password":"cut he"#, r#"{"password":"[redacted:password]"#),
        ("/login?password=hunter2&user=bob", "/login?password=[redacted:password]&user=bob"),
        ("aws_secret_access_key=wJalr/K7MDENG+bPx", "aws_secret_access_key=[redacted:secret]"),
        ("AccountKey=Zm9v/+==;EndpointSuffix=x", "AccountKey=[redacted:secret];EndpointSuffix=x"),
        ("//npm.acme.io/:_authToken=abc", "//npm.acme.io/:_authToken=[redacted:token]"),
        ("{Token:abc Kind:1}", "{Token:[redacted:token] Kind:1}"),
        ("map[X-Api-Key:[abc]]", "map[X-Api-Key:[[redacted:secret]]]"),
        ("[PWD=/srv DB_PASS=hunter2]", "[PWD=/srv DB_PASS=[redacted:password]]"),
    ];
    for (text, expected) in rows {
        assert_eq!(redacted(text), expected);
    }
}

#[test]
fn headers_and_addresses_are_masked() {
    let rows = [
        ("Authorization: Bearer abc then", "Authorization: Bearer [redacted:authorization] then"),
        (r#""Authorization":["Bearer abc"]"#, r#""Authorization":["Bearer [redacted:authorization]"]"#),
        ("Authorization: Digest username=\"bob\", response=\"0\"", "Authorization: [redacted:authorization]"),
        ("map[Cookie:[a=1; b=2] Host:[x]]", "map[Cookie:[[redacted:cookie]] Host:[x]]"),
        ("Set-Cookie: sid=1; Path=/; HttpOnly", "Set-Cookie: [redacted:cookie]"),
        ("redis://:hunter2@cache:6379/0", "redis://:[redacted:url-password]@cache:6379/0"),
        ("amqp://bob:p@ss@mq/vhost", "amqp://bob:[redacted:url-password]@mq/vhost"),
        ("https://0123456789abcdef0123@git.acme.io/x", "https://[redacted:url-password]@git.acme.io/x"),
        ("bob:p@ss@tcp(db:3306)/shop", "bob:[redacted:dsn-password]@tcp(db:3306)/shop"),
        ("GET /cards/5555555555554444/charge", "GET /cards/[redacted:card]/charge"),
        ("no card 4111111111111111.", "no card [redacted:card]."),
        ("bob:hunter2@v1.db.acme.io:3306", "bob:[redacted:dsn-password]@v1.db.acme.io:3306"),
        ("bob:hunter2@/shop", "bob:[redacted:dsn-password]@/shop"),
        (
            "parse \"postgres://bob:1A\": invalid port \":1A\" after host",
            "parse \"postgres://bob:[redacted:url-password]\": invalid port \":[redacted:url-password]\" after host",
        ),
        (
            "parse \"postgres://bob: 1A@db/x\": net/url: invalid userinfo",
            "parse \"postgres://bob:[redacted:url-password]@db/x\": net/url: invalid userinfo",
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(redacted(text), expected);
    }
}

#[test]
fn a_private_key_is_masked_and_its_lines_stay() {
    let begin = "-----BEGIN RSA PRIVATE KEY-----";
    let rows = [
        ("\n\tMIIEpAIBAAKCAQEA\n\tw0Zm9vYm=\n\t-----END RSA", "\n\t[redacted:private-key]\n\n-----END RSA"),
        ("\\nMIIEpAIBAAKCAQEA\\nw0=\\n-----END RSA", "\\n[redacted:private-key]-----END RSA"),
        ("\nMIIEpAIBAAKCAQEA\n\ngoroutine 1 [running]:", "\n[redacted:private-key]\n\ngoroutine 1 [running]:"),
        ("\n\ngoroutine 1 [running]:\nmain.main()", "\n\ngoroutine 1 [running]:\nmain.main()"),
    ];
    for (body, expected) in rows {
        assert_eq!(redacted(&format!("{begin}{body}")), format!("{begin}{expected}"));
    }
}

#[test]
fn what_is_no_secret_stays() {
    let rows = [
        "\t/root/go/pkg/mod/github.com/x/y@v1.2.3/z.go:12 +0x1d",
        "\t/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.24.0.linux-amd64/src/runtime/panic.go:884",
        "\t/go/pkg/mod/gopkg.in/yaml.v3@v3.0.1-rc.alpha/decode.go:7",
        "\t/srv/app/token/secret/password.go:12 +0x1d",
        "main.(*Token).Secret(0xc000012345, {0xc00001a0b8, 0x3})",
        "created by main.password in goroutine 5",
        "goroutine 18446744073709551615 gp=0xc000002380 m=0 mp=0x57b8a0 [running]:",
        "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7",
        "123e4567-e89b-12d3-a456-426614174000 1700000000000000000 0x000000c00002a660",
        "acme.io:5000/shop@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "clone git@github.com:acme/shop.git",
        "unexpected token: identifier, expected token: }",
        "invalid password: crypto/bcrypt: hashedPassword is not the hash of the given password",
        "Access denied for user 'root'@'172.17.0.1' (using password: YES)",
        "Password:0xc000012345 token:<nil> secret: \"\" api_key=null",
        "secrets \"tls\" is forbidden: User \"system:serviceaccount:a:b\" cannot get resource",
        "max_tokens=4096 token_type=bearer secretName: tls key=7",
        "--- PASS: TestLogin (0.00s) bypass: 1",
        "http: named cookie not present",
        "Basic authentication failed, bearer authentication required",
        "parse \"http://localhost:80a\": invalid port \":80a\" after host",
        "order 4111111111111112 of 4111-1111",
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEF\n-----END PUBLIC KEY-----",
    ];
    for text in rows {
        assert_eq!(redacted(text), text);
    }
}

/// The files of the golden corpus with secrets in them.
const WITH_SECRETS: [&str; 1] = ["go1.26-panic_secrets.txt"];

#[test]
fn the_golden_corpus_stays_apart_from_its_secrets() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let texts = files.map(|file| (file.file_name(), std::fs::read(file.path()).unwrap_or_default()));
    let (mut seen, mut changed) = (0, Vec::new());
    for (name, text) in texts {
        let raw = text.windows(5).position(|part| part == b"\n---\n").and_then(|at| text.get(at..)).unwrap_or(&text);
        seen += 1;
        if Redactor::default().redact(raw) != raw {
            changed.push(name.to_string_lossy().into_owned());
        }
    }
    assert!(seen > 50);
    assert_eq!(changed, WITH_SECRETS);
}

#[test]
fn lines_keep_their_number_and_what_is_masked_is_not_masked_again() {
    for rule in rules() {
        let once = redacted(rule.sample);
        assert_eq!(once.matches('\n').count(), rule.sample.matches('\n').count(), "{}", rule.name);
        assert_eq!(redacted(&once), once, "{}", rule.name);
    }
}

#[test]
fn users_rules_mask_their_groups_or_all_they_match() {
    let own = [("customer", r"customer (\d+)"), ("host", r"\w+\.acme\.lan")];
    let own = own.map(|(name, pattern)| (name.to_owned(), pattern.to_owned()));
    let redactor = Redactor::new(&own).unwrap_or_else(|_| Redactor::off());
    let told = redactor.redact(b"customer 42 on db1.acme.lan, password=x").into_owned();
    assert_eq!(
        String::from_utf8_lossy(&told),
        "customer [redacted:customer] on [redacted:host], password=[redacted:password]"
    );
}

#[test]
fn a_rule_that_cannot_be_used_is_named() {
    let reason = |name: &str, pattern: &str| {
        Redactor::new(&[(name.to_owned(), pattern.to_owned())]).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(reason("customer", "(").starts_with("rule \"customer\": regex parse error"));
    assert!(reason("a]b", "x").starts_with("rule \"a]b\": a name is made of"));
}

#[test]
fn a_redactor_that_is_off_masks_nothing() {
    assert_eq!(Redactor::off().redact(b"password=hunter2").as_ref(), b"password=hunter2");
}

#[test]
fn no_field_of_a_crash_tells_a_secret() {
    let value = "first hunter2 [recovered]\n\tpanic: {Password:hunter2}\n\tAuthorization: Basic hunter2";
    let crash = panic(&value.replace("first hunter2", "password=hunter2 is wrong"));
    assert_eq!(text(&crash, "title"), "password=[redacted:password] is wrong in main.main");
    assert_eq!(text(&crash, "message_template"), "password=[redacted:password] is wrong");
    assert_eq!(crash.get("chain").and_then(Value::as_array).map(Vec::len), Some(2));
    assert_eq!(crash.to_string().matches("hunter2").count(), 0);
    assert_eq!(crash.to_string().matches("[redacted:").count(), 9);
}

#[test]
fn paths_are_masked_as_well_where_the_trace_holds_a_secret() {
    let stack = STACK.replace("/srv/app", "/home/bob@example.com/shop");
    let crash = scan(&format!("panic: boom{stack}"), Limits::default()).pop().unwrap_or_default();
    assert_eq!(text(&crash, "culprit_file"), "/home/[redacted:email]/shop/main.go");
}

#[test]
fn a_bound_does_not_halve_a_secret() {
    let limits = || Limits { message_bytes: 20, raw_bytes: 60, ..Limits::default() };
    let value = "token ghp_0123456789abcdef0123456789 was not taken, and more words";
    let crash = scan(&format!("panic: {value}{STACK}"), limits()).pop().unwrap_or_default();
    assert_eq!(text(&crash, "message"), "token [redacted:gith");
    assert_eq!(text(&crash, "raw"), "panic: token [redacted:github-token] was not taken, and more");
}

#[test]
fn the_fingerprint_does_not_depend_on_what_was_masked() {
    let crashes =
        ["hunter2", "correct-horse", "s3cr3t!"].map(|p| panic(&format!("dial postgres://bob:{p}@db/shop: EOF")));
    assert_eq!(crashes.each_ref().map(|crash| text(crash, "fingerprint")), [text(&crashes[0], "fingerprint"); 3]);
}

#[test]
fn the_template_of_a_value_is_that_of_the_masked_value() {
    for rule in rules() {
        let (plain, masked) = (message::template(rule.sample.as_bytes()), message::template(rule.masked.as_bytes()));
        assert_eq!(String::from_utf8_lossy(&plain), String::from_utf8_lossy(&masked), "{}", rule.name);
    }
}

#[test]
fn switching_rules_changes_no_fingerprint() {
    let own = [("bob".to_owned(), "bob".to_owned())];
    let redactors = [Redactor::default(), Redactor::off(), Redactor::new(&own).unwrap_or_default()];
    let (source, origin) = (Source::new("tests", 0), Origin::default());
    let about = About::new(&source, &origin);
    let trace = trace(&format!("panic: no password=hunter2 for bob{STACK}"));
    let told = redactors.map(|redactor| crash::document(&trace, &about, &Limits::default(), &redactor).0);
    let told: Vec<Value> = told.iter().filter_map(|document| serde_json::from_slice(document).ok()).collect();
    let messages: Vec<&str> = told.iter().map(|crash| text(crash, "message")).collect();
    assert_eq!(
        messages,
        [
            "no password=[redacted:password] for bob",
            "no password=hunter2 for bob",
            "no password=[redacted:password] for [redacted:bob]"
        ]
    );
    let fingerprints: Vec<&str> = told.iter().map(|crash| text(crash, "fingerprint")).collect();
    assert_eq!(fingerprints, vec![*fingerprints.first().unwrap_or(&""); 3]);
}

fn trace(text: &str) -> _native::trace::Trace {
    let (mut stream, mut traces) = (_native::assemble::Stream::default(), Vec::new());
    for (offset, line) in (0..).zip(text.lines()) {
        let line = _native::trace::Line {
            text: line.as_bytes(),
            place: _native::trace::Place { offset, position: 0 },
            time: 0,
            in_file: None,
        };
        stream.line(line, &Limits::default(), &mut traces);
    }
    stream.finish(&mut traces);
    traces.pop().unwrap_or_else(|| unreachable!("the text is a trace"))
}
