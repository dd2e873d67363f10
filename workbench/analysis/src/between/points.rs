//! Orders results by experiment and by the points of sweeps.

use crate::model::RunAnalysis;

/// Orders the points of each sweep by value, and experiments of one name by their numbers in the series (`shop#1`,
/// `shop#2`), since both may have been run in random order. All others keep the order of their first occurrence.
pub(crate) fn in_order_of_points<'a, T>(
    items: &mut [T],
    run_of: impl Fn(&T) -> Option<&'a RunAnalysis>,
) {
    let kind = |run: &'a RunAnalysis| (&run.experiment, number(run).is_some());
    let mut kinds = Vec::new();
    for kind in items.iter().filter_map(&run_of).map(kind) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    items.sort_by_cached_key(|item| {
        let run = run_of(item)?;
        let place = kinds.iter().position(|it| *it == kind(run));
        Some((place, number(run), run.point().map(|point| point.value)))
    });
}

/// The number that a series gives to experiments of one name.
fn number(run: &RunAnalysis) -> Option<u32> {
    let name = &run.series.as_ref()?.experiment;
    let of_the_sweep = name.split('@').next()?;
    of_the_sweep.rsplit_once('#')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use workbench_samples::{SeriesPlace, SweepPoint};

    use super::*;
    use crate::between::fixture::run;

    #[test]
    fn points_are_in_the_order_of_their_values_and_names_in_that_of_their_numbers() {
        let named = |name: &str, value: Option<u32>| {
            let mut run = run(name.split(['#', '@']).next().unwrap(), 0, 10.0);
            run.series = Some(SeriesPlace {
                series_id: "20261101T120000Z-4aed".to_owned(),
                experiment: name.to_owned(),
                point: value.map(|value| SweepPoint {
                    parameter: "users".to_owned(),
                    value,
                }),
                block: 1,
                position: 1,
                together: false,
            });
            run
        };
        let runs = [
            named("sweep#2@users=16", Some(16)),
            named("other", None),
            named("sweep#2@users=2", Some(2)),
            named("sweep#1@users=16", Some(16)),
            named("other", None),
        ];
        let mut order = [0, 1, 2, 3, 4];
        in_order_of_points(&mut order, |index: &usize| runs.get(*index));
        assert_eq!(order, [3, 2, 0, 1, 4]);
    }
}
