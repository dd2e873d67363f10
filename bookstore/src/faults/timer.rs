//! Sleeping to the point: tokio's own timer counts in whole milliseconds and rounds up, which is a
//! lot beside a fault of a few. A thread of its own waits for the next deadline and wakes the task.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{Condvar, Mutex, OnceLock, PoisonError},
    time::Instant,
};

use tokio::sync::oneshot;

/// Who sleeps, the earliest deadline first.
#[derive(Default)]
struct Timer {
    sleepers: Mutex<BinaryHeap<Reverse<Sleeper>>>,
    earlier: Condvar,
}

struct Sleeper {
    deadline: Instant,
    wake: oneshot::Sender<()>,
}

impl PartialEq for Sleeper {
    fn eq(&self, other: &Self) -> bool {
        self.deadline == other.deadline
    }
}

impl Eq for Sleeper {}

impl PartialOrd for Sleeper {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sleeper {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.deadline.cmp(&other.deadline)
    }
}

/// Sleeps until a moment, and a tenth of a millisecond longer or so.
pub(super) async fn sleep_until(deadline: Instant) {
    static TIMER: OnceLock<Timer> = OnceLock::new();
    let mut is_new = false;
    let timer = TIMER.get_or_init(|| {
        is_new = true;
        Timer::default()
    });
    if is_new {
        std::thread::spawn(move || timer.run());
    }
    let (wake, woken) = oneshot::channel();
    {
        let mut sleepers = timer
            .sleepers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let next = sleepers.peek().map(|Reverse(sleeper)| sleeper.deadline);
        sleepers.push(Reverse(Sleeper { deadline, wake }));
        if next.is_none_or(|next| deadline < next) {
            timer.earlier.notify_one();
        }
    }
    // The thread lives as long as the process.
    let _ = woken.await;
}

impl Timer {
    fn run(&self) {
        let mut sleepers = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let now = Instant::now();
            while sleepers
                .peek()
                .is_some_and(|Reverse(sleeper)| sleeper.deadline <= now)
            {
                if let Some(Reverse(sleeper)) = sleepers.pop() {
                    // Fails when its request has gone away.
                    let _ = sleeper.wake.send(());
                }
            }
            sleepers = match sleepers.peek() {
                Some(Reverse(next)) => {
                    let wait = next.deadline.saturating_duration_since(now);
                    let waited = self.earlier.wait_timeout(sleepers, wait);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.earlier.wait(sleepers);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn sleepers_wake_in_the_order_of_their_deadlines_and_never_early() {
        let now = Instant::now();
        let (told, mut order) = tokio::sync::mpsc::unbounded_channel();
        for millisecond in [30, 10, 20, 0] {
            let told = told.clone();
            tokio::spawn(async move {
                let deadline = now + Duration::from_millis(millisecond);
                sleep_until(deadline).await;
                assert!(Instant::now() >= deadline);
                told.send(millisecond).unwrap();
            });
        }
        drop(told);
        let mut woken = Vec::new();
        while let Some(millisecond) = order.recv().await {
            woken.push(millisecond);
        }
        assert_eq!(woken, [0, 10, 20, 30]);
    }
}
