//! Calls to another service: kept-alive connections, a time limit, and the same call again when
//! its outcome is unknown. Few calls may not be repeated without harm; they are made by
//! [`ServiceClient::call_once`]. `reqwest-retry` decides that by method and status, here it is a matter of
//! the call.
//!
//! By hyper's client, which `reqwest` is built on: proxies, redirects and TLS are of no use between services, and cost
//! 15 µs a call.

use std::{fmt, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::timeout;

use crate::platform::{
    Error,
    error::ErrorDetail,
    idempotency::IDEMPOTENCY_KEY,
    secret::Secret,
    token::Token,
    token_list::TokenList,
    trace::{self, CALLER_HEADER},
};

/// How long one try may take, unless an operator says otherwise.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

const TRIES: u32 = 4;

/// Bytes of an answer's body: many times a page of a list.
const LARGEST_ANSWER: usize = 16 << 20;

/// The first wait between tries is up to this long; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(40);

/// How long a connection is kept for the next call: less than services wait for one ([`Limits`]), so that
/// no call meets a connection that its service is closing.
///
/// [`Limits`]: crate::platform::limits::Limits
const IDLE: Duration = Duration::from_secs(20);

/// How long a call may take whose tries take so long at most: the waits between them are small.
pub(crate) fn longest_call(timeout: Duration) -> Duration {
    timeout * TRIES
}

/// Of calls that send nothing.
pub(crate) const NO_BODY: Option<&()> = None;

/// A client of one service; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ServiceClient {
    caller: &'static str,
    service: &'static str,
    base_url: Arc<str>,
    /// Sent with every call.
    headers: Arc<HeaderMap>,
    timeout: Duration,
    http: legacy::Client<HttpConnector, Body>,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error("the address is none")]
    Address(#[from] axum::http::uri::InvalidUri),
    #[error("the call has failed")]
    Http(#[from] legacy::Error),
    #[error("the answer has ended too early")]
    Body(#[from] axum::Error),
    #[error("there was no answer in time")]
    Late(#[from] tokio::time::error::Elapsed),
}

/// Who calls, as it tells the services that it calls.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) name: &'static str,
    pub(crate) token: Option<Secret>,
}

/// What a service answered; never an error of its own (5xx).
#[derive(Debug)]
pub(crate) struct Reply {
    service: &'static str,
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl ServiceClient {
    /// A client of `service` at `base_url`, on whose behalf `caller` asks; one try takes `timeout`
    /// at most.
    pub(crate) fn new(
        caller: &Caller,
        service: &'static str,
        base_url: &str,
        timeout: Duration,
    ) -> anyhow::Result<Self> {
        base_url.parse::<Uri>()?;
        let mut headers = HeaderMap::new();
        headers.insert(CALLER_HEADER, HeaderValue::from_static(caller.name));
        if let Some(token) = &caller.token {
            headers.insert(header::AUTHORIZATION, token.to_header());
        }
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(timeout));
        let http = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http1_writev(false)
            .build(connector);
        Ok(Self {
            caller: caller.name,
            service,
            base_url: base_url.trim_end_matches('/').into(),
            headers: Arc::new(headers),
            timeout,
            http,
        })
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Reply, Error> {
        self.call(Method::GET, path, NO_BODY).await
    }

    /// Asks which of these tokens are what the path says.
    pub(crate) async fn select(&self, path: &str, tokens: Vec<Token>) -> Result<Vec<Token>, Error> {
        let body = TokenList { tokens };
        let reply = self.call(Method::POST, path, Some(&body)).await?;
        Ok(reply.success()?.json::<TokenList>()?.tokens)
    }

    /// Makes a call that may be repeated without harm.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Reply, Error> {
        self.call_with(method, path, &HeaderMap::new(), body).await
    }

    /// Makes a call that may be repeated without harm, and whose answer says only that it was done.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<(), Error> {
        self.call(method, path, body).await?.success().map(drop)
    }

    /// Makes a call with headers of its own that may be repeated without harm.
    pub(crate) async fn call_with(
        &self,
        method: Method,
        path: &str,
        headers: &HeaderMap,
        body: Option<&impl Serialize>,
    ) -> Result<Reply, Error> {
        self.try_until(method, path, headers, body, |_| true).await
    }

    /// Makes a call that would do its work twice if it were repeated: tried again only when no
    /// connection came about.
    pub(crate) async fn call_once(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Reply, Error> {
        let unheard = |outcome: &Result<Reply, CallError>| matches!(outcome, Err(CallError::Http(error)) if error.is_connect());
        self.try_until(method, path, &HeaderMap::new(), body, unheard)
            .await
    }

    async fn try_until(
        &self,
        method: Method,
        path: &str,
        headers: &HeaderMap,
        body: Option<&impl Serialize>,
        repeatable: impl Fn(&Result<Reply, CallError>) -> bool,
    ) -> Result<Reply, Error> {
        let url = format!("{}{path}", self.base_url);
        let mut tries = 0;
        loop {
            // It is a large part of everything that makes calls, which is moved more often than it calls.
            let outcome = Box::pin(self.try_once(&method, &url, headers, body)).await;
            let again = repeatable(&outcome);
            let cause = match outcome {
                Ok(reply) if !reply.status.is_server_error() => return Ok(reply),
                Ok(reply) => format!("{method} {url} answered {}", reply.status),
                Err(error) => format!("{method} {url} failed: {error:?}"),
            };
            tries += 1;
            if tries == TRIES || !again {
                return Err(Error::Unavailable {
                    service: self.service,
                    cause,
                });
            }
            let longest = FIRST_WAIT * 2_u32.pow(tries - 1);
            tokio::time::sleep(longest.mul_f64(fastrand::f64())).await;
        }
    }

    async fn try_once(
        &self,
        method: &Method,
        url: &str,
        headers: &HeaderMap,
        body: Option<&impl Serialize>,
    ) -> Result<Reply, CallError> {
        let mut request = Request::default();
        *request.method_mut() = method.clone();
        *request.uri_mut() = url.parse::<Uri>()?;
        *request.headers_mut() = self.headers.as_ref().clone();
        request.headers_mut().extend(headers.clone());
        if let Some(body) = body {
            let body = serde_json::to_vec(body).expect("plain data becomes JSON");
            *request.body_mut() = body.into();
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(header::CONTENT_TYPE, json);
        }
        let headers = request.headers_mut();
        let span = trace::begin_call(self.caller, self.service, method, url, headers);
        let answered = async {
            let (head, body) = self.http.request(request).await?.into_parts();
            Ok(Reply {
                service: self.service,
                status: head.status,
                headers: head.headers,
                body: to_bytes(Body::new(body), LARGEST_ANSWER).await?,
            })
        };
        let answer = timeout(self.timeout, answered).await;
        let answer = answer.unwrap_or_else(|late| Err(late.into()));
        let is_good = |reply: &Reply| reply.status.as_u16() < 400;
        trace::end_call(span, answer.as_ref().is_ok_and(is_good));
        answer
    }
}

/// The header that makes a repeated request one; refused where the key is none.
pub(crate) fn key_header(key: &str) -> Result<HeaderMap, Error> {
    let name = HeaderName::from_static(IDEMPOTENCY_KEY);
    let key = HeaderValue::from_str(key);
    let key = key.map_err(|_| Error::Refused("the form was not sent as it came".into()))?;
    Ok(HeaderMap::from_iter([(name, key)]))
}

impl Reply {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| self.senseless(&error))
    }

    /// A header, if it is a text.
    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The reply, if the service did what it was asked for; otherwise why it refused.
    pub(crate) fn success(self) -> Result<Self, Error> {
        if self.status.is_success() {
            Ok(self)
        } else {
            Err(self.refusal())
        }
    }

    /// The same where there is what was asked for.
    pub(crate) fn found(self) -> Result<Option<Self>, Error> {
        match self.status {
            StatusCode::NOT_FOUND => Ok(None),
            _ => self.success().map(Some),
        }
    }

    /// Passes on why the service refused; for answers that are not a success.
    pub(crate) fn refusal(&self) -> Error {
        let detail = match self.json::<ErrorDetail>() {
            Ok(body) => body.detail.into(),
            Err(error) => return error,
        };
        match self.status {
            StatusCode::BAD_REQUEST => Error::Refused(detail),
            StatusCode::NOT_FOUND => Error::NotFound(detail),
            StatusCode::CONFLICT => Error::Conflict(detail),
            StatusCode::PRECONDITION_FAILED => Error::Changed(detail),
            _ => self.senseless(&detail),
        }
    }

    fn senseless(&self, why: &dyn fmt::Display) -> Error {
        Error::Unavailable {
            service: self.service,
            cause: format!("unexpected answer {}: {why}", self.status),
        }
    }
}
