//! `run --start-at` and `run --segment`: starts at a time of day, and segments of a run.

use std::time::{Duration, SystemTime};

use anyhow::Context;
use jiff::Timestamp;
use workbench_load::RunDirectory;
use workbench_plan::{Plan, Segment, Target};
use workbench_samples::{CheckStatus, Outcome};

use super::{Arguments, without_users, wrong_usage};
use crate::exit::Exit;
use crate::outcome;
use crate::storage::Upload;

/// The value of `--start-at`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum StartAt {
    /// A time of day.
    Time(Timestamp),
    /// A delay from now.
    After(Duration),
}

/// Reads an RFC 3339 time, or a duration with a `+` before it.
pub(super) fn start_at(text: &str) -> Result<StartAt, String> {
    if let Some(duration) = text.strip_prefix('+') {
        let duration = workbench_plan::parse_duration(duration);
        return duration
            .map(StartAt::After)
            .map_err(|error| error.to_string());
    }
    let time = text.parse().map(StartAt::Time);
    time.map_err(|_| {
        "expected a time with its zone, as in 2026-11-27T10:15:00Z, or a time from now, as in +30s"
            .to_owned()
    })
}

/// Checks a run id. It names a folder, by which segments find each other.
pub(super) fn run_id(text: &str) -> Result<String, String> {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    if text.is_empty() || text.len() > 64 || text.starts_with('.') || !text.chars().all(is_plain) {
        return Err(
            "expected up to 64 letters, digits, hyphens, underscores and points".to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// The segment and the start time of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Part {
    pub(crate) segment: Option<Segment>,
    pub(crate) start_at: Option<SystemTime>,
}

impl Arguments {
    /// The time at which the run begins, where one is given.
    pub(super) fn start_time(&self) -> Option<SystemTime> {
        let now = SystemTime::now();
        match self.start_at? {
            StartAt::After(duration) => Some(now + duration),
            StartAt::Time(time) => {
                let at = SystemTime::from(time);
                if let Ok(ago) = now.duration_since(at) {
                    let ago = ago.as_secs_f64();
                    wrong_usage(&format!("--start-at {time} has passed, {ago:.1} s ago"));
                }
                Some(at)
            }
        }
    }

    /// The run that a segment belongs to. A time of day is the same for all segments; a delay is not.
    fn run_of_segments(&self) -> String {
        match (&self.run_id, self.start_at) {
            (Some(id), _) => id.clone(),
            (None, Some(StartAt::Time(time))) => time.strftime("%Y%m%dT%H%M%S%.fZ").to_string(),
            (None, _) => wrong_usage(
                "segments find each other by --run-id, or by one time of day for all of them: \
                 --start-at \"$(date -u -d '+30 seconds' +%Y-%m-%dT%H:%M:%SZ)\"",
            ),
        }
    }
}

/// Makes one segment of the run of a plan. `analyze` combines and judges all segments.
pub(super) fn run(
    arguments: &Arguments,
    segment: Segment,
    plans: &[Plan],
    upload: &Upload,
) -> anyhow::Result<Exit> {
    let [plan] = plans else {
        wrong_usage("--segment is of one experiment");
    };
    let of = segment.of();
    plan.check_segments(of)
        .with_context(|| format!("{} cannot be run in {of} segments", plan.name))?;
    let run_id = arguments.run_of_segments();
    let resets = matches!(&plan.target, Target::Urls(urls) if !urls.reset.is_empty());
    if resets && of > 1 && arguments.start_at.is_none() {
        wrong_usage(
            "segment 1 resets the target, before the others begin: give all of them the same --start-at",
        );
    }
    let part = Part {
        segment: Some(segment),
        start_at: arguments.start_time(),
    };
    if let Some(warning) = without_users(plan) {
        outcome::note(&format!("warning: {}: {warning}", plan.name));
    }
    let results = &arguments.results.results;
    let runner = arguments.runner(upload)?;
    let directory = RunDirectory::create_segment(results, &plan.name, &run_id, segment)?;
    let finished = runner.load(plan, directory, None, part)??;
    let checks = finished.validity.checks.iter();
    let failed = checks.filter(|check| check.status == CheckStatus::Failed);
    let failed: Vec<String> = failed
        .map(|check| format!("{}: {}", check.name, check.finding))
        .collect();
    let validity = if failed.is_empty() {
        "no check failed".to_owned()
    } else {
        format!("invalid ({})", failed.join("; "))
    };
    outcome::print(&format!(
        "segment {segment} of run {run_id}: {validity}; its results are in {}\n\
         when all {of} are there: workbench analyze {}\n",
        finished.directory.display(),
        results.join(&plan.name).join(&run_id).display()
    ))?;
    if let Outcome::Failed(why) = &finished.outcome {
        outcome::note(&format!("error: {why}"));
    }
    let valid = if finished.validity.valid {
        Exit::Pass
    } else {
        Exit::RunInvalid
    };
    Ok(valid.and(runner.stopped()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_a_time_with_a_zone_or_a_delay() {
        let time = |text: &str| match start_at(text) {
            Ok(StartAt::Time(time)) => time.to_string(),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(time("2026-11-27T10:15:00Z"), "2026-11-27T10:15:00Z");
        assert_eq!(
            time("2026-11-27T11:15:00.5+01:00"),
            "2026-11-27T10:15:00.5Z"
        );
        assert_eq!(
            start_at("+1m30s"),
            Ok(StartAt::After(Duration::from_secs(90)))
        );
        for wrong in [
            "",
            "+",
            "30s",
            "+30",
            "10:15",
            "2026-11-27T10:15:00",
            "+-3s",
        ] {
            assert!(start_at(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_run_id_is_the_name_of_one_folder() {
        assert!(run_id("build-1.2_x").is_ok());
        for wrong in ["", "..", ".hidden", "a/b", "a b", &"a".repeat(65)] {
            assert!(run_id(wrong).is_err(), "{wrong}");
        }
    }
}
