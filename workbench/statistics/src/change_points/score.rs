//! Scores of a segment's values, and their best divisions.

use super::find::SHORTEST;
use crate::error::StatisticsError;
use crate::quantile::quantile;

/// Values beyond the segment's median by more than this many standard deviations are moved to that bound. 2.5 or 3 is advised
/// by Leys and others (2013); with 2 or 2.5, changes of the last three values are found half as often.
const OUTLIER: f64 = 3.0;

/// The same where a change point is located, beyond the levels of its sides. Our choice: with 3, changes beside
/// outliers of 10 standard deviations are located worse.
const OUTLIER_OF_A_SIDE: f64 = 1.0;

/// Standard deviations of normal values per median absolute deviation: 1/Φ⁻¹(3/4).
const NORMAL_DEVIATION: f64 = 1.482_602_218_505_602;

/// The values as deviations from their mean, outliers moved to the bound.
///
/// The bound depends on the set of values alone, not on their order: an order of the scores is as likely as one of the
/// values.
pub(super) fn scores(values: &[f64]) -> Result<Vec<f64>, StatisticsError> {
    let median = quantile(values, 0.5)?;
    let deviation = deviation(values.iter().map(|value| value - median))?;
    if deviation == 0.0 {
        // More than half of the values are the same, so that every other would be an outlier.
        return Ok(centred(values.iter().map(|value| value - median)));
    }
    let reach = OUTLIER * deviation;
    Ok(centred(
        values
            .iter()
            .map(|value| (value - median).clamp(-reach, reach)),
    ))
}

/// The same where the level changes at a known place: outliers are told by the levels of the two sides.
pub(super) fn scores_of_sides(values: &[f64], at: usize) -> Result<Vec<f64>, StatisticsError> {
    let (left, right) = (quantile(&values[..at], 0.5)?, quantile(&values[at..], 0.5)?);
    let of_left = values[..at].iter().map(|value| value - left);
    let of_right = values[at..].iter().map(|value| value - right);
    let reach = OUTLIER_OF_A_SIDE * deviation(of_left.chain(of_right))?;
    let (lowest, highest) = (left.min(right) - reach, left.max(right) + reach);
    Ok(centred(
        values
            .iter()
            .map(|value| value.clamp(lowest, highest) - lowest),
    ))
}

/// The standard deviation of normal values that deviate so.
fn deviation(deviations: impl Iterator<Item = f64>) -> Result<f64, StatisticsError> {
    let absolute: Vec<f64> = deviations.map(f64::abs).collect();
    Ok(NORMAL_DEVIATION * quantile(&absolute, 0.5)?)
}

fn centred(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    for value in &mut values {
        *value -= mean;
    }
    values
}

/// A division of a segment: the values from `start` to `end`, and the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Division {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Sum of squares between the two parts, S²n/(m(n − m)) with the sum S of the m scores from `start` to `end`. For a given
    /// set of scores it grows with the square of Student's t.
    pub(super) between: f64,
}

/// The best division into a first and a last part. `sums` is working memory.
pub(super) fn best_step(scores: &[f64], sums: &mut Vec<f64>) -> Division {
    fill(sums, scores);
    let count = scores.len();
    best((SHORTEST..=count - SHORTEST).map(|start| division(sums, start, count)))
}

/// The best division into a part in the middle and the rest around it. `sums` is working memory.
pub(super) fn best_stay(scores: &[f64], sums: &mut Vec<f64>) -> Division {
    fill(sums, scores);
    let last = scores.len() - SHORTEST;
    let divisions = (SHORTEST..=last).flat_map(|start| {
        let ends = start + SHORTEST..=last;
        ends.map(move |end| (start, end))
    });
    best(divisions.map(|(start, end)| division(sums, start, end)))
}

/// Sums of the first scores, from none to all.
fn fill(sums: &mut Vec<f64>, scores: &[f64]) {
    sums.clear();
    sums.push(0.0);
    let mut sum = 0.0;
    sums.extend(scores.iter().map(|score| {
        sum += score;
        sum
    }));
}

fn division(sums: &[f64], start: usize, end: usize) -> Division {
    let count = (sums.len() - 1) as f64;
    let length = (end - start) as f64;
    let sum = sums[end] - sums[start];
    Division {
        start,
        end,
        between: sum * sum * count / (length * (count - length)),
    }
}

/// The first of the best divisions; an empty one if there are none.
fn best(divisions: impl Iterator<Item = Division>) -> Division {
    let nothing = Division {
        start: 0,
        end: 0,
        between: 0.0,
    };
    divisions.fold(
        nothing,
        |best, it| {
            if it.between > best.between { it } else { best }
        },
    )
}
