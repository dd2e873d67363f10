//! Pure statistical functions on slices, with an explicit seed.
//!
//! No function reorders or changes its input, reads a clock, or prints. Values that are not finite and
//! data that are too few for the question are refused with a [`StatisticsError`].

mod adjust;
mod clt;
mod compare;
mod distribution;
mod effect;
mod error;
mod false_alarm;
mod groups;
mod power;
mod published;
mod quantile;
mod rank;
mod summary;
mod verdict;

pub use adjust::{benjamini_hochberg, holm};
pub use clt::resampled_means;
pub use compare::{
    MeanEstimate, RatioTest, TTest, paired_ratio_of_geometric_means, paired_t, pooled_t,
    prediction_ratio, prediction_t, ratio_of_geometric_means, welch, welch_from_estimates,
};
pub use distribution::{
    noncentral_t_upper_tail, student_t_quantile, student_t_upper_tail, studentized_range_quantile,
    studentized_range_upper_tail,
};
pub use effect::{HedgesG, cliffs_delta, hedges_g};
pub use error::StatisticsError;
pub use false_alarm::{FalseAlarmRate, ResampledTest, false_alarm_rate};
pub use groups::{PairComparison, WelchAnova, games_howell, pairwise_welch, welch_anova};
pub use power::{Design, Sides, minimum_detectable_effect, power, runs_needed};
pub use published::{CheckedTest, PrintedTest, PublishedCheck, check_published};
pub use quantile::{quantile, quantile_of_sorted};
pub use rank::{
    KruskalWallis, MannWhitney, NullDistribution, Shift, ShiftInterval, SignedRank, hodges_lehmann,
    kruskal_wallis, mann_whitney, paired_hodges_lehmann, signed_rank,
};
pub use summary::{Summary, summary};
pub use verdict::{
    Better, CrossCheck, ErrorRateComparison, Evidence, FamilyVerdict, Layout, Method, Rule,
    RunComparison, RunErrors, Verdict, VerdictWarning, compare_error_rates, compare_runs,
    family_verdicts, verdict_of_interval,
};
