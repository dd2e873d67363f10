//! `JMeter`'s results as CSV (JTL), with a header or without one as older versions wrote them.

mod layout;

use super::bad_rows::Bad;
use super::collect::{At, Collector, Row};
use super::error::ImportError;
use super::fields::{Fields, scaled, whole};
use super::format::Format;
use super::input::Input;
use super::nested::{Held, Nested, Part, Threads, transaction};
use super::records::{HEADERS, Records, no_number};
use super::time::{TimeFormat, tick_of};
use super::{FileFacts, ImportOptions};
use crate::sample::ErrorKind;
use crate::schema::column;
use layout::{Columns, layout};

const MILLISECOND: u64 = 1_000_000;

const TRANSACTIONS: &str = "samples of transaction controllers, which are sums of samples that are there (--keep-transactions reads them)";
const SUB_SAMPLES: &str =
    "sub-samples of redirects and embedded resources, which are parts of samples that are there";

/// Whether a file begins as one of `JMeter`'s.
pub(super) fn recognises(first_line: &[u8]) -> bool {
    layout(first_line).is_some()
}

pub(super) fn read(
    input: &mut Input,
    out: &mut Collector,
    options: &ImportOptions,
) -> Result<FileFacts, ImportError> {
    let first = super::first_line(input.beginning());
    let Some((delimiter, mut columns, has_header)) = layout(first) else {
        return Err(Format::JmeterCsv.wrong(
            input.path(),
            "its first line has no columns timeStamp and elapsed, and is no row as older versions write them",
        ));
    };
    let mut records = Records::new(delimiter);
    let mut threads = Threads::default();
    let mut lone = 0;
    let mut is_first = true;
    while records.advance(input, out)? {
        let record = input.line();
        let fields = &records.fields;
        if fields.raw(record, columns.time) == b"timeStamp" {
            let names: Vec<Vec<u8>> = (0..fields.len())
                .map(|index| fields.text(record, index).into_owned())
                .collect();
            // Files with other settings may have been concatenated.
            if let Some(others) = Columns::of(&names) {
                columns = others;
            }
            if !(is_first && has_header) {
                out.leave_out(HEADERS);
            }
            is_first = false;
            continue;
        }
        is_first = false;
        if records.has(columns.count, columns.count, input, out) {
            match row(record, fields, &columns) {
                Err(bad) => out.bad(bad, records.line),
                Ok(mut row) => {
                    let label = columns.label.map(|it| fields.text(record, it));
                    if let Some(label) = &label {
                        row.label = label;
                    }
                    let thread = columns.thread.map(|it| fields.text(record, it));
                    let of_thread = threads.of(thread.as_deref());
                    if let Some(thread) = &thread {
                        row.user = of_thread.number;
                        row.scenario = group(thread);
                    }
                    let message = columns.message.map(|it| fields.raw(record, it));
                    let idle = columns.idle.map(|it| fields.raw(record, it));
                    let nested = Nested {
                        row,
                        line: records.line,
                        idle_ns: idle
                            .and_then(|it| scaled(it, MILLISECOND))
                            .unwrap_or_default(),
                        transaction: transaction(message.unwrap_or_default())
                            .filter(|_| !options.keep_transactions),
                    };
                    let (part, before) = of_thread.place(&nested);
                    if part == Part::Unknown {
                        of_thread.hold(&nested);
                    }
                    if let Some((held, part)) = before {
                        lone += settle(&held, part, out)?;
                    }
                    match part {
                        Part::Whole => out.add(&nested.row, nested.line)?,
                        Part::SubSample => out.leave_out(SUB_SAMPLES),
                        Part::Sum => out.leave_out(TRANSACTIONS),
                        Part::Unknown => {}
                    }
                }
            }
        }
    }
    for thread in threads.all() {
        if let Some(held) = thread.release() {
            lone += settle(&held, Part::Whole, out)?;
        }
    }
    let notes = (lone > 0).then(|| {
        format!(
            "{lone} samples of transaction controllers are read as requests, because the samples that they sum up are not in the \
             file"
        )
    });
    let missing = [
        (columns.bytes, column::BYTES_RECEIVED),
        (columns.sent, column::BYTES_SENT),
        (columns.latency, column::LATENCY_NS),
        (columns.connect, column::CONNECT_NS),
        (columns.code, column::STATUS),
    ];
    let missing = missing.into_iter().filter(|(place, _)| place.is_none());
    Ok(FileFacts {
        unknown: missing.map(|(_, name)| name).collect(),
        users: "the column allThreads",
        elapsed_tick: MILLISECOND,
        notes: notes.into_iter().collect(),
        ..FileFacts::default()
    })
}

/// Counts a transaction that was held, or reads it as a request; how many were.
fn settle(held: &Held, part: Part, out: &mut Collector) -> Result<u64, ImportError> {
    if part == Part::Whole {
        let (row, line) = held.row();
        out.add(&row, line)?;
        return Ok(1);
    }
    out.leave_out(TRANSACTIONS);
    Ok(0)
}

fn row(record: &[u8], fields: &Fields, columns: &Columns) -> Result<Row<'static>, Bad> {
    let field = |place: Option<usize>| place.map(|it| fields.raw(record, it));
    let milliseconds = |place: Option<usize>, name| match field(place) {
        None | Some(b"") => Ok(0),
        Some(field) => scaled(field, MILLISECOND).ok_or_else(|| no_number(field, name)),
    };
    let number = |place: Option<usize>, name| match field(place) {
        None | Some(b"") => Ok(0),
        Some(field) => whole(field).ok_or(Bad::Number(name)),
    };
    let time = TimeFormat::Any
        .read(fields.raw(record, columns.time))
        .ok_or(Bad::Time)?;
    let elapsed = fields.raw(record, columns.elapsed);
    let elapsed_ns = scaled(elapsed, MILLISECOND).ok_or_else(|| no_number(elapsed, "elapsed"))?;
    if number(columns.samples, "SampleCount")? > 1 {
        return Err(Bad::Aggregated);
    }
    let code = field(columns.code).unwrap_or_default();
    let status = whole(code).and_then(|status| u16::try_from(status).ok());
    let message = field(columns.message).unwrap_or_default();
    let success = match field(columns.success) {
        Some(b"true" | b"TRUE" | b"True") => true,
        Some(b"false" | b"FALSE" | b"False") => false,
        Some(_) => return Err(Bad::Success),
        None => status.is_some_and(|status| status < 400),
    };
    let users = number(columns.users, "allThreads")?;
    Ok(Row {
        latency_ns: milliseconds(columns.latency, "Latency")?,
        connect_ns: milliseconds(columns.connect, "Connect")?,
        bytes_sent: number(columns.sent, "sentBytes")?,
        bytes_received: number(columns.bytes, "bytes")?,
        status,
        error: (!success).then(|| error(status, code, message)),
        active_users: columns.users.and_then(|_| u32::try_from(users).ok()),
        ..Row::of(
            At::Start(time.ns),
            time.tick
                .max(tick_of(elapsed, MILLISECOND).min(MILLISECOND)),
            elapsed_ns,
        )
    })
}

/// The error of a sample, by the code that `JMeter` writes in place of a status.
fn error(status: Option<u16>, code: &[u8], message: &[u8]) -> ErrorKind {
    if let Some(status) = status {
        // Otherwise an assertion failed.
        return if status >= 400 {
            ErrorKind::Status
        } else {
            ErrorKind::Expect
        };
    }
    let code = String::from_utf8_lossy(code);
    let is = |names: &[&str]| names.iter().any(|name| code.contains(name));
    let refused = || {
        String::from_utf8_lossy(message)
            .to_ascii_lowercase()
            .contains("refused")
    };
    if is(&["UnknownHost"]) {
        ErrorKind::Dns
    } else if is(&["ConnectTimeout"]) {
        ErrorKind::Connect
    } else if is(&["Timeout", "InterruptedIO"]) {
        ErrorKind::Timeout
    } else if is(&["ConnectException", "HttpHostConnect"]) {
        if refused() {
            ErrorKind::Refused
        } else {
            ErrorKind::Connect
        }
    } else if is(&["SSL", "Certificate"]) {
        ErrorKind::Tls
    } else if is(&[
        "NoHttpResponse",
        "SocketException",
        "EOF",
        "ConnectionClosed",
    ]) {
        ErrorKind::Reset
    } else if code.is_empty() {
        ErrorKind::Unknown
    } else {
        ErrorKind::Protocol
    }
}

/// The thread group of a thread: `shop 1` of `shop 1-12`, and `shop` where there is one group of that name.
fn group(thread: &[u8]) -> &[u8] {
    let end = thread.iter().rposition(|byte| *byte == b' ');
    end.map_or(thread, |end| &thread[..end])
}
