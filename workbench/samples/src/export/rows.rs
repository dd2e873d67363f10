//! Samples as they are stored, batch by batch.

use std::path::Path;

use polars_core::prelude::{Categorical32Chunked, DataFrame, PolarsResult};

use super::ExportError;
use crate::error::SamplesError;
use crate::read::{SampleBatch, sample_batches};
use crate::schema::{SAMPLES_FOLDER, column};

/// One sample.
#[derive(Clone, Debug, Default)]
pub(super) struct Stored<'a> {
    pub(super) intended_at: i64,
    pub(super) started_at: i64,
    pub(super) elapsed_ns: u64,
    pub(super) latency_ns: u64,
    pub(super) connect_ns: u64,
    pub(super) bytes_sent: u64,
    pub(super) bytes_received: u64,
    pub(super) status: Option<u32>,
    /// `None` for a success.
    pub(super) error: Option<&'a str>,
    pub(super) request: &'a str,
    pub(super) scenario: &'a str,
    pub(super) user: u32,
    pub(super) iteration: u32,
    pub(super) active_users: u32,
    pub(super) phase: &'a str,
    pub(super) redirects: u32,
}

/// The batches of a run.
pub(super) fn batches(run: &Path) -> Result<Vec<SampleBatch>, SamplesError> {
    sample_batches(&run.join(SAMPLES_FOLDER))
}

/// Calls `each` with every sample of a batch. Returns their number.
pub(super) fn each(
    run: &Path,
    batch: &SampleBatch,
    mut give: impl FnMut(&Stored<'_>) -> Result<(), ExportError>,
) -> Result<u64, ExportError> {
    let damaged = |source| SamplesError::Damaged {
        path: run.join(SAMPLES_FOLDER),
        source,
    };
    let frame = batch.read(&column::ALL).map_err(damaged)?;
    let mut given = Ok(());
    for_each(&frame, |row| {
        if given.is_ok() {
            given = give(row);
        }
    })
    .map_err(damaged)?;
    given?;
    Ok(frame.height() as u64)
}

fn for_each(frame: &DataFrame, mut give: impl FnMut(&Stored<'_>)) -> PolarsResult<()> {
    let instants = |name| PolarsResult::Ok(frame.column(name)?.datetime()?.physical());
    let wide = |name| frame.column(name)?.u64();
    let narrow = |name| frame.column(name)?.u32();
    let words = |name| frame.column(name)?.cat32();
    let (intended, started) = (
        instants(column::INTENDED_AT)?,
        instants(column::STARTED_AT)?,
    );
    let (elapsed, latency) = (wide(column::ELAPSED_NS)?, wide(column::LATENCY_NS)?);
    let connect = wide(column::CONNECT_NS)?;
    let (sent, received) = (wide(column::BYTES_SENT)?, wide(column::BYTES_RECEIVED)?);
    let (status, user) = (narrow(column::STATUS)?, narrow(column::USER)?);
    let (iteration, users) = (narrow(column::ITERATION)?, narrow(column::ACTIVE_USERS)?);
    let redirects = narrow(column::REDIRECTS)?;
    let (errors, requests) = (words(column::ERROR)?, words(column::REQUEST)?);
    let (scenarios, phases) = (words(column::SCENARIO)?, words(column::PHASE)?);
    for row in 0..frame.height() {
        give(&Stored {
            intended_at: intended.get(row).unwrap_or_default(),
            started_at: started.get(row).unwrap_or_default(),
            elapsed_ns: elapsed.get(row).unwrap_or_default(),
            latency_ns: latency.get(row).unwrap_or_default(),
            connect_ns: connect.get(row).unwrap_or_default(),
            bytes_sent: sent.get(row).unwrap_or_default(),
            bytes_received: received.get(row).unwrap_or_default(),
            status: status.get(row),
            error: word(errors, row),
            request: word(requests, row).unwrap_or_default(),
            scenario: word(scenarios, row).unwrap_or_default(),
            user: user.get(row).unwrap_or_default(),
            iteration: iteration.get(row).unwrap_or_default(),
            active_users: users.get(row).unwrap_or_default(),
            phase: word(phases, row).unwrap_or_default(),
            redirects: redirects.get(row).unwrap_or_default(),
        });
    }
    Ok(())
}

/// The text of a row in a dictionary column.
fn word(words: &Categorical32Chunked, row: usize) -> Option<&str> {
    words.get_mapping().cat_to_str(words.physical().get(row)?)
}

/// A field of a CSV, in quotes where it needs them.
pub(super) fn quoted(text: &str) -> std::borrow::Cow<'_, str> {
    let needs = text.contains([',', '"', '\n', '\r']);
    if needs {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}
