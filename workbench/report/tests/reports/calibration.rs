//! A calibration as it is shown.

use workbench_analysis::calibration::{
    Aims, Arrivals, Calibration, Competition, Conclusion, Freeze, GoodnessOfFit, LoadPoint,
    Quantiles, SCHEMA_VERSION,
};
use workbench_report::calibration::document;
use workbench_report::{Detail, TextOptions};
use workbench_samples::{Host, Tool};

fn quantiles(scale_ns: f64) -> Quantiles {
    Quantiles {
        mean_ns: 1.6 * scale_ns,
        p50_ns: scale_ns,
        p90_ns: 4.0 * scale_ns,
        p95_ns: 5.0 * scale_ns,
        p99_ns: 10.0 * scale_ns,
        p999_ns: 22.0 * scale_ns,
        max_ns: 80.0 * scale_ns,
    }
}

/// A load that reports so much more than what is true, while others used so many processors.
fn point(share: f64, error_ns: f64, others: f64) -> LoadPoint {
    let fit = GoodnessOfFit {
        a_squared: 0.8,
        p_value: 0.48,
    };
    let truth = quantiles(2e6);
    let more = Quantiles {
        mean_ns: truth.mean_ns + error_ns,
        p50_ns: truth.p50_ns + error_ns,
        p90_ns: truth.p90_ns + error_ns,
        p95_ns: truth.p95_ns + error_ns,
        p99_ns: truth.p99_ns + error_ns,
        p999_ns: truth.p999_ns + error_ns,
        max_ns: truth.max_ns + error_ns,
    };
    LoadPoint {
        share,
        rate_per_s: 40_000.0 * share,
        requests: 400_000,
        failed: 0,
        truth,
        measured: more,
        true_response: truth,
        reported_response: more,
        request_error: quantiles(error_ns / 2.0),
        arrivals: (share < 1.0).then_some(Arrivals {
            lateness: quantiles(40e3),
            lateness_at_server: quantiles(80e3),
            intended: fit,
            started: fit,
        }),
        competition: Some(Competition { others, steal: 0.0 }),
        valid: true,
    }
}

fn calibration(loads: Vec<LoadPoint>) -> Calibration {
    Calibration {
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: "workbench".to_owned(),
            version: "0.1.0".to_owned(),
            commit: None,
        },
        host: Host {
            name: "bench".to_owned(),
            kernel: "Linux 6.18".to_owned(),
            cpu: "EPYC".to_owned(),
            cpus: 2,
            memory_bytes: 1 << 32,
        },
        latency: "lognormal(2ms,1)".to_owned(),
        capacity: point(1.0, 900e3, 0.0),
        loads,
        freeze: Freeze {
            rate_per_s: 500.0,
            users: 50,
            service_ns: 20.1e6,
            frozen_ns: 1e9,
            arrivals: 5_000,
            exact: quantiles(55e6),
            measured: quantiles(55.5e6),
            uncorrected: quantiles(20e6),
            competition: None,
        },
        aims: Aims::default(),
    }
}

fn shown(calibration: &Calibration) -> String {
    let options = TextOptions {
        width: 100,
        colour: false,
        detail: Detail::Verbose,
    };
    document(calibration).text(options)
}

#[test]
fn aims_that_are_met_come_first_and_the_tables_below_them() {
    let met = calibration(vec![point(0.1, 60e3, 0.0), point(0.5, 90e3, 0.0)]);
    assert_eq!(met.conclusion(), Conclusion::Met);
    insta::assert_snapshot!(shown(&met));
}

#[test]
fn a_missed_aim_names_its_load_its_error_and_who_else_used_the_processors() {
    let missed = calibration(vec![point(0.1, 60e3, 0.0), point(0.5, 700e3, 0.1)]);
    assert_eq!(missed.conclusion(), Conclusion::Missed);
    let text = document(&missed).markdown();
    let expected = "missed: Up to 50% of the capacity, mean and percentiles to p99.9 are within 1% or 100 µs of the truth, \
        whichever is more: at 50% mean is off by +700 µs, p50 is off by +700 µs, p95 is off by +700 µs, p99 is off by +700 µs, \
        p99.9 is off by +700 µs (other programs used 5% of the processors, steal took 0%).";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn what_is_missed_on_a_busy_machine_is_undecided() {
    let busy = calibration(vec![point(0.1, 60e3, 0.0), point(0.5, 700e3, 0.5)]);
    assert_eq!(busy.conclusion(), Conclusion::Undecided);
    let text = document(&busy).markdown();
    assert!(text.contains("undecided: Up to 50%"), "{text}");
    assert!(
        text.contains("this machine was busy: other programs used 25% of the processors"),
        "{text}"
    );
    // One that was missed on an idle machine decides.
    let both = calibration(vec![point(0.1, 700e3, 0.0), point(0.5, 700e3, 0.5)]);
    assert_eq!(both.conclusion(), Conclusion::Missed);
}

#[test]
fn above_the_loads_that_are_aimed_at_nothing_is_missed() {
    let above = calibration(vec![point(0.1, 60e3, 0.0), point(0.9, 700e3, 0.0)]);
    assert_eq!(above.conclusion(), Conclusion::Met);
}
