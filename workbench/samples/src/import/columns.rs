//! `--columns`: tables whose columns the user names.

use std::str::FromStr;

use super::collect::SECOND;
use super::error::ImportError;
use super::format::Format;
use super::input::Input;
use super::split_first_line;
use super::table::{Clock, MILLISECOND, Table};
use super::time::TimeFormat;

/// Delimiters that are tried.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The keys, and their descriptions for messages.
const KEYS: [&str; 13] = [
    "start",
    "end",
    "elapsed",
    "label",
    "success",
    "error",
    "status",
    "connect",
    "first_byte",
    "bytes_sent",
    "bytes_received",
    "users",
    "scenario",
];

/// The columns of a table: `start=timestamp,elapsed=latency:ms,label=name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    text: String,
    columns: Vec<Named>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    key: String,
    /// A name of the header, or a number from 1.
    column: String,
    unit: Option<String>,
}

impl FromStr for Columns {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut columns: Vec<Named> = Vec::new();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (key, column) = part
                .split_once('=')
                .ok_or_else(|| format!("“{part}” is not KEY=COLUMN"))?;
            let key = key.trim();
            if !KEYS.contains(&key) {
                return Err(format!(
                    "there is no “{key}”; known are {}",
                    KEYS.join(", ")
                ));
            }
            if columns.iter().any(|known| known.key == key) {
                return Err(format!("“{key}” is given twice"));
            }
            let (column, unit) = match column.rsplit_once(':') {
                Some((column, unit)) if is_unit(key, unit) => (column, Some(unit.to_owned())),
                _ => (column, None),
            };
            columns.push(Named {
                key: key.to_owned(),
                column: column.trim().to_owned(),
                unit,
            });
        }
        let has = |key: &str| columns.iter().any(|column| column.key == key);
        if has("start") == has("end") {
            return Err(
                "give the column of either start or end, such as start=timestamp".to_owned(),
            );
        }
        if !has("elapsed") {
            return Err(
                "give the column of the elapsed time, such as elapsed=latency:ms".to_owned(),
            );
        }
        Ok(Self {
            text: text.to_owned(),
            columns,
        })
    }
}

impl Columns {
    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn get(&self, key: &str) -> Option<&Named> {
        self.columns.iter().find(|column| column.key == key)
    }

    /// The table of a file.
    pub(super) fn table(&self, input: &Input) -> Result<Table, ImportError> {
        let line = super::first_line(input.beginning());
        let by_number = self
            .columns
            .iter()
            .all(|it| it.column.parse::<usize>().is_ok_and(|it| it > 0));
        let names_of = |delimiter: u8| split_first_line(line, delimiter);
        let has = |names: &[Vec<u8>], column: &str| names.iter().any(|it| it == column.as_bytes());
        let found = DELIMITERS.into_iter().max_by_key(|delimiter| {
            let names = names_of(*delimiter);
            let known = self
                .columns
                .iter()
                .filter(|it| has(&names, &it.column))
                .count();
            (known, if by_number { names.len() } else { 0 })
        });
        let delimiter = found.unwrap_or(b',');
        let names = names_of(delimiter);
        let has_header = !by_number || self.columns.iter().any(|it| has(&names, &it.column));
        let place = |key: &str| -> Result<Option<usize>, ImportError> {
            let Some(named) = self.get(key) else {
                return Ok(None);
            };
            let number = named.column.parse::<usize>().ok().filter(|_| !has_header);
            let place = match number {
                Some(number) if (1..=names.len()).contains(&number) => Some(number - 1),
                Some(_) => None,
                None => names.iter().position(|it| it == named.column.as_bytes()),
            };
            place.map(Some).ok_or_else(|| {
                let known = names.iter().map(|name| String::from_utf8_lossy(name));
                Format::Columns.wrong(
                    input.path(),
                    format!(
                        "it has no column “{}”; it has {}",
                        named.column,
                        known.collect::<Vec<_>>().join(", ")
                    ),
                )
            })
        };
        let duration = |key: &str| -> Result<Option<(usize, u64)>, ImportError> {
            let Some(at) = place(key)? else {
                return Ok(None);
            };
            let named = self.get(key).expect("it has a place");
            let unit = named
                .unit
                .as_deref()
                .and_then(unit_of)
                .or_else(|| unit_of_name(&named.column));
            let unit = unit.ok_or_else(|| {
                ImportError::Options(format!(
                    "--columns: say the unit of {key}: {key}={}:ms (or s, us, ns)",
                    named.column
                ))
            })?;
            Ok(Some((at, unit)))
        };
        let ends = self.get("end").is_some();
        let time_key = if ends { "end" } else { "start" };
        let time = place(time_key)?.unwrap_or_default();
        let unit = self.get(time_key).and_then(|it| it.unit.as_deref());
        let clock = match unit {
            Some(unit) if unit.starts_with("since-") => {
                Clock::SinceStart(unit_of(&unit["since-".len()..]).unwrap_or(SECOND as u64))
            }
            unit => Clock::Utc(
                unit.and_then(unit_of)
                    .map_or(TimeFormat::Any, TimeFormat::Epoch),
            ),
        };
        let elapsed = duration("elapsed")?.unwrap_or((0, MILLISECOND));
        Ok(Table {
            delimiter,
            has_header,
            ends,
            label: place("label")?.into_iter().collect(),
            scenario: place("scenario")?,
            status: place("status")?,
            success: place("success")?,
            error: place("error")?,
            connect: duration("connect")?,
            first_byte: duration("first_byte")?,
            sent: place("bytes_sent")?,
            received: place("bytes_received")?,
            users: place("users")?,
            ..Table::new(names.len(), (time, clock), elapsed)
        })
    }
}

fn is_unit(key: &str, unit: &str) -> bool {
    let is_time = matches!(key, "start" | "end");
    let since = unit.strip_prefix("since-").filter(|_| is_time);
    unit_of(since.unwrap_or(unit)).is_some() || (is_time && unit == "date")
}

fn unit_of(unit: &str) -> Option<u64> {
    match unit {
        "s" => Some(SECOND as u64),
        "ms" => Some(MILLISECOND),
        "us" | "µs" => Some(1_000),
        "ns" => Some(1),
        _ => None,
    }
}

/// `latency_ms`, `elapsedMs`, `duration_seconds`.
fn unit_of_name(name: &str) -> Option<u64> {
    let lower = name.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
    if ends(&["_ms", "-ms", "(ms)", "millis", "milliseconds"]) || name.ends_with("Ms") {
        Some(MILLISECOND)
    } else if ends(&["_us", "-us", "(us)", "micros", "microseconds"]) || name.ends_with("Us") {
        Some(1_000)
    } else if ends(&["_ns", "-ns", "(ns)", "nanos", "nanoseconds"]) || name.ends_with("Ns") {
        Some(1)
    } else if ends(&["_s", "-s", "(s)", "_sec", "_secs", "seconds"]) {
        Some(SECOND as u64)
    } else {
        None
    }
}
