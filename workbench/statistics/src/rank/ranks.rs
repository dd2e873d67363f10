//! Midranks, doubled so that they are whole numbers.

/// The ranks of some values, and what ties there are.
pub(crate) struct Ranks {
    /// Twice the midrank of each value, in the order of the values: 2 for a single least value.
    pub(crate) doubled: Vec<u64>,
    /// Σ(t³ − t) over the groups of t equal values.
    pub(crate) ties: f64,
}

/// Ranks from 1; equal values share the mean of their ranks.
pub(super) fn ranks(values: &[f64]) -> Ranks {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut doubled = vec![0; values.len()];
    let mut ties = 0.0;
    let mut start = 0;
    // By value and not by `total_cmp`, for which 0 and −0 differ.
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let end = start + group.len();
        for &index in group {
            doubled[index] = (start + 1 + end) as u64;
        }
        let size = group.len() as f64;
        ties += size * (size * size - 1.0);
        start = end;
    }
    Ranks { doubled, ties }
}
