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
        let is_digit = |word: &mut String| word.len() == 1 && word.as_bytes()[0].is_ascii_digit();
        self.word.take_if(is_digit);
        self.end_word();
        let here = letter == '<' && self.skip('<');
        let tabs = here && self.skip('-');
        let string = here && self.skip('<');
        while !here && (self.skip('>') || self.skip('&')) {}
        self.next_while(|letter| letter == ' ');
        let words = self.command.words.len();
        let mut literal = false;
        // The word that follows, by the same rules.
        while let Some(letter) = self.next_if(|letter| !" \t\n;|&)".contains(letter)) {
            literal |= "'\"\\".contains(letter);
            match letter {
                '\'' => self.single_quotes(),
                '"' => self.double_quotes(),
                '\\' => {}
                letter => self.push_letter(letter),
            }
        }
        let end = self.word.take().unwrap_or_default();
        self.command.words.truncate(words);
        if string {
            self.command.input = Some(end + "\n");
        } else if here {
            self.waiting = Some(HereDocument { end, tabs, literal });
        } else if letter == '<' {
            self.leave(self.line, "standard input from a file");
        }
    }

    pub(super) fn here_document(&mut self, document: &HereDocument) {
        let mut text = String::new();
        let mut ended = false;
        while !ended && self.peek().is_some() {
            let line = self.next_while(|letter| letter != '\n');
            ended = self.next().is_none();
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
        if !document.literal {
            text = self.expanded(&text);
        }
        self.command.input = Some(text);
        self.end_command();
    }

    /// The text of a here-document with its variables.
    fn expanded(&mut self, text: &str) -> String {
        let letters = std::mem::replace(&mut self.letters, text.chars().collect());
        let at = std::mem::replace(&mut self.at, 0);
        let line = self.line;
        self.expand(None);
        (self.letters, self.at, self.line) = (letters, at, line);
        self.word.take().unwrap_or_default()
    }
}
