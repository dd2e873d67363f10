//! Times as people write them: `100ms`, `10s`, `1m30s`, `1h`. A number without a unit is not a time.

use std::time::Duration;

use super::foreign;
use crate::condition::Relation;
use crate::diagnostic::{Diagnostic, nearest};

/// Pattern of times in the JSON Schema; it matches what [`parse_duration`] accepts.
pub(super) const DURATION_PATTERN: &str = r"^([0-9]+(\.[0-9]{1,9})?(h|m|s|ms|us|µs|ns))+$";

/// Why a text is not a time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DurationError(pub(super) String);

const UNITS: [(&str, u128); 7] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("ns", 1),
];

/// Longer than any experiment, and short enough that sums of times fit everywhere.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

pub(super) fn parse_duration(text: &str) -> Result<Duration, Diagnostic> {
    let not_a_time = || not_a_time(text);
    let mut nanoseconds: u128 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let number_end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(number_end);
        let unit_end = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() || number.ends_with('.') || decimals.contains('.') || decimals.len() > 9
        {
            return Err(not_a_time());
        }
        if unit.is_empty() {
            let message = format!("{text} needs a unit; write {text}s or {text}ms");
            return Err(Diagnostic::new(message));
        }
        let Some(&(_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(unknown_unit(text, unit));
        };
        let too_long = || Diagnostic::new(format!("\"{text}\" is longer than 365 days"));
        let digits: u128 = format!("{whole}{decimals}")
            .parse()
            .map_err(|_| too_long())?;
        let divisor = 10_u128.pow(decimals.len() as u32);
        let part = digits.checked_mul(scale).ok_or_else(too_long)? / divisor;
        nanoseconds = nanoseconds.checked_add(part).ok_or_else(too_long)?;
        if nanoseconds > LONGEST.as_nanos() {
            return Err(too_long());
        }
        rest = after;
    }
    if text.is_empty() {
        return Err(not_a_time());
    }
    Ok(Duration::from_nanos_u128(nanoseconds))
}

fn unknown_unit(text: &str, unit: &str) -> Diagnostic {
    const WORDS: [(&str, &str); 9] = [
        ("hours", "h"),
        ("hrs", "h"),
        ("minutes", "m"),
        ("mins", "m"),
        ("seconds", "s"),
        ("secs", "s"),
        ("milliseconds", "ms"),
        ("millis", "ms"),
        ("microseconds", "us"),
    ];
    let word = nearest(unit.trim(), WORDS.map(|(word, _)| word));
    let right = WORDS.iter().find(|(name, _)| Some(*name) == word);
    match right {
        _ if unit.contains(' ') => not_a_time(text),
        Some((_, right)) => Diagnostic::at(
            unit,
            format!("unknown unit \"{unit}\"; did you mean \"{right}\"?"),
        ),
        None => not_a_time(text),
    }
}

fn not_a_time(text: &str) -> Diagnostic {
    let right = foreign::duration(text);
    let right = right.as_deref().unwrap_or("100ms, 10s, 1m30s or 1h");
    Diagnostic::new(format!("\"{text}\" is not a time; write it as {right}"))
}

/// A time in the largest unit that gives a whole number. Minutes and hours are used from ten minutes on.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    const SECOND: u128 = 1_000_000_000;
    let nanoseconds = duration.as_nanos();
    if nanoseconds == 0 {
        return "0s".to_owned();
    }
    let long = nanoseconds >= 600 * SECOND;
    let (unit, scale) = UNITS
        .iter()
        .find(|(_, scale)| nanoseconds.is_multiple_of(*scale) && (long || *scale <= SECOND))
        .expect("every whole number of nanoseconds is a multiple of one");
    format!("{}{unit}", nanoseconds / scale)
}

/// The canonical form of a time limit: `< 0.5s` becomes `< 500ms`.
pub(crate) fn canonical_limit(text: &str) -> String {
    let compared = Relation::prefix(text).ok().flatten();
    let limit = compared.and_then(|(relation, limit)| {
        let limit = format_duration(parse_duration(limit).ok()?);
        Some(format!("{} {limit}", relation.sign()))
    });
    limit.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_numbers_with_units() {
        let read = |text: &str| parse_duration(text).unwrap();
        assert_eq!(read("100ms"), Duration::from_millis(100));
        assert_eq!(read("1m30s"), Duration::from_secs(90));
        assert_eq!(read("1h"), Duration::from_secs(3600));
        assert_eq!(read("0s"), Duration::ZERO);
        assert_eq!(read("1.5s"), Duration::from_millis(1500));
        assert_eq!(read("0.000000001s"), Duration::from_nanos(1));
        assert_eq!(read("250us"), Duration::from_micros(250));
    }

    #[test]
    fn a_number_without_a_unit_is_refused() {
        let message = |text: &str| parse_duration(text).unwrap_err().message;
        assert_eq!(message("60"), "60 needs a unit; write 60s or 60ms");
        assert_eq!(message("1m30"), "1m30 needs a unit; write 1m30s or 1m30ms");
    }

    #[test]
    fn other_units_and_other_words_are_refused() {
        let message = |text: &str| parse_duration(text).unwrap_err().message;
        assert_eq!(
            message("10sec"),
            "unknown unit \"sec\"; did you mean \"s\"?"
        );
        assert_eq!(
            message("10minutes"),
            "unknown unit \"minutes\"; did you mean \"m\"?"
        );
        for text in ["", "soon", "-1s", "1.s", ".5s", "1..5s", "5x", "1 s"] {
            assert!(parse_duration(text).is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn more_than_a_year_is_refused() {
        assert!(parse_duration("8760h").is_ok());
        for text in [
            "8760h1ns",
            "99999999999999999999h",
            "999999999999999999999999999999999999999999h",
        ] {
            assert!(
                parse_duration(text)
                    .unwrap_err()
                    .message
                    .contains("longer than 365 days")
            );
        }
    }

    #[test]
    fn times_are_written_in_the_largest_suitable_unit() {
        let written = |seconds: f64| format_duration(Duration::from_secs_f64(seconds));
        assert_eq!(written(60.0), "60s");
        assert_eq!(written(100.0), "100s");
        assert_eq!(written(1800.0), "30m");
        assert_eq!(written(3600.0), "1h");
        assert_eq!(written(0.25), "250ms");
        assert_eq!(written(0.0), "0s");
    }

    proptest! {
        #[test]
        fn a_time_written_is_the_time_read(nanoseconds in 0..31_536_000_000_000_000_u64, unit in 0..5_u32) {
            let duration = Duration::from_nanos(nanoseconds / 1000_u64.pow(unit) * 1000_u64.pow(unit));
            prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }
    }
}
