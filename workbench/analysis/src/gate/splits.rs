//! Assigns A/A runs to baseline and candidate.

use std::collections::BTreeMap;

use workbench_plan::Order;

use super::audit::AuditOptions;
use super::run::GateRun;

/// The blocks that are swapped, for each comparison: all combinations except the original one, or a random sample.
pub(super) fn swaps(blocks: usize, options: AuditOptions) -> (Vec<Vec<bool>>, bool) {
    let all = u32::try_from(blocks)
        .ok()
        .and_then(|it| 1_u64.checked_shl(it));
    if let Some(all) = all.filter(|all| *all > 1 && *all - 1 <= u64::from(options.reshuffles)) {
        let swap = |number: u64| (0..blocks).map(|block| number >> block & 1 == 1).collect();
        return ((1..all).map(swap).collect(), true);
    }
    let order = Order::Random { seed: options.seed };
    let tosses = u32::try_from(blocks).unwrap_or(u32::MAX);
    let tossed = order.blocks(2, options.reshuffles.saturating_mul(tosses));
    let heads: Vec<bool> = tossed.iter().map(|coin| coin[0] == 1).collect();
    (
        heads.chunks(blocks.max(1)).map(<[bool]>::to_vec).collect(),
        false,
    )
}

/// The same runs with sides exchanged within some blocks.
pub(super) fn swapped<'a>(
    baseline: &[&'a GateRun],
    candidate: &[&'a GateRun],
    exchange: &[bool],
) -> (Vec<&'a GateRun>, Vec<&'a GateRun>) {
    // By block, so that a series with a gap keeps its pairs.
    let block = |run: &GateRun, index: usize| {
        let place = run.analysis.series.as_ref();
        place.map_or(index as u32, |place| place.block)
    };
    let mut numbers: BTreeMap<u32, usize> = BTreeMap::new();
    for (index, run) in baseline.iter().enumerate() {
        let next = numbers.len();
        numbers.entry(block(run, index)).or_insert(next);
    }
    let exchanged = |run: &GateRun, index: usize| {
        let number = numbers.get(&block(run, index));
        number.is_some_and(|number| exchange.get(*number).copied().unwrap_or(false))
    };
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (runs, first) in [(baseline, true), (candidate, false)] {
        for (index, run) in runs.iter().enumerate() {
            if exchanged(run, index) == first {
                after.push(*run);
            } else {
                before.push(*run);
            }
        }
    }
    (before, after)
}

/// Splits of runs into two sides of `side` runs each: all of them if they are few enough, else a random sample.
pub(super) fn splits(runs: usize, side: usize, options: AuditOptions) -> (Vec<Vec<usize>>, bool) {
    let everyone: Vec<usize> = (0..runs).collect();
    let most = options.reshuffles as usize;
    let mut all = Vec::new();
    for first in choices(&everyone, side, most) {
        let is_left = |index: &usize| !first.contains(index);
        let rest: Vec<usize> = everyone.iter().copied().filter(is_left).collect();
        let seconds = choices(&rest, side, most).into_iter();
        all.extend(seconds.map(|second| [&first[..], &second].concat()));
        if all.len() > most {
            break;
        }
    }
    if all.len() <= most {
        return (all, true);
    }
    let order = Order::Random { seed: options.seed };
    let mut splits = order.blocks(runs, options.reshuffles);
    for split in &mut splits {
        split.truncate(2 * side);
    }
    (splits, false)
}

/// Every choice of `size` of the items; more than `most` of them where there are more.
fn choices(items: &[usize], size: usize, most: usize) -> Vec<Vec<usize>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if all.len() > most || items.len() - index < size {
            break;
        }
        let others = choices(&items[index + 1..], size - 1, most - all.len());
        all.extend(
            others
                .into_iter()
                .map(|others| [&[*item], &others[..]].concat()),
        );
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(reshuffles: u32) -> AuditOptions {
        AuditOptions {
            runs_per_side: None,
            reshuffles,
            seed: 7,
        }
    }

    #[test]
    fn few_runs_are_split_in_every_way() {
        let (found, all) = splits(6, 2, options(1000));
        // C(6, 2) · C(4, 2)
        assert!(all);
        assert_eq!(found.len(), 90);
        assert!(found.contains(&vec![0, 5, 1, 2]));
    }

    #[test]
    fn many_runs_are_split_at_random() {
        let (found, all) = splits(20, 10, options(50));
        assert!(!all);
        assert_eq!(found.len(), 50);
        assert_ne!(found[0], found[1]);
        // Sides have equal sizes.
        let (few, _) = splits(30, 5, options(50));
        assert!(few.iter().all(|split| split.len() == 10));
        assert_eq!(found, splits(20, 10, options(50)).0);
    }

    #[test]
    fn blocks_are_swapped_in_every_way_except_the_original() {
        let (found, all) = swaps(3, options(1000));
        assert!(all);
        assert_eq!(found.len(), 7);
        let (found, all) = swaps(12, options(100));
        assert!(!all);
        assert_eq!((found.len(), found[0].len()), (100, 12));
    }
}
