//! Change points as Apache Otava (formerly Hunter) finds them, for comparison.
//!
//! `compute_change_points` of apache/otava at commit 1ceb153 (Apache License 2.0), without its incremental mode; from the
//! description in its source and its results on its own tests, quirks included: standard deviations are those of a whole
//! population, and a merge does not compute the change point before the removed one again.
//!
//! M. Fleming and others (2023), “Hunter: Using Change Point Detection to Hunt for Performance Regressions”, ICPE;
//! D. S. Matteson, N. A. James (2014), “A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data”,
//! Journal of the American Statistical Association 109(505).

use workbench_statistics::student_t_upper_tail;

/// Its settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) window: usize,
    pub(crate) max_p: f64,
    pub(crate) min_magnitude: f64,
}

/// Those of its command line.
pub(crate) const DEFAULT: Options = Options {
    window: 50,
    max_p: 0.001,
    min_magnitude: 0.0,
};

#[derive(Clone, Copy, Debug)]
struct Candidate {
    at: usize,
    p: f64,
    magnitude: f64,
}

/// Positions of the first values after each change.
pub(crate) fn change_points(series: &[f64], options: Options) -> Vec<usize> {
    let weak_p = match options.max_p {
        p if p < 0.05 => 10.0 * p,
        p if p < 0.5 => 2.0 * p,
        p => p,
    };
    let weak = split(series, options.window, weak_p);
    merge(weak, series, options)
}

fn split(series: &[f64], window: usize, max_p: f64) -> Vec<Candidate> {
    let mut found: Vec<usize> = Vec::new();
    let mut start = 0;
    while start < series.len() {
        let end = series.len().min(start + window);
        let new: Vec<usize> = divide(&series[start..end], max_p)
            .into_iter()
            .map(|at| at + start)
            .collect();
        let last = new.last().copied().unwrap_or(0);
        start = last.max(start + window / 2);
        found.extend(new);
    }
    found.sort_unstable();
    found.dedup();
    (0..found.len())
        .map(|index| candidate(&found, index, series))
        .collect()
}

fn merge(mut found: Vec<Candidate>, series: &[f64], options: Options) -> Vec<usize> {
    while !found.is_empty() {
        let mut weakest = 0;
        for (index, it) in found.iter().enumerate() {
            if it.p > found[weakest].p {
                weakest = index;
            }
        }
        if found[weakest].p < options.max_p {
            weakest = 0;
            for (index, it) in found.iter().enumerate() {
                if it.magnitude < found[weakest].magnitude {
                    weakest = index;
                }
            }
            if found[weakest].magnitude > options.min_magnitude {
                break;
            }
        }
        found.remove(weakest);
        let places: Vec<usize> = found.iter().map(|it| it.at).collect();
        for index in [weakest, weakest + 1] {
            if index < found.len() {
                found[index] = candidate(&places, index, series);
            }
        }
    }
    found.into_iter().map(|it| it.at).collect()
}

/// The change at one of some places, between its neighbours.
fn candidate(places: &[usize], index: usize, series: &[f64]) -> Candidate {
    let start = if index == 0 { 0 } else { places[index - 1] };
    let end = places.get(index + 1).copied().unwrap_or(series.len());
    let at = places[index];
    let (left, right) = (&series[start..at], &series[at..end]);
    let (before, after) = (mean(left), mean(right));
    let change = |from: f64, to: f64| {
        if from == 0.0 {
            0.0
        } else {
            (to / from - 1.0).abs()
        }
    };
    Candidate {
        at,
        p: p(left, right),
        magnitude: change(before, after).max(change(after, before)),
    }
}

/// Splits a window where the energy statistic is largest, as long as a t test finds the parts to differ.
fn divide(window: &[f64], max_p: f64) -> Vec<usize> {
    let sums = distances(window);
    let mut places: Vec<usize> = Vec::new();
    loop {
        let starts = std::iter::once(0).chain(places.iter().copied());
        let ends = places.iter().copied().chain([window.len()]);
        let mut best: Option<(usize, f64, usize, usize)> = None;
        for (start, end) in starts.zip(ends).filter(|(start, end)| end - start > 1) {
            let (at, q) = largest(&sums, start, end);
            if best.is_none_or(|(_, largest, ..)| q > largest) {
                best = Some((at, q, start, end));
            }
        }
        match best {
            Some((at, _, start, end)) if p(&window[start..at], &window[at..end]) <= max_p => {
                places.push(at);
                places.sort_unstable();
            }
            _ => return places,
        }
    }
}

/// Sums of the distances of the first values from the first values.
fn distances(values: &[f64]) -> Vec<Vec<f64>> {
    let count = values.len();
    let mut sums = vec![vec![0.0; count + 1]; count + 1];
    for i in 0..count {
        for j in 0..count {
            sums[i + 1][j + 1] =
                (values[i] - values[j]).abs() + sums[i][j + 1] + sums[i + 1][j] - sums[i][j];
        }
    }
    sums
}

/// The place τ of the largest energy statistic of the values from `start` to τ and from τ to any κ up to `end`.
fn largest(sums: &[Vec<f64>], start: usize, end: usize) -> (usize, f64) {
    let block =
        |a: usize, b: usize, c: usize, d: usize| sums[b][d] - sums[a][d] - sums[b][c] + sums[a][c];
    let mut best = (start + 1, f64::NEG_INFINITY);
    for tau in start + 1..end {
        for kappa in start + 2..=end {
            // Its matrix holds zeros where there is no such κ.
            let q = if kappa <= tau {
                0.0
            } else {
                let (n, m) = ((tau - start) as f64, (kappa - tau) as f64);
                let within = |a: usize, b: usize, count: f64| match count {
                    1.0 => 0.0,
                    count => block(a, b, a, b) / 2.0 / (count - 1.0),
                };
                2.0 / (m + n)
                    * (block(start, tau, tau, kappa)
                        - m * within(start, tau, n)
                        - n * within(tau, kappa, m))
            };
            if q > best.1 {
                best = (tau, q);
            }
        }
    }
    best
}

/// Student's two-sided t test, with the standard deviations of whole populations.
fn p(left: &[f64], right: &[f64]) -> f64 {
    let (n, m) = (left.len() as f64, right.len() as f64);
    if n + m <= 2.0 {
        return 1.0;
    }
    let pooled = ((n - 1.0) * variance(left) + (m - 1.0) * variance(right)) / (n + m - 2.0);
    let t = (mean(left) - mean(right)).abs() / (pooled * (1.0 / n + 1.0 / m)).sqrt();
    if t.is_nan() {
        return 1.0;
    }
    2.0 * student_t_upper_tail(t, n + m - 2.0).expect("there are degrees of freedom")
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / values.len() as f64
}
