//! Which rows and groups there are.

use super::fixture::{pairs, run};
use super::*;

#[test]
fn an_only_label_has_no_row_besides_total() {
    let mut runs = pairs(6, 1.0);
    for run in &mut runs {
        let steady = run.steady.as_mut().unwrap();
        steady.requests.truncate(1);
        steady.requests[0].samples = steady.total.samples;
    }
    let found = between_runs(&runs, &ComparisonRule::default());
    let rows = &found.comparisons[0].rows;
    assert!(rows.iter().all(|row| row.request == "TOTAL"), "{rows:?}");
    // One request of another label, and they differ.
    runs[3].steady.as_mut().unwrap().requests[0].samples -= 1;
    let found = between_runs(&runs, &ComparisonRule::default());
    assert!(
        found.comparisons[0]
            .rows
            .iter()
            .any(|row| row.request == "browse")
    );
}

#[test]
fn names_of_a_series_are_distinct_from_other_names() {
    let names = |runs: &[RunAnalysis]| -> Vec<(String, usize)> {
        let found = between_runs(runs, &ComparisonRule::default());
        let groups = found.groups.into_iter();
        groups.map(|group| (group.name, group.runs.len())).collect()
    };
    let of = |name: &str, runs| (name.to_owned(), runs);
    let mut runs = pairs(3, 1.0);
    runs.push(run("shop", 30, 10.0));
    assert_eq!(
        names(&runs),
        [of("shop#1", 3), of("shop#2", 3), of("shop", 1)]
    );
    runs.pop();
    for mut other in pairs(3, 1.0) {
        other.series.as_mut().unwrap().series_id = "later".to_owned();
        runs.push(other);
    }
    assert_eq!(names(&runs), [of("shop#1", 6), of("shop#2", 6)]);
}
