//! Who asked for what is being done: a request's id and its place in a trace. Both are in tracing's
//! span of the request, and so in each log line, and go along with every call to another service.

mod export;
mod log;

pub(crate) use export::FLUSH_LIMIT;
pub(crate) use log::{LogFormat, Telemetry};

use std::time::Duration;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method},
    response::Response,
};
use opentelemetry::{
    Context, KeyValue,
    propagation::TextMapPropagator,
    trace::{Status, TraceContextExt},
};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tower_http::request_id::{self, RequestId};
use tracing::{Instrument, Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Names a request in answers and log lines, through all services.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sent by the bookstore's own client, so that calls between services can be told apart.
pub(crate) const CALLER_HEADER: &str = "x-bookstore-caller";

/// What stands for the route of requests that matched none.
pub(crate) const UNMATCHED: &str = "unmatched";

/// Characters that a request id from outside may have.
const LONGEST_REQUEST_ID: usize = 128;

/// Marks an error that is no line of the log by itself: a fault says so, or such errors are counted.
#[derive(Clone, Copy)]
pub(crate) struct LoggedElsewhere;

/// Makes the id of a request that has none: a random number.
#[derive(Clone, Copy)]
pub(crate) struct MakeRequestId;

impl request_id::MakeRequestId for MakeRequestId {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        Some(RequestId::new(new_request_id()))
    }
}

fn new_request_id() -> HeaderValue {
    let id = format!("{:032x}", fastrand::u128(..));
    HeaderValue::try_from(id).expect("hexadecimal digits are visible ASCII")
}

/// Takes away an id that must not stand in logs and headers of ours; the request gets another one.
pub(crate) fn without_strange_request_id(mut request: Request) -> Request {
    if let Some(id) = request.headers().get(REQUEST_ID)
        && !is_request_id(id.as_bytes())
    {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

/// Takes away what only a service says of itself: a request at the public port is a client's.
pub(crate) fn without_caller(mut request: Request) -> Request {
    request.headers_mut().remove(CALLER_HEADER);
    request
}

fn is_request_id(id: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:+/=@".contains(byte);
    (1..=LONGEST_REQUEST_ID).contains(&id.len()) && id.iter().all(fits)
}

pub(crate) fn route(request: &Request) -> &str {
    let path = request.extensions().get::<MatchedPath>();
    path.map_or(UNMATCHED, MatchedPath::as_str)
}

/// A request's span, within the trace that its headers name.
pub(crate) fn span_of(service: &'static str, request: &Request) -> Span {
    let headers = request.headers();
    let request_id = headers.get(REQUEST_ID).cloned();
    let request_id = request_id.unwrap_or_else(new_request_id);
    let caller = match headers.get(CALLER_HEADER) {
        None => "client",
        Some(it) if is_request_id(it.as_bytes()) => it.to_str().unwrap_or("service"),
        Some(_) => "service",
    };
    let (method, route) = (request.method(), route(request));
    // Of the highest level, so that each line has it, however few are wanted.
    let span = tracing::error_span!(
        "request",
        otel.kind = "server",
        %service,
        request_id = text(&request_id),
        trace_id = field::Empty,
        %method,
        %route,
        %caller,
    );
    let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    let context = begin(&span, &parent, request_id);
    let recorded = context.span();
    if recorded.is_recording() {
        recorded.update_name(format!("{method} {route}"));
        recorded.set_attributes([
            KeyValue::new("http.request.method", method.to_string()),
            KeyValue::new("http.route", route.to_owned()),
        ]);
    }
    span
}

/// A request id as it stands in log lines.
fn text(request_id: &HeaderValue) -> field::DisplayValue<&str> {
    field::display(request_id.to_str().unwrap_or_default())
}

/// Begins a span within a trace, or as a trace of its own. Its id is noted where somebody else knows it: the caller, or a
/// collector.
fn begin(span: &Span, parent: &Context, request_id: HeaderValue) -> Context {
    let is_continued = parent.span().span_context().is_valid();
    // Fails only where the program has set up a log of its own, without traces.
    let _ = span.set_parent(parent.with_value(RequestId::new(request_id)));
    let context = span.context();
    let recorded = context.span();
    if is_continued || recorded.is_recording() {
        let trace = recorded.span_context().trace_id();
        span.record("trace_id", field::display(trace));
    }
    context
}

pub(crate) fn log_answer(response: &Response, latency: Duration, span: &Span) {
    let status = response.status();
    let duration_ms = latency.as_secs_f64() * 1e3;
    let code = status.as_u16();
    span.set_attribute("http.response.status_code", i64::from(code));
    if status.is_server_error() {
        span.set_status(Status::error(""));
    }
    let is_logged = response.extensions().get::<LoggedElsewhere>().is_some();
    if status.is_server_error() && !is_logged {
        tracing::warn!(status = code, duration_ms, "request failed");
    } else {
        tracing::debug!(status = code, duration_ms, "request");
    }
}

/// The span of a call to another service, which goes along in the call's headers.
pub(crate) fn call_span(
    caller: &'static str,
    callee: &'static str,
    method: &Method,
    url: &str,
    headers: &mut HeaderMap,
) -> Span {
    let span = tracing::error_span!("call", otel.kind = "client", service = %caller);
    let context = span.context();
    if let Some(id) = context.get::<RequestId>() {
        headers.insert(REQUEST_ID, id.header_value().clone());
    }
    TraceContextPropagator::new().inject_context(&context, &mut HeaderInjector(headers));
    let recorded = context.span();
    if recorded.is_recording() {
        recorded.update_name(format!("{method} {callee}"));
        recorded.set_attributes([
            KeyValue::new("http.request.method", method.to_string()),
            KeyValue::new("url.full", url.to_owned()),
            KeyValue::new("peer.service", callee),
        ]);
    }
    span
}

/// Takes the span of whoever calls this into a task of its own.
pub(crate) fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    work.in_current_span()
}

/// Does something that no request asked for, as a trace of its own.
pub(crate) async fn in_new_trace<T>(
    service: &'static str,
    name: &'static str,
    work: impl Future<Output = T>,
) -> T {
    let request_id = new_request_id();
    let span = tracing::error_span!(
        parent: None,
        "task",
        otel.name = name,
        %service,
        request_id = text(&request_id),
        trace_id = field::Empty,
    );
    begin(&span, &Context::new(), request_id);
    work.instrument(span).await
}
