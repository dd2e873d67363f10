//! Curl commands. Long, because there is one test for each group of options.

use std::io::Write;
use std::process::Stdio;

use super::{init, run};
use crate::support::Bench;

/// The steps of the experiment that curl commands become.
fn steps(command: &str) -> String {
    let bench = Bench::new();
    std::fs::write(bench.path().join("a.txt"), "a").unwrap();
    let made = init(&bench, &["--curl", command]);
    let steps = made.text.split("    steps:\n").nth(1).unwrap();
    let steps = steps.split("\n\nthresholds:").next().unwrap();
    let lines = steps
        .lines()
        .filter(|line| !line.contains("# Changes data"));
    let lines: Vec<&str> = lines
        .map(|line| line.strip_prefix("      ").unwrap_or(line))
        .collect();
    lines.join("\n")
}

#[test]
fn curl_commands_copied_from_a_browser_give_the_sent_request() {
    let made = init(
        &Bench::new(),
        &[
            "--curl",
            r#"curl 'https://api.shop.test/v1/orders?page=2' \
  -H 'accept: application/json' \
  -H 'accept-language: en-GB,en;q=0.9' \
  -H 'authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc' \
  -H 'content-type: application/json' \
  -b 'sid=hunter2; theme=dark' \
  -H 'origin: https://shop.test' \
  -H 'sec-ch-ua: "Chromium";v="135", "Not-A.Brand";v="8"' \
  -H 'user-agent: Mozilla/5.0 (X11; Linux x86_64)' \
  --data-raw $'{"note":"it\'s $5, not ${price}","items":[{"id":7,"price":1.50}]}' \
  --compressed"#,
        ],
    );
    let expected = r##"# The request of a curl command.
# Secrets come from the environment. Before a run, export:
#   SHOP_TOKEN: token of shop
#   SHOP_COOKIE: cookie of shop
name: shop

target:
  urls:
    shop: https://api.shop.test

http:
  accept_encoding: gzip, br, zstd

threads:
  # Users start one after another, stay, and each repeats its scenario until the end.
  - { start: 10, startup: 1s, hold: 10s }

scenarios:
  - name: curl
    think_time: 100ms
    steps:
      # Changes data: every user sends it, again and again.
      - request: POST shop/v1/orders?page=2
        headers:
          accept: application/json
          accept-language: en-GB,en;q=0.9
          origin: https://shop.test
          sec-ch-ua: "\"Chromium\";v=\"135\", \"Not-A.Brand\";v=\"8\""
          user-agent: Mozilla/5.0 (X11; Linux x86_64)
          cookie: ${env.SHOP_COOKIE}
        auth: { bearer: "${env.SHOP_TOKEN}" }
        json: { note: "it's $5, not $${price}", items: [ { id: 7, price: 1.5 } ] }

thresholds:
  - error_rate < 1%
  - p95 < 1s
"##;
    assert_eq!(made.text, expected);
    for secret in ["hunter2", "eyJhbGciOiJIUzI1NiJ9"] {
        assert!(!made.stderr.contains(secret), "{}", made.stderr);
    }
}

#[test]
fn curl_commands_copied_on_windows_give_the_sent_request() {
    let command = "curl ^\"http://localhost:1/a?b=1^&c=^%^20^\" ^\r\n  -X ^\"PUT^\" ^\r\n  -H ^\"content-type: application/json^\" ^\r\n  \
                   --data-raw ^\"^{^\\^\"a^\\^\":^\\^\"b c^\\^\"^}^\" ^\r\n  --compressed";
    assert_eq!(
        steps(command),
        "- request: PUT service/a?b=1&c=%20\n  json: { a: b c }"
    );
}

#[test]
fn methods_and_bodies_are_those_that_curl_chooses() {
    for (command, expected) in [
        ("curl localhost:1/x", "- request: GET service/x"),
        ("curl -I localhost:1", "- request: HEAD service/"),
        ("curl -XDELETE localhost:1/x", "- request: DELETE service/x"),
        (
            "curl localhost:1 -d a=1 -d 'b=x%20y+z' --data-urlencode 'c=1&2'",
            "- request: POST service/\n  form: { a: \"1\", b: x y z, c: 1&2 }",
        ),
        (
            "curl -G localhost:1/s?a=1 --data-urlencode 'q=a b&c'",
            "- request: GET service/s?a=1&q=a%20b%26c",
        ),
        (
            "curl localhost:1 --json '{\"a\": [1, null]}'",
            "- request: POST service/\n  headers: { accept: application/json }\n  json: { a: [1, null] }",
        ),
        (
            "curl localhost:1 -T a.txt",
            "- request: PUT service/a.txt\n  file: a.txt",
        ),
        (
            "curl localhost:1/up/ -T a.txt",
            "- request: PUT service/up/a.txt\n  file: a.txt",
        ),
        (
            "curl localhost:1/up -T a.txt",
            "- request: PUT service/up\n  file: a.txt",
        ),
        (
            "curl localhost:1 -r 600 --url-query 'q=a b' --url-query +r=%20 --url-query x@a.txt",
            "- request: GET service/?q=a%20b&r=%20\n  headers: { range: bytes=600- }",
        ),
        (
            "curl localhost:1 -F title=x -F tag=a -F 'b=@a.txt;type=text/css' --form-string 'at=@b'",
            "- request: POST service/\n  multipart: { title: x, tag: a, b: { file: a.txt, content_type: text/css }, at: \"@b\" }",
        ),
        (
            "curl localhost:1 -H 'content-type: text/csv' --data-binary $'a,b\\n1,2\\n'",
            "- request: POST service/\n  headers: { content-type: text/csv }\n  text: |\n    a,b\n    1,2",
        ),
        (
            "curl localhost:1 -m 2.5 -A me -e http://a/ -r 0-9",
            "- request: GET service/\n  headers: { user-agent: me, referer: \"http://a/\", range: bytes=0-9 }\n  timeout: 2500ms",
        ),
    ] {
        assert_eq!(steps(command), expected, "{command}");
    }
}

#[test]
fn several_commands_are_requests_in_order_with_shared_settings_written_once() {
    let bench = Bench::new();
    let script = "BASE=http://localhost:1\n# Look, then buy.\n\
                  curl -s \"$BASE/items\" -H 'x-client: a' -H \"authorization: Bearer $TOKEN\" | jq .\n\
                  curl -X POST \"$BASE/cart/${ITEM}\" -H 'x-client: a' -H \"authorization: Bearer $TOKEN\" -d @- <<EOF\n\
                  count=1\nEOF\n";
    std::fs::write(bench.path().join("shop.sh"), script).unwrap();
    let made = init(&bench, &["--curl", "shop.sh"]);
    for part in [
        "http:\n  headers:\n    x-client: a\n    authorization: Bearer ${env.TOKEN}\n",
        "      - request: GET service/items\n",
        "      - request: POST service/cart/${env.ITEM}\n        form: { count: \"1\" }\n",
        "#   TOKEN: a variable of the shell\n",
        "# - shop.sh:3: what its output is piped into\n",
    ] {
        assert!(made.text.contains(part), "{part}\n{}", made.text);
    }
}

#[test]
fn commands_come_from_standard_input_too() {
    let bench = Bench::new();
    let mut command = bench.workbench();
    command
        .args(["init", "--curl", "-", "-o", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"$ curl localhost:1/a\n")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("- request: GET service/a\n")
    );
}

#[test]
fn unsupported_options_are_listed_with_their_positions_and_without_secrets() {
    let command = "curl -k -x http://ann:hunter2@proxy:1 --retry 3 -b cookies.txt --digest -u ann:hunter2 -F a=1 -F a=2 \\\n  http://localhost:1/\nwget x";
    let made = init(&Bench::new(), &["--curl", command]);
    for (line, what) in [
        (1, "--insecure: certificates are verified unless"),
        (1, "the option --proxy"),
        (1, "the option --retry"),
        (1, "cookies from a file"),
        (1, "the option --digest"),
        (1, "another part with the name a"),
        (3, "the command wget, which is not curl"),
    ] {
        let left = format!("--curl:{line}: {what}");
        assert!(made.stderr.contains(&left), "{left}\n{}", made.stderr);
        assert!(
            made.text.contains(&format!("# - {left}")),
            "{left}\n{}",
            made.text
        );
    }
    assert!(!made.text.contains("hunter2") && !made.stderr.contains("hunter2"));
}

#[test]
fn curl_s_secrets_are_not_in_the_file() {
    let command = "curl 'http://bob:pass-1@localhost:1/?access_token=pass-2' -H 'Authorization: Digest pass-3' \
                   -H 'x-api-key: pass-4' -H 'Cookie: a=pass-5' --json '{\"user\": {\"password\": \"pass-6\"}}'\n\
                   curl -u ann:pass-7 localhost:1/b -d 'client_secret=pass-8'\n\
                   curl -u pass-9: localhost:1/c\n\
                   curl localhost:1/d -H 'Authorization: Basic Y2FyOnBhc3MtMA=='";
    let made = init(&Bench::new(), &["--curl", command]);
    for text in [&made.text, &made.stderr] {
        assert!(!text.contains("pass-"), "{text}");
    }
    assert_eq!(
        made.text.matches("auth: { basic: {").count(),
        3,
        "{}",
        made.text
    );
    let exported = made
        .stderr
        .lines()
        .filter(|line| line.starts_with("  SERVICE_"));
    assert_eq!(exported.count(), 9, "{}", made.stderr);
}

#[test]
fn without_a_request_nothing_is_written() {
    let bench = Bench::new();
    for command in [
        "curl",
        "curl ftp://host/",
        "wget http://host/",
        "curl 'http://$HOST/'",
    ] {
        let output = run(&bench, &["--curl", command]);
        assert_eq!(output.status.code(), Some(1), "{command}");
    }
    let output = run(&bench, &["--curl", "commands.sh"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("cannot read commands.sh"), "{stderr}");
    assert_eq!(std::fs::read_dir(bench.path()).unwrap().count(), 0);
}

#[test]
fn files_are_found_from_the_folder_of_the_experiment() {
    let bench = Bench::new();
    std::fs::write(bench.path().join("a.txt"), "a").unwrap();
    std::fs::create_dir(bench.path().join("sub")).unwrap();
    let command = "curl -F f=@a.txt localhost:1";
    let mut made = bench.workbench();
    let made = made
        .args(["init", "-o", "sub/made.yaml", "--curl", command])
        .output();
    assert!(made.unwrap().status.success());
    let mut validate = bench.workbench();
    assert!(
        validate
            .args(["validate", "sub/made.yaml"])
            .output()
            .unwrap()
            .status
            .success()
    );
}

#[test]
fn files_that_are_not_there_leave_a_valid_file_and_are_said() {
    for (command, file) in [
        ("curl http://shop.test/a -T nowhere.txt", "nowhere.txt"),
        (
            "curl http://shop.test/a --data-binary @nowhere.json",
            "nowhere.json",
        ),
        (
            "curl http://shop.test/a -F x=1 -F 'f=@nowhere.png'",
            "nowhere.png",
        ),
    ] {
        let made = init(&Bench::new(), &["--curl", command]);
        assert!(made.stderr.contains(file), "{}", made.stderr);
        assert!(
            made.text
                .contains(&format!("# The file {file} is not there.")),
            "{}",
            made.text
        );
        assert!(made.text.contains("# - request: P"), "{}", made.text);
        assert!(
            made.text.contains("      - request: GET shop/\n"),
            "{}",
            made.text
        );
    }
    // Beside a request that can be sent nothing stands in.
    let commands = "curl http://shop.test/a -T nowhere.txt\ncurl http://shop.test/b";
    let made = init(&Bench::new(), &["--curl", commands]);
    assert!(!made.text.contains("GET shop/\n"), "{}", made.text);
}

#[test]
fn certificates_that_are_of_no_use_or_not_there_are_said() {
    for (command, said) in [
        (
            "curl --cert c.pem --cacert ca.pem http://shop.test/",
            "tls: certificates, as no address is an https URL",
        ),
        (
            "curl --cert c.pem --key k.pem --cacert ca.pem https://shop.test/",
            "tls: the certificate or key k.pem, which is not there",
        ),
    ] {
        let made = init(&Bench::new(), &["--curl", command]);
        assert!(made.stderr.contains(said), "{}", made.stderr);
        assert!(!made.text.contains("tls: {"), "{}", made.text);
    }
}

#[test]
fn a_body_from_standard_input_is_that_of_the_script_or_said() {
    let script = "curl -T - http://shop.test/a <<END\nhello\nEND\n";
    assert_eq!(steps(script), "- request: PUT shop/a\n  text: \"hello\\n\"");
    let made = init(&Bench::new(), &["--curl", "curl -T - http://shop.test/a"]);
    assert!(
        made.stderr.contains("a body from standard input"),
        "{}",
        made.stderr
    );
}

#[test]
fn quotes_and_continuations_are_those_of_the_shell() {
    for (command, expected) in [
        (
            r#"curl http://h/ -H 'x: a b' -H "v: c \"d\" $ 5" -H z:\ e\ f"#,
            "- request: GET h/\n  headers: { x: a b, v: c \"d\" $ 5, z: e f }",
        ),
        (
            "curl \\\n  -H 'x: 1' \\\r\n  http://h/y",
            "- request: GET h/y\n  headers: { x: \"1\" }",
        ),
        (
            r"curl http://h/ -H 'content-type: text/plain' -d $'it\'s\n\u00e9\x41\ud83d\ude00'",
            "- request: POST h/\n  headers: { content-type: text/plain }\n  text: |-\n    it's\n    éA😀",
        ),
        ("curl 'http://h/it'\\''s' # why", "- request: GET h/it's"),
        ("curl http://h/x > /dev/null 2>&1", "- request: GET h/x"),
        ("curl http://h/a#b ''", "- request: GET h/a"),
    ] {
        assert_eq!(steps(command), expected, "{command}");
    }
}

#[test]
fn commands_end_at_line_breaks_and_operators() {
    let script = "curl http://h/a; curl http://h/b && curl http://h/c\n# no\ncurl http://h/d | jq '.x; y' ; curl http://h/e";
    let made = init(&Bench::new(), &["--curl", script]);
    let paths = made.text.split("- request: GET h/").skip(1);
    let paths: String = paths.map(|rest| &rest[..1]).collect();
    assert_eq!(paths, "abcde");
    let left = "--curl:3: what its output is piped into";
    assert_eq!(made.stderr.matches("--curl:").count(), 1);
    assert!(made.stderr.contains(left), "{}", made.stderr);
}

#[test]
fn variables_are_those_of_the_script_or_of_the_environment() {
    let script = "BASE=http://h:1\nexport ID=7\n\
                  curl \"$BASE/${ID}\" -H \"x: $TOKEN\" -H 'v: $TOKEN' -H \"z: $(date)\"";
    assert_eq!(
        steps(script),
        "- request: GET h/7\n  headers: { x: \"${env.TOKEN}\", v: $TOKEN, z: \"${env.OUTPUT_OF_LINE_3}\" }"
    );
    let made = init(&Bench::new(), &["--curl", script]);
    let left = "--curl:3: the output of another command; it is ${env.OUTPUT_OF_LINE_3} here";
    for part in [
        left,
        "  TOKEN  a variable",
        "  OUTPUT_OF_LINE_3  a variable",
    ] {
        assert!(made.stderr.contains(part), "{}", made.stderr);
    }
    assert_eq!(made.stderr.matches("--curl:").count(), 1);
}

#[test]
fn a_here_document_is_the_input_with_variables_unless_its_end_is_quoted() {
    let script = "curl --data-binary @- -H 'content-type: text/plain' http://h <<'EOF'\n{\n  \"a\": \"$1\"\n}\nEOF\ncurl http://h/b";
    assert_eq!(
        steps(script),
        "- request: POST h/\n  headers: { content-type: text/plain }\n  text: |\n    {\n      \"a\": \"$1\"\n    }\n- request: GET h/b"
    );
    let script =
        "ID=7\ncurl --json @- http://h <<-EOF\n\t{\"a\": \"$ID\", \"b\": \"${B}\"}\n\tEOF\n";
    assert_eq!(
        steps(script),
        "- request: POST h/\n  headers: { accept: application/json }\n  json: { a: \"7\", b: \"${env.B}\" }"
    );
}

#[test]
fn a_command_whose_output_is_a_variable_is_a_command() {
    let script = "T=$(curl -s http://h/login | jq -r .t)\ncurl http://h/me -H \"x: $T\"";
    assert_eq!(
        steps(script),
        "- request: GET h/login\n- request: GET h/me\n  headers: { x: \"${env.OUTPUT_OF_LINE_1}\" }"
    );
}

#[test]
fn carets_are_those_of_windows() {
    let command = "curl ^\"https://h/a?b=1^&c=2^\" ^\r\n  -H ^\"accept: */*^\" ^\r\n  -H ^\"content-type: text/plain^\" ^\r\n  \
                   --data-raw ^\"^{^\\^\"a^\\^\":^\\^\"x^\n\ny^\\^\"^}^\"";
    assert_eq!(
        steps(command),
        "- request: POST h/a?b=1&c=2\n  headers: { accept: \"*/*\", content-type: text/plain }\n  text: |-\n    {\"a\":\"x\n    y\"}"
    );
}

#[test]
fn unclosed_syntax_is_reported_and_has_no_other_effect() {
    for end in [
        "'a", "\"a", "$'a", "${a", "$(a", "`a", "\\", "$", "<<E", "^",
    ] {
        let output = run(
            &Bench::new(),
            &["--curl", &format!("curl http://h/ -H x:{end}")],
        );
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{end}: {stderr}");
    }
    let made = init(&Bench::new(), &["--curl", "curl 'http://h/a"]);
    assert_eq!(made.stderr.matches("--curl:").count(), 1);
    assert!(made.stderr.contains("--curl:1: a quote that is not closed"));
}

#[test]
fn dollar_signs_of_a_request_stay_dollar_signs() {
    assert_eq!(
        steps(
            "curl http://h/ -H 'a: costs $5' -H 'b: ${user}' -H 'c: a$$b' -H 'd: $' -H \"e: US\\$$PRICE\""
        ),
        "- request: GET h/\n  headers: { a: costs $5, b: \"$${user}\", c: a$$$b, d: $$, e: \"US$$${env.PRICE}\" }"
    );
}

#[test]
fn an_address_is_percent_encoded_once() {
    for (address, expected) in [
        ("'/a b/é?q=[x]|y'", "/a%20b/%C3%A9?q=%5Bx%5D%7Cy"),
        ("'/a%20b?c=100%'", "/a%20b?c=100%25"),
        ("'/{id}?filter=${x}'", "/%7Bid%7D?filter=$%7Bx%7D"),
        ("/items/$ITEM/50%", "/items/${env.ITEM}/50%25"),
    ] {
        let command = format!("curl http://h{address}");
        assert_eq!(steps(&command), format!("- request: GET h{expected}"));
    }
}
