//! The run second by second.

use std::time::Duration;

use workbench_plan::Schedule;
use workbench_samples::UsersInSecond;

use crate::model::Second;
use crate::observe::StartedInSecond;

/// A last second without started requests and with fewer than this share of all completed responses is left out: it is
/// only the time of the last responses.
const MOMENT: f64 = 0.01;

/// Every second from 0 to the last in which a request started or responses were completed.
pub(crate) fn per_second(started: &[StartedInSecond], completed: &[(u32, u64)]) -> Vec<Second> {
    let last_started = started.iter().map(|started| started.second).max();
    let all: u64 = completed.iter().map(|(_, count)| count).sum();
    let of_the_run = |(second, count): &&(u32, u64)| {
        Some(*second) <= last_started || *count as f64 >= MOMENT * all as f64
    };
    let last = completed
        .iter()
        .filter(of_the_run)
        .map(|(second, _)| *second)
        .chain(last_started)
        .max();
    let mut series: Vec<Second> =
        last.map_or_else(Vec::new, |last| (0..=last).map(empty).collect());
    for (second, count) in completed {
        if let Some(second) = series.get_mut(*second as usize) {
            second.completed = *count;
        }
    }
    for started in started {
        let second = &mut series[started.second as usize];
        second.requests = started.requests;
        second.errors = started.errors;
        second.mean_ns = Some(started.times.mean_ns);
        second.p50_ns = Some(started.times.p50_ns);
        second.p95_ns = Some(started.times.p95_ns);
        second.p99_ns = Some(started.times.p99_ns);
    }
    series
}

fn empty(second: u32) -> Second {
    Second {
        second,
        requests: 0,
        errors: 0,
        completed: 0,
        mean_ns: None,
        p50_ns: None,
        p95_ns: None,
        p99_ns: None,
    }
}

/// Users of a run without stored counts: planned ones from the schedule, achieved ones from the samples. A second in
/// which no request started repeats the one before.
///
/// Samples of a segment count the users of their own segment only; segments have equal shares.
pub(crate) fn users_from_samples(
    started: &[StartedInSecond],
    schedule: &Schedule,
    segments: usize,
) -> Vec<UsersInSecond> {
    let Some(last) = started.last() else {
        return Vec::new();
    };
    let mut seen = started.iter().peekable();
    let mut achieved = 0.0;
    (0..=last.second)
        .map(|second| {
            if let Some(in_second) = seen.next_if(|started| started.second == second) {
                achieved = in_second.mean_active_users * segments as f64;
            }
            let from = Duration::from_secs(u64::from(second));
            UsersInSecond {
                second,
                planned: Some(schedule.mean_users(from, from + Duration::from_secs(1))),
                achieved,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::SecondTimes;

    const TIMES: SecondTimes = SecondTimes {
        mean_ns: 20.0,
        p50_ns: 19.0,
        p95_ns: 29.0,
        p99_ns: 29.8,
    };

    fn started(second: u32, mean_active_users: f64, requests: u64) -> StartedInSecond {
        StartedInSecond {
            second,
            requests,
            errors: 0,
            mean_active_users,
            times: TIMES,
        }
    }

    #[test]
    fn a_second_without_requests_is_present_and_has_no_times() {
        let series = per_second(&[started(0, 1.0, 3), started(2, 1.0, 1)], &[(0, 2), (3, 2)]);

        assert_eq!(series.len(), 4);
        assert_eq!(series[0].requests, 3);
        assert_eq!(series[0].mean_ns, Some(20.0));
        assert_eq!(series[0].p50_ns, Some(19.0));
        assert_eq!(series[0].p95_ns, Some(29.0));
        assert_eq!(series[0].p99_ns, Some(29.8));
        assert_eq!(series[1], empty(1));
        assert_eq!(series[2].p99_ns, Some(29.8));
        let completed: Vec<u64> = series.iter().map(|second| second.completed).collect();
        assert_eq!(completed, [2, 0, 0, 2]);
    }

    #[test]
    fn the_time_of_the_last_responses_is_not_a_second() {
        let all_started = started(0, 1.0, 200);
        let series = per_second(&[all_started], &[(0, 199), (1, 1)]);
        assert_eq!(series.len(), 1);
    }

    #[test]
    fn a_second_without_requests_keeps_the_users_seen_before() {
        let schedule = workbench_plan::Load::Threads(Vec::new()).schedule();

        let seen = [started(1, 4.0, 1), started(3, 6.5, 1)];
        let achieved = |segments| -> Vec<f64> {
            let users = users_from_samples(&seen, &schedule, segments);
            users.iter().map(|users| users.achieved).collect()
        };

        assert_eq!(achieved(1), [0.0, 4.0, 4.0, 6.5]);
        assert_eq!(achieved(2), [0.0, 8.0, 8.0, 13.0]);
    }
}
