//! Recognises what is at a path without runs, for the error message.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use workbench_plan::nearest;
use workbench_samples::{MANIFEST_FILE, SAMPLES_FOLDER, SERIES_FILE};

use super::experiment::EXPERIMENT_FILE;
use super::newest::folders;
use crate::model::ANALYSIS_FILE;

/// Bytes of a file that are read.
const BEGINNING: u64 = 16 << 10;

/// Most names that are listed.
const FEW: usize = 5;

/// Texts near the beginning of other tools' result files, and the tool. The first row whose texts are all found
/// applies.
#[rustfmt::skip]
const OTHER_TOOLS: [(&[&str], &str); 26] = [
    (&["timeStamp", "elapsed"], "a JMeter result file (JTL in CSV form)"),
    (&["<testResults"], "a JMeter result file (JTL in XML form)"),
    (&["<jmeterTestPlan"], "a JMeter test plan"),
    (&["metric_name,timestamp,metric_value"], "k6's CSV output (--out csv)"),
    (&["\"type\":\"Metric\"", "\"data\""], "k6's JSON output (--out json)"),
    (&["\"type\":\"Point\"", "\"data\""], "k6's JSON output (--out json)"),
    (&["\"root_group\""], "a k6 summary (--summary-export)"),
    (&["\"metrics\"", "\"http_req"], "a k6 summary (--summary-export)"),
    (&["execution: local", "scenarios: ("], "what k6 prints on the terminal"),
    (&["http_req_duration", "http_reqs"], "what k6 prints on the terminal"),
    (&["Type,Name,Request Count,Failure Count"], "Locust's statistics, which are aggregated"),
    (&["Timestamp,User Count,Type,Name"], "Locust's history of statistics, which are aggregated"),
    (&["Method,Name,Error,Occurrences"], "Locust's list of failures"),
    (&["Count,Message,Traceback,Nodes"], "Locust's list of exceptions"),
    (&["response-time,DNS+dialup,DNS,Request-write"], "hey's CSV output (-o csv)"),
    (&["request-start,DNS,DNS+dialup"], "oha's CSV output"),
    (&["\"summary\"", "\"successRate\""], "oha's JSON output"),
    (&["starttime\tseconds\tctime"], "ab's gnuplot file (-g)"),
    (&["Percentage served,Time in ms"], "ab's percentiles in CSV form (-e)"),
    (&["elapsed,scenario_index,scenario_name"], "Goose's request log"),
    (&["\"attack\"", "\"latency\"", "\"seq\""], "vegeta's JSON output"),
    (&["\"latencies\"", "\"bytes_in\""], "a vegeta report"),
    (&["RUN\t", "REQUEST\t"], "Gatling's simulation.log"),
    (&["\"aggregate\"", "\"counters\""], "an Artillery report"),
    (&["Running ", " test @ http"], "what wrk prints on the terminal"),
    (&["\"log\"", "\"entries\"", "\"request\""], "a HAR file, a recording of a browser"),
];

/// What is there instead of runs, as the end of a sentence: “it is …”.
pub(crate) fn instead_of_runs(path: &Path) -> String {
    if !path.exists() {
        return missing(path);
    }
    // From a file of samples up to its run folder.
    let whole = path
        .ancestors()
        .skip(1)
        .take(2)
        .find(|folder| !folder.as_os_str().is_empty() && folder.join(MANIFEST_FILE).is_file());
    if let Some(run) = whole {
        return format!(
            "it is a part of a run; name the run's folder, {}",
            run.display()
        );
    }
    if path.is_dir() {
        of_folder(path)
    } else {
        of_file(path)
    }
}

fn missing(path: &Path) -> String {
    let beside = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let beside = beside.unwrap_or(Path::new("."));
    let names: Vec<String> = folders(beside)
        .unwrap_or_default()
        .iter()
        .filter_map(|folder| Some(folder.file_name()?.to_str()?.to_owned()))
        .collect();
    let name = path.file_name().and_then(|name| name.to_str());
    let near = name.and_then(|name| nearest(name, names.iter().map(String::as_str)));
    match near {
        Some(near) => format!(
            "it does not exist (did you mean {}?)",
            path.with_file_name(near).display()
        ),
        None => "it does not exist".to_owned(),
    }
}

fn of_folder(path: &Path) -> String {
    let inside = folders(path).unwrap_or_default();
    let with = |has: &dyn Fn(&Path) -> bool| -> Vec<String> {
        let found = inside.iter().filter(|folder| has(folder));
        let mut found: Vec<String> = found.map(|folder| folder.display().to_string()).collect();
        found.sort();
        let more = found.len().saturating_sub(FEW);
        found.truncate(FEW);
        if more > 0 {
            found.push(format!("{more} more"));
        }
        found
    };
    if !with(&|folder| folder.join(MANIFEST_FILE).is_file()).is_empty() {
        return "its runs ended before their first request".to_owned();
    }
    let series = with(&|folder| folder.join(SERIES_FILE).is_file());
    if !series.is_empty() {
        return format!("it holds series; name one of them ({})", series.join(", "));
    }
    let holds_runs = |folder: &Path| {
        let runs = folders(folder).unwrap_or_default();
        runs.iter().any(|run| run.join(MANIFEST_FILE).is_file())
    };
    let experiments = with(&holds_runs);
    if !experiments.is_empty() {
        return format!(
            "it holds the folders of several experiments; name one of them ({})",
            experiments.join(", ")
        );
    }
    if !with(&|folder| folder.join(ANALYSIS_FILE).is_file()).is_empty() {
        return "it holds comparisons of runs, and no runs".to_owned();
    }
    if path.join(SAMPLES_FOLDER).is_dir() || path.join(EXPERIMENT_FILE).is_file() {
        return format!("it is the folder of a run without its {MANIFEST_FILE}");
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    if files.is_empty() {
        return "it is an empty folder".to_owned();
    }
    files.retain(|file| file.is_file());
    files.sort();
    match files.first() {
        Some(first) => format!(
            "it is a folder of files, {} among them; name the files themselves if they are other tools' results ({})",
            first.display(),
            path.join("*").display()
        ),
        None => "it is a folder with neither a run nor a series in it".to_owned(),
    }
}

fn of_file(path: &Path) -> String {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(BEGINNING).read_to_end(&mut bytes));
    if let Err(error) = read {
        return format!("it cannot be read: {error}");
    }
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let has_all = |texts: &[&str]| texts.iter().all(|it| text.contains(it));
    if let Some((_, tool)) = OTHER_TOOLS.iter().find(|(texts, _)| has_all(texts)) {
        return format!("it is {tool}; `workbench import` makes runs of other tools' results");
    }
    let extension = path
        .extension()
        .and_then(|it| it.to_str())
        .unwrap_or_default();
    let is_a = |extensions: &[&str]| {
        extensions
            .iter()
            .any(|it| it.eq_ignore_ascii_case(extension))
    };
    let first_line = text.lines().next().unwrap_or_default();
    match bytes.as_slice() {
        [] => "it is an empty file".to_owned(),
        [b'P', b'A', b'R', b'1', ..] => "it is a Parquet file outside of a run".to_owned(),
        [0x1F, 0x8B, ..] => "it is a gzip archive; unpack it first".to_owned(),
        [b'P', b'K', 3, 4, ..] => "it is a ZIP archive; unpack it first".to_owned(),
        bytes if bytes.contains(&0) => "it is a binary file".to_owned(),
        _ if is_a(&["yaml", "yml"]) && has_all(&["scenarios:", "target:"]) => {
            format!(
                "it is an experiment; `workbench run {}` makes a run of it",
                path.display()
            )
        }
        _ if is_a(&["csv", "tsv", "jtl"]) => {
            let shown: String = first_line.chars().take(80).collect();
            format!(
                "it is a table of which the first line is “{}”",
                shown.trim_end()
            )
        }
        _ if text.trim_start().starts_with(['{', '[']) => "it is a JSON file".to_owned(),
        _ if text.trim_start().starts_with('<') => "it is an HTML or XML file".to_owned(),
        _ => "it is a file, and a run is a folder".to_owned(),
    }
}
