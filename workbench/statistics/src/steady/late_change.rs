//! Late changes of level, after which too little of a series is left for a steady state.

use crate::describe::summary;
use crate::error::{StatisticsError, check};
use crate::quantile::quantiles;

/// A change of level after which too little is left, or which is too large, for a series to be steady.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LateChange {
    /// Position of the first value after the change.
    pub at: usize,
    /// Mean of the segment that ends with the change.
    pub before: f64,
    /// Mean of the last segment.
    pub after: f64,
}

impl LateChange {
    /// `after` over `before`, less 1.
    ///
    /// # Examples
    /// ```
    /// let change = workbench_statistics::LateChange { at: 60, before: 10.0, after: 20.0 };
    /// assert_eq!(change.relative(), 1.0);
    /// ```
    #[must_use]
    pub fn relative(&self) -> f64 {
        self.after / self.before - 1.0
    }
}

/// Fewest values in which segments can be distinguished. Our choice.
const LEAST_VALUES: usize = 50;
/// Shortest segment. Shorter levels count as outliers; a level of 5 of 3,000 lasts half a second in the data of Traini
/// et al.
const SHORTEST_SEGMENT: usize = 5;
/// A border has to gain this times ln n in twice the logarithm of the likelihood. This and [`LEAST_SHARE`] are our
/// choice, made on one half of a sample of the series of Traini et al., who let an elbow criterion choose from 4 to
/// 100,000.
const PENALTY: f64 = 18.0;
/// A border has to gain this share of what the best single one gains: beside a large change, small ones are details.
const LEAST_SHARE: f64 = 0.08;
/// Values are outliers outside the median ± this many times the distance of the 1st and 99th percentile (Traini et al.)…
const OUTLIERS: f64 = 3.0;
/// …of any so many neighbours with them (Traini et al.).
const NEIGHBOURS: usize = 200;
/// The first fiftieth counts as warm-up, not as outliers. Our choice, after Traini et al.: 17 to 289 of 3,000.
const WARM_UP_PART: usize = 50;
/// The last sixth has to be at one level: the last 500 of 3,000 values of Traini et al.
const LAST_PART: usize = 6;
/// Levels are different from this change on (Traini et al. 2022, after Kalibera and Jones 2013)…
const LAST_MARGIN: f64 = 0.05;
/// …if its interval with 95% confidence lies beyond it.
const NORMAL_QUANTILE: f64 = 1.959_963_984_540_054;
/// A change in the second half, but before the last sixth, has to be as large as this. Our choice.
const EARLIER_MARGIN: f64 = 0.20;
/// Lower bound of the standard deviation within a segment, relative to the mean of all: the resolution of clocks. Our
/// choice.
const RESOLUTION: f64 = 1e-3;

/// Finds a change of level in the second half of a series that excludes a steady state; `None` without one.
///
/// The values are cut into segments that minimise Σ mᵢ ln vᵢ + (k − 1)β, with mᵢ ≥ 5 the number of values in segment i and vᵢ
/// their variance: changes of mean and variance of normal values, by optimal partitioning. β is 18 ln n, or 0.08 times the gain of the best
/// single border where that is more. Outliers are left out there: what lies outside the median ± 3(q₀.₉₉ − q₀.₀₁) of any 200
/// neighbours, the first fiftieth excepted. A segment that reaches into the second half and is followed by others is a late
/// change where its mean differs from that of the last segment by 5% or more (the interval of their ratio, with 95%
/// confidence, lies beyond 5%; outliers count here), and
/// - it ends in the last sixth, so that less than a sixth of the series is at its last level, or
/// - it differs by 20% or more, and fewer values before it are at the level of the last segment, within 5%, than it holds
///   itself: the level is new, and not one that the series came back to.
///
/// A segment is no late change if some part of it, as long as the last segment, has a mean within 5% of the last one:
/// occasional events in that segment, such as checkpoints, have then merely not recurred since. Of several late changes
/// the last is given.
///
/// Assumes values in order of time, above 0, each a mean of many measurements in a time that is the same for all;
/// [`warm_up`](crate::warm_up) is the check of the first half. The penalty is large, so that neither dependence between
/// neighbours nor disturbances are taken for changes; small changes of few or very uneven values go unseen. Takes time n².
///
/// # Errors
/// Fewer than 50 values, values that are not finite or not above 0.
///
/// # References
/// - B. Jackson and others (2005), “An Algorithm for Optimal Partitioning of Data on an Interval”, IEEE Signal Processing
///   Letters 12(2).
/// - R. Killick, P. Fearnhead, I. A. Eckley (2012), “Optimal Detection of Changepoints With a Linear Computational Cost”,
///   Journal of the American Statistical Association 107(500), for the cost of a change of mean and variance.
/// - L. Traini, V. Cortellessa, D. Di Pompeo, M. Tucci (2022), “Towards effective assessment of steady state performance in
///   Java software: are we there yet?”, Empirical Software Engineering 28(1).
/// - E. Barrett, C. F. Bolz-Tereick, R. Killick, S. Mount, L. Tratt (2017), “Virtual Machine Warmup Blows Hot and Cold”,
///   Proceedings of the ACM on Programming Languages 1(OOPSLA).
/// - T. Kalibera, R. Jones (2013), “Rigorous Benchmarking in Reasonable Time”, ISMM.
///
/// # Examples
/// ```
/// use workbench_statistics::late_change;
///
/// let noise = |i: u32| f64::from(i * i % 11);
/// let settled: Vec<f64> = (0..200).map(|i| 100.0 + noise(i)).collect();
/// assert_eq!(late_change(&settled)?, None);
/// let slower: Vec<f64> = (0..200).map(|i| if i < 120 { 100.0 } else { 200.0 } + noise(i)).collect();
/// assert_eq!(late_change(&slower)?.map(|change| change.at), Some(120));
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn late_change(values: &[f64]) -> Result<Option<LateChange>, StatisticsError> {
    check(values, LEAST_VALUES)?;
    if let Some(position) = values.iter().position(|value| *value <= 0.0) {
        let value = values[position];
        return Err(StatisticsError::NotPositive { position, value });
    }
    let kept = without_outliers(values)?;
    let of_kept: Vec<f64> = kept.iter().map(|place| values[*place]).collect();
    let ends = segment_ends(&of_kept)?;
    let ends = ends.map(|end| kept.get(end).copied().unwrap_or(values.len()));
    Ok(late_change_of(&segments(ends, values)?, values))
}

/// The places of the values that are no outliers, ascending.
fn without_outliers(values: &[f64]) -> Result<Vec<usize>, StatisticsError> {
    let mut is_outlier = vec![false; values.len()];
    let length = NEIGHBOURS.min(values.len());
    for (start, neighbours) in values.windows(length).enumerate() {
        let levels = quantiles(neighbours, &[0.01, 0.5, 0.99])?;
        let reach = OUTLIERS * (levels[2] - levels[0]);
        for (outlier, value) in is_outlier[start..].iter_mut().zip(neighbours) {
            *outlier |= (value - levels[1]).abs() > reach;
        }
    }
    let warm_up = values.len() / WARM_UP_PART;
    let is_kept = |place: &usize| *place < warm_up || !is_outlier[*place];
    Ok((0..values.len()).filter(is_kept).collect())
}

/// Neighbouring values at one level.
#[derive(Clone, Copy)]
struct Segment {
    start: usize,
    /// Position behind its last value.
    end: usize,
    mean: f64,
    /// Squared standard error of the mean, relative to it.
    squared_error: f64,
}

impl Segment {
    fn length(&self) -> usize {
        self.end - self.start
    }

    fn difference(&self, other: &Self) -> f64 {
        difference(self.mean, other.mean)
    }

    fn differs_from(&self, other: &Self) -> bool {
        let difference = self.difference(other);
        let error = (1.0 + difference) * (self.squared_error + other.squared_error).sqrt();
        difference - NORMAL_QUANTILE * error >= LAST_MARGIN
    }
}

fn segments(
    ends: impl Iterator<Item = usize>,
    values: &[f64],
) -> Result<Vec<Segment>, StatisticsError> {
    let mut start = 0;
    let mut segments = Vec::new();
    for end in ends {
        let found = summary(&values[start..end])?;
        let relative = found.population_standard_deviation / found.mean;
        segments.push(Segment {
            start,
            end,
            mean: found.mean,
            squared_error: relative * relative / (end - start) as f64,
        });
        start = end;
    }
    Ok(segments)
}

/// The ends of the segments of least cost, ascending.
fn segment_ends(values: &[f64]) -> Result<impl Iterator<Item = usize>, StatisticsError> {
    let count = values.len();
    let whole = summary(values)?;
    let scale = whole.mean;
    let smallest_variance = RESOLUTION * RESOLUTION;
    let (mut sums, mut squares) = (vec![0.0; count + 1], vec![0.0; count + 1]);
    for (i, value) in values.iter().enumerate() {
        // Around the mean and in its unit, so that no digits are lost.
        let value = value / scale - 1.0;
        sums[i + 1] = sums[i] + value;
        squares[i + 1] = squares[i] + value * value;
    }
    let cost = |start: usize, end: usize| {
        let m = (end - start) as f64;
        let mean = (sums[end] - sums[start]) / m;
        let variance = (squares[end] - squares[start]) / m - mean * mean;
        m * variance.max(smallest_variance).ln()
    };
    let whole_cost = cost(0, count);
    let largest_gain = (SHORTEST_SEGMENT..=count - SHORTEST_SEGMENT)
        .map(|border| whole_cost - cost(0, border) - cost(border, count))
        .fold(0.0, f64::max);
    let penalty = (PENALTY * (count as f64).ln()).max(LEAST_SHARE * largest_gain);
    Ok(ends_of_least_cost(count, penalty, cost).into_iter())
}

/// The ends of the segments, ascending, into which so many values are cut at least cost, a border costing the penalty.
fn ends_of_least_cost(
    count: usize,
    penalty: f64,
    cost: impl Fn(usize, usize) -> f64,
) -> Vec<usize> {
    // Least cost of the values up to each position, and where the last segment of that begins.
    let mut least = vec![f64::INFINITY; count + 1];
    let mut begins = vec![0; count + 1];
    least[0] = -penalty;
    for end in SHORTEST_SEGMENT..=count {
        // Position 0 aside, what comes before a border holds a segment itself: elsewhere the least cost is infinite.
        for start in 0..=end - SHORTEST_SEGMENT {
            let total = least[start] + cost(start, end) + penalty;
            if total < least[end] {
                (least[end], begins[end]) = (total, start);
            }
        }
    }
    let mut ends = Vec::new();
    let mut end = count;
    while end > 0 {
        ends.push(end);
        end = begins[end];
    }
    ends.reverse();
    ends
}

/// By how much levels differ: the larger over the smaller, less 1.
fn difference(a: f64, b: f64) -> f64 {
    a.max(b) / a.min(b) - 1.0
}

fn late_change_of(segments: &[Segment], values: &[f64]) -> Option<LateChange> {
    let (last, earlier) = segments.split_last()?;
    let count = values.len();
    let is_late = |place: &usize| {
        let segment = &earlier[*place];
        let in_last_part = LAST_PART * segment.end > (LAST_PART - 1) * count;
        let is_large = || {
            segment.difference(last) >= EARLIER_MARGIN
                && !has_recovered(&earlier[..*place], segment, last)
        };
        segment.differs_from(last)
            && (in_last_part || is_large())
            && !contains(&values[segment.start..segment.end], last)
    };
    (0..earlier.len())
        .rev()
        .take_while(|place| 2 * earlier[*place].end > count)
        .find(is_late)
        .map(|place| LateChange {
            at: earlier[place].end,
            before: earlier[place].mean,
            after: last.mean,
        })
}

/// Whether at least as many values before a segment as it holds were at a level.
fn has_recovered(before: &[Segment], segment: &Segment, level: &Segment) -> bool {
    let at_level = before
        .iter()
        .filter(|it| it.difference(level) < LAST_MARGIN);
    at_level.map(Segment::length).sum::<usize>() >= segment.length()
}

/// Whether some stretch of values as long as a segment is at its level.
fn contains(values: &[f64], segment: &Segment) -> bool {
    let length = segment.length().min(values.len());
    let mut sum: f64 = values[..length].iter().sum();
    let is_at_level = |sum: f64| difference(sum / length as f64, segment.mean) < LAST_MARGIN;
    is_at_level(sum)
        || values.iter().zip(&values[length..]).any(|(left, entered)| {
            sum += entered - left;
            is_at_level(sum)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Least cost of the values from a position on, the penalty of a border before them included, by trying every segmentation.
    fn least_of_all(from: usize, count: usize, cost: &impl Fn(usize, usize) -> f64) -> f64 {
        let cut = (from + SHORTEST_SEGMENT..=count.saturating_sub(SHORTEST_SEGMENT))
            .map(|end| cost(from, end) + PENALTY_OF_TEST + least_of_all(end, count, cost));
        cut.fold(cost(from, count), f64::min)
    }

    const PENALTY_OF_TEST: f64 = 4.0;

    #[test]
    fn the_segments_are_the_best_of_all_segmentations() {
        let mut state = 1_u64;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 40) as f64 / (1_u64 << 24) as f64
        };
        for _ in 0..300 {
            // Levels of any length, and outliers.
            let mut level = 0.0;
            let values: Vec<f64> = (0..32)
                .map(|_| {
                    if random() < 0.2 {
                        level = 4.0 * random();
                    }
                    level + random()
                })
                .collect();
            let cost = |start: usize, end: usize| {
                let found = summary(&values[start..end]).unwrap();
                let deviation = found.population_standard_deviation;
                (end - start) as f64 * (deviation * deviation).ln()
            };

            let ends = ends_of_least_cost(values.len(), PENALTY_OF_TEST, cost);

            let starts = std::iter::once(0).chain(ends.iter().copied());
            let costs = starts.zip(&ends).map(|(start, end)| cost(start, *end));
            let total = costs.sum::<f64>() + PENALTY_OF_TEST * (ends.len() - 1) as f64;
            let least = least_of_all(0, values.len(), &cost);
            assert!((total - least).abs() < 1e-9, "{total} {least} {ends:?}");
        }
    }
}
