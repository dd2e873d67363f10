//! Adjusts the verdicts of a family: the metrics and labels of one comparison.

use super::classify::Verdict;
use super::rule::Evidence;
use super::support::VerdictWarning;
use crate::error::{StatisticsError, check_open_probability};
use crate::groups::holm;

/// A verdict among others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FamilyVerdict {
    /// The adjusted verdict.
    pub verdict: Verdict,
    /// Whether the candidate is worse by more than the margin, allowing for the others.
    pub strict_regression: bool,
    /// The p values adjusted by Holm; `None` where the member was not tested.
    pub adjusted: Option<Evidence>,
    /// Set where the verdict was lost to the adjustment.
    pub warning: Option<VerdictWarning>,
}

/// Verdicts that keep the false alarms of a whole family at α.
///
/// Each member is its own verdict and the evidence behind it. Holm's adjustment is made over the members that have
/// evidence, separately for regressions, improvements and regressions beyond the margin. Then, for each member:
///
/// - invalid, equivalent and inconclusive stay as they are;
/// - regressed stays if its adjusted `p_regressed` is below α, otherwise it becomes inconclusive;
/// - improved likewise, by its adjusted `p_improved`;
/// - a regression is strict if its adjusted `p_beyond_margin` is below α.
///
/// So the probability that any unchanged or improved member is called regressed is at most α, whatever the others are
/// and however they depend on each other. The same holds for improvements. (A member that is called equivalent first
/// can only make it less.) Equivalence is not adjusted: “all members are equivalent” is then claimed falsely with
/// probability α at most, as an intersection-union test; that does not hold for a single equivalence selected from
/// many. Intervals are not adjusted.
///
/// # Errors
/// An `alpha` that is not strictly between 0 and 1, or evidence that is not made of probabilities.
///
/// # References
/// - S. Holm (1979), Scandinavian Journal of Statistics 6(2).
/// - R. L. Berger (1982), “Multiparameter Hypothesis Testing and Acceptance Sampling”, Technometrics 24(4)
///   (intersection-union tests).
///
/// # Examples
/// ```
/// use workbench_statistics::{Evidence, Verdict, family_verdicts};
///
/// let evidence = |p| Some(Evidence { p_regressed: p, p_improved: 1.0 - p, p_beyond_margin: 0.5 });
/// let members = [
///     (Verdict::Regressed, evidence(0.001)),
///     (Verdict::Regressed, evidence(0.04)),
///     (Verdict::Inconclusive, evidence(0.3)),
/// ];
/// let verdicts = family_verdicts(&members, 0.05)?;
/// assert_eq!(verdicts[0].verdict, Verdict::Regressed);
/// assert_eq!(verdicts[1].verdict, Verdict::Inconclusive); // 2 · 0.04 is above 0.05
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn family_verdicts(
    members: &[(Verdict, Option<Evidence>)],
    alpha: f64,
) -> Result<Vec<FamilyVerdict>, StatisticsError> {
    check_open_probability(alpha)?;
    let tested: Vec<Evidence> = members
        .iter()
        .filter_map(|(verdict, evidence)| evidence.filter(|_| *verdict != Verdict::Invalid))
        .collect();
    let adjust = |p: fn(&Evidence) -> f64| holm(&tested.iter().map(p).collect::<Vec<_>>());
    let regressed = adjust(|evidence| evidence.p_regressed)?;
    let improved = adjust(|evidence| evidence.p_improved)?;
    let beyond = adjust(|evidence| evidence.p_beyond_margin)?;
    let mut adjusted = regressed.into_iter().zip(improved).zip(beyond).map(
        |((p_regressed, p_improved), p_beyond_margin)| Evidence {
            p_regressed,
            p_improved,
            p_beyond_margin,
        },
    );
    Ok(members
        .iter()
        .map(|(verdict, evidence)| {
            let counted = evidence.is_some() && *verdict != Verdict::Invalid;
            let adjusted = if counted { adjusted.next() } else { None };
            member(*verdict, adjusted, alpha)
        })
        .collect())
}

fn member(verdict: Verdict, adjusted: Option<Evidence>, alpha: f64) -> FamilyVerdict {
    let Some(evidence) = adjusted else {
        return FamilyVerdict {
            verdict,
            strict_regression: false,
            adjusted: None,
            warning: None,
        };
    };
    let p = match verdict {
        Verdict::Regressed => evidence.p_regressed,
        Verdict::Improved => evidence.p_improved,
        Verdict::Invalid | Verdict::Equivalent | Verdict::Inconclusive => 0.0,
    };
    let lost = p >= alpha;
    FamilyVerdict {
        verdict: if lost { Verdict::Inconclusive } else { verdict },
        strict_regression: evidence.p_beyond_margin < alpha,
        adjusted,
        warning: lost.then_some(VerdictWarning::LostInFamily { p }),
    }
}
