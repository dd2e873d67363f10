//! A service as it is served: its own calls, and what every service has besides (descriptions, probes,
//! metrics).
//!
//! Nothing is compressed: pages carry tokens beside what visitors have typed, which compression over
//! TLS gives away (BREACH), and experiments measure the bytes of answers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use futures::future::BoxFuture;
use serde_json::json;
use tower::util::MapRequestLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::InfoBuilder;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use crate::platform::{
    Error,
    callers::internal_only,
    database::Database,
    description::add_common_answers,
    error::{Answer, ErrorDetail},
    faults::{self, Fault, Faults},
    limits::Limits,
    metrics::{self, Gauge, Metrics},
    origin::Hosts,
    port::Port,
    secret::Secret,
    shared::Shared,
    trace::{self, LoggedElsewhere},
};

/// Routes that every service has besides its own calls, as they are counted.
const PROBES: [&str; 2] = ["/health", "/ready"];

/// How long the result of a readiness check is kept.
const READINESS_KEPT: Duration = Duration::from_secs(1);

/// Routes of a description.
const DESCRIPTIONS: [&str; 4] = ["/docs", "/docs/", "/docs/{*rest}", "/openapi.json"];

/// Calls for operators, which only the internal port has.
const FAULTS: &str = "/admin/faults";
const RESET: &str = "/admin/reset";

/// A service's own calls, and what is needed to make a whole service of them.
pub(crate) struct Service {
    name: &'static str,
    /// Calls and descriptions: those for everybody at the public port, all at the internal one.
    calls: Both<Router>,
    /// None yet; they know the routes.
    faults: Faults,
    database: Database,
    data: Arc<dyn Data>,
    refusal: Refusal,
}

/// What a service's data tell and do besides its calls.
pub(crate) trait Data: Send + Sync {
    /// Numbers that only the database knows, for the metrics; the same from every replica.
    fn gauges(&self) -> BoxFuture<'_, Result<Vec<Gauge>, Error>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Makes the data what they were at the first start. Refused while orders are at work.
    fn reset(&self) -> BoxFuture<'_, Result<(), Error>>;
}

/// For one of a service's two ports, or for both.
pub(crate) struct Both<T> {
    pub(crate) public: T,
    pub(crate) internal: T,
}

/// Who may make which calls of a service.
#[derive(Clone)]
pub(crate) struct Access {
    /// Whether `/admin/faults` and `/admin/reset` are there.
    pub(crate) admin_calls: bool,
    /// Has to come with internal calls, where there is one.
    pub(crate) service_token: Option<Secret>,
    /// The hosts that each port is known by.
    pub(crate) public_hosts: Hosts,
    pub(crate) internal_hosts: Hosts,
}

/// How a service answers what it does not let through, or cuts off.
pub(crate) type Refusal = fn(Error) -> Response;

/// Whether the process was asked to stop and only serves until everybody has gone elsewhere: no service
/// is ready then.
pub(crate) type Draining = Arc<AtomicBool>;

/// Whether the service can work: its database can be written to. Anybody may ask, at any time and
/// however busy the service is, so that questions do not each cost a write.
#[derive(Clone)]
struct Readiness {
    database: Database,
    is_ready: Arc<Shared<bool>>,
    draining: Draining,
}

/// Completes a service's own calls, those for everybody and those for other services and operators,
/// by their descriptions and what every service has.
pub(crate) fn assemble(
    name: &'static str,
    title: &str,
    calls: Both<OpenApiRouter>,
    database: Database,
    data: Arc<dyn Data>,
) -> Service {
    let (mut public, public_routes) = describe(title, calls.public.clone());
    let (internal, routes) = describe(title, calls.public.merge(calls.internal));
    for route in routes.iter().filter(|it| !public_routes.contains(it)) {
        public = public.route(route, any(internal_only));
    }
    let own = [PROBES.as_slice(), &DESCRIPTIONS].concat();
    let own = own.into_iter().map(str::to_owned).collect();
    Service {
        name,
        calls: Both { public, internal },
        faults: Faults::new(name, routes, own),
        database,
        data,
        refusal: Error::into_response,
    }
}

/// Adds the description, and says which routes it has.
fn describe(title: &str, calls: OpenApiRouter) -> (Router, Vec<String>) {
    let (calls, mut description) = calls.split_for_parts();
    description.info = InfoBuilder::new()
        .title(title)
        .version(env!("CARGO_PKG_VERSION"))
        .build();
    add_common_answers(&mut description);
    let routes = description.paths.paths.keys().cloned().collect();
    let docs: Router = SwaggerUi::new("/docs")
        .url("/openapi.json", description)
        .into();
    // It makes calls, and a foreign page could have its reader click on them unseen.
    let no_frame = HeaderValue::from_static("DENY");
    let docs = docs.layer(SetResponseHeaderLayer::overriding(
        header::X_FRAME_OPTIONS,
        no_frame,
    ));
    (calls.merge(docs).fallback(not_found), routes)
}

/// Completes a service's own calls, all of them for everybody, by what every service has but a
/// description. `refusal` is how it answers what the limits do not let through.
pub(crate) fn complete_undescribed(
    name: &'static str,
    routes: Vec<String>,
    public: Router,
    database: Database,
    data: Arc<dyn Data>,
    refusal: Refusal,
) -> Service {
    let internal = Router::new().fallback(not_found);
    Service {
        name,
        calls: Both { public, internal },
        faults: Faults::new(name, routes, PROBES.map(str::to_owned).to_vec()),
        database,
        data,
        refusal,
    }
}

impl Service {
    /// Changes the calls at the public port.
    pub(crate) fn with_public(mut self, change: impl FnOnce(Router) -> Router) -> Self {
        self.calls.public = change(self.calls.public);
        self
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether a fault is for this service and a route that it has; otherwise why not.
    pub(crate) fn check(&self, fault: &Fault) -> Result<(), String> {
        self.faults.check(fault)
    }

    /// The service as it is served, with those of the faults that are for it. Needs tokio's runtime.
    pub(crate) fn complete(
        self,
        faults: &[Fault],
        access: Access,
        limits: Limits,
        draining: &Draining,
    ) -> Both<Router> {
        let wanted = faults
            .iter()
            .filter(|fault| self.faults.check(fault).is_ok());
        self.faults.replace(wanted.cloned().collect());
        let faults = Arc::new(self.faults);
        let readiness = Readiness {
            database: self.database.clone(),
            is_ready: Arc::new(Shared::kept_for(READINESS_KEPT)),
            draining: draining.clone(),
        };
        let data = Arc::clone(&self.data);
        let metrics = Metrics::start(self.name, Arc::clone(&faults), self.database, data);
        let Both {
            mut public,
            mut internal,
        } = self.calls;
        for route in [FAULTS, RESET, metrics::ROUTE] {
            public = public.route(route, any(internal_only));
        }
        if access.admin_calls {
            internal = internal
                .route(FAULTS, faults::routes(Arc::clone(&faults)))
                .route(RESET, post(reset).with_state(self.data));
        }
        let show_metrics = Router::new().route(
            metrics::ROUTE,
            get(metrics::show).with_state(Arc::clone(&metrics)),
        );
        let probes = Router::new()
            .route("/health", get(health))
            .route("/ready", get(ready).with_state(readiness));
        let port = |token, hosts| Port {
            service: self.name,
            metrics: Arc::clone(&metrics),
            faults: Arc::clone(&faults),
            token,
            hosts,
            limits,
            refusal: self.refusal,
            draining: draining.clone(),
        };
        let complete = |calls: Router, operators: Router, port: Port| {
            let known = |routes: Router| routes.method_not_allowed_fallback(method_not_allowed);
            let routes = port
                .limited(known(calls))
                .merge(port.unlimited(known(operators)))
                .merge(known(probes.clone()));
            port.complete(routes)
        };
        let no_operators = Router::new();
        Both {
            public: complete(public, no_operators, port(None, access.public_hosts))
                .layer(MapRequestLayer::new(trace::without_caller)),
            internal: complete(
                internal,
                show_metrics,
                port(access.service_token, access.internal_hosts),
            ),
        }
    }
}

async fn reset(State(data): State<Arc<dyn Data>>) -> Result<StatusCode, Error> {
    data.reset().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The answer of a fault, the same as of a real failure.
pub(crate) fn injected_error(status: StatusCode) -> Response {
    let reason = status.canonical_reason().unwrap_or_default();
    let mut response = detail(status, reason).into_response();
    response.extensions_mut().insert(LoggedElsewhere);
    response
}

async fn health() -> impl IntoResponse {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, r#"{"status":"ok"}"#)
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    let check = async {
        let outcome = readiness.database.check().await;
        if let Err(error) = &outcome {
            tracing::warn!(?error, "not ready");
        }
        Ok(outcome.is_ok())
    };
    let reason = if readiness.draining.load(Ordering::Relaxed) {
        "service is stopping"
    } else if readiness.is_ready.get(false, check).await.unwrap_or(false) {
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
    use axum::{body::Body, extract::Request};
    use tower::ServiceExt;

    use super::*;

    struct Nothing;

    impl Data for Nothing {
        fn reset(&self) -> BoxFuture<'_, Result<(), Error>> {
            Box::pin(async { Ok(()) })
        }
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_that_tells_nothing() {
        async fn panicking() -> StatusCode {
            panic!("secret")
        }
        let calls = Both {
            public: OpenApiRouter::new().route("/panic", get(panicking)),
            internal: OpenApiRouter::new(),
        };
        let database = Database::in_memory().await;
        let service = assemble("cart", "Panics", calls, database, Arc::new(Nothing));
        let second = Duration::from_secs(1);
        let limits = Limits {
            request: second,
            body: second,
            idle: second,
            requests: 1,
        };
        let hosts = Hosts::new(Vec::new(), true);
        let access = Access {
            admin_calls: false,
            service_token: None,
            public_hosts: hosts.clone(),
            internal_hosts: hosts,
        };
        let router = service.complete(&[], access, limits, &Draining::default());
        let router = router.public;
        for _ in 0..2 {
            let request = Request::get("/panic").body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let body = axum::body::to_bytes(response.into_body(), 100).await;
            let expected = r#"{"detail":"Internal Server Error"}"#;
            assert_eq!(body.unwrap(), expected, "and its place is free again");
        }
    }
}
