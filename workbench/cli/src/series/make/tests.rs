use workbench_samples::SweepPoint;

use super::*;

/// One run at each of 1, 2, 3, … users, with whether it missed a threshold.
fn sweep(missed: &[bool]) -> Series {
    let folder = Path::new("../samples/tests/published/series-version-2");
    let mut series = Series::read(folder).unwrap();
    let (experiment, run) = (series.experiments[0].clone(), series.runs[0].clone());
    let name = |users: usize| format!("shop@users={users}");
    series.experiments = (1..=missed.len())
        .map(|users| {
            let mut experiment = experiment.clone();
            experiment.name = name(users);
            experiment.point = Some(SweepPoint {
                parameter: "users".to_owned(),
                value: u32::try_from(users).unwrap(),
            });
            experiment
        })
        .collect();
    series.runs = (1..)
        .zip(missed)
        .map(|(users, missed)| {
            let mut run = run.clone();
            run.experiment = name(users);
            run.state = SeriesRunState::Done;
            run.missed_thresholds = Vec::from_iter(missed.then(|| "p95 < 1ms".to_owned()));
            run
        })
        .collect();
    series
}

#[test]
fn a_sweep_passes_where_a_load_meets_its_thresholds_and_fails_where_none_does() {
    assert_eq!(ended(&sweep(&[false, false, true])), Exit::Pass);
    assert_eq!(ended(&sweep(&[true, true])), Exit::ThresholdMissed);
}

#[test]
fn a_load_meets_the_thresholds_where_all_of_its_runs_do() {
    let mut twice = sweep(&[true, true]);
    let mut other = twice.runs[0].clone();
    other.missed_thresholds.clear();
    twice.runs.push(other);
    assert_eq!(ended(&twice), Exit::ThresholdMissed);
    twice.runs[0].missed_thresholds.clear();
    assert_eq!(ended(&twice), Exit::Pass);
}

#[test]
fn a_load_whose_thresholds_are_undecided_does_not_meet_them() {
    let mut series = sweep(&[false, true]);
    series.runs[0].undecided_thresholds = vec!["p99 < 1s".to_owned()];
    assert_eq!(ended(&series), Exit::Inconclusive);
    series.runs[1].missed_thresholds.clear();
    assert_eq!(ended(&series), Exit::Pass);
    for experiment in &mut series.experiments {
        experiment.point = None;
    }
    assert_eq!(ended(&series), Exit::Inconclusive);
}

#[test]
fn runs_outside_of_a_sweep_fail_by_their_thresholds_and_invalid_ones_always_do() {
    let mut series = sweep(&[false, true]);
    series.runs[1].state = SeriesRunState::Invalid;
    assert_eq!(ended(&series), Exit::RunInvalid);
    series.runs[1].state = SeriesRunState::Done;
    series.experiments[1].point = None;
    assert_eq!(ended(&series), Exit::ThresholdMissed);
}
