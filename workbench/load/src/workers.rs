//! Worker threads: one for each processor, each with its own runtime.
//!
//! A user stays on its thread. Its requests wake no other thread.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle as Thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinHandle};

use crate::error::LoadError;
use crate::pacer::Pacer;

/// The threads, which end when this is dropped.
#[derive(Debug)]
pub(crate) struct Workers {
    workers: Vec<Worker>,
    users: Mutex<Users>,
}

#[derive(Debug, Default)]
struct Users {
    /// Of every user.
    handles: Vec<AbortHandle>,
    /// A user who begins after that ends at once: it may wait for a start that is never given.
    are_aborted: bool,
}

#[derive(Debug)]
struct Worker {
    runtime: Handle,
    /// Wakes its users.
    pacer: Arc<Pacer>,
    /// Dropping it ends the thread.
    end: Option<oneshot::Sender<()>>,
    thread: Option<Thread<()>>,
}

impl Workers {
    /// The number of workers for `users` users: at most one for each processor that this process may use.
    pub(crate) fn useful(users: usize) -> usize {
        std::thread::available_parallelism().map_or(1, |processors| processors.get().min(users))
    }

    pub(crate) fn start(workers: usize) -> Result<Self, LoadError> {
        let workers = (0..workers)
            .map(|_| Worker::start())
            .collect::<Result<_, _>>();
        Ok(Self {
            workers: workers.map_err(LoadError::Workers)?,
            users: Mutex::default(),
        })
    }

    /// Starts a user's task, by its number from 0. `task` gets the pacer of its worker.
    pub(crate) fn spawn<L: Future<Output = ()> + Send + 'static>(
        &self,
        user: usize,
        task: impl FnOnce(Arc<Pacer>) -> L,
    ) -> JoinHandle<()> {
        let worker = &self.workers[user % self.workers.len()];
        let task = worker.runtime.spawn(task(Arc::clone(&worker.pacer)));
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if users.are_aborted {
            task.abort();
        }
        users.handles.push(task.abort_handle());
        task
    }

    /// Wakes every user who waits for a time, and ends later waits at once.
    pub(crate) fn interrupt(&self) {
        self.workers
            .iter()
            .for_each(|worker| worker.pacer.interrupt());
    }

    /// Aborts every user.
    pub(crate) fn abort(&self) {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        users.are_aborted = true;
        users.handles.iter().for_each(AbortHandle::abort);
    }
}

impl Worker {
    fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let pacer = {
            let _within = handle.enter();
            Arc::new(Pacer::new()?)
        };
        let running = Arc::clone(&pacer);
        handle.spawn(async move { running.run().await });
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("users".to_owned())
            .spawn(move || {
                // An error is the sender's end, too.
                let _ = runtime.block_on(ended);
            })?;
        Ok(Self {
            runtime: handle,
            pacer,
            end: Some(end),
            thread: Some(thread),
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // Its panics are those of users, which Tokio has caught.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_user_who_begins_after_all_were_ended_ends_too() {
        let workers = Workers::start(1).unwrap();
        workers.abort();
        let life = workers.spawn(0, |_| std::future::pending());
        assert!(life.await.unwrap_err().is_cancelled());
    }
}
