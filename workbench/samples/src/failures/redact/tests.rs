use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

fn redacted(secrets: &[&str], text: &str) -> String {
    Redactor::new(secrets).line(text)
}

fn without(text: &str) -> String {
    redacted(&[], text)
}

/// As `encodeURIComponent` does, and with every byte encoded.
fn percent_encoded(text: &str, all: bool) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' if !all => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The digits of what is percent-encoded.
fn in_small_letters(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let first = parts.next().unwrap().to_owned();
    let part = |it: &str| format!("%{}{}", it[..2].to_lowercase(), &it[2..]);
    first + &parts.map(part).collect::<String>()
}

/// As Python's `json.dumps` does.
fn in_ascii_json(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap();
    let escaped = |unit: &u16| format!("\\u{unit:04x}");
    let character = |it: char| match it.is_ascii() {
        true => it.to_string(),
        false => it.encode_utf16(&mut [0; 2]).iter().map(escaped).collect(),
    };
    json[1..json.len() - 1].chars().map(character).collect()
}

fn in_html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// The encodings in which clients and servers repeat a text.
fn encodings(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let json = json[1..json.len() - 1].to_owned();
    let twice = serde_json::to_string(&json).unwrap();
    let basic = STANDARD.encode(format!("ann:{secret}"));
    vec![
        secret.to_owned(),
        percent_encoded(secret, false),
        in_small_letters(&percent_encoded(secret, false)),
        percent_encoded(secret, false).replace("%20", "+"),
        percent_encoded(secret, true),
        percent_encoded(&percent_encoded(secret, false), false),
        json.replace('/', "\\/"),
        json,
        twice[1..twice.len() - 1].to_owned(),
        in_ascii_json(secret),
        in_html(secret),
        URL_SAFE_NO_PAD.encode(secret),
        STANDARD.encode(secret),
        basic,
    ]
}

/// Any text of 4 bytes and more that `[redacted]` does not contain.
fn secret() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        3 => proptest::collection::vec(any::<char>(), 1..24).prop_map(String::from_iter),
        3 => "[ -~]{4,40}",
        1 => "[a-z\"\\\\/&=+% \n\t<>']{4,20}",
        1 => "[a-zA-Z0-9]{250,600}",
    ];
    text.prop_filter("too short, or in what takes its place", |secret| {
        secret.len() >= 4 && !REDACTED.contains(secret.as_str())
    })
}

proptest! {
    #[test]
    fn no_encoding_of_a_secret_is_left_in_any_text(
        secret in secret(),
        before in "[ -~]{0,12}",
        behind in "[ -~]{0,12}",
    ) {
        let redactor = Redactor::new(&[&secret]);
        for encoding in encodings(&secret) {
            if encoding.trim_end_matches('=').len() < 6 && encoding != secret {
                // The base64 of such a short text has no part that depends on it alone.
                continue;
            }
            let redacted = redactor.line(&format!("{before}{encoding}{behind}"));
            prop_assert!(redacted.contains(REDACTED), "{encoding:?} in {redacted:?}");
            prop_assert!(!redacted.contains(&secret), "{secret:?} in {redacted:?}");
        }
    }

    #[test]
    fn text_without_secrets_and_credentials_stays_as_it_is(text in "[a-f0-9 {}\\[\\]\":,=&<>/\n]{0,200}") {
        prop_assert_eq!(redacted(&["hunter2hunter2"], &text), text);
    }

    #[test]
    fn nothing_makes_redaction_fail(secret in ".{0,20}", text in any::<Vec<u8>>()) {
        let redactor = Redactor::new(&[secret.as_bytes(), &text]);
        redactor.text(&text);
        redactor.reason(&String::from_utf8_lossy(&text));
    }

    #[test]
    fn the_whole_value_of_a_credential_field_is_removed(value in any::<String>(), name in prop_oneof![
        Just("password"), Just("access_token"), Just("refreshToken"), Just("client_secret"),
        Just("API-Key"), Just("user_passwd"), Just("csrf_token"), Just("new_password_2"),
    ]) {
        let marked = format!("Q9Z{value}Q9Z");
        let json = serde_json::json!({ "before": 1, name: marked, "behind": [1] });
        let within = serde_json::json!({ "text": json.to_string() });
        for text in [json.to_string(), serde_json::to_string_pretty(&json).unwrap(), within.to_string()] {
            let redacted = without(&text);
            prop_assert!(!redacted.contains("Q9Z"), "{redacted}");
            let json: Result<serde_json::Value, _> = serde_json::from_str(&redacted);
            prop_assert!(json.is_ok(), "{redacted}");
            // A truncated text.
            prop_assert!(!without(&text[..text.rfind("Q9Z").unwrap()]).contains("Q9Z"));
        }
        let form = format!("a=1&{name}={}&b=2", percent_encoded(&marked, false));
        let expected = format!("a=1&{name}=[redacted]&b=2");
        prop_assert_eq!(without(&form), expected);
    }
}

#[test]
fn several_secrets_are_all_found_the_longer_ones_first() {
    let text = "first=longsecret; second=secret; third=secretive";
    assert_eq!(
        redacted(&["secret", "longsecret"], &text.replace("secret", "zecret")),
        text.replace("secret", "zecret")
    );
    assert_eq!(
        redacted(
            &["zecret", "longzecret"],
            "a longzecret, a zecret, zecretive"
        ),
        "a [redacted], a [redacted], [redacted]ive"
    );
}

#[test]
fn a_short_secret_is_found_only_as_a_whole_value() {
    for (text, expected) in [
        (
            "GET /pin/17?pin=17&page=171 HTTP/1.17",
            "GET /pin/[redacted]?pin=[redacted]&page=171 HTTP/1.17",
        ),
        (
            r#"{"pin":17,"list":[17,17,17],"text":"17","year":2017}"#,
            r#"{"pin":[redacted],"list":[[redacted],[redacted],[redacted]],"text":"[redacted]","year":2017}"#,
        ),
        ("17", "[redacted]"),
        ("<td>17</td>", "<td>[redacted]</td>"),
    ] {
        assert_eq!(redacted(&["17"], text), expected);
    }
    assert_eq!(redacted(&[""], "nothing"), "nothing");
}

#[test]
fn credentials_are_recognised_by_name_in_all_formats() {
    for (text, expected) in [
        // JSON.
        (
            r#"{"token": "a\"b\\", "token_type": "Bearer", "expires_in": 3600}"#,
            r#"{"token": "[redacted]", "token_type": "Bearer", "expires_in": 3600}"#,
        ),
        (
            r#"{"password":12345,"user":"ann"}"#,
            r#"{"password":"[redacted]","user":"ann"}"#,
        ),
        (
            r#"{"password":null,"has_token":true}"#,
            r#"{"password":null,"has_token":true}"#,
        ),
        (
            r#"{"credentials":{"user":"ann","list":["}",1]},"b":1}"#,
            r#"{"credentials":"[redacted]","b":1}"#,
        ),
        (
            r#"{"max_tokens":100,"passed":3,"authors":["x"]}"#,
            r#"{"max_tokens":100,"passed":3,"authors":["x"]}"#,
        ),
        // GraphQL within JSON.
        (
            r#"{"query":"mutation { login(user: \"ann\", password: \"p w\") { id } }"}"#,
            r#"{"query":"mutation { login(user: \"ann\", password: \"[redacted]\") { id } }"}"#,
        ),
        // Forms and URLs.
        (
            "user%5Bpassword%5D=x%20y&commit=1",
            "user%5Bpassword%5D=[redacted]&commit=1",
        ),
        (
            "user[password]=x,y&token=",
            "user[password]=[redacted]&token=",
        ),
        (
            "GET /reset?token=abc&x=1 HTTP/1.1",
            "GET /reset?token=[redacted]&x=1 HTTP/1.1",
        ),
        (
            "https://ann:p@ss@shop.test/a:b@c",
            "https://ann:[redacted]@shop.test/a:b@c",
        ),
        (
            r#""https:\/\/ann:pass@shop.test""#,
            r#""https:\/\/ann:[redacted]@shop.test""#,
        ),
        ("http://[::1]:8080/x@y", "http://[::1]:8080/x@y"),
        // Markup.
        (
            r#"<input type="hidden" name="form_token" value="abc">"#,
            r#"<input type="hidden" name="form_token" value="[redacted]">"#,
        ),
        (
            "<input value='abc' name='password'/>",
            r#"<input value="[redacted]" name='password'/>"#,
        ),
        (
            r#"<input name="title" value="abc">"#,
            r#"<input name="title" value="abc">"#,
        ),
        (
            r#"<meta name="csrf-token" content="abc=="/>"#,
            r#"<meta name="csrf-token" content="[redacted]"/>"#,
        ),
        (
            "<s:Password Type=\"x\">abc</s:Password><b>x</b>",
            "<s:Password Type=\"x\">[redacted]</s:Password><b>x</b>",
        ),
        (
            "<token><![CDATA[abc]]></token>",
            "<token><![CDATA[[redacted]</token>",
        ),
        // A service that echoes the request.
        (
            "{\"Authorization\": \"Basic YW5uOnB3\", \"Accept\": \"*/*\"}",
            "{\"Authorization\": \"[redacted]\", \"Accept\": \"*/*\"}",
        ),
        (
            "authorization: Basic YW5uOnB3\naccept: */*",
            "authorization: [redacted]\naccept: */*",
        ),
        // Tokens under any name.
        (
            r#"{"data": "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJ"}"#,
            r#"{"data": "[redacted]"}"#,
        ),
        ("sent: Bearer abc-def.123", "sent: Bearer [redacted]"),
        ("sent: Basic YW5uOnB3MQ==", "sent: Basic [redacted]"),
        ("the bearer of news", "the bearer of news"),
        (
            "/a;jsessionid=AB12&signature=abc",
            "/a;jsessionid=[redacted]&signature=[redacted]",
        ),
        // A multipart form.
        (
            "--x\r\ncontent-disposition: form-data; name=\"password\"\r\n\r\nabc\r\ndef\r\n--x--\r\n",
            "--x\r\ncontent-disposition: form-data; name=\"password\"\r\n\r\n[redacted]\r\n--x--\r\n",
        ),
    ] {
        assert_eq!(without(text), expected);
    }
}

#[test]
fn credential_headers_keep_their_scheme_and_cookie_names() {
    let redactor = Redactor::new(&["hunter22"]);
    for (name, value, expected) in [
        ("Authorization", "Bearer abc.def", "Bearer [redacted]"),
        ("authorization", "abc", "[redacted]"),
        ("Proxy-Authorization", "Basic YTpi", "Basic [redacted]"),
        (
            "Cookie",
            "sid=abc; theme=dark",
            "sid=[redacted]; theme=[redacted]",
        ),
        (
            "Set-Cookie",
            "sid=abc; Path=/; HttpOnly",
            "sid=[redacted]; Path=/; HttpOnly",
        ),
        ("X-API-Key", "abc", "[redacted]"),
        ("apikey", "abc", "[redacted]"),
        ("X-Auth-Token", "abc", "[redacted]"),
        ("x-amz-security-token", "abc", "[redacted]"),
        (
            "location",
            "/in?access_token=abc#x",
            "/in?access_token=[redacted]",
        ),
        ("x-trace", "a hunter22 b", "a [redacted] b"),
        ("content-type", "application/json", "application/json"),
    ] {
        assert_eq!(redactor.header(name, value), expected, "{name}");
    }
}

#[test]
fn a_reason_does_not_contain_the_value_of_a_credential() {
    let redactor = Redactor::new(&["hunter22"]);
    for (reason, expected) in [
        (
            r#"$.token is "eyJ", expected == "x""#,
            r#"$.token is "[redacted]", expected == "[redacted]""#,
        ),
        (
            "$.user.password is 1234, expected > 3",
            "$.user.password is [redacted], expected > 3",
        ),
        (
            r#"header set-cookie does not contain "x": "sid=abc; Path=/""#,
            r#"header set-cookie does not contain "[redacted]": "[redacted]""#,
        ),
        (
            r#"$.total is "3", expected > 10"#,
            r#"$.total is "3", expected > 10"#,
        ),
        (
            r#"the body is not "hunter22""#,
            r#"the body is not "[redacted]""#,
        ),
        (
            r#"$.note is "my hunter…", expected == 1"#,
            r#"$.note is "my [redacted]…", expected == 1"#,
        ),
        (r#"$.note is "a hunt…""#, r#"$.note is "a [redacted]…""#),
        (
            r#"$.note is "a hun…", expected == "b…""#,
            r#"$.note is "a hun…", expected == "b…""#,
        ),
        (
            "there is no $.token in the body",
            "there is no $.token in the body",
        ),
    ] {
        assert_eq!(redactor.reason(reason), expected);
    }
}
