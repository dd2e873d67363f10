//! Pure statistical functions on slices, with an explicit seed.
//!
//! No function reorders or changes its input, reads a clock, or prints. Values that are not finite and
//! data that are too few for the question are refused with a [`StatisticsError`].

mod adjust;
mod autocorrelation;
mod batch_means;
mod beta;
mod clt;
mod compare;
mod distribution;
mod double_double;
mod effect;
mod error;
mod false_alarm;
mod groups;
mod harrell_davis;
mod interval;
mod least_squares;
mod normality;
mod power;
mod proportion;
mod published;
mod quantile;
mod quantile_interval;
mod rank;
mod scalability;
mod summary;
mod two_proportions;
mod verdict;
mod warm_up;

pub use adjust::{benjamini_hochberg, holm};
pub use autocorrelation::autocorrelation;
pub use batch_means::{BatchMeans, BatchWarning, batch_means, effective_count_of_quantile};
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
pub use harrell_davis::{harrell_davis, harrell_davis_of_sorted};
pub use interval::Interval;
pub use normality::{NormalPlot, Shape, normal_density, normal_plot, shape};
pub use power::{Design, Sides, minimum_detectable_effect, power, runs_needed};
pub use proportion::{Proportion, clopper_pearson, wilson};
pub use published::{CheckedTest, PrintedTest, PublishedCheck, check_published};
pub use quantile::{quantile, quantile_of_sorted};
pub use quantile_interval::{
    QuantileInterval, needed_for_quantile_interval, quantile_interval, quantile_interval_of_sorted,
};
pub use rank::{
    KruskalWallis, MannWhitney, NullDistribution, Shift, ShiftInterval, SignedRank, hodges_lehmann,
    kruskal_wallis, mann_whitney, paired_hodges_lehmann, signed_rank,
};
pub use scalability::{Coefficient, LoadPoint, Peak, Scalability, Uncertainty, fit_scalability};
pub use summary::{Accumulator, Summary, summary};
pub use two_proportions::{Counts, TwoProportions, two_proportions};
pub use verdict::{
    Better, CrossCheck, ErrorRateComparison, Evidence, FamilyVerdict, Layout, Method, Rule,
    RunComparison, RunErrors, Verdict, VerdictWarning, compare_error_rates, compare_runs,
    family_verdicts, verdict_of_interval,
};
pub use warm_up::{WarmUp, warm_up};
