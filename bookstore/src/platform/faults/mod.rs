//! Faults on purpose, so that an experiment has a known truth: latency from a distribution, errors
//! at a rate, a stall at a time, for requests of some routes. Off unless asked for.

mod admin;
mod draw;
mod fault;
mod notation;
mod timer;

pub(crate) use admin::routes;
pub use draw::Latency;
pub(crate) use fault::Fault;
pub(crate) use notation::read_file;

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    http::{Method, StatusCode},
    response::Response,
};

use crate::platform::service;

use timer::sleep_until;

#[derive(Debug)]
pub(crate) struct Faults {
    service: &'static str,
    /// Patterns of the routes that `*` stands for.
    calls: Vec<String>,
    /// Patterns of those that have to be named.
    own: Vec<String>,
    /// Whether there is any: all that is looked at as long as there is none.
    any: AtomicBool,
    active: RwLock<Arc<Vec<Active>>>,
    pub(crate) injected: Injected,
}

/// How often something was done to a request.
#[derive(Debug, Default)]
pub(crate) struct Injected {
    latency: AtomicU64,
    error: AtomicU64,
    stall: AtomicU64,
}

impl Injected {
    /// By kind.
    pub(crate) fn counts(&self) -> [(&'static str, u64); 3] {
        [
            ("latency", &self.latency),
            ("error", &self.error),
            ("stall", &self.stall),
        ]
        .map(|(kind, count)| (kind, count.load(Ordering::Relaxed)))
    }
}

#[derive(Debug)]
struct Active {
    fault: Fault,
    started: Instant,
    /// Requests that it was applied to so far.
    requests: AtomicU64,
}

/// What is done to one request.
struct Applied {
    /// Answered instead of the handler.
    error: Option<StatusCode>,
    /// Faults that may stall it while it is at work.
    stalling: Vec<(Arc<Vec<Active>>, usize)>,
}

impl Faults {
    /// No faults, for a service with these routes.
    pub(crate) fn new(service: &'static str, calls: Vec<String>, own: Vec<String>) -> Self {
        Self {
            service,
            calls,
            own,
            any: AtomicBool::new(false),
            active: RwLock::default(),
            injected: Injected::default(),
        }
    }

    pub(crate) fn replace(&self, faults: Vec<Fault>) {
        let started = Instant::now();
        let active: Vec<_> = faults
            .into_iter()
            .map(|fault| Active {
                fault,
                started,
                requests: AtomicU64::new(0),
            })
            .collect();
        let any = !active.is_empty();
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(active);
        self.any.store(any, Ordering::Release);
    }

    /// Whether the fault is for this service and a route that it has; otherwise why not.
    pub(crate) fn check(&self, fault: &Fault) -> Result<(), String> {
        let service = self.service;
        if fault
            .service
            .as_deref()
            .is_some_and(|named| named != service)
        {
            return Err(format!("this is the {service} service"));
        }
        let known = self.calls.iter().chain(&self.own);
        match &fault.route {
            Some(route) if !known.clone().any(|known| known == route) => {
                let known: Vec<_> = known.map(String::as_str).collect();
                let known = known.join(", ");
                Err(format!("{service} has no route {route}, it has {known}"))
            }
            _ => Ok(()),
        }
    }

    fn active(&self) -> Arc<Vec<Active>> {
        let active = self.active.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&active)
    }

    /// Has a request answered, or an error instead, when the faults say so.
    pub(crate) async fn around(
        &self,
        method: &Method,
        route: &str,
        answer: impl Future<Output = Response>,
    ) -> Response {
        let Some(applied) = self.before(method, route).await else {
            return answer.await;
        };
        let response = match applied.error {
            None => answer.await,
            Some(status) => service::injected_error(status),
        };
        self.after(applied).await;
        response
    }

    /// Lets the request wait as the faults say, before it is handled. Nothing where none is in
    /// force.
    async fn before(&self, method: &Method, route: &str) -> Option<Applied> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let arrived = Instant::now();
        let (active, wildcard) = (self.active(), self.calls.iter().any(|call| call == route));
        let mut applied = Applied {
            error: None,
            stalling: Vec::new(),
        };
        let (mut stalled_until, mut latency) = (None, Duration::ZERO);
        for (index, one) in active.iter().enumerate() {
            let age = arrived.saturating_duration_since(one.started);
            if !one.fault.is_for(method, route, wildcard) || !one.fault.is_on(age) {
                continue;
            }
            let n = one.requests.fetch_add(1, Ordering::Relaxed);
            if let Some(drawn) = one.fault.latency(n) {
                self.injected.latency.fetch_add(1, Ordering::Relaxed);
                latency += drawn;
            }
            applied.error = applied.error.or(one.fault.error(n));
            if one.fault.stall.is_some() {
                applied.stalling.push((Arc::clone(&active), index));
                stalled_until = stalled_until.max(one.stalled_until(arrived));
            }
        }
        if stalled_until.is_some() {
            self.injected.stall.fetch_add(1, Ordering::Relaxed);
        }
        let begins = stalled_until.unwrap_or(arrived);
        if begins + latency > arrived {
            sleep_until(begins + latency).await;
        }
        if applied.error.is_some() {
            self.injected.error.fetch_add(1, Ordering::Relaxed);
        }
        Some(applied)
    }

    /// Keeps an answer back while a stall lasts that began in the meantime.
    async fn after(&self, applied: Applied) {
        let now = Instant::now();
        let stalled = applied.stalling.iter();
        let until = stalled
            .filter_map(|(active, index)| active[*index].stalled_until(now))
            .max();
        if let Some(until) = until {
            self.injected.stall.fetch_add(1, Ordering::Relaxed);
            sleep_until(until).await;
        }
    }
}

impl Active {
    /// The end of the stall, if it lasts at this moment.
    fn stalled_until(&self, now: Instant) -> Option<Instant> {
        let stall = self.fault.stall?;
        let begin = self.started + stall.at;
        let end = begin + stall.length;
        (begin..end).contains(&now).then_some(end)
    }
}
