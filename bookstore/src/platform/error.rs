//! What can go wrong in a request, and how it is answered: `{"detail": …}`, as FastAPI's clients
//! expect it. Causes inside the service go to the log, never into a body.

use std::{borrow::Cow, time::Duration};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::platform::{database, validation::HttpValidationError};

/// What a client is told to wait before it asks again, in seconds.
pub(crate) const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

const BEARER: HeaderValue = HeaderValue::from_static("Bearer");

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The thing asked for does not exist (404).
    #[error("{0}")]
    NotFound(Cow<'static, str>),
    /// The request is well formed and cannot be granted (400).
    #[error("{0}")]
    Refused(Cow<'static, str>),
    /// A browser sent the request for a page of another origin (403).
    #[error("sent by a page of another origin")]
    ForeignPage,
    /// The request is for a host that the service is not known by (403).
    #[error("this service is not known by that host: its operator names hosts by --hosts")]
    UnknownHost,
    /// An internal call on the public listener (403).
    #[error("internal call: not on the public port")]
    InternalOnly,
    /// The request carries no token, or another one (401).
    #[error("{0}")]
    Unauthorized(&'static str),
    /// Someone else is at work on the same thing (409).
    #[error("{0}")]
    Conflict(Cow<'static, str>),
    /// The request's body did not arrive in time (408).
    #[error("request body did not arrive within {} s", limit.as_secs_f64())]
    BodyTooSlow { limit: Duration },
    /// What the client has seen has changed since (412).
    #[error("{0}")]
    Changed(Cow<'static, str>),
    /// The request's body is over the limit (413).
    #[error("request body is larger than {limit} bytes")]
    BodyTooLarge { limit: usize },
    /// Parts of the request are not what they should be (422).
    #[error("request is not valid")]
    Invalid(HttpValidationError),
    /// There are too many requests at work already (503).
    #[error("too many requests at once")]
    Busy,
    /// The request was at work for too long (503). What it did is unknown.
    #[error("not done within {} s; what was begun may still be finished", limit.as_secs_f64())]
    TooLate { limit: Duration },
    /// The database failed when an order was to be decided (503). Recovery decides it; the same key
    /// finds out how.
    #[error(
        "it is not known yet whether the order was placed; ask again with the same Idempotency-Key"
    )]
    Undecided(Box<Error>),
    /// The handler panicked (500).
    #[error("panicked: {0}")]
    Panicked(String),
    /// The database failed (500), or could not do it for now (503).
    #[error("database failed")]
    Database(#[from] sqlx::Error),
    /// Another service did not answer, or not sensibly, after several tries (503). What it did is
    /// unknown.
    #[error("{service} is not available")]
    Unavailable {
        service: &'static str,
        /// The last try's outcome, for the log.
        cause: String,
    },
}

/// An answer as it is sent, and as an order keeps it to be replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
}

/// The body of every error but 422.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct ErrorDetail {
    /// What happened, for people.
    pub(crate) detail: String,
}

impl Error {
    pub(crate) fn undecided(cause: Self) -> Self {
        Self::Undecided(Box::new(cause))
    }

    /// Whether the same call may succeed later, although nobody changes anything.
    pub(crate) fn may_pass(&self) -> bool {
        self.status().is_server_error()
    }

    pub(crate) fn answer(&self) -> Answer {
        let status = self.status();
        let detail = match self {
            Self::Invalid(errors) => return Answer::json(status, errors),
            Self::Database(_) | Self::Panicked(_) => {
                status.canonical_reason().unwrap_or_default().to_owned()
            }
            error => error.to_string(),
        };
        Answer::json(status, &ErrorDetail { detail })
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Refused(_) => StatusCode::BAD_REQUEST,
            Self::ForeignPage | Self::UnknownHost | Self::InternalOnly => StatusCode::FORBIDDEN,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::BodyTooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::Changed(_) => StatusCode::PRECONDITION_FAILED,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Database(
                sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_),
            )
            | Self::Unavailable { .. }
            | Self::Busy
            | Self::TooLate { .. }
            | Self::Undecided(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Database(error) if database::is_busy(error) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Database(_) | Self::Panicked(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Writes down what the client is not told.
    pub(crate) fn log(&self) {
        match self {
            Self::Database(error) if database::is_busy(error) => {
                tracing::warn!(?error, "database is busy");
            }
            Self::Database(error) => tracing::error!(?error, "database failed"),
            Self::Unavailable { service, cause } => {
                tracing::warn!(callee = service, cause, "another service is not available");
            }
            Self::Undecided(cause) => tracing::error!(?cause, "an order is left to recovery"),
            Self::Panicked(message) => tracing::error!(message, "a handler has panicked"),
            Self::TooLate { .. } => tracing::warn!("a request was not done in time"),
            _ => {}
        }
    }
}

impl Answer {
    /// An answer with a body made of plain data.
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).expect("plain data becomes JSON");
        Self { status, body }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.log();
        let mut response = self.answer().into_response();
        let extra = match response.status() {
            StatusCode::SERVICE_UNAVAILABLE => Some((header::RETRY_AFTER, RETRY_AFTER)),
            StatusCode::UNAUTHORIZED => Some((header::WWW_AUTHENTICATE, BEARER)),
            _ => None,
        };
        response.headers_mut().extend(extra);
        response
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (
            self.status,
            [(header::CONTENT_TYPE, "application/json")],
            self.body,
        )
            .into_response()
    }
}
