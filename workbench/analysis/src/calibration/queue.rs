//! The queueing model: exact response times across a standstill of the server.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

/// The response time of every arrival, from its intended start to its response, if only the server takes time.
///
/// Each arrival takes the first of `users` that is free, and waits for one where none is, first come, first served. The
/// server reads a request at once and answers it after `service`. While it is frozen it does neither; at the end of the
/// freeze it does at once all that was due. `intended` are instants in ascending order.
///
/// # References
/// The multi-server queue with first-come-first-served discipline of J. Kiefer, J. Wolfowitz (1955), “On the Theory of
/// Queues with Many Servers”, Transactions of the American Mathematical Society 78(1), by its recursion on the times at
/// which servers become free; the standstill is ours.
pub(super) fn response_times(
    intended: &[i64],
    users: u32,
    service: i64,
    frozen: &Range<i64>,
) -> Vec<i64> {
    let thawed = |instant: i64| {
        if frozen.contains(&instant) {
            frozen.end
        } else {
            instant
        }
    };
    let mut free: BinaryHeap<Reverse<i64>> = (0..users).map(|_| Reverse(i64::MIN)).collect();
    let respond = |intended: &i64| {
        let Reverse(free_at) = free.pop()?;
        let read = thawed(free_at.max(*intended));
        let answered = thawed(read + service);
        free.push(Reverse(answered));
        Some(answered - intended)
    };
    intended.iter().filter_map(respond).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: Range<i64> = 0..0;

    #[test]
    fn with_free_users_a_response_takes_the_service_time() {
        assert_eq!(
            response_times(&[0, 1, 2, 30], 3, 20, &NEVER),
            [20, 20, 20, 20]
        );
    }

    #[test]
    fn arrivals_beyond_the_users_wait_for_the_first_that_is_free() {
        // Free at 20 and 21: the third waits from 2 to 20, the fourth from 3 to 21, the fifth from 4 to 40.
        assert_eq!(
            response_times(&[0, 1, 2, 3, 4], 2, 20, &NEVER),
            [20, 20, 38, 38, 56]
        );
    }

    #[test]
    fn a_frozen_server_neither_reads_nor_answers() {
        let frozen = 100..200;
        // Answered before; in service when it freezes; arriving while it is frozen; afterwards.
        assert_eq!(
            response_times(&[50, 90, 150, 200, 300], 5, 20, &frozen),
            [20, 110, 70, 20, 20]
        );
    }

    #[test]
    fn a_freeze_of_a_second_has_the_response_times_of_the_fluid_model() {
        let ms = 1_000_000;
        let intended: Vec<i64> = (0..5_000).map(|k| k * 2 * ms).collect();
        let frozen = 5_000 * ms..6_000 * ms;
        let mut times = response_times(&intended, 50, 20 * ms, &frozen);
        times.sort_unstable();
        // By hand: 500 arrivals wait from the beginning on, and 50 users answer 2,500 in a second while 500 more come, so
        // that an arrival at t after the beginning of the standstill is answered after 1 s − t + t · 500/2,500 + 20 ms. The
        // 10 % longest times are those with t up to 1 s: 220 ms, to within the 20 ms in which 50 are answered at once.
        let p90 = times[4_500];
        assert!((p90 - 220 * ms).abs() <= 20 * ms, "{p90}");
        // That of the arrival with which the standstill begins.
        assert_eq!(times.last(), Some(&(1_020 * ms)));
        assert_eq!(times[2_500], 20 * ms);
    }
}
