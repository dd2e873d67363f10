//! False and missed alarms of change points, beside those of Apache Otava, as Markdown tables.
//!
//! `cargo run --release -p workbench-statistics --example change_points [TRIALS]`, 1,000 trials behind each figure unless
//! said otherwise.

mod otava;
#[expect(dead_code, reason = "other simulations need the rest")]
#[path = "../calibration/simulations/random.rs"]
mod random;
mod simulate;
#[path = "../calibration/simulations/table.rs"]
mod table;
#[expect(dead_code, reason = "other simulations need the rest")]
#[path = "../calibration/simulations/trials.rs"]
mod trials;

use simulate::{Finder, Noise, alarms, alarms_while_growing, found, stairs, step};
use table::{head, row, row_of_shares};

const FINDERS: [Finder; 3] = [Finder::Ours(0.01), Finder::Ours(0.05), Finder::Otava];

const NOISES: [(&str, Noise); 4] = [
    ("normal", Noise::Normal),
    ("heavy tails (t, 3 degrees)", Noise::HeavyTails),
    ("one in ten 10 SD higher", Noise::Outliers),
    ("neighbours correlated by 0.3", Noise::Correlated),
];

fn main() {
    let trials = std::env::args().nth(1).map_or(1000, |trials| {
        trials.parse().expect("TRIALS is a whole number")
    });
    println!("{}", false_alarms(trials));
    println!("{}", missed_alarms(trials));
}

/// Histories in which nothing changed.
fn false_alarms(trials: u64) -> String {
    let mut text = String::new();
    head(
        &mut text,
        "Change points where nothing changed",
        "",
        "Sessions | Ours, 1% | Ours, 5% | Otava",
    );
    for (name, noise) in NOISES {
        for count in [20, 50, 100, 365] {
            let shares = FINDERS.map(|finder| alarms(finder, noise, count, trials));
            row_of_shares(&mut text, &format!("{count}, {name}"), &shares);
        }
    }
    for (name, noise) in &NOISES[..3] {
        let shares =
            FINDERS.map(|finder| alarms_while_growing(finder, *noise, 100, trials.div_ceil(5)));
        let name = format!("at some time while growing from 11 to 100, {name}");
        row_of_shares(&mut text, &name, &shares);
    }
    text
}

/// Histories in which something did.
fn missed_alarms(trials: u64) -> String {
    let mut text = String::new();
    head(
        &mut text,
        "Changes found, and what else was",
        "",
        "Change | Ours, 1%: found | else | covered | Ours, 5%: found | else | Otava: found | else",
    );
    let up_and_down = [0.0, 1.0, 0.0, -1.0, 1.0];
    let mut changes = Vec::new();
    for size in [2.0, 3.0, 5.0] {
        for (count, at) in [(20, 10), (50, 25), (100, 50), (20, 17), (50, 47), (50, 45)] {
            let name = format!("{size} SD after {at} of {count}");
            changes.push((name, step(count, at, size)));
        }
        let name = format!("{size} SD for 10 of 100 sessions");
        changes.push((name, [step(55, 45, size), vec![0.0; 45]].concat()));
    }
    for size in [2.0, 3.0] {
        let levels = up_and_down.map(|level| size * level);
        let name = format!("4 changes of {size} or {} SD in 100", 2.0 * size);
        changes.push((name, stairs(20, &levels)));
    }
    for (noise_name, noise) in [NOISES[0], NOISES[2]] {
        for (name, levels) in &changes {
            let [ours, wide, otava] = FINDERS.map(|finder| found(finder, noise, levels, trials));
            row(
                &mut text,
                format_args!(
                    "{name}, {noise_name} | {} | {} | {} | {} | {} | {} | {}",
                    ours.all,
                    ours.other,
                    ours.covered,
                    wide.all,
                    wide.other,
                    otava.all,
                    otava.other
                ),
            );
        }
    }
    text
}
