//! The Kruskal–Wallis test: several groups by their ranks.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::ranks::ranks;
use crate::error::{StatisticsError, check, check_count};

/// Whether several groups could have one distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct KruskalWallis {
    /// The statistic, corrected for ties.
    pub h: f64,
    /// Number of groups less 1.
    pub degrees_of_freedom: f64,
    /// p value, from the χ² distribution.
    pub p: f64,
    /// Number of values in each group.
    pub counts: Vec<usize>,
}

/// The Kruskal–Wallis test.
///
/// H = (12/(N(N + 1)) Σ Rᵢ²/nᵢ − 3(N + 1)) / (1 − Σ(t³ − t)/(N³ − N)), with the sums Rᵢ of ranks, referred to χ² with
/// k − 1 degrees of freedom.
///
/// Assumes independent values. The χ² distribution is an approximation, conservative for few values:
/// three in each of three groups never give less than the p of the example.
///
/// # Errors
/// Fewer than 2 groups, an empty group, values that are not finite, or values that are all equal.
///
/// # References
/// W. H. Kruskal, W. A. Wallis (1952), “Use of Ranks in One-Criterion Variance Analysis”, Journal of the American
/// Statistical Association 47, equations 1.1 and 1.3.
///
/// # Examples
/// ```
/// use workbench_statistics::kruskal_wallis;
///
/// let test = kruskal_wallis(&[&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0], &[7.0, 8.0, 9.0]])?;
/// assert!((test.h - 7.2).abs() < 1e-12);
/// assert!((test.p - 0.027_323_722).abs() < 1e-9);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn kruskal_wallis(groups: &[&[f64]]) -> Result<KruskalWallis, StatisticsError> {
    check_count(groups.len(), 2)?;
    for group in groups {
        check(group, 1)?;
    }
    let pooled = groups.concat();
    let count = pooled.len() as f64;
    let ranks = ranks(&pooled);
    let correction = 1.0 - ranks.ties / (count * (count * count - 1.0));
    if correction <= 0.0 {
        return Err(StatisticsError::NoVariation);
    }
    let mut rest = &ranks.doubled[..];
    let mut between = 0.0;
    for group in groups {
        let (own, others) = rest.split_at(group.len());
        let sum = own.iter().sum::<u64>() as f64 / 2.0;
        // About the mean rank, so that nothing large is subtracted in the end.
        let size = group.len() as f64;
        between += (sum - size * (count + 1.0) / 2.0).powi(2) / size;
        rest = others;
    }
    let h = 12.0 / (count * (count + 1.0)) * between / correction;
    let degrees_of_freedom = (groups.len() - 1) as f64;
    let chi_squared =
        ChiSquared::new(degrees_of_freedom).expect("two or more groups leave a degree of freedom");
    Ok(KruskalWallis {
        h,
        degrees_of_freedom,
        p: chi_squared.sf(h),
        counts: groups.iter().map(|group| group.len()).collect(),
    })
}
