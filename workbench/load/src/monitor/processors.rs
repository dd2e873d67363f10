//! Use of the machine's processors during a run, for its validity checks.

use std::time::{Duration, Instant};

use crate::cgroup;

/// Processors in use from one snapshot to the next, as numbers of processors: 1 is one processor all of the time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Processors {
    /// From when on, and for how long.
    pub(crate) from: Instant,
    pub(crate) length: Duration,
    pub(crate) generator: f64,
    /// The target's, its database included, where its processes are known.
    pub(crate) target: f64,
    /// The same of simultaneous runs.
    pub(crate) generators_beside: f64,
    pub(crate) targets_beside: f64,
    /// All other processes on this machine, and the kernel.
    pub(crate) others: f64,
    pub(crate) steal: f64,
    /// Processors that the machine has, whether or not this process may use them.
    pub(crate) online: f64,
}

/// Processors that this process may use: its affinity mask, or the quota of its control group if that is less.
pub(crate) fn available() -> f64 {
    let whole = std::thread::available_parallelism().map_or(1, usize::from);
    allowed(whole as f64, cgroup::of_this_process().processors)
}

/// `whole` is the number of processors that threads are scheduled on, at most the quota rounded down, and at least 1.
fn allowed(whole: f64, quota: Option<f64>) -> f64 {
    quota.filter(|quota| *quota < whole + 1.0).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_applies_if_it_is_the_tightest_limit() {
        // Half a processor, and one and a half, are not rounded.
        assert_eq!(allowed(1.0, Some(0.5)), 0.5);
        assert_eq!(allowed(1.0, Some(1.5)), 1.5);
        // Pinned to two of the eight processors that the quota allows.
        assert_eq!(allowed(2.0, Some(8.0)), 2.0);
        assert_eq!(allowed(2.0, None), 2.0);
    }
}
