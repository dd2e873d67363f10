//! The files of a report.

use std::fs;
use std::path::PathBuf;

use workbench_report::{figures, page, write};

use crate::fixture;

fn names_of(paths: &[PathBuf]) -> Vec<String> {
    paths
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn a_single_run_leaves_a_page_and_its_figures() {
    let directory = tempfile::tempdir().unwrap();
    let written = write(&fixture::single(), &directory.path().join("new")).unwrap();
    assert!(written.html.ends_with("new/report.html"));
    assert_eq!(
        names_of(&written.figures),
        [
            "response-time.png",
            "response-time.svg",
            "cpu.png",
            "cpu.svg",
            "bytes-out.png",
            "bytes-out.svg",
            "aggregate.png",
            "aggregate.svg",
            "histogram.png",
            "histogram.svg",
            "throughput.png",
            "throughput.svg",
            "users.png",
            "users.svg",
        ]
    );
    for path in written.figures {
        let bytes = fs::read(&path).unwrap();
        let magic: &[u8] = if path.extension().unwrap() == "png" {
            b"\x89PNG"
        } else {
            b"<svg"
        };
        assert!(bytes.starts_with(magic), "{}", path.display());
    }
}

#[test]
fn files_of_several_runs_do_not_overwrite_each_other() {
    let analysis = fixture::five_runs();
    let figures = figures(&analysis);
    let mut names: Vec<_> = figures.iter().map(|figure| figure.name()).collect();
    let across = names.iter().filter(|name| name.starts_with("comparison-"));
    let across: Vec<_> = across.copied().collect();
    assert_eq!(
        across,
        [
            "comparison-effect-of-users",
            "comparison-ramp-up",
            "comparison-clt-together",
            "comparison-clt",
            "comparison-clt-qq"
        ]
    );
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn groups_of_runs_have_figures_of_changes_and_of_runs() {
    let directory = tempfile::tempdir().unwrap();
    let written = write(&fixture::two_groups(), directory.path()).unwrap();
    assert_eq!(
        names_of(&written.figures),
        [
            "changes-main-candidate.png",
            "changes-main-candidate.svg",
            "runs-total.png",
            "runs-total.svg",
            "runs-get-catalog-products.png",
            "runs-get-catalog-products.svg",
            "runs-post-orders-orders.png",
            "runs-post-orders-orders.svg",
        ]
    );
}

#[test]
fn a_run_with_a_report_of_its_own_is_linked() {
    let results = tempfile::tempdir().unwrap();
    let analysis = fixture::two_groups();
    let run = &analysis.runs[0];
    let folder = results.path().join(&run.experiment).join(&run.run_id);
    let comparison = results.path().join("comparisons/1");
    for folder in [&folder, &comparison] {
        fs::create_dir_all(folder).unwrap();
    }
    let link = format!("href=\"../../{}/report.html\"", run.name());
    assert!(!page(&analysis, &comparison).unwrap().contains(&link));
    fs::write(folder.join("report.html"), "").unwrap();
    assert!(page(&analysis, &comparison).unwrap().contains(&link));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("taken");
    fs::write(&file, "").unwrap();
    let error = write(&fixture::without_users(), &file).unwrap_err();
    assert!(error.to_string().starts_with("create "), "{error}");
    assert!(error.to_string().contains("taken"), "{error}");
}
