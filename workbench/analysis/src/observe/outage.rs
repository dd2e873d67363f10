//! Outages: services that stopped responding until the end of the run.

use std::collections::BTreeMap;

/// Requests without a response are counted by the tenth of a second in which they ended.
const BUCKET_NS: i64 = 100_000_000;

/// Shortest outage that is reported, as a share of the run. A shorter one hardly affects the results. Our choice.
const LEAST_SHARE: f64 = 0.01;
/// Fewest requests without a response. Our choice.
const LEAST_IN_VAIN: u64 = 3;
/// Level of the test whether the failures at the end are more than those before. Our choice.
const LEVEL: f64 = 0.001;

/// The requests to one service that ended without a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InVain {
    /// How many, by the number of their [`BUCKET_NS`].
    counts: BTreeMap<i64, u64>,
    /// When the last one ended, in nanoseconds since the start of the schedule.
    last: i64,
}

/// A service that responded at first, and then no longer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outage {
    /// Its name in the experiment file.
    pub(crate) service: String,
    /// The end of its last response, in seconds since the start of the schedule.
    pub(crate) since_s: f64,
    /// Requests without a response after that.
    pub(crate) in_vain: u64,
}

impl InVain {
    /// Counts a request that ended at this time, in nanoseconds after the start of the schedule.
    pub(super) fn add(&mut self, end: i64) {
        *self.counts.entry(end / BUCKET_NS).or_default() += 1;
        self.last = self.last.max(end);
    }

    /// Merges both.
    pub(super) fn merge(&mut self, other: Self) {
        self.last = self.last.max(other.last);
        for (bucket, count) in other.counts {
            *self.counts.entry(bucket).or_default() += count;
        }
    }

    /// The number of requests without a response since the last one, if the service had an outage. `answers` is the
    /// number of its responses; `last_answer` is the end of the last one, in nanoseconds after the start of the
    /// schedule.
    ///
    /// There is an outage if the service responded at least once, then to none of at least three requests and for at
    /// least 1 % of the run, and if that many failures in a row had a probability of at most 0.1 % given their share
    /// before, estimated as (failures + 1)/(all + 2) (Laplace's rule of succession).
    pub(super) fn gone_after(&self, answers: u64, last_answer: i64, run_ns: i64) -> Option<u64> {
        if answers == 0 {
            return None;
        }
        // Requests that ended in the bucket of the last response may have ended before it.
        let after = self.counts.range(last_answer / BUCKET_NS + 1..);
        let in_vain: u64 = after.map(|(_, count)| count).sum();
        let before = self.counts.values().sum::<u64>() - in_vain;
        let share = (before + 1) as f64 / (before + answers + 2) as f64;
        let silent = (self.last - last_answer) as f64;
        let gone = in_vain >= LEAST_IN_VAIN
            && silent >= LEAST_SHARE * run_ns as f64
            && in_vain as f64 * share.ln() <= LEVEL.ln();
        gone.then_some(in_vain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;
    const RUN: i64 = 4_000 * MS;

    /// A request every 10 ms for 4 s; `answered` says of which millisecond.
    fn gone(answered: impl Fn(i64) -> bool) -> Option<(i64, u64)> {
        let (mut even, mut odd) = (InVain::default(), InVain::default());
        let (mut answers, mut last) = (0, 0);
        for ms in (0..4_000).step_by(10) {
            if answered(ms) {
                (answers, last) = (answers + 1, ms * MS);
            } else {
                let half = if ms % 20 == 0 { &mut even } else { &mut odd };
                half.add(ms * MS);
            }
        }
        // Batches come in any order.
        let mut other_way_round = odd.clone();
        other_way_round.merge(even.clone());
        even.merge(odd);
        assert_eq!(even, other_way_round);
        let in_vain = even.gone_after(answers, last, RUN)?;
        Some((last, in_vain))
    }

    #[test]
    fn a_service_that_ends_has_an_outage_since_its_last_response() {
        assert_eq!(gone(|ms| ms <= 1_500), Some((1_500 * MS, 240)));
    }

    #[test]
    fn a_service_that_responds_again_has_no_outage() {
        assert_eq!(gone(|ms| ms <= 1_500 || ms > 3_000), None);
        // Not even for a single answer before the end.
        assert_eq!(gone(|ms| ms <= 1_500 || ms == 3_990), None);
    }

    #[test]
    fn occasional_failures_are_no_outage() {
        assert_eq!(gone(|_| true), None);
        assert_eq!(gone(|ms| ms % 100 != 90), None);
        // Nine of ten requests fail, the last nine among them.
        assert_eq!(gone(|ms| ms % 100 == 0), None);
    }

    #[test]
    fn a_service_that_failed_often_and_then_always_has_an_outage() {
        let found = gone(|ms| ms % 20 == 0 && ms <= 1_500).expect("it is gone");
        assert_eq!(found.0, 1_500 * MS);
    }

    #[test]
    fn a_service_that_never_responded_has_no_outage() {
        assert_eq!(gone(|_| false), None);
        let mut in_vain = InVain::default();
        in_vain.add(2_000 * MS);
        // As a label without an answer has it.
        assert_eq!(in_vain.gone_after(0, i64::MIN, RUN), None);
    }

    #[test]
    fn the_end_of_a_run_is_too_short_for_an_outage() {
        assert_eq!(gone(|ms| ms < 3_970), None);
    }

    #[test]
    fn three_requests_in_a_row_show_an_outage() {
        let mut in_vain = InVain::default();
        for second in 9..12 {
            in_vain.add(second * 1_000 * MS);
        }
        let gone = in_vain.gone_after(9, 8_000 * MS, 12_000 * MS);
        assert_eq!(gone, Some(3));
    }
}
