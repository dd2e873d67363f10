//! The state of the live page as JSON.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use workbench_load::Live;
use workbench_samples::Check;

use super::News;
use crate::live::Course;

/// Seconds that charts show. Our choice: ten minutes.
const SECONDS: usize = 600;

/// The whole state, sent when a browser connects.
#[derive(Default, Serialize)]
pub(super) struct Page {
    /// The position of the runs in their series.
    series: Option<String>,
    sides: Vec<Side>,
    reports: Vec<Report>,
    has_ended: bool,
}

#[derive(Serialize)]
struct Side {
    name: String,
    title: String,
    seconds: VecDeque<Second>,
}

/// A second of a run; times in milliseconds.
#[derive(Serialize)]
struct Second {
    elapsed_s: f64,
    planned_s: f64,
    users: u32,
    planned_users: u32,
    planned_arrivals: Option<f64>,
    waiting_arrivals: Option<u64>,
    requests: u64,
    errors: u64,
    total_requests: u64,
    total_errors: u64,
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    p99_ms: Option<f64>,
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Report {
    name: String,
    /// Path of the file.
    path: String,
    #[serde(skip)]
    file: PathBuf,
}

#[derive(Serialize)]
struct NewSecond<'a> {
    side: usize,
    second: &'a Second,
}

impl Page {
    pub(super) fn begin(&mut self, course: &Course) -> News {
        let series = course.series;
        self.series = series.map(|it| format!("{} {} of {}", it.what, it.position, it.of));
        let sides = course.sides.iter().map(|side| Side {
            name: side.name.clone(),
            title: side.title.clone(),
            seconds: VecDeque::new(),
        });
        self.sides = sides.collect();
        ("state", self.state().into())
    }

    pub(super) fn second(&mut self, side: usize, live: &Live) -> News {
        let second = Second::of(live);
        let news = json(&NewSecond {
            side,
            second: &second,
        });
        if let Some(side) = self.sides.get_mut(side) {
            if side.seconds.len() == SECONDS {
                side.seconds.pop_front();
            }
            side.seconds.push_back(second);
        }
        ("second", news.into())
    }

    pub(super) fn report(&mut self, name: String, file: PathBuf) -> News {
        let path = std::path::absolute(&file).unwrap_or_else(|_| file.clone());
        self.reports.push(Report {
            name,
            path: path.display().to_string(),
            file,
        });
        ("reports", json(&self.reports).into())
    }

    pub(super) fn end(&mut self) -> News {
        self.has_ended = true;
        ("end", Arc::from("{}"))
    }

    pub(super) fn state(&self) -> String {
        json(self)
    }

    pub(super) fn file(&self, number: usize) -> Option<PathBuf> {
        self.reports.get(number).map(|report| report.file.clone())
    }
}

impl Second {
    fn of(live: &Live) -> Self {
        let ms = |time: std::time::Duration| time.as_secs_f64() * 1_000.0;
        let latency = live.latency.as_ref();
        Self {
            elapsed_s: live.elapsed.as_secs_f64(),
            planned_s: live.planned.as_secs_f64(),
            users: live.users,
            planned_users: live.planned_users,
            planned_arrivals: live.planned_arrivals,
            waiting_arrivals: live.waiting_arrivals,
            requests: live.requests,
            errors: live.errors,
            total_requests: live.total_requests,
            total_errors: live.total_errors,
            p50_ms: latency.map(|it| ms(it.p50)),
            p95_ms: latency.map(|it| ms(it.p95)),
            p99_ms: latency.map(|it| ms(it.p99)),
            checks: live.checks.clone(),
        }
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value)
        .expect("it has text keys only and nothing that refuses to be serialised")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::fixture;

    #[test]
    fn a_late_browser_gets_the_last_ten_minutes_and_all_reports() {
        let mut page = Page::default();
        page.begin(&fixture::course(&["shop"], 0));
        (1..=700).for_each(|second| {
            page.second(0, &fixture::live(second));
        });
        page.report("shop".to_owned(), "results/shop/1/report.html".into());
        let state: serde_json::Value = serde_json::from_str(&page.state()).unwrap();
        let seconds = state["sides"][0]["seconds"].as_array().unwrap();
        assert_eq!(seconds.len(), SECONDS);
        assert_eq!(seconds[599]["elapsed_s"], 700.4);
        assert_eq!(seconds[0]["p95_ms"].as_f64().unwrap().round(), 111.0);
        assert_eq!(state["reports"][0]["name"], "shop");
        assert_eq!(state["has_ended"], false);
        assert!(page.file(0).is_some() && page.file(1).is_none());
    }

    #[test]
    fn the_next_run_begins_with_empty_charts() {
        let mut page = Page::default();
        page.begin(&fixture::course(&["one"], 0));
        page.second(0, &fixture::live(1));
        let (name, state) = page.begin(&fixture::course(&["two"], 0));
        let state: serde_json::Value = serde_json::from_str(&state).unwrap();
        assert_eq!((name, &state["sides"][0]["name"]), ("state", &"two".into()));
        assert_eq!(state["sides"][0]["seconds"].as_array().unwrap().len(), 0);
    }
}
