//! Calls to another service: kept-alive connections, a time limit, and the same call again when
//! its outcome is unknown. Few calls may not be repeated without harm; they are made by
//! [`ServiceClient::call_once`].

use std::{fmt, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, error::ErrorDetail, observe::CALLER_HEADER, trace::CallSpan};

/// How long one try may take, unless an operator says otherwise.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

/// How often a call is tried.
const TRIES: u32 = 4;

/// The first wait between tries is up to this long; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(40);

/// How long a call may take whose tries take so long at most: the waits between them are small.
pub(crate) fn longest_call(timeout: Duration) -> Duration {
    timeout * TRIES
}

/// A client of one service; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ServiceClient {
    service: &'static str,
    base_url: Arc<str>,
    http: reqwest::Client,
}

/// What a service answered; never an error of its own (5xx).
#[derive(Debug)]
pub(crate) struct Reply {
    service: &'static str,
    /// HTTP status.
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl ServiceClient {
    /// A client of `service` at `base_url`, on whose behalf `caller` asks; one try takes `timeout`
    /// at most.
    pub(crate) fn new(
        caller: &'static str,
        service: &'static str,
        base_url: &str,
        timeout: Duration,
    ) -> reqwest::Result<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(CALLER_HEADER, HeaderValue::from_static(caller));
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .timeout(timeout)
            .connect_timeout(timeout)
            .tcp_nodelay(true)
            // A proxy meant for the wide world must not come between the services.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            service,
            base_url: base_url.trim_end_matches('/').into(),
            http,
        })
    }

    /// Asks for something.
    pub(crate) async fn get(&self, path: &str) -> Result<Reply, Error> {
        self.call(Method::GET, path, None::<&()>).await
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
        let unheard = |outcome: &reqwest::Result<Reply>| {
            outcome.as_ref().is_err_and(reqwest::Error::is_connect)
        };
        self.try_until(method, path, &HeaderMap::new(), body, unheard)
            .await
    }

    async fn try_until(
        &self,
        method: Method,
        path: &str,
        headers: &HeaderMap,
        body: Option<&impl Serialize>,
        repeatable: impl Fn(&reqwest::Result<Reply>) -> bool,
    ) -> Result<Reply, Error> {
        let url = format!("{}{path}", self.base_url);
        let mut tries = 0;
        loop {
            let outcome = self.try_once(&method, &url, headers, body).await;
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
    ) -> reqwest::Result<Reply> {
        let mut headers = headers.clone();
        let span = CallSpan::start(&mut headers);
        let mut request = self.http.request(method.clone(), url).headers(headers);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answered = async {
            let response = request.send().await?;
            Ok(Reply {
                service: self.service,
                status: response.status(),
                headers: response.headers().clone(),
                body: response.bytes().await?,
            })
        };
        let answer = answered.await;
        let status = answer.as_ref().ok().map(|reply: &Reply| reply.status);
        span.end(method, url, self.service, status);
        answer
    }
}

impl Reply {
    /// Reads the body.
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
