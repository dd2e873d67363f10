//! Seeded histories with known changes, and the change points found in them.

use workbench_statistics::{change_points, fewest_for_change_points, ratio_of_geometric_means};

use crate::otava;
use crate::random::Random;
use crate::trials::{Share, outcomes};

/// How sessions vary around their level.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Noise {
    Normal,
    /// Student's t with 3 degrees of freedom, of variance 1.
    HeavyTails,
    /// Normal, and one session in ten 10 standard deviations higher.
    Outliers,
    /// Normal, neighbours correlated by 0.3.
    Correlated,
}

impl Noise {
    fn values(self, count: usize, random: &mut Random) -> Vec<f64> {
        match self {
            Self::Normal => (0..count).map(|_| random.normal()).collect(),
            Self::HeavyTails => (0..count)
                .map(|_| {
                    let squares: f64 = (0..3).map(|_| random.normal().powi(2)).sum();
                    // The variance of Student's t with 3 degrees of freedom is 3.
                    random.normal() / squares.sqrt()
                })
                .collect(),
            Self::Outliers => (0..count)
                .map(|_| random.normal() + if random.uniform() < 0.1 { 10.0 } else { 0.0 })
                .collect(),
            Self::Correlated => random.autoregressive(0.3, count),
        }
    }
}

/// Standard deviation of sessions at one level: 3%.
const DEVIATION: f64 = 0.03;

/// The method that finds change points.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Finder {
    /// Our choice, on logarithms, at a level.
    Ours(f64),
    /// Apache Otava's, with the settings of its command line.
    Otava,
}

impl Finder {
    pub(crate) fn find(self, values: &[f64]) -> Vec<usize> {
        match self {
            Self::Ours(level) => {
                let logarithms: Vec<f64> = values.iter().map(|value| value.ln()).collect();
                let found = change_points(&logarithms, level, 1).expect("there are enough values");
                found.into_iter().map(|change| change.at).collect()
            }
            Self::Otava => otava::change_points(values, otava::DEFAULT),
        }
    }
}

/// A history around levels, in standard deviations.
fn history(levels: &[f64], noise: Noise, random: &mut Random) -> Vec<f64> {
    let values = noise.values(levels.len(), random);
    let values = values.iter().zip(levels);
    values
        .map(|(value, level)| 100.0 * (DEVIATION * (value + level)).exp())
        .collect()
}

/// The share of histories without a change in which one is found.
pub(crate) fn alarms(finder: Finder, noise: Noise, count: usize, trials: u64) -> Share {
    let levels = vec![0.0; count];
    Share::of(outcomes(trials, 21, |random| {
        !finder.find(&history(&levels, noise, random)).is_empty()
    }))
}

/// The share of histories without a change in which one is found at any time while they grow session by session.
pub(crate) fn alarms_while_growing(
    finder: Finder,
    noise: Noise,
    count: usize,
    trials: u64,
) -> Share {
    let levels = vec![0.0; count];
    let fewest = fewest_for_change_points(0.01).expect("a level");
    Share::of(outcomes(trials, 22, |random| {
        let values = history(&levels, noise, random);
        (fewest..=count).any(|count| !finder.find(&values[..count]).is_empty())
    }))
}

/// What was found in histories with changes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    /// Every change was, within 2 sessions.
    pub(crate) all: Share,
    /// Something else was, too.
    pub(crate) other: Share,
    /// Of the changes that were, those whose size the 95% interval of the ratio of the two segments covers.
    pub(crate) covered: Share,
}

/// Sessions between a change and where it is found.
const NEAR: usize = 2;

/// What is found of changes of level.
pub(crate) fn found(finder: Finder, noise: Noise, levels: &[f64], trials: u64) -> Found {
    let changes: Vec<usize> = (1..levels.len())
        .filter(|at| levels[*at] != levels[at - 1])
        .collect();
    let trials = outcomes(trials, 23, |random| {
        let values = history(levels, noise, random);
        let found = finder.find(&values);
        let near = |a: usize, b: usize| a.abs_diff(b) <= NEAR;
        let is_found = |change: &usize| found.iter().any(|at| near(*at, *change));
        let is_other = |at: &usize| !changes.iter().any(|change| near(*at, *change));
        let covered: Vec<bool> = changes
            .iter()
            .filter_map(|change| {
                let index = found.iter().position(|at| near(*at, *change))?;
                let start = index.checked_sub(1).map_or(0, |before| found[before]);
                let end = found.get(index + 1).copied().unwrap_or(values.len());
                let (before, after) = (&values[start..found[index]], &values[found[index]..end]);
                let interval = ratio_of_geometric_means(before, after, 0.95).ok()?.interval;
                let size = levels[*change] - levels[change - 1];
                Some(interval.contains((DEVIATION * size).exp()))
            })
            .collect();
        (
            changes.iter().all(is_found),
            found.iter().any(is_other),
            covered,
        )
    });
    Found {
        all: Share::of(trials.iter().map(|trial| trial.0)),
        other: Share::of(trials.iter().map(|trial| trial.1)),
        covered: Share::of(trials.iter().flat_map(|trial| trial.2.iter().copied())),
    }
}

/// A change to a level from one session on.
pub(crate) fn step(count: usize, at: usize, size: f64) -> Vec<f64> {
    (0..count)
        .map(|session| if session < at { 0.0 } else { size })
        .collect()
}

/// A level for so many sessions each.
pub(crate) fn stairs(sessions: usize, levels: &[f64]) -> Vec<f64> {
    levels
        .iter()
        .flat_map(|level| std::iter::repeat_n(*level, sessions))
        .collect()
}
