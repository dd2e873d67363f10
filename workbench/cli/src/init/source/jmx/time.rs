//! Converts Java's date formats and durations.

/// A format of Java's `DateTimeFormatter` as one of strftime; `None` where there is a letter that has no counterpart.
pub(super) fn strftime(format: &str) -> Option<String> {
    let mut out = String::new();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\'' {
            match letters.next_if_eq(&'\'') {
                Some(quote) => out.push(quote),
                None => {
                    let quoted = letters.by_ref().take_while(|letter| *letter != '\'');
                    quoted.for_each(|letter| push(&mut out, letter));
                }
            }
            continue;
        }
        if !letter.is_ascii_alphabetic() {
            push(&mut out, letter);
            continue;
        }
        let mut count = 1;
        while letters.next_if_eq(&letter).is_some() {
            count += 1;
        }
        out.push_str(match (letter, count) {
            ('y' | 'u', 2) => "%y",
            ('y' | 'u', _) => "%Y",
            ('M' | 'L', 1) => "%-m",
            ('M' | 'L', 2) => "%m",
            ('M' | 'L', 3) => "%b",
            ('M' | 'L', _) => "%B",
            ('d', 1) => "%-d",
            ('d', 2) => "%d",
            ('D', _) => "%j",
            ('E', 1..=3) => "%a",
            ('E', _) => "%A",
            ('H', 1) => "%-H",
            ('H', 2) => "%H",
            ('h', 1) => "%-I",
            ('h', 2) => "%I",
            ('m', 1) => "%-M",
            ('m', 2) => "%M",
            ('s', 1) => "%-S",
            ('s', 2) => "%S",
            ('S', 3) => "%3f",
            ('S', 6) => "%6f",
            ('a', 1) => "%p",
            ('Z', 1..=3) | ('x' | 'X', 2) => "%z",
            ('x' | 'X', 3) => "%:z",
            _ => return None,
        });
    }
    Some(out)
}

fn push(out: &mut String, letter: char) {
    out.push(letter);
    if letter == '%' {
        out.push('%');
    }
}

/// A duration of ISO 8601 as an offset such as `-1d` or `2h30m`: none where it is nothing.
pub(super) fn offset(duration: &str) -> Option<Option<String>> {
    let (sign, rest) = match duration.trim().strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", duration.trim().trim_start_matches('+')),
    };
    if rest.is_empty() {
        return Some(None);
    }
    let rest = rest.to_ascii_uppercase();
    let rest = rest.strip_prefix('P')?;
    let (days, time) = rest.split_once('T').unwrap_or((rest, ""));
    let (mut hours, mut minutes, mut seconds) = (0_u64, 0_u64, 0_u64);
    if !days.is_empty() {
        let days = days.strip_suffix('D')?.parse::<u64>().ok()?;
        hours = days.checked_mul(24)?;
    }
    for part in time.split_inclusive(|letter: char| !letter.is_ascii_digit()) {
        let (digits, unit) = part.split_at(part.len() - 1);
        match unit {
            "H" => hours = hours.checked_add(digits.parse().ok()?)?,
            "M" => minutes = digits.parse().ok()?,
            "S" => seconds = digits.parse().ok()?,
            _ => return None,
        }
    }
    let mut out = String::new();
    if hours > 0 && hours.is_multiple_of(24) && minutes == 0 && seconds == 0 {
        out = format!("{}d", hours / 24);
    } else {
        for (number, unit) in [(hours, "h"), (minutes, "m"), (seconds, "s")] {
            if number > 0 {
                out.push_str(&format!("{number}{unit}"));
            }
        }
    }
    Some((!out.is_empty()).then(|| format!("{sign}{out}")))
}
