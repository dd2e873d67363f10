//! How many connections a service has open: no more than leaves descriptors for everything else, so
//! that clients who keep connections open stop neither this service nor the others of the process.
//!
//! A client that comes when all places are taken gets the place of the one who has been waited for
//! longest: whose connection is idle, or who has not ended its request. A request at work is never
//! cut off; while there is nothing else, new clients wait to be accepted.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Context,
    time::Duration,
};

use futures::task::AtomicWaker;
use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

/// A client that has just connected is waited for so long, however many others want its place.
const LEAST_WAIT: Duration = Duration::from_millis(100);

/// How long to wait for a place before looking for another connection to close.
const INTERVAL: Duration = Duration::from_millis(20);

/// The connections of one service; cheap to clone.
#[derive(Clone)]
pub(crate) struct OpenConnections(Arc<Shared>);

struct Shared {
    most: usize,
    open: Mutex<Open>,
    /// Told when a place is free.
    left: Notify,
    /// What times are counted from.
    start: Instant,
}

#[derive(Default)]
struct Open {
    clients: HashMap<u64, Arc<Client>>,
    /// Of the next one.
    number: u64,
}

/// What is known of the client at the other end of a connection.
pub(crate) struct Client {
    shared: Arc<Shared>,
    /// Milliseconds from the start to the moment from which on the client has been waited for, or
    /// [`NOT_WAITED_FOR`].
    since: AtomicU64,
    is_to_leave: AtomicBool,
    /// Waits for what the client sends.
    reader: AtomicWaker,
}

/// While a request is at work or an answer is being sent.
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
            is_to_leave: AtomicBool::new(false),
            reader: AtomicWaker::new(),
        });
        let number = open.number;
        open.number += 1;
        open.clients.insert(number, Arc::clone(&client));
        Some(Place { number, client })
    }

    /// Has the connection closed whose client has been waited for longest.
    fn make_room(&self) {
        let latest = self.0.now().saturating_sub(milliseconds(LEAST_WAIT));
        let open = self.0.open();
        let waited_for = open.clients.values().filter_map(|client| {
            let since = client.since.load(Ordering::Relaxed);
            let may_leave = since <= latest && !client.is_to_leave.load(Ordering::Relaxed);
            may_leave.then_some((since, client))
        });
        if let Some((_, client)) = waited_for.min_by_key(|(since, _)| *since) {
            client.is_to_leave.store(true, Ordering::Release);
            client.reader.wake();
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
    /// The client has been heard, or takes its answer: it is waited for no more.
    pub(crate) fn is_served(&self) {
        self.since.store(NOT_WAITED_FOR, Ordering::Relaxed);
    }

    /// The client has its answer, or a part of it.
    pub(crate) fn is_waited_for(&self) {
        self.since.store(self.shared.now(), Ordering::Relaxed);
    }

    /// Whether the connection is to be closed; otherwise the task is woken when it is. For whoever
    /// has found nothing to read.
    pub(crate) fn poll_leave(&self, context: &Context<'_>) -> bool {
        self.reader.register(context.waker());
        self.is_to_leave.load(Ordering::Acquire)
            && self.since.load(Ordering::Relaxed) != NOT_WAITED_FOR
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
