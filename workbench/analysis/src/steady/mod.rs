//! The statistics and checks of the steady part of a run.

mod stalls;
mod warm_up;

use workbench_plan::SteadyPart;
use workbench_samples::{Check, CheckStatus, Manifest, Validity};
use workbench_statistics::{
    BatchWarning, Interval, StatisticsError, needed_for_quantile_interval, wilson,
    wilson_of_dependent,
};

use crate::model::{
    Estimate, Latency, NS_PER_SECOND, Phases, Scope, SteadyState, SteadyStatistics, TOTAL,
};
use crate::observe::diagnosis::{CONFIDENCE, Diagnosis, QUANTILES};
use crate::observe::{LabelTally, LabelTimes, Observations, PhaseSums, Times};

/// Why an error rate has no interval.
const FAILURES_TOGETHER: &str =
    "no interval: failed requests come together, over much of the steady part";

/// Describes the steady part of a run; `None` where it has no samples.
pub(crate) fn steady_state(
    observations: &Observations,
    part: SteadyPart,
    is_open: bool,
    manifest: &Manifest,
) -> Result<Option<SteadyState>, StatisticsError> {
    let origin = manifest.origin.as_ref();
    let labels = &observations.labels;
    let together = |part: fn(&LabelTimes) -> Option<Times<'_>>| {
        Times::together(labels.iter().filter_map(|label| part(&label.times)))
    };
    let all = together(LabelTimes::steady);
    let (Some(steady), Some(all)) = (&observations.steady, all) else {
        return Ok(None);
    };
    let since_start = |instant: i64| (instant - observations.origin) as f64 / NS_PER_SECOND;
    let (from_s, to_s) = (
        since_start(steady.window.from),
        since_start(steady.window.to),
    );
    let scope = match part {
        SteadyPart::Hold => Scope::Hold,
        SteadyPart::WholeRun => Scope::WholeRun,
    };
    // k6 counts elapsed times from the connection on.
    let connecting_counts = !origin.is_some_and(|origin| origin.format.starts_with("k6"));
    let mut counts = LabelTally::NONE;
    let mut requests = Vec::new();
    for label in labels {
        counts.add(&label.counts);
        let (Some(times), Some(diagnosis)) = (label.times.steady(), &label.diagnosis) else {
            continue;
        };
        let part = Part {
            label: &label.label,
            counts: label.counts,
            connecting_counts,
            times,
            successes: label.times.successes(),
            failures: label.times.failures(),
            diagnosis,
        };
        requests.push(part.statistics(to_s - from_s)?);
    }
    let total = Part {
        label: TOTAL,
        counts,
        connecting_counts,
        times: all,
        successes: together(LabelTimes::successes),
        failures: together(LabelTimes::failures),
        diagnosis: &steady.diagnosis,
    };
    let stalls = stalls::stalls(observations, steady)?;
    let stall_check = stalls::check(
        &stalls,
        steady,
        (from_s, to_s),
        is_open,
        origin.map_or(1, |origin| origin.start_resolution_ns),
    );
    let reported = match stall_check.status {
        CheckStatus::Passed | CheckStatus::NotChecked => &[],
        CheckStatus::Warning | CheckStatus::Failed => &stalls[..],
    };
    Ok(Some(SteadyState {
        scope,
        from_s,
        to_s,
        warm_up: if scope == Scope::WholeRun && origin.is_some() {
            warm_up::unknown()
        } else {
            let check = warm_up::check(scope, steady, reported, (from_s, to_s));
            let is_of_pair = manifest
                .series
                .as_ref()
                .is_some_and(|series| series.together);
            warm_up::in_pair(check, is_of_pair)
        },
        stalls: stall_check,
        requests,
        total: total.statistics(to_s - from_s)?,
    }))
}

/// Adds the checks of the steady part to a run's validity.
pub(crate) fn judge(validity: &mut Validity, steady: &SteadyState, observations: &Observations) {
    // If the load is never held, ramps have few users, so only found stalls count.
    let (stalls, warm_up) = (&steady.stalls, &steady.warm_up);
    if steady.scope == Scope::Hold || stalls.status > CheckStatus::Passed {
        add_check(validity, "stalls", stalls.status, stalls.finding.clone());
    }
    // Such a run has no steady state.
    if steady.scope == Scope::WholeRun {
        return;
    }
    add_check(
        validity,
        "steady state",
        warm_up.status,
        warm_up.finding.clone(),
    );
    let diagnosis = observations.steady.as_ref().map(|it| &it.diagnosis.mean);
    if let Some(Err(error @ StatisticsError::TooDependent { .. })) = diagnosis {
        let finding = describe(error);
        add_check(
            validity,
            "dependence of requests",
            CheckStatus::Warning,
            finding,
        );
    }
}

/// Adds a check to a run's validity. A failed one makes the run invalid.
pub(crate) fn add_check(validity: &mut Validity, name: &str, status: CheckStatus, finding: String) {
    validity.valid &= status != CheckStatus::Failed;
    validity.checks.push(Check {
        name: name.to_owned(),
        status,
        finding,
    });
}

/// The data of a label, or of all labels together.
struct Part<'a> {
    label: &'a str,
    counts: LabelTally,
    /// Whether elapsed times, and times to the first byte, include connecting.
    connecting_counts: bool,
    times: Times<'a>,
    successes: Option<Times<'a>>,
    failures: Option<Times<'a>>,
    diagnosis: &'a Diagnosis,
}

impl Part<'_> {
    fn statistics(&self, length_s: f64) -> Result<SteadyStatistics, StatisticsError> {
        let samples = self.times.count() as u64;
        let known = self.diagnosis.mean.as_ref().ok();
        let [p50_ns, p90_ns, p95_ns, p99_ns] = [0, 1, 2, 3].map(|index| self.quantile(index));
        Ok(SteadyStatistics {
            request: self.label.to_owned(),
            samples,
            errors: self.counts.steady_errors,
            error_rate: self.error_rate()?,
            throughput_per_s: self.throughput_per_s(length_s)?,
            mean_ns: self.mean()?,
            p50_ns: p50_ns?,
            p90_ns: p90_ns?,
            p95_ns: p95_ns?,
            p99_ns: p99_ns?,
            autocorrelation_factor: known.map(|means| means.autocorrelation_factor),
            effective_samples: known.map(|means| means.effective_count),
            success: self.latency(self.successes.as_ref())?,
            failure: self.latency(self.failures.as_ref())?,
            phases: phases(&self.counts.phases, self.connecting_counts),
        })
    }

    fn throughput_per_s(&self, length_s: f64) -> Result<Option<f64>, StatisticsError> {
        let shortest_s = self.times.summary()?.min / NS_PER_SECOND;
        let could_end = self.counts.ended_in_window > 0 || length_s >= shortest_s;
        Ok((could_end && length_s > 0.0).then(|| self.counts.ended_in_window as f64 / length_s))
    }

    fn error_rate(&self) -> Result<Estimate, StatisticsError> {
        let requests = self.times.count() as u64;
        let errors = self.counts.steady_errors;
        // If none or all failed, the clustering of failures is unknown.
        if errors == 0 || errors == requests {
            let rate = wilson(errors, requests, CONFIDENCE)?;
            return Ok(known(rate.estimate, rate.interval));
        }
        match &self.diagnosis.effective_of_errors {
            Ok(effective) => {
                let rate = wilson_of_dependent(errors, requests, *effective, CONFIDENCE)?;
                Ok(known(rate.estimate, rate.interval))
            }
            Err(StatisticsError::TooDependent { .. }) => Ok(Estimate::without_interval(
                Some(errors as f64 / requests as f64),
                FAILURES_TOGETHER.to_owned(),
            )),
            Err(error) => Ok(without_interval(errors as f64 / requests as f64, error)),
        }
    }

    fn mean(&self) -> Result<Estimate, StatisticsError> {
        let value = self.times.summary()?.mean;
        Ok(match &self.diagnosis.mean {
            Ok(means) => Estimate {
                note: doubt(&means.warnings),
                ..known(value, means.interval)
            },
            Err(error) => without_interval(value, error),
        })
    }

    /// The number of independent requests that a quantile's interval needs, and the effective sample size of `requests`
    /// requests. If the autocorrelation is unknown, they count as independent.
    fn floor(&self, index: usize, requests: usize) -> Result<(usize, f64), StatisticsError> {
        let needed = needed_for_quantile_interval(QUANTILES[index], CONFIDENCE)?;
        let most = requests as f64;
        let share = most / self.times.count() as f64;
        let effective = &self.diagnosis.effective[index];
        let at_most = effective
            .as_ref()
            .map_or(most, |count| (count * share).min(most));
        Ok((needed, at_most))
    }

    /// The latency of some requests.
    fn latency(&self, times: Option<&Times<'_>>) -> Result<Option<Latency>, StatisticsError> {
        let Some(times) = times else {
            return Ok(None);
        };
        let quantile = |index: usize| {
            let (needed, at_most) = self.floor(index, times.count())?;
            let supported = at_most >= needed as f64;
            supported
                .then(|| times.quantile(QUANTILES[index]))
                .transpose()
        };
        Ok(Some(Latency {
            samples: times.count() as u64,
            mean_ns: times.summary()?.mean,
            p50_ns: quantile(0)?,
            p95_ns: quantile(2)?,
            p99_ns: quantile(3)?,
        }))
    }

    /// The quantile and its interval. Neither if even independent samples would be too few for the interval.
    fn quantile(&self, index: usize) -> Result<Estimate, StatisticsError> {
        let probability = QUANTILES[index];
        let effective = &self.diagnosis.effective[index];
        let (needed, at_most) = self.floor(index, self.times.count())?;
        if at_most < needed as f64 {
            let limit = if effective.is_ok() { "" } else { "at most " };
            let found = at_most.floor();
            let why = format!("needs {needed} independent requests; {limit}{found:.0} here");
            return Ok(Estimate::without_interval(None, why));
        }
        let value = self.times.quantile(probability)?;
        Ok(match effective {
            Ok(count) => {
                let times = &self.times;
                let interval = times.quantile_interval(probability, CONFIDENCE, *count)?;
                known(value, interval)
            }
            Err(error) => without_interval(value, error),
        })
    }
}

/// `None` without requests.
fn phases(sums: &PhaseSums, connecting_counts: bool) -> Option<Phases> {
    let mean = |ns: u128| ns as f64 / sums.requests as f64;
    let connecting = if connecting_counts {
        sums.connect_ns
    } else {
        0
    };
    (sums.requests > 0).then(|| Phases {
        requests: sums.requests,
        new_connections: sums.new_connections,
        connecting_ns: mean(sums.connect_ns),
        waiting_ns: mean(sums.first_byte_ns.saturating_sub(connecting)),
        receiving_ns: mean(sums.elapsed_ns.saturating_sub(sums.first_byte_ns)),
    })
}

fn known(value: f64, interval: Interval) -> Estimate {
    Estimate {
        value: Some(value),
        interval: Some(interval.into()),
        note: None,
    }
}

fn without_interval(value: f64, error: &StatisticsError) -> Estimate {
    Estimate::without_interval(Some(value), format!("no interval: {}", describe(error)))
}

/// Why the autocorrelation is unknown, in terms of requests.
fn describe(error: &StatisticsError) -> String {
    match error {
        StatisticsError::TooFewValues { needed, found } => format!(
            "the dependence between requests can be estimated from {needed} of them, there are {found}"
        ),
        StatisticsError::TooDependent { batch_size, .. } => format!(
            "means of {batch_size} requests are still correlated with the next ones (von Neumann’s test, 5%): there is a \
             trend, or the steady part is too short"
        ),
        StatisticsError::NoVariation => "the times do not vary".to_owned(),
        other => other.to_string(),
    }
}

fn doubt(warnings: &[BatchWarning]) -> Option<String> {
    (!warnings.is_empty()).then(|| {
        "the interval is too narrow: requests depend on each other over much of the steady part"
            .to_owned()
    })
}
