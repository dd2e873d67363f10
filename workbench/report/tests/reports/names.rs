//! What runs are called in reports and in names of files.

use workbench_analysis::{Analysis, RunAnalysis};
use workbench_report::{Detail, Figure, TextOptions, document, figures};
use workbench_samples::SeriesPlace;

use crate::fixture;

fn named(experiments: &[&str]) -> Analysis {
    let runs = experiments.iter().map(|experiment| RunAnalysis {
        experiment: (*experiment).to_owned(),
        ..fixture::single().runs.remove(0)
    });
    Analysis {
        runs: runs.collect(),
        ..fixture::single()
    }
}

/// The first column of the table of runs.
fn labels(analysis: &Analysis) -> Vec<String> {
    let options = TextOptions {
        width: 400,
        colour: false,
        detail: Detail::Verbose,
    };
    let text = document(analysis, std::path::Path::new("/tmp/r/comparisons/1")).text(options);
    let table = text
        .lines()
        .skip_while(|line| *line != "Runs (steady part)");
    let rows = table.skip_while(|line| !line.starts_with('─')).skip(1);
    let rows = rows.take_while(|line| !line.is_empty());
    rows.map(|row| row.split("  ").next().unwrap().to_owned())
        .collect()
}

#[test]
fn repeated_experiments_are_numbered() {
    assert_eq!(labels(&named(&["a", "b", "a"])), ["a #1", "b", "a #2"]);
}

#[test]
fn runs_of_a_series_have_the_names_that_it_gives_them() {
    let mut analysis = named(&["smoke", "smoke"]);
    for (run, name) in analysis.runs.iter_mut().zip(["smoke#1", "smoke#2"]) {
        run.series = Some(SeriesPlace {
            series_id: "20261101T120000Z-4aed".to_owned(),
            experiment: name.to_owned(),
            point: None,
            block: 1,
            position: 1,
            together: false,
        });
    }
    assert_eq!(labels(&analysis), ["smoke#1", "smoke#2"]);
}

#[test]
fn names_of_files_are_unique_and_cannot_leave_their_folder() {
    let figures = figures(&named(&["../../etc", "etc", "…", "Über x"]));
    let names = figures.iter().map(Figure::name);
    let names: Vec<_> = names
        .filter_map(|name| name.strip_suffix("-histogram"))
        .collect();
    assert_eq!(names, ["etc", "etc-again", "run", "ber-x"]);
}
