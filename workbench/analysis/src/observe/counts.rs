//! Counts of elapsed times in small ranges, and exact order statistics by further passes. Long, because counting,
//! requesting and looking up share private fields.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use workbench_statistics::Accumulator;

/// Ranges in each doubling of the time, as a power of two: a range is a thousandth of its times wide, or less.
const RANGE_BITS: u32 = 10;
const PAGE: usize = 1 << RANGE_BITS;
/// Longest list of times. A longer one would take more memory than counts.
const LONGEST_LIST: usize = 1 << 12;
/// Most parts of a span in one pass, as a power of two: half a megabyte.
const PART_BITS: u32 = 16;

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

/// Times from one on, as many as a power of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    start: u64,
    bits: u32,
}

impl Span {
    fn of_range(range: usize) -> Self {
        let start = beginning(range);
        Self {
            start,
            bits: shift_of(start),
        }
    }

    /// The power of two that its parts are wide.
    fn part_bits(self) -> u32 {
        self.bits.saturating_sub(PART_BITS)
    }

    fn parts(self) -> usize {
        1 << self.bits.min(PART_BITS)
    }

    /// The part that a time in the span falls into.
    fn part_of(self, time_ns: u64) -> usize {
        ((time_ns - self.start) >> self.part_bits()) as usize
    }

    fn part(self, number: usize) -> Self {
        Self {
            start: self.start + ((number as u64) << self.part_bits()),
            bits: self.part_bits(),
        }
    }

    fn contains(self, time_ns: u64) -> bool {
        time_ns >= self.start && (time_ns - self.start) >> self.bits == 0
    }
}

/// The shortest time in a range.
fn beginning(range: usize) -> u64 {
    let shift = (range / PAGE).saturating_sub(1);
    ((range - shift * PAGE) as u64) << shift
}

/// Adds counts to others, place by place.
pub(super) fn add_all(counts: &mut [u64], more: &[u64]) {
    for (count, more) in counts.iter_mut().zip(more) {
        *count += more;
    }
}

/// Elapsed times: a list while they are few, else counts by range.
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
                add_all(self.page(number), &more);
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
    /// Results of spans that were looked up.
    known: BTreeMap<Span, Known>,
    /// By limit, the times in its range that are below it.
    below: BTreeMap<u64, u64>,
    wanted: RefCell<Wanted>,
}

/// The result of a look-up of a span.
enum Known {
    /// Its times, ascending, and how many requests took each.
    Times(Vec<(u64, u64)>),
    /// How many there are in each of its parts.
    Parts(Vec<u64>),
}

/// Requests that need another pass over the samples.
#[derive(Clone, Default)]
struct Wanted {
    /// With the number of times in each. They do not overlap: a part of a span is wanted once the span is known.
    spans: BTreeMap<Span, u64>,
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

    /// The number of times below a limit; approximate until the limit has been looked up.
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

/// The order statistic of a rank, from 0, among several classes; approximate until it has been looked up.
pub(super) fn order_statistic(classes: &[&Class], rank: usize) -> u64 {
    let (range, rank) = place_of(classes, rank);
    let listed = |class: &&Class| -> Vec<_> {
        let times = class.listed(range, range + 1).iter();
        times.map(|time| (*time, 1)).collect()
    };
    let counted = classes
        .iter()
        .map(|class| (*class, class.counts.in_range(range)));
    within(
        classes.iter().flat_map(listed).collect(),
        counted.collect(),
        Span::of_range(range),
        rank,
    )
}

/// The approximate order statistic of a rank, from 0, without another pass: exact if its range is listed, else the
/// shortest time of the range, up to a thousandth less.
pub(super) fn about_order_statistic(classes: &[&Class], rank: usize) -> u64 {
    let (range, rank) = place_of(classes, rank);
    if classes.iter().any(|it| it.counts.in_range(range) > 0) {
        return beginning(range);
    }
    let listed = classes.iter().flat_map(|it| it.listed(range, range + 1));
    let mut listed: Vec<u64> = listed.copied().collect();
    listed.sort_unstable();
    listed[rank as usize]
}

/// The range that holds a rank, and the rank among its times.
fn place_of(classes: &[&Class], rank: usize) -> (usize, u64) {
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
            add_all(&mut ranges, page);
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
    (range, rank - before)
}

/// The order statistic of a rank, from 0, within one span: known times with their counts, and the listed times of each
/// class.
fn within(mut times: Vec<(u64, u64)>, classes: Vec<(&Class, u64)>, span: Span, rank: u64) -> u64 {
    if span.bits == 0 {
        return span.start;
    }
    let mut in_parts: Vec<(&Class, &[u64])> = Vec::new();
    let mut is_known = true;
    for (class, count) in classes.into_iter().filter(|(_, count)| *count > 0) {
        match class.known.get(&span) {
            Some(Known::Times(known)) => times.extend(known),
            Some(Known::Parts(parts)) => in_parts.push((class, parts.as_slice())),
            None => {
                class.wanted.borrow_mut().spans.insert(span, count);
                is_known = false;
            }
        }
    }
    if !is_known {
        return span.start;
    }
    if in_parts.is_empty() {
        times.sort_unstable();
        return times[holding(rank, times.iter().map(|(_, count)| *count)).0].0;
    }
    let mut counts = vec![0_u64; span.parts()];
    for (time, count) in &times {
        counts[span.part_of(*time)] += count;
    }
    for (_, parts) in &in_parts {
        add_all(&mut counts, parts);
    }
    let (part, before) = holding(rank, counts.into_iter());
    times.retain(|(time, _)| span.part_of(*time) == part);
    let classes = in_parts.into_iter();
    let classes = classes.map(|(class, parts)| (class, parts[part]));
    within(times, classes.collect(), span.part(part), rank - before)
}

/// The position of the count that holds a rank, and the sum of those before it.
fn holding(rank: u64, counts: impl Iterator<Item = u64>) -> (usize, u64) {
    let mut before = 0;
    for (position, count) in counts.enumerate() {
        if before + count > rank {
            return (position, before);
        }
        before += count;
    }
    unreachable!("the rank is one of those that were counted")
}

/// The spans and limits of a look-up, by class.
pub(super) struct Sought(Vec<SoughtOfClass>);

#[derive(Default)]
struct SoughtOfClass {
    /// Ascending, and how many times there are in each.
    spans: Vec<(Span, u64)>,
    /// With the range of each, ascending.
    limits: Vec<(usize, u64)>,
}

impl Sought {
    /// Collects the requests of all classes; `None` if there are none.
    pub(super) fn of<'a>(classes: impl Iterator<Item = &'a Class>) -> Option<Self> {
        let sought = classes.map(|class| {
            let Wanted { spans, limits } = class.wanted.take();
            SoughtOfClass {
                spans: spans.into_iter().collect(),
                limits: limits.into_iter().map(|it| (range_of(it), it)).collect(),
            }
        });
        let sought: Vec<_> = sought.collect();
        let is_some = |it: &SoughtOfClass| !(it.spans.is_empty() && it.limits.is_empty());
        sought.iter().any(is_some).then_some(Self(sought))
    }
}

/// Partial results of a look-up.
pub(super) struct Found<'a> {
    sought: &'a Sought,
    classes: Vec<FoundOfClass>,
}

struct FoundOfClass {
    spans: Vec<Times>,
    below: Vec<u64>,
}

/// Times of one span, in the form that takes less memory.
enum Times {
    Listed(Vec<u64>),
    /// How many there are in each part of the span.
    Counted(Vec<u64>),
}

impl<'a> Found<'a> {
    pub(super) fn nothing(sought: &'a Sought) -> Self {
        let classes = sought.0.iter().map(|sought| FoundOfClass {
            spans: sought
                .spans
                .iter()
                .map(|(span, count)| Times::none(*span, *count))
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
        let after = sought
            .spans
            .partition_point(|(span, _)| span.start <= elapsed_ns);
        if let Some(place) = after.checked_sub(1) {
            let (span, _) = sought.spans[place];
            if span.contains(elapsed_ns) {
                found.spans[place].add(span, elapsed_ns);
            }
        }
        if sought.limits.is_empty() {
            return;
        }
        let range = range_of(elapsed_ns);
        let first = sought.limits.partition_point(|it| it.0 < range);
        for (place, (of, limit)) in sought.limits.iter().enumerate().skip(first) {
            if *of > range {
                break;
            }
            found.below[place] += u64::from(elapsed_ns < *limit);
        }
    }

    /// Merges results of the same look-up.
    pub(super) fn merged(mut self, other: Self) -> Self {
        for (found, more) in self.classes.iter_mut().zip(other.classes) {
            let spans = found.spans.iter_mut().zip(more.spans);
            spans.for_each(|(times, more)| times.merge(more));
            add_all(&mut found.below, &more.below);
        }
        self
    }

    /// Stores the results in the classes, in the order of [`Sought::of`].
    pub(super) fn tell<'b>(self, classes: impl Iterator<Item = &'b mut Class>) {
        for ((class, sought), found) in classes.zip(&self.sought.0).zip(self.classes) {
            for ((span, _), times) in sought.spans.iter().zip(found.spans) {
                class.known.insert(*span, times.known(*span));
            }
            let limits = sought.limits.iter().map(|(_, limit)| *limit);
            class.below.extend(limits.zip(found.below));
        }
    }
}

impl Times {
    fn none(span: Span, count: u64) -> Self {
        if count > span.parts() as u64 {
            Self::Counted(vec![0; span.parts()])
        } else {
            Self::Listed(Vec::new())
        }
    }

    fn add(&mut self, span: Span, elapsed_ns: u64) {
        match self {
            Self::Listed(times) => times.push(elapsed_ns),
            Self::Counted(counts) => counts[span.part_of(elapsed_ns)] += 1,
        }
    }

    fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Listed(times), Self::Listed(more)) => times.extend(more),
            (Self::Counted(counts), Self::Counted(more)) => add_all(counts, &more),
            _ => unreachable!("the form follows from what is sought"),
        }
    }

    fn known(self, span: Span) -> Known {
        match self {
            Self::Listed(mut times) => {
                times.sort_unstable();
                let equal = times.chunk_by(|a, b| a == b);
                let times = equal.map(|equal| (equal[0], equal.len() as u64));
                Known::Times(times.collect())
            }
            Self::Counted(counts) if span.part_bits() > 0 => Known::Parts(counts),
            Self::Counted(counts) => {
                let times = (span.start..).zip(counts);
                Known::Times(times.filter(|(_, count)| *count > 0).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests;
