//! Commands of a shell script, as far as they concern curl: quotes, continuations, variables, here-documents; and the
//! Windows command line's carets, as browsers write them.

mod input;
mod quotes;
mod windows;

use std::collections::HashMap;

use crate::init::draft::is_word;
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

#[derive(Default)]
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
        let mut reader = Self::default();
        (reader.letters, reader.line, reader.set) = (text.chars().collect(), 1, set);
        reader
    }

    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        self.line += usize::from(letter == '\n');
        Some(letter)
    }

    fn next_if(&mut self, fits: impl Fn(char) -> bool) -> Option<char> {
        self.peek().filter(|letter| fits(*letter))?;
        self.next()
    }

    fn skip(&mut self, letter: char) -> bool {
        self.next_if(|next| next == letter).is_some()
    }

    /// The letters that fit.
    fn next_while(&mut self, fits: impl Fn(char) -> bool) -> String {
        std::iter::from_fn(|| self.next_if(&fits)).collect()
    }

    fn push(&mut self, text: &str) {
        if self.command.words.is_empty() && self.word.is_none() {
            self.command.line = self.line;
        }
        self.word.get_or_insert_default().push_str(text);
    }

    fn push_letter(&mut self, letter: char) {
        self.push(letter.encode_utf8(&mut [0; 4]));
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        match word.split_once('=') {
            Some((name, value)) if self.command.words.is_empty() && is_word(name) => {
                self.set.insert(name.to_owned(), value.to_owned());
            }
            _ => self.command.words.push(word),
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        let command = std::mem::take(&mut self.command);
        match command.words.split_first() {
            Some((first, rest)) if first == "export" => {
                let pairs = rest.iter().filter_map(|word| word.split_once('='));
                self.set
                    .extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
            Some(_) => self.script.commands.push(command),
            None => {}
        }
    }

    fn leave(&mut self, line: usize, what: impl Into<String>) {
        self.script.left.push((line, what.into()));
    }

    fn posix(&mut self) {
        while let Some(letter) = self.next() {
            match letter {
                '\\' => match self.next() {
                    Some('\n') | None => {}
                    Some(letter) => self.push_letter(letter),
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
                    self.next_while(|letter| letter != '\n');
                }
                '\'' => self.single_quotes(),
                '"' => self.double_quotes(),
                '$' if self.skip('\'') => self.ansi_quotes(),
                '$' if self.peek() == Some('"') => {}
                '$' => self.variable(),
                '`' => self.substitution('`'),
                ';' | '&' | '|' => {
                    let is_pipe = !self.skip(letter) && letter == '|';
                    self.end_command();
                    if is_pipe {
                        self.skip_command("what its output is piped into");
                    }
                }
                '<' | '>' => self.redirection(letter),
                letter => self.push_letter(letter),
            }
        }
    }

    /// Leaves out the rest of a pipeline.
    fn skip_command(&mut self, what: &str) {
        let line = self.line;
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
        if !self.script.commands.is_empty() {
            self.leave(line, what);
        }
    }

    /// After a dollar sign.
    fn variable(&mut self) {
        if self.skip('(') {
            return self.substitution(')');
        }
        let braces = self.skip('{');
        let name = self.next_while(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if braces {
            let rest = self.next_while(|letter| letter != '}');
            self.next();
            if !rest.is_empty() {
                let what = format!("the default or pattern of the variable {name}");
                self.leave(self.line, what);
            }
        }
        // The arguments of the script.
        if !name.is_empty() && name.chars().all(|letter| letter.is_ascii_digit()) {
            return self.environment(&format!("ARGUMENT_{name}"));
        }
        match self.set.get(&name).cloned() {
            Some(value) => self.push(&value),
            None if is_word(&name) => self.environment(&name),
            None => self.push(&format!("{}{name}", if braces { "${" } else { "$" })),
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
        let line = self.line;
        if command.trim_start().starts_with("curl ") {
            let inner = read_with(&command, self.set.clone());
            let commands = inner.commands.into_iter();
            let commands = commands.map(|command| Command { line, ..command });
            self.script.commands.extend(commands);
            inner.variables.iter().for_each(|name| self.declare(name));
        }
        let name = format!("OUTPUT_OF_LINE_{line}");
        self.leave(
            line,
            format!("the output of another command; it is ${{env.{name}}} here"),
        );
        self.environment(&name);
    }

    fn environment(&mut self, name: &str) {
        self.declare(name);
        self.push(&mark(&format!("env.{name}")));
    }

    fn declare(&mut self, name: &str) {
        if self.script.variables.iter().all(|known| known != name) {
            self.script.variables.push(name.to_owned());
        }
    }
}
