//! Live output of runs: on a terminal (`view`), and on a page served by this machine (`page`).
//!
//! Both use the values that the load counts anyway and passes on once a second, outside of the measured path.

mod address;
mod format;
pub(crate) mod page;
pub(crate) mod view;

use std::collections::VecDeque;

use workbench_load::Live;
use workbench_plan::Plan;

pub(crate) use address::Address;
pub(crate) use format::{InSeries, milliseconds, rounded};

/// Seconds that a terminal shows.
const MINUTE: usize = 60;

/// The current runs: one, or the simultaneous runs of a block.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    pub(crate) sides: Vec<Side>,
    pub(crate) series: Option<InSeries>,
    /// What the runs wait for before the start.
    pub(crate) waiting: String,
}

/// One of the runs.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(crate) name: String,
    pub(crate) title: String,
    /// The last minute, oldest first.
    pub(crate) seconds: VecDeque<Live>,
}

impl Course {
    pub(crate) fn new(sides: &[(&str, &Plan)], series: Option<InSeries>) -> Self {
        let side = |(name, plan): &(&str, &Plan)| Side {
            name: (*name).to_owned(),
            title: plan.title.clone(),
            seconds: VecDeque::with_capacity(MINUTE),
        };
        Self {
            sides: sides.iter().map(side).collect(),
            series,
            waiting: "starting the target".to_owned(),
        }
    }

    /// Adds the newest second of a run.
    pub(crate) fn add(&mut self, side: usize, live: &Live) {
        let seconds = &mut self.sides[side].seconds;
        if seconds.len() == MINUTE {
            seconds.pop_front();
        }
        seconds.push_back(live.clone());
    }

    /// The newest second of all, once there is one.
    pub(crate) fn newest(&self) -> Option<&Live> {
        let newest = self.sides.iter().filter_map(|side| side.seconds.back());
        newest.max_by_key(|live| live.elapsed)
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    use std::time::Duration;

    use workbench_load::LiveLatency;

    use super::*;

    /// A second of a run of 80 s with 100 users.
    pub(crate) fn live(second: u32) -> Live {
        let micros = |times: u64| Duration::from_micros(times * (1_000 + u64::from(second) * 10));
        Live {
            elapsed: Duration::from_millis(u64::from(second) * 1_000 + 400),
            planned: Duration::from_secs(80),
            users: (second * 10).min(99),
            planned_users: (second * 10).min(100),
            planned_arrivals: None,
            waiting_arrivals: None,
            requests: 4_000 + u64::from(second),
            errors: u64::from(second.is_multiple_of(7)),
            total_requests: 4_000 * u64::from(second),
            total_errors: 2,
            latency: Some(LiveLatency {
                p50: micros(20),
                p95: micros(55),
                p99: micros(80),
            }),
            checks: Vec::new(),
        }
    }

    /// The first seconds of such runs.
    pub(crate) fn course(names: &[&str], seconds: u32) -> Course {
        let mut course = Course {
            sides: Vec::new(),
            series: None,
            waiting: "starting the target".to_owned(),
        };
        for (side, name) in names.iter().enumerate() {
            course.sides.push(Side {
                name: (*name).to_owned(),
                title: "Heavy load".to_owned(),
                seconds: VecDeque::new(),
            });
            (1..=seconds).for_each(|second| course.add(side, &live(second)));
        }
        course
    }

    #[test]
    fn a_course_keeps_the_last_minute() {
        let course = course(&["shop"], 75);
        let seconds = &course.sides[0].seconds;
        assert_eq!(seconds.len(), MINUTE);
        assert_eq!(seconds[0].elapsed.as_secs(), 16);
        assert_eq!(course.newest().unwrap().elapsed.as_secs(), 75);
    }
}
