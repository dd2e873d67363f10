//! Commands of a shell script, as far as they concern curl: quotes, continuations, variables, here-documents; and the
//! Windows command line's carets, as browsers write them. Longer than other files, because the meaning of a quote
//! depends on all text before it.

mod input;
#[cfg(test)]
mod tests;
mod windows;

use std::collections::HashMap;

use crate::init::template::mark;
use input::HereDocument;
use windows::without_carets;

/// A command, its words without quotes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// The line on which it begins, from 1.
    pub(super) line: usize,
    /// Environment variables are [marked](mark) in them.
    pub(super) words: Vec<String>,
    /// Its standard input, if it is in the script.
    pub(super) input: Option<String>,
}

/// A parsed script.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) commands: Vec<Command>,
    /// Names of the environment's variables that it uses and does not set.
    pub(super) variables: Vec<String>,
    /// Lines with unsupported syntax, and descriptions of it.
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

struct Reader {
    letters: Vec<char>,
    at: usize,
    line: usize,
    script: Script,
    command: Command,
    word: Option<String>,
    /// Variables that the script sets.
    set: HashMap<String, String>,
    /// The here-document that begins on the next line.
    waiting: Option<HereDocument>,
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

    /// A character by its number. Browsers write those beyond U+FFFF as two surrogates.
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

    /// The output of another command is unknown; it becomes an environment variable.
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
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
