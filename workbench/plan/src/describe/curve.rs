//! Users and arrival rate over time, as a curve of block characters and a table.

use std::time::Duration;

use crate::schedule::{Schedule, ScheduledArrivals};

/// Columns of the curve.
const WIDTH: u32 = 60;
/// Most rows of the table.
const ROWS: usize = 20;
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

pub(super) fn curve(schedule: &Schedule) -> Vec<String> {
    let mut lines = Vec::new();
    let mut columns = vec!["  time    ".to_owned()];
    let has_users = schedule.peak_users() > 0;
    if has_users {
        lines.push(format!(
            "  {}",
            blocks(schedule, |from, to| schedule.mean_users(from, to))
        ));
        columns.push(" users".to_owned());
    }
    let has_arrivals = !schedule.arrivals().is_empty();
    if has_arrivals {
        let expected = |time| -> f64 {
            schedule
                .arrivals()
                .iter()
                .map(|it| it.expected_by(time))
                .sum()
        };
        let mean = |from: Duration, to: Duration| {
            (expected(to) - expected(from)) / (to - from).as_secs_f64()
        };
        lines.push(format!("  {}", blocks(schedule, mean)));
        columns.push(" arrivals/s".to_owned());
    }
    lines.push(columns.concat());
    lines.extend(instants(schedule).into_iter().map(|time| {
        let mut line = format!("  {:<8}", seconds(time));
        if has_users {
            line += &format!(" {:>5}", schedule.users_at(time));
        }
        if has_arrivals {
            line += &format!(" {:>10.1}", schedule.arrival_rate_at(time));
        }
        line
    }));
    lines
}

/// The mean in each of equally long spans, as heights relative to the largest.
fn blocks(schedule: &Schedule, mean: impl Fn(Duration, Duration) -> f64) -> String {
    let end = schedule.end();
    let edge = |column: u32| {
        Duration::from_nanos_u128(end.as_nanos() * u128::from(column) / u128::from(WIDTH))
    };
    let means: Vec<f64> = (0..WIDTH)
        .filter(|&column| edge(column) < edge(column + 1))
        .map(|column| mean(edge(column), edge(column + 1)))
        .collect();
    let largest = means.iter().copied().fold(0.0, f64::max);
    let block = |mean: f64| BLOCKS[((8.0 * mean / largest).ceil() as usize).min(8)];
    means.into_iter().map(block).collect()
}

/// Every instant at which the number of users, or the law of the rate, changes or, where these are many, the beginnings of the phases and
/// evenly spaced ones.
fn instants(schedule: &Schedule) -> Vec<Duration> {
    let spans = schedule.users();
    let mut instants: Vec<Duration> = spans
        .iter()
        .flat_map(|span| [span.start, span.stop])
        .collect();
    instants.push(Duration::ZERO);
    instants.extend(
        schedule
            .arrivals()
            .iter()
            .flat_map(ScheduledArrivals::edges),
    );
    instants.sort_unstable();
    instants.dedup();
    if instants.len() > ROWS {
        let end = schedule.end();
        instants = (0..=ROWS as u32)
            .map(|row| end * row / ROWS as u32)
            .collect();
        instants.extend([schedule.ramped_up(), schedule.hold_end()]);
        instants.sort_unstable();
        instants.dedup();
    }
    instants
}

/// Seconds to the millisecond, without trailing zeros.
pub(super) fn seconds(time: Duration) -> String {
    let text = format!("{:.3}", time.as_secs_f64());
    format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
}
