//! What the sections of a report say, in text that is wide enough not to be broken.

mod groups;
mod study;
mod sweep;

use std::path::Path;

use workbench_analysis::{Analysis, RunAnalysis, Scope};
use workbench_report::{Detail, TextOptions, document};
use workbench_samples::{CheckStatus, Origin};

use crate::fixture;

fn text(analysis: &Analysis, detail: Detail) -> String {
    let options = TextOptions {
        width: 2_000,
        colour: false,
        detail,
    };
    document(analysis, Path::new("/tmp/r/scenario3/1")).text(options)
}

fn verbose(analysis: &Analysis) -> String {
    text(analysis, Detail::Verbose)
}

/// The findings below a heading that judge nothing.
fn findings_of<'a>(text: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = text.lines().skip_while(|line| !line.starts_with(heading));
    let section = lines.skip(1).take_while(|line| !line.is_empty());
    section
        .filter_map(|line| line.strip_prefix("  -  "))
        .collect()
}

fn to_look_at(run: &RunAnalysis) -> Vec<String> {
    let text = verbose(&fixture::of(run.clone()));
    let findings = findings_of(&text, "What to look at").into_iter();
    findings.map(str::to_owned).collect()
}

#[test]
fn errors_come_first_and_then_what_is_slow() {
    assert_eq!(
        to_look_at(&fixture::single().runs[0]),
        [
            "155 of 124,690 requests failed (0.12%). Most often: status 503 at POST orders/orders, 131 times.",
            "Slowest by p95: POST orders/orders with 26.7 ms; next is GET catalog/products with 14.4 ms.",
            "Worst second: 34, with a p95 of 41.2 ms against 11.1 ms over the whole run, with 99.7 users active.",
            "Long tail: one request in a hundred takes 21.7 ms or more, 5.30 times the median of 4.10 ms.",
            "In 2 of 80 seconds no request was started.",
        ]
    );
}

#[test]
fn a_worst_second_outside_of_the_steady_part_says_so() {
    let mut run = fixture::single().runs.remove(0);
    let steady = run.steady.as_mut().unwrap();
    (steady.scope, steady.from_s, steady.to_s) = (Scope::Hold, 40.0, 70.0);
    let expected = "Worst second: 34 (in the ramp-up or warm-up), with";
    assert!(to_look_at(&run)[2].starts_with(expected));
    let steady = run.steady.as_mut().unwrap();
    (steady.from_s, steady.to_s) = (10.0, 30.0);
    assert!(to_look_at(&run)[2].starts_with("Worst second: 34 (after the steady part), with"));
}

#[test]
fn a_median_between_fast_and_slow_requests_is_explained() {
    let mut run = fixture::single().runs.remove(0);
    let expected = "28.1 ms to 61.2 ms";
    let explains = |run: &RunAnalysis| to_look_at(run).iter().any(|it| it.contains(expected));
    assert!(!explains(&run));
    let total = &mut run.steady.as_mut().unwrap().total;
    let interval = total.p50_ns.interval.as_mut().unwrap();
    (interval.lower, interval.upper) = (28.1e6, Some(61.2e6));
    assert!(explains(&run));
}

#[test]
fn without_samples_the_only_finding_is_that() {
    let mut run = fixture::single().runs.remove(0);
    run.total.samples = 0;
    assert_eq!(
        to_look_at(&run),
        ["There are no samples: nothing was measured."]
    );
}

#[test]
fn a_conclusion_counts_the_warnings_below_it() {
    let mut run = fixture::without_errors().runs.remove(0);
    run.thresholds.clear();
    let checks = &mut run.validity.as_mut().unwrap().checks;
    checks.retain(|check| check.status != CheckStatus::Warning);
    for _ in 0..2 {
        let mut check = checks[0].clone();
        check.status = CheckStatus::Warning;
        checks.push(check);
    }
    let text = verbose(&fixture::of(run));
    assert!(text.contains("valid  2 warnings."), "{text}");
}

#[test]
fn imported_runs_are_valid_as_far_as_their_files_tell() {
    let mut analysis = fixture::five_runs();
    for run in &mut analysis.runs {
        run.origin = Some(Origin {
            format: "jtl".to_owned(),
            files: Vec::new(),
            options: Vec::new(),
            warm_up_ns: 0,
            cool_down_ns: 0,
            rows: 0,
            left_out: Vec::new(),
            bad_rows: Vec::new(),
            start_resolution_ns: 1,
            elapsed_resolution_ns: 1,
            users: None,
            unknown: Vec::new(),
            notes: Vec::new(),
        });
        for check in &mut run.validity.as_mut().unwrap().checks {
            check.status = CheckStatus::NotChecked;
        }
    }
    let text = verbose(&analysis);
    assert!(
        text.contains("5 runs, all valid. Imported, so that"),
        "{text}"
    );
    assert!(!text.contains("Not judged"), "{text}");
}
