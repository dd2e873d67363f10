//! Simulated pairs of runs with disturbances, procedures that judge them, and the endings of series.

#![expect(clippy::unwrap_used, reason = "a simulation fails by panicking")]

use workbench_statistics::{
    Better, Layout, Looks, PairTest, Rule, Verdict, compare_runs_at_look, family_verdicts,
    paired_hodges_lehmann, paired_t, student_t_quantile, summary, trimmed_paired_t,
    verdict_of_interval,
};

use crate::simulations::random::Random;

/// The margin of all simulated gates.
pub(crate) const MARGIN: f64 = 0.05;

/// How runs vary.
#[derive(Clone, Copy)]
pub(crate) struct Runs {
    /// Standard deviation of the logarithm of a run.
    pub(crate) deviation: f64,
    /// The share of runs that something disturbs, on either side.
    pub(crate) disturbed: f64,
    /// By how much it makes them slower.
    pub(crate) by: f64,
}

impl Runs {
    /// Runs that nothing disturbs.
    pub(crate) const fn calm(deviation: f64) -> Self {
        Self {
            deviation,
            disturbed: 0.0,
            by: 0.0,
        }
    }

    /// The logarithms of the ratios of `count` pairs.
    pub(crate) fn pairs(self, count: usize, change: f64, random: &mut Random) -> Vec<f64> {
        let mut run = || {
            let hit = random.uniform() < self.disturbed;
            let disturbance = if hit { self.by.ln_1p() } else { 0.0 };
            disturbance + self.deviation * random.normal()
        };
        (0..count).map(|_| change.ln_1p() + run() - run()).collect()
    }
}

impl std::fmt::Display for Runs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:.0}%, ", 100.0 * self.deviation)?;
        if self.disturbed == 0.0 {
            return formatter.write_str("calm");
        }
        let one_of = 1.0 / self.disturbed;
        write!(formatter, "one in {one_of:.0} {:+.0}%", 100.0 * self.by)
    }
}

/// Runs as they are compared: of either deviation, calm or disturbed.
pub(crate) fn all_runs() -> Vec<Runs> {
    let mut all = Vec::new();
    for deviation in [0.01, 0.03] {
        all.push(Runs::calm(deviation));
        for (disturbed, by) in [(0.05, 0.3), (0.1, 0.3), (0.1, 1.0)] {
            all.push(Runs {
                deviation,
                disturbed,
                by,
            });
        }
    }
    all
}

/// Procedures that judge pairs.
#[derive(Clone, Copy)]
pub(crate) enum Procedure {
    /// The product's tests.
    Product(PairTest),
    /// The exact signed rank test, by the interval that inverts it.
    SignedRank,
    /// Yuen's test with one of so many left out at either end and h − 1 degrees of freedom.
    Yuen {
        /// One of how many.
        one_of: usize,
    },
}

impl Procedure {
    /// The interval of the change, each of whose ends has the one-sided level `level`.
    pub(crate) fn interval(self, pairs: &[f64], level: f64) -> (f64, f64) {
        let confidence = 1.0 - 2.0 * level;
        let zeros = vec![0.0; pairs.len()];
        let interval = match self {
            Self::Product(PairTest::T) => paired_t(pairs, &zeros, confidence).unwrap().interval,
            Self::Product(PairTest::Trimmed) => {
                trimmed_paired_t(pairs, &zeros, confidence)
                    .unwrap()
                    .interval
            }
            Self::SignedRank => {
                let shift = paired_hodges_lehmann(pairs, &zeros, confidence).unwrap();
                let Some(interval) = shift.interval else {
                    return (f64::NEG_INFINITY, f64::INFINITY);
                };
                interval
            }
            Self::Yuen { one_of } => return yuen(pairs, level, one_of),
        };
        (interval.lower, interval.upper)
    }

    /// The gate's conclusion on a complete set of pairs.
    pub(crate) fn gate(self, pairs: &[f64], level: f64) -> Gate {
        let (lower, upper) = self.interval(pairs, level);
        let margin = MARGIN.ln_1p();
        let verdict = verdict_of_interval(lower, upper, margin, Better::Lower);
        Gate {
            fails: verdict == Verdict::Regressed,
            passes: upper < margin || verdict == Verdict::Improved,
        }
    }

    /// How a series ends that is judged at each look.
    pub(crate) fn series(self, pairs: &[f64], looks: &Looks) -> Ending {
        let judged = looks.pairs().iter().map(|count| {
            let gate = self.gate(&pairs[..*count], looks.level());
            (*count, gate)
        });
        Ending::of(judged)
    }
}

fn yuen(pairs: &[f64], level: f64, one_of: usize) -> (f64, f64) {
    let mut ascending = pairs.to_vec();
    ascending.sort_unstable_by(f64::total_cmp);
    let left_out = pairs.len() / one_of;
    let remaining = &ascending[left_out..pairs.len() - left_out];
    let (least, greatest) = (remaining[0], remaining[remaining.len() - 1]);
    let winsorised: Vec<f64> = ascending
        .iter()
        .map(|pair| pair.clamp(least, greatest))
        .collect();
    let (n, h) = (pairs.len() as f64, remaining.len() as f64);
    let squares = summary(&winsorised)
        .unwrap()
        .sample_standard_deviation
        .unwrap()
        .powi(2)
        * (n - 1.0);
    let reach = student_t_quantile(level, h - 1.0).unwrap() * (squares / (h * (h - 1.0))).sqrt();
    let mean = summary(remaining).unwrap().mean;
    (mean - reach, mean + reach)
}

/// A conclusion of a gate.
#[derive(Clone, Copy)]
pub(crate) struct Gate {
    /// Regressed, and not within the margin.
    pub(crate) fails: bool,
    /// Shown to be no worse than the margin.
    pub(crate) passes: bool,
}

/// How a series ended.
#[derive(Clone, Copy)]
pub(crate) struct Ending {
    /// The last conclusion.
    pub(crate) gate: Gate,
    /// Pairs that it took.
    pub(crate) pairs: usize,
}

impl Ending {
    /// With the first look that decides, or the last.
    fn of(looks: impl Iterator<Item = (usize, Gate)>) -> Self {
        let mut ending = None;
        for (pairs, gate) in looks {
            ending = Some(Self { gate, pairs });
            if gate.fails || gate.passes {
                break;
            }
        }
        ending.unwrap()
    }
}

/// How a series of three metrics ends whose changes are given: their deviations have a correlation of one half, and
/// what disturbs a run disturbs all of them.
pub(crate) fn family_series(
    runs: Runs,
    changes: [f64; 3],
    looks: &Looks,
    test: PairTest,
    random: &mut Random,
) -> Ending {
    let rule = Rule {
        margin: MARGIN,
        alpha: looks.alpha(),
        better: Better::Lower,
        layout: Layout::Pairs(test),
    };
    let most = looks.pairs()[looks.pairs().len() - 1];
    let mut side = |changes: [f64; 3]| -> [Vec<f64>; 3] {
        let mut metrics = [const { Vec::new() }; 3];
        for _ in 0..most {
            let hit = random.uniform() < runs.disturbed;
            let disturbance = if hit { 1.0 + runs.by } else { 1.0 };
            let shared = random.normal();
            for (values, change) in metrics.iter_mut().zip(changes) {
                let deviation = runs.deviation * (shared + random.normal()) / 2.0_f64.sqrt();
                values.push(100.0 * (1.0 + change) * disturbance * deviation.exp());
            }
        }
        metrics
    };
    let (baseline, candidate) = (side([0.0; 3]), side(changes));
    let margin = 1.0 + MARGIN;
    Ending::of(looks.pairs().iter().map(|&count| {
        let rows: Vec<_> = baseline
            .iter()
            .zip(&candidate)
            .map(|(before, after)| {
                compare_runs_at_look(&before[..count], &after[..count], &rule, Some(looks)).unwrap()
            })
            .collect();
        let members: Vec<_> = rows.iter().map(|row| (row.verdict, row.evidence)).collect();
        let verdicts = family_verdicts(&members, rule.alpha).unwrap();
        let passes = rows.iter().zip(&verdicts).all(|(row, found)| {
            found.verdict == Verdict::Improved
                || row.ratio.is_some_and(|ratio| ratio.interval.upper < margin)
        });
        let fails = verdicts
            .iter()
            .any(|found| found.verdict == Verdict::Regressed);
        (count, Gate { fails, passes })
    }))
}
