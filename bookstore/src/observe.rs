//! Watches every request on its way through a service: its id and trace, its counts and times,
//! and what is logged of it.

use std::{sync::Arc, time::Instant};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::{HeaderValue, Method},
    response::Response,
};
use http_body_util::BodyExt;

use crate::{
    metrics::{Metrics, Pending},
    service,
    trace::{Context, REQUEST_ID, RequestSpan},
};

/// Sent by the bookstore's own client, so that calls between services can be told apart.
pub(crate) const CALLER_HEADER: &str = "x-bookstore-caller";

/// The route that is not counted: to ask for the counts does not change them.
pub(crate) const METRICS: &str = "/metrics";

/// Lets the request through and tells what became of it.
pub(crate) async fn observe<F: Future<Output = Response>>(
    metrics: &Arc<Metrics>,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let (context, parent) = Context::of_request(metrics.requests.service(), request.headers());
    let request_id = context.request_id();
    let path = request.uri().path();
    let route = metrics.requests.route(path);
    let is_for_metrics = path == METRICS;
    let span = RequestSpan::start(&context, parent);
    let seen = Seen {
        started: Instant::now(),
        method: request.method().clone(),
        caller: request.headers().get(CALLER_HEADER).cloned(),
        route,
        pattern: metrics.requests.pattern(route),
    };
    let answered = context.scope(async move {
        let response = match is_for_metrics {
            true => next(request).await,
            false => count(metrics, &seen, request, next).await,
        };
        seen.tell(&response);
        span.end(&seen.method, seen.pattern, response.status());
        response
    });
    let mut response = answered.await;
    response.headers_mut().insert(REQUEST_ID, request_id);
    response
}

/// Marks an answer that is an error because a fault says so: nobody has to look into it.
#[derive(Clone, Copy)]
pub(crate) struct OnPurpose;

/// What has to be known of a request when it is gone.
struct Seen<'a> {
    started: Instant,
    method: Method,
    caller: Option<HeaderValue>,
    /// Its index.
    route: usize,
    pattern: &'a str,
}

impl Seen<'_> {
    fn caller(&self) -> &str {
        let name = self
            .caller
            .as_ref()
            .map(|caller| caller.to_str().unwrap_or("service"));
        name.unwrap_or("client")
    }

    /// Logs the request.
    fn tell(&self, response: &Response) {
        let status = response.status().as_u16();
        let duration_ms = self.started.elapsed().as_secs_f64() * 1e3;
        let (method, route, caller) = (&self.method, self.pattern, self.caller());
        let on_purpose = response.extensions().get::<OnPurpose>().is_some();
        if status >= 500 && !on_purpose {
            tracing::warn!(%method, route, status, duration_ms, caller, "request failed");
        } else {
            tracing::debug!(%method, route, status, duration_ms, caller, "request");
        }
    }
}

/// Counts and times the request.
async fn count<F: Future<Output = Response>>(
    metrics: &Arc<Metrics>,
    seen: &Seen<'_>,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let called = seen.caller.is_some();
    let mut pending = Pending::new(Arc::clone(metrics), seen.route, &seen.method, called);
    let faults = &metrics.faults;
    let response = match faults.before(&seen.method, seen.pattern).await {
        None => next(request).await,
        Some(fault) => {
            let response = match fault.error {
                None => next(request).await,
                Some(status) => service::injected_error(status),
            };
            faults.after(fault).await;
            response
        }
    };
    // A handler that knows no HEAD answers it as a GET, and axum takes the body away later.
    let body_bytes = match seen.method {
        Method::HEAD => Some(0),
        _ => response.body().size_hint().exact(),
    };
    pending.answered(response.status(), body_bytes);
    match body_bytes {
        Some(_) => response,
        None => {
            let mut count_part = pending.count_parts();
            response.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    count_part(frame.data_ref().map_or(0, |data| data.len()));
                    frame
                }))
            })
        }
    }
}
