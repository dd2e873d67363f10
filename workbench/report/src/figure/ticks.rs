//! Labelled places on an axis: round numbers, few enough to read.

/// A labelled place on an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) label: String,
    /// Stands below the label; may be empty.
    pub(crate) beneath: String,
    /// Stands on the far side of the plot; may be empty.
    pub(crate) beside: String,
    pub(crate) weight: Weight,
}

/// How a label stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Plain,
    Bold,
    /// Of the places that follow: begins at the edge of the figure and may reach over the plot.
    Heading,
}

impl Tick {
    pub(crate) fn new(value: f64, label: impl Into<String>) -> Self {
        Self {
            value,
            label: label.into(),
            beneath: String::new(),
            beside: String::new(),
            weight: Weight::Plain,
        }
    }

    /// A name, whose place follows from its position among the others.
    pub(crate) fn name(label: impl Into<String>, weight: Weight) -> Self {
        Self {
            weight,
            ..Self::new(0.0, label)
        }
    }
}

/// The unit that suits times up to `high` nanoseconds: nanoseconds per unit, and its name.
pub(super) fn unit(high: f64) -> (f64, &'static str) {
    match high {
        high if high < 2e3 => (1.0, "ns"),
        high if high < 2e6 => (1e3, "µs"),
        high if high < 2e9 => (1e6, "ms"),
        _ => (1e9, "s"),
    }
}

/// A round time with the unit that suits it: `10 µs`, `2 ms`, `1.5 s`.
pub(super) fn short_time(ns: f64) -> String {
    let (divisor, unit) = match ns {
        ns if ns < 0.999e3 => (1.0, "ns"),
        ns if ns < 0.999e6 => (1e3, "µs"),
        ns if ns < 0.999e9 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    // Five digits are enough to tell any two ticks apart, and few enough to lose rounding noise.
    let value: f64 = format!("{:.4e}", ns / divisor)
        .parse()
        .unwrap_or(ns / divisor);
    format!("{value} {unit}")
}

/// A tick's value with just the decimals that its step needs.
pub(super) fn decimal(value: f64, step: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let decimals = (-(step * 1.000_001).log10().floor()).clamp(0.0, 6.0) as usize;
    let text = format!("{:.decimals$}", value.abs());
    let text = match text.split_once('.') {
        None => grouped(&text),
        Some(_) => text,
    };
    if value < 0.0 {
        format!("−{text}")
    } else {
        text
    }
}

/// Multiples of 1, 2 or 5 times a power of ten that enclose the range, and the step between them.
///
/// At least two and about `at_most`.
pub(super) fn even(low: f64, high: f64, at_most: usize) -> (Vec<f64>, f64) {
    let rough = (high - low) / at_most as f64;
    let magnitude = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * magnitude)
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(10.0 * magnitude);
    // Small counts have no halves.
    let first = (low / step + 1e-9).floor() as i64;
    let last = (high / step - 1e-9).ceil() as i64;
    let values = (first..=last.max(first + 1))
        .map(|multiple| multiple as f64 * step)
        .collect();
    (values, step)
}

/// Powers of ten, with their doubles and fives where few of them would be seen; within the range.
pub(super) fn by_ratio(from: f64, to: f64) -> Vec<f64> {
    let decades = (to / from).log10();
    let factors: &[f64] = if decades > 2.7 {
        &[1.0]
    } else {
        &[1.0, 2.0, 5.0]
    };
    let mut values = multiples(from, to, factors);
    if values.len() < 2 {
        values = multiples(from, to, &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0]);
    }
    values
}

/// The other whole multiples of powers of ten within the range.
pub(super) fn between_decades(from: f64, to: f64) -> Vec<f64> {
    multiples(from, to, &[2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
}

/// Places on an axis of `seconds`, and their labels.
pub(super) fn since_start(seconds: f64) -> Vec<(f64, String)> {
    const STEPS: [f64; 19] = [
        0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0,
        3600.0, 7200.0, 14_400.0, 28_800.0, 86_400.0,
    ];
    let step = STEPS
        .into_iter()
        .find(|step| seconds / step <= 8.5)
        .unwrap_or_else(|| (seconds / 8.0 / 86_400.0).ceil() * 86_400.0);
    let (divisor, unit) = match step {
        step if step >= 3600.0 => (3600.0, "h"),
        step if step >= 60.0 => (60.0, "min"),
        _ => (1.0, "s"),
    };
    let last = (seconds / step + 1e-9).floor() as u32;
    (0..=last)
        .map(|multiple| {
            let value = f64::from(multiple) * step;
            let label = match multiple {
                0 => "0".to_owned(),
                _ => format!("{} {unit}", decimal(value / divisor, step / divisor)),
            };
            (value, label)
        })
        .collect()
}

fn multiples(from: f64, to: f64, factors: &[f64]) -> Vec<f64> {
    let first = from.log10().floor() as i32;
    let last = to.log10().ceil() as i32;
    (first..=last)
        .flat_map(|exponent| {
            factors
                .iter()
                .map(move |factor| factor * 10_f64.powi(exponent))
        })
        .filter(|value| (from..=to).contains(value))
        .collect()
}

fn grouped(digits: &str) -> String {
    digits
        .parse()
        .map_or_else(|_| digits.to_owned(), crate::format::count)
}
