//! Marks the beginning and the end of an imported run as outside of its steady part.

use std::fs::File;
use std::path::Path;

use polars_core::prelude::{
    Categorical32Chunked, Categories, DataFrame, DataType, IntoColumn, IntoSeries, NewChunkedArray,
    PolarsResult, UInt32Chunked,
};
use polars_io::SerReader;
use polars_io::prelude::ParquetReader;

use super::collect::Span;
use crate::error::SamplesError;
use crate::guard::guarded;
use crate::sample::Phase;
use crate::schema::{SCHEMA_VERSION, column};
use crate::write::write_frame;

/// Rewrites the parts with samples that start before or after the steady part. `spans` are those of the parts, in the
/// order of their numbers.
pub(super) fn mark(
    directory: &Path,
    spans: &[Span],
    (from, to): (i64, i64),
) -> Result<(), SamplesError> {
    for (number, span) in spans.iter().enumerate() {
        if span.first >= from && span.last <= to {
            continue;
        }
        let path = directory.join(format!("part-{number:05}.parquet"));
        write_frame(path.clone(), SCHEMA_VERSION, || {
            let mut frame = guarded(|| ParquetReader::new(File::open(&path)?).finish())?;
            frame.rechunk_mut();
            replace_phases(&mut frame, (from, to))?;
            Ok(frame)
        })?;
    }
    Ok(())
}

fn replace_phases(frame: &mut DataFrame, (from, to): (i64, i64)) -> PolarsResult<()> {
    let global = Categories::global();
    let mapping = global.mapping();
    let number = |phase: Phase| mapping.insert_cat(phase.as_str());
    let (warm_up, hold, ramp_down) = (
        number(Phase::WarmUp)?,
        number(Phase::Hold)?,
        number(Phase::RampDown)?,
    );
    let starts = frame.column(column::STARTED_AT)?.datetime()?.physical();
    let phases = starts.iter().map(|start| {
        start.map(|start| {
            if start < from {
                warm_up
            } else if start > to {
                ramp_down
            } else {
                hold
            }
        })
    });
    let phases = UInt32Chunked::from_iter_options(column::PHASE.into(), phases);
    let categories = DataType::Categorical(global, mapping.clone());
    let phases = Categorical32Chunked::from_cats_and_dtype(phases, categories);
    frame.with_column(phases.into_series().into_column())?;
    Ok(())
}
