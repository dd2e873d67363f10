//! Long lines through fewer points: a figure of a day is as small as one of an hour.

use super::plot::Points;

/// Points of a line beyond which it is drawn through fewer: more than a figure is wide.
pub(super) const MOST_POINTS: usize = 2_500;

/// At most some [`MOST_POINTS`] of the points, in order of x: of each stretch the first, the lowest, the highest and the last, and
/// a gap where there is one.
pub(super) fn thinned(points: &[(f64, Option<f64>)]) -> Points {
    if points.len() <= MOST_POINTS {
        return points.to_vec();
    }
    let stretches = points.chunks(points.len().div_ceil(MOST_POINTS / 5));
    let kept = stretches.flat_map(|stretch| {
        let known = || stretch.iter().filter(|(_, value)| value.is_some());
        let by_value = |a: &&(f64, Option<f64>), b: &&(f64, Option<f64>)| {
            let value = |point: &(f64, Option<f64>)| point.1.unwrap_or_default();
            value(a).total_cmp(&value(b))
        };
        let extremes = [
            known().next(),
            known().min_by(by_value),
            known().max_by(by_value),
            known().next_back(),
        ];
        let gap = stretch.iter().find(|(_, value)| value.is_none());
        let mut kept: Vec<_> = extremes
            .into_iter()
            .chain([gap])
            .flatten()
            .copied()
            .collect();
        kept.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        kept.dedup();
        kept
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_many_points_keeps_its_ends_extremes_and_gaps() {
        let mut points: Vec<_> = (0..86_400).map(|i| (f64::from(i), Some(1.0))).collect();
        points[40_000].1 = Some(9.0);
        points[50_000].1 = Some(-9.0);
        points[60_000].1 = None;
        let kept = thinned(&points);
        assert!(kept.len() <= MOST_POINTS, "{}", kept.len());
        for place in [0, 40_000, 50_000, 60_000, 86_399] {
            assert!(kept.contains(&points[place]), "{place}");
        }
        assert!(kept.is_sorted_by(|(one, _), (other, _)| one <= other));
        let few = points[..100].to_vec();
        assert_eq!(thinned(&few), few);
    }
}
