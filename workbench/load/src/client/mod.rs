//! The measured client: HTTP over its own connections, timed at the socket.
//!
//! A request of HTTP/1.1 is written with one call, and a response is decoded as it arrives, so that no queue lies
//! between the socket and the clock. For HTTP/2 the same bytes are parsed and given to h2. A connection is driven by
//! the task that uses it, so that a request wakes no other task. The kept part of a response is evaluated after the
//! measurement has ended.

mod buffer;
mod connection;
mod cookies;
mod deadline;
mod encoding;
mod endpoint;
mod http2;
mod kept_response;
mod measurement;
mod parsed_request;
mod redirect;
mod response;
mod tls;
mod user_connections;
mod wire;

use std::sync::Arc;
use std::time::{Instant, SystemTime};

pub(crate) use connection::Request;
use cookies::{Cookies, Place};
pub(crate) use endpoint::{Endpoint, resolve};
pub(crate) use kept_response::{KeptResponse, Terms, Wanted};
use measurement::Meter;
pub(crate) use measurement::{Connections, Measurement};
pub(crate) use redirect::Stop;
use user_connections::UserConnections;
use wire::Crossed;

/// The destination of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route<'a> {
    /// The services of the target, or of one of its replicas. All replicas have the same services.
    pub(crate) services: &'a [Arc<Endpoint>],
    pub(crate) replica: usize,
    /// By position.
    pub(crate) service: usize,
}

impl Route<'_> {
    /// Of a service among the endpoints of all replicas.
    fn position(&self, service: usize) -> usize {
        self.replica * self.services.len() + service
    }
}

/// One user's connections and cookies.
#[derive(Debug)]
pub(crate) struct Client {
    link: UserConnections,
    crossed: Arc<Crossed>,
    cookies: Cookies,
    followed: Followed,
}

/// The state after redirects.
#[derive(Debug, Default)]
struct Followed {
    /// The last request, if it differs from the first.
    request: Option<Vec<u8>>,
    /// Why the last response, which is a redirect, was not followed.
    stop: Option<Stop>,
}

impl Client {
    /// `endpoints`: how many there are, of all replicas.
    pub(crate) fn new(endpoints: usize, keeps_cookies: bool) -> Self {
        Self {
            link: UserConnections::new(endpoints, keeps_cookies),
            crossed: Arc::default(),
            cookies: Cookies::default(),
            followed: Followed::default(),
        }
    }

    /// Closes the connections: the next requests open new ones.
    pub(crate) fn disconnect(&mut self) {
        self.link.disconnect();
    }

    /// Clears the cookies, for a new user.
    pub(crate) fn forget_cookies(&mut self) {
        self.cookies.clear();
    }

    /// Writes the value of the header `cookie` for a request to a path with its query, which may be nothing.
    pub(crate) fn write_cookies(&self, endpoint: &Endpoint, target: &str, header: &mut String) {
        if !self.cookies.is_empty() {
            let place = place(endpoint, target);
            self.cookies.write(place, SystemTime::now(), header);
        }
    }

    /// The value of a cookie of the user. If the user keeps no cookies, of one that the last response has set.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        if self.link.keeps_cookies {
            return self.cookies.value(name, SystemTime::now());
        }
        let mut set = self.answer().values("set-cookie");
        set.find_map(|field| cookies::named(field, name))
    }

    /// The kept part of the last response; empty if there was none.
    pub(crate) fn answer(&self) -> &KeptResponse {
        &self.link.answer
    }

    /// The request of the last response, if a redirect led to it.
    pub(crate) fn followed(&self) -> Option<&[u8]> {
        self.followed.request.as_deref()
    }

    /// Why the last response, which is a redirect, was not followed, where redirects are followed at all.
    pub(crate) fn stopped_at(&self) -> Option<&Stop> {
        self.followed.stop.as_ref()
    }

    /// Why TLS failed, of a request that failed for that.
    pub(crate) fn tls_failure(&self) -> Option<String> {
        self.crossed.tls_failure()
    }

    /// Clears the state of the last request, before a new one.
    pub(crate) fn clear(&mut self) {
        self.link.answer.clear();
        self.followed.request = None;
        self.followed.stop = None;
    }

    /// Sends a request and reads the whole response, and follows redirects as far as the terms say.
    ///
    /// `started` is now. `measured` begins as [`Measurement::nothing`]. If the future is dropped before the request has
    /// ended, it holds what was known by then.
    pub(crate) async fn send(
        &mut self,
        route: Route<'_>,
        request: &Request<'_>,
        terms: &Terms<'_>,
        started: Instant,
        measured: &mut Measurement,
    ) {
        self.clear();
        self.link.deadline.move_to(started + terms.timeout);
        let mut meter = Meter::start(measured, &self.crossed, started);
        let (mut service, mut begun) = (route.service, started);
        let mut followed: Option<Vec<u8>> = None;
        let mut is_idempotent = request.is_idempotent;
        let (outcome, ended) = loop {
            let endpoint = &*route.services[service];
            let sending = Request {
                bytes: followed.as_deref().unwrap_or(request.bytes),
                is_idempotent,
                ..*request
            };
            let to = (route.position(service), endpoint);
            let exchanged = self
                .link
                .exchange(to, &sending, terms, begun, &mut meter)
                .await;
            if self.link.keeps_cookies {
                keep_cookies(&mut self.cookies, endpoint, &sending, &self.link.answer);
            }
            let (status, at) = match exchanged {
                Ok(exchanged) => exchanged,
                Err(error) => break (Err(error), Instant::now()),
            };
            let is_wanted = terms.redirects == 0 || terms.expected.contains(&status);
            if is_wanted || !redirect::is_redirect(status) {
                break (Ok(status), at);
            }
            let location = self.link.answer.values("location").next();
            let next = if meter.measured.redirects < terms.redirects {
                redirect::next(status, location, sending.bytes, route.services, service)
            } else {
                Err(Stop::TooMany)
            };
            let follow = match next {
                Ok(follow) => follow,
                Err(stop) => {
                    self.followed.stop = Some(stop);
                    break (Ok(status), at);
                }
            };
            let endpoint = &*route.services[follow.service];
            let cookies = self.link.keeps_cookies.then(|| {
                let mut cookies = String::new();
                self.write_cookies(endpoint, &follow.target, &mut cookies);
                cookies
            });
            followed = Some(follow.write(sending.bytes, endpoint, cookies.as_deref()));
            is_idempotent |= !follow.repeats;
            (service, begun) = (follow.service, at);
            meter.measured.redirects += 1;
        };
        self.followed.request = followed;
        meter.measured.outcome = outcome;
        meter.measured.elapsed = ended - started;
    }
}

/// Stores the cookies that a response has set.
fn keep_cookies(
    cookies: &mut Cookies,
    endpoint: &Endpoint,
    request: &Request<'_>,
    answer: &KeptResponse,
) {
    for field in answer.values("set-cookie") {
        let place = place(endpoint, parsed_request::target(request.bytes));
        cookies.set(place, SystemTime::now(), field);
    }
}

fn place<'a>(endpoint: &'a Endpoint, target: &'a str) -> Place<'a> {
    Place {
        host: endpoint.name(),
        is_secure: endpoint.is_secure(),
        target,
    }
}

#[cfg(test)]
mod tests;
