//! Series of times with a label that says whether they become steady, judged as runs are.

use std::fs::File;
use std::path::Path;

use polars_core::prelude::{PolarsError, PolarsResult};
use polars_io::SerReader;
use polars_io::prelude::ParquetReader;
use workbench_statistics::{LateChange, StatisticsError, late_change, warm_up};

/// One labelled series.
pub(crate) struct Labelled {
    pub(crate) is_steady: bool,
    /// In order of time; each a mean over a time of its own, as the blocks of a run are.
    pub(crate) seconds: Vec<f64>,
}

/// Why a series is refused, if it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    pub(crate) late_change: Option<LateChange>,
    /// MSER-5 would discard half of the series.
    pub(crate) never_settles: bool,
}

impl Labelled {
    pub(crate) fn judge(&self) -> Result<Refusal, StatisticsError> {
        Ok(Refusal {
            late_change: late_change(&self.seconds)?,
            never_settles: warm_up(&self.seconds)?.at_bound,
        })
    }
}

/// Reads the columns `label` and `seconds` of a Parquet file.
pub(crate) fn read(path: &Path) -> PolarsResult<Vec<Labelled>> {
    let columns = ["label", "seconds"].map(str::to_owned).to_vec();
    let frame = ParquetReader::new(File::open(path)?)
        .with_columns(Some(columns))
        .finish()?;
    let labels = frame.column("label")?.str()?;
    let lists = frame.column("seconds")?.list()?;
    let rows = labels.iter().zip(lists.amortized_iter());
    rows.map(|(label, seconds)| {
        let seconds = seconds.ok_or_else(|| missing("seconds"))?;
        let is_steady = match label {
            Some("steady state") => true,
            Some("no steady state") => false,
            _ => return Err(missing("label")),
        };
        let seconds = seconds.as_ref().f32()?.iter();
        let seconds = seconds.map(|value| value.map(f64::from).ok_or_else(|| missing("seconds")));
        Ok(Labelled {
            is_steady,
            seconds: seconds.collect::<PolarsResult<_>>()?,
        })
    })
    .collect()
}

fn missing(column: &str) -> PolarsError {
    PolarsError::ComputeError(format!("a row has no usable value in column {column}").into())
}
