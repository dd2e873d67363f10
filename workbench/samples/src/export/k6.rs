//! Points as k6's JSON output has them.

use std::io::Write;
use std::path::Path;

use jiff::Timestamp;
use serde_json::json;

use super::ExportError;
use super::rows::{Stored, batches, each};

/// Metrics of a request that are times; the metrics before them are 1 or 0.
const TRENDS: [&str; 7] = [
    "http_req_duration",
    "http_req_blocked",
    "http_req_connecting",
    "http_req_tls_handshaking",
    "http_req_sending",
    "http_req_waiting",
    "http_req_receiving",
];

/// `is_of_k6` says that elapsed times are without connecting already.
pub(super) fn write(run: &Path, is_of_k6: bool, to: &mut impl Write) -> Result<u64, ExportError> {
    let describe = |name: &str, kind: &str, contains: &str| json!({"type": "Metric", "data": {"name": name, "type": kind, "contains": contains, "thresholds": [], "submetrics": null}, "metric": name});
    writeln!(to, "{}", describe("http_reqs", "counter", "default"))?;
    for name in TRENDS {
        writeln!(to, "{}", describe(name, "trend", "time"))?;
    }
    writeln!(to, "{}", describe("http_req_failed", "rate", "default"))?;
    let mut count = 0;
    for batch in batches(run)? {
        count += each(run, &batch, |row| write_row(row, is_of_k6, to))?;
    }
    Ok(count)
}

fn write_row(row: &Stored<'_>, is_of_k6: bool, to: &mut impl Write) -> Result<(), ExportError> {
    let connect = if is_of_k6 {
        0
    } else {
        row.connect_ns.min(row.elapsed_ns)
    };
    let end = i128::from(row.started_at) + i128::from(row.elapsed_ns);
    let time = Timestamp::from_nanosecond(end).unwrap_or_default();
    let time = format!("{time:.9}");
    let failed = row.error.is_some();
    let mut tags = json!({
        "name": row.request,
        "url": row.request,
        "scenario": if row.scenario.is_empty() { "default" } else { row.scenario },
        "status": row.status.unwrap_or_default().to_string(),
        "expected_response": if failed { "false" } else { "true" },
    });
    if let Some(code) = row.error.and_then(|error| error_code(error, row.status)) {
        tags["error_code"] = json!(code.to_string());
    }
    let mut point = |name: &str, value: serde_json::Value| {
        let line = json!({"metric": name, "type": "Point", "data": {"time": time, "value": value, "tags": tags}});
        writeln!(to, "{line}")
    };
    let milliseconds = |ns: u64| json!(ns as f64 / 1e6);
    let duration = row.elapsed_ns - connect;
    let waiting = row.latency_ns.saturating_sub(connect).min(duration);
    point("http_reqs", json!(1))?;
    let times = [
        duration,
        connect,
        row.connect_ns,
        0,
        0,
        waiting,
        duration - waiting,
    ];
    for (name, ns) in TRENDS.into_iter().zip(times) {
        point(name, milliseconds(ns))?;
    }
    point("http_req_failed", json!(u8::from(failed)))?;
    Ok(())
}

/// k6's code of a failure.
fn error_code(error: &str, status: Option<u32>) -> Option<u32> {
    match (error, status) {
        (_, Some(status)) => (status >= 400).then_some(1_000 + status),
        ("dns", None) => Some(1_100),
        ("refused", None) => Some(1_212),
        ("connect", None) => Some(1_210),
        ("tls", None) => Some(1_300),
        ("reset", None) => Some(1_220),
        ("timeout", None) => Some(1_050),
        _ => Some(1_000),
    }
}
