//! What every request at a port goes through on its way to a handler and back: layers of tower-http and tower, and one
//! of our own for its trace, its counts and times, and faults.
//!
//! That one is not tower-http's `TraceLayer`, whose span costs every request 3 µs where nobody reads it: see
//! [`trace`].

use std::{
    any::Any,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    BoxError, Extension, Router,
    error_handling::HandleErrorLayer,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tokio::time::Instant;
use tower::{ServiceBuilder, limit::GlobalConcurrencyLimitLayer, load_shed::error::Overloaded};
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
};

use super::service::{Draining, Refusal};
use crate::platform::{
    Error,
    extract::BODY_LIMIT,
    faults::Faults,
    limits::{BodyTimeout, Limits},
    log_throttle::LogThrottle,
    metrics::Metrics,
    origin::Hosts,
    secret::Secret,
    trace::{self, Asked, LoggedElsewhere, MakeRequestId, REQUEST_ID, Work},
};

/// A port of a service.
pub(crate) struct Port {
    pub(crate) service: &'static str,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) faults: Arc<Faults>,
    /// Has to come with every request but probes, where there is one.
    pub(crate) token: Option<Secret>,
    /// Names that the port is known by.
    pub(crate) hosts: Hosts,
    pub(crate) limits: Limits,
    pub(crate) refusal: Refusal,
    pub(crate) draining: Draining,
}

impl Port {
    /// All routes of a port, as they are served.
    pub(crate) fn complete(self, routes: Router) -> Router {
        let Self {
            draining, refusal, ..
        } = &self;
        let (draining, refusal) = (draining.clone(), *refusal);
        routes.layer(
            ServiceBuilder::new()
                .map_request(trace::without_strange_request_id)
                .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestId))
                .layer(PropagateRequestIdLayer::new(REQUEST_ID))
                // A connection that is kept until the server closes it may be closed under a request.
                .layer(SetResponseHeaderLayer::overriding(
                    header::CONNECTION,
                    move |_: &Response| {
                        let close = HeaderValue::from_static("close");
                        draining.load(Ordering::Relaxed).then_some(close)
                    },
                ))
                .layer(from_fn_with_state(Arc::new(self), observe))
                .layer(CatchPanicLayer::custom(
                    move |panic: Box<dyn Any + Send>| {
                        refusal(Error::Panicked(message(panic.as_ref())))
                    },
                )),
        )
    }

    /// Calls that are answered within limits: without the token with 401, for foreign pages with 403, over the limit of
    /// requests at work with 503 at once, and with 503 when they take too long.
    pub(crate) fn limited(&self, calls: Router) -> Router {
        let hosts = self.hosts.clone();
        let allowed = move |request: Request| hosts.check(&request).map(|()| request);
        let at_once = usize::try_from(self.limits.requests).unwrap_or(usize::MAX);
        calls.layer(
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(self.refuse()))
                .filter(self.trusted())
                .filter(allowed)
                .load_shed()
                .layer(GlobalConcurrencyLimitLayer::new(at_once))
                // Whatever a handler leaves half done is dropped with it: transactions roll back.
                .timeout(self.limits.request)
                .layer(DefaultBodyLimit::max(BODY_LIMIT))
                .layer(Extension(BodyTimeout(self.limits.body))),
        )
    }

    /// Calls of operators, without limits: a process that is only busy must not be taken for dead.
    pub(crate) fn unlimited(&self, calls: Router) -> Router {
        calls.layer(
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(self.refuse()))
                .filter(self.trusted()),
        )
    }

    fn trusted(&self) -> impl Fn(Request) -> Result<Request, Error> + Clone + use<> {
        let token = self.token.clone();
        move |request| match &token {
            Some(token) if !token.is_in(request.headers()) => {
                Err(Error::Unauthorized("internal calls need the service token"))
            }
            _ => Ok(request),
        }
    }

    /// Answers requests that did not get through.
    fn refuse(
        &self,
    ) -> impl Fn(BoxError) -> std::future::Ready<Response> + Clone + Send + Sync + 'static + use<>
    {
        let (limit, refusal) = (self.limits.request, self.refusal);
        let busy = Arc::new(LogThrottle::default());
        move |error| std::future::ready(refuse(error, &busy, limit, refusal))
    }
}

/// Counts, times and logs a request, within the trace that it belongs to, and has faults done to it.
async fn observe(State(port): State<Arc<Port>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let asked = Asked::by(&request);
    let (work, span) = Work::answering(port.service, &asked, request.headers());
    let answering = async {
        let mut counted = port.metrics.count(&asked, begun);
        let handled = next.run(request);
        let response = port.faults.around(&asked.method, asked.route(), handled);
        let response = response.await;
        if let Some(counted) = &mut counted {
            counted.note(&response);
        }
        drop(counted);
        trace::end(span, &response, begun);
        response
    };
    work.done_by(answering).await
}

fn refuse(error: BoxError, busy: &LogThrottle, limit: Duration, refusal: Refusal) -> Response {
    let error = match error.downcast::<Error>() {
        Ok(error) if matches!(*error, Error::Unauthorized(_)) => return error.into_response(),
        Ok(error) => return refusal(*error),
        Err(error) => error,
    };
    if !error.is::<Overloaded>() {
        return refusal(Error::TooLate { limit });
    }
    if let Some(requests) = busy.count() {
        tracing::warn!(requests, "too many requests at once, refusing some");
    }
    let mut response = refusal(Error::Busy);
    response.extensions_mut().insert(LoggedElsewhere);
    response
}

/// What a panic said, for the log.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}
