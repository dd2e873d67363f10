//! Rates as people write them: `500/s`, `30/m`, `0.5/h`.

use super::foreign;
use crate::diagnostic::Diagnostic;
use crate::plan::{Rate, RateUnit};

/// Pattern of rates in the JSON Schema; it matches what [`parse_rate`] accepts.
pub(super) const RATE_PATTERN: &str = r"^\s*[0-9]+(\.[0-9]+)?\s*/\s*(s|m|h)\s*$";

const UNITS: [(&str, RateUnit); 3] = [
    ("s", RateUnit::Second),
    ("m", RateUnit::Minute),
    ("h", RateUnit::Hour),
];

/// A rate that is more than 0.
pub(super) fn parse_rate(text: &str) -> Result<Rate, Diagnostic> {
    let rate = parse_rate_or_none(text)?;
    if rate.per_second() <= 0.0 {
        return Err(Diagnostic::new("a rate has to be more than 0"));
    }
    Ok(rate)
}

/// A rate that may be 0: that of a stage in which nothing arrives.
pub(super) fn parse_rate_or_none(text: &str) -> Result<Rate, Diagnostic> {
    let not_a_rate = || {
        let right = foreign::rate(text);
        let right = right.as_deref().unwrap_or("500/s, 30/m or 10/h");
        Diagnostic::new(format!("\"{text}\" is not a rate; write it as {right}"))
    };
    let is_decimal = |number: &str| {
        let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        digits(whole) && digits(decimals)
    };
    let Some((number, unit)) = text.split_once('/') else {
        return Err(if is_decimal(text.trim()) {
            Diagnostic::new(format!(
                "{text} needs a unit; write {text}/s",
                text = text.trim()
            ))
        } else {
            not_a_rate()
        });
    };
    let (number, unit) = (number.trim(), unit.trim());
    let found = UNITS.iter().find(|(name, _)| *name == unit);
    let Some((_, unit)) = found else {
        // "min", "sec", "hour" …
        let meant = UNITS
            .iter()
            .find(|(name, _)| unit.to_lowercase().starts_with(name));
        return Err(match meant {
            Some((name, _)) if is_decimal(number) => Diagnostic::at(
                unit,
                format!("unknown unit \"{unit}\"; did you mean \"{number}/{name}\"?"),
            ),
            _ => not_a_rate(),
        });
    };
    if !is_decimal(number) {
        return Err(not_a_rate());
    }
    let rate = Rate {
        count: number.parse().map_err(|_| not_a_rate())?,
        unit: *unit,
    };
    if rate.per_second() > LARGEST {
        return Err(Diagnostic::new(format!(
            "more than {LARGEST:.0} arrivals a second are beyond what one machine sends"
        )));
    }
    Ok(rate)
}

/// Arrivals in a second.
const LARGEST: f64 = 1_000_000.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_with_their_unit_and_written_back() {
        for (text, per_second) in [("500/s", 500.0), ("30/m", 0.5), ("0.5 / h", 0.5 / 3600.0)] {
            let rate = parse_rate(text).unwrap();
            assert_eq!(rate.per_second(), per_second);
            assert_eq!(parse_rate(&rate.to_string()), Ok(rate));
        }
    }

    #[test]
    fn a_stage_may_have_no_arrivals() {
        let rate = parse_rate_or_none("0/s").unwrap();
        assert_eq!(rate.per_second(), 0.0);
        assert_eq!(parse_rate_or_none(&rate.to_string()), Ok(rate));
    }

    #[test]
    fn a_wrong_rate_is_reported_with_the_right_form() {
        for (text, said) in [
            ("500", "500 needs a unit; write 500/s"),
            ("500/min", "did you mean \"500/m\"?"),
            ("500/second", "did you mean \"500/s\"?"),
            ("500rps", "write it as 500/s"),
            ("-5/s", "write it as 500/s"),
            ("1e3/s", "write it as 500/s"),
            ("/s", "write it as 500/s"),
            ("5/day", "write it as 500/s"),
            ("0/s", "more than 0"),
            ("0.0/s", "more than 0"),
            ("1000001/s", "beyond what one machine sends"),
        ] {
            let diagnostic = parse_rate(text).unwrap_err();
            assert!(
                diagnostic.message.contains(said),
                "{text}: {}",
                diagnostic.message
            );
        }
    }
}
