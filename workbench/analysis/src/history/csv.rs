//! Histories as CSV, in the form that Apache Otava (formerly Hunter) reads: a line for each session, with a column `time`,
//! attributes such as `commit`, and metrics.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Writer};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::judge::{HistoryOptions, NamedValues, Values, judge};
use super::model::{Break, History, Session};
use crate::error::AnalysisError;

const TIME: &str = "time";
const COMMIT: &str = "commit";
/// Results of several branches are refused, as Otava does.
const BRANCH: &str = "branch";
/// A change of this column is a break between sessions.
const ENVIRONMENT: &str = "environment";
const ATTRIBUTES: [&str; 4] = [TIME, COMMIT, BRANCH, ENVIRONMENT];

/// Reads a history from CSV: a column `time`, and a column of numbers for each metric. Values are separated by commas or
/// semicolons; an empty one is missing. Columns of text are attributes.
///
/// # Errors
/// A file that cannot be read, without a column `time` or without metrics; a time or a number that is none; a chosen column
/// that does not exist; several branches.
pub fn read_csv(file: &Path, options: &HistoryOptions) -> Result<History, AnalysisError> {
    let text = std::fs::read_to_string(file).map_err(AnalysisError::reading(file))?;
    let values = parse(&text, &file.display().to_string(), &options.metrics);
    let values = values.map_err(|why| AnalysisError::InvalidHistory(file.to_owned(), why))?;
    judge(values, options).map_err(AnalysisError::Statistics)
}

/// Writes a history as CSV. Otava reads it with `time_column: time`, `attributes: [commit, environment]` and the names of the
/// metrics. A value that a session does not have is empty.
///
/// # Errors
/// An I/O error.
pub fn write_csv(history: &History, file: &Path) -> Result<(), AnalysisError> {
    let text = table(history);
    let written = text
        .map_err(std::io::Error::other)
        .and_then(|text| std::fs::File::create(file)?.write_all(&text));
    written.map_err(AnalysisError::writing(file))
}

fn table(history: &History) -> Result<Vec<u8>, csv::Error> {
    let mut writer = Writer::from_writer(Vec::new());
    let names = history.metrics.iter().map(|metric| metric.name.as_str());
    writer.write_record([TIME, COMMIT, ENVIRONMENT].into_iter().chain(names))?;
    for (place, session) in history.sessions.iter().enumerate() {
        let breaks = history.breaks.iter().filter(|it| it.session <= place);
        let environment = (breaks.count() + 1).to_string();
        let values = history.metrics.iter().map(|metric| metric.values[place]);
        let values = values.map(|value| value.map_or_else(String::new, |it| it.to_string()));
        let commit = session.commit.clone().unwrap_or_default();
        let attributes = [session.started_at.clone(), commit, environment];
        writer.write_record(attributes.into_iter().chain(values))?;
    }
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}

/// A line of the file: its number, its time and its cells.
struct Row {
    line: u64,
    time: Timestamp,
    cells: StringRecord,
}

fn parse(text: &str, source: &str, chosen: &[String]) -> Result<Values, String> {
    let header = text.lines().next().unwrap_or_default();
    let semicolons = header.contains(';') && !header.contains(',');
    let mut reader = ReaderBuilder::new()
        .delimiter(if semicolons { b';' } else { b',' })
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let columns: Vec<String> = reader
        .headers()
        .map_err(|error| error.to_string())?
        .iter()
        .map(str::to_owned)
        .collect();
    if let Some(twice) = columns
        .iter()
        .enumerate()
        .find(|(place, name)| columns[..*place].contains(name))
    {
        return Err(format!("there are two columns named \"{}\"", twice.1));
    }
    let place_of = |name: &str| columns.iter().position(|column| column == name);
    let time = place_of(TIME)
        .ok_or_else(|| format!("there is no column \"{TIME}\", but {}", columns.join(", ")))?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let cells = record.map_err(|error| error.to_string())?;
        let line = cells.position().map_or(0, csv::Position::line);
        let time = &cells[time];
        let time = instant(time).ok_or_else(|| {
            format!("line {line}: \"{time}\" is not a time such as 2026-11-27T04:00:00Z")
        })?;
        rows.push(Row { line, time, cells });
    }
    if rows.is_empty() {
        return Err("there is no line but the header".to_owned());
    }
    rows.sort_by_key(|row| row.time);
    if let Some(place) = place_of(BRANCH) {
        one_branch(&rows, place)?;
    }
    let mut warnings = Vec::new();
    let metrics = metrics(&columns, &rows, chosen, &mut warnings)?;
    let cell = |row: &Row, column: Option<usize>| {
        let cell = &row.cells[column?];
        (!cell.is_empty()).then(|| cell.to_owned())
    };
    let environment = place_of(ENVIRONMENT);
    let breaks = (1..rows.len()).filter_map(|session| {
        let [before, after] = [session - 1, session].map(|row| cell(&rows[row], environment));
        (before != after).then(|| Break {
            session,
            findings: vec![format!(
                "{ENVIRONMENT}: “{}”, “{}”",
                before.unwrap_or_default(),
                after.unwrap_or_default()
            )],
        })
    });
    let commit = place_of(COMMIT);
    let sessions = rows.iter().map(|row| Session {
        started_at: row.time.to_string(),
        commit: cell(row, commit),
        runs: Vec::new(),
    });
    Ok(Values {
        source: source.to_owned(),
        sessions: sessions.collect(),
        breaks: breaks.collect(),
        has_units: false,
        metrics,
        warnings,
    })
}

/// The chosen numeric columns, or all.
fn metrics(
    columns: &[String],
    rows: &[Row],
    chosen: &[String],
    warnings: &mut Vec<String>,
) -> Result<Vec<NamedValues>, String> {
    let listed = columns.join(", ");
    if let Some(name) = chosen.iter().find(|name| !columns.contains(name)) {
        return Err(format!("there is no column \"{name}\", but {listed}"));
    }
    let mut metrics = Vec::new();
    for (place, name) in columns.iter().enumerate() {
        let is_chosen = chosen.contains(name);
        if !is_chosen && (!chosen.is_empty() || ATTRIBUTES.contains(&name.as_str())) {
            continue;
        }
        let numbers = rows.iter().map(|row| number(row, place));
        match numbers.collect::<Result<Vec<_>, _>>() {
            Ok(values) if values.iter().any(Option::is_some) => {
                metrics.push((name.clone(), values));
            }
            Ok(_) => warnings.push(format!("column {name} is empty")),
            Err(error) if is_chosen => return Err(format!("column {name}, {error}")),
            // A text column is an attribute. Numbers with a few texts among them are a mistake.
            Err(error) => {
                let is_number = |row: &Row| matches!(number(row, place), Ok(Some(_)));
                if rows.iter().any(is_number) {
                    warnings.push(format!("column {name} is not taken for a metric: {error}"));
                }
            }
        }
    }
    if metrics.is_empty() {
        return Err(format!("no column is one of numbers: there are {listed}"));
    }
    Ok(metrics)
}

fn number(row: &Row, place: usize) -> Result<Option<f64>, String> {
    match &row.cells[place] {
        "" => Ok(None),
        cell => match cell.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(format!("line {}: \"{cell}\" is not a number", row.line)),
        },
    }
}

fn one_branch(rows: &[Row], place: usize) -> Result<(), String> {
    let branches: BTreeSet<&str> = rows.iter().map(|row| &row.cells[place]).collect();
    if branches.len() == 1 {
        return Ok(());
    }
    let branches: Vec<&str> = branches.into_iter().collect();
    Err(format!(
        "there are results of several branches ({}), which are not one history: leave those of one",
        branches.join(", ")
    ))
}

/// Date formats besides RFC 3339 of Otava's examples and output.
const FORMS: [&str; 5] = [
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
];

/// From about 1973 on, a number as large as this counts milliseconds since 1970, and a smaller one seconds.
const MILLISECONDS_FROM: f64 = 1e11;

/// A time: seconds or milliseconds since 1970, or a date, in UTC where it does not say otherwise.
fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(number) = text.parse::<f64>() {
        if !number.is_finite() {
            return None;
        }
        let unit = if number < MILLISECONDS_FROM {
            1000.0
        } else {
            1.0
        };
        return Timestamp::from_millisecond((unit * number) as i64).ok();
    }
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    // 2024.01.31 and 2024/01/31 are 2024-01-31.
    let (date, rest) = text.split_at_checked(10).unwrap_or((text, ""));
    let text = date.replace(['.', '/', 'T'], "-") + &rest.replacen('T', " ", 1);
    FORMS.into_iter().find_map(|form| {
        let parsed = strtime::parse(form, &text).ok()?;
        parsed.to_timestamp().ok().or_else(|| {
            let local = parsed
                .to_datetime()
                .or_else(|_| parsed.to_date().map(DateTime::from));
            Some(local.ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Values {
        parse(text, "file.csv", &[]).unwrap()
    }

    fn refusal(text: &str, chosen: &[&str]) -> String {
        let chosen: Vec<String> = chosen.iter().map(|it| (*it).to_owned()).collect();
        parse(text, "file.csv", &chosen).err().unwrap()
    }

    #[test]
    fn times_are_read_in_the_forms_that_otava_has() {
        for text in [
            "2024-01-01T02:00:00Z",
            "2024-01-01T03:00:00+01:00",
            "2024.01.01 3:00:00 +0100",
            "2024-01-01 02:00:00 +0000",
            "2024-01-01 02:00:00",
            "2024-01-01 02:00",
            "2024/01/01 02:00:00",
            "1704074400",
            "1704074400000",
        ] {
            let found = instant(text).map(|time| time.to_string());
            assert_eq!(found.as_deref(), Some("2024-01-01T02:00:00Z"), "{text}");
        }
        let day = instant("2024-01-01").map(|time| time.to_string());
        assert_eq!(day.as_deref(), Some("2024-01-01T00:00:00Z"));
        for text in ["", "yesterday", "2024-13-01", "NaN"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn otavas_own_sample_is_read_with_commas_and_with_semicolons() {
        // tests/resources/sample.csv of apache/otava (Apache License 2.0), its first lines.
        let text = "time,commit,metric1,metric2\n\
                    2024.01.02 3:00:00 +0100,aaa1,138455,10.23\n\
                    2024.01.01 3:00:00 +0100,aaa0,154023,10.43\n";
        for text in [text.to_owned(), text.replace(',', ";")] {
            let found = values(&text);
            let commits: Vec<_> = found
                .sessions
                .iter()
                .map(|it| it.commit.as_deref())
                .collect();
            assert_eq!(commits, [Some("aaa0"), Some("aaa1")]);
            assert_eq!(
                found.metrics,
                [
                    ("metric1".to_owned(), vec![Some(154_023.0), Some(138_455.0)]),
                    ("metric2".to_owned(), vec![Some(10.43), Some(10.23)]),
                ]
            );
            assert!(found.warnings.is_empty() && found.breaks.is_empty());
        }
    }

    #[test]
    fn an_environment_that_changes_is_a_break_and_an_empty_value_is_missing() {
        let found = values("time,environment,p95\n1,a,10\n2,a,\n3,b,12\n");
        assert_eq!(found.breaks.len(), 1);
        assert_eq!(found.breaks[0].session, 2);
        assert_eq!(found.metrics[0].1, [Some(10.0), None, Some(12.0)]);
    }

    #[test]
    fn a_numeric_column_with_a_text_in_it_is_an_error() {
        let found = values("time,p95,p99\n1,10,20\n2,n/a,21\n");
        assert_eq!(found.metrics.len(), 1);
        assert_eq!(
            found.warnings,
            ["column p95 is not taken for a metric: line 3: \"n/a\" is not a number"]
        );
        let text = "time,p95,p99\n1,10,20\n2,n/a,21\n";
        assert_eq!(
            refusal(text, &["p95"]),
            "column p95, line 3: \"n/a\" is not a number"
        );
    }

    #[test]
    fn an_invalid_history_is_refused_with_the_reason() {
        for (text, expected) in [
            ("", "there is no column \"time\""),
            (
                "date,p95\n1,2\n",
                "there is no column \"time\", but date, p95",
            ),
            ("time,p95\n", "there is no line but the header"),
            (
                "time,p95,p95\n1,2,3\n",
                "there are two columns named \"p95\"",
            ),
            ("time,p95\nsoon,2\n", "line 2: \"soon\" is not a time"),
            ("time,commit\n1,abc\n", "no column is one of numbers"),
            ("time,p95\n1,2,3\n", "CSV error: record 1"),
            (
                "time,branch,p95\n1,main,2\n2,next,3\n",
                "there are results of several branches (main, next)",
            ),
        ] {
            let found = refusal(text, &[]);
            assert!(found.starts_with(expected), "{found}");
        }
        assert_eq!(
            refusal("time,p95\n1,2\n", &["p99"]),
            "there is no column \"p99\", but time, p95"
        );
    }
}
