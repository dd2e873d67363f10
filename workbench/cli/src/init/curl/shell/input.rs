//! Redirections and here-documents.

use super::Reader;

pub(super) struct HereDocument {
    end: String,
    /// Leading tabs are removed from its lines.
    tabs: bool,
    /// Variables in it are not expanded.
    literal: bool,
}

impl Reader {
    pub(super) fn redirection(&mut self, letter: char) {
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

    pub(super) fn here_document(&mut self, document: &HereDocument) {
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
}
