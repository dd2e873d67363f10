//! What a service tells about itself in Prometheus' text format: its requests, its database
//! connections, the process, and what only the database knows (such as the copies held by orders).

mod process;
mod requests;
mod text;

pub(crate) use requests::{Pending, RequestMetrics};
pub(crate) use text::Text;

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use tokio::time::timeout;

use crate::{
    Error,
    database::{Database, Usage},
    faults::Faults,
};

/// How long the database may take to answer. Whoever asks for the metrics of a shop in trouble
/// needs the other ones at once.
const DATABASE_LIMIT: Duration = Duration::from_secs(2);

/// A number that is looked up when it is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gauge {
    /// Its name, by Prometheus' rules.
    pub name: &'static str,
    /// What it says, for people.
    pub help: &'static str,
    /// Its value at this moment.
    pub value: f64,
}

/// The age of something that began so many milliseconds after 1970; 0 where there is nothing.
pub(crate) fn seconds_since(began_ms: Option<i64>, now_ms: i64) -> f64 {
    began_ms.map_or(0.0, |began| (now_ms - began).max(0) as f64 / 1e3)
}

/// Looks up what only the database knows.
pub(crate) type LookUp =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<Vec<Gauge>, Error>> + Send>> + Send + Sync>;

/// Name, help, and the number that is shown of each set of connections.
type UsageFamily = (&'static str, &'static str, fn(&Usage) -> usize);

/// One service's metrics.
pub(crate) struct Metrics {
    pub(crate) requests: RequestMetrics,
    pub(crate) faults: Arc<Faults>,
    pub(crate) database: Database,
    pub(crate) look_up: Option<LookUp>,
}

impl Metrics {
    async fn render(&self) -> String {
        let service = self.requests.service();
        let mut text = Text::new(service);
        self.requests.render(&mut text);
        let name = "bookstore_faults_injected_total";
        text.family(name, "counter", "What was done to requests on purpose.");
        for (kind, count) in self.faults.injected.counts() {
            text.sample(name, &[("kind", kind)], count);
        }
        // Before the question below takes a connection itself.
        let usage = self.database.usage();
        let families: [UsageFamily; 4] = [
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
        for (name, help, value) in families {
            text.family(name, "gauge", help);
            for usage in &usage {
                text.sample(name, &[("pool", usage.pool)], value(usage));
            }
        }
        if let Some(look_up) = &self.look_up {
            let unknown = match timeout(DATABASE_LIMIT, look_up()).await {
                Ok(Ok(gauges)) => {
                    for Gauge { name, help, value } in gauges {
                        text.family(name, "gauge", help);
                        text.sample(name, &[], value);
                    }
                    None
                }
                Ok(Err(error)) => Some(format!("{error:?}")),
                Err(_) => Some(format!("no answer in {DATABASE_LIMIT:?}")),
            };
            if let Some(cause) = unknown {
                tracing::warn!(
                    service,
                    cause,
                    "metrics that the database knows are left out"
                );
            }
        }
        process::render(&mut text);
        text.finish()
    }
}

/// Answers `GET /metrics`.
pub(crate) async fn show(State(metrics): State<Arc<Metrics>>) -> Response {
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (content_type, metrics.render().await).into_response()
}
