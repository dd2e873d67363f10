//! `JMeter`'s CSV, with the columns that version 5 writes by default.

use std::io::Write;
use std::path::Path;

use super::ExportError;
use super::rows::{Stored, batches, each, quoted};
use crate::sample::ErrorKind;

const HEADER: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,\
     sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect";

const MILLISECOND: u64 = 1_000_000;

pub(super) fn write(run: &Path, to: &mut impl Write) -> Result<u64, ExportError> {
    writeln!(to, "{HEADER}")?;
    let mut count = 0;
    for batch in batches(run)? {
        count += each(run, &batch, |row| Ok(write_row(row, to)?))?;
    }
    Ok(count)
}

fn write_row(row: &Stored<'_>, to: &mut impl Write) -> std::io::Result<()> {
    let (code, message) = match (row.status, row.error) {
        (Some(status), _) => (status.to_string(), ""),
        (None, Some(error)) => of_error(error),
        (None, None) => (String::new(), ""),
    };
    let scenario = if row.scenario.is_empty() {
        "users"
    } else {
        row.scenario
    };
    let thread = format!("{scenario} 1-{}", row.user);
    writeln!(
        to,
        "{},{},{},{},{},{},text,{},{},{},{},{users},{users},,{},0,{}",
        row.started_at.div_euclid(MILLISECOND as i64),
        row.elapsed_ns / MILLISECOND,
        quoted(row.request),
        code,
        quoted(message),
        quoted(&thread),
        row.error.is_none(),
        quoted(row.error.unwrap_or_default()),
        row.bytes_received,
        row.bytes_sent,
        row.latency_ns / MILLISECOND,
        row.connect_ns / MILLISECOND,
        users = row.active_users,
    )
}

/// What `JMeter` writes in place of a status, and its message.
fn of_error(error: &str) -> (String, &'static str) {
    let kind = ErrorKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == error);
    let (class, message) = match kind {
        Some(ErrorKind::Dns) => (
            "java.net.UnknownHostException",
            "the host name could not be resolved",
        ),
        Some(ErrorKind::Refused) => ("java.net.ConnectException", "Connection refused"),
        Some(ErrorKind::Connect) => (
            "org.apache.http.conn.ConnectTimeoutException",
            "cannot connect",
        ),
        Some(ErrorKind::Tls) => ("javax.net.ssl.SSLException", "TLS could not be negotiated"),
        Some(ErrorKind::Reset) => ("java.net.SocketException", "Connection reset"),
        Some(ErrorKind::Timeout) => ("java.net.SocketTimeoutException", "Read timed out"),
        Some(ErrorKind::Unknown) => return (String::new(), ""),
        _ => ("workbench", "see failureMessage"),
    };
    (format!("Non HTTP response code: {class}"), message)
}
