//! What a service tells about itself in Prometheus' text format: its requests, its database
//! connections, the process, and what only the database knows (such as the copies held by orders).
//!
//! `axum-prometheus` was tried: it has one set of numbers per process, where several services are one
//! process here, and does not count requests whose client went away.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use axum::{
    body::HttpBody,
    extract::State,
    http::{Method, header},
    response::{IntoResponse, Response},
};
use metrics::{
    Counter, Gauge as Level, Histogram, counter, describe_counter, describe_gauge,
    describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};
use tokio::time::{Instant, interval, timeout};

use crate::platform::{
    database::{Database, Usage},
    faults::Faults,
    service::Data,
    trace::Asked,
};

/// Whose requests are not counted: to ask for the counts does not change them.
pub(crate) const ROUTE: &str = "/metrics";

const REQUESTS: &str = "bookstore_requests_total";
const DURATION: &str = "bookstore_request_duration_seconds";
const BODY_BYTES: &str = "bookstore_response_body_bytes_total";
const IN_FLIGHT: &str = "bookstore_requests_in_flight";
const FAULTS: &str = "bookstore_faults_injected_total";
const BUILD: &str = "bookstore_build_info";

/// Upper bounds of the buckets of durations, in seconds.
const BUCKETS: [f64; 16] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// What is counted when the client went away before there was an answer.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// How long the database may take to answer. Whoever asks for the metrics of a shop in trouble
/// needs the other ones at once.
const DATABASE_LIMIT: Duration = Duration::from_secs(2);

/// How often durations, which are collected one by one, are put into their buckets.
const UPKEEP: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Gauge {
    pub name: &'static str,
    pub help: &'static str,
    pub value: f64,
}

/// The age of something that began so many milliseconds after 1970; 0 where there is nothing.
pub(crate) fn seconds_since(began_ms: Option<i64>, now_ms: i64) -> f64 {
    began_ms.map_or(0.0, |began| (now_ms - began).max(0) as f64 / 1e3)
}

/// Name, help, and the number that is shown of each set of connections.
type UsageFamily = (&'static str, &'static str, fn(&Usage) -> usize);

const CONNECTIONS: [UsageFamily; 4] = [
    (
        "bookstore_database_connections_in_use",
        "Connections that are at work.",
        |it| it.in_use,
    ),
    (
        "bookstore_database_connections_idle",
        "Connections that are open and free.",
        |it| it.idle,
    ),
    (
        "bookstore_database_connections_max",
        "Connections that may be open at once.",
        |it| it.max,
    ),
    (
        "bookstore_database_waiting",
        "Requests that wait for a connection.",
        |it| it.waiting,
    ),
];

pub(crate) struct Metrics {
    service: &'static str,
    /// Of requests.
    recorder: PrometheusRecorder,
    in_flight: Level,
    counts: Counts,
    faults: Arc<Faults>,
    database: Database,
    data: Arc<dyn Data>,
}

fn recorder() -> PrometheusBuilder {
    let buckets = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), &BUCKETS);
    buckets.expect("there are buckets")
}

impl Metrics {
    /// Metrics that start at zero. Needs tokio's runtime.
    pub(crate) fn start(
        service: &'static str,
        faults: Arc<Faults>,
        database: Database,
        data: Arc<dyn Data>,
    ) -> Arc<Self> {
        let recorder = recorder()
            .add_global_label("service", service)
            .build_recorder();
        let in_flight = metrics::with_local_recorder(&recorder, || {
            describe_counter!(REQUESTS, "Requests that reached the service, by outcome.");
            describe_histogram!(
                DURATION,
                "Time from a request's head to its answer's, in seconds."
            );
            describe_counter!(
                BODY_BYTES,
                "Bytes of bodies sent in answers, headers aside."
            );
            describe_gauge!(IN_FLIGHT, "Requests that are being answered.");
            let in_flight = gauge!(IN_FLIGHT);
            in_flight.set(0.0);
            in_flight
        });
        let handle = recorder.handle();
        tokio::spawn(async move {
            let mut ticks = interval(UPKEEP);
            loop {
                ticks.tick().await;
                handle.run_upkeep();
            }
        });
        Arc::new(Self {
            service,
            recorder,
            in_flight,
            counts: Counts::default(),
            faults,
            database,
            data,
        })
    }

    /// Counts and times a request: every one that reached the service exactly once, even when its client
    /// goes away. A load generator holds the counts against its own.
    pub(crate) fn count<'a>(&'a self, asked: &'a Asked, begun: Instant) -> Option<Counted<'a>> {
        if asked.route() == ROUTE {
            return None;
        }
        self.in_flight.increment(1.0);
        Some(Counted {
            metrics: self,
            asked,
            begun,
            status: CLIENT_CLOSED_REQUEST,
            bytes: 0,
        })
    }

    /// What is looked up at this moment, and not kept for the next one.
    async fn of_this_moment(&self) -> String {
        // Before the question below takes a connection itself.
        let usage = self.database.usage();
        let gauges = self.look_up().await;
        let recorder = recorder()
            .add_global_label("service", self.service)
            .build_recorder();
        metrics::with_local_recorder(&recorder, || {
            describe_counter!(FAULTS, "What was done to requests on purpose.");
            for (kind, count) in self.faults.injected.counts() {
                counter!(FAULTS, "kind" => kind).absolute(count);
            }
            for (name, help, value) in CONNECTIONS {
                describe_gauge!(name, help);
                for usage in &usage {
                    gauge!(name, "pool" => usage.pool).set(value(usage) as f64);
                }
            }
            for Gauge { name, help, value } in gauges {
                describe_gauge!(name, help);
                gauge!(name).set(value);
            }
            describe_gauge!(BUILD, "Always 1; its labels say what was built.");
            let profile = match cfg!(debug_assertions) {
                true => "debug",
                false => "release",
            };
            let version = env!("CARGO_PKG_VERSION");
            gauge!(BUILD, "version" => version, "profile" => profile).set(1.0);
        });
        recorder.handle().render()
    }

    /// What only the database knows, if it answers in time.
    async fn look_up(&self) -> Vec<Gauge> {
        let cause = match timeout(DATABASE_LIMIT, self.data.gauges()).await {
            Ok(Ok(gauges)) => return gauges,
            Ok(Err(error)) => format!("{error:?}"),
            Err(_) => format!("no answer in {DATABASE_LIMIT:?}"),
        };
        tracing::warn!(cause, "metrics that the database knows are left out");
        Vec::new()
    }
}

/// What the system knows about this process. Services that share a process tell the same.
fn of_the_process() -> String {
    let recorder = recorder().build_recorder();
    metrics::with_local_recorder(&recorder, || {
        let process = metrics_process::Collector::default();
        process.describe();
        process.collect();
    });
    recorder.handle().render()
}

pub(crate) async fn show(State(metrics): State<Arc<Metrics>>) -> Response {
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    let of_requests = metrics.recorder.handle().render();
    let page = of_requests + &metrics.of_this_moment().await + &of_the_process();
    (content_type, page).into_response()
}

/// What requests have in common that are counted together, besides their route: method, status and caller.
type Kind = (&'static str, u16, &'static str);

/// The counts of requests by kind and route. To look them up by their names takes the exporter several times as long as
/// to count.
#[derive(Default)]
struct Counts(RwLock<HashMap<Kind, HashMap<String, Count>>>);

struct Count {
    requests: Counter,
    duration: Histogram,
    body_bytes: Counter,
}

impl Count {
    fn new(recorder: &PrometheusRecorder, (method, status, caller): Kind, route: &str) -> Self {
        let route = || route.to_owned();
        metrics::with_local_recorder(recorder, || Self {
            requests: counter!(
                REQUESTS,
                "method" => method, "route" => route(), "status" => status.to_string(), "caller" => caller
            ),
            duration: histogram!(DURATION, "method" => method, "route" => route()),
            body_bytes: counter!(BODY_BYTES, "method" => method, "route" => route()),
        })
    }

    fn add(&self, duration: Duration, bytes: u64) {
        self.requests.increment(1);
        self.duration.record(duration);
        self.body_bytes.increment(bytes);
    }
}

/// A request; counted when it goes out of scope.
pub(crate) struct Counted<'a> {
    metrics: &'a Metrics,
    asked: &'a Asked,
    begun: Instant,
    status: u16,
    bytes: u64,
}

impl Counted<'_> {
    pub(crate) fn note(&mut self, response: &Response) {
        self.status = response.status().as_u16();
        // A handler that knows no HEAD answers it as a GET, and axum takes the body away later.
        if self.asked.method != Method::HEAD {
            self.bytes = response.body().size_hint().lower();
        }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let metrics = self.metrics;
        metrics.in_flight.decrement(1.0);
        let caller = match self.asked.is_by_service() {
            true => "service",
            false => "client",
        };
        let kind = (method_name(&self.asked.method), self.status, caller);
        let route = self.asked.route();
        let duration = self.begun.elapsed();
        let Counts(counts) = &metrics.counts;
        let known = counts.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = known.get(&kind).and_then(|routes| routes.get(route)) {
            return count.add(duration, self.bytes);
        }
        drop(known);
        let mut known = counts.write().unwrap_or_else(PoisonError::into_inner);
        let count = known.entry(kind).or_default().entry(route.to_owned());
        let count = count.or_insert_with(|| Count::new(&metrics.recorder, kind, route));
        count.add(duration, self.bytes);
    }
}

/// Methods that nobody knows share a name, so that there are no more than these.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
