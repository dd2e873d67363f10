//! A bounded number of items, chosen uniformly from a sequence of unknown length.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use fastrand::Rng;

/// A uniform choice of at most `capacity` items of those that are counted.
///
/// Algorithm L: the numbers of the items that are taken are drawn in advance, so that all others cost no more than a
/// count. If several threads offer items at once, the next item may be taken in place of the drawn one.
///
/// # References
/// K.-H. Li (1994), “Reservoir-sampling algorithms of time complexity O(n(1 + log(N/n)))”, ACM Transactions on Mathematical
/// Software 20(4), algorithm L.
#[derive(Debug)]
pub(super) struct Reservoir<T> {
    capacity: usize,
    /// Items so far.
    seen: AtomicU64,
    /// Number of the next item to be taken, from 1.
    next: AtomicU64,
    inner: Mutex<Inner<T>>,
}

#[derive(Debug)]
struct Inner<T> {
    items: Vec<T>,
    random: Rng,
    /// Li's W.
    weight: f64,
}

impl<T> Reservoir<T> {
    pub(super) fn new(capacity: usize, seed: u64) -> Self {
        Self {
            capacity,
            seen: AtomicU64::new(0),
            next: AtomicU64::new(1),
            inner: Mutex::new(Inner {
                items: Vec::new(),
                random: Rng::with_seed(seed),
                weight: 1.0,
            }),
        }
    }

    /// Whether an item that came now would be taken. Takes no lock.
    pub(super) fn wants(&self) -> bool {
        self.seen.load(Ordering::Relaxed) + 1 >= self.next.load(Ordering::Relaxed)
    }

    /// Counts an item. If it is chosen, `put` is called with the item that it replaces. If `put` returns `None`, the
    /// old item stays.
    pub(super) fn count(&self, put: impl FnOnce(Option<&T>) -> Option<T>) {
        let number = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        if number < self.next.load(Ordering::Relaxed) {
            return;
        }
        let mut inner = self.lock();
        // Another thread may have been faster.
        if number < self.next.load(Ordering::Relaxed) {
            return;
        }
        let place = if inner.items.len() < self.capacity {
            inner.items.len()
        } else {
            inner.random.usize(..self.capacity)
        };
        if let Some(item) = put(inner.items.get(place)) {
            match inner.items.get_mut(place) {
                Some(other) => *other = item,
                None => inner.items.push(item),
            }
        }
        let next = if inner.items.len() < self.capacity {
            number + 1
        } else {
            number.saturating_add(inner.skip(self.capacity))
        };
        self.next.store(next, Ordering::Relaxed);
    }

    /// Visits all items, which may be changed.
    pub(super) fn each(&self, mut look: impl FnMut(&mut T)) {
        self.lock().items.iter_mut().for_each(&mut look);
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        // A thread that panicked has at worst not added an item.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Inner<T> {
    /// The number of items to skip until the next chosen one.
    fn skip(&mut self, capacity: usize) -> u64 {
        // In (0, 1]: the logarithm of 0 is none.
        let mut uniform = || 1.0 - self.random.f64();
        self.weight *= (uniform().ln() / capacity as f64).exp();
        let skipped = (uniform().ln() / (-self.weight).ln_1p()).floor();
        // The cast saturates.
        (skipped as u64).saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(capacity: usize, of: u32, seed: u64) -> Vec<u32> {
        let reservoir = Reservoir::new(capacity, seed);
        for item in 0..of {
            let wanted = reservoir.wants();
            let mut taken = false;
            reservoir.count(|_| {
                taken = true;
                Some(item)
            });
            assert_eq!(wanted, taken);
        }
        let mut items = Vec::new();
        reservoir.each(|item| items.push(*item));
        items
    }

    #[test]
    fn all_items_are_kept_where_there_is_room_for_them() {
        assert_eq!(chosen(10, 0, 1), Vec::<u32>::new());
        assert_eq!(chosen(10, 10, 1), (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn each_item_is_chosen_as_often_as_any_other() {
        const TRIALS: u64 = 20_000;
        const OF: u32 = 60;
        let mut counts = [0_u32; OF as usize];
        for seed in 0..TRIALS {
            let items = chosen(5, OF, seed);
            assert_eq!(items.len(), 5);
            for item in items {
                counts[item as usize] += 1;
            }
        }
        // Each with probability 1/12: five standard deviations of a binomial, 195 around 1,667.
        for (item, count) in counts.iter().enumerate() {
            assert!((1_471..=1_863).contains(count), "item {item}: {count}");
        }
    }

    #[test]
    fn the_same_seed_chooses_the_same() {
        assert_eq!(chosen(5, 1_000, 7), chosen(5, 1_000, 7));
        assert_ne!(chosen(5, 1_000, 7), chosen(5, 1_000, 8));
    }

    #[test]
    fn only_few_of_many_items_are_created() {
        let reservoir = Reservoir::new(10, 3);
        let mut taken = 0;
        for item in 0..1_000_000_u32 {
            reservoir.count(|_| {
                taken += 1;
                Some(item)
            });
        }
        // 10 × (1 + ln(1,000,000 / 10)) = 125 on average.
        assert!((60..250).contains(&taken), "{taken}");
    }

    #[test]
    fn items_of_many_threads_are_counted_and_kept() {
        let reservoir = Reservoir::new(10, 3);
        std::thread::scope(|scope| {
            for thread in 0..4_u32 {
                let reservoir = &reservoir;
                scope.spawn(move || {
                    for item in 0..10_000 {
                        reservoir.count(|_| Some(thread * 10_000 + item));
                    }
                });
            }
        });
        let mut items = Vec::new();
        reservoir.each(|item| items.push(*item));
        items.sort_unstable();
        items.dedup();
        assert_eq!(items.len(), 10);
        assert_eq!(reservoir.seen.load(Ordering::Relaxed), 40_000);
    }
}
