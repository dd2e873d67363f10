//! Ranks and limits, compared with those of the sorted times.

use super::*;

#[test]
fn ranges_follow_each_other_and_are_a_thousandth_of_their_times() {
    for range in 0..range_of(u64::MAX) {
        let (from, to) = (beginning(range), beginning(range + 1));
        assert_eq!((range_of(from), range_of(to - 1)), (range, range));
        assert!(to - from <= (from >> RANGE_BITS).max(1), "{from} to {to}");
    }
}

/// Times of all magnitudes, many of them equal.
fn times(count: u64) -> Vec<u64> {
    (0..count)
        .map(|i| {
            let scattered = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
            match i % 4 {
                0 => 1_000_000 + scattered % 1_000,
                1 => scattered % (1 << (i % 40)),
                2 => 1_000_000_000 + scattered % 1_000_000,
                _ => scattered % 50,
            }
        })
        .collect()
}

fn class(times: &[u64], parts: usize) -> Class {
    let mut counts = Counts::default();
    for part in times.chunks(times.len().div_ceil(parts)) {
        let mut of_part = Counts::default();
        part.iter().for_each(|time| of_part.add(*time));
        counts.merge(of_part);
    }
    Class::new(counts)
}

#[test]
fn ranks_and_limits_are_those_of_all_times_in_order() {
    // One class is counted, the other one is listed.
    let (many, few) = (times(100_000), times(3_001));
    let mut classes = [class(&many, 3), class(&few, 2)];
    assert_eq!(
        classes.each_ref().map(|it| it.counts.pages.is_empty()),
        [false, true]
    );
    let mut all = [many.clone(), few.clone()].concat();
    all.sort_unstable();
    let ranks: Vec<usize> = (0..=20).map(|i| i * (all.len() - 1) / 20).collect();
    let limits: Vec<u64> = ranks
        .iter()
        .flat_map(|rank| [all[*rank], all[*rank] + 1])
        .collect();
    let ask = |classes: &[Class; 2]| {
        let classes = classes.each_ref();
        let found: Vec<u64> = ranks
            .iter()
            .map(|it| order_statistic(&classes, *it))
            .collect();
        let below = |limit: &u64| classes.map(|class| class.below(*limit)).iter().sum();
        let below: Vec<usize> = limits.iter().map(below).collect();
        (found, below)
    };
    for (found, rank) in ask(&classes).0.iter().zip(&ranks) {
        assert_eq!(range_of(*found), range_of(all[*rank]), "about right");
    }

    let sought = Sought::of(classes.iter()).unwrap();
    let look = |many: &[u64], few: &[u64]| {
        let mut found = Found::nothing(&sought);
        many.iter().for_each(|time| found.add(0, *time));
        few.iter().for_each(|time| found.add(1, *time));
        found
    };
    let found = look(&many[..70_000], &[]).merged(look(&many[70_000..], &few));
    found.tell(classes.iter_mut());

    let (found, below) = ask(&classes);
    assert_eq!(
        found,
        ranks.iter().map(|rank| all[*rank]).collect::<Vec<_>>()
    );
    let expected = limits
        .iter()
        .map(|limit| all.partition_point(|time| time < limit));
    assert_eq!(below, expected.collect::<Vec<_>>());
    assert!(Sought::of(classes.iter()).is_none(), "everything is known");
}

#[test]
fn many_close_times_are_distinguished_in_little_memory() {
    // Ranges of four seconds are 2^21 ns wide, and all times of both classes lie in two of them.
    let close = |count: u64| -> Vec<u64> {
        let times = (0..count).map(|i| 4_000_000_000 + i * 7_919 % 3_000_000);
        times.collect()
    };
    let (many, fewer) = (close(200_000), close(5_000));
    let mut classes = [class(&many, 3), class(&fewer, 1)];
    let mut all = [many.clone(), fewer.clone()].concat();
    all.sort_unstable();
    let ranks: Vec<usize> = (0..=10).map(|i| i * (all.len() - 1) / 10).collect();
    let ask = |classes: &[Class; 2]| -> Vec<u64> {
        let classes = classes.each_ref();
        let found = ranks.iter().map(|rank| order_statistic(&classes, *rank));
        found.collect()
    };

    let mut looks = 0;
    let mut answers = ask(&classes);
    while let Some(sought) = Sought::of(classes.iter()) {
        let mut found = Found::nothing(&sought);
        many.iter().for_each(|time| found.add(0, *time));
        fewer.iter().for_each(|time| found.add(1, *time));
        for times in found.classes.iter().flat_map(|class| &class.spans) {
            let (Times::Listed(numbers) | Times::Counted(numbers)) = times;
            assert!(numbers.len() <= 1 << PART_BITS);
        }
        found.tell(classes.iter_mut());
        answers = ask(&classes);
        looks += 1;
    }
    let expected: Vec<u64> = ranks.iter().map(|rank| all[*rank]).collect();
    assert_eq!(answers, expected);
    assert_eq!(looks, 2);
}

#[test]
fn order_statistics_are_known_to_a_thousandth_without_a_look_up() {
    let (many, few) = (times(100_000), times(3_001));
    let classes = [class(&many, 3), class(&few, 2)];
    let mut all = [many, few].concat();
    all.sort_unstable();
    for rank in (0..all.len()).step_by(997) {
        let (about, exact) = (about_order_statistic(&classes.each_ref(), rank), all[rank]);
        assert!(
            about <= exact && exact - about <= exact >> RANGE_BITS,
            "{rank}: {about} for {exact}"
        );
    }
    assert!(
        Sought::of(classes.iter()).is_none(),
        "nothing is to be looked up"
    );
}
