//! The student report's comparison of runs: seeded means of drawn samples, and pairwise t tests on them.

use std::path::PathBuf;

use workbench_samples::Manifest;
use workbench_statistics::{
    MeanEstimate, StatisticsError, normal_plot, resampled_means, shape, summary,
    welch_from_estimates,
};

use super::effective_samples::effective_samples;
use crate::between::points::in_order_of_points;
use crate::model::{CltDistribution, PairwiseTest, ReportComparison, RunAnalysis};
use crate::observe::ElapsedInOrder;
use crate::read::experiment;

/// The report's: samples of 50, 1,000 of them, a level of 5 %.
pub(crate) const SAMPLE_SIZE: u32 = 50;
pub(crate) const RESAMPLES: u32 = 1000;
pub(crate) const ALPHA: f64 = 0.05;

/// Means are drawn from at most this many requests of a run, its last ones: half a gigabyte. Our choice.
pub(crate) const MOST_REQUESTS: usize = 1 << 26;

/// Most repetitions that are shown: five make ten pairs.
const MOST_REPETITIONS: usize = 5;

/// Arbitrary: the number of the report's figure with the tests.
pub(crate) const SEED: u64 = 54;

/// Shown with every comparison.
const NOT_VALID: &str = "\
The comparison of means of drawn samples is descriptive, not valid for inference: it shows the student \
report's procedure on these runs (1,000 samples of 50 elapsed times each, drawn with replacement from all \
requests of a run, failed ones too, then Welch's t test on the 1,000 means). It tests the resampler, not the \
system: the standard error shrinks with the number of samples drawn, which is free, and neither the dependence \
between requests nor the difference between runs enters it. In simulations, two identical systems differ \
\u{201c}significantly\u{201d} in 43.1% of trials with independent requests, in 83.4% with dependent ones (first-order \
autocorrelation 0.9), in 88.2% when runs also differ by 3%; 5% is what the test promises (20,000 trials each, \
10,000 requests a run; this workbench’s own measurement, in workbench/METHODOLOGY.md).";

/// Selects the runs that are shown: one of each experiment, or of each point of its sweep, as the report had one of
/// each scenario. If all repeat the same experiment, the first few. A run without a manifest is selected; its analysis
/// reports the error.
pub(crate) fn selection(run_directories: &[PathBuf]) -> Vec<bool> {
    let repeated: Vec<_> = run_directories
        .iter()
        .map(|directory| {
            let manifest = Manifest::read(directory).ok()?;
            let plan = experiment::read(directory, &manifest).ok()?.plan;
            let repeated = experiment::repeated(&manifest, &plan);
            // `shop#1`, `shop@users=10`.
            let series = manifest.series.map(|place| place.experiment);
            Some((series.unwrap_or(manifest.experiment), repeated))
        })
        .collect();
    let all_the_same = repeated.windows(2).all(|pair| pair[0] == pair[1]);
    let shown = |(index, what): (usize, &Option<_>)| {
        if all_the_same {
            index < MOST_REPETITIONS
        } else {
            what.is_none() || !repeated[..index].contains(what)
        }
    };
    repeated.iter().enumerate().map(shown).collect()
}

/// Draws the means of one run. `stream` is the run's position, so that all runs are drawn independently.
pub(crate) fn distribution(
    run: &RunAnalysis,
    in_order: &ElapsedInOrder,
    stream: u32,
) -> Result<CltDistribution, StatisticsError> {
    let elapsed_ns = in_order.all_ns.as_slice();
    let raw = summary(elapsed_ns)?;
    let deviation = raw.sample_standard_deviation.zip(raw.standard_error());
    let (raw_standard_deviation_ns, raw_standard_error_ns) =
        deviation.ok_or(StatisticsError::TooFewValues {
            needed: 2,
            found: raw.count,
        })?;
    let means_ns = resampled_means(elapsed_ns, SAMPLE_SIZE, RESAMPLES, SEED, stream)?;
    let drawn = summary(&means_ns)?;
    Ok(CltDistribution {
        experiment: run.experiment.clone(),
        run_id: run.run_id.clone(),
        raw_samples: raw.count as u64,
        raw_mean_ns: raw.mean,
        raw_standard_deviation_ns,
        raw_standard_error_ns,
        mean_of_means_ns: drawn.mean,
        standard_deviation_of_means_ns: drawn
            .sample_standard_deviation
            .expect("more than one sample is drawn"),
        standard_error_of_grand_mean_ns: drawn
            .standard_error()
            .expect("more than one sample is drawn"),
        shape: shape(&means_ns).ok(),
        worth: effective_samples(run, in_order),
        means_ns,
    })
}

/// The normal quantiles that ascending means are plotted against. They depend only on the number of means.
fn normal_quantiles() -> Vec<f64> {
    let ranks: Vec<f64> = (0..RESAMPLES).map(f64::from).collect();
    let plot = normal_plot(&ranks).expect("there are several ranks, and all are finite");
    plot.points.into_iter().map(|point| point.0).collect()
}

/// Tests every pair of distributions once. A test that cannot be made becomes a warning.
///
/// `left_out` is the number of runs that were not selected.
pub(crate) fn compare(
    mut distributions: Vec<CltDistribution>,
    runs: &[RunAnalysis],
    left_out: usize,
) -> (ReportComparison, Vec<String>) {
    in_order_of_points(&mut distributions, |one| drawn_from(one, runs));
    let names = names(&distributions, runs);
    let mut tests = Vec::new();
    let mut warnings = Vec::new();
    for (i, a) in distributions.iter().enumerate() {
        for (j, b) in distributions.iter().enumerate().skip(i + 1) {
            match test((&names[i], a), (&names[j], b)) {
                Ok(test) => tests.push(test),
                Err(error) => warnings.push(format!(
                    "{} and {} cannot be tested against each other: {error}",
                    names[i], names[j]
                )),
            }
        }
    }
    let comparison = ReportComparison {
        caveat: NOT_VALID.to_owned(),
        sample_size: SAMPLE_SIZE,
        resamples: RESAMPLES,
        seed: SEED,
        alpha: ALPHA,
        selection: (left_out > 0).then(|| {
            let are = if left_out == 1 { "run is" } else { "runs are" };
            format!(
                "The report had one run of each scenario: {left_out} further {are} repetitions, and left out here."
            )
        }),
        normal_quantiles: normal_quantiles(),
        distributions,
        tests,
    };
    (comparison, warnings)
}

fn test(
    (name_a, a): (&str, &CltDistribution),
    (name_b, b): (&str, &CltDistribution),
) -> Result<PairwiseTest, StatisticsError> {
    let welch = welch_from_estimates(estimate(a), estimate(b), 1.0 - ALPHA)?;
    Ok(PairwiseTest {
        a: name_a.to_owned(),
        b: name_b.to_owned(),
        mean_a_ns: a.mean_of_means_ns,
        standard_error_a_ns: a.standard_error_of_grand_mean_ns,
        mean_b_ns: b.mean_of_means_ns,
        standard_error_b_ns: b.standard_error_of_grand_mean_ns,
        t: welch.t,
        degrees_of_freedom: welch.degrees_of_freedom,
        p: welch.p,
        rejected: welch.p < ALPHA,
    })
}

fn estimate(distribution: &CltDistribution) -> MeanEstimate {
    MeanEstimate {
        mean: distribution.mean_of_means_ns,
        standard_error: distribution.standard_error_of_grand_mean_ns,
        count: distribution.means_ns.len(),
    }
}

/// The experiments' names, or the names within the series. If several runs have the same experiment, the runs' own
/// names.
fn names(distributions: &[CltDistribution], runs: &[RunAnalysis]) -> Vec<String> {
    let repeated: Vec<&str> = distributions
        .iter()
        .map(|one| {
            drawn_from(one, runs).map_or(one.experiment.as_str(), RunAnalysis::name_of_experiment)
        })
        .collect();
    distributions
        .iter()
        .zip(&repeated)
        .map(|(one, name)| {
            if repeated.iter().filter(|other| *other == name).count() == 1 {
                (*name).to_owned()
            } else {
                format!("{}/{}", one.experiment, one.run_id)
            }
        })
        .collect()
}

/// The run that a distribution was drawn from.
fn drawn_from<'a>(one: &CltDistribution, runs: &'a [RunAnalysis]) -> Option<&'a RunAnalysis> {
    runs.iter()
        .find(|run| run.experiment == one.experiment && run.run_id == one.run_id)
}
