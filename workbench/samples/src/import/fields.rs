//! The fields of a delimited line, with quotes as RFC 4180 has them.

use std::borrow::Cow;

use memchr::memchr;

use super::input::has_quote;

/// The fields of a record, as ranges of its bytes.
#[derive(Debug, Default)]
pub(super) struct Fields {
    ends: Vec<Field>,
}

#[derive(Clone, Copy, Debug)]
struct Field {
    from: u32,
    to: u32,
    /// A quote within it stands twice.
    escaped: bool,
}

impl Fields {
    /// Splits a record; false where a quoted field is not closed.
    pub(super) fn split(&mut self, record: &[u8], delimiter: u8) -> bool {
        if has_quote(record) {
            self.ends.clear();
            return self.split_quoted(record, delimiter);
        }
        self.split_plain(record, delimiter);
        true
    }

    /// Splits a record in which quotes mean nothing.
    pub(super) fn split_plain(&mut self, record: &[u8], delimiter: u8) {
        self.ends.clear();
        let mut from = 0;
        while let Some(length) = memchr(delimiter, &record[from..]) {
            self.push(from, from + length, false);
            from += length + 1;
        }
        self.push(from, record.len(), false);
    }

    fn split_quoted(&mut self, record: &[u8], delimiter: u8) -> bool {
        let mut at = 0;
        loop {
            if record.get(at) == Some(&b'"') {
                let from = at + 1;
                let mut escaped = false;
                at = from;
                let to = loop {
                    match memchr(b'"', &record[at..]) {
                        None => return false,
                        Some(length) if record.get(at + length + 1) == Some(&b'"') => {
                            escaped = true;
                            at += length + 2;
                        }
                        Some(length) => break at + length,
                    }
                };
                self.push(from, to, escaped);
                at = to + 1;
                // What follows a closing quote up to the delimiter belongs to no field of any tool.
                match memchr(delimiter, &record[at.min(record.len())..]) {
                    Some(length) => at += length + 1,
                    None => return true,
                }
            } else {
                match memchr(delimiter, &record[at..]) {
                    Some(length) => {
                        self.push(at, at + length, false);
                        at += length + 1;
                    }
                    None => {
                        self.push(at, record.len(), false);
                        return true;
                    }
                }
            }
        }
    }

    fn push(&mut self, from: usize, to: usize, escaped: bool) {
        // Lines are at most 16 MiB long, and records 101 of them.
        let (from, to) = (from as u32, to as u32);
        self.ends.push(Field { from, to, escaped });
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of a field as they stand in the record, without its quotes; empty where there is no such field.
    pub(super) fn raw<'a>(&self, record: &'a [u8], index: usize) -> &'a [u8] {
        self.ends
            .get(index)
            .map_or(&[], |field| &record[field.from as usize..field.to as usize])
    }

    /// The text of a field.
    pub(super) fn text<'a>(&self, record: &'a [u8], index: usize) -> Cow<'a, [u8]> {
        let raw = self.raw(record, index);
        if self.ends.get(index).is_some_and(|field| field.escaped) {
            let mut text = Vec::with_capacity(raw.len());
            let mut skip = false;
            for byte in raw {
                skip = *byte == b'"' && !skip;
                if !skip {
                    text.push(*byte);
                }
            }
            return Cow::Owned(text);
        }
        Cow::Borrowed(raw)
    }
}

/// Whole, not negative.
pub(super) fn whole(field: &[u8]) -> Option<u64> {
    if field.is_empty() || field.len() > 19 {
        return None;
    }
    let mut value = 0_u64;
    for byte in field {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    Some(value)
}

/// A decimal number times `scale`, a power of ten, to the nearest whole. Negative ones are told by [`is_negative`].
pub(super) fn scaled(field: &[u8], scale: u64) -> Option<u64> {
    if let Some(value) = whole(field) {
        return value.checked_mul(scale);
    }
    let (digits, fraction) = match memchr(b'.', field) {
        Some(point) => (&field[..point], &field[point + 1..]),
        None => return exponent(field, scale),
    };
    let whole_part = if digits.is_empty() { 0 } else { whole(digits)? };
    let mut value = whole_part.checked_mul(scale)?;
    let mut place = scale;
    for (index, byte) in fraction.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return exponent(field, scale);
        }
        if place == 1 {
            // Rounded by the first digit that has no place.
            let rest = fraction[index..].iter().all(u8::is_ascii_digit);
            value += u64::from(digit >= 5);
            return rest.then_some(value);
        }
        place /= 10;
        value = value.checked_add(u64::from(digit) * place)?;
    }
    Some(value)
}

/// `1.2e-05`.
fn exponent(field: &[u8], scale: u64) -> Option<u64> {
    let value: f64 = std::str::from_utf8(field).ok()?.parse().ok()?;
    let value = (value * scale as f64).round();
    (0.0..9e18).contains(&value).then_some(value as u64)
}

/// Whether a field is a number below 0.
pub(super) fn is_negative(field: &[u8]) -> bool {
    field
        .strip_prefix(b"-")
        .is_some_and(|rest| scaled(rest, 1).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(record: &str, delimiter: u8) -> Option<Vec<String>> {
        let mut fields = Fields::default();
        fields.split(record.as_bytes(), delimiter).then(|| {
            let texts = (0..fields.len()).map(|index| fields.text(record.as_bytes(), index));
            texts
                .map(|text| String::from_utf8(text.into_owned()).unwrap())
                .collect()
        })
    }

    #[test]
    fn quoted_fields_hold_delimiters_quotes_and_line_ends() {
        let fields = split("1,\"a, \"\"b\"\"\",\"c\nd\",,\"\"", b',').unwrap();
        assert_eq!(fields, ["1", "a, \"b\"", "c\nd", "", ""]);
        assert_eq!(split("a\tb", b'\t').unwrap(), ["a", "b"]);
    }

    #[test]
    fn a_quote_within_an_unquoted_field_is_a_character() {
        assert_eq!(split("5\" disk,x", b',').unwrap(), ["5\" disk", "x"]);
    }

    #[test]
    fn a_quoted_field_that_is_not_closed_is_found() {
        assert_eq!(split("1,\"a,2", b','), None);
        assert_eq!(split("1,\"a\"\",2", b','), None);
    }

    #[test]
    fn decimal_numbers_are_read_to_the_nanosecond() {
        let seconds = |text: &str| scaled(text.as_bytes(), 1_000_000_000);
        assert_eq!(seconds("0.022127721"), Some(22_127_721));
        assert_eq!(seconds("12"), Some(12_000_000_000));
        assert_eq!(seconds("1.0000000005"), Some(1_000_000_001));
        assert_eq!(seconds(".5"), Some(500_000_000));
        assert_eq!(seconds("1.5e-05"), Some(15_000));
        for bad in ["", "x", "1.2.3", "1,5", "NaN", "inf", "--1", "1e40", "-1"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
        assert!(is_negative(b"-3"));
        assert!(!is_negative(b"-x"));
    }
}
