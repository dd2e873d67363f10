//! Checks of iterations and arrivals.

use std::time::Duration;

use workbench_plan::Work;
use workbench_samples::{Check, CheckStatus};

use super::{Evidence, check, counted};

/// Share of the arrivals that may never begin. Our choice.
const NEVER_STARTED_LIMIT: f64 = 0.01;
/// How late arrivals may begin at the median and at the 99th percentile. Their lateness adds to response times. If the
/// median is above the second limit, the generator cannot keep up. Our choice.
const ARRIVAL_MEDIAN_TOLERANCE: Duration = Duration::from_micros(300);
const ARRIVAL_P99_TOLERANCE: Duration = Duration::from_millis(2);

/// Checks that users did their iterations within the plan's time.
pub(super) fn iterations_done(evidence: &Evidence<'_>) -> Option<Check> {
    let users = evidence.schedule.users().iter();
    let planned = users
        .filter(|user| matches!(user.work, Work::Iterations(_)))
        .count();
    let done = evidence
        .active_users
        .iter()
        .filter(|user| user.is_done)
        .count();
    let (status, finding) = if done == planned {
        let finding = format!("all done after {:.1} s", evidence.ended.as_secs_f64());
        (CheckStatus::Passed, finding)
    } else {
        let finding = format!(
            "{} of {} did not do all of theirs in the time there was",
            planned - done,
            counted(planned as u64, "user")
        );
        (CheckStatus::Failed, finding)
    };
    (planned > 0).then(|| check("iterations", status, finding))
}

/// Checks for arrivals that waited for a free user, and loaded the target later than planned.
pub(super) fn arrivals_started(evidence: &Evidence<'_>) -> Option<Check> {
    let record = evidence.arrivals?;
    let planned = record.started() + record.never_started;
    let late = record.waited + record.never_started;
    let share = |count: u64| count as f64 / planned.max(1) as f64;
    if late == 0 {
        let finding = match planned {
            0 => "none was due".to_owned(),
            planned => format!("all of {} found a free user", counted(planned, "arrival")),
        };
        let status = if planned == 0 {
            CheckStatus::Failed
        } else {
            CheckStatus::Passed
        };
        return Some(check("arrivals", status, finding));
    }
    let never = if record.never_started == 0 {
        String::new()
    } else {
        format!(
            "; {} of them ({:.2} % of all) never began (up to {:.0} % passes), and count as censored",
            record.never_started,
            share(record.never_started) * 100.0,
            NEVER_STARTED_LIMIT * 100.0
        )
    };
    let status = if share(record.never_started) > NEVER_STARTED_LIMIT {
        CheckStatus::Failed
    } else {
        CheckStatus::Warning
    };
    let finding = format!(
        "{late} of {} found no free user and waited, up to {:.1} s{never}. Response times count from when arrivals were due; \
         raise max_users if the target should take more at once",
        counted(planned, "arrival"),
        record.longest_wait.as_secs_f64(),
    );
    Some(check("arrivals", status, finding))
}

/// Checks the lateness of arrivals that had a free user.
pub(super) fn arrivals_punctual(evidence: &Evidence<'_>) -> Option<Check> {
    let lateness = &evidence.arrivals?.lateness;
    if lateness.is_empty() {
        return None;
    }
    let at = |quantile| Duration::from_nanos(lateness.value_at_quantile(quantile));
    let (median, p99) = (at(0.5), at(0.99));
    let status = if median <= ARRIVAL_MEDIAN_TOLERANCE && p99 <= ARRIVAL_P99_TOLERANCE {
        CheckStatus::Passed
    } else if median <= ARRIVAL_P99_TOLERANCE {
        CheckStatus::Warning
    } else {
        CheckStatus::Failed
    };
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    let finding = format!(
        "arrivals with a free user began {:.3} ms after their time at the median, {:.3} ms at the 99th percentile, \
         {:.1} ms at most (up to {} and {} ms pass)",
        ms(median),
        ms(p99),
        ms(Duration::from_nanos(lateness.max())),
        ms(ARRIVAL_MEDIAN_TOLERANCE),
        ms(ARRIVAL_P99_TOLERANCE),
    );
    Some(check("arrival lateness", status, finding))
}
