//! Which columns a file of `JMeter`'s has: by its header, or as many as versions without one write.

use crate::import::fields::{Fields, whole};
use crate::import::time::TimeFormat;

/// The delimiters that `jmeter.save.saveservice.default_delimiter` is set to.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The columns of files without a header, by their number: what `JMeter` 2.1 to 5 write by default, and with thread counts.
const WITHOUT_HEADER: [&[&str]; 6] = [
    &[
        "timeStamp",
        "elapsed",
        "label",
        "responseCode",
        "responseMessage",
        "threadName",
        "dataType",
        "success",
    ],
    &[
        "timeStamp",
        "elapsed",
        "label",
        "responseCode",
        "responseMessage",
        "threadName",
        "dataType",
        "success",
        "bytes",
        "Latency",
    ],
    &[
        "timeStamp",
        "elapsed",
        "label",
        "responseCode",
        "responseMessage",
        "threadName",
        "dataType",
        "success",
        "bytes",
        "grpThreads",
        "allThreads",
        "Latency",
    ],
    &[
        "timeStamp",
        "elapsed",
        "label",
        "responseCode",
        "responseMessage",
        "threadName",
        "dataType",
        "success",
        "bytes",
        "grpThreads",
        "allThreads",
        "Latency",
        "Connect",
    ],
    &[
        "timeStamp",
        "elapsed",
        "label",
        "responseCode",
        "responseMessage",
        "threadName",
        "dataType",
        "success",
        "failureMessage",
        "bytes",
        "sentBytes",
        "grpThreads",
        "allThreads",
        "Latency",
        "IdleTime",
        "Connect",
    ],
    &[
        "timeStamp",
        "elapsed",
        "label",
        "responseCode",
        "responseMessage",
        "threadName",
        "dataType",
        "success",
        "failureMessage",
        "bytes",
        "sentBytes",
        "grpThreads",
        "allThreads",
        "URL",
        "Latency",
        "IdleTime",
        "Connect",
    ],
];

/// Where the columns that are read stand.
pub(super) struct Columns {
    pub(super) count: usize,
    pub(super) time: usize,
    pub(super) elapsed: usize,
    pub(super) label: Option<usize>,
    pub(super) code: Option<usize>,
    pub(super) message: Option<usize>,
    pub(super) thread: Option<usize>,
    pub(super) success: Option<usize>,
    pub(super) bytes: Option<usize>,
    pub(super) sent: Option<usize>,
    pub(super) users: Option<usize>,
    pub(super) latency: Option<usize>,
    pub(super) connect: Option<usize>,
    pub(super) samples: Option<usize>,
    pub(super) idle: Option<usize>,
}

impl Columns {
    pub(super) fn of(names: &[Vec<u8>]) -> Option<Self> {
        let place = |name: &str| {
            names
                .iter()
                .position(|it| it.trim_ascii() == name.as_bytes())
        };
        Some(Self {
            count: names.len(),
            time: place("timeStamp")?,
            elapsed: place("elapsed")?,
            label: place("label"),
            code: place("responseCode"),
            message: place("responseMessage"),
            thread: place("threadName"),
            success: place("success"),
            bytes: place("bytes"),
            sent: place("sentBytes"),
            users: place("allThreads"),
            latency: place("Latency"),
            connect: place("Connect"),
            samples: place("SampleCount"),
            idle: place("IdleTime"),
        })
    }
}

/// The delimiter and the columns of a file, by its first line; whether that is a header.
pub(super) fn layout(line: &[u8]) -> Option<(u8, Columns, bool)> {
    let mut fields = Fields::default();
    let names_of = |fields: &Fields| -> Vec<Vec<u8>> {
        (0..fields.len())
            .map(|index| fields.text(line, index).into_owned())
            .collect()
    };
    for delimiter in DELIMITERS {
        if fields.split(line, delimiter)
            && let Some(columns) = Columns::of(&names_of(&fields))
        {
            return Some((delimiter, columns, true));
        }
    }
    for delimiter in DELIMITERS {
        if !fields.split(line, delimiter) {
            continue;
        }
        let is_time = TimeFormat::Any.read(fields.raw(line, 0)).is_some();
        let is_elapsed = whole(fields.raw(line, 1)).is_some();
        let is_success = matches!(fields.raw(line, 7), b"true" | b"false");
        let known = WITHOUT_HEADER.iter().find(|it| it.len() == fields.len());
        if let (true, true, true, Some(names)) = (is_time, is_elapsed, is_success, known) {
            let names: Vec<Vec<u8>> = names.iter().map(|name| name.as_bytes().to_vec()).collect();
            return Some((delimiter, Columns::of(&names)?, false));
        }
    }
    None
}
