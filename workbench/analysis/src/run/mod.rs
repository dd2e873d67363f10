//! Analyses one run: manifest, experiment and samples to tables and series.

mod environment;
mod failures;
mod histogram;
mod percentiles;
mod resources;
mod series;
mod tables;
mod threshold;
mod warnings;

use std::path::Path;

use jiff::Timestamp;
use workbench_plan::Plan;
use workbench_samples::{CheckStatus, Manifest, Outcome, RunLock, SAMPLES_FOLDER, Validity};
use workbench_statistics::StatisticsError;

use self::environment::environment;
use self::failures::failures;
use self::histogram::histogram;
use self::percentiles::percentile_curves;
use self::resources::resources;
use self::series::{per_second, users_from_samples};
use self::threshold::Measured;
use crate::error::AnalysisError;
use crate::model::{
    NS_PER_SECOND, OpenModel, RequestStatistics, RunAnalysis, TOTAL, ThresholdOutcome,
};
use crate::observe::{
    ElapsedInOrder, LabelObservations, LabelTally, Observations, Outage, Times, observe,
};
use crate::read::experiment::{self, Experiment};
use crate::steady::{self, steady_state};
use warnings::warnings;

/// One run analysed.
pub(crate) struct AnalysedRun {
    pub(crate) analysis: RunAnalysis,
    /// Each as the end of a sentence that begins with the run.
    pub(crate) warnings: Vec<String>,
    /// Elapsed times in nanoseconds of all requests in the order in which they started, or of the last ones, if they are kept.
    pub(crate) elapsed_in_order: Option<ElapsedInOrder>,
}

/// Analyses one run from the files in its folder, however it ended.
///
/// Every sample counts, failed ones too. A request that was still in flight at the end counts as an error
/// and enters the times with how long it had waited by then, a lower bound: leaving it out would drop just
/// the slowest requests. A run that was killed has neither a validity nor its own count of users; planned
/// users then come from the schedule, achieved ones from the samples.
///
/// # Errors
/// A file that is missing or cannot be read, and a run that was stopped before its first samples were
/// stored.
pub fn analyze_run(run_directory: &Path) -> Result<RunAnalysis, AnalysisError> {
    analyse(run_directory, None).map(|run| run.analysis)
}

pub(crate) fn analyse(
    run_directory: &Path,
    most_in_order: Option<usize>,
) -> Result<AnalysedRun, AnalysisError> {
    let mut manifest = Manifest::read(run_directory)?;
    if let Some(segment) = &manifest.segment {
        return Err(AnalysisError::Segment(
            run_directory.to_owned(),
            format!("{}/{}", segment.number, segment.of),
            run_directory.parent().unwrap_or(run_directory).to_owned(),
        ));
    }
    if manifest.outcome == Outcome::Running && !RunLock::is_held(run_directory) {
        manifest.outcome = Outcome::Failed(KILLED.to_owned());
    }
    let experiment = experiment::read(run_directory, &manifest)?;
    let mut observations = observe(
        &run_directory.join(SAMPLES_FOLDER),
        (manifest.started_at, ended_at(&manifest)),
        &experiment.plan,
        &experiment::labels(&experiment.plan),
        most_in_order,
    )?;
    let open_model = open_model(&manifest, &experiment.plan, &observations)?;
    loop {
        let analysis = combine(
            manifest.clone(),
            &experiment,
            &observations,
            open_model.clone(),
        );
        let (mut analysis, mut warnings) = analysis.expect(
            "no label or second is without times, all are finite, and a plan has possible quantiles",
        );
        if !observations.look_up()? {
            analysis.percentile_curves = percentile_curves(&observations);
            match resources(run_directory, &experiment.plan, observations.origin) {
                Ok(resources) => analysis.resources = resources,
                Err(error) => warnings.push(format!(
                    "has readings of processors and bytes out that cannot be used: {error}"
                )),
            }
            match failures(run_directory) {
                Ok(failures) => analysis.failures = failures,
                Err(error) => warnings.push(format!(
                    "has recorded exchanges that cannot be used: {error}"
                )),
            }
            return Ok(AnalysedRun {
                analysis,
                warnings,
                elapsed_in_order: observations.elapsed_in_order,
            });
        }
    }
}

/// The results of the open model, if the plan has arrivals.
fn open_model(
    manifest: &Manifest,
    plan: &Plan,
    observations: &Observations,
) -> Result<Option<OpenModel>, AnalysisError> {
    if plan.schedule().arrivals().is_empty() {
        return Ok(None);
    }
    Ok(Some(OpenModel {
        arrivals: manifest.arrivals.clone(),
        service: observations.service_times()?,
    }))
}

/// The outcome of a run whose manifest says that it is running although its process has ended.
const KILLED: &str =
    "killed before its end; its last seconds may be missing, and its validity was not checked";

/// When the run ended, UTC nanoseconds: for a completed run, the end of its schedule or later. `None` for a killed run,
/// whose end only its samples show.
fn ended_at(manifest: &Manifest) -> Option<i64> {
    match manifest.outcome {
        Outcome::Completed => Some(i64::MAX),
        Outcome::Running | Outcome::Interrupted | Outcome::Failed(_) => manifest.ended_at,
    }
}

/// The analysis and its warnings, from the observations as far as they are exact.
fn combine(
    mut manifest: Manifest,
    experiment: &Experiment,
    observations: &Observations,
    open_model: Option<OpenModel>,
) -> Result<(RunAnalysis, Vec<String>), StatisticsError> {
    let Experiment { text, plan } = experiment;
    let schedule = plan.schedule();
    // With several loads, the closed ones can hide a stall.
    let is_open = !schedule.arrivals().is_empty() && schedule.peak_users() == 0;
    let steady = steady_state(observations, plan.steady_part(), is_open, &manifest)?;
    if let Some(validity) = &mut manifest.validity {
        if manifest.outcome == Outcome::Completed {
            judge_availability(validity, &observations.gone);
        }
        if let Some(steady) = &steady {
            steady::judge(validity, steady, observations);
        }
    }
    let warnings = warnings(&manifest, plan, observations);
    let Observations {
        labels,
        errors,
        started,
        completed,
        over_time,
        origin,
        ..
    } = observations;
    let all =
        Times::together(labels.iter().filter_map(|label| label.times.all())).ok_or(NO_SAMPLES)?;
    let mut counts = LabelTally::NONE;
    labels.iter().for_each(|label| counts.add(&label.counts));
    let since_origin = |instant: i64| (instant - *origin) as f64 / NS_PER_SECOND;
    let run_s = match manifest.outcome {
        // The time in which users wait for their last responses, or have no iterations left, is included.
        Outcome::Completed => {
            since_origin(counts.last_end).max(plan.schedule().least_end().as_secs_f64())
        }
        _ => since_origin(ended_at(&manifest).unwrap_or(counts.last_end)),
    };
    let total = tables::row(TOTAL, &counts, &all, run_s)?;
    let requests = labels
        .iter()
        .filter_map(|label| Some((label, label.times.all()?)));
    let requests = requests
        .map(|(label, times)| tables::row(&label.label, &label.counts, &times, run_s))
        .collect::<Result<Vec<_>, _>>()?;
    let thresholds = thresholds(plan, labels, &requests, (&total, &all))?;
    let users = if manifest.users.is_empty() && schedule.arrivals().is_empty() {
        users_from_samples(started, &schedule, manifest.segments.len().max(1))
    } else {
        manifest.users.clone()
    };
    let analysis = RunAnalysis {
        environment: environment(&manifest),
        run_id: manifest.run_id,
        experiment: manifest.experiment,
        title: plan.title.clone(),
        question: plan.question.clone(),
        series: manifest.series,
        started_at: in_rfc_3339(*origin),
        duration_s: (counts.last_end - counts.first_start) as f64 / NS_PER_SECOND,
        outcome: manifest.outcome,
        validity: manifest.validity,
        experiment_file: text.clone(),
        elapsed: manifest.elapsed,
        origin: manifest.origin,
        steady,
        errors: tables::errors(errors.clone()),
        failures: Vec::new(),
        per_second: per_second(started, completed),
        over_time: over_time.clone(),
        percentile_curves: Vec::new(),
        users,
        open_model,
        resources: None,
        histogram: histogram(&all)?,
        thresholds,
        requests,
        total,
    };
    Ok((analysis, warnings))
}

/// Makes a run invalid whose target had an outage until the end. Only for completed runs.
fn judge_availability(validity: &mut Validity, gone: &[Outage]) {
    if gone.is_empty() {
        return;
    }
    let each = gone.iter().map(|it| {
        format!(
            "{} gave no answer after {:.1} s, to {} requests",
            it.service, it.since_s, it.in_vain
        )
    });
    let finding = each.collect::<Vec<_>>().join("; ");
    let finding = format!("gone for good: {finding}");
    steady::add_check(validity, "target", CheckStatus::Failed, finding);
}

const NO_SAMPLES: StatisticsError = StatisticsError::TooFewValues {
    needed: 1,
    found: 0,
};

fn thresholds(
    plan: &Plan,
    labels: &[LabelObservations],
    requests: &[RequestStatistics],
    (total, all): (&RequestStatistics, &Times<'_>),
) -> Result<Vec<ThresholdOutcome>, StatisticsError> {
    let of_label = |label: &String| {
        let statistics = requests.iter().find(|row| row.request == *label)?;
        let times = labels.iter().find(|it| it.label == *label)?.times.all()?;
        Some(Measured { statistics, times })
    };
    let of_all = || Measured {
        statistics: total,
        times: all.clone(),
    };
    plan.thresholds
        .iter()
        .map(|threshold| {
            let measured = match &threshold.request {
                None => Some(of_all()),
                Some(label) => of_label(label),
            };
            threshold::evaluate(threshold, measured.as_ref())
        })
        .collect()
}

fn in_rfc_3339(instant_ns: i64) -> String {
    let instant = Timestamp::from_nanosecond(i128::from(instant_ns))
        .expect("64 bits of nanoseconds end in the year 2262");
    format!("{instant:.3}")
}
