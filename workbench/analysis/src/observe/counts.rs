//! How many elapsed times there are in each small range, and single ones where they are asked for.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use workbench_statistics::Accumulator;

/// Ranges in each doubling of the time, as a power of two: a range is a thousandth of its times wide, or less.
const RANGE_BITS: u32 = 10;
const PAGE: usize = 1 << RANGE_BITS;
/// A list of as many times takes no more memory than counting them does.
const LONGEST_LIST: usize = 1 << 12;

/// Whole nanoseconds that a double holds exactly, as the statistics have them.
pub(super) fn exact(elapsed_ns: u64) -> u64 {
    elapsed_ns as f64 as u64
}

/// The number of the range that a time falls into.
fn range_of(time_ns: u64) -> usize {
    let shift = shift_of(time_ns);
    (shift as usize * PAGE) + (time_ns >> shift) as usize
}

/// The power of two that the range of a time is wide.
fn shift_of(time_ns: u64) -> u32 {
    let log = time_ns.checked_ilog2().unwrap_or(0);
    log.saturating_sub(RANGE_BITS)
}

/// The shortest time in a range.
fn beginning(range: usize) -> u64 {
    let shift = (range / PAGE).saturating_sub(1);
    ((range - shift * PAGE) as u64) << shift
}

/// Elapsed times: all of them where they are few, and else how many there are in each range.
#[derive(Default)]
pub(super) struct Counts {
    count: u64,
    greatest: u64,
    /// In no order; empty once there are pages.
    listed: Vec<u64>,
    /// Counts of a thousand ranges each; those without a time are empty.
    pages: Vec<Vec<u64>>,
}

impl Counts {
    pub(super) fn add(&mut self, elapsed_ns: u64) {
        self.count += 1;
        self.greatest = self.greatest.max(elapsed_ns);
        if self.pages.is_empty() {
            self.listed.push(elapsed_ns);
            if self.listed.len() > LONGEST_LIST {
                for elapsed_ns in std::mem::take(&mut self.listed) {
                    self.increase(elapsed_ns);
                }
            }
        } else {
            self.increase(elapsed_ns);
        }
    }

    fn increase(&mut self, elapsed_ns: u64) {
        let range = range_of(elapsed_ns);
        self.page(range / PAGE)[range % PAGE] += 1;
    }

    fn page(&mut self, number: usize) -> &mut [u64] {
        if number >= self.pages.len() {
            self.pages.resize(number + 1, Vec::new());
        }
        let page = &mut self.pages[number];
        if page.is_empty() {
            page.resize(PAGE, 0);
        }
        page
    }

    pub(super) fn merge(&mut self, other: Self) {
        if other.pages.is_empty() {
            other.listed.into_iter().for_each(|time| self.add(time));
            return;
        }
        for elapsed_ns in std::mem::take(&mut self.listed) {
            self.increase(elapsed_ns);
        }
        self.count += other.count;
        self.greatest = self.greatest.max(other.greatest);
        for (number, more) in other.pages.into_iter().enumerate() {
            if !more.is_empty() {
                let page = self.page(number).iter_mut();
                page.zip(more).for_each(|(count, more)| *count += more);
            }
        }
    }

    fn in_range(&self, range: usize) -> u64 {
        let page = self.pages.get(range / PAGE);
        page.and_then(|page| page.get(range % PAGE))
            .map_or(0, |count| *count)
    }
}

/// Elapsed times of one kind of request.
pub(crate) struct Class {
    counts: Counts,
    pub(super) sums: Accumulator,
    /// Of the ranges that were looked at closely: their times, ascending, and how many requests took each.
    known: BTreeMap<usize, Vec<(u64, u64)>>,
    /// By limit, the times in its range that are below it.
    below: BTreeMap<u64, u64>,
    wanted: RefCell<Wanted>,
}

/// What cannot be said without another look at the samples.
#[derive(Clone, Default)]
struct Wanted {
    ranges: BTreeSet<usize>,
    limits: BTreeSet<u64>,
}

impl Class {
    pub(super) fn new(mut counts: Counts) -> Self {
        counts.listed.sort_unstable();
        Self {
            counts,
            sums: Accumulator::new(),
            known: BTreeMap::new(),
            below: BTreeMap::new(),
            wanted: RefCell::default(),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.counts.count as usize
    }

    pub(super) fn greatest(&self) -> u64 {
        self.counts.greatest
    }

    /// How many are shorter than a limit; about as many until the samples have been looked at for it.
    pub(super) fn below(&self, limit: u64) -> usize {
        if self.counts.pages.is_empty() {
            return self.counts.listed.partition_point(|time| *time < limit);
        }
        let range = range_of(limit);
        let (page, in_page) = (range / PAGE, range % PAGE);
        let pages = &self.counts.pages;
        let whole: u64 = pages.iter().take(page).flatten().sum();
        let part: u64 = pages
            .get(page)
            .map_or(0, |page| page.iter().take(in_page).sum());
        let within = if limit == beginning(range) || self.counts.in_range(range) == 0 {
            0
        } else {
            self.below.get(&limit).copied().unwrap_or_else(|| {
                self.wanted.borrow_mut().limits.insert(limit);
                0
            })
        };
        (whole + part + within) as usize
    }

    /// The times that are listed between two ranges, the second one excluded.
    fn listed(&self, from: usize, to: usize) -> &[u64] {
        let place = |range| {
            let listed = &self.counts.listed;
            listed.partition_point(|time| range_of(*time) < range)
        };
        &self.counts.listed[place(from)..place(to)]
    }
}

/// The time with a rank, from 0, among several classes; about that time until the samples have been looked at for it.
pub(super) fn order_statistic(classes: &[&Class], rank: usize) -> u64 {
    let rank = rank as u64;
    let mut before = 0;
    let last_page = range_of(u64::MAX) / PAGE;
    let mut page = 0;
    while page < last_page {
        let in_page = |class: &&Class| {
            let counted = class.counts.pages.get(page);
            let counted: u64 = counted.map_or(0, |page| page.iter().sum());
            counted + class.listed(page * PAGE, (page + 1) * PAGE).len() as u64
        };
        let count: u64 = classes.iter().map(in_page).sum();
        if before + count > rank {
            break;
        }
        before += count;
        page += 1;
    }
    let mut ranges = vec![0_u64; PAGE];
    for class in classes {
        if let Some(page) = class.counts.pages.get(page).filter(|page| !page.is_empty()) {
            ranges
                .iter_mut()
                .zip(page)
                .for_each(|(all, more)| *all += more);
        }
        for time in class.listed(page * PAGE, (page + 1) * PAGE) {
            ranges[range_of(*time) % PAGE] += 1;
        }
    }
    let mut range = page * PAGE;
    for count in &ranges {
        if before + count > rank {
            break;
        }
        before += count;
        range += 1;
    }
    within(classes, range, rank - before)
}

/// The time with a rank, from 0, among those of one range.
fn within(classes: &[&Class], range: usize, rank: u64) -> u64 {
    if shift_of(beginning(range)) == 0 {
        return beginning(range);
    }
    let mut times: Vec<(u64, u64)> = Vec::new();
    let mut is_known = true;
    for class in classes {
        times.extend(class.listed(range, range + 1).iter().map(|time| (*time, 1)));
        if let Some(known) = class.known.get(&range) {
            times.extend(known);
        } else if class.counts.in_range(range) > 0 {
            class.wanted.borrow_mut().ranges.insert(range);
            is_known = false;
        }
    }
    if !is_known {
        return beginning(range);
    }
    times.sort_unstable();
    let mut until = 0;
    let found = times.iter().find(|(_, count)| {
        until += count;
        until > rank
    });
    found.expect("the rank is one of the range's").0
}

/// What another look at the samples is for, by class.
pub(super) struct Sought(Vec<SoughtOfClass>);

#[derive(Default)]
struct SoughtOfClass {
    /// Ascending, and how many times there are in each.
    ranges: Vec<(usize, u64)>,
    /// With the range of each, ascending.
    limits: Vec<(usize, u64)>,
}

impl Sought {
    /// What is wanted of some classes by now; `None` if nothing is.
    pub(super) fn of<'a>(classes: impl Iterator<Item = &'a Class>) -> Option<Self> {
        let sought = classes.map(|class| {
            let Wanted { ranges, limits } = class.wanted.take();
            SoughtOfClass {
                ranges: ranges
                    .into_iter()
                    .map(|it| (it, class.counts.in_range(it)))
                    .collect(),
                limits: limits.into_iter().map(|it| (range_of(it), it)).collect(),
            }
        });
        let sought: Vec<_> = sought.collect();
        let is_some = |it: &SoughtOfClass| !(it.ranges.is_empty() && it.limits.is_empty());
        sought.iter().any(is_some).then_some(Self(sought))
    }
}

/// What some samples have of what is sought.
pub(super) struct Found<'a> {
    sought: &'a Sought,
    classes: Vec<FoundOfClass>,
}

struct FoundOfClass {
    ranges: Vec<Times>,
    below: Vec<u64>,
}

/// Times of one range, in whichever form takes less memory.
enum Times {
    Listed(Vec<u64>),
    /// How many there are of each, from the beginning of the range on.
    Counted(Vec<u64>),
}

impl<'a> Found<'a> {
    pub(super) fn nothing(sought: &'a Sought) -> Self {
        let classes = sought.0.iter().map(|sought| FoundOfClass {
            ranges: sought
                .ranges
                .iter()
                .map(|(range, count)| Times::none(*range, *count))
                .collect(),
            below: vec![0; sought.limits.len()],
        });
        Self {
            sought,
            classes: classes.collect(),
        }
    }

    pub(super) fn add(&mut self, class: usize, elapsed_ns: u64) {
        let (sought, found) = (&self.sought.0[class], &mut self.classes[class]);
        if sought.ranges.is_empty() && sought.limits.is_empty() {
            return;
        }
        let range = range_of(elapsed_ns);
        if let Ok(place) = sought.ranges.binary_search_by_key(&range, |it| it.0) {
            found.ranges[place].add(range, elapsed_ns);
        }
        let first = sought.limits.partition_point(|it| it.0 < range);
        for (place, (of, limit)) in sought.limits.iter().enumerate().skip(first) {
            if *of > range {
                break;
            }
            found.below[place] += u64::from(elapsed_ns < *limit);
        }
    }

    /// Both together; they are of the same search.
    pub(super) fn merged(mut self, other: Self) -> Self {
        for (found, more) in self.classes.iter_mut().zip(other.classes) {
            let ranges = found.ranges.iter_mut().zip(more.ranges);
            ranges.for_each(|(times, more)| times.merge(more));
            let below = found.below.iter_mut().zip(more.below);
            below.for_each(|(count, more)| *count += more);
        }
        self
    }

    /// Tells the classes, in the order in which they were asked.
    pub(super) fn tell<'b>(self, classes: impl Iterator<Item = &'b mut Class>) {
        for ((class, sought), found) in classes.zip(&self.sought.0).zip(self.classes) {
            for ((range, _), times) in sought.ranges.iter().zip(found.ranges) {
                class.known.insert(*range, times.counted(*range));
            }
            let limits = sought.limits.iter().map(|(_, limit)| *limit);
            class.below.extend(limits.zip(found.below));
        }
    }
}

impl Times {
    fn none(range: usize, count: u64) -> Self {
        let width = 1_u64 << shift_of(beginning(range));
        if count > width {
            Self::Counted(vec![0; width as usize])
        } else {
            Self::Listed(Vec::new())
        }
    }

    fn add(&mut self, range: usize, elapsed_ns: u64) {
        match self {
            Self::Listed(times) => times.push(elapsed_ns),
            Self::Counted(counts) => counts[(elapsed_ns - beginning(range)) as usize] += 1,
        }
    }

    fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Listed(times), Self::Listed(more)) => times.extend(more),
            (Self::Counted(counts), Self::Counted(more)) => {
                counts
                    .iter_mut()
                    .zip(more)
                    .for_each(|(count, more)| *count += more);
            }
            _ => unreachable!("the form follows from what is sought"),
        }
    }

    /// Ascending times, and how often each occurs.
    fn counted(self, range: usize) -> Vec<(u64, u64)> {
        match self {
            Self::Listed(mut times) => {
                times.sort_unstable();
                let alike = times.chunk_by(|a, b| a == b);
                alike.map(|alike| (alike[0], alike.len() as u64)).collect()
            }
            Self::Counted(counts) => (beginning(range)..)
                .zip(counts)
                .filter(|(_, count)| *count > 0)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
