//! Counts and times requests: every one that reached the service exactly once, by what became of
//! it. Only those for the metrics themselves are left out.
//!
//! A load generator holds the counts against its samples, so none may be lost, not even that of a
//! request whose client went away. They cost a few nanoseconds: no lock, and no allocation but
//! with the first request of its kind.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::http::{Method, StatusCode};

use super::{Metrics, Text};

/// What is counted when the client went away before there was an answer.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// What stands for the route of requests that matched none.
const UNMATCHED: &str = "unmatched";

/// Statuses that HTTP knows: 100 to 999.
const STATUSES: usize = 900;

/// The last one stands for every method that is not listed.
const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "OTHER",
];

const CALLERS: [&str; 2] = ["client", "service"];

/// Upper bounds of the buckets in nanoseconds, and as they are written in seconds; what took
/// longer than the last goes to `+Inf`.
const BUCKETS: [(u64, &str); 16] = [
    (100_000, "0.0001"),
    (250_000, "0.00025"),
    (500_000, "0.0005"),
    (1_000_000, "0.001"),
    (2_500_000, "0.0025"),
    (5_000_000, "0.005"),
    (10_000_000, "0.01"),
    (25_000_000, "0.025"),
    (50_000_000, "0.05"),
    (100_000_000, "0.1"),
    (250_000_000, "0.25"),
    (500_000_000, "0.5"),
    (1_000_000_000, "1"),
    (2_500_000_000, "2.5"),
    (5_000_000_000, "5"),
    (10_000_000_000, "10"),
];

/// A count per status.
type StatusCounts = OnceLock<Box<[AtomicU64]>>;

/// What is known of a route and a method that were asked for.
#[derive(Debug, Default)]
struct Series {
    /// By caller.
    counts: [StatusCounts; CALLERS.len()],
    /// Requests by the first bucket that they fit in, the last one being `+Inf`.
    buckets: [AtomicU64; BUCKETS.len() + 1],
    nanoseconds: AtomicU64,
    body_bytes: AtomicU64,
}

/// One service's requests.
#[derive(Debug)]
pub(crate) struct RequestMetrics {
    service: &'static str,
    /// Route patterns, and last what stands for requests that matched none.
    routes: Vec<String>,
    /// The routes of paths.
    paths: matchit::Router<usize>,
    /// By route and method.
    series: Vec<[OnceLock<Box<Series>>; METHODS.len()]>,
    in_flight: AtomicI64,
}

impl RequestMetrics {
    /// Metrics that start at zero, for a service with these routes.
    pub(crate) fn new(service: &'static str, mut routes: Vec<String>) -> Self {
        let mut paths = matchit::Router::new();
        for (index, route) in routes.iter().enumerate() {
            let added = paths.insert(route, index);
            added.expect("axum, which takes no others, has the same patterns");
        }
        routes.push(UNMATCHED.to_owned());
        let series = routes.iter().map(|_| Default::default()).collect();
        Self {
            service,
            routes,
            paths,
            series,
            in_flight: AtomicI64::new(0),
        }
    }

    /// Whose requests they are.
    pub(crate) fn service(&self) -> &'static str {
        self.service
    }

    /// The index of a path's route, or of what stands for requests that matched none.
    pub(crate) fn route(&self, path: &str) -> usize {
        let unmatched = self.routes.len() - 1;
        self.paths.at(path).map_or(unmatched, |route| *route.value)
    }

    /// A route's pattern.
    pub(crate) fn pattern(&self, route: usize) -> &str {
        &self.routes[route]
    }

    fn series(&self, route: usize, method: usize) -> &Series {
        self.series[route][method].get_or_init(Box::default)
    }

    /// Every route and method that was asked for.
    fn touched(&self) -> impl Iterator<Item = (&str, &'static str, &Series)> {
        let routes = self.routes.iter().zip(&self.series);
        routes.flat_map(|(route, by_method)| {
            let methods = METHODS.into_iter().zip(by_method);
            methods.filter_map(|(method, series)| Some((route.as_str(), method, &**series.get()?)))
        })
    }

    /// Adds everything to a page.
    pub(super) fn render(&self, text: &mut Text) {
        let name = "bookstore_requests_total";
        text.family(
            name,
            "counter",
            "Requests that reached the service, by outcome.",
        );
        for (route, method, series) in self.touched() {
            for (caller, statuses) in CALLERS.into_iter().zip(&series.counts) {
                for (index, count) in statuses.get().into_iter().flatten().enumerate() {
                    let count = count.load(Ordering::Relaxed);
                    if count > 0 {
                        let status = (index + 100).to_string();
                        let labels = [
                            ("method", method),
                            ("route", route),
                            ("status", &status),
                            ("caller", caller),
                        ];
                        text.sample(name, &labels, count);
                    }
                }
            }
        }
        self.render_durations(text);
        let name = "bookstore_response_body_bytes_total";
        text.family(
            name,
            "counter",
            "Bytes of bodies sent in answers, headers aside.",
        );
        for (route, method, series) in self.touched() {
            let bytes = series.body_bytes.load(Ordering::Relaxed);
            text.sample(name, &[("method", method), ("route", route)], bytes);
        }
        let name = "bookstore_requests_in_flight";
        text.family(name, "gauge", "Requests that are being answered.");
        text.sample(name, &[], self.in_flight.load(Ordering::Relaxed));
    }

    fn render_durations(&self, text: &mut Text) {
        let help = "Time from a request's head to its answer's, in seconds.";
        text.family("bookstore_request_duration_seconds", "histogram", help);
        let bounds = BUCKETS.into_iter().map(|(_, seconds)| seconds);
        for (route, method, series) in self.touched() {
            let mut labels = [("method", method), ("route", route), ("le", "")];
            let mut count = 0;
            for (bound, bucket) in bounds.clone().chain(["+Inf"]).zip(&series.buckets) {
                count += bucket.load(Ordering::Relaxed);
                labels[2].1 = bound;
                text.sample("bookstore_request_duration_seconds_bucket", &labels, count);
            }
            let seconds = Duration::from_nanos(series.nanoseconds.load(Ordering::Relaxed));
            let sum = seconds.as_secs_f64();
            text.sample("bookstore_request_duration_seconds_sum", &labels[..2], sum);
            text.sample(
                "bookstore_request_duration_seconds_count",
                &labels[..2],
                count,
            );
        }
    }
}

/// A request that has been seen and has no answer yet; counted when it goes out of scope.
pub(crate) struct Pending {
    metrics: Arc<Metrics>,
    route: usize,
    method: usize,
    caller: usize,
    started: Instant,
    status: u16,
}

impl Pending {
    /// Sees a request for a route; `service_called` says whether another service made it.
    pub(crate) fn new(
        metrics: Arc<Metrics>,
        route: usize,
        method: &Method,
        service_called: bool,
    ) -> Self {
        let requests = &metrics.requests;
        requests.in_flight.fetch_add(1, Ordering::Relaxed);
        Self {
            route,
            method: method_index(method),
            caller: usize::from(service_called),
            started: Instant::now(),
            status: CLIENT_CLOSED_REQUEST,
            metrics,
        }
    }

    /// Notes the answer; it carries a body of so many bytes, unless that will be seen only while
    /// it is sent.
    pub(crate) fn answered(&mut self, status: StatusCode, body_bytes: Option<u64>) {
        self.status = status.as_u16();
        if let Some(bytes) = body_bytes {
            self.series().body_bytes.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// Counts parts of a body while they are sent.
    pub(crate) fn count_parts(&self) -> impl FnMut(usize) + Send + 'static {
        let (metrics, route, method) = (Arc::clone(&self.metrics), self.route, self.method);
        move |bytes| {
            let series = metrics.requests.series(route, method);
            series.body_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        }
    }

    fn series(&self) -> &Series {
        self.metrics.requests.series(self.route, self.method)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let took = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let series = self.series();
        let statuses = series.counts[self.caller]
            .get_or_init(|| (0..STATUSES).map(|_| AtomicU64::new(0)).collect());
        statuses[usize::from(self.status) - 100].fetch_add(1, Ordering::Relaxed);
        series.buckets[bucket(took)].fetch_add(1, Ordering::Relaxed);
        series.nanoseconds.fetch_add(took, Ordering::Relaxed);
        let in_flight = &self.metrics.requests.in_flight;
        in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The first bucket that a time fits in; bounds belong to their bucket.
fn bucket(nanoseconds: u64) -> usize {
    BUCKETS.partition_point(|(bound, _)| *bound < nanoseconds)
}

fn method_index(method: &Method) -> usize {
    METHODS
        .iter()
        .position(|known| *known == method.as_str())
        .unwrap_or(METHODS.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{database::Database, faults::Faults};

    async fn metrics() -> Arc<Metrics> {
        let routes = vec!["/carts".to_owned()];
        Arc::new(Metrics {
            requests: RequestMetrics::new("cart", routes),
            faults: Arc::new(Faults::new("cart", Vec::new(), Vec::new())),
            database: Database::in_memory().await,
            look_up: None,
        })
    }

    fn page(metrics: &Metrics) -> String {
        let mut text = Text::new("cart");
        metrics.requests.render(&mut text);
        text.finish()
    }

    #[tokio::test]
    async fn a_request_whose_client_went_away_is_counted_as_499() {
        let metrics = metrics().await;
        let carts = metrics.requests.route("/carts");
        let pending = Pending::new(Arc::clone(&metrics), carts, &Method::POST, false);
        let in_flight = "bookstore_requests_in_flight{service=\"cart\"}";
        assert!(!page(&metrics).contains("/carts"));
        assert!(page(&metrics).contains(&format!("{in_flight} 1\n")));
        drop(pending);
        let page = page(&metrics);
        assert!(page.contains(&format!("{in_flight} 0\n")));
        for line in [
            r#"bookstore_requests_total{service="cart",method="POST",route="/carts",status="499",caller="client"} 1"#,
            r#"bookstore_request_duration_seconds_count{service="cart",method="POST",route="/carts"} 1"#,
        ] {
            assert!(page.lines().any(|rendered| rendered == line), "{page}");
        }
    }

    #[test]
    fn methods_that_nobody_knows_share_one_name() {
        let index = method_index(&Method::from_bytes(b"BREW").unwrap());
        assert_eq!(METHODS[index], "OTHER");
    }

    #[test]
    fn a_time_belongs_to_the_first_bucket_whose_bound_it_does_not_exceed() {
        for (index, (bound, seconds)) in BUCKETS.into_iter().enumerate() {
            assert_eq!(bucket(bound), index);
            assert_eq!(bucket(bound + 1), index + 1);
            assert_eq!(seconds.parse::<f64>().unwrap(), bound as f64 / 1e9);
        }
        assert_eq!(bucket(0), 0);
        assert_eq!(bucket(u64::MAX), BUCKETS.len());
    }

    #[tokio::test]
    async fn buckets_are_cumulative_and_the_last_holds_every_request() {
        let metrics = metrics().await;
        let series = metrics.requests.series(0, 0);
        for took in [50_000, 100_000, 3_000_000, 20_000_000_000] {
            series.buckets[bucket(took)].fetch_add(1, Ordering::Relaxed);
        }
        let page = page(&metrics);
        let counts: Vec<u64> = page
            .lines()
            .filter(|line| line.starts_with("bookstore_request_duration_seconds_bucket"))
            .map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
            .collect();
        assert_eq!(counts, [2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4]);
    }
}
