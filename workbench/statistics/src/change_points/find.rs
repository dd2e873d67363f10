//! Circular binary segmentation with permutation tests.

use super::permutation::Orders;
use super::score::{best_stay, best_step, scores, scores_of_sides};
use crate::error::{StatisticsError, check, check_open_probability};

/// A place at which a series changes its level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChangePoint {
    /// Position of the first value after the change.
    pub at: usize,
    /// p value of the test that found it.
    pub p: f64,
}

/// Fewest values at one level. One or two could be outliers, such as a disturbed session and its neighbour. Our choice.
pub(super) const SHORTEST: usize = 3;

/// Finds where a series changes its level, in order of time.
///
/// A segment, at first the whole series, is divided where the sum of squares between the two parts is largest, if that is
/// significant; otherwise where the sum of squares between a part in its middle and the rest is largest, if that is (a
/// change that was taken back, which the first test hardly sees). The segments are then divided in the same manner. A level
/// lasts for 3 values at least, so that one disturbed value never is a change. Each of the two tests has half of `level`:
/// the p value is the share of random orders of the segment's values, 1,999 and the given one, that divide as well.
/// A series without a change, whatever the distribution of its values, has change points with probability `level` at most.
///
/// Outliers count for less: values are first moved to within 3 standard deviations of the segment's median, as
/// estimated by the median absolute deviation. A change point found is moved, between its neighbours, to where the
/// parts differ most with values bounded to within 1 standard deviation of the levels of the two sides.
///
/// Assumes independent values, one for each session; logarithms where changes are relative. Neighbours that are alike
/// (correlated by 0.3) are taken for changes more often than `level`, and a drift is found as a stair. Each test on a
/// history that has grown is a new chance of a false alarm. Random orders follow from the seed. Takes time n² for a segment
/// and order at most.
///
/// # Errors
/// Fewer values than [`fewest_for_change_points`], values that are not finite, or a level that is not strictly between 0
/// and 1.
///
/// # References
/// - A. B. Olshen, E. S. Venkatraman, R. Lucito, M. Wigler (2004), “Circular binary segmentation for the analysis of
///   array-based DNA copy number data”, Biostatistics 5(4) (the two divisions and their permutation test).
/// - B. Phipson, G. K. Smyth (2010), “Permutation P-values Should Never Be Zero”, Statistical Applications in Genetics and
///   Molecular Biology 9(1).
/// - C. Leys, C. Ley, O. Klein, P. Bernard, L. Licata (2013), “Detecting outliers: Do not use standard deviation around the
///   mean, use absolute deviation around the median”, Journal of Experimental Social Psychology 49(4).
///
/// # Examples
/// ```
/// use workbench_statistics::change_points;
///
/// let noise = |i: u32| f64::from(i * i % 11);
/// let series: Vec<f64> = (0..40).map(|i| if i < 25 { 100.0 } else { 110.0 } + noise(i)).collect();
/// let found = change_points(&series, 0.01, 1)?;
/// assert_eq!(found.len(), 1);
/// assert_eq!(found[0].at, 25);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn change_points(
    values: &[f64],
    level: f64,
    seed: u64,
) -> Result<Vec<ChangePoint>, StatisticsError> {
    let fewest = fewest_for_change_points(level)?;
    check(values, fewest)?;
    let mut orders = Orders::new(seed);
    let mut found = Vec::new();
    let mut segments = vec![(0, values.len())];
    while let Some((start, end)) = segments.pop() {
        if end - start < fewest {
            continue;
        }
        let Some((places, p)) = divide(&values[start..end], level / 2.0, &mut orders)? else {
            continue;
        };
        let mut from = start;
        for place in places {
            let at = start + place;
            found.push(ChangePoint { at, p });
            segments.push((from, at));
            from = at;
        }
        segments.push((from, end));
    }
    found.sort_by_key(|change| change.at);
    for index in 0..found.len() {
        let start = index.checked_sub(1).map_or(0, |before| found[before].at);
        let end = found.get(index + 1).map_or(values.len(), |next| next.at);
        found[index].at = start + located(&values[start..end], found[index].at - start)?;
    }
    Ok(found)
}

/// Fewest values among which [`change_points`] can find a change.
///
/// The smallest n with 2/C(n, ⌊n/2⌋) ≤ `level`/2: of the orders of n values at two levels, at least two divide as well as one
/// in which each level is at one side.
///
/// # Errors
/// A level that is not strictly between 0 and 1.
///
/// # Examples
/// ```
/// assert_eq!(workbench_statistics::fewest_for_change_points(0.01)?, 11);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn fewest_for_change_points(level: f64) -> Result<usize, StatisticsError> {
    check_open_probability(level)?;
    let mut count = 2 * SHORTEST;
    // 20, the orders of 3 and 3 values.
    let mut orders = 20.0;
    while 2.0 / orders > level / 2.0 {
        count += 1;
        // C(n, ⌊n/2⌋) from C(n − 1, ⌊(n − 1)/2⌋).
        orders *= count as f64 / count.div_ceil(2) as f64;
    }
    Ok(count)
}

/// The best division and its p value; `None` if none is significant.
fn divide(
    values: &[f64],
    level: f64,
    orders: &mut Orders,
) -> Result<Option<(Vec<usize>, f64)>, StatisticsError> {
    let scores = scores(values)?;
    let mut sums = Vec::new();
    let step = best_step(&scores, &mut sums);
    let p = orders.p(&scores, step.between, level, |scores| {
        best_step(scores, &mut sums).between
    });
    if let Some(p) = p {
        return Ok(Some((vec![step.start], p)));
    }
    let stay = best_stay(&scores, &mut sums);
    let p = orders.p(&scores, stay.between, level, |scores| {
        best_stay(scores, &mut sums).between
    });
    Ok(p.map(|p| (vec![stay.start, stay.end], p)))
}

/// Locates the change of level near `at`.
fn located(values: &[f64], at: usize) -> Result<usize, StatisticsError> {
    let best = best_step(&scores_of_sides(values, at)?, &mut Vec::new());
    Ok(if best.between > 0.0 { best.start } else { at })
}
