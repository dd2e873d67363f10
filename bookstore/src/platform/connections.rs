//! How many connections a service has open: no more than leaves descriptors for everything else, so
//! that clients who keep connections open stop neither this service nor the others of the process.
//! One more client gets the place of the one who has been waited for longest: whose connection is
//! idle, who has not sent its whole request, or who does not take its answer. A request at work is
//! never cut off; while there is nothing else, new clients wait to be accepted.
//!
//! tower and hyper-util were tried: they limit requests, and a semaphore around `accept` lets clients
//! that only wait keep all others out.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::{Duration, Instant},
};

use axum::body::{Body, HttpBody};
use futures::{StreamExt, stream};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::platform::log_throttle::LogThrottle;

/// A client that has just connected is waited for so long, however many others want its place.
const LEAST_WAIT: Duration = Duration::from_millis(100);

/// How long to wait for a place before looking for another connection to close.
const INTERVAL: Duration = Duration::from_millis(20);

pub(crate) struct Connections {
    places: Arc<Semaphore>,
    open: Mutex<BTreeMap<u64, Arc<Connection>>>,
    closed: LogThrottle,
}

/// What is known of an open connection.
#[derive(Default)]
pub(crate) struct Connection {
    state: Mutex<State>,
    close: Notify,
}

#[derive(Default)]
struct State {
    is_at_work: bool,
    /// Since when the client is waited for, if it is.
    waiting: Option<Instant>,
    /// Whether it was chosen to be closed.
    is_closing: bool,
}

/// A connection's place; free when it goes out of scope.
pub(crate) struct Place {
    pub(crate) connection: Arc<Connection>,
    connections: Arc<Connections>,
    number: u64,
    _permit: OwnedSemaphorePermit,
}

pub(crate) struct AtWork(Arc<Connection>);

/// The body of a request at work; its handler waits for the client.
struct Reading(Arc<Connection>);

impl Connections {
    /// No more than these at once.
    pub(crate) fn up_to(most: usize) -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            open: Mutex::default(),
            closed: LogThrottle::default(),
        })
    }

    /// Waits for a place; has another connection closed where there is none.
    pub(crate) async fn enter(self: &Arc<Self>) -> Place {
        let places = || Arc::clone(&self.places);
        let mut permit = places().try_acquire_owned().ok();
        let permit = loop {
            match permit {
                Some(permit) => break permit,
                None => self.make_room(),
            }
            // A connection that was to be closed may have got a request in this very moment.
            let entered = timeout(INTERVAL, places().acquire_owned()).await;
            permit = entered.ok().and_then(Result::ok);
        };
        let connection = Arc::<Connection>::default();
        connection.state().waiting = Some(Instant::now());
        let mut open = lock(&self.open);
        let number = open.last_key_value().map_or(0, |(last, _)| last + 1);
        open.insert(number, Arc::clone(&connection));
        Place {
            connection,
            connections: Arc::clone(self),
            number,
            _permit: permit,
        }
    }

    /// Has the connection closed whose client has been waited for longest, one at a time.
    fn make_room(&self) {
        let open = lock(&self.open);
        if open.values().any(|it| it.state().is_closing) {
            return;
        }
        let waiting = open.values().filter_map(|connection| {
            let since = connection.state().waiting?;
            (since.elapsed() >= LEAST_WAIT).then_some((since, connection))
        });
        if let Some((_, connection)) = waiting.min_by_key(|(since, _)| *since)
            && connection.choose()
            && let Some(connections) = self.closed.count()
        {
            let open = open.len();
            tracing::warn!(
                connections,
                open,
                "closing connections to make room for others"
            );
        }
    }
}

impl Connection {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Has it closed, unless a request has arrived since its client was waited for.
    fn choose(&self) -> bool {
        let mut state = self.state();
        state.is_closing = state.waiting.is_some();
        if state.is_closing {
            self.close.notify_one();
        }
        state.is_closing
    }

    /// Waits until it is to be closed.
    pub(crate) async fn chosen(&self) {
        self.close.notified().await;
    }

    /// A request has arrived. None is begun on a connection that is to be closed.
    pub(crate) async fn begin_work(self: &Arc<Self>) -> AtWork {
        let is_closing = {
            let mut state = self.state();
            state.is_at_work = true;
            state.waiting = None;
            state.is_closing
        };
        if is_closing {
            std::future::pending::<()>().await;
        }
        AtWork(Arc::clone(self))
    }
}

impl AtWork {
    /// A request's body: the client is waited for from when the handler first waits for a part until
    /// it has the whole body, or drops it.
    pub(crate) fn watch(&self, body: Body) -> Body {
        if body.is_end_stream() {
            return body;
        }
        let reading = Reading(Arc::clone(&self.0));
        let mut parts = body.into_data_stream();
        Body::from_stream(stream::poll_fn(move |context| {
            let part = parts.poll_next_unpin(context);
            let mut state = reading.0.state();
            if part.is_pending() {
                state.waiting.get_or_insert_with(Instant::now);
            }
            match state.is_closing {
                true => Poll::Pending,
                false => part,
            }
        }))
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_at_work = false;
        state.waiting = Some(Instant::now());
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if state.is_at_work {
            state.waiting = None;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.connections.open).remove(&self.number);
    }
}

/// What is locked is whole whatever happened to whoever held it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::poll;

    use super::*;

    #[tokio::test]
    async fn no_request_is_begun_on_a_connection_that_is_to_be_closed() {
        let connections = Connections::up_to(1);
        let place = connections.enter().await;
        place.connection.state().waiting = Instant::now().checked_sub(LEAST_WAIT);
        connections.make_room();
        assert!(place.connection.state().is_closing);
        assert!(poll!(pin!(place.connection.begin_work())).is_pending());
    }
}
