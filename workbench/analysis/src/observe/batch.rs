//! A batch of samples, and the values that the first pass found to be constant in it.

use polars_core::prelude::PolarsResult;
use workbench_plan::SteadyPart;
use workbench_samples::{SampleBatch, column};

use super::labels::Labels;
use super::rows::{Rows, is_steady, missing};
use super::tally::code;

/// A batch of samples. Constant values need not be read again, since labels take longer to read than numbers.
pub(super) struct Batch {
    pub(super) samples: SampleBatch,
    /// The second of the last start, from 0.
    pub(super) last_second: u32,
    /// The label of all of them.
    pub(super) label: Option<String>,
    /// Whether all of them are in the steady part, or none.
    pub(super) steady: Option<bool>,
}

impl Batch {
    /// Reads some columns, and the [`code`] of each sample.
    pub(super) fn read(
        &self,
        columns: &[&'static str],
        labels: &Labels,
        steady_part: SteadyPart,
    ) -> PolarsResult<(Rows, Vec<u16>)> {
        let mut columns = [columns, &[column::SUCCESS]].concat();
        if labels.may_wait {
            columns.extend([column::STARTED_AT, column::INTENDED_AT, column::USER]);
            columns.sort_unstable();
            columns.dedup();
        }
        columns.extend(self.label.is_none().then_some(column::REQUEST));
        columns.extend(self.steady.is_none().then_some(column::PHASE));
        let rows = Rows::read(&self.samples, &columns)?;
        let label = self.label.as_ref().and_then(|label| labels.number(label));
        let label_of = match self.label {
            Some(_) => None,
            None => Some((
                rows.texts(column::REQUEST)?,
                rows.table(column::REQUEST, |label| labels.number(label))?,
            )),
        };
        let steady_of = match self.steady {
            Some(_) => None,
            None => Some((
                rows.texts(column::PHASE)?,
                rows.table(column::PHASE, |phase| is_steady(phase, steady_part))?,
            )),
        };
        let sample = |(row, success): (usize, Option<bool>)| {
            let label = match &label_of {
                Some((words, label_of)) => label_of[words[row] as usize].flatten(),
                None => label,
            };
            let steady = match &steady_of {
                Some((words, steady_of)) => steady_of[words[row] as usize],
                None => self.steady,
            };
            let label = label.ok_or_else(|| missing(column::REQUEST))?;
            let success = success.ok_or_else(|| missing(column::SUCCESS))?;
            Ok(code(label, steady == Some(true), !success))
        };
        let successes = rows.flags(column::SUCCESS)?.iter().enumerate();
        let codes = successes.map(sample).collect::<PolarsResult<_>>()?;
        Ok((rows, codes))
    }
}
