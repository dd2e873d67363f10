//! Comparisons between runs: false alarms, verdicts, families and error rates.

pub(crate) mod procedures;

use workbench_statistics::{Layout, PairTest, Rule, Verdict};

use super::table::{head, row, row_of_shares};
use super::trials::{average, outcomes, shares};
use procedures::{
    DEPENDENT, DEPENDENT_IN_DIFFERING_RUNS, INDEPENDENT, INDEPENDENT_IN_DIFFERING_RUNS, RULE,
    System, error_rate_alarm, estimated_false_alarm_rate, family_alarm, history_verdict, mean, p99,
    per_run_alarms, pooled_requests_alarm, resampled_means_alarm, verdict,
};

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

/// All tables, with `most` trials behind a figure where they would be more.
pub(crate) fn tables(most: u64) -> String {
    let mut text = String::new();
    false_alarms(&mut text, most);
    own_data(&mut text, most);
    for (title, layout) in [
        ("independent runs", Layout::Independent),
        (
            "interleaved pairs (nothing shared within a pair)",
            Layout::Pairs(PairTest::T),
        ),
    ] {
        verdicts(&mut text, most, title, layout);
    }
    history(&mut text, most);
    families(&mut text, most);
    error_rates(&mut text, most);
    text
}

fn false_alarms(text: &mut String, most: u64) {
    head(
        text,
        "False alarms at a nominal 5%: identical systems, 10,000 requests per run",
        "",
        "requests | t on 1,000 resampled means | t on pooled requests, 10 v 10 runs | percentile bootstrap, 5 v 5 \
         | Mann–Whitney, 5 v 5 | **Welch on logs, 5 v 5: mean** | **p99**",
    );
    for (seed, (name, system)) in (1..).zip(SYSTEMS) {
        let trials = most.min(4000);
        let [resampled] = shares(most.min(20_000), seed, |random| {
            [resampled_means_alarm(system, random)]
        });
        let [pooled] = shares(most.min(1000), seed + 10, |random| {
            [pooled_requests_alarm(system, random)]
        });
        let [welch, bootstrap, rank] = shares(trials, seed + 20, |random| {
            let alarms = per_run_alarms(system, mean, random);
            [alarms.welch, alarms.bootstrap, alarms.mann_whitney]
        });
        let [tail] = shares(trials, seed + 30, |random| {
            [per_run_alarms(system, p99, random).welch]
        });
        row_of_shares(
            text,
            name,
            &[resampled, pooled, bootstrap, rank, welch, tail],
        );
    }
}

fn own_data(text: &mut String, most: u64) {
    head(
        text,
        "The estimate from one run: `false_alarm_rate` on AR(1) φ = 0.9, 10,000 requests",
        "",
        "block length | mean estimate over 40 runs | least | greatest",
    );
    for block_length in [1, 30, 100, 300] {
        let rates = outcomes(most.min(40), 50, |random| {
            estimated_false_alarm_rate(block_length, 200, random)
        });
        row(
            text,
            format_args!(
                "{block_length} | {:.0}% | {:.0}% | {:.0}%",
                100.0 * average(rates.iter().copied()),
                100.0 * rates.iter().copied().fold(1.0, f64::min),
                100.0 * rates.iter().copied().fold(0.0, f64::max),
            ),
        );
    }
}

/// Columns of the tables of verdicts.
const COLUMNS: &str = "true change | regressed | equivalent | improved | inconclusive";

const VERDICTS: [Verdict; 4] = [
    Verdict::Regressed,
    Verdict::Equivalent,
    Verdict::Improved,
    Verdict::Inconclusive,
];

fn verdicts(text: &mut String, most: u64, title: &str, layout: Layout) {
    let title = format!("Verdicts, margin 5%, runs vary by 3%: {title}");
    head(text, &title, "", &format!("runs | {COLUMNS}"));
    let judged = Rule { layout, ..RULE };
    for (seed, runs) in (60..).zip([3, 5, 10]) {
        for change in [0.0, 0.02, 0.05, 0.10] {
            let cells = shares(most.min(20_000), seed, |random| {
                let found = verdict(runs, change, &judged, random);
                VERDICTS.map(|verdict| found == verdict)
            });
            row_of_shares(
                text,
                &format!("{runs} v {runs} | {:+.0}%", 100.0 * change),
                &cells,
            );
        }
    }
}

fn history(text: &mut String, most: u64) {
    let title = "Verdicts, margin 5%, runs vary by 3%: one run against a history";
    head(text, title, "", &format!("history | {COLUMNS}"));
    for (seed, runs) in (70..).zip([10, 30]) {
        for change in [0.0, 0.05, 0.10] {
            let cells = shares(most.min(5000), seed, |random| {
                let found = history_verdict(runs, change, random);
                VERDICTS.map(|verdict| found == verdict)
            });
            row_of_shares(
                text,
                &format!("1 v {runs} | {:+.0}%", 100.0 * change),
                &cells,
            );
        }
    }
}

fn families(text: &mut String, most: u64) {
    head(
        text,
        "Any false “regressed” among metrics that did not change, 5 v 5 runs, nominal 5%",
        "",
        "metrics | correlation | margin | each by itself | as a family",
    );
    for (seed, (metrics, shared, margin)) in (80..).zip([
        (4, 0.0, 0.05),
        (4, 0.0, 0.0),
        (20, 0.0, 0.0),
        (20, 0.5, 0.0),
        (20, 0.9, 0.0),
    ]) {
        let cells = shares(most.min(5000), seed, |random| {
            let (alone, together) = family_alarm(metrics, shared, margin, random);
            [alone, together]
        });
        let name = format!("{metrics} | {shared} | {:.0}%", 100.0 * margin);
        row_of_shares(text, &name, &cells);
    }
}

fn error_rates(text: &mut String, most: u64) {
    head(
        text,
        "False “regressed” on error rates, 5 v 5 runs of 10,000 requests, margin 0, nominal 5%",
        "",
        "error rate | variation between runs | regressed",
    );
    for (seed, (rate, variation)) in (90..).zip([
        (1e-5, 0.0),
        (1e-4, 0.0),
        (1e-3, 0.0),
        (1e-3, 0.5),
        (1e-2, 0.0),
        (1e-2, 0.5),
    ]) {
        let cells = shares(most.min(10_000), seed, |random| {
            [error_rate_alarm(rate, variation, random)]
        });
        row_of_shares(text, &format!("{rate} | {:.0}%", 100.0 * variation), &cells);
    }
}
