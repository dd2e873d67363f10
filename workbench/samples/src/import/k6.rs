//! k6's metrics, as CSV or JSON lines: several lines make one request.
//!
//! Longer than other files, because both forms assemble requests from the same metrics.

mod beside;

use serde::Deserialize;
use std::borrow::Cow;

use super::bad_rows::Bad;
use super::collect::{At, Collector, Row};
use super::error::ImportError;
use super::fields::{scaled, whole};
use super::format::Format;
use super::input::Input;
use super::records::{HEADERS, Records, next_line, no_number};
use super::time::{Instant, TimeFormat};
use super::{FileFacts, ImportOptions, split_first_line};
use crate::sample::ErrorKind;
use crate::schema::column;
use beside::Beside;

/// Values are in milliseconds.
const MILLISECOND: u64 = 1_000_000;

/// The metrics of one request, in the order in which k6 writes them.
const METRICS: [&str; 9] = [
    "http_reqs",
    "http_req_duration",
    "http_req_blocked",
    "http_req_connecting",
    "http_req_tls_handshaking",
    "http_req_sending",
    "http_req_waiting",
    "http_req_receiving",
    "http_req_failed",
];
const DURATION: usize = 1;
const CONNECTING: usize = 3;
const TLS: usize = 4;
const SENDING: usize = 5;
const WAITING: usize = 6;
const FAILED: usize = 8;

fn metric(name: &[u8]) -> Option<usize> {
    name.starts_with(b"http_req")
        .then(|| METRICS.iter().position(|metric| metric.as_bytes() == name))
        .flatten()
}

/// Whether a file begins as k6's CSV.
pub(super) fn recognises_csv(first_line: &[u8]) -> bool {
    let names = split_first_line(first_line, b',');
    ["metric_name", "timestamp", "metric_value"]
        .iter()
        .all(|name| names.iter().any(|it| it == name.as_bytes()))
}

/// Whether a file begins as k6's JSON lines.
pub(super) fn recognises_json(first_line: &[u8]) -> bool {
    serde_json::from_slice::<Line<'_>>(first_line)
        .is_ok_and(|line| matches!(&*line.kind, "Metric" | "Point"))
}

/// A request whose metrics are not complete yet.
#[derive(Default)]
struct Request {
    line: u64,
    time: Option<Instant>,
    /// The fields that all metrics of one request share: all but name and value.
    identity: Vec<u8>,
    values: [Option<u64>; METRICS.len()],
    tags: Tags,
}

#[derive(Default)]
struct Tags {
    label: Vec<u8>,
    scenario: Vec<u8>,
    status: Option<u16>,
    error_code: Option<u64>,
    unexpected: bool,
}

impl Tags {
    /// `METHOD name`, as the name alone may be that of several methods.
    fn label(&mut self, method: &[u8], name: &[u8], url: &[u8]) {
        self.label.clear();
        self.label.extend_from_slice(method);
        if !method.is_empty() {
            self.label.push(b' ');
        }
        self.label
            .extend_from_slice(if name.is_empty() { url } else { name });
    }
}

impl Request {
    /// Whether a metric is of this request.
    fn takes(&self, metric: usize, identity: &[u8]) -> bool {
        self.time.is_some() && self.values[metric].is_none() && self.identity == identity
    }

    /// Passes the request on, if there is one.
    fn finish(&mut self, out: &mut Collector) -> Result<(), ImportError> {
        let Some(time) = self.time.take() else {
            return Ok(());
        };
        let Some(elapsed_ns) = self.values[DURATION] else {
            out.bad(Bad::NoDuration, self.line);
            return Ok(());
        };
        let value = |metric: usize| self.values[metric].unwrap_or_default();
        let tags = &self.tags;
        let status = tags.status.filter(|status| *status > 0);
        let failed = match self.values[FAILED] {
            Some(failed) => failed > 0,
            None => tags.unexpected || tags.error_code.is_some(),
        };
        let row = Row {
            latency_ns: value(SENDING) + value(WAITING),
            connect_ns: value(CONNECTING) + value(TLS),
            status,
            error: failed.then(|| error(status, tags.error_code)),
            label: &tags.label,
            scenario: &tags.scenario,
            ..Row::of(At::End(time.ns), time.tick, elapsed_ns)
        };
        out.add(&row, self.line)
    }

    fn begin(&mut self, line: u64, time: Instant, identity: &[u8]) {
        self.line = line;
        self.time = Some(time);
        self.identity.clear();
        self.identity.extend_from_slice(identity);
        self.values = [None; METRICS.len()];
    }
}

/// Why a request failed, by k6's error codes.
fn error(status: Option<u16>, code: Option<u64>) -> ErrorKind {
    match (status, code.unwrap_or_default()) {
        (_, 1050) => ErrorKind::Timeout,
        (_, 1100..=1199) => ErrorKind::Dns,
        (_, 1212) => ErrorKind::Refused,
        (_, 1201 | 1220) => ErrorKind::Reset,
        (_, 1210..=1213) => ErrorKind::Connect,
        (_, 1200..=1299) => ErrorKind::Reset,
        (_, 1300..=1399) => ErrorKind::Tls,
        (_, 1600..=1799) => ErrorKind::Protocol,
        (Some(_), _) => ErrorKind::Status,
        (None, _) => ErrorKind::Unknown,
    }
}

fn facts(notes: Vec<String>) -> FileFacts {
    FileFacts {
        unknown: vec![column::BYTES_SENT, column::BYTES_RECEIVED, column::USER],
        users: "the metric vus",
        elapsed_tick: 1,
        notes,
        ..FileFacts::default()
    }
}

fn nothing(input: &Input, seen: bool) -> ImportError {
    ImportError::NoRequests {
        path: input.path().to_owned(),
        reason: if seen {
            "no metric of it begins with http_req; requests of other protocols are not read"
                .to_owned()
        } else {
            "it has no metrics".to_owned()
        },
    }
}

/// The positions of the columns that are read.
struct Columns {
    count: usize,
    metric: usize,
    time: usize,
    value: usize,
    name: Option<usize>,
    url: Option<usize>,
    method: Option<usize>,
    status: Option<usize>,
    scenario: Option<usize>,
    error_code: Option<usize>,
    expected: Option<usize>,
    group: Option<usize>,
    tags: Option<usize>,
}

pub(super) fn read_csv(
    input: &mut Input,
    out: &mut Collector,
    _options: &ImportOptions,
) -> Result<FileFacts, ImportError> {
    let names = split_first_line(super::first_line(input.beginning()), b',');
    let place = |name: &str| names.iter().position(|it| it == name.as_bytes());
    let (Some(metric_name), Some(time), Some(value)) = (
        place("metric_name"),
        place("timestamp"),
        place("metric_value"),
    ) else {
        return Err(Format::K6Csv.wrong(
            input.path(),
            "its first line has no columns metric_name, timestamp and metric_value",
        ));
    };
    let columns = Columns {
        count: names.len(),
        metric: metric_name,
        time,
        value,
        name: place("name"),
        url: place("url"),
        method: place("method"),
        status: place("status"),
        scenario: place("scenario"),
        error_code: place("error_code"),
        expected: place("expected_response"),
        group: place("group"),
        tags: place("extra_tags"),
    };
    let mut records = Records::new(b',');
    let mut request = Request::default();
    let mut identity = Vec::new();
    let mut seen = false;
    let mut has_fractions = false;
    let mut is_first = true;
    let mut beside = Beside::default();
    let before = out.rows();
    while records.advance(input, out)? {
        let record = input.line();
        let fields = &records.fields;
        let name = fields.raw(record, columns.metric);
        if name == b"metric_name" {
            if !is_first {
                out.leave_out(HEADERS);
            }
            is_first = false;
            continue;
        }
        if !records.has(columns.count, columns.count, input, out) {
            continue;
        }
        seen = true;
        let (time, value) = (
            fields.raw(record, columns.time),
            fields.raw(record, columns.value),
        );
        if name == b"vus" {
            match (TimeFormat::Any.read(time), scaled(value, 1)) {
                (Some(time), Some(users)) => {
                    out.count_users(Some(time.ns), users as u32, records.line);
                }
                (None, _) => out.bad(Bad::Time, records.line),
                (_, None) => out.bad(Bad::Number("vus"), records.line),
            }
            continue;
        }
        let Some(metric) = metric(name) else {
            if name == b"checks" {
                beside.check(scaled(value, 1).is_some_and(|passed| passed > 0));
            }
            continue;
        };
        let Some(value) = scaled(value, MILLISECOND) else {
            let name = if metric == DURATION {
                "elapsed"
            } else {
                METRICS[metric]
            };
            out.bad(no_number(value, name), records.line);
            continue;
        };
        identity.clear();
        for index in (0..columns.count).filter(|it| *it != columns.metric && *it != columns.value) {
            identity.extend_from_slice(fields.raw(record, index));
            identity.push(0);
        }
        if !request.takes(metric, &identity) {
            // Dates have no trailing zeros, and whole seconds no fraction.
            has_fractions |= time.contains(&b'.');
            let Some(mut time) = TimeFormat::Any.read(time) else {
                out.bad(Bad::Time, records.line);
                continue;
            };
            if has_fractions {
                time.tick = 1;
            }
            request.finish(out)?;
            request.begin(records.line, time, &identity);
            let text = |place: Option<usize>| {
                place.map_or(Cow::Borrowed(&b""[..]), |it| fields.text(record, it))
            };
            let tags = &mut request.tags;
            tags.label(
                &text(columns.method),
                &text(columns.name),
                &text(columns.url),
            );
            tags.scenario = text(columns.scenario).into_owned();
            tags.status = whole(&text(columns.status)).and_then(|it| u16::try_from(it).ok());
            tags.error_code = whole(&text(columns.error_code));
            tags.unexpected = &*text(columns.expected) == b"false";
            beside.group(&text(columns.group));
            beside.tags(&text(columns.tags));
        }
        request.values[metric] = Some(value);
    }
    request.finish(out)?;
    if out.rows() == before {
        return Err(nothing(input, seen));
    }
    Ok(facts(beside.note().into_iter().collect()))
}

/// A line of k6's JSON output: the description of a metric, or a value of it.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    metric: Cow<'a, str>,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    time: Option<Cow<'a, str>>,
    value: Option<f64>,
    #[serde(borrow)]
    tags: Option<JsonTags<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JsonTags<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    scenario: Cow<'a, str>,
    #[serde(borrow)]
    group: Cow<'a, str>,
    #[serde(borrow)]
    error_code: Cow<'a, str>,
    #[serde(borrow)]
    expected_response: Cow<'a, str>,
}

impl JsonTags<'_> {
    fn identity(&self, time: &str, identity: &mut Vec<u8>) {
        identity.clear();
        let tags = [
            time,
            &self.name,
            &self.url,
            &self.method,
            &self.status,
            &self.scenario,
            &self.group,
            &self.error_code,
        ];
        for tag in tags {
            identity.extend_from_slice(tag.as_bytes());
            identity.push(0);
        }
    }
}

pub(super) fn read_json(
    input: &mut Input,
    out: &mut Collector,
    _options: &ImportOptions,
) -> Result<FileFacts, ImportError> {
    let mut request = Request::default();
    let mut identity = Vec::new();
    let mut seen = false;
    let mut beside = Beside::default();
    let before = out.rows();
    while next_line(input, out)? {
        let line = input.number();
        let bad = if input.unfinished {
            Bad::CutOff
        } else {
            Bad::Json
        };
        let Ok(parsed) = serde_json::from_slice::<Line<'_>>(input.line()) else {
            out.bad(bad, line);
            continue;
        };
        if parsed.kind == "Metric" {
            continue;
        }
        seen = true;
        let metric = metric(parsed.metric.as_bytes());
        if metric.is_none() && parsed.metric != "vus" {
            if parsed.metric == "checks" {
                beside.check(parsed.data.value.is_some_and(|passed| passed > 0.0));
            }
            continue;
        }
        let Data {
            time: Some(written),
            value: Some(value),
            tags,
        } = parsed.data
        else {
            out.bad(bad, line);
            continue;
        };
        let Some(time) = TimeFormat::Any
            .read(written.as_bytes())
            .map(|time| Instant { tick: 1, ..time })
        else {
            out.bad(Bad::Time, line);
            continue;
        };
        let Some(metric) = metric else {
            out.count_users(Some(time.ns), value as u32, line);
            continue;
        };
        if value < 0.0 {
            let negative = if metric == DURATION {
                Bad::NegativeElapsed
            } else {
                Bad::Number(METRICS[metric])
            };
            out.bad(negative, line);
            continue;
        }
        let tags = tags.unwrap_or_default();
        tags.identity(&written, &mut identity);
        if !request.takes(metric, &identity) {
            request.finish(out)?;
            request.begin(line, time, &identity);
            let of = &mut request.tags;
            of.label(
                tags.method.as_bytes(),
                tags.name.as_bytes(),
                tags.url.as_bytes(),
            );
            of.scenario = tags.scenario.as_bytes().to_vec();
            of.status = tags.status.parse().ok();
            of.error_code = tags.error_code.parse().ok();
            of.unexpected = tags.expected_response == "false";
            beside.group(tags.group.as_bytes());
        }
        request.values[metric] = Some((value * MILLISECOND as f64).round() as u64);
    }
    request.finish(out)?;
    if out.rows() == before {
        return Err(nothing(input, seen));
    }
    Ok(facts(beside.note().into_iter().collect()))
}
