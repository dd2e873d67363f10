//! A service's limits: which requests get to a handler, how many at once, and for how long. Requests
//! of foreign pages are answered with 403. Requests over the limit of those at work are answered
//! with 503 at once, requests that take too long with 503 then, and a handler that panics with 500.

use std::{any::Any, panic::AssertUnwindSafe, pin::pin, task::Poll, time::Duration};

use axum::{
    extract::{DefaultBodyLimit, Request},
    response::Response,
};
use clap::Args;
use futures::{FutureExt, poll};
use tokio::{sync::Semaphore, time::timeout};

use crate::{Error, extract::BODY_LIMIT, origin};

/// Calls that are answered however busy the service is: a process that is only busy must not be
/// taken for dead.
const ALWAYS_ANSWERED: [&str; 3] = ["/health", "/ready", "/metrics"];

/// How much of a service one client may use.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How long a request may be at work; then it is answered with 503. What it has begun may still
    /// be finished: an order is.
    #[arg(
        long = "request-timeout",
        env = "BOOKSTORE_REQUEST_TIMEOUT",
        value_name = "TIME",
        default_value = "30s",
        value_parser = duration,
        help_heading = HEADING
    )]
    pub(crate) request: Duration,

    /// How long a request's body may take to arrive; then it is answered with 408.
    #[arg(
        long = "body-timeout",
        env = "BOOKSTORE_BODY_TIMEOUT",
        value_name = "TIME",
        default_value = "10s",
        value_parser = duration,
        help_heading = HEADING
    )]
    pub(crate) body: Duration,

    /// How long a connection stays open on which nothing is asked. A load balancer that keeps
    /// connections should give them up earlier.
    #[arg(
        long = "idle-timeout",
        env = "BOOKSTORE_IDLE_TIMEOUT",
        value_name = "TIME",
        default_value = "75s",
        value_parser = duration,
        help_heading = HEADING
    )]
    pub(crate) idle: Duration,

    /// How many requests each service works on at once; further ones are answered with 503 at once.
    #[arg(
        long = "max-requests",
        env = "BOOKSTORE_MAX_REQUESTS",
        value_name = "N",
        default_value_t = 4096,
        value_parser = clap::value_parser!(u32).range(1..),
        help_heading = HEADING
    )]
    pub(crate) requests: u32,
}

/// Where the limits stand in the help.
const HEADING: &str = "Limits";

/// Reads a time with its unit, such as `30s` or `500ms`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if !duration.is_zero() && duration <= LONGEST => Ok(duration),
        _ => Err("use a time such as 30s or 500ms, up to 1h".to_owned()),
    }
}

/// The longest time that a limit may be.
const LONGEST: Duration = Duration::from_secs(3600);

/// How long the body of this request may take; goes with the request to whoever reads it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyTimeout(pub(crate) Duration);

/// How a service answers what it does not let through, or cuts off.
pub(crate) type Refusal = fn(Error) -> Response;

/// Holds a service's requests to the limits.
pub(crate) struct Gate {
    limits: Limits,
    refusal: Refusal,
    places: Semaphore,
}

impl Gate {
    pub(crate) fn new(limits: Limits, refusal: Refusal) -> Self {
        Self {
            limits,
            refusal,
            places: Semaphore::new(limits.requests as usize),
        }
    }

    /// Lets a request through if it is no foreign page's and there is a place, for a limited time.
    pub(crate) async fn pass<F: Future<Output = Response>>(
        &self,
        mut request: Request,
        next: impl FnOnce(Request) -> F,
    ) -> Response {
        if origin::is_foreign(&request) {
            return (self.refusal)(Error::ForeignPage);
        }
        let place = self.places.try_acquire();
        if place.is_err() && !ALWAYS_ANSWERED.contains(&request.uri().path()) {
            return (self.refusal)(Error::Busy);
        }
        let may_have_body = !request.method().is_safe();
        if may_have_body {
            DefaultBodyLimit::max(BODY_LIMIT).apply(&mut request);
            let limit = BodyTimeout(self.limits.body);
            request.extensions_mut().insert(limit);
        }
        let answer = async {
            let mut answer = pin!(next(request));
            match poll!(answer.as_mut()) {
                // No alarm for what is answered at once.
                Poll::Ready(answer) => Ok(answer),
                Poll::Pending => timeout(self.limits.request, answer).await,
            }
        };
        // Whatever a handler leaves half done is dropped with it: transactions roll back.
        match AssertUnwindSafe(answer).catch_unwind().await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_late)) => (self.refusal)(Error::TooLate {
                limit: self.limits.request,
            }),
            Err(panic) => (self.refusal)(Error::Panicked(message(panic.as_ref()))),
        }
    }
}

/// What a panic said, for the log.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::{
        Router,
        http::{StatusCode, header},
        middleware::{self, Next},
        response::IntoResponse,
        routing::get,
    };
    use tokio::{net::TcpListener, sync::Notify};

    use super::*;

    async fn panicking() -> StatusCode {
        panic!("secret")
    }

    /// Serves the router within limits; where.
    async fn serve(router: Router, requests: u32) -> String {
        let limits = Limits {
            request: Duration::from_millis(200),
            body: Duration::from_millis(200),
            idle: Duration::from_secs(60),
            requests,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let gate = Arc::new(Gate::new(limits, Error::into_response));
        let pass = move |request, next: Next| {
            let gate = Arc::clone(&gate);
            async move { gate.pass(request, |request| next.run(request)).await }
        };
        let router = router.layer(middleware::from_fn(pass));
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    async fn ask(url: &str) -> (StatusCode, Option<String>, String) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(url).send().await.unwrap();
        let retry_after = answer.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.map(|value| value.to_str().unwrap().to_owned());
        (answer.status(), retry_after, answer.text().await.unwrap())
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_that_tells_nothing() {
        let url = serve(Router::new().route("/", get(panicking)), 1).await;
        let body = r#"{"detail":"Internal Server Error"}"#.to_owned();
        let expected = (StatusCode::INTERNAL_SERVER_ERROR, None, body);
        assert_eq!(ask(&url).await, expected);
        assert_eq!(ask(&url).await, expected, "its place is free again");
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_given_up() {
        let url = serve(
            Router::new().route("/", get(std::future::pending::<StatusCode>)),
            1,
        )
        .await;
        let (status, retry_after, body) = ask(&url).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(retry_after.as_deref(), Some("1"));
        assert!(body.contains("0.2 s"), "{body}");
    }

    #[tokio::test]
    async fn a_service_at_its_limit_refuses_all_but_probes() {
        let arrived = Arc::new(Notify::new());
        let at_work = Arc::clone(&arrived);
        let work = async move || {
            at_work.notify_one();
            std::future::pending::<StatusCode>().await
        };
        let router = Router::new()
            .route("/", get(work))
            .route("/health", get(async || StatusCode::OK));
        let url = serve(router, 1).await;
        let first = tokio::spawn({
            let url = url.clone();
            async move { ask(&url).await }
        });
        arrived.notified().await;
        let (status, retry_after, _) = ask(&url).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(retry_after.as_deref(), Some("1"));
        assert_eq!(ask(&format!("{url}/health")).await.0, StatusCode::OK);
        first.await.unwrap();
    }
}
