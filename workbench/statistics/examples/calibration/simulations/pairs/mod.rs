//! Series of pairs: looks, trimmed pairs, and what a typical time is made of.

pub(crate) mod procedures;
pub(crate) mod typical;

use workbench_statistics::{Looks, PairTest};

use super::random::Random;
use super::table::{head, row, row_of_shares};
use super::trials::{Share, average, outcomes, shares};
use procedures::{Ending, MARGIN, Procedure, Runs, all_runs, family_series};
use typical::{LABELS, Weights, typical_gate};

/// The looks of the gate.
pub(crate) const LOOKS: [usize; 4] = [5, 10, 15, 20];

/// Runs of the published table.
pub(crate) const PUBLISHED: Runs = Runs::calm(0.03);

/// Runs of which one in ten is disturbed.
pub(crate) const DISTURBED: Runs = Runs {
    deviation: 0.03,
    disturbed: 0.1,
    by: 0.3,
};

/// Tests of pairs that are compared, by name.
const PROCEDURES: [(&str, Procedure); 5] = [
    ("paired t", Procedure::Product(PairTest::T)),
    ("signed rank", Procedure::SignedRank),
    ("Yuen 20%", Procedure::Yuen { one_of: 5 }),
    ("Yuen 10%", Procedure::Yuen { one_of: 10 }),
    ("**trimmed**", Procedure::Product(PairTest::Trimmed)),
];

/// All tables, with `most` trials behind a figure where they would be more.
pub(crate) fn tables(most: u64) -> String {
    let mut text = String::new();
    levels(&mut text, most);
    published(&mut text, most);
    false_alarms_of_pairs(&mut text, most);
    power_of_pairs(&mut text, most);
    series(&mut text, most);
    families(&mut text, most);
    typical_times(&mut text, most);
    text
}

fn looks(pairs: &[usize], test: PairTest) -> Looks {
    Looks::new(pairs, test, 0.05).expect("a schedule in ascending order")
}

/// Schedules whose levels are checked, by name.
pub(crate) fn schedules() -> Vec<(&'static str, Vec<usize>)> {
    vec![
        ("5, 10, 15, 20", LOOKS.to_vec()),
        ("5, 20", vec![5, 20]),
        ("6, 12, 18", vec![6, 12, 18]),
        ("10, 20, 30, 40", vec![10, 20, 30, 40]),
        ("7, 8", vec![7, 8]),
        ("3 to 20", (3..=20).collect()),
        ("8 to 20", (8..=20).collect()),
    ]
}

/// Whether any look finds a change that is not there, and whether any finds one of the margin to be less.
pub(crate) fn false_statements(
    runs: Runs,
    looks: &Looks,
    test: PairTest,
    random: &mut Random,
) -> [bool; 2] {
    let procedure = Procedure::Product(test);
    let most = looks.pairs()[looks.pairs().len() - 1];
    let mut any = |change: f64, is_false: fn(f64, f64) -> bool| {
        let pairs = runs.pairs(most, change, random);
        looks.pairs().iter().any(|count| {
            let (lower, upper) = procedure.interval(&pairs[..*count], looks.level());
            is_false(lower, upper)
        })
    };
    [
        any(0.0, |lower, _| lower > 0.0),
        any(MARGIN, |_, upper| upper < MARGIN.ln_1p()),
    ]
}

fn levels(text: &mut String, most: u64) {
    head(
        text,
        "Looks: the one-sided level of each that keeps 5%, and what is said falsely at any of them",
        "Alarms without a change, and passes of a change as large as the margin. Runs vary by 3%; disturbed: one in ten by +30%.",
        "looks | level, paired t | alarms | passes | level, trimmed | alarms | passes | alarms, disturbed | passes, disturbed",
    );
    for (seed, (name, pairs)) in (100..).zip(schedules()) {
        let trials = most.min(40_000);
        let of = |test, runs| {
            let looks = looks(&pairs, test);
            let found = shares(trials, seed, |random| {
                false_statements(runs, &looks, test, random)
            });
            (looks.level(), found)
        };
        let (level, [alarms, passes]) = of(PairTest::T, PUBLISHED);
        let (trimmed, [trimmed_alarms, trimmed_passes]) = of(PairTest::Trimmed, PUBLISHED);
        let (_, disturbed) = of(PairTest::Trimmed, DISTURBED);
        let name = format!(
            "{name} | {:.2}% | {alarms} | {passes} | {:.2}%",
            100.0 * level,
            100.0 * trimmed
        );
        let [alarms, passes] = disturbed;
        row_of_shares(
            text,
            &name,
            &[trimmed_alarms, trimmed_passes, alarms, passes],
        );
    }
}

/// How many of the series fail and pass, and how many pairs they take on average.
pub(crate) fn endings(
    trials: u64,
    seed: u64,
    end: impl Fn(&mut Random) -> Ending + Sync,
) -> (Share, Share, f64) {
    let endings = outcomes(trials, seed, end);
    (
        Share::of(endings.iter().map(|ending| ending.gate.fails)),
        Share::of(endings.iter().map(|ending| ending.gate.passes)),
        average(endings.iter().map(|ending| ending.pairs as f64)),
    )
}

/// Series of the published table, by the product's test.
pub(crate) fn ended(
    runs: Runs,
    change: f64,
    test: PairTest,
    (trials, seed): (u64, u64),
) -> (Share, Share, f64) {
    let looks = looks(&LOOKS, test);
    endings(trials, seed, |random| {
        let pairs = runs.pairs(LOOKS[3], change, random);
        Procedure::Product(test).series(&pairs, &looks)
    })
}

/// The same pairs, all of a fixed number, at 5%.
pub(crate) fn fixed(
    runs: Runs,
    (count, change): (usize, f64),
    procedure: Procedure,
    (trials, seed): (u64, u64),
) -> [Share; 2] {
    shares(trials, seed, |random| {
        let gate = procedure.gate(&runs.pairs(count, change, random), 0.05);
        [gate.fails, gate.passes]
    })
}

fn published(text: &mut String, most: u64) {
    head(
        text,
        "Looks at 5, 10, 15 and 20 pairs: runs vary by 3%, margin 5%, paired t",
        "",
        "true change | fails | passes | pairs on average | fixed 10 pairs: fails | passes",
    );
    for (seed, change) in (110..).zip([0.0, 0.02, 0.05, 0.10]) {
        let trials = (most.min(20_000), seed);
        let (fails, passes, pairs) = ended(PUBLISHED, change, PairTest::T, trials);
        let ten = fixed(PUBLISHED, (10, change), PROCEDURES[0].1, trials);
        let name = format!("{:+.0}% | {fails} | {passes} | {pairs:.1}", 100.0 * change);
        row_of_shares(text, &name, &ten);
    }
}

/// Numbers of pairs that tests are compared with.
pub(crate) const NUMBERS: [usize; 6] = [5, 6, 8, 10, 15, 20];

/// How often an unchanged candidate is found to be worse.
pub(crate) fn alarms(
    runs: Runs,
    count: usize,
    procedure: Procedure,
    level: f64,
    (trials, seed): (u64, u64),
) -> Share {
    let [alarms] = shares(trials, seed, |random| {
        [procedure.interval(&runs.pairs(count, 0.0, random), level).0 > 0.0]
    });
    alarms
}

fn column_names() -> String {
    PROCEDURES.map(|(name, _)| name).join(" | ")
}

fn false_alarms_of_pairs(text: &mut String, most: u64) {
    head(
        text,
        "Pairs: false alarms in the worst of eight cases",
        "Runs that vary by 1% or 3%, calm, one in twenty disturbed by +30%, one in ten by +30%, one in ten by +100%.",
        &format!("pairs | nominal | {}", column_names()),
    );
    for (seed, count) in (120..).zip(NUMBERS) {
        for level in [0.05, 0.0181] {
            let worst = PROCEDURES.map(|(_, procedure)| {
                let cells = all_runs()
                    .into_iter()
                    .map(|runs| alarms(runs, count, procedure, level, (most.min(40_000), seed)));
                cells
                    .max_by(|one, other| one.rate().total_cmp(&other.rate()))
                    .expect("there are eight cases")
            });
            row_of_shares(text, &format!("{count} | {:.2}%", 100.0 * level), &worst);
        }
    }
}

fn power_of_pairs(text: &mut String, most: u64) {
    head(
        text,
        "Pairs of a fixed number, margin 5%, nominal 5%: +5% failed, +10% failed, no change passed",
        "",
        &format!("runs vary by | pairs | {}", column_names()),
    );
    for (seed, runs) in (130..).zip(all_runs()) {
        for count in [5, 8, 10, 20] {
            let cells = PROCEDURES.map(|(_, procedure)| {
                let of = |change| {
                    let trials = (most.min(10_000), seed);
                    fixed(runs, (count, change), procedure, trials)
                };
                let ([_, passed], [five, _], [ten, _]) = (of(0.0), of(0.05), of(0.10));
                format!(
                    "{:.0} {:.0} {:.0}",
                    100.0 * five.rate(),
                    100.0 * ten.rate(),
                    100.0 * passed.rate()
                )
            });
            row(
                text,
                format_args!("{runs} | {count} | {}", cells.join(" | ")),
            );
        }
    }
}

fn series(text: &mut String, most: u64) {
    head(
        text,
        "Looks at 5, 10, 15 and 20 pairs, margin 5%: fails, passes, pairs on average",
        "",
        "runs vary by | true change | paired t | **trimmed**",
    );
    for (seed, runs) in (140..).zip(all_runs()) {
        for change in [0.0, 0.02, 0.05, 0.08, 0.10] {
            let cells = [PairTest::T, PairTest::Trimmed].map(|test| {
                let (fails, passes, pairs) = ended(runs, change, test, (most.min(10_000), seed));
                format!(
                    "{:.1} {:.1} {pairs:.1}",
                    100.0 * fails.rate(),
                    100.0 * passes.rate()
                )
            });
            let change = 100.0 * change;
            row(
                text,
                format_args!("{runs} | {change:+.0}% | {}", cells.join(" | ")),
            );
        }
    }
}

/// Series of three metrics by the product, Holm's adjustment included.
pub(crate) fn family_ended(
    runs: Runs,
    changes: [f64; 3],
    test: PairTest,
    (trials, seed): (u64, u64),
) -> (Share, Share, f64) {
    let looks = looks(&LOOKS, test);
    endings(trials, seed, |random| {
        family_series(runs, changes, &looks, test, random)
    })
}

fn families(text: &mut String, most: u64) {
    head(
        text,
        "Three metrics as a family, looks at 5, 10, 15 and 20 pairs, margin 5%: fails, passes, pairs on average",
        "",
        "runs vary by | true changes | paired t | **trimmed**",
    );
    for (seed, runs) in (150..).zip([PUBLISHED, DISTURBED, all_runs()[2]]) {
        for changes in [
            [0.0; 3],
            [0.05, 0.0, 0.0],
            [0.08, 0.0, 0.0],
            [0.08, 0.08, 0.08],
        ] {
            let cells = [PairTest::T, PairTest::Trimmed].map(|test| {
                let (fails, passes, pairs) =
                    family_ended(runs, changes, test, (most.min(1000), seed));
                format!(
                    "{:.1} {:.1} {pairs:.1}",
                    100.0 * fails.rate(),
                    100.0 * passes.rate()
                )
            });
            let changes = changes.map(|change| format!("{:+.0}%", 100.0 * change));
            row(
                text,
                format_args!("{runs} | {} | {}", changes.join(" "), cells.join(" | ")),
            );
        }
    }
}

fn typical_times(text: &mut String, most: u64) {
    head(
        text,
        "Typical time of five labels, by their weights: ten pairs, trimmed, margin 5%: fails, passes",
        "Shares of 50, 25, 15, 8 and 2%. Runs vary by 1%, a label in a run by 1% more, and its median by its number of requests.",
        "requests in a run | case | each label once | those with 100 requests once | by share of all runs | by share in the run",
    );
    let one = |label: usize, change: f64| {
        let mut changes = [0.0; LABELS];
        changes[label] = change;
        changes
    };
    for (seed, requests) in (160..).zip([1_000.0, 5_000.0, 50_000.0]) {
        for (name, changes, runs) in [
            ("no change", [0.0; LABELS], Runs::calm(0.01)),
            ("all +8%", [0.08; LABELS], Runs::calm(0.01)),
            ("all +8%, disturbed", [0.08; LABELS], all_runs()[2]),
            ("the label of 50% +10%", one(0, 0.10), Runs::calm(0.01)),
            ("the label of 15% +10%", one(2, 0.10), Runs::calm(0.01)),
            ("the label of 2% +10%", one(4, 0.10), Runs::calm(0.01)),
            ("the label of 2% +50%", one(4, 0.50), Runs::calm(0.01)),
        ] {
            let cells = Weights::ALL.map(|weights| {
                let [fails, passes] = shares(most.min(10_000), seed, |random| {
                    let gate = typical_gate(runs, changes, requests, weights, random);
                    [gate.fails, gate.passes]
                });
                format!("{:.0} {:.0}", 100.0 * fails.rate(), 100.0 * passes.rate())
            });
            row(
                text,
                format_args!("{requests:.0} | {name} | {}", cells.join(" | ")),
            );
        }
    }
}
