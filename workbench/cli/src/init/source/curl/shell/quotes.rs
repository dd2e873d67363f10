//! Quotes of a POSIX shell, and bash's `$'…'`.

use super::Reader;

const UNCLOSED: &str = "a quote that is not closed";

impl Reader {
    pub(super) fn single_quotes(&mut self) {
        let line = self.line;
        self.push("");
        let text = self.next_while(|letter| letter != '\'');
        self.push(&text);
        if self.next().is_none() {
            self.leave(line, UNCLOSED);
        }
    }

    pub(super) fn double_quotes(&mut self) {
        let line = self.line;
        self.push("");
        self.expand(Some('"'));
        if self.next().is_none() {
            self.leave(line, UNCLOSED);
        }
    }

    /// Text with variables, up to this letter, or all of it.
    pub(super) fn expand(&mut self, end: Option<char>) {
        while let Some(letter) = self.next_if(|letter| Some(letter) != end) {
            match letter {
                '\\' => match self.next() {
                    Some('\n') | None => {}
                    Some(letter) if "\\$`".contains(letter) || end == Some(letter) => {
                        self.push_letter(letter);
                    }
                    Some(letter) => self.push(&format!("\\{letter}")),
                },
                '$' => self.variable(),
                '`' => self.substitution('`'),
                letter => self.push_letter(letter),
            }
        }
    }

    pub(super) fn ansi_quotes(&mut self) {
        self.push("");
        let mut bytes = Vec::new();
        while let Some(letter) = self.next_if(|letter| letter != '\'') {
            match (letter == '\\').then(|| self.next().unwrap_or('\\')) {
                None => push(&mut bytes, letter),
                Some('n') => bytes.push(b'\n'),
                Some('r') => bytes.push(b'\r'),
                Some('t') => bytes.push(b'\t'),
                Some('a') => bytes.push(7),
                Some('b') => bytes.push(8),
                Some('e' | 'E') => bytes.push(27),
                Some('f') => bytes.push(12),
                Some('v') => bytes.push(11),
                Some('x') => bytes.push(self.digits(16, 2) as u8),
                Some(escape @ ('u' | 'U')) => {
                    let letter = self.utf16(if escape == 'u' { 4 } else { 8 });
                    push(&mut bytes, letter);
                }
                Some('0'..='7') => {
                    self.at -= 1;
                    bytes.push((self.digits(8, 3) & 0xFF) as u8);
                }
                Some(letter) => {
                    if !"\\'\"?".contains(letter) {
                        bytes.push(b'\\');
                    }
                    push(&mut bytes, letter);
                }
            }
        }
        self.next();
        let text = String::from_utf8_lossy(&bytes);
        if text.contains(char::REPLACEMENT_CHARACTER) {
            self.leave(self.line, "bytes that are not UTF-8");
        }
        self.push(&text);
    }

    fn digits(&mut self, base: u32, most: usize) -> u32 {
        let next = |_| self.next_if(|letter| letter.is_digit(base))?.to_digit(base);
        let digits = (0..most).map_while(next);
        digits.fold(0, |code: u32, digit| {
            code.wrapping_mul(base).wrapping_add(digit)
        })
    }

    /// A character by its number. Browsers write those beyond U+FFFF as two surrogates.
    fn utf16(&mut self, most: usize) -> char {
        let mut code = self.digits(16, most);
        if (0xD800..0xDC00).contains(&code) && self.letters[self.at..].starts_with(&['\\', 'u']) {
            self.at += 2;
            let low = self.digits(16, 4);
            code = 0x10000 + ((code - 0xD800) << 10) + (low.wrapping_sub(0xDC00) & 0x3FF);
        }
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

fn push(bytes: &mut Vec<u8>, letter: char) {
    bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
}
