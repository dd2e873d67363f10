//! Formats times and positions in a series for live output.

use std::time::Duration;

use workbench_plan::format_duration;

/// The position of a run in its series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InSeries {
    /// What is counted: `run`, or `block` where its runs are made at the same time.
    pub(crate) what: &'static str,
    /// From 1.
    pub(crate) position: u32,
    /// How many there are.
    pub(crate) of: u32,
    /// Planned time after it: runs and pauses, without starts and analyses.
    pub(crate) afterwards: Duration,
}

impl InSeries {
    /// The position of the run, and the remaining time of the series. `remaining` is that of the run.
    pub(crate) fn place(self, remaining: Duration) -> String {
        let left = rounded(remaining + self.afterwards);
        format!("{} {} of {}, {left}", self.what, self.position, self.of)
    }
}

/// To the second, or to the minute where it is ten or more.
pub(crate) fn rounded(time: Duration) -> String {
    let unit: u32 = if time >= Duration::from_secs(600) {
        60
    } else {
        1
    };
    let units = (time.as_secs_f64() / f64::from(unit)).round();
    format_duration(Duration::from_secs(units as u64 * u64::from(unit)))
}

pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_times_are_shown_in_minutes() {
        let rounded = |seconds| super::rounded(Duration::from_secs_f64(seconds));
        assert_eq!(rounded(7.4), "7s");
        assert_eq!(rounded(89.6), "90s");
        assert_eq!(rounded(4_000.0), "67m");
        assert_eq!(rounded(7_190.0), "2h");
    }
}
