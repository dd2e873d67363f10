//! Which runs the gate uses, refuses, or reports as missing.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use workbench_samples::{Series, SeriesRunState};

use super::{gate, pairs, results};
use crate::stored::{StoredRun, series};
use crate::support::Bench;

/// Sets the state of the candidate's last runs.
fn last_runs_of_the_candidate(series: &std::path::Path, state: SeriesRunState) {
    let mut record = Series::read(series).unwrap();
    let candidate = record.runs.iter_mut().filter(|run| run.experiment == "new");
    for run in candidate.skip(6) {
        run.state = state;
    }
    record.write(series).unwrap();
}

#[test]
fn a_candidate_whose_runs_failed_is_refused_with_14() {
    let bench = Bench::new();
    last_runs_of_the_candidate(&pairs(&bench, 10, 1.0), SeriesRunState::Failed);
    for arguments in [
        &["--series", "s1"][..],
        &[
            "--baseline",
            "results/series/s1:old",
            "--candidate",
            "results/series/s1:new",
        ],
    ] {
        gate(&bench, arguments)
            .code(14)
            .stdout(contains("Gate: INVALID").and(contains(
                "of series s1, new, failed: the reason is not known",
            )));
    }
}

#[test]
fn a_series_that_has_not_ended_is_inconclusive_with_11() {
    let bench = Bench::new();
    last_runs_of_the_candidate(&pairs(&bench, 10, 1.0), SeriesRunState::Planned);
    gate(&bench, &["--series", "s1"])
        .code(11)
        .stdout(contains("the series has not ended").and(contains("--resume")));
}

#[test]
fn a_run_that_failed_before_its_first_request_is_not_skipped_in_a_folder() {
    let bench = Bench::new();
    pairs(&bench, 10, 1.0);
    let run = bench.runs("new").pop().unwrap();
    std::fs::remove_dir_all(run.join("samples")).unwrap();
    gate(
        &bench,
        &["--baseline", "results/old", "--candidate", "results/new"],
    )
    .code(14)
    .stdout(contains("made no request"));
}

#[test]
fn a_run_given_by_different_paths_counts_once() {
    let bench = Bench::new();
    pairs(&bench, 10, 1.0);
    let run = bench.runs("new").remove(0);
    let absolute = run.to_str().unwrap();
    let name = run.file_name().unwrap().to_str().unwrap();
    let spelled = [
        &format!("results/new/{name}"),
        &format!("./results/../results/new/{name}"),
        absolute,
    ];
    let twice = format!("new/{name} is given twice");
    let arguments = [&["--baseline", "results/old", "--candidate"], &spelled[..]].concat();
    gate(&bench, &arguments).code(1).stderr(contains(&twice));
    gate(&bench, &["--audit", "results/series/s1", absolute])
        .code(1)
        .stderr(contains(&twice));
    // A copy is the same run.
    StoredRun::new("copied", 1, 1.0).write(&results(&bench));
    let copy = bench.path().join("results/copied").join(name);
    std::fs::rename(&run, &copy).unwrap();
    let kept = copy.to_str().unwrap();
    gate(
        &bench,
        &["--baseline", kept, kept, "--candidate", "results/old"],
    )
    .code(1)
    .stderr(contains("is given twice"));
}

#[test]
fn a_history_that_holds_the_candidate_does_not_judge_it() {
    let bench = Bench::new();
    for number in 0..12 {
        StoredRun::new("shop", number, 1.0).write(&results(&bench));
    }
    let run = bench.runs("shop").pop().unwrap();
    let arguments = [
        "--history",
        "results/shop",
        "--candidate",
        run.to_str().unwrap(),
    ];
    gate(&bench, &arguments)
        .code(1)
        .stderr(contains("in the history already"));
}

#[test]
fn what_was_forced_is_not_kept() {
    let bench = Bench::new();
    for number in 0..10 {
        StoredRun::new("shop", number, 1.0).write(&results(&bench));
    }
    let run = StoredRun::new("later", 20, 1.0)
        .invalid()
        .write(&results(&bench));
    let arguments = [
        "--history",
        "results/shop",
        "--candidate",
        run.to_str().unwrap(),
        "--force",
        "--keep",
    ];
    gate(&bench, &arguments)
        .stdout(contains("forced despite invalid run"))
        .stderr(contains("not kept: "));
    assert_eq!(bench.runs("shop").len(), 10);
}

#[test]
fn a_label_that_no_run_has_is_a_mistake_with_12() {
    let bench = Bench::new();
    pairs(&bench, 10, 1.0);
    for (label, message) in [
        (
            "brwose",
            "\"brwose\"; did you mean \"browse\"?; there are browse, TOTAL",
        ),
        ("", "\"\"; there are browse, TOTAL"),
    ] {
        gate(&bench, &["--series", "s1", "--label", label])
            .code(12)
            .stderr(contains(message));
    }
}

#[test]
fn without_an_id_the_newest_series_is_judged_and_a_wrong_id_is_reported() {
    let bench = Bench::new();
    pairs(&bench, 10, 1.0);
    series(&results(&bench), "s2", 10, 1.3, |_, run| run);
    gate(&bench, &["--series"]).code(10);
    gate(&bench, &["--series", "s1"]).code(0);
    gate(&bench, &["--series", "nope"])
        .code(1)
        .stderr(contains("results holds no series nope; the newest is s2"));
}

#[test]
fn a_side_without_a_finished_run_is_reported_with_the_next_step() {
    let bench = Bench::new();
    let folder = pairs(&bench, 10, 1.0);
    let mut record = Series::read(&folder).unwrap();
    for run in record.runs.iter_mut().filter(|run| run.experiment == "new") {
        run.state = SeriesRunState::Planned;
    }
    record.write(&folder).unwrap();
    gate(&bench, &["--series", "s1"]).code(11).stderr(contains(
        "series s1 has no finished run of new: go on with it, `workbench run --resume s1`",
    ));
    for run in record.runs.iter_mut().filter(|run| run.experiment == "new") {
        run.state = SeriesRunState::Failed;
        run.reason = Some("out of memory".to_owned());
    }
    record.write(&folder).unwrap();
    gate(&bench, &["--series", "s1"]).code(14).stderr(
        contains("series s1 has no finished run of new: run ").and(contains("out of memory")),
    );
}

#[test]
fn a_folder_without_a_manifest_is_reported() {
    let bench = Bench::new();
    pairs(&bench, 10, 1.0);
    let run = bench.runs("new").pop().unwrap();
    std::fs::remove_file(run.join("manifest.json")).unwrap();
    gate(
        &bench,
        &["--baseline", "results/old", "--candidate", "results/new"],
    )
    .stdout(contains("passed over: results/new/").and(contains("has no manifest")));
}

#[test]
fn an_empty_history_says_how_it_begins() {
    let bench = Bench::new();
    let run = StoredRun::new("shop", 1, 1.0).write(&results(&bench));
    for begun in [false, true] {
        if begun {
            std::fs::create_dir(bench.path().join("kept")).unwrap();
        }
        let arguments = ["--history", "kept", "--candidate", run.to_str().unwrap()];
        gate(&bench, &arguments)
            .code(1)
            .stderr(contains("kept holds no runs yet: begin it").and(contains("cp -r")));
    }
}

#[test]
fn an_audit_reports_skipped_runs() {
    let bench = Bench::new();
    for number in 0..11 {
        StoredRun::new("shop", number, 1.0).write(&results(&bench));
    }
    let run = bench.runs("shop").pop().unwrap();
    std::fs::remove_dir_all(run.join("samples")).unwrap();
    gate(&bench, &["--audit", "results/shop"])
        .code(11)
        .stdout(contains("passed over:").and(contains("made no request")));
}
