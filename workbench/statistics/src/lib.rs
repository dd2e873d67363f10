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

pub use change_points::*;
pub use compare::*;
pub use describe::*;
pub use distribution::*;
pub use error::StatisticsError;
pub use groups::*;
pub use interval::Interval;
pub use power::*;
pub use proportion::*;
pub use quantile::*;
pub use rank::*;
pub use report::*;
pub use scalability::*;
pub use sequential::*;
pub use steady::*;
pub use verdict::*;
