//! How many requests may write the same book's row at once. On PostgreSQL each of them keeps a
//! connection while it waits for the row; those of one book that is locked must leave connections to
//! all others.
//!
//! A time limit on locks alone was tried: the buyers of one locked book then still keep every
//! connection, each for as long as the limit.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

use crate::platform::Error;

/// Requests for one book that may be in the database at once. One holds its row and some are next:
/// more would only wait there.
const AT_ONCE: usize = 3;

/// How long a request waits for its turns. Then the service is busy. With the wait for a lock (1 s)
/// less than the time that callers give a call ([`crate::platform::client::TIMEOUT`]).
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug, Default)]
pub(super) struct Queues {
    at_work: Mutex<HashMap<i64, usize>>,
    left: Notify,
}

/// A request's turn for each of its books.
pub(super) struct Turns<'a> {
    queues: &'a Queues,
    books: Vec<i64>,
}

impl Queues {
    /// Waits until there is a turn for every book, of which each is named once. Who waits holds no
    /// turn: a book that is locked does not stop the books that are ordered with it, and no two
    /// requests wait for each other.
    pub(super) async fn enter(&self, books: Vec<i64>) -> Result<Turns<'_>, Error> {
        let entered = async {
            loop {
                let left = self.left.notified();
                if self.try_enter(&books) {
                    break;
                }
                left.await;
            }
        };
        timeout(PATIENCE, entered).await.map_err(|_| Error::Busy)?;
        Ok(Turns {
            queues: self,
            books,
        })
    }

    fn try_enter(&self, books: &[i64]) -> bool {
        let mut at_work = self.lock();
        let is_full = |book| at_work.get(book).is_some_and(|number| *number >= AT_ONCE);
        if books.iter().any(is_full) {
            return false;
        }
        for book in books {
            *at_work.entry(*book).or_default() += 1;
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, usize>> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turns<'_> {
    fn drop(&mut self) {
        let mut at_work = self.queues.lock();
        for book in &self.books {
            if let Some(number) = at_work.get_mut(book) {
                *number -= 1;
            }
        }
        at_work.retain(|_, number| *number > 0);
        drop(at_work);
        self.queues.left.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn those_who_want_a_book_that_many_want_wait_and_others_do_not() {
        let queues = Queues::default();
        let mut turns = Vec::new();
        for _ in 0..AT_ONCE {
            turns.push(queues.enter(vec![1, 2]).await.unwrap());
        }
        let mut waiting = Box::pin(queues.enter(vec![2, 3]));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(queues.enter(vec![3, 4]).now_or_never().expect("it is free"));
        turns.pop();
        drop(waiting.now_or_never().expect("there is a turn"));
        turns.clear();
        assert!(queues.lock().is_empty(), "no book is kept for nobody");
    }
}
