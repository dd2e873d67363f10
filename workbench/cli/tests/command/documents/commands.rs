//! The program accepts every command line of its own in scripts and prose of all pages, and knows every option there.

use std::collections::BTreeSet;

use super::markdown::{code_spans, pages, repository};
use crate::support::Bench;

/// Placeholders for whole arguments, which readers fill in.
const PLACEHOLDERS: [(&str, &str); 4] = [
    ("N", "5"),
    ("K/N", "1/2"),
    ("SERVICE=URL", "shop=http://127.0.0.1:1"),
    ("SHELL", "bash"),
];

/// Variables of scripts.
const VARIABLES: [(&str, &str); 4] = [
    ("$k", "1"),
    ("$START", "2026-11-27T10:15:00Z"),
    ("$OLD", "http://127.0.0.1:1"),
    ("$NEW", "http://127.0.0.1:2"),
];

/// Options of other programs that the guide mentions by themselves.
const OF_OTHERS: [&str; 3] = ["--delete", "--http-debug", "--to"];

/// The arguments with which a script calls the workbench, or the bookstore as a part of it.
fn calls(script: &str) -> Vec<Vec<String>> {
    let script = script.replace("\\\n", " ");
    let mut calls = Vec::new();
    for line in script.lines() {
        let Some(words) = shlex::split(line) else {
            continue;
        };
        let mut command = Vec::new();
        for word in words.iter().map(String::as_str).chain([";"]) {
            let ends = ["&&", "||", "|", "&", ";", "do", "then"].contains(&word);
            let (word, ends) = match word.strip_suffix(';') {
                Some(word) => (word, true),
                None => (word, ends),
            };
            if !ends || !["", "&&", "||", "|", "&", "do", "then"].contains(&word) {
                command.push(word);
            }
            if ends {
                calls.extend(call(&command));
                command.clear();
            }
        }
    }
    calls
}

/// The arguments of a command of the workbench or the bookstore; `None` for other commands.
fn call(command: &[&str]) -> Option<Vec<String>> {
    let assigned = |word: &&&str| word.split_once('=').is_some_and(|(name, _)| is_name(name));
    let begin = command.iter().take_while(assigned).count();
    let redirected = |word: &&str| word.starts_with(['<', '>']) || word.starts_with("2>");
    let end = command.iter().position(redirected);
    let command = &command[begin.min(command.len())..end.unwrap_or(command.len())];
    let arguments = match command {
        ["workbench", rest @ ..] => rest.to_vec(),
        ["bookstore", rest @ ..] => [&["bookstore"], rest].concat(),
        ["cargo", "run", rest @ ..] if !rest.contains(&"--example") => {
            let at = rest.iter().position(|word| *word == "--")?;
            match rest.contains(&"bookstore") {
                true => [&["bookstore"], &rest[at + 1..]].concat(),
                false => rest[at + 1..].to_vec(),
            }
        }
        _ => return None,
    };
    let written = arguments.into_iter().filter(|argument| *argument != "…");
    Some(written.map(filled).collect())
}

/// An argument as a reader would type it. Brackets mark it as optional.
fn filled(argument: &str) -> String {
    let argument = argument.trim_matches(['[', ']']);
    if let Some((_, value)) = PLACEHOLDERS.iter().find(|(name, _)| *name == argument) {
        return (*value).to_owned();
    }
    VARIABLES
        .iter()
        .fold(argument.to_owned(), |argument, (name, value)| {
            argument.replace(name, value)
        })
}

fn is_name(text: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    !text.is_empty() && text.chars().all(fits)
}

/// The error of the program for these arguments. With `--help` at the end it parses them and does nothing else.
fn objection(bench: &Bench, arguments: &[String]) -> Option<String> {
    let output = bench
        .workbench()
        .args(arguments)
        .arg("--help")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    (!output.status.success()).then(|| said.lines().next().unwrap_or_default().to_owned())
}

#[test]
fn the_program_takes_every_command_line_of_every_page() {
    let bench = Bench::new();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for page in pages() {
        let scripts = page.blocks().into_iter().filter(|block| block.is_script());
        let mut scripts: Vec<(String, String)> =
            scripts.map(|block| (block.place, block.text)).collect();
        for (number, line) in page.prose() {
            let spans = code_spans(line).filter(|span| span.starts_with("workbench "));
            scripts.extend(spans.map(|it| (format!("{}:{number}", page.path), it.to_owned())));
        }
        for (place, script) in scripts {
            for arguments in calls(&script) {
                checked += 1;
                if let Some(why) = objection(&bench, &arguments) {
                    wrong.push(format!("{place}: {}: {why}", arguments.join(" ")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 80, "{checked} command lines");
}

fn help(bench: &Bench, verb: &[&str]) -> String {
    let output = bench.workbench().args(verb).arg("--help").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The help of the program, of each verb, and of each part of the bookstore.
fn helps(bench: &Bench) -> Vec<String> {
    let verbs = |help: &str| -> Vec<String> {
        let list = help.split("Commands:\n").nth(1).unwrap();
        let lines = list.lines().take_while(|line| !line.is_empty());
        let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        names
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let first = help(bench, &[]);
    let store = help(bench, &["bookstore"]);
    let mut helps = Vec::new();
    for verb in verbs(&first) {
        helps.push(help(bench, &[&verb]));
    }
    for verb in verbs(&store) {
        helps.push(help(bench, &["bookstore", &verb]));
    }
    assert!(helps.len() > 15, "{} verbs", helps.len());
    helps.extend([first, store]);
    helps
}

#[test]
fn every_option_that_the_guide_names_by_itself_is_one_of_the_program() {
    let helps = helps(&Bench::new());
    let options: BTreeSet<&str> = helps
        .iter()
        .flat_map(|help| help.split(|letter: char| !letter.is_alphanumeric() && letter != '-'))
        .filter(|word| word.starts_with("--"))
        .chain(OF_OTHERS)
        .collect();
    let mut wrong = Vec::new();
    for page in pages().iter().filter(|page| super::is_guide(page)) {
        for (number, line) in page.prose() {
            for span in code_spans(line).filter(|span| span.starts_with("--")) {
                let option = span.split([' ', '=']).next().unwrap_or_default();
                if !options.contains(option) {
                    wrong.push(format!("{}:{number}: {option}", page.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_that_help_texts_name_is_there() {
    let mut named = 0;
    for help in helps(&Bench::new()) {
        let words = help.split([' ', '\n', '(', ')', ':', ',']);
        let words = words.map(|word| word.trim_end_matches('.'));
        // Without a folder it is a file that a command writes.
        for page in words.filter(|word| word.ends_with(".md") && word.contains('/')) {
            assert!(repository().join(page).is_file(), "{page}");
            named += 1;
        }
    }
    assert!(named > 2, "{named} pages");
}

#[test]
fn commands_that_the_program_does_not_take_are_found() {
    let bench = Bench::new();
    let script = "A=1 workbench run a.yaml --no-such-option 3 > x   # workbench nothing\n\
                  for i in 1 2; do workbench gate \\\n  --history x; done && cargo run -p bookstore -- nobody";
    let calls = calls(script);
    assert_eq!(calls.len(), 3, "{calls:?}");
    assert_eq!(calls[0], ["run", "a.yaml", "--no-such-option", "3"]);
    assert_eq!(calls[1], ["gate", "--history", "x"]);
    let objections: Vec<_> = calls.iter().map(|it| objection(&bench, it)).collect();
    assert!(objections[0].as_ref().unwrap().contains("--no-such-option"));
    assert_eq!(objections[1], None);
    assert!(objections[2].as_ref().unwrap().contains("nobody"));
}
