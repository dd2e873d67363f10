//! The table that is printed: medians of rounds, with the least and the greatest.

use std::fmt;

use crate::{calls::Call, load::Round};

pub(crate) const HEAD: &str = "\
| database | call | requests/s | CPU µs per request | peer's requests/s | peer's CPU µs | requests/s, share of the peer's | CPU, peer's share of ours |
|---|---|---|---|---|---|---|---|";

/// Rounds of a call and of its peer, taken in turns.
pub(crate) struct Line {
    database: String,
    call: &'static str,
    pub(crate) ours: Vec<Round>,
    pub(crate) peers: Vec<Round>,
}

impl Line {
    pub(crate) fn new(database: &str, call: &Call) -> Self {
        Self {
            database: database.to_owned(),
            call: call.name,
            ours: Vec::new(),
            peers: Vec::new(),
        }
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

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (database, call) = (&self.database, self.call);
        let of = |rounds: &[Round], number: fn(&Round) -> f64| {
            spread(rounds.iter().map(number).collect())
        };
        let pairs = || self.ours.iter().zip(&self.peers);
        let rates = pairs().map(|(ours, peer)| 100.0 * ours.per_second() / peer.per_second());
        let costs = pairs().map(|(ours, peer)| 100.0 * peer.processor_us() / ours.processor_us());
        write!(
            f,
            "| {database} | `{call}` | {} | {} | {} | {} | {} | {} |",
            of(&self.ours, Round::per_second),
            of(&self.ours, Round::processor_us),
            of(&self.peers, Round::per_second),
            of(&self.peers, Round::processor_us),
            percent(spread(rates.collect())),
            percent(spread(costs.collect())),
        )
    }
}

fn percent(text: String) -> String {
    match text.as_str() {
        "" => text,
        _ => format!("{text} %"),
    }
}

/// Median, least and greatest; nothing of nothing.
fn spread(mut numbers: Vec<f64>) -> String {
    numbers.sort_by(f64::total_cmp);
    let (Some(least), Some(greatest)) = (numbers.first(), numbers.last()) else {
        return String::new();
    };
    let middle = numbers.len() / 2;
    let median = match numbers.len() % 2 {
        0 => f64::midpoint(numbers[middle - 1], numbers[middle]),
        _ => numbers[middle],
    };
    format!("{median:.0} ({least:.0}–{greatest:.0})")
}
