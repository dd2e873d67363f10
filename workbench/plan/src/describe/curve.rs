//! The number of users over time: a curve of blocks and a small table.

use std::time::Duration;

use crate::schedule::Schedule;

/// Columns of the curve.
const WIDTH: u32 = 60;
/// A table with more rows is not read.
const ROWS: usize = 20;
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

pub(super) fn curve(schedule: &Schedule) -> Vec<String> {
    let mut lines = vec![
        format!("  {}", blocks(schedule)),
        "  time     users".to_owned(),
    ];
    lines.extend(instants(schedule).into_iter().map(|time| {
        let users = schedule.users_at(time);
        format!("  {:<8} {users:>5}", seconds(time))
    }));
    lines
}

/// Mean users in each of equally long spans, as heights relative to the peak.
fn blocks(schedule: &Schedule) -> String {
    let end = schedule.end();
    let edge = |column: u32| {
        Duration::from_nanos_u128(end.as_nanos() * u128::from(column) / u128::from(WIDTH))
    };
    (0..WIDTH)
        .filter(|&column| edge(column) < edge(column + 1))
        .map(|column| {
            let mean = schedule.mean_users(edge(column), edge(column + 1));
            let height = 8.0 * mean / schedule.peak_users().max(1) as f64;
            BLOCKS[(height.ceil() as usize).min(8)]
        })
        .collect()
}

/// Every instant at which the number of users changes or, where these are many, the beginnings of the phases and
/// evenly spaced ones.
fn instants(schedule: &Schedule) -> Vec<Duration> {
    let spans = schedule.users();
    let mut instants: Vec<Duration> = spans
        .iter()
        .flat_map(|span| [span.start, span.stop])
        .collect();
    instants.push(Duration::ZERO);
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
