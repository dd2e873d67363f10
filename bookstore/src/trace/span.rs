//! Spans, recorded only where they are exported.

use std::{borrow::Cow, time::SystemTime};

use axum::http::{HeaderMap, Method, StatusCode};
use opentelemetry::{
    InstrumentationScope, KeyValue, SpanId, TraceFlags, TraceId,
    trace::{SpanContext, SpanKind, Status, TraceState},
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::{Context, REQUEST_ID, current, export, new_id};

/// A span that has begun.
struct Recording {
    context: Context,
    span: u64,
    parent: u64,
    parent_is_remote: bool,
    kind: SpanKind,
    started: SystemTime,
}

impl Recording {
    /// Begins a span if anybody wants to see it.
    fn start(context: &Context, span: u64, parent: u64, kind: SpanKind) -> Option<Self> {
        (context.sampled && export::is_on()).then(|| Self {
            context: context.clone(),
            span,
            parent,
            parent_is_remote: kind == SpanKind::Server && parent != 0,
            kind,
            started: SystemTime::now(),
        })
    }

    fn end(self, name: impl Into<Cow<'static, str>>, attributes: Vec<KeyValue>, status: Status) {
        let Context {
            service,
            trace,
            state,
            ..
        } = self.context;
        let state = state
            .as_ref()
            .and_then(|state| state.to_str().ok()?.parse().ok());
        let span = SpanData {
            span_context: SpanContext::new(
                TraceId::from_bytes(trace.to_be_bytes()),
                SpanId::from_bytes(self.span.to_be_bytes()),
                TraceFlags::SAMPLED,
                false,
                state.unwrap_or(TraceState::NONE),
            ),
            parent_span_id: SpanId::from_bytes(self.parent.to_be_bytes()),
            parent_span_is_remote: self.parent_is_remote,
            span_kind: self.kind,
            name: name.into(),
            start_time: self.started,
            end_time: SystemTime::now(),
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status,
            instrumentation_scope: InstrumentationScope::builder("bookstore").build(),
        };
        export::export(service, span);
    }
}

/// The answering of a request.
pub(crate) struct RequestSpan(Option<Recording>);

impl RequestSpan {
    /// Begins with the request.
    pub(crate) fn start(context: &Context, parent: Option<u64>) -> Self {
        let parent = parent.unwrap_or_default();
        Self(Recording::start(
            context,
            context.span,
            parent,
            SpanKind::Server,
        ))
    }

    /// Ends with the answer.
    pub(crate) fn end(self, method: &Method, route: &str, status: StatusCode) {
        let Some(recording) = self.0 else { return };
        let request_id = recording
            .context
            .request_id
            .to_str()
            .unwrap_or_default()
            .to_owned();
        let attributes = vec![
            KeyValue::new("http.request.method", method.to_string()),
            KeyValue::new("http.route", route.to_owned()),
            KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
            KeyValue::new("bookstore.request_id", request_id),
        ];
        let outcome = match status.is_server_error() {
            true => Status::error(""),
            false => Status::Unset,
        };
        recording.end(format!("{method} {route}"), attributes, outcome);
    }
}

/// A call to another service.
pub(crate) struct CallSpan(Option<Recording>);

impl CallSpan {
    /// Begins with the call, and adds to its headers where it comes from.
    pub(crate) fn start(headers: &mut HeaderMap) -> Self {
        let Some(context) = current() else {
            return Self(None);
        };
        let span = new_id();
        headers.insert(REQUEST_ID, context.request_id());
        context.write(span, headers);
        Self(Recording::start(
            &context,
            span,
            context.span,
            SpanKind::Client,
        ))
    }

    /// Ends with the answer, if there was one.
    pub(crate) fn end(
        self,
        method: &Method,
        url: &str,
        service: &'static str,
        status: Option<StatusCode>,
    ) {
        let Some(recording) = self.0 else { return };
        let mut attributes = vec![
            KeyValue::new("http.request.method", method.to_string()),
            KeyValue::new("url.full", url.to_owned()),
            KeyValue::new("peer.service", service),
        ];
        if let Some(status) = status {
            let status = i64::from(status.as_u16());
            attributes.push(KeyValue::new("http.response.status_code", status));
        }
        let failed = status.is_none_or(|status| status.as_u16() >= 400);
        let outcome = if failed {
            Status::error("")
        } else {
            Status::Unset
        };
        recording.end(format!("{method} {service}"), attributes, outcome);
    }
}

/// Work that no request asked for.
pub(super) struct OwnSpan(Option<Recording>, &'static str);

impl OwnSpan {
    pub(super) fn start(context: &Context, name: &'static str) -> Self {
        Self(
            Recording::start(context, context.span, 0, SpanKind::Internal),
            name,
        )
    }

    pub(super) fn end(self) {
        let Self(recording, name) = self;
        if let Some(recording) = recording {
            recording.end(name, Vec::new(), Status::Unset);
        }
    }
}
