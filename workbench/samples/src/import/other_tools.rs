//! The tables of small tools: vegeta, oha, hey, ab, h2load and Locust.

use super::collect::SECOND;
use super::error::ImportError;
use super::fields::{Fields, whole};
use super::format::Format;
use super::input::Input;
use super::split_first_line;
use super::table::{Clock, MILLISECOND, Table};
use super::time::TimeFormat;

const SECONDS: u64 = SECOND as u64;

const OHA: &str = "request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status";
const HEY: &str =
    "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset";
const AB: &str = "starttime\tseconds\tctime\tdtime\tttime\twait";

const ANSWERED: &str =
    "the tool writes requests that were answered: those without a response are not in the file";

/// Whether a file begins as one of a format of this module.
pub(super) fn recognises(format: Format, first_line: &[u8]) -> bool {
    let is = |header: &str| first_line.trim_ascii() == header.as_bytes();
    match format {
        Format::Oha => is(OHA),
        Format::Hey => is(HEY),
        Format::Ab => is(AB),
        Format::Locust => locust(first_line).is_some(),
        Format::VegetaCsv => {
            let mut fields = Fields::default();
            let raw = |fields: &Fields, index| whole(fields.raw(first_line, index)).is_some();
            fields.split(first_line, b',')
                && matches!(fields.len(), 9 | 12)
                && fields.raw(first_line, 0).len() == 19
                && (0..5).chain([8]).all(|index| raw(&fields, index))
        }
        Format::H2load => {
            let mut fields = Fields::default();
            fields.split(first_line, b'\t')
                && fields.len() >= 3
                && fields.raw(first_line, 0).len() == 16
                && [0, 2]
                    .iter()
                    .all(|it| whole(fields.raw(first_line, *it)).is_some())
                && matches!(fields.raw(first_line, 1).len(), 2 | 3)
        }
        _ => false,
    }
}

/// The table of a file.
pub(super) fn table(format: Format, input: &Input) -> Result<Table, ImportError> {
    let line = super::first_line(input.beginning());
    let wrong = |reason: String| format.wrong(input.path(), reason);
    let with_header = |header: &str| {
        (line.trim_ascii() == header.as_bytes())
            .then_some(())
            .ok_or_else(|| wrong(format!("its first line is not “{header}”")))
    };
    let ns = Clock::Utc(TimeFormat::Epoch(1));
    Ok(match format {
        Format::Oha => {
            with_header(OHA)?;
            Table {
                connect: Some((2, SECONDS)),
                first_byte: Some((3, SECONDS)),
                received: Some(5),
                status: Some(6),
                notes: vec![ANSWERED.to_owned()],
                ..Table::new(7, (0, Clock::SinceStart(SECONDS)), (4, SECONDS))
            }
        }
        Format::Hey => {
            with_header(HEY)?;
            Table {
                connect: Some((1, SECONDS)),
                status: Some(6),
                notes: vec![ANSWERED.to_owned()],
                ..Table::new(8, (7, Clock::SinceStart(SECONDS)), (0, SECONDS))
            }
        }
        Format::Ab => {
            with_header(AB)?;
            Table {
                delimiter: b'\t',
                connect: Some((2, MILLISECOND)),
                notes: vec![
                    "ab writes neither statuses nor failures: every request is taken for a success".to_owned(),
                    "ab sorts its rows by their times: the order of the requests of a second is not known, nor how much \
                     they depend on each other"
                        .to_owned(),
                ],
                ..Table::new(6, (1, Clock::Shuffled), (4, MILLISECOND))
            }
        }
        Format::VegetaCsv => Table {
            has_header: false,
            // Earlier versions end with the sequence number.
            width: (9, 12),
            status: Some(1),
            sent: Some(3),
            received: Some(4),
            error: Some(5),
            label: vec![9, 10],
            scenario: Some(7),
            ..Table::new(12, (0, ns), (2, 1))
        },
        Format::H2load => Table {
            delimiter: b'\t',
            has_header: false,
            width: (3, usize::MAX),
            status: Some(1),
            ..Table::new(3, (0, Clock::Utc(TimeFormat::Epoch(1_000))), (2, 1_000))
        },
        _ => locust(line).ok_or_else(|| {
            wrong(
                "its first line has no columns request_type, name, response_time and a time"
                    .to_owned(),
            )
        })?,
    })
}

/// A CSV with the names of Locust's request event: `start_time` of the start, or a time of the end, when listeners are
/// called.
fn locust(line: &[u8]) -> Option<Table> {
    let names = split_first_line(line, b',');
    let place = |name: &str| {
        names
            .iter()
            .position(|it| it.eq_ignore_ascii_case(name.as_bytes()))
    };
    let any = |names: &[&str]| names.iter().find_map(|name| place(name));
    let method = any(&["request_type", "method"])?;
    let name = place("name")?;
    let elapsed = any(&["response_time", "response_time_ms"])?;
    let start = place("start_time");
    let time = start.or_else(|| any(&["timestamp", "time", "end_time", "datetime"]))?;
    Some(Table {
        ends: start.is_none(),
        label: vec![method, name],
        status: any(&["status_code", "response_code", "status"]),
        success: any(&["success", "result"]),
        error: any(&["exception", "error"]),
        received: any(&["response_length", "content_length"]),
        users: any(&["user_count", "users"]),
        ..Table::new(
            names.len(),
            (time, Clock::Utc(TimeFormat::Any)),
            (elapsed, MILLISECOND),
        )
    })
}
