//! What every service has besides its own calls: descriptions, probes, metrics, and answers to calls
//! that do not exist.

use std::{pin::Pin, sync::Arc};

use axum::{
    Extension, Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;
use tokio::time::Instant;
use utoipa::openapi::InfoBuilder;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use crate::{
    Error,
    database::Database,
    description::add_common_answers,
    error::{Answer, ErrorDetail},
    faults::{self, Fault, Faults},
    limits::{Gate, Limits, Refusal},
    metrics::{self, Gauge, LookUp, Metrics, RequestMetrics},
    observe::{self, OnPurpose},
    readiness::Readiness,
    server::{Complete, Draining, Stopping, Way},
};

/// Routes that every service has besides its own calls, as they are counted.
const PROBES: [&str; 2] = ["/health", "/ready"];

/// Routes of a description.
const DESCRIPTIONS: [&str; 4] = ["/docs", "/docs/", "/docs/{*rest}", "/openapi.json"];

/// A service's own calls, and what is needed to make a whole service of them.
pub(crate) struct Service {
    name: &'static str,
    /// Calls, probes and descriptions.
    router: Router,
    /// None yet; they know the routes.
    faults: Faults,
    database: Database,
    look_up: Option<LookUp>,
    reset: Option<Reset>,
    refusal: Refusal,
    tells_clients: bool,
}

/// Makes the service's data what they were at its first start.
type Reset = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send>> + Send + Sync>;

/// Completes a service's own calls by their description and what every service has.
pub(crate) fn assemble(
    name: &'static str,
    title: &str,
    calls: OpenApiRouter,
    database: Database,
) -> Service {
    let (calls, mut description) = calls.split_for_parts();
    description.info = InfoBuilder::new()
        .title(title)
        .version(env!("CARGO_PKG_VERSION"))
        .build();
    add_common_answers(&mut description);
    let routes = description.paths.paths.keys().cloned().collect();
    let calls = calls
        .merge(SwaggerUi::new("/docs").url("/openapi.json", description))
        .fallback(not_found);
    let own = [PROBES.as_slice(), &DESCRIPTIONS].concat();
    complete(name, routes, &own, calls, database)
}

/// Completes a service's own calls, with what it says about others, by what every service has but
/// a description.
pub(crate) fn complete_undescribed(
    name: &'static str,
    routes: Vec<String>,
    calls: Router,
    database: Database,
) -> Service {
    complete(name, routes, &PROBES, calls, database)
}

fn complete(
    name: &'static str,
    routes: Vec<String>,
    own: &[&str],
    calls: Router,
    database: Database,
) -> Service {
    let own = own.iter().map(|&route| route.to_owned());
    let router = calls
        .route("/health", get(health))
        .route(
            "/ready",
            get(ready).with_state(Readiness::new(database.clone())),
        )
        .method_not_allowed_fallback(method_not_allowed);
    Service {
        name,
        router,
        faults: Faults::new(name, routes, own.collect()),
        database,
        look_up: None,
        reset: None,
        refusal: Error::into_response,
        tells_clients: false,
    }
}

impl Service {
    /// Adds numbers to the metrics that are asked from the database.
    pub(crate) fn with_gauges<F>(mut self, look_up: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<Gauge>, Error>> + Send + 'static,
    {
        self.look_up = Some(Arc::new(move || Box::pin(look_up())));
        self
    }

    /// Lets an admin call reset the data.
    pub(crate) fn with_reset<F>(mut self, reset: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        self.reset = Some(Arc::new(move || Box::pin(reset())));
        self
    }

    /// Answers in a way of its own what the limits do not let through.
    pub(crate) fn with_refusal(mut self, refusal: Refusal) -> Self {
        self.refusal = refusal;
        self
    }

    /// Tells its handlers the clients' addresses ([`ConnectInfo`]).
    pub(crate) fn with_client_addresses(mut self) -> Self {
        self.tells_clients = true;
        self
    }

    /// Its name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether a fault is for this service and a route that it has; otherwise why not.
    pub(crate) fn check(&self, fault: &Fault) -> Result<(), String> {
        self.faults.check(fault)
    }

    /// The service as it is served, with those of the faults that are for it.
    pub(crate) fn complete(
        self,
        faults: &[Fault],
        admin_calls: bool,
        limits: Limits,
        draining: &Draining,
    ) -> Complete {
        let (mut router, mut routes) = (self.router, self.faults.routes());
        let wanted = faults
            .iter()
            .filter(|fault| self.faults.check(fault).is_ok());
        self.faults.replace(wanted.cloned().collect());
        let faults = Arc::new(self.faults);
        if admin_calls {
            router = router.route("/admin/faults", faults::routes(Arc::clone(&faults)));
            routes.push("/admin/faults".to_owned());
            if let Some(reset) = self.reset {
                router = router.route("/admin/reset", post(self::reset).with_state(reset));
                routes.push("/admin/reset".to_owned());
            }
            router = router.method_not_allowed_fallback(method_not_allowed);
        }
        routes.push(observe::METRICS.to_owned());
        let metrics = Arc::new(Metrics {
            requests: RequestMetrics::new(self.name, routes),
            faults,
            database: self.database,
            look_up: self.look_up,
        });
        let router = router.route(
            observe::METRICS,
            get(metrics::show)
                .fallback(method_not_allowed)
                .with_state(Arc::clone(&metrics)),
        );
        let way = Way {
            draining: draining.clone(),
            metrics,
            gate: Gate::new(limits, self.refusal),
            tells_clients: self.tells_clients,
        };
        Complete::new(way, router)
    }
}

async fn reset(State(reset): State<Reset>) -> Result<StatusCode, Error> {
    reset().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The answer of a fault, the same as of a real failure.
pub(crate) fn injected_error(status: StatusCode) -> Response {
    let reason = status.canonical_reason().unwrap_or_default();
    let mut response = detail(status, reason).into_response();
    response.extensions_mut().insert(OnPurpose);
    response
}

async fn health() -> impl IntoResponse {
    Json(json!({"status": "ok"}))
}

async fn ready(
    State(readiness): State<Readiness>,
    stopping: Option<Extension<Stopping>>,
) -> Response {
    let reason = if stopping.is_some() {
        "service is stopping"
    } else if readiness.is_ready(Instant::now()).await {
        return Json(json!({"status": "ready"})).into_response();
    } else {
        "database cannot be written to"
    };
    detail(StatusCode::SERVICE_UNAVAILABLE, reason).into_response()
}

async fn not_found() -> Answer {
    detail(StatusCode::NOT_FOUND, "Not Found")
}

async fn method_not_allowed() -> Answer {
    detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
}

fn detail(status: StatusCode, detail: &str) -> Answer {
    let detail = detail.to_owned();
    Answer::json(status, &ErrorDetail { detail })
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, time::Duration};

    use axum::body::Body;
    use tokio::net::TcpListener;

    use super::*;
    use crate::connection::WatchedListener;

    #[tokio::test]
    async fn parts_of_a_streamed_body_are_counted_as_they_are_sent() {
        let parts = || futures::stream::iter(["abc", "de"].map(Ok::<_, Infallible>));
        let streaming = get(async move || Body::from_stream(parts()));
        let calls = OpenApiRouter::new().route("/stream", streaming);
        let service = assemble("cart", "Streams", calls, Database::in_memory().await);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let limits = Limits {
            request: Duration::from_secs(30),
            body: Duration::from_secs(30),
            idle: Duration::from_secs(30),
            requests: 1,
        };
        let service = service.complete(&[], false, limits, &Draining::default());
        let listener = WatchedListener::new(listener, limits, 10);
        let server = tokio::spawn(async move { axum::serve(listener, service).await });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let get = async |path| {
            let response = client.get(format!("{url}{path}")).send().await.unwrap();
            response.text().await.unwrap()
        };
        assert_eq!(get("/stream").await, "abcde");
        let counted = "bookstore_response_body_bytes_total{service=\"cart\",method=\"GET\",\
            route=\"unmatched\"} 5\n";
        let page = get("/metrics").await;
        assert!(page.contains(counted), "{page}");
        server.abort();
    }
}
