//! Gatling's text log, and the CSV that its binary log is converted to.

use super::FileFacts;
use super::bad_rows::Bad;
use super::collect::{At, Collector, Row};
use super::error::ImportError;
use super::fields::whole;
use super::format::Format;
use super::input::Input;
use super::records::{Records, no_number};
use super::split_first_line;
use super::table::MILLISECOND;
use crate::sample::ErrorKind;
use crate::schema::column;

/// Whether a file begins as a text log.
pub(super) fn recognises_log(first_line: &[u8]) -> bool {
    let fields = fields_of(first_line);
    match fields.first().copied() {
        Some(b"RUN") => fields.len() >= 5,
        // Assertions come first where there are any.
        Some(b"ASSERTION") => fields.len() == 2,
        _ => is_of_version_2_0(&fields),
    }
}

/// Versions 2.0 and 2.1 write the simulation, or the scenario, and a number before the kind of a line.
fn is_of_version_2_0(first_line: &[&[u8]]) -> bool {
    first_line.len() == 6 && first_line[2] == b"RUN" && whole(first_line[3]).is_some()
}

fn fields_of(line: &[u8]) -> Vec<&[u8]> {
    line.split(|byte| *byte == b'\t').collect()
}

/// Whether a file begins as a converted log.
pub(super) fn recognises_csv(first_line: &[u8]) -> bool {
    let names = split_first_line(first_line, b',');
    [
        "record_type",
        "request_name",
        "start_timestamp",
        "end_timestamp",
    ]
    .iter()
    .all(|name| names.iter().any(|it| it == name.as_bytes()))
}

/// The positions of a request's fields, by the position of `OK` or `KO`.
struct Layout {
    scenario: Option<usize>,
    groups: usize,
    name: usize,
    start: usize,
    end: usize,
    status: usize,
    message: usize,
}

/// Version 3.4 and later: groups, name, start, end, status. 3.0 to 3.3 write the user's number before, 2.3 the scenario, too.
const LAYOUTS: [Layout; 3] = [
    Layout {
        scenario: None,
        groups: 1,
        name: 2,
        start: 3,
        end: 4,
        status: 5,
        message: 6,
    },
    Layout {
        scenario: None,
        groups: 2,
        name: 3,
        start: 4,
        end: 5,
        status: 6,
        message: 7,
    },
    Layout {
        scenario: Some(1),
        groups: 3,
        name: 4,
        start: 5,
        end: 6,
        status: 7,
        message: 8,
    },
];

/// Version 2.0: the scenario, the user, the kind, and the start and end of the request and of the response.
const FIRST_LAYOUT: Layout = Layout {
    scenario: Some(0),
    groups: 3,
    name: 4,
    start: 5,
    end: 8,
    status: 9,
    message: 10,
};

const GROUPS: &str = "groups, which are sums of requests that are there";

pub(super) fn read_log(input: &mut Input, out: &mut Collector) -> Result<FileFacts, ImportError> {
    let first = super::first_line(input.beginning());
    if !recognises_log(first) {
        return Err(Format::Gatling.wrong(input.path(), "it does not begin with RUN or ASSERTION"));
    }
    let (kind, layouts) = match is_of_version_2_0(&fields_of(first)) {
        true => (2, std::slice::from_ref(&FIRST_LAYOUT)),
        false => (0, LAYOUTS.as_slice()),
    };
    let mut records = Records::without_quotes(b'\t');
    let mut users = 0_u32;
    let mut version = None;
    let mut label = Vec::new();
    while records.advance(input, out)? {
        let line = records.line;
        let record = input.line();
        let fields = &records.fields;
        let field = |index: usize| fields.raw(record, index);
        match field(kind) {
            b"RUN" => {
                let text = String::from_utf8_lossy(field(fields.len() - 1)).into_owned();
                version =
                    Some(text).filter(|text| text.starts_with(|it: char| it.is_ascii_digit()));
            }
            b"ASSERTION" | b"ERROR" => {}
            b"GROUP" => out.leave_out(GROUPS),
            b"USER" => {
                let event = (1..fields.len()).find(|it| matches!(field(*it), b"START" | b"END"));
                // The first versions write a start and an end.
                let time = event.and_then(|event| {
                    let is_start = field(event) == b"START";
                    whole(field(if is_start {
                        event + 1
                    } else {
                        fields.len() - 1
                    }))
                });
                match (event, time) {
                    (Some(event), Some(time)) => {
                        users = if field(event) == b"START" {
                            users.saturating_add(1)
                        } else {
                            users.saturating_sub(1)
                        };
                        out.count_users(nanoseconds(time), users, line);
                    }
                    (None, _) => records_bad(input, out, line, Bad::TooFewFields),
                    (_, None) => records_bad(input, out, line, Bad::Time),
                }
            }
            b"REQUEST" => {
                let layout = layouts
                    .iter()
                    .find(|it| matches!(field(it.status), b"OK" | b"KO"));
                let Some(layout) = layout else {
                    records_bad(input, out, line, Bad::Success);
                    continue;
                };
                label.clear();
                for group in field(layout.groups)
                    .split(|byte| *byte == b',')
                    .filter(|it| !it.is_empty())
                {
                    label.extend_from_slice(group);
                    label.extend_from_slice(b" / ");
                }
                label.extend_from_slice(field(layout.name));
                let request = Request {
                    start: field(layout.start),
                    end: field(layout.end),
                    ok: field(layout.status) == b"OK",
                    message: field(layout.message),
                };
                match request.row() {
                    Err(bad) => out.bad(bad, line),
                    Ok(mut row) => {
                        row.label = &label;
                        row.scenario = layout.scenario.map_or(&b""[..], field);
                        out.add(&row, line)?;
                    }
                }
            }
            _ => records_bad(input, out, line, Bad::UnknownLine),
        }
    }
    Ok(facts(version))
}

/// The last line of a log may be cut off.
fn records_bad(input: &Input, out: &mut Collector, line: u64, bad: Bad) {
    out.bad(if input.unfinished { Bad::CutOff } else { bad }, line);
}

fn facts(tool_version: Option<String>) -> FileFacts {
    FileFacts {
        unknown: vec![
            column::BYTES_SENT,
            column::BYTES_RECEIVED,
            column::LATENCY_NS,
            column::CONNECT_NS,
        ],
        users: "the starts and ends of users",
        elapsed_tick: MILLISECOND,
        tool_version,
        ..FileFacts::default()
    }
}

/// An instant in milliseconds, in nanoseconds.
fn nanoseconds(ms: u64) -> Option<i64> {
    i64::try_from(ms.checked_mul(MILLISECOND)?).ok()
}

struct Request<'a> {
    start: &'a [u8],
    end: &'a [u8],
    ok: bool,
    message: &'a [u8],
}

impl Request<'_> {
    fn row(&self) -> Result<Row<'static>, Bad> {
        let time = |field: &[u8]| whole(field).ok_or(Bad::Time);
        let (start, end) = (time(self.start)?, time(self.end)?);
        let elapsed = end.checked_sub(start).ok_or(Bad::NegativeElapsed)?;
        let nanoseconds = |ms: u64| ms.checked_mul(MILLISECOND).ok_or(Bad::OutOfRange);
        let at = i64::try_from(nanoseconds(start)?).map_err(|_| Bad::OutOfRange)?;
        Ok(Row {
            error: (!self.ok).then(|| error(self.message)),
            status: status(self.message),
            ..Row::of(At::Start(at), MILLISECOND, nanoseconds(elapsed)?)
        })
    }
}

/// Gatling writes the status of failures only: `status.find.in(200,201), but actually found 500`.
fn status(message: &[u8]) -> Option<u16> {
    let message = std::str::from_utf8(message).ok()?;
    if !message.contains("status") {
        return None;
    }
    let (_, found) = message.rsplit_once("found ")?;
    let digits = found.trim().get(..3)?;
    digits.parse().ok().filter(|it| (100..1000).contains(it))
}

fn error(message: &[u8]) -> ErrorKind {
    let text = String::from_utf8_lossy(message).to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if let Some(status) = status(message) {
        return if status >= 400 {
            ErrorKind::Status
        } else {
            ErrorKind::Expect
        };
    }
    if has(&["unknownhost", "resolve"]) {
        ErrorKind::Dns
    } else if has(&["refused"]) {
        ErrorKind::Refused
    } else if has(&["connecttimeout", "connection timed out"]) {
        ErrorKind::Connect
    } else if has(&["timeout"]) {
        ErrorKind::Timeout
    } else if has(&["ssl", "certificate"]) {
        ErrorKind::Tls
    } else if has(&[
        "reset",
        "prematureclose",
        "premature close",
        "remotely closed",
        "closed",
    ]) {
        ErrorKind::Reset
    } else if has(&["find", "check", "found"]) {
        ErrorKind::Expect
    } else {
        ErrorKind::Unknown
    }
}

pub(super) fn read_csv(input: &mut Input, out: &mut Collector) -> Result<FileFacts, ImportError> {
    let header = super::first_line(input.beginning());
    let names = split_first_line(header, b',');
    let place = |name: &str| names.iter().position(|it| it == name.as_bytes());
    let (Some(kind), Some(name), Some(start), Some(end), Some(status)) = (
        place("record_type"),
        place("request_name"),
        place("start_timestamp"),
        place("end_timestamp"),
        place("status"),
    ) else {
        return Err(Format::GatlingCsv.wrong(
            input.path(),
            "its first line has no columns record_type, request_name, start_timestamp, end_timestamp and status",
        ));
    };
    let (groups, message) = (place("group_hierarchy"), place("error_message"));
    let (event, incoming) = (place("event_type"), place("is_incoming"));
    let mut records = Records::new(b',');
    let mut users = 0_u32;
    let mut label = Vec::new();
    while records.advance(input, out)? {
        let line = records.line;
        let record = input.line();
        let fields = &records.fields;
        if fields.raw(record, kind) == b"record_type" {
            continue;
        }
        if !records.has(names.len(), names.len(), input, out) {
            continue;
        }
        let text = |place: Option<usize>| place.map_or(&b""[..], |it| fields.raw(record, it));
        match fields.raw(record, kind) {
            b"user" => {
                let Some(time) = whole(fields.raw(record, start)) else {
                    out.bad(
                        no_number(fields.raw(record, start), "start_timestamp"),
                        line,
                    );
                    continue;
                };
                users = if text(event) == b"start" {
                    users.saturating_add(1)
                } else {
                    users.saturating_sub(1)
                };
                out.count_users(nanoseconds(time), users, line);
            }
            b"group" => out.leave_out(GROUPS),
            b"request" if text(incoming) == b"true" => {
                out.leave_out("messages that the server sent of itself");
            }
            b"request" => {
                let ok = fields.raw(record, status);
                if !matches!(ok, b"OK" | b"KO") {
                    out.bad(Bad::Success, line);
                    continue;
                }
                label.clear();
                let hierarchy = groups.map(|it| fields.text(record, it)).unwrap_or_default();
                if !hierarchy.is_empty() {
                    label.extend_from_slice(&hierarchy);
                    label.extend_from_slice(b" / ");
                }
                label.extend_from_slice(&fields.text(record, name));
                let request = Request {
                    start: fields.raw(record, start),
                    end: fields.raw(record, end),
                    ok: ok == b"OK",
                    message: text(message),
                };
                match request.row() {
                    Err(bad) => out.bad(bad, line),
                    Ok(mut row) => {
                        row.label = &label;
                        out.add(&row, line)?;
                    }
                }
            }
            b"run" | b"error" | b"assertion" => {}
            _ => out.bad(Bad::UnknownLine, line),
        }
    }
    Ok(facts(None))
}
