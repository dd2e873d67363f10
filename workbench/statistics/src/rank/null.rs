//! Permutation distributions of sums of ranks, by dynamic programming.

/// How a p value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NullDistribution {
    /// By counting all permutations, ties included.
    Exact,
    /// By the normal distribution, with continuity and tie correction.
    Normal,
}

/// Probabilities of the sums 0, 1, 2, … of a statistic under its hypothesis.
pub(super) struct Sums {
    probabilities: Vec<f64>,
}

impl Sums {
    /// P(sum ≤ `value`).
    pub(super) fn at_most(&self, value: u64) -> f64 {
        let end = self.probabilities.len().min(value as usize + 1);
        self.probabilities[..end].iter().sum::<f64>().min(1.0)
    }

    /// P(sum ≥ `value`).
    pub(super) fn at_least(&self, value: u64) -> f64 {
        let start = self.probabilities.len().min(value as usize);
        // From the far end, where the small terms are.
        self.probabilities[start..]
            .iter()
            .rev()
            .sum::<f64>()
            .min(1.0)
    }

    /// The largest r ≥ 1 with P(sum ≤ r − 1) ≤ `tail`, and that probability; `None` where even P(sum = 0) is
    /// above it.
    pub(super) fn critical_rank(&self, tail: f64) -> Option<(u64, f64)> {
        let mut below = 0.0;
        let mut found = None;
        for (sum, probability) in (1..).zip(&self.probabilities) {
            below += probability;
            // Counts over a power of ten come out a rounding above the level that they equal.
            if below > tail * (1.0 + 1e-12) {
                break;
            }
            found = Some((sum, below));
        }
        found
    }

    /// The distribution of the sum less `least`, below which there is nothing.
    pub(super) fn less(mut self, least: usize) -> Self {
        self.probabilities.drain(..least);
        self
    }

    fn from_counts(mut counts: Vec<f64>) -> Self {
        let total: f64 = counts.iter().sum();
        for count in &mut counts {
            *count /= total;
        }
        Self {
            probabilities: counts,
        }
    }
}

/// The sum of `size` of the `scores`, every choice being equally likely.
///
/// # References
/// B. Streitberg, J. Röhmel (1986), “Exact Distributions for Permutation and Rank Tests: An Introduction to Some
/// Recently Published Algorithms”, Statistical Software Newsletter 12 (the shift algorithm).
pub(super) fn sums_of_choices(scores: &[u64], size: usize) -> Sums {
    let mut largest = scores.to_vec();
    largest.sort_unstable_by(|a, b| b.cmp(a));
    let width = largest[..size].iter().sum::<u64>() as usize + 1;
    // counts[j][s]: choices of j scores so far with sum s.
    let mut counts = vec![vec![0.0_f64; width]; size + 1];
    counts[0][0] = 1.0;
    for (seen, &score) in (1..).zip(scores) {
        let score = score as usize;
        for chosen in (1..=size.min(seen)).rev() {
            let (fewer, more) = counts.split_at_mut(chosen);
            let (from, to) = (&fewer[chosen - 1], &mut more[0]);
            for (to, from) in to.iter_mut().skip(score).zip(from) {
                *to += from;
            }
        }
    }
    Sums::from_counts(counts.swap_remove(size))
}

/// The sum of the scores whose sign is positive, all signs being equally likely.
pub(super) fn sums_of_signs(scores: &[u64]) -> Sums {
    let width = scores.iter().sum::<u64>() as usize + 1;
    let mut counts = vec![0.0_f64; width];
    counts[0] = 1.0;
    let mut reached = 0;
    for &score in scores {
        let score = score as usize;
        for sum in (0..=reached).rev() {
            counts[sum + score] += counts[sum];
        }
        reached += score;
    }
    Sums::from_counts(counts)
}
