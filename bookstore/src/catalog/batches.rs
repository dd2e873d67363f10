//! Questions about books that PostgreSQL is asked together: while one query is on its way, further
//! questions wait for the next, so that the more come at once, the less each costs.
//!
//! A query is for the questions that are there when it begins, so whoever asked sees everything
//! that was committed before. Nothing is kept: what another replica has written is seen as by a
//! query of one's own.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};

use super::{
    Catalog,
    answers::{KeptAnswer, Question},
};
use crate::{Error, database::PostgresPool, paging::Paging};

/// A query that takes longer is given up, and everybody asks for themselves: a connection that
/// hangs must not hold up more than its own request.
const PATIENCE: Duration = Duration::from_secs(1);

/// One who waits for an answer; there may be none.
type Asker = (Question, oneshot::Sender<Option<KeptAnswer>>);

/// Questions that wait, and whether somebody works them off: about single books, and for the whole
/// list, which takes longer and must not hold up the others.
#[derive(Debug, Default)]
pub(super) struct Batches {
    one: Mutex<Batch>,
    all: Mutex<Batch>,
}

#[derive(Debug, Default)]
struct Batch {
    askers: Vec<Asker>,
    at_work: bool,
}

impl Batches {
    fn of(&self, question: Question) -> MutexGuard<'_, Batch> {
        let batch = match question {
            Question::All => &self.all,
            Question::One(_) => &self.one,
        };
        batch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Catalog {
    /// The answer by a query that is shared with others; an error where that did not work.
    pub(super) async fn answer_in_batch(
        &self,
        pool: &PostgresPool,
        question: Question,
    ) -> Result<Option<KeptAnswer>, oneshot::error::RecvError> {
        let (sender, answer) = oneshot::channel();
        let begins = {
            let mut batch = self.batches.of(question);
            batch.askers.push((question, sender));
            !std::mem::replace(&mut batch.at_work, true)
        };
        if begins {
            let worker = Worker {
                catalog: self.clone(),
                pool: pool.clone(),
                kind: question,
            };
            // Not in the request's own task, which may be given up.
            tokio::spawn(async move { worker.work().await });
        }
        answer.await
    }
}

/// Works off questions of a kind, as long as there are any.
struct Worker {
    catalog: Catalog,
    pool: PostgresPool,
    kind: Question,
}

impl Worker {
    async fn work(&self) {
        while let Some(askers) = self.next_batch() {
            let questions = askers.iter().map(|(question, _)| *question);
            match timeout(PATIENCE, self.ask(questions.collect())).await {
                Ok(Ok(answers)) => {
                    for (question, sender) in askers {
                        // Whoever has gone needs nothing.
                        let _ = sender.send(answers.get(&question).cloned());
                    }
                }
                Ok(Err(error)) => tracing::debug!(?error, "a batch of reads failed"),
                Err(_late) => tracing::debug!("a batch of reads was given up"),
            }
        }
    }

    /// Everybody who waits by now; where nobody does, the next one begins anew.
    fn next_batch(&self) -> Option<Vec<Asker>> {
        let mut batch = self.catalog.batches.of(self.kind);
        batch.at_work = !batch.askers.is_empty();
        batch.at_work.then(|| std::mem::take(&mut batch.askers))
    }

    /// The answers to questions of its kind.
    async fn ask(&self, questions: Vec<Question>) -> Result<HashMap<Question, KeptAnswer>, Error> {
        if self.kind == Question::All {
            let books = self.catalog.products(&Paging::everything()).await?;
            return Ok(HashMap::from([(Question::All, KeptAnswer::of_all(books))]));
        }
        let mut ids: Vec<i64> = questions.into_iter().filter_map(Question::id).collect();
        ids.sort_unstable();
        ids.dedup();
        let books = self.catalog.products_of(&self.pool, ids).await?;
        let answers = books
            .into_iter()
            .map(|book| (Question::One(book.id), KeptAnswer::of_one(book)));
        Ok(answers.collect())
    }
}

/// Those who wait are let go when the work ends in a panic, and the next one begins anew.
impl Drop for Worker {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *self.catalog.batches.of(self.kind) = Batch::default();
        }
    }
}
