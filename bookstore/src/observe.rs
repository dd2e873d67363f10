//! Watches every request on its way through a service.

use std::sync::Arc;

use axum::{
    body::{Body, HttpBody},
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use http_body_util::BodyExt;

use crate::metrics::{Metrics, Pending};

/// Sent by the bookstore's own client, so that calls between services can be told apart.
pub(crate) const CALLER_HEADER: &str = "x-bookstore-caller";

/// Counts and times the request.
pub(crate) async fn observe(
    State(metrics): State<Arc<Metrics>>,
    request: Request,
    next: Next,
) -> Response {
    let mut pending = Pending::new(
        metrics,
        request.extensions().get().map(MatchedPath::as_str),
        request.method(),
        request.headers().contains_key(CALLER_HEADER),
    );
    let wants_body = request.method() != Method::HEAD;
    let response = next.run(request).await;
    // A handler that knows no HEAD answers it as a GET, and axum takes the body away later.
    let body_bytes = if wants_body {
        response.body().size_hint().exact()
    } else {
        Some(0)
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
