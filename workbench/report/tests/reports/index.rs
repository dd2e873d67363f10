//! Results folders as they are found, and what their index says.

use std::fs;
use std::path::{Path, PathBuf};

use workbench_analysis::Analysis;
use workbench_report::gate::write_verdict;
use workbench_report::write_index;
use workbench_samples::{MANIFEST_FILE, Outcome, RunLock, SERIES_FILE};

use crate::fixture;
use crate::gate::made;

/// A manifest as it was published.
const MANIFEST: &str =
    include_str!("../../../samples/tests/published/manifest-version-6/manifest.json");
const SERIES: &str = include_str!("../../../samples/tests/published/series-version-3/series.json");

struct Results(tempfile::TempDir);

impl Results {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn folder(&self, name: &str) -> PathBuf {
        let folder = self.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// A run that started so many seconds after the others, with its analysis and its report where there is one.
    fn run(
        &self,
        name: &str,
        second: i64,
        outcome: &Outcome,
        analysis: Option<&Analysis>,
    ) -> PathBuf {
        let folder = self.folder(name);
        let mut manifest: serde_json::Value = serde_json::from_str(MANIFEST).unwrap();
        manifest["outcome"] = serde_json::to_value(outcome).unwrap();
        manifest["started_at"] = (1_795_409_126_000_000_000_i64 + second * 1_000_000_000).into();
        manifest["series"] = serde_json::Value::Null;
        if *outcome == Outcome::Running {
            manifest["validity"] = serde_json::Value::Null;
        }
        fs::write(folder.join(MANIFEST_FILE), manifest.to_string()).unwrap();
        if let Some(analysis) = analysis {
            analysis.write(&folder).unwrap();
            fs::write(folder.join("report.html"), "").unwrap();
        }
        folder
    }

    fn page(&self) -> String {
        let (path, _) = write_index(self.path()).unwrap();
        assert_eq!(path, self.path().join("index.html"));
        fs::read_to_string(path).unwrap()
    }
}

/// The page's rows that name something, without markup.
fn rows(page: &str, name: &str) -> Vec<String> {
    let rows = page.split("<tr>").filter(|row| row.contains(name));
    let text = |row: &str| {
        let mut text = String::new();
        for part in row.split('<') {
            let after = part.split_once('>').map_or(part, |(_, after)| after);
            text.push_str(after);
            text.push(' ');
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    rows.map(text).collect()
}

#[test]
fn runs_stand_under_their_experiment_the_newest_first_with_conclusion_and_key_figures() {
    let results = Results::new();
    let analysis = fixture::single();
    results.run("shop/1-older", 0, &Outcome::Completed, Some(&analysis));
    results.run(
        "shop/2-newer",
        60,
        &Outcome::Completed,
        Some(&fixture::without_errors()),
    );
    results.run(
        "other/1",
        30,
        &Outcome::Completed,
        Some(&fixture::invalid()),
    );
    let page = results.page();
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text}"));
    assert!(place("2-newer") < place("1-older") && place("1-older") < place(">other"));
    assert!(page.contains(r#"href="shop/1-older/report.html""#));
    let [row] = rows(&page, "1-older</a>").try_into().unwrap();
    assert!(
        row.contains("FAILED") && row.contains("2026-11-23"),
        "{row}"
    );
    assert!(row.contains("11.1 ms"), "{row}");
    assert!(rows(&page, "other/1/report.html")[0].contains("INVALID"));
    assert!(page.contains("p95 of the last 2 valid runs"));
    assert!(page.contains("3 runs of 2 experiments"));
}

#[test]
fn runs_that_were_killed_go_on_or_have_no_analysis_are_listed_as_such() {
    let results = Results::new();
    results.run("shop/killed", 0, &Outcome::Running, None);
    let going_on = results.run("shop/going-on", 1, &Outcome::Running, None);
    let _lock = RunLock::hold(&going_on).unwrap();
    let old = results.run("shop/old", 2, &Outcome::Completed, Some(&fixture::single()));
    let text = fs::read_to_string(old.join("analysis.json")).unwrap();
    let version = format!("\"schema_version\": {}", workbench_analysis::SCHEMA_VERSION);
    let older = text.replacen(&version, "\"schema_version\": 1", 1);
    assert_ne!(older, text);
    fs::write(old.join("analysis.json"), older).unwrap();
    let failed = Outcome::Failed("the target ended".to_owned());
    results.run("shop/failed", 3, &failed, None);
    let page = results.page();
    for (run, word) in [
        ("killed", "killed The run did not end by itself"),
        ("going-on", "under way"),
        ("old", "not analysed There is no analysis of this version"),
        ("failed", "failed the target ended"),
    ] {
        let [row] = rows(&page, &format!("Compare run {run}\""))
            .try_into()
            .unwrap();
        assert!(row.contains(word), "{row}");
    }
}

#[test]
fn what_cannot_be_read_is_listed_with_the_reason_and_what_is_no_run_is_not() {
    let results = Results::new();
    results.run(
        "shop/good",
        0,
        &Outcome::Completed,
        Some(&fixture::single()),
    );
    let broken = results.folder("shop/broken");
    fs::write(broken.join(MANIFEST_FILE), "{ \"schema_ver").unwrap();
    results.folder("shop/torn/samples");
    fs::create_dir_all(results.path().join("shop/unfinished/segment-1-of-3")).unwrap();
    results.folder("notes/of-mine");
    results.folder("vacant");
    results.folder(".buried/run/samples");
    fs::write(results.path().join("README.md"), "").unwrap();
    results.folder("series/broken");
    results.folder("comparisons/broken");
    let page = results.page();
    let row = |run: &str| rows(&page, &format!("Compare run {run}\"")).concat();
    assert!(!row("good").contains("UNREADABLE"));
    assert!(row("broken").contains("UNREADABLE") && row("broken").contains("manifest.json"));
    assert!(row("torn").contains("UNREADABLE There is no manifest.json"));
    assert!(row("unfinished").contains("1 segment of a run"));
    for absent in ["of-mine", "vacant", "buried", "README"] {
        assert!(!page.contains(absent), "{absent}");
    }
    assert!(
        rows(&page, "<th scope=\"row\">broken")
            .iter()
            .all(|it| it.contains("UNREADABLE"))
    );
}

#[test]
fn series_and_comparisons_are_listed() {
    let results = Results::new();
    results.run("shop/1", 0, &Outcome::Completed, Some(&fixture::single()));
    let series = results.folder("series/20261123T101400Z-4f2a");
    fs::write(series.join(SERIES_FILE), SERIES).unwrap();
    let comparison = results.folder("comparisons/20261123T111400Z-4f2a");
    fixture::two_groups().write(&comparison).unwrap();
    fs::write(comparison.join("report.html"), "").unwrap();
    let page = results.page();
    let [series] = rows(&page, "shop#1, shop#2").try_into().unwrap();
    assert!(
        series.contains("complete 4 of 4 runs, 1 of them invalid"),
        "{series}"
    );
    assert!(series.contains("workbench analyze"), "{series}");
    assert!(page.contains(r#"href="comparisons/20261123T111400Z-4f2a/report.html""#));
    let [comparison] = rows(&page, "comparisons/20261123T111400Z")
        .try_into()
        .unwrap();
    assert!(comparison.contains("gate FAILED"), "{comparison}");
}

#[test]
fn a_series_has_its_verdict_until_it_has_more_runs() {
    let results = Results::new();
    let folder = results.folder("series/20261123T101400Z-4f2a");
    fixture::gate::series(&folder);
    let mut report = fixture::gate::of_series();
    let row = || rows(&results.page(), "shop#1, shop#2").concat();
    assert!(!row().contains("FAILED"));
    write_verdict(&report, &made(Some(&folder))).unwrap();
    assert!(
        row().contains("FAILED p95 of TOTAL: +10.4% [−2.1%, +22.9%]"),
        "{}",
        row()
    );
    assert!(
        results
            .page()
            .contains(r#"href="series/20261123T101400Z-4f2a/verdict.html""#)
    );
    report.baseline.runs.pop();
    write_verdict(&report, &made(Some(&folder))).unwrap();
    assert!(!row().contains("FAILED"), "{}", row());
}

#[test]
fn names_that_are_markup_or_shell_are_neither() {
    let results = Results::new();
    let name = "<img src=x onerror=alert(1)> & 'it'";
    let run = "javascript:alert(2)\"#?%";
    results.run(
        &format!("{name}/{run}"),
        0,
        &Outcome::Completed,
        Some(&fixture::hostile()),
    );
    let page = results.page();
    assert!(
        !page.contains("<img") && !page.contains("<script>alert"),
        "{page}"
    );
    assert!(
        page.contains("%3Cimg%20src%3Dx")
            && page.contains("javascript%3Aalert%282%29%22%23%3F%25/report.html")
    );
    assert!(!page.contains("\"javascript:"));
}

#[test]
fn earlier_runs_of_an_experiment_are_folded() {
    let results = Results::new();
    for number in 0..20 {
        results.run(
            &format!("shop/{number:02}"),
            number,
            &Outcome::Completed,
            None,
        );
    }
    let page = results.page();
    assert!(page.contains("<summary>5 earlier</summary>"));
    let folded = page.find("<details>").unwrap();
    assert!(page.find("Compare run 05\"").unwrap() < folded);
    assert!(page.find("Compare run 04\"").unwrap() > folded);
}

#[test]
fn an_empty_folder_says_how_to_make_a_run_and_a_missing_one_is_named() {
    let results = Results::new();
    assert!(results.page().contains("workbench run FILE"));
    let missing = results.path().join("missing");
    let error = write_index(&missing).unwrap_err();
    assert_eq!(error.to_string(), format!("list {}", missing.display()));
}
