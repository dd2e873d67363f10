//! Validity checks during a run, from counters that exist anyway.
//!
//! Each check is that of the end of the run, or a simpler form of it. The checks at the end use all measured data.

use std::ops::Range;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use workbench_plan::{Schedule, Work};
use workbench_samples::{Check, CheckStatus};

use super::processors::{GENERATOR_LIMIT, GENERATOR_TOLERANCE};
use super::{USERS_LIMIT, USERS_TOLERANCE, check, counted, generator, up_to};
use crate::clock::Clock;
use crate::recorder::{Recorded, Standstill};

/// Users are checked at this distance from the ends of the steady part.
const SETTLED: Duration = Duration::from_secs(1);

/// The state of a run at a moment.
pub(crate) struct Moment<'a> {
    pub(crate) clock: &'a Clock,
    /// Since the start of the schedule.
    pub(crate) elapsed: Duration,
    pub(crate) users: u32,
    pub(crate) planned_users: usize,
    /// Arrivals that wait for a user.
    pub(crate) waiting: u64,
    pub(crate) recorded: &'a Recorded,
    pub(crate) standstills: &'a [Standstill],
}

/// The checks of a running run, and their state.
pub(crate) struct LiveChecks {
    steady: Range<Duration>,
    /// Most users of a schedule whose users stay for a time; `None` where others may leave earlier.
    peak: Option<usize>,
    /// Processors that the generator may use.
    cpus: f64,
    /// The first reading in the steady part: its time, and the processor time used by then.
    begun: Option<(Instant, Duration)>,
    /// The second with the largest shortfall of users.
    worst: Option<(Duration, u32, usize)>,
    most_waiting: u64,
}

impl LiveChecks {
    pub(crate) fn new(schedule: &Schedule, steady: Range<Duration>, cpus: f64) -> Self {
        let stays = |work: &Work| matches!(work, Work::UntilStop | Work::Arrivals(_));
        let all_stay = schedule.users().iter().all(|user| stays(&user.work));
        let peak = schedule.peak_users();
        Self {
            steady,
            peak: (all_stay && peak > 0).then_some(peak),
            cpus,
            begun: None,
            worst: None,
            most_waiting: 0,
        }
    }

    /// The checks that have failed so far, and warnings. Must be called once a second.
    pub(crate) fn look(&mut self, now: &Moment<'_>) -> Vec<Check> {
        let mut checks = Vec::new();
        let in_steady = self.steady.contains(&now.elapsed);
        checks.extend(self.users(now));
        checks.extend(self.arrivals(now));
        checks.extend(failed(now.recorded));
        checks.extend(generator::limits(now.recorded));
        if now.elapsed > self.steady.start {
            let steady = self.steady.start..self.steady.end.min(now.elapsed);
            let steady = now.clock.at(steady.start)..now.clock.at(steady.end);
            checks.extend(generator::ran(now.standstills, steady));
        }
        checks.extend(generator::looks(now.recorded));
        if in_steady {
            checks.extend(self.processors(Instant::now(), processor_time()));
        }
        checks
    }

    /// Checks for missing users. Surplus users are those who are leaving.
    fn users(&mut self, now: &Moment<'_>) -> Option<Check> {
        let peak = self.peak? as f64;
        let missing = |users: u32, planned: usize| planned.saturating_sub(users as usize);
        let is_worse = self.worst.is_none_or(|(_, users, planned)| {
            missing(now.users, now.planned_users) > missing(users, planned)
        });
        // Users who start or stop at this moment do not count.
        let settled = self.steady.start + SETTLED..self.steady.end.saturating_sub(SETTLED);
        if settled.contains(&now.elapsed) && is_worse {
            self.worst = Some((now.elapsed, now.users, now.planned_users));
        }
        let (at, users, planned) = self.worst?;
        let share = missing(users, planned) as f64 / peak;
        let status = up_to(share, USERS_TOLERANCE, USERS_LIMIT);
        let finding = format!(
            "{users} of {planned} planned at {} s, {:.2} % of the peak missing (up to {:.0} % passes)",
            at.as_secs(),
            share * 100.0,
            USERS_TOLERANCE * 100.0
        );
        (status != CheckStatus::Passed).then(|| check("users", status, finding))
    }

    fn arrivals(&mut self, now: &Moment<'_>) -> Option<Check> {
        self.most_waiting = self.most_waiting.max(now.waiting);
        let finding = format!(
            "up to {} waited for a free user at the same time",
            counted(self.most_waiting, "arrival")
        );
        (self.most_waiting > 0).then(|| check("arrivals", CheckStatus::Warning, finding))
    }

    /// Checks the generator's use of its processors since the steady part began; `used` is its processor time so far.
    fn processors(&mut self, now: Instant, used: Duration) -> Option<Check> {
        let (begun, before) = *self.begun.get_or_insert((now, used));
        let length = (now - begun).as_secs_f64();
        if length <= 0.0 {
            return None;
        }
        let share = used.saturating_sub(before).as_secs_f64() / (length * self.cpus);
        let status = up_to(share, GENERATOR_TOLERANCE, GENERATOR_LIMIT);
        let finding = format!(
            "the generator has used {:.1} % of {} processors (up to {:.0} % passes)",
            share * 100.0,
            self.cpus,
            GENERATOR_TOLERANCE * 100.0
        );
        (status != CheckStatus::Passed).then(|| check("processors", status, finding))
    }
}

fn failed(recorded: &Recorded) -> Option<Check> {
    let samples = recorded.samples;
    let finding = format!("all of {} failed", counted(samples, "request"));
    (samples > 0 && recorded.errors == samples)
        .then(|| check("errors", CheckStatus::Failed, finding))
}

/// Processor time of this process.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanoseconds)
}

#[cfg(test)]
mod tests {
    use workbench_plan::{Arrivals, Gaps, Load, Rate, RateUnit, Stage, ThreadRow};

    use super::*;

    fn users(count: u32) -> Schedule {
        Load::Threads(vec![ThreadRow {
            users: count,
            initial_delay: Duration::ZERO,
            startup: Duration::from_secs(1),
            hold: Duration::from_secs(10),
            shutdown: Duration::ZERO,
        }])
        .schedule()
    }

    fn so_far(schedule: &Schedule) -> LiveChecks {
        let steady = Duration::from_secs(1)..Duration::from_secs(11);
        LiveChecks::new(schedule, steady, 2.0)
    }

    fn recorded(samples: u64, errors: u64) -> Recorded {
        Recorded {
            samples,
            errors,
            ..Recorded::default()
        }
    }

    /// Names and statuses at a second of the run.
    fn look(
        so_far: &mut LiveChecks,
        second: u64,
        (users, planned_users, waiting): (u32, usize, u64),
        recorded: &Recorded,
    ) -> Vec<(String, CheckStatus)> {
        let checks = so_far.look(&Moment {
            clock: &Clock::starting_in(Duration::ZERO),
            elapsed: Duration::from_secs(second),
            users,
            planned_users,
            waiting,
            recorded,
            standstills: &[],
        });
        let checks = checks.into_iter();
        // The load of the test machine is ignored.
        let checks = checks.filter(|check| check.name != "processors");
        checks.map(|check| (check.name, check.status)).collect()
    }

    #[test]
    fn a_run_as_planned_has_no_live_warnings() {
        let mut so_far = so_far(&users(100));
        let recorded = recorded(1_000, 10);
        assert!(look(&mut so_far, 0, (3, 50, 0), &recorded).is_empty());
        assert!(look(&mut so_far, 5, (100, 100, 0), &recorded).is_empty());
    }

    #[test]
    fn missing_users_are_reported_for_the_rest_of_the_run() {
        let mut so_far = so_far(&users(100));
        let recorded = recorded(1_000, 0);
        let failed = [("users".to_owned(), CheckStatus::Failed)];
        assert_eq!(look(&mut so_far, 3, (90, 100, 0), &recorded), failed);
        assert_eq!(look(&mut so_far, 4, (100, 100, 0), &recorded), failed);
    }

    #[test]
    fn arrivals_that_wait_are_a_warning_and_requests_that_all_fail_are_a_failure() {
        let rate = Rate {
            count: 10.0,
            unit: RateUnit::Second,
        };
        let schedule = Load::Arrivals(Arrivals {
            stages: vec![Stage {
                from: rate,
                rate,
                ramp: Duration::ZERO,
                steps: None,
                hold: Duration::from_secs(10),
            }],
            gaps: Gaps::Even,
            max_users: 1,
        })
        .schedule();
        assert_eq!(
            look(&mut so_far(&schedule), 3, (1, 0, 7), &recorded(20, 20)),
            [
                ("arrivals".to_owned(), CheckStatus::Warning),
                ("errors".to_owned(), CheckStatus::Failed)
            ]
        );
    }

    #[test]
    fn the_generator_is_judged_by_what_it_used_since_the_steady_part_began() {
        let mut so_far = so_far(&users(1));
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(so_far.processors(at(0), Duration::from_secs(50)), None);
        assert_eq!(so_far.processors(at(10), Duration::from_secs(60)), None);
        let check = so_far.processors(at(10), Duration::from_secs(69));
        assert_eq!(check.map(|it| it.status), Some(CheckStatus::Failed));
    }
}
