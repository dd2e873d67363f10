//! Queues for books: how many orders may want the same book's row at once. On PostgreSQL each of
//! them keeps a connection while it waits for the row; those of one book that is locked must leave
//! connections to all others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{Error, item::Item};

/// Orders of one book that may be in the database at once. One holds its row and some are next: more
/// would only wait there.
const AT_ONCE: usize = 3;

/// How long an order waits for its turns, as long as for a connection. Then the service is busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// The queues of books that somebody wants.
#[derive(Debug, Default)]
pub(super) struct Queues(Mutex<HashMap<i64, Arc<Semaphore>>>);

/// An order's turns, one in the queue of each of its books.
pub(super) struct Turns<'a> {
    queues: &'a Queues,
    held: Vec<(i64, OwnedSemaphorePermit)>,
}

impl Queues {
    /// Waits for a turn for every book. Items are sorted by product, so that two orders never wait
    /// for each other in a circle.
    pub(super) async fn enter(&self, items: &[Item]) -> Result<Turns<'_>, Error> {
        let mut turns = Turns {
            queues: self,
            held: Vec::with_capacity(items.len()),
        };
        let all = async {
            for item in items {
                let queue = Arc::clone(
                    self.lock()
                        .entry(item.product_id)
                        .or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))),
                );
                let turn = queue.acquire_owned().await.expect("never closed");
                turns.held.push((item.product_id, turn));
            }
        };
        timeout(PATIENCE, all).await.map_err(|_| Error::Busy)?;
        Ok(turns)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Arc<Semaphore>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turns<'_> {
    fn drop(&mut self) {
        let mut queues = self.queues.lock();
        for (book, turn) in self.held.drain(..) {
            drop(turn);
            // Nobody else is in this queue.
            if queues
                .get(&book)
                .is_some_and(|queue| Arc::strong_count(queue) == 1)
            {
                queues.remove(&book);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn items(books: &[i64]) -> Vec<Item> {
        let item = |&product_id| Item {
            product_id,
            quantity: 1,
        };
        books.iter().map(item).collect()
    }

    #[tokio::test]
    async fn those_who_want_a_book_that_many_want_wait_and_others_do_not() {
        let queues = Queues::default();
        let mut turns = Vec::new();
        for _ in 0..AT_ONCE {
            turns.push(queues.enter(&items(&[1, 2])).await.unwrap());
        }
        assert!(queues.enter(&items(&[2, 3])).now_or_never().is_none());
        drop(queues.enter(&items(&[3, 4])).await.unwrap());
        turns.pop();
        drop(queues.enter(&items(&[1, 2])).await.unwrap());
        turns.clear();
        assert!(queues.lock().is_empty(), "no queue is kept for nobody");
    }
}
