//! Queues for books: how many requests may write the same book's row at once. On PostgreSQL each of
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

use crate::Error;

/// Requests for one book that may be in the database at once. One holds its row and some are next:
/// more would only wait there.
const AT_ONCE: usize = 3;

/// How long a request waits for its turns. Then the service is busy. With the wait for a lock (1 s)
/// less than the time that callers give a call ([`crate::client::TIMEOUT`]).
const PATIENCE: Duration = Duration::from_secs(3);

/// The queues of books that somebody wants.
#[derive(Debug, Default)]
pub(super) struct Queues(Mutex<HashMap<i64, Queue>>);

/// One book's queue.
#[derive(Debug)]
struct Queue {
    turns: Arc<Semaphore>,
    /// Requests that wait in it or have a turn. The last one removes it.
    users: usize,
}

/// A request's use of a queue.
struct User<'a> {
    queues: &'a Queues,
    book: i64,
    turns: Arc<Semaphore>,
}

/// A request's turns, one in the queue of each of its books.
pub(super) struct Turns<'a> {
    _held: Vec<OwnedSemaphorePermit>,
    _users: Vec<User<'a>>,
}

impl Queues {
    /// Waits for a turn for every book, of which each is named once.
    ///
    /// A request waits in one queue at a time and holds no other turn meanwhile: a book that is
    /// locked does not stop the books that are ordered with it, and no two requests wait for each
    /// other. Each queue is served in the order of arrival. A request for several books starts again
    /// when it has its turn for one and not for the next. While several of its books always have a
    /// queue, it may thus be overtaken, until its patience ends.
    pub(super) async fn enter(&self, books: &[i64]) -> Result<Turns<'_>, Error> {
        let users: Vec<User<'_>> = books.iter().map(|&book| self.user(book)).collect();
        let mut held = Vec::with_capacity(users.len());
        let all = async {
            let mut waited_for = None;
            loop {
                let missing = users.iter().enumerate().find(|(index, user)| {
                    let try_acquire = || Arc::clone(&user.turns).try_acquire_owned();
                    waited_for != Some(*index) && try_acquire().map(|turn| held.push(turn)).is_err()
                });
                let Some((index, user)) = missing else { break };
                held.clear();
                let turn = Arc::clone(&user.turns).acquire_owned().await;
                held.push(turn.expect("never closed"));
                waited_for = Some(index);
            }
        };
        timeout(PATIENCE, all).await.map_err(|_| Error::Busy)?;
        Ok(Turns {
            _held: held,
            _users: users,
        })
    }

    fn user(&self, book: i64) -> User<'_> {
        let mut queues = self.lock();
        let queue = queues.entry(book).or_insert_with(|| Queue {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            users: 0,
        });
        queue.users += 1;
        User {
            queues: self,
            book,
            turns: Arc::clone(&queue.turns),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for User<'_> {
    fn drop(&mut self) {
        let mut queues = self.queues.lock();
        if let Some(queue) = queues.get_mut(&self.book) {
            queue.users -= 1;
            if queue.users == 0 {
                queues.remove(&self.book);
            }
        }
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
            turns.push(queues.enter(&[1, 2]).await.unwrap());
        }
        assert!(queues.enter(&[2, 3]).now_or_never().is_none());
        drop(queues.enter(&[3, 4]).await.unwrap());
        turns.pop();
        drop(queues.enter(&[1, 2]).await.unwrap());
        turns.clear();
        assert!(queues.lock().is_empty(), "no queue is kept for nobody");
    }

    #[tokio::test]
    async fn those_who_wait_for_one_book_hold_no_turn_for_another() {
        let queues = Queues::default();
        let mut turns = Vec::new();
        for _ in 0..AT_ONCE {
            turns.push(queues.enter(&[2]).await.unwrap());
        }
        let mut waiting = Vec::new();
        for books in [[1, 2], [2, 1]].iter().cycle().take(2 * AT_ONCE) {
            let mut one = Box::pin(queues.enter(books));
            assert!(one.as_mut().now_or_never().is_none());
            waiting.push(one);
        }
        drop(queues.enter(&[1]).now_or_never().expect("there are turns"));
        turns.clear();
        for one in waiting {
            one.await.unwrap();
        }
        assert!(queues.lock().is_empty());
    }

    #[tokio::test]
    async fn each_turn_that_comes_free_is_used_however_many_wait() {
        let queues = Queues::default();
        let (first, second) = (queues.enter(&[1]), queues.enter(&[1]));
        let mut turns = Vec::new();
        for _ in 0..AT_ONCE {
            turns.push(queues.enter(&[1]).await.unwrap());
        }
        let (mut first, mut second) = (Box::pin(first), Box::pin(second));
        assert!(first.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().is_none());
        turns.pop();
        assert!(second.as_mut().now_or_never().is_none(), "it is not next");
        drop(first.as_mut().now_or_never().expect("it is next"));
        drop(second.as_mut().now_or_never().expect("it is next"));
    }

    #[tokio::test]
    async fn a_request_that_ends_before_it_takes_its_turn_leaves_no_queue_behind() {
        let queues = Queues::default();
        let mut turns = Vec::new();
        for _ in 0..AT_ONCE {
            turns.push(queues.enter(&[1]).await.unwrap());
        }
        let mut waiting = Box::pin(queues.enter(&[1]));
        assert!(waiting.as_mut().now_or_never().is_none());
        turns.clear();
        drop(waiting);
        assert!(queues.lock().is_empty());
    }
}
