//! Live progress on stderr: a view on a terminal, a line every few seconds elsewhere; and on the live page.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use workbench_load::{Live, LiveLatency};
use workbench_plan::Plan;

use crate::live::page::Feed;
use crate::live::{Course, InSeries, milliseconds, rounded, view};
use crate::run::Part;
use crate::{outcome, terminal};

/// Interval of progress lines without a terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Interval of updates of the time until the start.
const COUNT_EVERY: Duration = Duration::from_millis(500);

/// The progress of a run, or of simultaneous runs.
#[derive(Clone)]
pub(crate) struct Progress {
    course: Arc<Mutex<Course>>,
    /// `None` on a terminal with the view.
    next_line: Option<Arc<Mutex<Duration>>>,
    page: Option<Feed>,
    is_over: Arc<AtomicBool>,
}

pub(crate) fn start(
    plan: &Plan,
    series: Option<InSeries>,
    part: Part,
    page: Option<Feed>,
) -> Progress {
    let whole = plan.schedule();
    let length = whole.likely_end();
    let (users, of) = match part.segment {
        None => (whole.most_users(), String::new()),
        Some(segment) => (
            whole.segment(segment).most_users(),
            format!("segment {segment}, "),
        ),
    };
    let (run, left) = match series {
        None => (String::new(), String::new()),
        Some(series) => (
            format!("{} {} of {}: ", series.what, series.position, series.of),
            left_in_series(length, series),
        ),
    };
    outcome::note(&format!(
        "{run}{} ({of}up to {users} {}, {} s{left}{})",
        plan.heading(),
        if users == 1 { "user" } else { "users" },
        length.as_secs_f64(),
        part.start_at
            .map_or_else(String::new, |at| format!("; starts in {}", ahead(at)))
    ));
    let progress = Progress::of(Course::new(&[(plan.name.as_str(), plan)], series), page);
    if let Some(at) = part.start_at {
        progress.count_down(at);
    }
    progress
}

/// The progress of simultaneous runs.
pub(crate) fn start_several(
    sides: &[(&str, &Plan)],
    series: InSeries,
    page: Option<Feed>,
) -> Progress {
    let ends = sides.iter().map(|(_, plan)| plan.schedule().likely_end());
    let length = ends.max().unwrap_or_default();
    let names: Vec<&str> = sides.iter().map(|(name, _)| *name).collect();
    outcome::note(&format!(
        "{} {} of {}: {} at the same time ({} s{})",
        series.what,
        series.position,
        series.of,
        names.join(" and "),
        length.as_secs_f64(),
        left_in_series(length, series)
    ));
    Progress::of(Course::new(sides, Some(series)), page)
}

fn left_in_series(length: Duration, series: InSeries) -> String {
    let left = rounded(length + series.afterwards);
    format!("; at least {left} left in the series")
}

/// Time left until a start.
fn ahead(at: SystemTime) -> String {
    rounded(at.duration_since(SystemTime::now()).unwrap_or_default())
}

impl Progress {
    fn of(course: Course, page: Option<Feed>) -> Self {
        if let Some(page) = &page {
            page.begin(&course);
        }
        let progress = Self {
            course: Arc::new(Mutex::new(course)),
            next_line: (!terminal::can_pin()).then(|| Arc::new(Mutex::new(LINE_EVERY))),
            page,
            is_over: Arc::default(),
        };
        progress.show();
        progress
    }

    /// Shows the time until the start in the view, if there is one.
    fn count_down(&self, at: SystemTime) {
        if self.next_line.is_some() {
            return;
        }
        let progress = self.clone();
        std::thread::spawn(move || {
            while SystemTime::now() < at && !progress.is_over.load(Ordering::Relaxed) {
                lock(&progress.course).waiting = format!("starts in {}", ahead(at));
                progress.show();
                std::thread::sleep(COUNT_EVERY);
            }
        });
    }

    /// The observer of a single run, called once a second.
    pub(crate) fn observer(&self) -> Box<dyn Fn(&Live) + Send> {
        let progress = self.clone();
        Box::new(move |live| progress.observe(0, live))
    }

    /// Shows the newest second of a run, given by its position among simultaneous runs.
    pub(crate) fn observe(&self, side: usize, live: &Live) {
        lock(&self.course).add(side, live);
        if let Some(page) = &self.page {
            page.second(side, live);
        }
        let Some(next_line) = &self.next_line else {
            self.show();
            return;
        };
        let mut next_line = lock(next_line);
        // After the end only a part of a second would be shown.
        if live.elapsed >= *next_line && live.elapsed < live.planned {
            *next_line = live.elapsed + LINE_EVERY - Duration::from_millis(500);
            let line = plain_line(&lock(&self.course), live);
            // A line that is not shown in time is replaced by a newer one.
            terminal::show(move || terminal::write(&line));
        }
    }

    /// Draws the view, if there is one. The caller waits neither for that nor for the terminal.
    fn show(&self) {
        if self.next_line.is_some() || self.is_over.load(Ordering::Relaxed) {
            return;
        }
        let progress = self.clone();
        terminal::show(move || {
            let size = console::Term::stderr().size();
            let course = lock(&progress.course).clone();
            // The runs may have ended since.
            if !progress.is_over.load(Ordering::Relaxed) {
                match view::lines(&course, size) {
                    Some(lines) => terminal::pin(lines),
                    None => terminal::pin_one(&short_line(&course)),
                }
            }
        });
    }

    pub(crate) fn finish(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        if self.next_line.is_none() {
            terminal::unpin();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Consistent after every statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A progress line without a terminal.
fn plain_line(course: &Course, live: &Live) -> String {
    let name = match course.sides.as_slice() {
        [only] => format!("{}: ", only.name),
        _ => String::new(),
    };
    let seconds = live.elapsed.as_secs_f64();
    format!("{name}{seconds:.0} s: {}\n", short_line(course))
}

/// The state of the runs in one line.
fn short_line(course: &Course) -> String {
    let Some(newest) = course.newest() else {
        return course.waiting.clone();
    };
    if let [_] = course.sides.as_slice() {
        return line(newest, course.series);
    }
    let sides: Vec<String> = course
        .sides
        .iter()
        .filter_map(|side| Some(format!("{} {}", side.name, brief(side.seconds.back()?))))
        .collect();
    let left = newest.planned.saturating_sub(newest.elapsed);
    format!(
        "{}  {} s left{}",
        sides.join(" | "),
        left.as_secs(),
        in_series(left, course.series)
    )
}

/// The key values of one of several runs.
fn brief(live: &Live) -> String {
    let latency = live.latency.map_or_else(String::new, |latency| {
        format!("  p95 {}", milliseconds(latency.p95))
    });
    format!(
        "{} req/s{latency}  {} errors",
        live.requests, live.total_errors
    )
}

/// Users now and planned, requests per second, latency of the last second, errors, time left.
fn line(live: &Live, series: Option<InSeries>) -> String {
    let remaining = live.planned.saturating_sub(live.elapsed);
    let left = remaining.as_secs();
    let series = in_series(remaining, series);
    let latency = live
        .latency
        .map_or_else(|| "no responses".to_owned(), latency);
    let users = match (live.planned_arrivals, live.waiting_arrivals) {
        // With arrivals, users are those who serve one.
        (Some(rate), waiting) => format!(
            "{} users  {rate:.0} arrivals/s wanted, {} waiting",
            live.users,
            waiting.unwrap_or(0)
        ),
        (None, _) => format!("{}/{} users", live.users, live.planned_users),
    };
    format!(
        "{users}  {} req/s  {latency}  {} errors  {left} s left{series}",
        live.requests, live.total_errors
    )
}

fn in_series(remaining: Duration, series: Option<InSeries>) -> String {
    series.map_or_else(String::new, |series| {
        format!("  ({})", series.place(remaining))
    })
}

fn latency(latency: LiveLatency) -> String {
    format!(
        "p50 {}  p95 {}  p99 {}",
        milliseconds(latency.p50),
        milliseconds(latency.p95),
        milliseconds(latency.p99)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::fixture;

    fn live() -> Live {
        Live {
            elapsed: Duration::from_millis(12_400),
            users: 99,
            planned_users: 100,
            requests: 4_210,
            latency: Some(LiveLatency {
                p50: Duration::from_micros(21_000),
                p95: Duration::from_micros(55_250),
                p99: Duration::from_micros(80_000),
            }),
            ..fixture::live(12)
        }
    }

    const SERIES: InSeries = InSeries {
        what: "run",
        position: 3,
        of: 10,
        afterwards: Duration::from_secs(7 * 80),
    };

    #[test]
    fn a_line_has_users_rate_latency_errors_and_remaining_time() {
        assert_eq!(
            line(&live(), None),
            "99/100 users  4210 req/s  p50 21.0 ms  p95 55.2 ms  p99 80.0 ms  2 errors  67 s left"
        );
    }

    #[test]
    fn a_line_of_arrivals_has_the_number_of_waiting_ones() {
        let live = Live {
            planned_arrivals: Some(499.6),
            waiting_arrivals: Some(12),
            ..live()
        };
        let line = line(&live, None);
        assert!(
            line.starts_with("99 users  500 arrivals/s wanted, 12 waiting  4210 req/s"),
            "{line}"
        );
    }

    #[test]
    fn in_a_series_a_line_has_the_remaining_time_of_the_series() {
        assert!(line(&live(), Some(SERIES)).ends_with("67 s left  (run 3 of 10, 10m)"));
    }

    #[test]
    fn simultaneous_runs_share_a_line() {
        let mut course = fixture::course(&["a", "b"], 0);
        course.series = Some(SERIES);
        course.add(1, &live());
        assert_eq!(
            plain_line(&course, &live()),
            "12 s: b 4210 req/s  p95 55.2 ms  2 errors  67 s left  (run 3 of 10, 10m)\n"
        );
        course.add(0, &live());
        assert!(short_line(&course).starts_with("a 4210 req/s  p95 55.2 ms  2 errors | b 4210"));
    }

    #[test]
    fn a_run_by_itself_begins_its_lines_with_its_name() {
        let course = fixture::course(&["shop"], 12);
        let line = plain_line(&course, course.newest().unwrap());
        assert!(line.starts_with("shop: 12 s: 99/100 users"), "{line}");
    }
}
