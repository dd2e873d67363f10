//! Windows' command line: the carets of cmd.exe, and word splitting as in Microsoft's C library.

use super::Reader;

/// Undoes the escapes of cmd.exe: a caret before a letter, and before a line break, which goes; of two line breaks the
/// second one stays.
pub(super) fn without_carets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '^' => match letters.next() {
                // The second of two is part of the word, and stays marked until words are split.
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

impl Reader {
    /// Splits words as Microsoft's C library does, after the carets were removed.
    pub(super) fn windows(&mut self) {
        let mut quotes = false;
        while let Some(letter) = self.next() {
            match letter {
                '\\' => match self.peek() {
                    Some(escaped @ ('"' | '\\')) => {
                        self.next();
                        self.push_letter(escaped);
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
                '\n' | '&' if !quotes => self.end_command(),
                ' ' | '\t' if !quotes => self.end_word(),
                letter => self.push_letter(letter),
            }
        }
    }
}
