//! The table that is printed: medians of rounds, with the least and the greatest.

use std::fmt;

use crate::{calls::Call, load::Round};

pub(crate) const HEAD: &str = "\
| call | by | times/s | CPU µs each | bookstore on SQLite ÷ this, times/s | bookstore on PostgreSQL ÷ this, times/s |
|---|---|---|---|---|---|";

/// Rounds of a call, of everybody in turns.
pub(crate) struct Lines {
    call: &'static Call,
    rounds: Vec<Option<Round>>,
}

impl Lines {
    pub(crate) const fn new(call: &'static Call) -> Self {
        Self {
            call,
            rounds: Vec::new(),
        }
    }

    /// Adds the next one's round.
    pub(crate) fn add(&mut self, round: Option<Round>) {
        self.rounds.push(round);
    }

    fn rounds_of(&self, contender: usize) -> Vec<Round> {
        let turns = self.rounds.chunks(self.call.contenders.len());
        turns.filter_map(|turn| turn[contender]).collect()
    }
}

impl Round {
    fn per_second(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }

    fn processor_us(&self) -> f64 {
        self.processor.as_secs_f64() * 1e6 / self.requests as f64
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, contender) in self.call.contenders.iter().enumerate() {
            let rounds = self.rounds_of(index);
            if rounds.is_empty() {
                continue;
            }
            let rates = spread(rounds.iter().map(Round::per_second), 0);
            let costs = spread(rounds.iter().map(Round::processor_us), 0);
            write!(
                f,
                "| {} | {} | {rates} | {costs} |",
                self.call.name,
                contender.name()
            )?;
            for shop in 0..2 {
                let ours = self.rounds_of(shop);
                let pairs = ours.iter().zip(&rounds);
                let ratios = pairs.map(|(ours, theirs)| ours.per_second() / theirs.per_second());
                match index {
                    0 | 1 => write!(f, " |")?,
                    _ => write!(f, " {} |", spread(ratios, 2))?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Median, least and greatest.
fn spread(numbers: impl Iterator<Item = f64>, digits: usize) -> String {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    let (Some(least), Some(greatest)) = (numbers.first(), numbers.last()) else {
        return String::new();
    };
    let middle = numbers.len() / 2;
    let median = match numbers.len() % 2 {
        0 => f64::midpoint(numbers[middle - 1], numbers[middle]),
        _ => numbers[middle],
    };
    format!("{median:.digits$} ({least:.digits$}–{greatest:.digits$})")
}
