//! Who asked for what is being done: a request's id and its place in a trace, carried from the
//! request that came in to log lines and to every call that goes out.

mod export;
mod log;
mod parent;
mod span;

pub(crate) use export::{FLUSH_LIMIT, flush, start_export};
pub(crate) use log::{LogFormat, start_logging};
pub(crate) use span::{CallSpan, RequestSpan};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::hex::hex;
use parent::Parent;

/// Names a request in answers and log lines, through all services.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Characters that a request id from outside may have.
const LONGEST_REQUEST_ID: usize = 128;

/// What a request carries along; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    service: &'static str,
    /// Visible ASCII.
    request_id: HeaderValue,
    trace: u128,
    /// What is being done here, within the trace.
    span: u64,
    /// Whether the trace is recorded.
    sampled: bool,
    /// What other vendors carry along.
    state: Option<HeaderValue>,
}

tokio::task_local! {
    static CONTEXT: Context;
}

impl Context {
    /// The context of a request, and the span that it came from.
    pub(crate) fn of_request(service: &'static str, headers: &HeaderMap) -> (Self, Option<u64>) {
        let request_id = match headers.get(&REQUEST_ID) {
            Some(id) if is_request_id(id.as_bytes()) => id.clone(),
            _ => new_request_id(),
        };
        let Some(parent) = Parent::read(headers) else {
            return (Self::new(service, request_id), None);
        };
        let context = Self {
            service,
            request_id,
            trace: parent.trace,
            span: new_id(),
            sampled: parent.sampled,
            state: parent.state,
        };
        (context, Some(parent.span))
    }

    /// A trace of its own.
    fn new(service: &'static str, request_id: HeaderValue) -> Self {
        Self {
            service,
            request_id,
            trace: fastrand::u128(1..),
            span: new_id(),
            sampled: export::is_on(),
            state: None,
        }
    }

    /// The request's id, as an answer's header.
    pub(crate) fn request_id(&self) -> HeaderValue {
        self.request_id.clone()
    }

    /// Does something within this context.
    pub(crate) async fn scope<T>(self, work: impl Future<Output = T>) -> T {
        CONTEXT.scope(self, work).await
    }
}

/// Takes the context of whoever calls this into a task of its own.
pub(crate) fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let context = current();
    async move {
        match context {
            Some(context) => context.scope(work).await,
            None => work.await,
        }
    }
}

/// Does something that no request asked for, as a trace of its own.
pub(crate) async fn in_new_trace<T>(
    service: &'static str,
    name: &'static str,
    work: impl Future<Output = T>,
) -> T {
    let context = Context::new(service, new_request_id());
    let span = span::OwnSpan::start(&context, name);
    let outcome = context.scope(work).await;
    span.end();
    outcome
}

fn current() -> Option<Context> {
    CONTEXT.try_with(Clone::clone).ok()
}

/// Ids are not secrets; they only have to differ.
fn new_id() -> u64 {
    fastrand::u64(1..)
}

fn new_request_id() -> HeaderValue {
    let id = hex(&fastrand::u128(..).to_be_bytes());
    HeaderValue::try_from(id).expect("hexadecimal digits are visible ASCII")
}

/// Whether an id from outside may stand in logs and headers of ours.
fn is_request_id(id: &[u8]) -> bool {
    (1..=LONGEST_REQUEST_ID).contains(&id.len())
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:+/=@".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_after(given: &str) -> String {
        let headers = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_str(given).unwrap())]);
        let (context, _) = Context::of_request("cart", &headers);
        context.request_id().to_str().unwrap().to_owned()
    }

    #[test]
    fn a_sane_request_id_is_kept_and_any_other_is_replaced() {
        let longest = "x".repeat(LONGEST_REQUEST_ID);
        for sane in ["1", "Root=1-67891233-abcdef012345678912345678", &longest] {
            assert_eq!(id_after(sane), sane);
        }
        for other in ["", "two words", "a\"b", "a{b", &"x".repeat(129), "<script>"] {
            assert_eq!(id_after(other).len(), 32, "{other}");
        }
    }

    #[tokio::test]
    async fn a_task_carries_the_context_that_it_was_made_in() {
        let (context, _) = Context::of_request("cart", &HeaderMap::new());
        let trace = context.trace;
        let inside = context.scope(async {
            let task = tokio::spawn(carried(async { current().unwrap().trace }));
            task.await.unwrap()
        });
        assert_eq!(inside.await, trace);
        assert!(current().is_none());
    }

    #[tokio::test]
    async fn what_no_request_asked_for_has_a_trace_of_its_own() {
        let trace = || in_new_trace("orders", "recover", async { current().unwrap().trace });
        assert_ne!(trace().await, trace().await);
    }
}
