//! Converts Java's date formats and durations.

/// A format of Java's `DateTimeFormatter` as one of strftime; `None` where there is a letter that has no counterpart.
pub(super) fn strftime(format: &str) -> Option<String> {
    let mut out = String::new();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\'' {
            if letters.peek() == Some(&'\'') {
                letters.next();
                out.push('\'');
                continue;
            }
            for quoted in letters.by_ref().take_while(|letter| *letter != '\'') {
                push(&mut out, quoted);
            }
            continue;
        }
        if !letter.is_ascii_alphabetic() {
            push(&mut out, letter);
            continue;
        }
        let mut count = 1;
        while letters.peek() == Some(&letter) {
            letters.next();
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
    let (days, time) = match rest.strip_prefix('P')?.split_once('T') {
        Some((days, time)) => (days.to_owned(), time.to_owned()),
        None => (rest[1..].to_owned(), String::new()),
    };
    let mut hours = 0_u64;
    if !days.is_empty() {
        hours = days
            .strip_suffix('D')?
            .parse::<u64>()
            .ok()?
            .checked_mul(24)?;
    }
    let (mut minutes, mut seconds) = (0_u64, 0_u64);
    let mut digits = String::new();
    for letter in time.chars() {
        match letter {
            '0'..='9' => digits.push(letter),
            'H' => hours = hours.checked_add(std::mem::take(&mut digits).parse().ok()?)?,
            'M' => minutes = std::mem::take(&mut digits).parse().ok()?,
            'S' => seconds = std::mem::take(&mut digits).parse().ok()?,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_in_the_same_format() {
        for (java, own) in [
            ("yyyy-MM-dd", Some("%Y-%m-%d")),
            (
                "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
                Some("%Y-%m-%dT%H:%M:%S.%3fZ"),
            ),
            ("d MMM ''yy 'at' 100%", Some("%-d %b '%y at 100%%")),
            ("YYYY-ww", None),
        ] {
            assert_eq!(strftime(java).as_deref(), own, "{java}");
        }
    }

    #[test]
    fn durations_are_offsets() {
        for (iso, own) in [
            ("", Some(None)),
            ("P1D", Some(Some("1d"))),
            ("-P7D", Some(Some("-7d"))),
            ("PT2H30M", Some(Some("2h30m"))),
            ("P1DT1S", Some(Some("24h1s"))),
            ("P1M", None),
            ("1d", None),
        ] {
            assert_eq!(offset(iso), own.map(|it| it.map(str::to_owned)), "{iso}");
        }
    }
}
