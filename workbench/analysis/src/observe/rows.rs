//! Some columns of a batch of samples, as slices.

use std::borrow::Cow;

use jiff::Timestamp;
use polars_core::prelude::{
    BooleanChunked, Categorical32Chunked, DataFrame, PolarsError, PolarsResult, UInt32Chunked,
    UInt64Chunked,
};
use workbench_plan::{Plan, SteadyPart};
use workbench_samples::{Phase, SampleBatch, column};

pub(super) const NS_PER_SECOND: i64 = 1_000_000_000;

/// Some columns of a batch; each is in one piece.
pub(crate) struct Rows(DataFrame);

impl Rows {
    pub(crate) fn read(batch: &SampleBatch, columns: &[&str]) -> PolarsResult<Self> {
        batch.read(columns).map(Self)
    }

    /// UTC nanoseconds of the starts.
    pub(crate) fn started_at(&self) -> PolarsResult<&[i64]> {
        self.instants(column::STARTED_AT)
    }

    /// UTC nanoseconds.
    pub(crate) fn instants(&self, name: &str) -> PolarsResult<&[i64]> {
        let slice = self.0.column(name)?.datetime()?.physical().cont_slice();
        slice.map_err(|_| missing(name))
    }

    /// Nanoseconds from the intended start to the end. Where [`column::INTENDED_AT`] was not read, requests start when they
    /// are intended to.
    pub(super) fn response_ns(&self) -> PolarsResult<Cow<'_, [u64]>> {
        let elapsed = self.whole(column::ELAPSED_NS)?;
        if self.0.column(column::INTENDED_AT).is_err() {
            return Ok(Cow::Borrowed(elapsed));
        }
        let intended = self.instants(column::INTENDED_AT)?;
        let rows = elapsed.iter().zip(self.started_at()?).zip(intended);
        let response = rows.map(|((elapsed, started), intended)| {
            let waited = u64::try_from(started - intended).ok();
            let response = waited.and_then(|waited| elapsed.checked_add(waited));
            response.ok_or_else(|| missing(column::INTENDED_AT))
        });
        response.collect::<PolarsResult<Vec<u64>>>().map(Cow::Owned)
    }

    pub(crate) fn whole(&self, name: &str) -> PolarsResult<&[u64]> {
        let numbers: &UInt64Chunked = self.0.column(name)?.u64()?;
        numbers.cont_slice().map_err(|_| missing(name))
    }

    pub(crate) fn small(&self, name: &str) -> PolarsResult<&[u32]> {
        self.optional(name)?.cont_slice().map_err(|_| missing(name))
    }

    /// A numeric column with missing values.
    pub(super) fn optional(&self, name: &str) -> PolarsResult<&UInt32Chunked> {
        self.0.column(name)?.u32()
    }

    pub(crate) fn flags(&self, name: &str) -> PolarsResult<&BooleanChunked> {
        self.0.column(name)?.bool()
    }

    /// A text column as keys of Polars' dictionary; see [`Rows::table`].
    pub(super) fn texts(&self, name: &str) -> PolarsResult<&[u32]> {
        let words = self.0.column(name)?.cat32()?;
        words.physical().cont_slice().map_err(|_| missing(name))
    }

    /// A text column with missing values.
    pub(super) fn optional_texts(&self, name: &str) -> PolarsResult<&Categorical32Chunked> {
        self.0.column(name)?.cat32()
    }

    /// The values of a column's dictionary keys, mapped by `of`. Each batch has its own dictionary.
    pub(super) fn table<T>(
        &self,
        name: &str,
        meaning: impl Fn(&str) -> T,
    ) -> PolarsResult<Vec<Option<T>>> {
        let mapping = self.0.column(name)?.cat32()?.get_mapping();
        Ok((0_u32..)
            .take(mapping.num_cats_upper_bound())
            .map(|number| mapping.cat_to_str(number).map(&meaning))
            .collect())
    }
}

/// Requests further than this from the schedule are an error: the clock was set, or the file is damaged. Memory is
/// needed for every second in between. Our choice.
const BELIEVED_NS: i64 = 24 * 3_600 * NS_PER_SECOND;

/// The origin of instants, and the latest accepted one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// UTC nanoseconds.
    pub(super) origin: i64,
    latest: i64,
}

impl Clock {
    pub(super) fn new(origin: i64, plan: &Plan) -> Self {
        let scheduled = i64::try_from(plan.schedule().end().as_nanos()).unwrap_or(i64::MAX);
        Self {
            origin,
            latest: scheduled.saturating_add(BELIEVED_NS),
        }
    }

    /// Nanoseconds since the origin; 0 before it.
    pub(super) fn since(self, instant: i64) -> PolarsResult<i64> {
        let since = instant.saturating_sub(self.origin);
        if since > self.latest || since < -BELIEVED_NS {
            return Err(self.stray(instant));
        }
        Ok(since.max(0))
    }

    fn stray(self, instant: i64) -> PolarsError {
        let rfc_3339 = |instant: i64| {
            Timestamp::from_nanosecond(i128::from(instant))
                .map_or_else(|_| instant.to_string(), |instant| format!("{instant:.0}"))
        };
        PolarsError::ComputeError(
            format!(
                "a request started or ended at {}, more than a day from the schedule, which begins at {}: either the \
                 samples are damaged, or started_at in the run's manifest.json is",
                rfc_3339(instant),
                rfc_3339(self.origin)
            )
            .into(),
        )
    }
}

/// The whole second of a time in nanoseconds.
pub(super) fn second(since_ns: i64) -> PolarsResult<u32> {
    u32::try_from(since_ns / NS_PER_SECOND).map_err(|_| missing(column::STARTED_AT))
}

/// Whether requests of a phase are in the steady part.
pub(super) fn is_steady(phase: &str, steady_part: SteadyPart) -> bool {
    match steady_part {
        SteadyPart::Hold => phase == Phase::Hold.as_str(),
        SteadyPart::WholeRun => [Phase::RampUp, Phase::Hold, Phase::RampDown]
            .iter()
            .any(|it| it.as_str() == phase),
    }
}

pub(crate) fn missing(column: &str) -> PolarsError {
    PolarsError::ComputeError(format!("a sample has no usable value in column {column}").into())
}
