//! Who asked for what is being done: a request's id and its place in a trace. Both are known to the task
//! that does it, stand in each of its log lines, and go along with every call to another service.
//!
//! They are no span of `tracing`: its registry, the formatting of its fields and `tracing-opentelemetry` cost every
//! request 3 µs, whether anything is logged or not, and sqlx enters the span again for every row. A value of the task is
//! read when a line is written, and OpenTelemetry's SDK makes spans where a collector gets them.

mod export;
mod log;

pub(crate) use export::FLUSH_LIMIT;
pub(crate) use log::{LogFormat, Telemetry};

use std::sync::{Arc, OnceLock};

use axum::{
    body::Bytes,
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method},
    response::Response,
};
use opentelemetry::{
    Context, KeyValue, SpanId, TraceId,
    propagation::TextMapPropagator,
    trace::{Span as _, SpanContext, SpanKind, Status, TraceContextExt, TraceFlags, Tracer},
};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::{
    propagation::TraceContextPropagator,
    trace::{SdkTracer, Span},
};
use tokio::time::Instant;
use tower_http::request_id::{self, RequestId};

/// Names a request in answers and log lines, through all services.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sent by the bookstore's own client, so that calls between services can be told apart.
pub(crate) const CALLER_HEADER: HeaderName = HeaderName::from_static("x-bookstore-caller");

/// Characters that a request id from outside may have.
const LONGEST_REQUEST_ID: usize = 128;

/// Makes the spans that a collector gets; none where there is no collector.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

tokio::task_local! {
    static WORK: Arc<Work>;
}

/// Marks an error that is no line of the log by itself: a fault says so, or such errors are counted.
#[derive(Clone, Copy)]
pub(crate) struct LoggedElsewhere;

/// What a task does.
pub(crate) struct Work {
    service: &'static str,
    request_id: HeaderValue,
    /// What was asked for; nothing where no request asked.
    asked: Option<Asked>,
    /// Where it is in a trace; always valid.
    place: SpanContext,
    /// Whether somebody else knows the trace: the caller, or a collector.
    is_traced: bool,
}

/// What a request asks for, and who asks.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    route: Option<MatchedPath>,
    /// As a service calls itself; nothing for a client.
    caller: Option<HeaderValue>,
}

impl Work {
    /// The answering of a request, within the trace that its headers name, and its span.
    pub(crate) fn answering(
        service: &'static str,
        asked: &Asked,
        headers: &HeaderMap,
    ) -> (Arc<Self>, Option<Span>) {
        let request_id = headers.get(REQUEST_ID).cloned();
        let parent = match headers.contains_key("traceparent") {
            true => TraceContextPropagator::new().extract(&HeaderExtractor(headers)),
            false => Context::new(),
        };
        let parent = parent.span().span_context().clone();
        let request_id = request_id.unwrap_or_else(new_request_id);
        Self::begin(service, request_id, Some(asked.clone()), parent)
    }

    fn begin(
        service: &'static str,
        request_id: HeaderValue,
        asked: Option<Asked>,
        parent: SpanContext,
    ) -> (Arc<Self>, Option<Span>) {
        let is_continued = parent.is_valid();
        let (place, span) = child_of(parent, SpanKind::Server, |span| {
            span.set_attribute(KeyValue::new("service", service));
            span.set_attribute(KeyValue::new("request_id", text(&request_id).to_owned()));
            if let Some(asked) = &asked {
                span.update_name(format!("{} {}", asked.method, asked.route()));
                span.set_attributes([
                    KeyValue::new("http.request.method", asked.method.to_string()),
                    KeyValue::new("http.route", asked.route().to_owned()),
                    KeyValue::new("caller", asked.caller().to_owned()),
                ]);
            }
        });
        let work = Self {
            service,
            request_id,
            asked,
            place,
            is_traced: is_continued || span.is_some(),
        };
        (Arc::new(work), span)
    }

    /// Has the log lines and the calls of this work be about it.
    pub(crate) fn done_by<T>(
        self: Arc<Self>,
        work: impl Future<Output = T>,
    ) -> impl Future<Output = T> {
        WORK.scope(self, work)
    }

    /// Names and values that each log line about it has.
    fn each_field(&self, mut field: impl FnMut(&'static str, &str)) {
        field("service", self.service);
        field("request_id", text(&self.request_id));
        if let Some(asked) = &self.asked {
            field("method", asked.method.as_str());
            field("route", asked.route());
            field("caller", asked.caller());
        }
        if self.is_traced {
            field("trace_id", &self.place.trace_id().to_string());
        }
    }
}

impl Asked {
    pub(crate) fn by(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            route: request.extensions().get().cloned(),
            caller: request.headers().get(CALLER_HEADER).cloned(),
        }
    }

    /// The pattern of the route that matches, as in logs and counts.
    pub(crate) fn route(&self) -> &str {
        self.route.as_ref().map_or("unmatched", MatchedPath::as_str)
    }

    pub(crate) fn is_by_service(&self) -> bool {
        self.caller.is_some()
    }

    fn caller(&self) -> &str {
        match &self.caller {
            None => "client",
            Some(it) if is_request_id(it) => text(it),
            Some(_) => "service",
        }
    }
}

/// Makes the id of a request that has none: a random number.
#[derive(Clone, Copy)]
pub(crate) struct MakeRequestId;

impl request_id::MakeRequestId for MakeRequestId {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        Some(RequestId::new(new_request_id()))
    }
}

/// Takes away an id that must not stand in logs and headers of ours; the request gets another one.
pub(crate) fn without_strange_request_id(mut request: Request) -> Request {
    if let Some(id) = request.headers().get(REQUEST_ID)
        && !is_request_id(id)
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

fn new_request_id() -> HeaderValue {
    let mut digits = [0; 32];
    hex::encode_to_slice(fastrand::u128(..).to_be_bytes(), &mut digits).expect("two digits a byte");
    HeaderValue::from_maybe_shared(Bytes::from_owner(digits)).expect("digits are visible ASCII")
}

fn is_request_id(id: &HeaderValue) -> bool {
    let id = id.as_bytes();
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:+/=@".contains(byte);
    (1..=LONGEST_REQUEST_ID).contains(&id.len()) && id.iter().all(fits)
}

fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default()
}

/// A place below this one, or in a trace of its own where this one is none; and its span, described where a
/// collector gets it.
fn child_of(
    parent: SpanContext,
    kind: SpanKind,
    describe: impl FnOnce(&mut Span),
) -> (SpanContext, Option<Span>) {
    let Some(tracer) = TRACER.get() else {
        let (trace, flags) = match parent.is_valid() {
            true => (parent.trace_id(), parent.trace_flags()),
            false => (TraceId::from(fastrand::u128(1..)), TraceFlags::NOT_SAMPLED),
        };
        let (span, state) = (SpanId::from(fastrand::u64(1..)), parent.trace_state());
        return (
            SpanContext::new(trace, span, flags, false, state.clone()),
            None,
        );
    };
    let parent = match parent.is_valid() {
        true => Context::new().with_remote_span_context(parent),
        false => Context::new(),
    };
    let span = tracer.span_builder("").with_kind(kind);
    let mut span = span.start_with_context(tracer, &parent);
    let place = span.span_context().clone();
    if !span.is_recording() {
        return (place, None);
    }
    describe(&mut span);
    (place, Some(span))
}

/// Logs an answer, and ends the span of its request.
pub(crate) fn end(span: Option<Span>, response: &Response, begun: Instant) {
    let status = response.status();
    let (code, is_error) = (status.as_u16(), status.is_server_error());
    if let Some(mut span) = span {
        let code = KeyValue::new("http.response.status_code", i64::from(code));
        span.set_attribute(code);
        if is_error {
            span.set_status(Status::error(""));
        }
    }
    let duration_ms = || begun.elapsed().as_secs_f64() * 1e3;
    if is_error && response.extensions().get::<LoggedElsewhere>().is_none() {
        tracing::warn!(status = code, duration_ms = duration_ms(), "request failed");
    } else {
        tracing::debug!(status = code, duration_ms = duration_ms(), "request");
    }
}

/// Writes into the headers of a call to another service who asks; the call's span.
pub(crate) fn begin_call(
    caller: &'static str,
    callee: &'static str,
    method: &Method,
    url: &str,
    headers: &mut HeaderMap,
) -> Option<Span> {
    let work = WORK.try_with(Arc::clone).ok();
    let parent = work
        .as_ref()
        .map_or(SpanContext::NONE, |it| it.place.clone());
    let (place, span) = child_of(parent, SpanKind::Client, |span| {
        span.update_name(format!("{method} {callee}"));
        span.set_attributes([
            KeyValue::new("service", caller),
            KeyValue::new("http.request.method", method.to_string()),
            KeyValue::new("url.full", url.to_owned()),
            KeyValue::new("peer.service", callee),
        ]);
    });
    if let Some(work) = work {
        headers.insert(REQUEST_ID, work.request_id.clone());
    }
    let place = Context::new().with_remote_span_context(place);
    TraceContextPropagator::new().inject_context(&place, &mut HeaderInjector(headers));
    span
}

/// Ends the span of a call.
pub(crate) fn end_call(span: Option<Span>, is_good: bool) {
    if let Some(mut span) = span
        && !is_good
    {
        span.set_status(Status::error(""));
    }
}

/// Has work in a task of its own be about what this task is about.
pub(crate) fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let current = WORK.try_with(Arc::clone);
    // That of an order takes kilobytes, and would be copied on its way to the task several times.
    let work = Box::pin(work);
    async move {
        match current {
            Ok(current) => current.done_by(work).await,
            Err(_) => work.await,
        }
    }
}

/// Does something that no request asked for, as a trace of its own.
pub(crate) async fn in_new_trace<T>(
    service: &'static str,
    name: &'static str,
    work: impl Future<Output = T>,
) -> T {
    let (task, mut span) = Work::begin(service, new_request_id(), None, SpanContext::NONE);
    if let Some(span) = &mut span {
        span.update_name(name);
    }
    task.done_by(Box::pin(work)).await
}
