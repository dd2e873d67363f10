//! The exit codes, which scripts and CI rely on.

use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use workbench_analysis::AnalysisError;
use workbench_load::LoadError;
use workbench_plan::{PlanError, SegmentError};
use workbench_samples::SamplesError;
use workbench_samples::import::ImportError;

use crate::side::Failure;

/// How the command ended. Clap itself exits with 2 when it is called wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Exit {
    /// Success.
    Pass = 0,
    /// An unexpected failure.
    Failure = 1,
    /// A threshold of the experiment was missed (in a sweep: at every load), the gate failed, or a request of `try`
    /// failed.
    ThresholdMissed = 10,
    /// The gate neither failed nor passed, or a threshold is on a quantile that the samples do not support.
    Inconclusive = 11,
    /// An experiment file is wrong, or a policy, or a table of printed tests, or a file cannot be imported.
    InvalidExperiment = 12,
    /// The target could not be reached, or ended during the run.
    TargetUnavailable = 13,
    /// The run is invalid.
    RunInvalid = 14,
    /// Stopped by Ctrl-C, SIGTERM or SIGHUP; results are kept.
    Interrupted = 130,
}

/// Printed below `--help`.
pub(crate) const HELP: &str = "\
Examples:
  workbench run experiments/scenario3.yaml    run an experiment and report on it
  workbench analyze                           compare the newest run of every experiment
  workbench show results/scenario3            requests and responses that failed in its newest run
  workbench open                              list all runs, series and comparisons in the browser
  workbench gate --series SERIES              judge the second experiment of a series against the first
  workbench import base*.jtl                  read result files of another tool
  workbench history baselines/shop            find when a kept history changed
  workbench init --url http://localhost:8080  write an experiment for a service of your own
  workbench validate experiments/*.yaml       check files, send nothing
  workbench try experiments/smoke.yaml        send one user through, and print every response
  workbench calibrate                         measure the error of measured times on this machine

Exit codes:
    0  success
    1  failure, such as a path that does not exist
    2  wrong usage
   10  a threshold was missed (of a sweep: at every load), or the gate failed, or a request of `try`
   11  undecided: too few samples for a threshold, too few runs for the gate, or a machine that was
       too busy to be calibrated
   12  invalid experiment file, policy, or table of published tests, or a file that cannot be imported
   13  target unavailable
   14  invalid: the run cannot be believed, runs cannot be compared, this machine's limits are too low
       for the run, or its measurement error is too large
  130  interrupted, by Ctrl-C, SIGTERM or SIGHUP; results are kept";

impl Exit {
    /// The code for an error that reached `main`.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        let analysis = error.downcast_ref::<AnalysisError>();
        let is_plan = error.downcast_ref::<PlanError>().is_some()
            || error.downcast_ref::<SegmentError>().is_some()
            || matches!(
                analysis,
                Some(AnalysisError::NoSuchLabel { .. } | AnalysisError::NoSuchMetric { .. })
            );
        match error.downcast_ref::<ImportError>() {
            Some(ImportError::Interrupted) => return Self::Interrupted,
            Some(ImportError::Read { .. } | ImportError::Samples(_)) => return Self::Failure,
            Some(_) => return Self::InvalidExperiment,
            None => {}
        }
        if let Some(error) = error.downcast_ref::<LoadError>() {
            return Self::of_load(error);
        }
        if let Some(failure) = error.downcast_ref::<Failure>() {
            return failure.exit;
        }
        let of_samples = error.downcast_ref::<SamplesError>();
        let has_no_samples = matches!(of_samples, Some(SamplesError::NoSamples { .. }));
        match analysis {
            _ if has_no_samples => Self::RunInvalid,
            Some(AnalysisError::Samples(SamplesError::NoSamples { .. })) => Self::RunInvalid,
            // As the gate does for longer series.
            Some(AnalysisError::NoFinishedRun { failed, .. }) => match failed {
                Some(_) => Self::RunInvalid,
                None => Self::Inconclusive,
            },
            Some(AnalysisError::NoValidRuns { .. }) => Self::RunInvalid,
            _ if is_plan => Self::InvalidExperiment,
            _ => Self::Failure,
        }
    }

    /// The code for a run that could not be made.
    pub(crate) fn of_load(error: &LoadError) -> Self {
        match error {
            LoadError::Interrupted => Self::Interrupted,
            error if error.is_target() => Self::TargetUnavailable,
            LoadError::Limit(_) => Self::RunInvalid,
            LoadError::Secret(_)
            | LoadError::Data(_)
            | LoadError::Column { .. }
            | LoadError::Body { .. } => Self::InvalidExperiment,
            _ => Self::Failure,
        }
    }

    /// The more serious of two, for a command that did several things.
    pub(crate) fn and(self, other: Self) -> Self {
        let rank = |exit: Self| match exit {
            Self::Pass => 0,
            Self::Inconclusive => 1,
            Self::ThresholdMissed => 2,
            Self::RunInvalid => 3,
            Self::TargetUnavailable => 4,
            Self::InvalidExperiment => 5,
            Self::Failure => 6,
            Self::Interrupted => 7,
        };
        if rank(other) > rank(self) {
            other
        } else {
            self
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_serious_exit_wins() {
        assert_eq!(Exit::Pass.and(Exit::ThresholdMissed), Exit::ThresholdMissed);
        assert_eq!(
            Exit::RunInvalid.and(Exit::ThresholdMissed),
            Exit::RunInvalid
        );
        assert_eq!(Exit::Interrupted.and(Exit::RunInvalid), Exit::Interrupted);
    }

    #[test]
    fn every_code_is_in_the_help() {
        for exit in [
            Exit::Pass,
            Exit::Failure,
            Exit::ThresholdMissed,
            Exit::Inconclusive,
            Exit::InvalidExperiment,
            Exit::TargetUnavailable,
            Exit::RunInvalid,
            Exit::Interrupted,
        ] {
            let code = format!("{:>5}  ", exit as u8);
            assert!(HELP.lines().any(|line| line.starts_with(&code)), "{code}");
        }
    }
}
