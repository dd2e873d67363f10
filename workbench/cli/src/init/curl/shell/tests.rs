use super::*;

fn words(text: &str) -> Vec<Vec<String>> {
    read(text)
        .commands
        .into_iter()
        .map(|command| command.words)
        .collect()
}

#[test]
fn quotes_and_continuations_are_those_of_the_shell() {
    for (text, expected) in [
        (
            r#"curl 'a b' "c \"d\" $ 5" e\ f"#,
            vec!["curl", "a b", "c \"d\" $ 5", "e f"],
        ),
        (
            "curl \\\n  -H 'x: 1' \\\r\n  y",
            vec!["curl", "-H", "x: 1", "y"],
        ),
        (
            r"curl $'it\'s\n\u00e9\x41\ud83d\ude00'",
            vec!["curl", "it's\néA😀"],
        ),
        ("curl 'it'\\''s' # why", vec!["curl", "it's"]),
        ("curl x > /dev/null 2>&1", vec!["curl", "x"]),
        ("curl http://h/a#b ''", vec!["curl", "http://h/a#b", ""]),
    ] {
        assert_eq!(words(text), [expected], "{text}");
    }
}

#[test]
fn commands_end_at_line_breaks_and_operators() {
    let script = read("curl a; curl b && curl c\n# no\ncurl d | jq '.x; y' ; curl e");
    let words: Vec<_> = script
        .commands
        .iter()
        .map(|command| command.words.join(" "))
        .collect();
    assert_eq!(words, ["curl a", "curl b", "curl c", "curl d", "curl e"]);
    assert_eq!(script.commands[3].line, 3);
    assert_eq!(
        script.left,
        [(3, "what its output is piped into".to_owned())]
    );
}

#[test]
fn variables_are_those_of_the_script_or_of_the_environment() {
    let script = read(
        "BASE=http://h:1\nexport ID=7\ncurl \"$BASE/${ID}\" -H \"x: $TOKEN\" '$TOKEN' $(date)",
    );
    let token = mark("env.TOKEN");
    let date = mark("env.OUTPUT_OF_LINE_3");
    assert_eq!(
        script.commands[0].words,
        [
            "curl",
            "http://h:1/7",
            "-H",
            &format!("x: {token}"),
            "$TOKEN",
            &date
        ]
    );
    assert_eq!(script.variables, ["TOKEN", "OUTPUT_OF_LINE_3"]);
    assert_eq!(script.left.len(), 1);
}

#[test]
fn a_here_document_is_the_input() {
    let script = read("curl -d @- http://h <<'EOF'\n{\n  \"a\": \"$1\"\n}\nEOF\ncurl b");
    assert_eq!(
        script.commands[0].input.as_deref(),
        Some("{\n  \"a\": \"$1\"\n}\n")
    );
    assert_eq!(script.commands[0].words, ["curl", "-d", "@-", "http://h"]);
    assert_eq!(script.commands[1].words, ["curl", "b"]);
}

#[test]
fn a_here_document_has_variables_unless_its_end_is_quoted() {
    let script =
        read("ID=7\ncurl -d @- http://h <<-EOF\n\t{\"a\": \"$ID\", \"b\": \"${B}\"}\n\tEOF\n");
    let expected = format!("{{\"a\": \"7\", \"b\": \"{}\"}}\n", mark("env.B"));
    assert_eq!(script.commands[0].input.as_deref(), Some(&*expected));
}

#[test]
fn a_command_whose_output_is_a_variable_is_a_command() {
    let script = read("T=$(curl -s http://h/login | jq -r .t)\ncurl http://h/me -H \"x: $T\"");
    assert_eq!(script.commands[0].words, ["curl", "-s", "http://h/login"]);
    let output = format!("x: {}", mark("env.OUTPUT_OF_LINE_1"));
    assert_eq!(script.commands[1].words[3], output);
}

#[test]
fn carets_are_those_of_windows() {
    let text = "curl ^\"https://h/a?b=1^&c=2^\" ^\r\n  -H ^\"accept: */*^\" ^\r\n  --data-raw ^\"^{^\\^\"a^\\^\":^\\^\"x^\n\ny^\\^\"^}^\"";
    assert_eq!(
        words(text),
        [[
            "curl",
            "https://h/a?b=1&c=2",
            "-H",
            "accept: */*",
            "--data-raw",
            "{\"a\":\"x\ny\"}"
        ]]
    );
}

#[test]
fn unclosed_syntax_is_reported_and_has_no_other_effect() {
    for text in [
        "curl 'a", "curl \"a", "curl $'a", "curl ${a", "curl $(a", "curl `a", "curl \\", "curl $",
        "curl <<E", "^",
    ] {
        let _ = read(text);
    }
    assert_eq!(read("curl 'a").left.len(), 1);
}
