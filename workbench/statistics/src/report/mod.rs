//! The student report's procedure, reproduced and checked: descriptive, not valid for inference.

mod false_alarm;
mod published;
mod resampled_means;

pub use false_alarm::{FalseAlarmRate, ResampledTest, false_alarm_rate};
pub use published::{CheckedTest, PrintedTest, PublishedCheck, check_published};
pub use resampled_means::resampled_means;
