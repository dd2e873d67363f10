//! What a series has come to, in words.

use std::fmt::Write as _;
use std::path::Path;

use workbench_samples::{
    SERIES_FILE, SERIES_FOLDER, Series, SeriesOrder, SeriesRun, SeriesRunState,
};

/// Every run with its state, and what can be done next.
pub(super) fn summary(series: &Series, results: &Path) -> String {
    let folder = results.join(SERIES_FOLDER).join(&series.series_id);
    let over = series.runs.iter().filter(|run| run.state.is_over()).count();
    let order = match series.order {
        SeriesOrder::Abba => "ABBA order".to_owned(),
        SeriesOrder::Random { seed } => format!("random order, seed {seed}"),
    };
    let mut text = format!(
        "\nseries {}: {over} of {} runs in {} blocks, {order}\n",
        series.series_id,
        series.runs.len(),
        series.repetitions,
    );
    let mut add = |line: &str| {
        let _infallible = writeln!(text, "{line}");
    };
    for run in &series.runs {
        let directory = run.run.as_ref().map(|run| results.join(run));
        let directory = directory.map_or_else(String::new, |it| format!("  {}", it.display()));
        add(&format!("  {}{directory}", line(run)));
    }
    for run in &series.runs {
        for earlier in &run.earlier_attempts {
            let kept = results.join(earlier);
            add(&format!(
                "kept of an earlier attempt at run {}: {}",
                run.position,
                kept.display()
            ));
        }
    }
    for change in &series.changes {
        add(&format!(
            "changed before run {}: {}",
            change.from_position,
            change.differences.join("; ")
        ));
    }
    add(&format!("record: {}", folder.join(SERIES_FILE).display()));
    if !series.is_over() {
        let elsewhere = if results == Path::new("results") {
            String::new()
        } else {
            format!(" --results {}", results.display())
        };
        add(&format!(
            "go on: workbench run --resume {}{elsewhere}",
            series.series_id
        ));
    }
    if over > 0 {
        add(&format!("analyse: workbench analyze {}", folder.display()));
    }
    text
}

/// One run: its place, its experiment, and how it ended.
pub(super) fn line(run: &SeriesRun) -> String {
    let state = match run.state {
        SeriesRunState::Planned => "not run",
        SeriesRunState::Running => "running",
        SeriesRunState::Done => "done",
        SeriesRunState::Invalid => "INVALID",
        SeriesRunState::Failed => "failed",
        SeriesRunState::Interrupted => "interrupted",
    };
    let mut line = format!(
        "run {}, block {}: {}: {state}",
        run.position, run.block, run.experiment
    );
    if let Some(reason) = &run.reason {
        let _infallible = write!(line, " ({reason})");
    }
    if !run.missed_thresholds.is_empty() {
        let _infallible = write!(line, ", missed {}", run.missed_thresholds.join(", "));
    }
    line
}
