//! Axes: their range, their ticks and how these are labelled, apart from any drawing.

use super::ticks;
pub(crate) use super::ticks::{Tick, Weight};
use crate::format;

/// A range with its ticks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) scale: Scale,
    pub(crate) from: f64,
    pub(crate) to: f64,
    /// Labelled places, with a grid line each.
    pub(crate) ticks: Vec<Tick>,
    /// Places with a fainter grid line and no label.
    pub(crate) minor: Vec<f64>,
}

/// How values are laid out along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Linear,
    Logarithmic,
    /// Changes, spread by the ratios that they stand for: −50 % is as far from 0 as +100 %.
    Ratio,
    /// Places of length 1 with a name in the middle of each, which has no grid line.
    Names,
}

impl Axis {
    /// Names from left to right: the place of each is its index and a half.
    pub(crate) fn names_across(mut names: Vec<Tick>) -> Self {
        for (index, name) in names.iter_mut().enumerate() {
            name.value = index as f64 + 0.5;
        }
        Self::names(names)
    }

    /// Names from the top down: the place of each is [`place_down`] of its index.
    pub(crate) fn names_down(mut names: Vec<Tick>) -> Self {
        let count = names.len();
        for (index, name) in names.iter_mut().enumerate() {
            name.value = place_down(index, count);
        }
        Self::names(names)
    }

    fn names(names: Vec<Tick>) -> Self {
        Self {
            scale: Scale::Names,
            from: 0.0,
            to: names.len() as f64,
            ticks: names,
            minor: Vec::new(),
        }
    }

    /// Times from zero to `high` nanoseconds.
    pub(crate) fn times_from_zero(high: f64) -> Self {
        Self::times_between(0.0, high)
    }

    /// Times between two bounds, evenly spaced, in one unit.
    pub(crate) fn times_between(low: f64, high: f64) -> Self {
        let high = above(low, high);
        let (divisor, unit) = ticks::unit(high);
        Self::linear(low, high, 6, |value, step| {
            match ticks::decimal(value / divisor, step / divisor) {
                zero if zero == "0" => zero,
                number => format!("{number} {unit}"),
            }
        })
    }

    /// Times spread by their ratio, with room at both ends. Zero and below have no place on such an axis.
    pub(crate) fn times_by_ratio(low: f64, high: f64) -> Self {
        let low = if low.is_finite() { low.max(1.0) } else { 1.0 };
        let high = if high.is_finite() { high.max(low) } else { low };
        // A single value gets an axis around it, not one of no length.
        let room = if high / low < 1.5 { 1.5 } else { 1.12 };
        let (from, to) = (low / room, high * room);
        Self {
            scale: Scale::Logarithmic,
            from,
            to,
            ticks: ticks::by_ratio(from, to)
                .into_iter()
                .map(|value| Tick::new(value, ticks::short_time(value)))
                .collect(),
            minor: ticks::between_decades(from, to),
        }
    }

    /// Counts and rates from zero, whole where they are small.
    pub(crate) fn counts(high: f64) -> Self {
        let high = above(0.0, high).max(1.0);
        // No more ticks than whole numbers: there is no half a request.
        let at_most = high.ceil().min(5.0) as usize;
        Self::linear(0.0, high, at_most, ticks::decimal)
    }

    /// Differences around zero, as far down as up.
    pub(crate) fn differences(size: f64) -> Self {
        let size = if size.is_finite() { size.max(1.0) } else { 1.0 };
        Self::linear(-size, size, 4, |value, step| {
            let text = ticks::decimal(value, step);
            if value > 0.0 {
                format!("+{text}")
            } else {
                text
            }
        })
    }

    /// Relative changes around zero; spread by their ratios where they are large.
    pub(crate) fn changes(low: f64, high: f64) -> Self {
        let percent = |value: f64, step: f64| signed(value * 100.0, step * 100.0, "%");
        if (-0.5..0.0).contains(&low) && high <= 1.0 {
            return Self::linear(low, above(low, high), 8, percent);
        }
        // Nothing falls by the whole, and beyond a thousandfold all changes look alike.
        let (low, high) = (low.clamp(-0.999, -0.001), above(0.0, high).min(999.0));
        let (from, to) = ((1.0 + low) / 1.05, (1.0 + high) * 1.05);
        Self {
            scale: Scale::Ratio,
            from: from - 1.0,
            to: to - 1.0,
            ticks: ticks::by_ratio(from, to)
                .into_iter()
                .map(|ratio| {
                    let step = if ratio < 0.1 { 0.001 } else { 0.01 };
                    Tick::new(ratio - 1.0, percent(ratio - 1.0, step))
                })
                .collect(),
            minor: Vec::new(),
        }
    }

    /// Differences of rates around zero, in percentage points.
    pub(crate) fn points(low: f64, high: f64) -> Self {
        Self::linear(low, above(low, high), 6, |value, step| {
            signed(value * 100.0, step * 100.0, " pp")
        })
    }

    /// Rates per second between two bounds.
    pub(crate) fn rates_between(low: f64, high: f64) -> Self {
        Self::linear(low, above(low, high), 5, ticks::decimal)
    }

    /// Shares of a whole from zero, in percent.
    pub(crate) fn shares(high: f64) -> Self {
        let high = if high > 0.0 { high } else { 0.01 };
        Self::linear(0.0, high, 5, |value, step| {
            format!("{}%", ticks::decimal(value * 100.0, step * 100.0))
        })
    }

    /// Bytes per second from zero, in one unit.
    pub(crate) fn bytes_per_second(high: f64) -> Self {
        let high = above(0.0, high).max(10.0);
        let (divisor, unit) = format::unit_of_bytes(high);
        Self::linear(0.0, high, 5, |value, step| {
            match ticks::decimal(value / divisor, step / divisor) {
                zero if zero == "0" => zero,
                number => format!("{number} {unit}/s"),
            }
        })
    }

    /// Time since the start of a run, in seconds or minutes.
    pub(crate) fn since_start(seconds: f64) -> Self {
        let to = if seconds.is_finite() {
            seconds.max(1.0)
        } else {
            1.0
        };
        Self {
            scale: Scale::Linear,
            from: 0.0,
            to,
            ticks: ticks::since_start(to)
                .into_iter()
                .map(|(value, label)| Tick::new(value, label))
                .collect(),
            minor: Vec::new(),
        }
    }

    /// Where a value lies, in the plot's own coordinate; values outside the range lie on its edge.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let value = value.clamp(self.from, self.to);
        match self.scale {
            Scale::Linear | Scale::Names => value,
            Scale::Logarithmic => value.log10(),
            Scale::Ratio => value.ln_1p(),
        }
    }

    /// Says where it is not evenly spaced.
    pub(crate) fn note(&self) -> &'static str {
        match self.scale {
            Scale::Linear | Scale::Names => "",
            Scale::Logarithmic | Scale::Ratio => ", logarithmic scale",
        }
    }

    fn linear(low: f64, high: f64, at_most: usize, label: impl Fn(f64, f64) -> String) -> Self {
        let (values, step) = ticks::even(low, high, at_most);
        let (first, last) = (values[0], values[values.len() - 1]);
        Self {
            scale: Scale::Linear,
            from: low.min(first),
            to: high.max(last),
            ticks: values
                .into_iter()
                .map(|value| Tick::new(value, label(value, step)))
                .collect(),
            minor: Vec::new(),
        }
    }
}

/// The middle of a place among so many on an axis that goes down.
pub(crate) fn place_down(index: usize, count: usize) -> f64 {
    (count - index) as f64 - 0.5
}

/// A tick's value with its sign and unit.
fn signed(value: f64, step: f64, unit: &str) -> String {
    // What is left of rounding has no sign.
    if value.abs() < step * 1e-6 {
        return format!("0{unit}");
    }
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}{unit}", ticks::decimal(value, step))
}

/// `high`, or something above `low` where it is not a number above it.
fn above(low: f64, high: f64) -> f64 {
    if high.is_finite() && high > low {
        high
    } else if low > 0.0 {
        low * 1.5
    } else {
        low + 1.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn six_decades_are_marked_by_powers_of_ten() {
        let axis = Axis::times_by_ratio(10e3, 60e9);
        assert_eq!(
            labels(&axis),
            ["10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s"]
        );
    }

    #[test]
    fn two_decades_are_marked_at_one_two_and_five() {
        let axis = Axis::times_by_ratio(1.1e6, 90e6);
        assert_eq!(
            labels(&axis),
            ["1 ms", "2 ms", "5 ms", "10 ms", "20 ms", "50 ms", "100 ms"]
        );
    }

    #[test]
    fn a_single_value_stands_between_ticks() {
        let axis = Axis::times_by_ratio(7e6, 7e6);
        assert_eq!(labels(&axis), ["5 ms", "10 ms"]);
    }

    #[test]
    fn even_times_share_one_unit() {
        assert_eq!(
            labels(&Axis::times_from_zero(34e6)),
            ["0", "10 ms", "20 ms", "30 ms", "40 ms"]
        );
        assert_eq!(
            labels(&Axis::times_between(2.52e9, 2.61e9)),
            ["2.52 s", "2.54 s", "2.56 s", "2.58 s", "2.60 s", "2.62 s"]
        );
    }

    #[test]
    fn long_runs_are_counted_in_minutes() {
        assert_eq!(
            labels(&Axis::since_start(80.0)),
            [
                "0", "10 s", "20 s", "30 s", "40 s", "50 s", "60 s", "70 s", "80 s"
            ]
        );
        assert_eq!(
            labels(&Axis::since_start(1800.0)),
            [
                "0", "5 min", "10 min", "15 min", "20 min", "25 min", "30 min"
            ]
        );
    }

    #[test]
    fn few_things_are_counted_in_whole_numbers() {
        assert_eq!(labels(&Axis::counts(0.0)), ["0", "1"]);
        assert_eq!(labels(&Axis::counts(3.0)), ["0", "1", "2", "3"]);
    }

    #[test]
    fn bytes_per_second_share_one_unit() {
        assert_eq!(
            labels(&Axis::bytes_per_second(2.4e6)),
            [
                "0", "0.5 MB/s", "1.0 MB/s", "1.5 MB/s", "2.0 MB/s", "2.5 MB/s"
            ]
        );
        assert_eq!(labels(&Axis::bytes_per_second(900.0))[1], "200 B/s");
        assert_eq!(labels(&Axis::bytes_per_second(0.0))[1], "2 B/s");
    }

    #[test]
    fn changes_are_signed_and_large_ones_spread_by_their_ratio() {
        assert_eq!(
            labels(&Axis::changes(-0.07, 0.14)),
            ["−10%", "−5%", "0%", "+5%", "+10%", "+15%"]
        );
        let wide = Axis::changes(-0.6, 4.2);
        assert_eq!(wide.scale, Scale::Ratio);
        assert_eq!(labels(&wide), ["−50%", "0%", "+100%", "+400%"]);
        assert_eq!(
            labels(&Axis::points(-0.001, 0.002)),
            [
                "−0.10 pp",
                "−0.05 pp",
                "0 pp",
                "+0.05 pp",
                "+0.10 pp",
                "+0.15 pp",
                "+0.20 pp"
            ]
        );
    }

    proptest! {
        #[test]
        fn every_axis_has_two_to_ten_ticks_within_its_range(low in 1.0..1e11, ratio in 1.0..1e7) {
            let high: f64 = low * ratio;
            for axis in [
                Axis::times_by_ratio(low, high),
                Axis::times_between(low, high),
                Axis::times_from_zero(high),
                Axis::counts(high),
                Axis::differences(high),
                Axis::changes(-0.05, high / 1e6),
                Axis::points(-0.001, 0.001 * ratio / 1e7),
                Axis::rates_between(low, high),
                Axis::shares(ratio / 1e7),
                Axis::bytes_per_second(high),
                Axis::since_start(high / 1e6),
            ] {
                prop_assert!((2..=10).contains(&axis.ticks.len()), "{axis:?}");
                let slack = (axis.to - axis.from) * 1e-9;
                for tick in &axis.ticks {
                    prop_assert!(tick.value >= axis.from - slack && tick.value <= axis.to + slack);
                }
                let mut labels = labels(&axis);
                labels.dedup();
                prop_assert_eq!(labels.len(), axis.ticks.len(), "labels repeat: {:?}", axis);
            }
        }
    }
}
