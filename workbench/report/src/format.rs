//! Numbers as people read them: three significant digits, a unit, and nothing hidden by rounding.

/// Stands where there is nothing to show.
pub(crate) const NOTHING: &str = "–";

const NS_PER_MS: f64 = 1e6;

/// Milliseconds without their unit, for a column whose header names it.
pub(crate) fn milliseconds(ns: f64) -> String {
    significant(ns / NS_PER_MS)
}

/// A time with the unit that suits it: `850 µs`, `4.13 ms`, `1.20 s`.
pub(crate) fn time(ns: f64) -> String {
    if !ns.is_finite() {
        return NOTHING.to_owned();
    }
    let (divisor, unit) = match ns.abs() {
        // The bounds lie where rounding to three digits would reach the next unit.
        size if size < 999.5 => (1.0, "ns"),
        size if size < 999.5e3 => (1e3, "µs"),
        size if size < 999.5e6 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    format!("{} {unit}", significant(ns / divisor))
}

/// What bytes, up to `high` of them, are divided by, and the unit then: powers of 1,000.
pub(crate) fn unit_of_bytes(high: f64) -> (f64, &'static str) {
    match high {
        // The bounds lie where rounding to three digits would reach the next unit.
        size if size < 999.5 => (1.0, "B"),
        size if size < 999.5e3 => (1e3, "kB"),
        size if size < 999.5e6 => (1e6, "MB"),
        _ => (1e9, "GB"),
    }
}

/// Bytes per second with the unit that suits them: `412 B/s`, `1.20 MB/s`.
pub(crate) fn bytes_per_second(bytes: f64) -> String {
    let (divisor, unit) = unit_of_bytes(bytes);
    format!("{} {unit}/s", significant(bytes / divisor))
}

/// At least three significant digits, with thousands set apart and no exponent.
pub(crate) fn significant(value: f64) -> String {
    if !value.is_finite() {
        return NOTHING.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    // The exponent is taken after rounding: 9.996 has two digits before the point, not one.
    let scientific = format!("{value:.2e}");
    let exponent: i32 = scientific
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse().ok())
        .unwrap_or(0);
    let decimals = (2 - exponent).clamp(0, 9).unsigned_abs() as usize;
    let text = format!("{value:.decimals$}");
    match text.split_once('.') {
        None => thousands(&text),
        Some((whole, fraction)) => format!("{}.{fraction}", thousands(whole)),
    }
}

/// A whole number with its thousands set apart.
pub(crate) fn count(number: u64) -> String {
    thousands(&number.to_string())
}

/// A fraction as a percentage; what is not zero is never shown as zero.
pub(crate) fn percentage(fraction: f64) -> String {
    let percent = fraction * 100.0;
    if !percent.is_finite() {
        NOTHING.to_owned()
    } else if percent > 0.0 && percent < 0.005 {
        "<0.01%".to_owned()
    } else {
        format!("{percent:.2}%")
    }
}

/// A fraction in whole percent: `71%`.
pub(crate) fn whole_percent(fraction: f64) -> String {
    format!("{:.0}%", fraction * 100.0)
}

/// A relative change with its sign: `+9.8%`, `−0.42%`; what is not zero is never shown as zero.
pub(crate) fn change(fraction: f64) -> String {
    signed(fraction, "%")
}

/// A difference of two rates with its sign, in percentage points: `+0.12 pp`.
pub(crate) fn points(fraction: f64) -> String {
    signed(fraction, " pp")
}

/// Hundredths with one decimal, or two digits where they are less than one.
fn signed(fraction: f64, unit: &str) -> String {
    let hundredths = fraction.abs() * 100.0;
    if !hundredths.is_finite() {
        return NOTHING.to_owned();
    }
    // So little is only what is left of rounding.
    if hundredths < 1e-9 {
        return format!("0{unit}");
    }
    let sign = if fraction < 0.0 { '−' } else { '+' };
    let digits = match hundredths {
        tiny if tiny < 0.0005 => "<0.001".to_owned(),
        large if large >= 99.95 => thousands(&format!("{large:.0}")),
        medium if medium >= 0.995 => format!("{medium:.1}"),
        small => {
            let decimals = (1.0 - small.log10().floor()).clamp(2.0, 3.0) as usize;
            format!("{small:.decimals$}")
        }
    };
    format!("{sign}{digits}{unit}")
}

/// Both ends of a range, as something shows them: `[12.1, 12.5]`; `∞` where it is open above.
pub(crate) fn range(lower: f64, upper: Option<f64>, shown: impl Fn(f64) -> String) -> String {
    let upper = upper.map_or_else(|| "∞".to_owned(), &shown);
    format!("[{}, {upper}]", shown(lower))
}

/// A significance level or a confidence as a percentage without needless decimals: `5%`, `0.1%`, `96.38%`.
pub(crate) fn level(alpha: f64) -> String {
    // Rounding removes what multiplying by a hundred adds in the last binary place.
    let digits = if alpha < 0.01 { 1e6 } else { 1e2 };
    format!("{}%", (alpha * 100.0 * digits).round() / digits)
}

/// A p value; one that would print as zero is given as a bound.
pub(crate) fn p_value(p: f64) -> String {
    if !p.is_finite() {
        NOTHING.to_owned()
    } else if p < 0.0001 {
        "<0.0001".to_owned()
    } else {
        format!("{p:.4}")
    }
}

/// A test statistic with four decimals, as the report prints it.
pub(crate) fn statistic(value: f64) -> String {
    decimals(value, 4)
}

/// Two decimals, for what is compared with 0.
pub(crate) fn two_decimals(value: f64) -> String {
    decimals(value, 2)
}

fn decimals(value: f64, decimals: usize) -> String {
    if value.is_finite() {
        format!("{value:.decimals$}").replace('-', "−")
    } else {
        NOTHING.to_owned()
    }
}

/// Milliseconds with four decimals, as the report prints means and their standard errors.
pub(crate) fn printed_milliseconds(ns: f64) -> String {
    statistic(ns / NS_PER_MS)
}

/// Seconds of a run's duration: `80.2 s`, `12 min 5 s`.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        NOTHING.to_owned()
    } else if seconds < 120.0 {
        format!("{} s", significant(seconds))
    } else {
        let whole = seconds.round() as u64;
        format!("{} min {} s", whole / 60, whole % 60)
    }
}

/// `1 request`, `2 requests`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// A text of at most so many columns, with an ellipsis in its middle: labels often differ in their ends alone.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let width = textwrap::core::display_width;
    if width(text) <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(1);
    let take = |letters: &mut dyn Iterator<Item = char>, most: usize| {
        let mut columns = 0;
        letters
            .take_while(|letter| {
                columns += width(letter.encode_utf8(&mut [0; 4]));
                columns <= most
            })
            .collect::<Vec<char>>()
    };
    let head = take(&mut text.chars(), kept.div_ceil(2));
    let tail = take(&mut text.chars().rev(), kept / 2);
    let tail = tail.into_iter().rev();
    head.into_iter().chain(['…']).chain(tail).collect()
}

/// As a shell takes it for one argument.
#[must_use]
pub fn quoted(text: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_./@=+:,%".contains(it);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn thousands(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => ("−", rest),
        None => ("", digits),
    };
    let mut text = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_significant_digits_without_exponent() {
        let shown: Vec<_> = [
            0.0,
            0.01,
            0.012_345,
            0.999_6,
            4.126,
            9.996,
            12.34,
            99.96,
            123.4,
            60_000.0,
            1_234_567.8,
            -74.3,
        ]
        .map(significant)
        .into();
        assert_eq!(
            shown,
            [
                "0",
                "0.0100",
                "0.0123",
                "1.00",
                "4.13",
                "10.0",
                "12.3",
                "100",
                "123",
                "60,000",
                "1,234,568",
                "−74.3"
            ]
        );
    }

    #[test]
    fn times_take_the_unit_that_suits_them() {
        let shown: Vec<_> = [10e3, 999_400.0, 999_600.0, 4.126e6, 1.2e9, 60e9, f64::NAN]
            .map(time)
            .into();
        assert_eq!(
            shown,
            [
                "10.0 µs", "999 µs", "1.00 ms", "4.13 ms", "1.20 s", "60.0 s", "–"
            ]
        );
    }

    #[test]
    fn bytes_take_the_unit_that_suits_them() {
        let shown: Vec<_> = [0.0, 412.0, 999.6, 1.2e6, 3e9].map(bytes_per_second).into();
        assert_eq!(
            shown,
            ["0 B/s", "412 B/s", "1.00 kB/s", "1.20 MB/s", "3.00 GB/s"]
        );
    }

    #[test]
    fn a_rate_that_is_not_zero_never_reads_as_zero() {
        assert_eq!(percentage(0.0), "0.00%");
        assert_eq!(percentage(1e-7), "<0.01%");
        assert_eq!(percentage(0.012_34), "1.23%");
        assert_eq!(percentage(1.0), "100.00%");
    }

    #[test]
    fn changes_have_a_sign_and_never_read_as_zero() {
        let shown: Vec<_> = [
            0.098, -0.0042, 0.137, 0.000_42, 1.5, -0.25, 12.345, 0.009_96, 0.0, 1e-17,
        ]
        .map(change)
        .into();
        assert_eq!(
            shown,
            [
                "+9.8%", "−0.42%", "+13.7%", "+0.042%", "+150%", "−25.0%", "+1,234%", "+1.0%",
                "0%", "0%"
            ]
        );
        assert_eq!(points(-0.0012), "−0.12 pp");
        assert_eq!(points(2.5e-6), "+<0.001 pp");
        assert_eq!(change(f64::NAN), NOTHING);
    }

    #[test]
    fn a_range_may_be_open_above() {
        assert_eq!(range(0.061, Some(0.137), change), "[+6.1%, +13.7%]");
        assert_eq!(range(12.1, None, significant), "[12.1, ∞]");
    }

    #[test]
    fn significance_levels_have_no_needless_decimals() {
        assert_eq!([0.05, 0.001, 0.07].map(level), ["5%", "0.1%", "7%"]);
    }

    #[test]
    fn a_p_value_that_would_round_to_zero_is_a_bound() {
        assert_eq!(p_value(0.0), "<0.0001");
        assert_eq!(p_value(0.079_394_1), "0.0794");
    }

    #[test]
    fn durations_past_two_minutes_are_in_minutes() {
        assert_eq!(duration(80.24), "80.2 s");
        assert_eq!(duration(725.4), "12 min 5 s");
    }
}
