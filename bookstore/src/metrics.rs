//! Counts requests: every one that reached the service exactly once, by what became of it. Only
//! those for the counts themselves are left out.
//!
//! A load generator holds these counts against its samples, so none may be lost, not even that of
//! a request whose client went away. They cost a few nanoseconds: no lock, no allocation.

use std::{
    fmt::Write,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Sent by the bookstore's own client, so that calls between services can be told apart.
pub(crate) const CALLER_HEADER: &str = "x-bookstore-caller";

/// What is counted when the client went away before there was an answer.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Statuses that HTTP knows: 100 to 999.
const STATUSES: usize = 900;

/// The last one stands for every method that is not listed.
const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "OTHER",
];

const CALLERS: [&str; 2] = ["client", "service"];

/// A count per status, allocated with the first request.
type StatusCounts = OnceLock<Box<[AtomicU64]>>;

/// One service's counts.
#[derive(Debug)]
pub(crate) struct RequestCounts {
    service: &'static str,
    /// Route patterns, and last what stands for requests that matched none.
    routes: Vec<String>,
    /// By route, method and caller.
    counts: Vec<[[StatusCounts; CALLERS.len()]; METHODS.len()]>,
}

impl RequestCounts {
    /// Counts that start at zero, for a service with these routes.
    pub(crate) fn new(service: &'static str, routes: impl Iterator<Item = String>) -> Self {
        let mut routes: Vec<String> = routes.collect();
        routes.push("unmatched".to_owned());
        let counts = routes.iter().map(|_| Default::default()).collect();
        Self {
            service,
            routes,
            counts,
        }
    }

    fn statuses(&self, route: usize, method: usize, caller: usize) -> &[AtomicU64] {
        self.counts[route][method][caller]
            .get_or_init(|| (0..STATUSES).map(|_| AtomicU64::new(0)).collect())
    }

    /// The counts in Prometheus' text format.
    pub(crate) fn render(&self) -> String {
        let mut text = String::from(
            "# HELP bookstore_requests_total Requests that reached the service, by outcome.\n\
             # TYPE bookstore_requests_total counter\n",
        );
        for (route, by_method) in self.routes.iter().zip(&self.counts) {
            for (method, by_caller) in METHODS.iter().zip(by_method) {
                for (caller, statuses) in CALLERS.iter().zip(by_caller) {
                    let Some(statuses) = statuses.get() else {
                        continue;
                    };
                    for (index, count) in statuses.iter().enumerate() {
                        let count = count.load(Ordering::Relaxed);
                        if count > 0 {
                            let (service, status) = (self.service, index + 100);
                            writeln!(
                                text,
                                "bookstore_requests_total{{service=\"{service}\",method=\"{method}\",\
                                 route=\"{route}\",status=\"{status}\",caller=\"{caller}\"}} {count}"
                            )
                            .expect("writing to a string does not fail");
                        }
                    }
                }
            }
        }
        text
    }
}

/// A request that has been seen and not yet counted; counts it when it goes out of scope.
struct Pending {
    counts: Arc<RequestCounts>,
    route: usize,
    method: usize,
    caller: usize,
    status: u16,
}

impl Drop for Pending {
    fn drop(&mut self) {
        let statuses = self.counts.statuses(self.route, self.method, self.caller);
        statuses[usize::from(self.status) - 100].fetch_add(1, Ordering::Relaxed);
    }
}

/// Counts the request with the status of its answer.
pub(crate) async fn count_request(
    State(counts): State<Arc<RequestCounts>>,
    request: Request,
    next: Next,
) -> Response {
    let unmatched = counts.routes.len() - 1;
    let route = match request.extensions().get::<MatchedPath>() {
        Some(path) => counts
            .routes
            .iter()
            .position(|route| route == path.as_str())
            .unwrap_or(unmatched),
        None => unmatched,
    };
    let mut pending = Pending {
        route,
        method: method_index(request.method()),
        caller: usize::from(request.headers().contains_key(CALLER_HEADER)),
        status: CLIENT_CLOSED_REQUEST,
        counts,
    };
    let response = next.run(request).await;
    pending.status = response.status().as_u16();
    response
}

fn method_index(method: &Method) -> usize {
    METHODS
        .iter()
        .position(|known| *known == method.as_str())
        .unwrap_or(METHODS.len() - 1)
}

/// Answers `GET /metrics`.
pub(crate) async fn show(State(counts): State<Arc<RequestCounts>>) -> impl IntoResponse {
    (
        StatusCode::OK,
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        counts.render(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_whose_client_went_away_is_counted_as_499() {
        let counts = Arc::new(RequestCounts::new(
            "cart",
            ["/carts".to_owned()].into_iter(),
        ));
        let pending = Pending {
            counts: Arc::clone(&counts),
            route: 0,
            method: method_index(&Method::POST),
            caller: 0,
            status: CLIENT_CLOSED_REQUEST,
        };
        assert!(!counts.render().contains("/carts"));
        drop(pending);
        let line = r#"bookstore_requests_total{service="cart",method="POST",route="/carts",status="499",caller="client"} 1"#;
        assert!(counts.render().lines().any(|rendered| rendered == line));
    }

    #[test]
    fn methods_that_nobody_knows_share_one_name() {
        let index = method_index(&Method::from_bytes(b"BREW").unwrap());
        assert_eq!(METHODS[index], "OTHER");
    }
}
