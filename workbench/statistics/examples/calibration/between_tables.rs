//! The tables of comparisons between runs.

use workbench_statistics::{Layout, Rule, Verdict};

use super::between::{
    DEPENDENT, DEPENDENT_IN_DIFFERING_RUNS, INDEPENDENT, INDEPENDENT_IN_DIFFERING_RUNS, RULE,
    System, error_rate_alarm, estimated_false_alarm_rate, family_alarm, history_verdict, mean, p99,
    per_run_alarms, pooled_requests_alarm, resampled_means_alarm, verdict,
};
use super::random::Random;
use super::trials::{Share, shares};

/// The systems of which two identical ones are compared.
const SYSTEMS: [(&str, System); 4] = [
    ("independent", INDEPENDENT),
    ("AR(1) φ = 0.9", DEPENDENT),
    (
        "independent, runs differ by 3%",
        INDEPENDENT_IN_DIFFERING_RUNS,
    ),
    (
        "AR(1) φ = 0.9, runs differ by 3%",
        DEPENDENT_IN_DIFFERING_RUNS,
    ),
];

/// Prints all tables.
pub(crate) fn print() {
    false_alarms();
    own_data();
    verdicts("Independent runs", Layout::Independent);
    verdicts(
        "Interleaved pairs (nothing shared within a pair)",
        Layout::Pairs,
    );
    history();
    families();
    error_rates();
}

fn false_alarms() {
    heading("False alarms at a nominal 5%: identical systems, 10,000 requests per run");
    row(&[
        "requests",
        "t on 1,000 resampled means",
        "t on pooled requests, 10 v 10 runs",
        "percentile bootstrap, 5 v 5",
        "Mann–Whitney, 5 v 5",
        "**Welch on logs, 5 v 5: mean**",
        "**p99**",
    ]);
    rule(7);
    for (seed, (name, system)) in (1..).zip(SYSTEMS) {
        let [resampled] = shares(4000, seed, |random| [resampled_means_alarm(system, random)]);
        let [pooled] = shares(1000, seed + 10, |random| {
            [pooled_requests_alarm(system, random)]
        });
        let [welch, bootstrap, rank] = shares(4000, seed + 20, |random| {
            let alarms = per_run_alarms(system, mean, random);
            [alarms.welch, alarms.bootstrap, alarms.mann_whitney]
        });
        let [tail] = shares(4000, seed + 30, |random| {
            [per_run_alarms(system, p99, random).welch]
        });
        let cells = [resampled, pooled, bootstrap, rank, welch, tail];
        shares_row(name, &cells);
    }
}

fn own_data() {
    heading("The estimate from one run: `false_alarm_rate` on AR(1) φ = 0.9, 10,000 requests");
    row(&[
        "block length",
        "mean estimate over 40 runs",
        "least",
        "greatest",
    ]);
    rule(4);
    for block_length in [1, 30, 100, 300] {
        let rates: Vec<f64> = (0..40)
            .map(|trial| {
                estimated_false_alarm_rate(block_length, 200, &mut Random::of_trial(50, trial))
            })
            .collect();
        let percent = |rate: f64| format!("{:.0}%", 100.0 * rate);
        row(&[
            &block_length.to_string(),
            &percent(mean(&rates)),
            &percent(rates.iter().copied().fold(1.0, f64::min)),
            &percent(rates.iter().copied().fold(0.0, f64::max)),
        ]);
    }
}

const VERDICTS: [Verdict; 4] = [
    Verdict::Regressed,
    Verdict::Equivalent,
    Verdict::Improved,
    Verdict::Inconclusive,
];

fn verdicts(title: &str, layout: Layout) {
    heading(&format!("Verdicts, margin 5%, runs vary by 3%: {title}"));
    row(&[
        "runs",
        "true change",
        "regressed",
        "equivalent",
        "improved",
        "inconclusive",
    ]);
    rule(6);
    let judged = Rule { layout, ..RULE };
    for (seed, runs) in (60..).zip([3, 5, 10]) {
        for change in [0.0, 0.02, 0.05, 0.10] {
            let cells = shares(20_000, seed, |random| {
                let found = verdict(runs, change, &judged, random);
                VERDICTS.map(|verdict| found == verdict)
            });
            shares_row(
                &format!("{runs} v {runs} | {:+.0}%", 100.0 * change),
                &cells,
            );
        }
    }
}

fn history() {
    heading("Verdicts, margin 5%, runs vary by 3%: one run against a history");
    row(&[
        "history",
        "true change",
        "regressed",
        "equivalent",
        "improved",
        "inconclusive",
    ]);
    rule(6);
    for (seed, runs) in (70..).zip([10, 30]) {
        for change in [0.0, 0.05, 0.10] {
            let cells = shares(5000, seed, |random| {
                let found = history_verdict(runs, change, random);
                VERDICTS.map(|verdict| found == verdict)
            });
            shares_row(&format!("1 v {runs} | {:+.0}%", 100.0 * change), &cells);
        }
    }
}

fn families() {
    heading("Any false “regressed” among metrics that did not change, 5 v 5 runs, nominal 5%");
    row(&[
        "metrics",
        "correlation",
        "margin",
        "each by itself",
        "as a family",
    ]);
    rule(5);
    for (seed, (metrics, shared, margin)) in (80..).zip([
        (4, 0.0, 0.05),
        (4, 0.0, 0.0),
        (20, 0.0, 0.0),
        (20, 0.5, 0.0),
        (20, 0.9, 0.0),
    ]) {
        let cells = shares(5000, seed, |random| {
            let (alone, together) = family_alarm(metrics, shared, margin, random);
            [alone, together]
        });
        let name = format!("{metrics} | {shared} | {:.0}%", 100.0 * margin);
        shares_row(&name, &cells);
    }
}

fn error_rates() {
    heading(
        "False “regressed” on error rates, 5 v 5 runs of 10,000 requests, margin 0, nominal 5%",
    );
    row(&["error rate", "variation between runs", "regressed"]);
    rule(3);
    for (seed, (rate, variation)) in (90..).zip([
        (1e-5, 0.0),
        (1e-4, 0.0),
        (1e-3, 0.0),
        (1e-3, 0.5),
        (1e-2, 0.0),
        (1e-2, 0.5),
    ]) {
        let cells = shares(10_000, seed, |random| {
            [error_rate_alarm(rate, variation, random)]
        });
        shares_row(&format!("{rate} | {:.0}%", 100.0 * variation), &cells);
    }
}

fn heading(text: &str) {
    println!("\n#### {text}\n");
}

fn row(cells: &[&str]) {
    println!("| {} |", cells.join(" | "));
}

fn rule(columns: usize) {
    println!("|{}", "---|".repeat(columns));
}

fn shares_row(name: &str, cells: &[Share]) {
    let cells: Vec<String> = cells.iter().map(Share::to_string).collect();
    println!("| {name} | {} |", cells.join(" | "));
}
