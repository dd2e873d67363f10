//! Files with one request in each row of delimited fields: positions and units of the fields.

use std::borrow::Cow;

use super::FileFacts;
use super::bad_rows::Bad;
use super::collect::{At, Collector, Row, SECOND, error_of_status};
use super::error::ImportError;
use super::fields::{Fields, scaled, whole};
use super::input::Input;
use super::records::{HEADERS, Records, no_number};
use super::time::{Instant, TimeFormat, tick_of};
use crate::sample::ErrorKind;
use crate::schema::column;

pub(super) const MILLISECOND: u64 = 1_000_000;

/// How the time of a request is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// An instant.
    Utc(TimeFormat),
    /// Units of this many nanoseconds since the test began, whose date is not in the file.
    SinceStart(u64),
    /// Whole seconds of files whose rows are not in order of time: they are spread over their second at random.
    Shuffled,
}

/// The positions of all fields in a row.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) delimiter: u8,
    pub(super) has_header: bool,
    /// Fields of a row: at least and at most.
    pub(super) width: (usize, usize),
    pub(super) time: usize,
    pub(super) clock: Clock,
    /// Times are those of the ends.
    pub(super) ends: bool,
    /// Place and unit in nanoseconds.
    pub(super) elapsed: (usize, u64),
    /// Joined with spaces, empty ones left out.
    pub(super) label: Vec<usize>,
    pub(super) scenario: Option<usize>,
    pub(super) status: Option<usize>,
    pub(super) success: Option<usize>,
    /// Not empty where the request failed.
    pub(super) error: Option<usize>,
    pub(super) connect: Option<(usize, u64)>,
    pub(super) first_byte: Option<(usize, u64)>,
    pub(super) sent: Option<usize>,
    pub(super) received: Option<usize>,
    pub(super) users: Option<usize>,
    /// Number of the user, from 0.
    pub(super) user: Option<usize>,
    pub(super) notes: Vec<String>,
}

impl Table {
    /// A table of which only its times are known.
    pub(super) fn new(width: usize, (time, clock): (usize, Clock), elapsed: (usize, u64)) -> Self {
        Self {
            delimiter: b',',
            has_header: true,
            width: (width, width),
            time,
            clock,
            ends: false,
            elapsed,
            label: Vec::new(),
            scenario: None,
            status: None,
            success: None,
            error: None,
            connect: None,
            first_byte: None,
            sent: None,
            received: None,
            users: None,
            user: None,
            notes: Vec::new(),
        }
    }
}

/// Text of `-1`, `""` and the like for “there is none”.
fn is_none(field: &[u8]) -> bool {
    matches!(
        field.trim_ascii(),
        b"" | b"-" | b"null" | b"None" | b"NaN" | b"nan"
    )
}

/// Reads a table; its header was looked at already.
pub(super) fn read(
    input: &mut Input,
    out: &mut Collector,
    table: Table,
) -> Result<FileFacts, ImportError> {
    let mut records = Records::new(table.delimiter);
    let header = super::first_line(input.beginning()).to_vec();
    let base = input.modified_ns;
    let mut is_first = true;
    let mut elapsed_tick = table.elapsed.1;
    while records.advance(input, out)? {
        let record = input.line();
        if table.has_header && record == header {
            if !is_first {
                out.leave_out(HEADERS);
            }
            is_first = false;
            continue;
        }
        is_first = false;
        if !records.has(table.width.0, table.width.1, input, out) {
            continue;
        }
        let fields = &records.fields;
        match row(record, fields, &table, base, out.rows()) {
            Err(bad) => out.bad(bad, records.line),
            Ok(mut row) => {
                let elapsed = fields.raw(record, table.elapsed.0).trim_ascii();
                elapsed_tick = elapsed_tick.min(tick_of(elapsed, table.elapsed.1));
                let label = label(record, fields, &table.label);
                if !table.label.is_empty() {
                    row.label = &label;
                }
                let scenario = table.scenario.map(|it| fields.text(record, it));
                row.scenario = scenario.as_deref().unwrap_or_default();
                out.add(&row, records.line)?;
            }
        }
    }
    Ok(facts(out, table, elapsed_tick))
}

fn facts(out: &mut Collector, table: Table, elapsed_tick: u64) -> FileFacts {
    let missing = [
        (table.received.is_none(), column::BYTES_RECEIVED),
        (table.sent.is_none(), column::BYTES_SENT),
        (table.first_byte.is_none(), column::LATENCY_NS),
        (table.connect.is_none(), column::CONNECT_NS),
        (table.status.is_none(), column::STATUS),
    ];
    let mut notes = table.notes;
    match table.clock {
        Clock::Utc(_) => {}
        Clock::SinceStart(_) => notes.push(
            "the file has no dates: the run is taken to begin when the file was last written"
                .to_owned(),
        ),
        Clock::Shuffled => out.start_tick = out.start_tick.max(SECOND as u64),
    }
    FileFacts {
        unknown: missing
            .into_iter()
            .filter_map(|(is_missing, name)| is_missing.then_some(name))
            .collect(),
        users: "a column of the file",
        elapsed_tick,
        notes,
        ..FileFacts::default()
    }
}

fn label<'a>(record: &'a [u8], fields: &Fields, places: &[usize]) -> Cow<'a, [u8]> {
    match places {
        [only] => fields.text(record, *only),
        several => {
            let mut label = Vec::new();
            for place in several {
                let text = fields.text(record, *place);
                if !label.is_empty() && !text.is_empty() {
                    label.push(b' ');
                }
                label.extend_from_slice(&text);
            }
            Cow::Owned(label)
        }
    }
}

fn row(
    record: &[u8],
    fields: &Fields,
    table: &Table,
    base: i64,
    number: u64,
) -> Result<Row<'static>, Bad> {
    let field = |place: usize| fields.raw(record, place).trim_ascii();
    let duration = |place: Option<(usize, u64)>, name| match place {
        None => Ok(0),
        Some((place, _)) if is_none(field(place)) => Ok(0),
        Some((place, unit)) => {
            scaled(field(place), unit).ok_or_else(|| no_number(field(place), name))
        }
    };
    let count = |place: Option<usize>, name| match place {
        None => Ok(0),
        Some(place) if is_none(field(place)) => Ok(0),
        Some(place) => scaled(field(place), 1).ok_or(Bad::Number(name)),
    };
    let time = field(table.time);
    let time = match table.clock {
        Clock::Utc(format) => format.read(time),
        Clock::SinceStart(unit) => scaled(time, unit).and_then(|since| {
            let ns = base.checked_add(i64::try_from(since).ok()?)?;
            let tick = tick_of(time, unit);
            Some(Instant { ns, tick })
        }),
        Clock::Shuffled => TimeFormat::Epoch(SECOND as u64)
            .read(time)
            .map(|time| Instant {
                ns: time.ns + (scattered(number) % SECOND as u64) as i64,
                tick: 1,
            }),
    };
    let time = time.ok_or(Bad::Time)?;
    let elapsed_ns = duration(Some(table.elapsed), "elapsed")?;
    if is_none(field(table.elapsed.0)) {
        return Err(Bad::Number("elapsed"));
    }
    let status = table.status.and_then(|it| whole(field(it)));
    let status = status.filter(|status| (100..1000).contains(status));
    let failed = match (table.success, table.error) {
        (Some(success), _) => !success_of(field(success)).ok_or(Bad::Success)?,
        (None, Some(error)) => !is_none(field(error)) || status.is_some_and(|it| it >= 400),
        (None, None) => {
            table.status.is_some() && status.is_none_or(|status| error_of_status(status).is_some())
        }
    };
    let connect_ns = duration(table.connect, "connect")?;
    let user = count(table.user, "user")?;
    let users = count(table.users, "users")?;
    let at = if table.ends {
        At::End(time.ns)
    } else {
        At::Start(time.ns)
    };
    Ok(Row {
        latency_ns: duration(table.first_byte, "first_byte")?,
        connect_ns,
        bytes_sent: count(table.sent, "bytes_sent")?,
        bytes_received: count(table.received, "bytes_received")?,
        status: status.map(|status| status as u16),
        error: failed.then(|| match status {
            None => ErrorKind::Unknown,
            Some(status) => error_of_status(status).unwrap_or(ErrorKind::Expect),
        }),
        user: table.user.map_or(0, |_| user as u32 + 1),
        active_users: table.users.map(|_| users as u32),
        ..Row::of(at, time.tick, elapsed_ns)
    })
}

/// Success or failure, as tools write it.
pub(super) fn success_of(field: &[u8]) -> Option<bool> {
    let word = field.to_ascii_lowercase();
    match word.as_slice() {
        b"true" | b"1" | b"ok" | b"yes" | b"y" | b"t" | b"pass" | b"passed" | b"success" => {
            Some(true)
        }
        b"false" | b"0" | b"ko" | b"no" | b"n" | b"f" | b"fail" | b"failed" | b"failure"
        | b"error" => Some(false),
        _ => None,
    }
}

/// A number without a pattern, by the number of a row (`SplitMix64`).
fn scattered(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
