//! Published measurements with labels by experts, evaluated with the reader and the rule of the example `steady_state`.

#[path = "../../../examples/steady_state/labelled.rs"]
mod labelled;

use std::path::Path;

use labelled::read;

#[test]
fn measured_series_are_judged_as_they_were_when_the_rule_was_chosen() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/runs/jmh"));
    let series = read(&folder.join("series.parquet")).unwrap();

    let steady: Vec<bool> = series.iter().map(|it| it.is_steady).collect();
    assert_eq!(steady, [false, false, false, true, true, true]);
    let judged: Vec<_> = series.iter().map(|it| it.judge().unwrap()).collect();
    let late: Vec<bool> = judged.iter().map(|it| it.late_change.is_some()).collect();
    assert_eq!(late, [true, true, false, false, false, false], "{judged:?}");
    assert!(judged.iter().all(|it| !it.never_settles));
}
