//! How many connections a service has open: no more than leaves descriptors for everything else, so
//! that clients who keep connections open stop neither this service nor the others of the process.
//!
//! A client that comes when all places are taken gets the place of the one who has been waited for
//! longest: whose connection is idle, who has not ended its request, or who does not take its answer.
//! A request at work is never cut off; while there is nothing else, new clients wait to be accepted.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Context,
    time::Duration,
};

use axum::body::{Body, HttpBody};
use futures::{StreamExt, stream, task::AtomicWaker};
use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

/// A client that has just connected is waited for so long, however many others want its place.
const LEAST_WAIT: Duration = Duration::from_millis(100);

/// How long to wait for a place before looking for another connection to close.
const INTERVAL: Duration = Duration::from_millis(20);

/// How often the log says that connections are closed to make room.
const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// The connections of one service.
pub(crate) struct OpenConnections(Arc<Shared>);

struct Shared {
    most: usize,
    open: Mutex<Open>,
    /// Notified when a place is free.
    left: Notify,
    /// What times are counted from.
    start: Instant,
}

#[derive(Default)]
struct Open {
    clients: HashMap<u64, Arc<Client>>,
    /// Of the next one.
    number: u64,
    /// Connections chosen to be closed since the log has said how many.
    chosen: u64,
    logged: Option<Instant>,
}

/// What is known of the client at the other end of a connection.
pub(crate) struct Client {
    shared: Arc<Shared>,
    /// Milliseconds from the start to the moment from which on the client has been waited for, or
    /// [`NOT_WAITED_FOR`].
    since: AtomicU64,
    /// The `since` of the wait in which the connection was chosen to be closed.
    chosen: AtomicU64,
    at_work: AtomicBool,
    /// The connection's task while it waits for the client.
    task: AtomicWaker,
}

/// A request at work; the client is not waited for, but for the rest of its body.
pub(crate) struct AtWork(Arc<Client>);

/// While a request is at work.
const NOT_WAITED_FOR: u64 = u64::MAX;

/// A connection's place; free when it goes out of scope.
pub(crate) struct Place {
    number: u64,
    client: Arc<Client>,
}

impl OpenConnections {
    /// No more than these at once.
    pub(crate) fn up_to(most: usize) -> Self {
        Self(Arc::new(Shared {
            most,
            open: Mutex::default(),
            left: Notify::new(),
            start: Instant::now(),
        }))
    }

    /// Waits for a place; has another connection closed where there is none.
    pub(crate) async fn enter(&self) -> Place {
        loop {
            if let Some(place) = self.try_to_enter() {
                return place;
            }
            self.make_room();
            // A connection that was to be closed may have got a request in this very moment.
            let _ = timeout(INTERVAL, self.0.left.notified()).await;
        }
    }

    fn try_to_enter(&self) -> Option<Place> {
        let mut open = self.0.open();
        if open.clients.len() >= self.0.most {
            return None;
        }
        let client = Arc::new(Client {
            shared: Arc::clone(&self.0),
            since: AtomicU64::new(self.0.now()),
            chosen: AtomicU64::new(NOT_WAITED_FOR),
            at_work: AtomicBool::new(false),
            task: AtomicWaker::new(),
        });
        let number = open.number;
        open.number += 1;
        open.clients.insert(number, Arc::clone(&client));
        Some(Place { number, client })
    }

    /// Has the connection closed whose client has been waited for longest, one at a time.
    fn make_room(&self) {
        let latest = self.0.now().saturating_sub(milliseconds(LEAST_WAIT));
        let mut open = self.0.open();
        if open.clients.values().any(|client| client.is_to_leave()) {
            return;
        }
        let waited_for = open.clients.values().filter_map(|client| {
            let since = client.since.load(Ordering::Relaxed);
            (since <= latest).then_some((since, client))
        });
        if let Some((since, client)) = waited_for.min_by_key(|(since, _)| *since) {
            client.chosen.store(since, Ordering::Release);
            client.task.wake();
            open.log_chosen();
        }
    }
}

impl Open {
    /// Counts one more connection that is to be closed, and logs the count from time to time.
    fn log_chosen(&mut self) {
        self.chosen += 1;
        if self
            .logged
            .is_none_or(|logged| logged.elapsed() >= LOG_INTERVAL)
        {
            let (connections, open) = (self.chosen, self.clients.len());
            tracing::warn!(
                connections,
                open,
                "closing connections to make room for others"
            );
            self.chosen = 0;
            self.logged = Some(Instant::now());
        }
    }
}

impl Shared {
    /// The list is whole whatever happened to whoever held it.
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        milliseconds(self.start.elapsed())
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(NOT_WAITED_FOR - 1)
}

impl Client {
    /// A request of the client is at work, until this goes out of scope.
    pub(crate) fn begin_work(self: &Arc<Self>) -> AtWork {
        self.at_work.store(true, Ordering::Relaxed);
        self.since.store(NOT_WAITED_FOR, Ordering::Relaxed);
        AtWork(Arc::clone(self))
    }

    /// Whether a request of the client is at work: what is written meanwhile is not its answer.
    pub(crate) fn is_at_work(&self) -> bool {
        self.at_work.load(Ordering::Relaxed)
    }

    /// The client has taken an answer, or a part of it, and is waited for anew.
    pub(crate) fn has_taken(&self) {
        self.since.store(self.shared.now(), Ordering::Relaxed);
    }

    /// The client is waited for: from now on, unless it was before.
    pub(crate) fn is_waited_for(&self) {
        let (from, to) = (NOT_WAITED_FOR, self.shared.now());
        // Fails where it was waited for before.
        let _ = self
            .since
            .compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Whether the connection is to be closed; otherwise the task is woken when it is. For whoever
    /// has found nothing to read, or cannot write.
    pub(crate) fn poll_leave(&self, context: &Context<'_>) -> bool {
        self.task.register(context.waker());
        self.is_to_leave()
    }

    /// Whether it was chosen in this very wait: a client that was served since then stays.
    fn is_to_leave(&self) -> bool {
        let chosen = self.chosen.load(Ordering::Acquire);
        chosen != NOT_WAITED_FOR && chosen == self.since.load(Ordering::Relaxed)
    }
}

impl AtWork {
    /// A request's body: a handler that waits for the rest of it waits for the client, from the
    /// first wait until it has read the body or drops it.
    pub(crate) fn watch(&self, body: Body) -> Body {
        if body.is_end_stream() {
            return body;
        }
        let reading = Reading(Arc::clone(&self.0));
        let mut parts = body.into_data_stream();
        Body::from_stream(stream::poll_fn(move |context| {
            let part = parts.poll_next_unpin(context);
            if part.is_pending() {
                reading.0.is_waited_for();
            }
            part
        }))
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.at_work.store(false, Ordering::Relaxed);
    }
}

/// Goes with a request's body.
struct Reading(Arc<Client>);

impl Drop for Reading {
    fn drop(&mut self) {
        if self.0.is_at_work() {
            self.0.since.store(NOT_WAITED_FOR, Ordering::Relaxed);
        }
    }
}

impl Place {
    pub(crate) fn client(&self) -> &Arc<Client> {
        &self.client
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let shared = &self.client.shared;
        shared.open().clients.remove(&self.number);
        shared.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, task::Waker};

    use futures::poll;

    use super::*;

    fn chosen(places: &[Place]) -> Vec<bool> {
        let context = Context::from_waker(Waker::noop());
        let mut chosen = Vec::new();
        for place in places {
            chosen.push(place.client.poll_leave(&context));
        }
        chosen
    }

    #[tokio::test]
    async fn no_more_connections_are_closed_than_room_is_needed_for() {
        let open = OpenConnections::up_to(3);
        // Nobody waits for these places.
        drop((open.enter().await, open.enter().await));
        let mut places = vec![open.enter().await, open.enter().await, open.enter().await];
        for place in &places {
            place.client.since.store(0, Ordering::Relaxed);
        }
        let mut entering = pin!(open.enter());
        for _ in 0..3 {
            assert!(poll!(entering.as_mut()).is_pending());
            let chosen = chosen(&places).into_iter().filter(|chosen| *chosen);
            assert_eq!(chosen.count(), 1);
        }
        places.retain(|place| !place.client.is_to_leave());
        drop(entering.await);
        assert_eq!(chosen(&places), [false, false]);
    }

    #[tokio::test]
    async fn a_client_that_is_served_in_time_stays() {
        let open = OpenConnections::up_to(1);
        let places = [open.enter().await];
        let client = &places[0].client;
        client.since.store(0, Ordering::Relaxed);
        open.make_room();
        assert_eq!(chosen(&places), [true]);
        let at_work = client.begin_work();
        assert_eq!(chosen(&places), [false]);
        tokio::time::sleep(Duration::from_millis(2)).await;
        drop(at_work);
        client.has_taken();
        assert_eq!(chosen(&places), [false]);
    }

    #[tokio::test]
    async fn a_client_is_waited_for_while_the_handler_waits_for_its_body() {
        let open = OpenConnections::up_to(1);
        let place = open.enter().await;
        let is_waited_for = || place.client.since.load(Ordering::Relaxed) != NOT_WAITED_FOR;
        let at_work = place.client.begin_work();
        let empty = at_work.watch(Body::empty());
        assert!(empty.is_end_stream() && !is_waited_for());
        let pending = stream::pending::<Result<String, std::io::Error>>();
        let mut body = at_work.watch(Body::from_stream(pending)).into_data_stream();
        assert!(!is_waited_for(), "the handler does something else");
        assert!(poll!(body.next()).is_pending());
        assert!(is_waited_for());
        drop(body);
        assert!(!is_waited_for());
    }
}
