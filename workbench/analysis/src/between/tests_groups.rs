//! Which rows and groups there are.

use super::fixture::{pairs, run};
use super::*;

#[test]
fn an_only_label_is_no_row_beside_the_total_that_it_is() {
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
