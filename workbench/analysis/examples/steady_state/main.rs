//! How often the check of steady states finds series that are labelled as not steady, and refuses those that are.
//!
//! `cargo run --release -p workbench-analysis --example steady_state -- FILE` reads a Parquet file with one series in each row: columns
//! `label` (`steady state` or `no steady state`) and `seconds` (a list of times, in their order).

mod labelled;

use std::path::PathBuf;

use clap::Parser;
use labelled::{Labelled, Refusal, read};
use rayon::prelude::*;

/// Judges labelled series as the steady part of a run is judged.
#[derive(Parser)]
struct Arguments {
    /// A Parquet file with the columns `label` and `seconds`.
    file: PathBuf,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let series = read(&Arguments::parse().file)?;
    let judged: Vec<(bool, Refusal)> = series
        .par_iter()
        .map(|series: &Labelled| Ok((series.is_steady, series.judge()?)))
        .collect::<Result<_, workbench_statistics::StatisticsError>>()?;
    println!(
        "| labelled | series | refused | for a late change | by MSER-5 |\n|---|---|---|---|---|"
    );
    for (label, is_steady) in [("no steady state", false), ("steady state", true)] {
        let of_label: Vec<Refusal> = judged
            .iter()
            .filter(|(it, _)| *it == is_steady)
            .map(|(_, refusal)| *refusal)
            .collect();
        let share = |refused: fn(&Refusal) -> bool| {
            let count = of_label.iter().filter(|it| refused(it)).count();
            format!(
                "{count} ({:.1}%)",
                100.0 * count as f64 / of_label.len() as f64
            )
        };
        println!(
            "| {label} | {} | {} | {} | {} |",
            of_label.len(),
            share(|it| it.late_change.is_some() || it.never_settles),
            share(|it| it.late_change.is_some()),
            share(|it| it.never_settles),
        );
    }
    Ok(())
}
