//! JSON lines with one request each: vegeta's and Goose's.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

use super::FileFacts;
use super::bad_rows::Bad;
use super::collect::{At, Collector, Row, error_of_status};
use super::error::ImportError;
use super::fields::Fields;
use super::format::Format;
use super::input::Input;
use super::records::{HEADERS, Records, next_line};
use super::split_first_line;
use super::table::{MILLISECOND, success_of};
use super::time::TimeFormat;
use crate::sample::ErrorKind;
use crate::schema::column;

#[derive(Deserialize)]
struct Hit<'a> {
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    latency: i64,
    code: u16,
    #[serde(default)]
    bytes_out: u64,
    #[serde(default)]
    bytes_in: u64,
    #[serde(borrow, default)]
    error: Cow<'a, str>,
    #[serde(borrow, default)]
    attack: Cow<'a, str>,
    #[serde(borrow, default)]
    method: Cow<'a, str>,
    #[serde(borrow, default)]
    url: Cow<'a, str>,
}

/// Whether a file begins as vegeta's JSON lines.
pub(super) fn recognises_vegeta(first_line: &[u8]) -> bool {
    serde_json::from_slice::<Hit<'_>>(first_line).is_ok()
}

/// Whether a file begins as Goose's JSON lines.
pub(super) fn recognises_goose(first_line: &[u8]) -> bool {
    serde_json::from_slice::<Attacked<'_>>(first_line).is_ok()
}

/// Why a request failed, by the text of Go's error.
fn go_error(status: Option<u16>, text: &str) -> ErrorKind {
    let has = |word: &str| text.contains(word);
    match status {
        Some(status) if status >= 400 => ErrorKind::Status,
        _ if has("no such host") => ErrorKind::Dns,
        _ if has("refused") => ErrorKind::Refused,
        _ if has("timeout") || has("Timeout") || has("deadline") => ErrorKind::Timeout,
        _ if has("certificate") || has("tls:") => ErrorKind::Tls,
        _ if has("reset") || has("EOF") || has("broken pipe") => ErrorKind::Reset,
        _ if has("dial") => ErrorKind::Connect,
        _ => ErrorKind::Unknown,
    }
}

pub(super) fn read_vegeta(
    input: &mut Input,
    out: &mut Collector,
) -> Result<FileFacts, ImportError> {
    let mut label = Vec::new();
    while next_line(input, out)? {
        let line = input.number();
        let Ok(hit) = serde_json::from_slice::<Hit<'_>>(input.line()) else {
            out.bad(
                if input.unfinished {
                    Bad::CutOff
                } else {
                    Bad::Json
                },
                line,
            );
            continue;
        };
        let Some(time) = TimeFormat::Any.read(hit.timestamp.as_bytes()) else {
            out.bad(Bad::Time, line);
            continue;
        };
        let Ok(elapsed_ns) = u64::try_from(hit.latency) else {
            out.bad(Bad::NegativeElapsed, line);
            continue;
        };
        label.clear();
        label.extend_from_slice(hit.method.as_bytes());
        if !label.is_empty() {
            label.push(b' ');
        }
        label.extend_from_slice(hit.url.as_bytes());
        let status = Some(hit.code).filter(|code| *code > 0);
        let failed = !hit.error.is_empty() || status.is_none_or(|status| status >= 400);
        let row = Row {
            bytes_sent: hit.bytes_out,
            bytes_received: hit.bytes_in,
            status,
            error: failed.then(|| go_error(status, &hit.error)),
            label: if label.is_empty() { b"request" } else { &label },
            scenario: hit.attack.as_bytes(),
            // Zeros at the end of a date are left out.
            ..Row::of(At::Start(time.ns), 1, elapsed_ns)
        };
        out.add(&row, line)?;
    }
    Ok(FileFacts {
        unknown: vec![column::LATENCY_NS, column::CONNECT_NS, column::USER],
        elapsed_tick: 1,
        ..FileFacts::default()
    })
}

/// A request of Goose.
#[derive(Clone, Deserialize)]
struct Attacked<'a> {
    elapsed: u64,
    #[serde(borrow)]
    scenario_name: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    response_time: u64,
    #[serde(default)]
    response_time_fraction_us: u64,
    status_code: u16,
    success: bool,
    #[serde(default)]
    update: bool,
    user: u32,
    #[serde(borrow, default)]
    error: Cow<'a, str>,
    #[serde(default)]
    coordinated_omission_elapsed: u64,
    #[serde(borrow, default)]
    raw: Sent<'a>,
}

#[derive(Clone, Default, Deserialize)]
struct Sent<'a> {
    #[serde(borrow, default)]
    method: Cow<'a, str>,
}

/// A request is held until its user makes the next one, because the test may still mark it as failed.
struct Kept {
    line: u64,
    at: i64,
    elapsed_ns: u64,
    label: Vec<u8>,
    scenario: Vec<u8>,
    status: u16,
    success: bool,
    error: String,
}

/// The last request of each user.
#[derive(Default)]
struct Users(HashMap<u32, Kept>);

const MADE_UP: &str =
    "requests that Goose made up for those that a slow response kept from being sent";

impl Users {
    fn take(
        &mut self,
        request: &Attacked<'_>,
        (line, base): (u64, i64),
        out: &mut Collector,
    ) -> Result<(), ImportError> {
        if request.coordinated_omission_elapsed > 0 {
            out.leave_out(MADE_UP);
            return Ok(());
        }
        if request.update
            && let Some(kept) = self.0.get_mut(&request.user)
        {
            kept.success = request.success;
            request.error.as_ref().clone_into(&mut kept.error);
            return Ok(());
        }
        let mut label = request.raw.method.to_ascii_uppercase().into_bytes();
        if !label.is_empty() {
            label.push(b' ');
        }
        label.extend_from_slice(request.name.as_bytes());
        let elapsed = request.response_time.saturating_mul(MILLISECOND);
        let kept = Kept {
            line,
            at: base.saturating_add_unsigned(request.elapsed.saturating_mul(MILLISECOND)),
            elapsed_ns: elapsed.saturating_add(request.response_time_fraction_us * 1_000),
            label,
            scenario: request.scenario_name.as_bytes().to_vec(),
            status: request.status_code,
            success: request.success,
            error: request.error.as_ref().to_owned(),
        };
        match self.0.insert(request.user, kept) {
            Some(before) => before.give(request.user, out),
            None => Ok(()),
        }
    }

    fn finish(self, out: &mut Collector) -> Result<(), ImportError> {
        let mut rest: Vec<_> = self.0.into_iter().collect();
        rest.sort_by_key(|(_, kept)| kept.line);
        rest.into_iter()
            .try_for_each(|(user, kept)| kept.give(user, out))
    }
}

impl Kept {
    fn give(self, user: u32, out: &mut Collector) -> Result<(), ImportError> {
        let status = Some(self.status).filter(|status| *status > 0);
        let text = self.error.to_ascii_lowercase();
        let row = Row {
            status,
            error: (!self.success).then(|| match status {
                Some(status) => error_of_status(u64::from(status)).unwrap_or(ErrorKind::Expect),
                None if text.contains("timed out") || text.contains("timeout") => {
                    ErrorKind::Timeout
                }
                None if text.contains("refused") => ErrorKind::Refused,
                None => ErrorKind::Unknown,
            }),
            label: &self.label,
            scenario: &self.scenario,
            user: user + 1,
            ..Row::of(At::Start(self.at), MILLISECOND, self.elapsed_ns)
        };
        out.add(&row, self.line)
    }
}

fn goose_facts(elapsed_tick: u64) -> FileFacts {
    FileFacts {
        unknown: vec![
            column::BYTES_SENT,
            column::BYTES_RECEIVED,
            column::LATENCY_NS,
            column::CONNECT_NS,
        ],
        elapsed_tick,
        notes: vec![
            "the file has no dates: the run is taken to begin when the file was last written"
                .to_owned(),
        ],
        ..FileFacts::default()
    }
}

pub(super) fn read_goose_json(
    input: &mut Input,
    out: &mut Collector,
) -> Result<FileFacts, ImportError> {
    let base = input.modified_ns;
    let mut users = Users::default();
    while next_line(input, out)? {
        let line = input.number();
        let Ok(request) = serde_json::from_slice::<Attacked<'_>>(input.line()) else {
            out.bad(
                if input.unfinished {
                    Bad::CutOff
                } else {
                    Bad::Json
                },
                line,
            );
            continue;
        };
        users.take(&request, (line, base), out)?;
    }
    users.finish(out)?;
    Ok(goose_facts(1_000))
}

/// Whether a file begins as Goose's CSV.
pub(super) fn recognises_goose_csv(first_line: &[u8]) -> bool {
    first_line.starts_with(b"elapsed,scenario_index,scenario_name,transaction_index")
}

pub(super) fn read_goose_csv(
    input: &mut Input,
    out: &mut Collector,
) -> Result<FileFacts, ImportError> {
    let names = split_first_line(super::first_line(input.beginning()), b',');
    let place = |name: &str| names.iter().position(|it| it == name.as_bytes());
    let needed = [
        "elapsed",
        "scenario_name",
        "name",
        "response_time",
        "status_code",
        "success",
        "user",
    ];
    if let Some(missing) = needed.iter().find(|name| place(name).is_none()) {
        return Err(Format::GooseCsv.wrong(input.path(), format!("it has no column {missing}")));
    }
    // Total times in microseconds, or the part after the milliseconds.
    let (whole_us, part_us) = (
        place("response_time_us"),
        place("response_time_fraction_us"),
    );
    let base = input.modified_ns;
    let mut users = Users::default();
    let mut records = Records::new(b',');
    let mut is_first = true;
    while records.advance(input, out)? {
        let record = input.line();
        let fields = &records.fields;
        if fields.raw(record, 0) == b"elapsed" {
            if !is_first {
                out.leave_out(HEADERS);
            }
            is_first = false;
            continue;
        }
        is_first = false;
        if !records.has(names.len(), names.len(), input, out) {
            continue;
        }
        let line = records.line;
        match attacked(record, fields, place, (whole_us, part_us)) {
            Err(bad) => out.bad(bad, line),
            Ok(request) => users.take(&request, (line, base), out)?,
        }
    }
    users.finish(out)?;
    let is_exact = whole_us.or(part_us).is_some();
    Ok(goose_facts(if is_exact { 1_000 } else { MILLISECOND }))
}

fn attacked<'a>(
    record: &'a [u8],
    fields: &Fields,
    place: impl Fn(&str) -> Option<usize>,
    (whole_us, part_us): (Option<usize>, Option<usize>),
) -> Result<Attacked<'a>, Bad> {
    let field = |name: &str| place(name).map_or(&b""[..], |it| fields.raw(record, it));
    let number = |name: &'static str| super::fields::whole(field(name)).ok_or(Bad::Number(name));
    let micros = |at: usize| {
        super::fields::whole(fields.raw(record, at)).ok_or(Bad::Number("response_time"))
    };
    let text = |name: &str| {
        let text = place(name)
            .map(|it| fields.text(record, it))
            .unwrap_or_default();
        match text {
            Cow::Borrowed(text) => String::from_utf8_lossy(text),
            Cow::Owned(text) => Cow::Owned(String::from_utf8_lossy(&text).into_owned()),
        }
    };
    let (response_time, fraction) = match (whole_us, part_us) {
        (Some(at), _) => (micros(at)? / 1_000, micros(at)? % 1_000),
        (None, Some(at)) => (number("response_time")?, micros(at)?),
        (None, None) => (number("response_time")?, 0),
    };
    let raw = text("raw");
    let method = raw.split_once("method: ").map_or("", |(_, rest)| {
        rest.split([',', ' ']).next().unwrap_or_default()
    });
    Ok(Attacked {
        elapsed: number("elapsed")?,
        scenario_name: text("scenario_name"),
        name: text("name"),
        response_time,
        response_time_fraction_us: fraction,
        status_code: u16::try_from(number("status_code")?)
            .map_err(|_| Bad::Number("status_code"))?,
        success: success_of(field("success")).ok_or(Bad::Success)?,
        update: success_of(field("update")).unwrap_or_default(),
        user: u32::try_from(number("user")?).map_err(|_| Bad::Number("user"))?,
        error: text("error"),
        coordinated_omission_elapsed: super::fields::whole(field("coordinated_omission_elapsed"))
            .unwrap_or_default(),
        raw: Sent {
            method: Cow::Owned(method.to_owned()),
        },
    })
}
