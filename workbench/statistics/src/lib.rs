//! Pure statistical functions on slices, with an explicit seed.
//!
//! No function reorders or changes its input, reads a clock, or prints. Values that are not finite and
//! data that are too few for the question are refused with a [`StatisticsError`].
//!
//! In the order of an analysis:
//!
//! | question | module | functions |
//! |---|---|---|
//! | How are these values distributed? | `describe` | [`summary`], [`normal_plot`], [`shape`], [`anderson_darling_exponential`] |
//! | Which time do most requests stay below? | `quantile` | [`quantile()`], [`harrell_davis`], [`quantile_interval`] |
//! | Is this run steady, and what is its effective sample size? | `steady` | [`warm_up`], [`late_change`], [`batch_means`], [`autocorrelation`] |
//! | How many requests fail? | `proportion` | [`wilson`], [`clopper_pearson`], [`two_proportions`] |
//! | Do two groups of runs differ? | `compare` | [`welch`], [`paired_t`], [`trimmed_paired_t`], [`ratio_of_geometric_means`], [`hedges_g`] |
//! | Do their ranks differ? | `rank` | [`mann_whitney`], [`signed_rank`], [`hodges_lehmann`] |
//! | Do several groups differ? | `groups` | [`games_howell`], [`welch_anova`], [`holm`] |
//! | Which changes can such runs detect? | `power` | [`power()`], [`minimum_detectable_effect`], [`runs_needed`] |
//! | May a series be judged before its end? | `sequential` | [`Looks`], [`compare_runs_at_look`] |
//! | What is the verdict on a candidate? | `verdict` | [`compare_runs`], [`compare_error_rates`], [`family_verdicts`] |
//! | When did a history change? | `change_points` | [`change_points()`], [`fewest_for_change_points`] |
//! | How does throughput grow with load? | `scalability` | [`fit_scalability`] |
//! | What is the student report's procedure? | `report` | [`resampled_means`], [`false_alarm_rate`], [`check_published`] |
//!
//! `distribution` has the probabilities behind them.

mod change_points;
mod compare;
mod describe;
mod distribution;
mod doubles;
mod error;
mod groups;
mod interval;
mod power;
mod proportion;
mod quantile;
mod rank;
mod report;
mod scalability;
mod sequential;
mod steady;
mod verdict;

pub use change_points::{ChangePoint, change_points, fewest_for_change_points};
pub use compare::{
    HedgesG, MeanEstimate, PairTest, RatioTest, TTest, cliffs_delta, hedges_g,
    paired_ratio_of_geometric_means, paired_ratio_of_trimmed_means, paired_t, pairs_left_out,
    pooled_t, prediction_ratio, prediction_t, ratio_of_geometric_means, trimmed_paired_t, welch,
    welch_from_estimates,
};
pub use describe::{
    Accumulator, AndersonDarling, NormalPlot, Shape, Summary, anderson_darling_exponential,
    normal_density, normal_plot, shape, summary,
};
pub use distribution::{
    noncentral_t_upper_tail, student_t_quantile, student_t_upper_tail, studentized_range_quantile,
    studentized_range_upper_tail,
};
pub use error::StatisticsError;
pub use groups::{
    PairComparison, WelchAnova, benjamini_hochberg, games_howell, holm, pairwise_welch, welch_anova,
};
pub use interval::Interval;
pub use power::{Design, Sides, minimum_detectable_effect, power, runs_needed};
pub use proportion::{
    Counts, Proportion, TwoProportions, clopper_pearson, two_proportions, wilson,
    wilson_of_dependent,
};
pub use quantile::{
    QuantileInterval, harrell_davis, harrell_davis_of_sorted, is_quantile_below,
    needed_for_quantile_interval, quantile, quantile_by_rank, quantile_interval,
    quantile_interval_by_rank, quantile_interval_of_sorted, quantile_of_sorted, quantiles,
};
pub use rank::{
    KruskalWallis, MannWhitney, NullDistribution, Shift, SignedRank, hodges_lehmann,
    kruskal_wallis, mann_whitney, paired_hodges_lehmann, signed_rank,
};
pub use report::{
    CheckedTest, FalseAlarmRate, PrintedTest, PublishedCheck, ResampledTest, check_published,
    false_alarm_rate, resampled_means,
};
pub use scalability::{Coefficient, LoadPoint, Peak, Scalability, Uncertainty, fit_scalability};
pub use sequential::Looks;
pub use steady::{
    BackwardWarmUp, BatchMeans, BatchWarning, LateChange, WarmUp, autocorrelation, batch_bounds,
    batch_means, batch_means_of_sums, effective_count_at_level, effective_count_of_quantile,
    effective_count_of_share, late_change, warm_up,
};
pub use verdict::{
    Better, CrossCheck, ErrorRateComparison, Evidence, FamilyVerdict, Layout, Method,
    RUNS_FOR_EQUIVALENCE, RUNS_OF_A_HISTORY, Rule, RunComparison, RunErrors, Verdict,
    VerdictWarning, compare_error_rates, compare_error_rates_at_look, compare_runs,
    compare_runs_at_look, family_verdicts, verdict_of_interval,
};
