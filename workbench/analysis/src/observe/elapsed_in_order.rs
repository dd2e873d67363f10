//! Elapsed times in order of time, with the place of the steady part.

use std::ops::Range;

/// Elapsed times of requests in order of their starts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ElapsedInOrder {
    /// In nanoseconds.
    pub(crate) all_ns: Vec<f64>,
    /// From the first to the last request of the steady part; empty where there is none.
    pub(crate) steady: Range<usize>,
}

impl ElapsedInOrder {
    pub(super) fn push(&mut self, elapsed_ns: f64, is_steady: bool) {
        let place = self.all_ns.len();
        self.all_ns.push(elapsed_ns);
        if is_steady {
            let start = if self.steady.is_empty() {
                place
            } else {
                self.steady.start
            };
            self.steady = start..place + 1;
        }
    }

    pub(super) fn reverse(&mut self) {
        self.all_ns.reverse();
        let count = self.all_ns.len();
        if !self.steady.is_empty() {
            self.steady = count - self.steady.end..count - self.steady.start;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steady_part_of_times_in_order_ends_with_its_last_request() {
        let mut in_order = ElapsedInOrder::default();
        for (time, is_steady) in [
            (5.0, false),
            (4.0, true),
            (3.0, false),
            (2.0, true),
            (1.0, false),
        ] {
            in_order.push(time, is_steady);
        }
        in_order.reverse();
        assert_eq!(in_order.all_ns[in_order.steady.clone()], [2.0, 3.0, 4.0]);
        in_order.push(6.0, true);
        in_order.reverse();
        assert_eq!(in_order.steady, 0..5);
    }
}
