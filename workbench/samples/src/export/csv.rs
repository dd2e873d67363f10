//! Every column as CSV.

use std::io::Write;
use std::path::Path;

use super::ExportError;
use super::rows::{Stored, batches, each, quoted};
use crate::schema::column;

/// The `--columns` with which `import` reads it again.
pub const COLUMNS: &str = "start=started_at,elapsed=elapsed_ns,label=request,success=success,status=status,connect=connect_ns,\
     first_byte=latency_ns,bytes_sent=bytes_sent,bytes_received=bytes_received,users=active_users,scenario=scenario";

pub(super) fn write(run: &Path, to: &mut impl Write) -> Result<u64, ExportError> {
    writeln!(to, "{}", column::ALL.join(","))?;
    let mut count = 0;
    for batch in batches(run)? {
        count += each(run, &batch, |row| Ok(write_row(row, to)?))?;
    }
    Ok(count)
}

/// In the order of [`column::ALL`]; instants are nanoseconds since the Unix epoch.
fn write_row(row: &Stored<'_>, to: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        to,
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
        row.intended_at,
        row.started_at,
        row.elapsed_ns,
        row.latency_ns,
        row.connect_ns,
        row.bytes_sent,
        row.bytes_received,
        row.status
            .map(|status| status.to_string())
            .unwrap_or_default(),
        row.error.is_none(),
        row.error.unwrap_or_default(),
        quoted(row.request),
        quoted(row.scenario),
        row.user,
        row.iteration,
        row.active_users,
        row.phase,
        row.redirects,
    )
}
