//! Synthetic runs for tests; only their steady state is realistic.

use workbench_samples::{CheckStatus, ELAPSED, Outcome, SeriesPlace, SweepPoint, Validity};

use crate::model::{
    Estimate, Heatmap, Latency, OverTime, RequestStatistics, ResponsesOverTime, RunAnalysis, Scope,
    StallCheck, SteadyState, SteadyStatistics, WarmUpCheck,
};

/// Scatter between runs, in shares, with mean 0 and a standard deviation of 1 %.
pub(crate) const SCATTER: [f64; 10] = [
    0.012, -0.009, 0.004, -0.013, 0.007, 0.010, -0.002, -0.014, 0.011, -0.006,
];

/// A run without a series. Its p95 is twice and its p99 three times its mean.
pub(crate) fn run(experiment: &str, number: usize, mean_ms: f64) -> RunAnalysis {
    let mean_ns = mean_ms * 1e6;
    RunAnalysis {
        run_id: format!("20261118T1106{number:02}Z-{number:04x}"),
        experiment: experiment.to_owned(),
        title: String::new(),
        question: String::new(),
        started_at: format!("2026-11-18T11:06:{number:02}.000Z"),
        duration_s: 60.0,
        series: None,
        outcome: Outcome::Completed,
        validity: Some(Validity {
            valid: true,
            checks: Vec::new(),
        }),
        experiment_file: String::new(),
        elapsed: ELAPSED.to_owned(),
        origin: None,
        environment: Vec::new(),
        requests: Vec::new(),
        total: summary_row(),
        steady: Some(SteadyState {
            scope: Scope::Hold,
            from_s: 0.0,
            to_s: 60.0,
            warm_up: WarmUpCheck {
                status: CheckStatus::Passed,
                finding: "steady from the start".to_owned(),
                discard_s: Some(0.0),
            },
            stalls: StallCheck {
                status: CheckStatus::Passed,
                finding: "none: no time without an answer while two users or more waited was longer than 0.21 s"
                    .to_owned(),
                share: 0.0,
                longest_s: None,
                longest_at_s: None,
            },
            requests: vec![
                statistics("browse", 0.5 * mean_ns, 5_000, 0),
                statistics("order", 1.5 * mean_ns, 5_000, 5),
            ],
            total: statistics("TOTAL", mean_ns, 10_000, 5),
        }),
        failures: Vec::new(),
        errors: Vec::new(),
        per_second: Vec::new(),
        users: Vec::new(),
        open_model: None,
        resources: None,
        over_time: OverTime {
            response_times: Vec::new(),
            responses: ResponsesOverTime {
                interval_s: 1,
                statuses: Vec::new(),
                connect_ns: Vec::new(),
                first_byte_ns: Vec::new(),
            },
            heatmap: Heatmap {
                interval_s: 1,
                bounds_ns: Vec::new(),
                counts: Vec::new(),
            },
        },
        percentile_curves: Vec::new(),
        histogram: Vec::new(),
        thresholds: Vec::new(),
    }
}

/// The same as a run of a series.
pub(crate) fn in_series(
    mut run: RunAnalysis,
    series: &str,
    name: &str,
    point: Option<u32>,
    block: u32,
) -> RunAnalysis {
    run.series = Some(SeriesPlace {
        series_id: series.to_owned(),
        experiment: name.to_owned(),
        point: point.map(|value| SweepPoint {
            parameter: "users".to_owned(),
            value,
        }),
        block,
        position: 2 * block,
        together: false,
    });
    run
}

/// `blocks` pairs of the experiments `shop#1` and `shop#2`; the second takes `factor` times as long, and each block
/// has its own speed.
pub(crate) fn pairs(blocks: u32, factor: f64) -> Vec<RunAnalysis> {
    (0..blocks as usize)
        .flat_map(|block| {
            let number = block as u32 + 1;
            let speed = 10.0 * (1.0 + 0.1 * block as f64);
            let base = speed * (1.0 + SCATTER[block % 10]);
            let other = speed * factor * (1.0 + SCATTER[(block + 3) % 10]);
            [
                in_series(run("shop", 2 * block, base), "s", "shop#1", None, number),
                in_series(
                    run("shop", 2 * block + 1, other),
                    "s",
                    "shop#2",
                    None,
                    number,
                ),
            ]
        })
        .collect()
}

/// `count` runs without a series, with the same mean up to [`SCATTER`].
pub(crate) fn alone(experiment: &str, count: usize, mean_ms: f64) -> Vec<RunAnalysis> {
    (0..count)
        .map(|number| run(experiment, number, mean_ms * (1.0 + SCATTER[number % 10])))
        .collect()
}

pub(crate) fn invalid(mut run: RunAnalysis) -> RunAnalysis {
    run.validity = Some(Validity {
        valid: false,
        checks: vec![workbench_samples::Check {
            name: "users achieved".to_owned(),
            status: CheckStatus::Failed,
            finding: "20 % below the plan".to_owned(),
        }],
    });
    run
}

fn statistics(request: &str, mean_ns: f64, samples: u64, errors: u64) -> SteadyStatistics {
    let estimate = |value| Estimate {
        value: Some(value),
        interval: None,
        note: None,
    };
    SteadyStatistics {
        request: request.to_owned(),
        samples,
        errors,
        error_rate: estimate(errors as f64 / samples as f64),
        throughput_per_s: Some(1e10 / mean_ns),
        mean_ns: estimate(mean_ns),
        p50_ns: estimate(0.8 * mean_ns),
        p90_ns: estimate(1.6 * mean_ns),
        p95_ns: estimate(2.0 * mean_ns),
        p99_ns: estimate(3.0 * mean_ns),
        autocorrelation_factor: Some(1.0),
        effective_samples: Some(samples as f64),
        success: Some(Latency {
            samples: samples - errors,
            mean_ns: 0.9 * mean_ns,
            p50_ns: Some(0.7 * mean_ns),
            p95_ns: Some(1.8 * mean_ns),
            p99_ns: Some(2.7 * mean_ns),
        }),
        failure: None,
        phases: None,
    }
}

fn summary_row() -> RequestStatistics {
    RequestStatistics {
        request: "TOTAL".to_owned(),
        samples: 0,
        errors: 0,
        error_rate: 0.0,
        mean_ns: 0.0,
        min_ns: 0.0,
        max_ns: 0.0,
        standard_deviation_ns: 0.0,
        p50_ns: 0.0,
        p90_ns: 0.0,
        p95_ns: 0.0,
        p99_ns: 0.0,
        throughput_per_s: 0.0,
        received_kib_per_s: 0.0,
        sent_kib_per_s: 0.0,
        mean_bytes: 0.0,
    }
}
