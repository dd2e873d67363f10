//! The summary of a series as text.

use std::fmt::Write as _;
use std::path::Path;

use workbench_samples::{
    SERIES_FILE, SERIES_FOLDER, Series, SeriesOrder, SeriesRun, SeriesRunState,
};

/// More runs that are still to be made are counted.
const FEW: usize = 10;

/// Every run with its state, and the possible next steps. Before a verdict only runs with problems.
pub(super) fn summary(series: &Series, results: &Path, before_verdict: bool) -> String {
    let folder = results.join(SERIES_FOLDER).join(&series.series_id);
    let over = series.runs.iter().filter(|run| run.state.is_over()).count();
    let is_needed = |run: &&SeriesRun| run.state != SeriesRunState::NotNeeded;
    let needed: Vec<&SeriesRun> = series.runs.iter().filter(is_needed).collect();
    let order = match series.order {
        SeriesOrder::Abba => "ABBA order".to_owned(),
        SeriesOrder::Random { seed } => format!("random order, seed {seed}"),
        SeriesOrder::Together { seed } => format!("all of a block together, seed {seed}"),
    };
    let mut text = format!(
        "\nseries {}: {over} of {} runs in {}, {order}\n",
        series.series_id,
        needed.len(),
        blocks(series),
    );
    let mut add = |line: &str| {
        let _infallible = writeln!(text, "{line}");
    };
    let is_listed = |run: &SeriesRun| {
        let as_planned = matches!(run.state, SeriesRunState::Done | SeriesRunState::Planned);
        !before_verdict || !as_planned || run.reason.is_some()
    };
    let is_to_come = |run: &SeriesRun| run.state == SeriesRunState::Planned && run.reason.is_none();
    let to_come = needed.iter().filter(|run| is_to_come(run)).count();
    // Of many that are still to be made the number says as much.
    let is_listed = |run: &SeriesRun| is_listed(run) && !(is_to_come(run) && to_come > FEW);
    for run in needed.iter().filter(|run| is_listed(run)) {
        let directory = run.run.as_ref().map(|run| results.join(run));
        let directory = directory.map_or_else(String::new, |it| format!("  {}", it.display()));
        // The rest was printed when the run ended, and is in the record.
        let reason = run.reason.as_deref().and_then(|it| it.lines().next());
        add(&format!("  {}{directory}", line_with(run, reason)));
    }
    if to_come > FEW {
        add(&format!("  {to_come} runs are not made yet"));
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
    let is_invalid = |run: &SeriesRun| run.state == SeriesRunState::Invalid;
    if before_verdict && series.stop_on_invalid && series.runs.iter().any(is_invalid) {
        add(
            "an invalid run ends a comparison. Look at its report, cure what made it invalid, and start a new comparison",
        );
    } else if !series.is_over() {
        let elsewhere = if results == Path::new("results") {
            String::new()
        } else {
            format!(" --results {}", results.display())
        };
        add(&format!(
            "continue: workbench {} --resume {}{elsewhere}",
            if before_verdict { "compare" } else { "run" },
            series.series_id
        ));
    }
    if over > 0 {
        add(&format!("analyse: workbench analyze {}", folder.display()));
    }
    if !before_verdict
        && series.is_over()
        && series.experiments.len() == 2
        && series.experiments.iter().all(|it| it.point.is_none())
    {
        add(&format!(
            "gate: workbench gate --series {}",
            folder.display()
        ));
    }
    text
}

/// How many blocks there are, or may be.
fn blocks(series: &Series) -> String {
    let count = |blocks: u32| match blocks {
        1 => "1 block".to_owned(),
        blocks => format!("{blocks} blocks"),
    };
    match &series.until_decided {
        None => count(series.repetitions),
        Some(until_decided) => match until_decided.decided_at {
            None => format!("up to {} until decided", count(series.repetitions)),
            Some(block) => format!("{}, after which the gate decided", count(block)),
        },
    }
}

/// One run: its place, its experiment, and how it ended.
pub(super) fn line(run: &SeriesRun) -> String {
    line_with(run, run.reason.as_deref())
}

fn line_with(run: &SeriesRun, reason: Option<&str>) -> String {
    let state = match run.state {
        SeriesRunState::Planned => "not run",
        SeriesRunState::Running => "running",
        SeriesRunState::Done => "done",
        SeriesRunState::Invalid => "INVALID",
        SeriesRunState::Failed => "failed",
        SeriesRunState::Interrupted => "interrupted",
        SeriesRunState::NotNeeded => "not needed",
    };
    let mut line = format!(
        "run {}, block {}: {}: {state}",
        run.position, run.block, run.experiment
    );
    if let Some(reason) = reason {
        let _infallible = write!(line, " ({reason})");
    }
    if !run.missed_thresholds.is_empty() {
        let _infallible = write!(line, ", missed {}", run.missed_thresholds.join(", "));
    }
    if !run.undecided_thresholds.is_empty() {
        let undecided = run.undecided_thresholds.join(", ");
        let _infallible = write!(line, ", undecided {undecided}");
    }
    line
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use workbench_samples::{Host, SERIES_VERSION, Tool, UntilDecided};

    use super::*;

    fn run(position: u32, state: SeriesRunState) -> SeriesRun {
        SeriesRun {
            position,
            block: position,
            experiment: "smoke".into(),
            state,
            run: Some(PathBuf::from(format!("smoke/{position}"))),
            reason: None,
            missed_thresholds: Vec::new(),
            undecided_thresholds: Vec::new(),
            earlier_attempts: Vec::new(),
        }
    }

    fn series(runs: Vec<SeriesRun>) -> Series {
        Series {
            schema_version: SERIES_VERSION,
            series_id: "20261123T101400Z-4f2a".into(),
            order: SeriesOrder::Random { seed: 7 },
            repetitions: 2,
            pause_ns: 0,
            stop_on_invalid: false,
            until_decided: None,
            tool: Tool {
                name: "workbench".into(),
                version: "0.1.0".into(),
                commit: None,
            },
            host: Host {
                name: "laptop".into(),
                kernel: "Linux 6.8".into(),
                cpu: "Example 9000".into(),
                cpus: 2,
                memory_bytes: 8 << 30,
            },
            experiments: Vec::new(),
            runs,
            changes: Vec::new(),
        }
    }

    #[test]
    fn a_stopped_series_prints_how_to_resume_it() {
        let mut failed = run(2, SeriesRunState::Failed);
        failed.reason = Some("the bookstore ended: it said\n  no room".into());
        failed.earlier_attempts = vec!["smoke/0".into()];
        let series = series(vec![run(1, SeriesRunState::Done), failed]);
        let expected = "
series 20261123T101400Z-4f2a: 1 of 2 runs in 2 blocks, random order, seed 7
  run 1, block 1: smoke: done  /tmp/r/smoke/1
  run 2, block 2: smoke: failed (the bookstore ended: it said)  /tmp/r/smoke/2
kept of an earlier attempt at run 2: /tmp/r/smoke/0
record: /tmp/r/series/20261123T101400Z-4f2a/series.json
continue: workbench run --resume 20261123T101400Z-4f2a --results /tmp/r
analyse: workbench analyze /tmp/r/series/20261123T101400Z-4f2a
";
        assert_eq!(summary(&series, Path::new("/tmp/r"), false), expected);
    }

    #[test]
    fn a_series_that_was_decided_is_over() {
        let mut series = series(vec![
            run(1, SeriesRunState::Done),
            run(2, SeriesRunState::NotNeeded),
        ]);
        series.until_decided = Some(UntilDecided {
            looks: vec![1, 2],
            policy: serde_json::Value::Null,
            decided_at: Some(1),
        });
        let text = summary(&series, Path::new("results"), false);
        assert!(
            text.contains(": 1 of 1 runs in 1 block, after which the gate decided, random"),
            "{text}"
        );
        assert!(
            !text.contains("run 2") && !text.contains("--resume"),
            "{text}"
        );
    }

    #[test]
    fn a_finished_series_ends_with_the_next_steps() {
        let mut slow = run(2, SeriesRunState::Done);
        slow.missed_thresholds = vec!["p95 < 1ms".into(), "max < 2ms".into()];
        let series = series(vec![run(1, SeriesRunState::Invalid), slow]);
        let text = summary(&series, Path::new("results"), false);
        assert!(text.contains("smoke: INVALID  results/smoke/1\n"), "{text}");
        assert!(text.contains("done, missed p95 < 1ms, max < 2ms"), "{text}");
        assert!(!text.contains("--resume"), "{text}");
        assert!(
            text.ends_with("analyse: workbench analyze results/series/20261123T101400Z-4f2a\n"),
            "{text}"
        );
    }
}
