//! Commands of a shell script, as far as they concern curl: quotes, continuations, variables, here-documents; and the
//! Windows command line's carets, as browsers write them.

use std::collections::HashMap;

use crate::init::template::mark;

/// A command, its words without quotes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// The line on which it begins, from 1.
    pub(super) line: usize,
    /// Variables of the environment stand [marked](mark) in them.
    pub(super) words: Vec<String>,
    /// Its standard input, where that is in the script.
    pub(super) input: Option<String>,
}

/// What a script says.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) commands: Vec<Command>,
    /// Names of the environment's variables that it uses and does not set.
    pub(super) variables: Vec<String>,
    /// Lines, and what is there that is not understood.
    pub(super) left: Vec<(usize, String)>,
}

/// Reads a script of a POSIX shell, with bash's `$'…'`, or of Windows' command line.
pub(super) fn read(text: &str) -> Script {
    let text = text.replace("\r\n", "\n");
    let carets = text.contains("^\"") || text.lines().any(|line| line.trim_end().ends_with('^'));
    if !carets {
        return read_with(&text, HashMap::new());
    }
    let mut reader = Reader::new(&without_carets(&text), HashMap::new());
    reader.windows();
    reader.end_command();
    reader.script
}

/// Reads a script of a POSIX shell in which these variables are set.
fn read_with(text: &str, set: HashMap<String, String>) -> Script {
    let mut reader = Reader::new(text, set);
    reader.posix();
    reader.end_command();
    reader.script
}

/// Undoes the escapes of cmd.exe: a caret before a letter, and before a line break, which goes; of two line breaks the
/// second one stays.
fn without_carets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '^' => match letters.next() {
                // The second of two is part of the word, and stays marked as such until the words are read.
                Some('\n') if letters.next_if_eq(&'\n').is_some() => out.push(LINE_BREAK),
                Some('\n') => out.push(CONTINUED),
                Some(letter) => out.push(letter),
                None => {}
            },
            letter => out.push(letter),
        }
    }
    out
}

/// Between the two readings of a Windows command line, noncharacters, which no text has: a line break within a word, and one
/// after which the command goes on.
const LINE_BREAK: char = '\u{FDD2}';
const CONTINUED: char = '\u{FDD3}';

struct Reader {
    letters: Vec<char>,
    at: usize,
    line: usize,
    script: Script,
    command: Command,
    word: Option<String>,
    /// Variables that the script sets.
    set: HashMap<String, String>,
    /// The here-document that begins with the next line.
    waiting: Option<HereDocument>,
}

struct HereDocument {
    end: String,
    /// Tabs at the beginning of its lines are taken off.
    tabs: bool,
    /// Variables in it are no variables.
    literal: bool,
}

impl Reader {
    fn new(text: &str, set: HashMap<String, String>) -> Self {
        Self {
            letters: text.chars().collect(),
            at: 0,
            line: 1,
            script: Script::default(),
            command: Command::default(),
            word: None,
            set,
            waiting: None,
        }
    }

    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        if letter == '\n' {
            self.line += 1;
        }
        Some(letter)
    }

    fn next_if(&mut self, letter: char) -> bool {
        let is = self.peek() == Some(letter);
        if is {
            self.next();
        }
        is
    }

    fn push(&mut self, text: &str) {
        if self.command.words.is_empty() && self.word.is_none() {
            self.command.line = self.line;
        }
        self.word.get_or_insert_default().push_str(text);
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        let assignment = word.split_once('=').filter(|(name, _)| is_name(name));
        match assignment {
            Some((name, value)) if self.command.words.is_empty() => {
                self.set.insert(name.to_owned(), value.to_owned());
            }
            _ => self.command.words.push(word),
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        let command = std::mem::take(&mut self.command);
        // The prompts of examples, and `export NAME=value`.
        let first = command.words.first().map(String::as_str);
        if first == Some("export") {
            for word in &command.words[1..] {
                if let Some((name, value)) = word.split_once('=') {
                    self.set.insert(name.to_owned(), value.to_owned());
                }
            }
        } else if first.is_some() {
            self.script.commands.push(command);
        }
    }

    fn leave(&mut self, what: impl Into<String>) {
        self.script.left.push((self.line, what.into()));
    }

    fn posix(&mut self) {
        while let Some(letter) = self.next() {
            match letter {
                '\\' => match self.next() {
                    Some('\n') | None => {}
                    Some(letter) => self.push(&letter.to_string()),
                },
                '\n' => {
                    self.end_word();
                    match self.waiting.take() {
                        Some(document) => self.here_document(&document),
                        None => self.end_command(),
                    }
                }
                ' ' | '\t' => self.end_word(),
                '#' if self.word.is_none() => {
                    while self.peek().is_some_and(|letter| letter != '\n') {
                        self.next();
                    }
                }
                '\'' => self.single_quotes(),
                '"' => self.double_quotes(),
                '$' if self.next_if('\'') => self.ansi_quotes(),
                '$' if self.peek() == Some('"') => {}
                '$' => self.variable(),
                '`' => self.substitution('`'),
                ';' | '&' | '|' => {
                    let mut what = letter.to_string();
                    if self.next_if(letter) {
                        what.push(letter);
                    }
                    let is_pipe = what == "|";
                    self.end_command();
                    if is_pipe {
                        self.skip_command("what its output is piped into");
                    }
                }
                '<' | '>' => self.redirection(letter),
                letter => self.push(&letter.to_string()),
            }
        }
    }

    /// Leaves out the rest of a pipeline.
    fn skip_command(&mut self, what: &str) {
        let line = self.line;
        let commands = self.script.commands.len();
        let mut quote = None;
        while let Some(letter) = self.peek() {
            match (quote, letter) {
                (None, '\n' | ';') => break,
                (None, '\'' | '"') => quote = Some(letter),
                (Some(open), letter) if open == letter => quote = None,
                (_, '\\') => {
                    self.next();
                }
                _ => {}
            }
            self.next();
        }
        if commands > 0 {
            self.script.left.push((line, what.to_owned()));
        }
    }

    fn single_quotes(&mut self) {
        self.push("");
        let line = self.line;
        while let Some(letter) = self.next() {
            if letter == '\'' {
                return;
            }
            self.push(&letter.to_string());
        }
        self.script
            .left
            .push((line, "a quote that is not closed".to_owned()));
    }

    fn double_quotes(&mut self) {
        self.push("");
        let line = self.line;
        while let Some(letter) = self.next() {
            match letter {
                '"' => return,
                '\\' => match self.next() {
                    Some('\n') | None => {}
                    Some(letter @ ('"' | '\\' | '$' | '`')) => self.push(&letter.to_string()),
                    Some(letter) => self.push(&format!("\\{letter}")),
                },
                '$' => self.variable(),
                '`' => self.substitution('`'),
                letter => self.push(&letter.to_string()),
            }
        }
        self.script
            .left
            .push((line, "a quote that is not closed".to_owned()));
    }

    /// Bash's `$'…'`.
    fn ansi_quotes(&mut self) {
        self.push("");
        let mut bytes = Vec::new();
        let mut buffer = [0; 4];
        while let Some(letter) = self.next() {
            match letter {
                '\'' => break,
                '\\' => {
                    let escape = self.next().unwrap_or('\\');
                    match escape {
                        'n' => bytes.push(b'\n'),
                        'r' => bytes.push(b'\r'),
                        't' => bytes.push(b'\t'),
                        'a' => bytes.push(7),
                        'b' => bytes.push(8),
                        'e' | 'E' => bytes.push(27),
                        'f' => bytes.push(12),
                        'v' => bytes.push(11),
                        'x' => {
                            let code = self.digits(16, 2);
                            bytes.push(u8::try_from(code).unwrap_or(b'?'));
                        }
                        'u' | 'U' => {
                            let code = self.utf16(if escape == 'u' { 4 } else { 8 });
                            bytes.extend(code.encode_utf8(&mut buffer).bytes());
                        }
                        '0'..='7' => {
                            self.at -= 1;
                            let code = self.digits(8, 3);
                            bytes.push(u8::try_from(code & 0xFF).unwrap_or(b'?'));
                        }
                        letter @ ('\\' | '\'' | '"' | '?') => {
                            bytes.extend(letter.encode_utf8(&mut buffer).bytes());
                        }
                        letter => {
                            bytes.push(b'\\');
                            bytes.extend(letter.encode_utf8(&mut buffer).bytes());
                        }
                    }
                }
                letter => bytes.extend(letter.encode_utf8(&mut buffer).bytes()),
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if text.contains(char::REPLACEMENT_CHARACTER) {
            self.leave("bytes that are not UTF-8");
        }
        self.push(&text);
    }

    fn digits(&mut self, base: u32, most: usize) -> u32 {
        let mut code = 0;
        for _ in 0..most {
            let Some(digit) = self.peek().and_then(|letter| letter.to_digit(base)) else {
                break;
            };
            code = code * base + digit;
            self.next();
        }
        code
    }

    /// A letter by its number; browsers write those beyond U+FFFF as two surrogates.
    fn utf16(&mut self, most: usize) -> char {
        let code = self.digits(16, most);
        let is_low = self.letters[self.at.min(self.letters.len())..].starts_with(&['\\', 'u']);
        if (0xD800..0xDC00).contains(&code) && is_low {
            self.at += 2;
            let low = self.digits(16, 4);
            let code = 0x10000 + ((code - 0xD800) << 10) + (low.wrapping_sub(0xDC00) & 0x3FF);
            return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// After a dollar sign.
    fn variable(&mut self) {
        if self.next_if('(') {
            return self.substitution(')');
        }
        let braces = self.next_if('{');
        let mut name = String::new();
        let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        while let Some(letter) = self.peek().filter(|letter| fits(*letter)) {
            name.push(letter);
            self.next();
        }
        if braces {
            let mut rest = String::new();
            while let Some(letter) = self.next().filter(|letter| *letter != '}') {
                rest.push(letter);
            }
            if !rest.is_empty() {
                self.leave(format!("the default or pattern of the variable {name}"));
            }
        }
        // The arguments of the script.
        if !name.is_empty() && name.chars().all(|letter| letter.is_ascii_digit()) {
            return self.environment(&format!("ARGUMENT_{name}"));
        }
        if !is_name(&name) {
            let dollar = if braces { "${" } else { "$" };
            return self.push(&format!("{dollar}{name}"));
        }
        match self.set.get(&name).cloned() {
            Some(value) => self.push(&value),
            None => self.environment(&name),
        }
    }

    /// The output of another command, which nobody knows here: a variable of the environment.
    fn substitution(&mut self, end: char) {
        let mut depth = 1;
        let mut command = String::new();
        while let Some(letter) = self.next() {
            if letter == '(' && end == ')' {
                depth += 1;
            } else if letter == end {
                depth -= 1;
            }
            if depth == 0 {
                break;
            }
            command.push(letter);
        }
        if command.trim_start().starts_with("curl ") {
            let inner = read_with(&command, self.set.clone());
            let of = |command: Command| Command {
                line: self.line,
                ..command
            };
            self.script
                .commands
                .extend(inner.commands.into_iter().map(of));
            for name in inner.variables {
                if !self.script.variables.contains(&name) {
                    self.script.variables.push(name);
                }
            }
        }
        let name = format!("OUTPUT_OF_LINE_{}", self.line);
        self.leave(format!(
            "the output of another command; it is ${{env.{name}}} here"
        ));
        self.environment(&name);
    }

    fn environment(&mut self, name: &str) {
        if self.script.variables.iter().all(|known| known != name) {
            self.script.variables.push(name.to_owned());
        }
        self.push(&mark(&format!("env.{name}")));
    }

    fn redirection(&mut self, letter: char) {
        // A descriptor before it: `2>`.
        if self
            .word
            .as_deref()
            .is_some_and(|word| word.len() == 1 && word.starts_with(|it: char| it.is_ascii_digit()))
        {
            self.word = None;
        }
        self.end_word();
        let here = letter == '<' && self.next_if('<');
        let tabs = here && self.next_if('-');
        let string = here && self.next_if('<');
        while !here && (self.next_if('>') || self.next_if('&')) {}
        while self.next_if(' ') {}
        let words = self.command.words.len();
        let mut literal = false;
        // The word that follows, by the same rules.
        while let Some(letter) = self.peek() {
            match letter {
                ' ' | '\t' | '\n' | ';' | '|' | '&' | ')' => break,
                '\'' | '"' | '\\' => {
                    literal = true;
                    self.next();
                    match letter {
                        '\'' => self.single_quotes(),
                        '"' => self.double_quotes(),
                        _ => {}
                    }
                }
                letter => {
                    self.next();
                    self.push(&letter.to_string());
                }
            }
        }
        let word = self.word.take().unwrap_or_default();
        self.command.words.truncate(words);
        if string {
            self.command.input = Some(word + "\n");
        } else if here {
            self.waiting = Some(HereDocument {
                end: word,
                tabs,
                literal,
            });
        } else if letter == '<' {
            self.leave("standard input from a file");
        }
    }

    fn here_document(&mut self, document: &HereDocument) {
        let mut text = String::new();
        let mut ended = false;
        while !ended && self.peek().is_some() {
            let mut line = String::new();
            ended = true;
            while let Some(letter) = self.next() {
                if letter == '\n' {
                    ended = false;
                    break;
                }
                line.push(letter);
            }
            let line = match document.tabs {
                true => line.trim_start_matches('\t'),
                false => &line,
            };
            if line == document.end {
                break;
            }
            text.push_str(line);
            text.push('\n');
        }
        self.command.input = Some(match document.literal {
            true => text,
            false => self.expanded(&text),
        });
        self.end_command();
    }

    /// The text of a here-document with its variables.
    fn expanded(&mut self, text: &str) -> String {
        let letters = std::mem::replace(&mut self.letters, text.chars().collect());
        let at = std::mem::replace(&mut self.at, 0);
        let line = self.line;
        while let Some(letter) = self.next() {
            match letter {
                '\\' => match self.next() {
                    Some('\n') | None => {}
                    Some(letter @ ('\\' | '$' | '`')) => self.push(&letter.to_string()),
                    Some(letter) => self.push(&format!("\\{letter}")),
                },
                '$' => self.variable(),
                '`' => self.substitution('`'),
                letter => self.push(&letter.to_string()),
            }
        }
        (self.letters, self.at, self.line) = (letters, at, line);
        self.word.take().unwrap_or_default()
    }

    /// Words as Microsoft's C library takes them apart, once the carets are gone.
    fn windows(&mut self) {
        let mut quotes = false;
        while let Some(letter) = self.next() {
            match letter {
                '\\' => match self.peek() {
                    Some(escaped @ ('"' | '\\')) => {
                        self.next();
                        self.push(&escaped.to_string());
                    }
                    _ => self.push("\\"),
                },
                '"' => {
                    quotes = !quotes;
                    self.push("");
                }
                LINE_BREAK => {
                    self.push("\n");
                    self.line += 2;
                }
                CONTINUED => {
                    if !quotes {
                        self.end_word();
                    }
                    self.line += 1;
                }
                '\n' if !quotes => self.end_command(),
                '&' if !quotes => self.end_command(),
                ' ' | '\t' if !quotes => self.end_word(),
                letter => self.push(&letter.to_string()),
            }
        }
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
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
    fn what_is_not_closed_is_said_and_harms_nobody() {
        for text in [
            "curl 'a", "curl \"a", "curl $'a", "curl ${a", "curl $(a", "curl `a", "curl \\",
            "curl $", "curl <<E", "^",
        ] {
            let _ = read(text);
        }
        assert_eq!(read("curl 'a").left.len(), 1);
    }
}
