//! The elapsed times of labels, and their statistics.

use workbench_statistics::{
    Accumulator, Interval, StatisticsError, Summary, quantile_by_rank, quantile_interval_by_rank,
};

use super::counts::{Class, about_order_statistic, order_statistic};

/// The elapsed times of one label.
pub(crate) struct LabelTimes {
    pub(super) successes: Class,
    pub(super) failures: Class,
    /// Successes and failures outside of the steady part.
    pub(super) rest: Class,
}

/// Elapsed times of some requests; never empty.
///
/// Results are exact to the nanosecond after a look-up, and approximate before, see
/// [`Observations::look_up`](super::Observations::look_up).
#[derive(Clone)]
pub(crate) struct Times<'a> {
    classes: Vec<&'a Class>,
    sums: Accumulator,
}

impl LabelTimes {
    /// In the order of [`class_of`](super::tally::class_of).
    pub(super) fn classes(&self) -> [&Class; 3] {
        [&self.successes, &self.failures, &self.rest]
    }

    pub(super) fn classes_mut(&mut self) -> [&mut Class; 3] {
        [&mut self.successes, &mut self.failures, &mut self.rest]
    }

    /// All of them.
    pub(crate) fn all(&self) -> Option<Times<'_>> {
        Times::of(&self.classes())
    }

    /// Those in the steady part.
    pub(crate) fn steady(&self) -> Option<Times<'_>> {
        Times::of(&[&self.successes, &self.failures])
    }

    /// Those of successful requests in the steady part.
    pub(crate) fn successes(&self) -> Option<Times<'_>> {
        Times::of(&[&self.successes])
    }

    /// Those of failed requests in the steady part.
    pub(crate) fn failures(&self) -> Option<Times<'_>> {
        Times::of(&[&self.failures])
    }
}

impl<'a> Times<'a> {
    pub(super) fn of(classes: &[&'a Class]) -> Option<Self> {
        let classes = classes.iter().copied().filter(|class| class.count() > 0);
        let classes: Vec<_> = classes.collect();
        let mut sums = Accumulator::new();
        classes.iter().for_each(|class| sums.merge(&class.sums));
        (!classes.is_empty()).then_some(Self { classes, sums })
    }

    /// Several together; `None` where there are none.
    pub(crate) fn together(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        all.into_iter().reduce(|mut together, other| {
            together.classes.extend(other.classes);
            together.sums.merge(&other.sums);
            together
        })
    }

    pub(crate) fn count(&self) -> usize {
        self.classes.iter().map(|class| class.count()).sum()
    }

    pub(super) fn greatest(&self) -> u64 {
        let greatest = self.classes.iter().map(|class| class.greatest());
        greatest.max().unwrap_or_default()
    }

    pub(crate) fn summary(&self) -> Result<Summary, StatisticsError> {
        self.sums.summary()
    }

    pub(crate) fn quantile(&self, probability: f64) -> Result<f64, StatisticsError> {
        quantile_by_rank(self.count(), probability, |rank| self.at(rank))
    }

    /// An approximate quantile without a look-up: exact for few times, otherwise up to a thousandth less.
    pub(crate) fn about(&self, probability: f64) -> Result<f64, StatisticsError> {
        let at = |rank| about_order_statistic(&self.classes, rank) as f64;
        quantile_by_rank(self.count(), probability, at)
    }

    /// An interval of a quantile, for this effective sample size.
    pub(crate) fn quantile_interval(
        &self,
        probability: f64,
        confidence: f64,
        effective_count: f64,
    ) -> Result<Interval, StatisticsError> {
        let count = self.count();
        let at = |rank| self.at(rank);
        quantile_interval_by_rank(count, probability, confidence, effective_count, at)
            .map(|found| found.interval)
    }

    /// How many are shorter than a time.
    pub(crate) fn below(&self, time_ns: f64) -> usize {
        // All times are whole nanoseconds.
        let limit = time_ns.ceil() as u64;
        self.classes.iter().map(|class| class.below(limit)).sum()
    }

    fn at(&self, rank: usize) -> f64 {
        order_statistic(&self.classes, rank) as f64
    }
}

#[cfg(test)]
impl Class {
    /// Whole nanoseconds for tests, in any order; few enough to be listed.
    pub(crate) fn of_test(times_ns: &[f64]) -> Self {
        let mut counts = super::counts::Counts::default();
        times_ns.iter().for_each(|time| counts.add(*time as u64));
        let mut class = Self::new(counts);
        class.sums.add(times_ns).unwrap();
        class
    }

    pub(crate) fn times(&self) -> Times<'_> {
        Times::of(&[self]).unwrap()
    }
}
