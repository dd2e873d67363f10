//! Live progress: a bar on a terminal, a line every few seconds elsewhere. All on stderr.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use workbench_load::{Live, LiveLatency};
use workbench_plan::{Plan, format_duration};

use crate::{outcome, terminal};

/// Without a terminal, one line in so many seconds.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Where a run stands in its series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InSeries {
    /// From 1.
    pub(crate) position: u32,
    /// Number of runs.
    pub(crate) of: u32,
    /// What is planned after the run: the runs and the pauses, without what it takes to begin and to analyse them.
    pub(crate) afterwards: Duration,
}

/// The progress of one run.
pub(crate) struct Progress {
    name: String,
    series: Option<InSeries>,
    /// Absent without a terminal.
    bar: Option<ProgressBar>,
}

pub(crate) fn start(plan: &Plan, series: Option<InSeries>) -> Progress {
    let schedule = plan.schedule();
    let users = schedule.most_users();
    let length = schedule.likely_end();
    let (run, left) = match series {
        None => (String::new(), String::new()),
        Some(series) => (
            format!("run {} of {}: ", series.position, series.of),
            format!(
                "; at least {} left in the series",
                rounded(length + series.afterwards)
            ),
        ),
    };
    outcome::note(&format!(
        "{run}{}: {} (up to {users} {}, {} s{left})",
        plan.name,
        plan.title,
        if users == 1 { "user" } else { "users" },
        length.as_secs_f64()
    ));
    let bar = std::io::stderr().is_terminal().then(|| {
        let bar = ProgressBar::new(u64::try_from(length.as_millis()).unwrap_or(u64::MAX));
        let style = ProgressStyle::with_template("{bar:20.cyan/dim} {wide_msg}")
            .expect("the template is valid");
        bar.set_style(style);
        let starting = bar.clone();
        terminal::queue(move || starting.set_message("starting the target"));
        bar
    });
    Progress {
        name: plan.name.clone(),
        series,
        bar,
    }
}

impl Progress {
    /// What the run is to call once a second.
    pub(crate) fn observer(&self) -> Box<dyn Fn(&Live) + Send> {
        let series = self.series;
        if let Some(bar) = self.bar.clone() {
            return Box::new(move |live| {
                let (bar, live) = (bar.clone(), *live);
                terminal::show(move || {
                    bar.set_position(u64::try_from(live.elapsed.as_millis()).unwrap_or(u64::MAX));
                    bar.set_message(line(&live, series));
                });
            });
        }
        let name = self.name.clone();
        let next = Mutex::new(LINE_EVERY);
        Box::new(move |live| {
            let Ok(mut next) = next.lock() else { return };
            // After the end there is only the rest of a second to tell of.
            if live.elapsed >= *next && live.elapsed < live.planned {
                let line = format!(
                    "{name}: {:.0} s: {}\n",
                    live.elapsed.as_secs_f64(),
                    line(live, series)
                );
                // One that is not read is followed by a newer one.
                terminal::show(move || terminal::write(&line));
                *next = live.elapsed + LINE_EVERY - Duration::from_millis(500);
            }
        })
    }

    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            terminal::queue(move || bar.finish_and_clear());
        }
    }
}

/// Users now and planned, requests per second, latency of the last second, errors, time left.
fn line(live: &Live, series: Option<InSeries>) -> String {
    let remaining = live.planned.saturating_sub(live.elapsed);
    let left = remaining.as_secs();
    let series = series.map_or_else(String::new, |series| {
        let left = rounded(remaining + series.afterwards);
        format!("  (run {} of {}, {left})", series.position, series.of)
    });
    let latency = live
        .latency
        .map_or_else(|| "no responses".to_owned(), latency);
    let users = match live.planned_arrivals {
        // Who serves an arrival is a user for as long as that takes.
        Some(arrivals) => format!("{} users  {arrivals:.0} arrivals/s wanted", live.users),
        None => format!("{}/{} users", live.users, live.planned_users),
    };
    format!(
        "{users}  {} req/s  {latency}  {} errors  {left} s left{series}",
        live.requests, live.total_errors
    )
}

/// To the second, or to the minute where it is ten or more.
fn rounded(time: Duration) -> String {
    let unit: u32 = if time >= Duration::from_secs(600) {
        60
    } else {
        1
    };
    let units = (time.as_secs_f64() / f64::from(unit)).round();
    format_duration(Duration::from_secs(units as u64 * u64::from(unit)))
}

fn latency(latency: LiveLatency) -> String {
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    format!(
        "p50 {:.1} ms  p95 {:.1} ms  p99 {:.1} ms",
        milliseconds(latency.p50),
        milliseconds(latency.p95),
        milliseconds(latency.p99)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> Live {
        Live {
            elapsed: Duration::from_millis(12_400),
            planned: Duration::from_secs(80),
            users: 99,
            planned_users: 100,
            planned_arrivals: None,
            requests: 4_210,
            total_requests: 40_000,
            total_errors: 2,
            latency: Some(LiveLatency {
                p50: Duration::from_micros(21_000),
                p95: Duration::from_micros(55_250),
                p99: Duration::from_micros(80_000),
            }),
        }
    }

    #[test]
    fn a_line_tells_users_rate_latency_errors_and_time_left() {
        assert_eq!(
            line(&live(), None),
            "99/100 users  4210 req/s  p50 21.0 ms  p95 55.2 ms  p99 80.0 ms  2 errors  67 s left"
        );
    }

    #[test]
    fn in_a_series_a_line_tells_what_is_left_of_the_whole_too() {
        let series = InSeries {
            position: 3,
            of: 10,
            afterwards: Duration::from_secs(7 * 80),
        };
        assert!(line(&live(), Some(series)).ends_with("67 s left  (run 3 of 10, 10m)"));
    }

    #[test]
    fn long_times_are_told_in_minutes() {
        let rounded = |seconds| super::rounded(Duration::from_secs_f64(seconds));
        assert_eq!(rounded(7.4), "7s");
        assert_eq!(rounded(89.6), "90s");
        assert_eq!(rounded(4_000.0), "67m");
        assert_eq!(rounded(7_190.0), "2h");
    }
}
