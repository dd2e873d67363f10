//! Wakes users at their times: one timer for each worker, as exact as the kernel's clock.
//!
//! Tokio's own timers round up to a whole millisecond, which would make every arrival half a millisecond late on
//! average. They are used for time limits only.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use timer::Timer;

/// Wakes the users of one worker at their times.
#[derive(Debug)]
pub(crate) struct Pacer {
    timer: Timer,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// The earliest first; ties in the order of insertion.
    sleepers: BinaryHeap<Reverse<Sleeper>>,
    /// Number of sleepers so far.
    count: u64,
    /// Set: all waits end at once.
    interrupted: bool,
}

#[derive(Debug)]
struct Sleeper {
    at: Instant,
    number: u64,
    waker: Waker,
}

impl Pacer {
    /// Must be called within the runtime of its worker, where [`Pacer::run`] must run.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            timer: Timer::new()?,
            waiting: Mutex::default(),
        })
    }

    /// Wakes sleepers when they are due; never returns.
    pub(crate) async fn run(&self) {
        loop {
            self.timer.fired().await;
            let mut waiting = self.lock();
            while let Some(Reverse(first)) = waiting.sleepers.peek() {
                let left = first.at.saturating_duration_since(Instant::now());
                if !left.is_zero() {
                    self.timer.set(left);
                    break;
                }
                if let Some(Reverse(due)) = waiting.sleepers.pop() {
                    due.waker.wake();
                }
            }
        }
    }

    /// Waits until an instant, or until [`Pacer::interrupt`].
    pub(crate) fn sleep_until(&self, at: Instant) -> Sleep<'_> {
        Sleep {
            pacer: self,
            at,
            is_waiting: false,
        }
    }

    /// Wakes all sleepers, and ends all later waits at once.
    pub(crate) fn interrupt(&self) {
        let mut waiting = self.lock();
        waiting.interrupted = true;
        for Reverse(sleeper) in waiting.sleepers.drain() {
            sleeper.waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Consistent after every push and pop.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The future of [`Pacer::sleep_until`].
#[derive(Debug)]
pub(crate) struct Sleep<'a> {
    pacer: &'a Pacer,
    at: Instant,
    is_waiting: bool,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let left = self.at.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Poll::Ready(());
        }
        let mut waiting = self.pacer.lock();
        if waiting.interrupted {
            return Poll::Ready(());
        }
        if !self.is_waiting {
            let earliest = waiting.sleepers.peek();
            if earliest.is_none_or(|Reverse(first)| self.at < first.at) {
                self.pacer.timer.set(left);
            }
            let number = waiting.count;
            waiting.count += 1;
            waiting.sleepers.push(Reverse(Sleeper {
                at: self.at,
                number,
                waker: context.waker().clone(),
            }));
            drop(waiting);
            self.is_waiting = true;
        }
        Poll::Pending
    }
}

impl Sleeper {
    fn order(&self) -> (Instant, u64) {
        (self.at, self.number)
    }
}

impl PartialEq for Sleeper {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
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
        self.order().cmp(&other.order())
    }
}

#[cfg(target_os = "linux")]
mod timer {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    /// A timer of the kernel.
    #[derive(Debug)]
    pub(super) struct Timer(AsyncFd<OwnedFd>);

    impl Timer {
        pub(super) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            #[expect(
                deprecated,
                reason = "what is to replace it is unsafe; here the descriptor stays what it is until it is dropped"
            )]
            let timer = AsyncFd::with_interest(timer, Interest::READABLE)?;
            Ok(Self(timer))
        }

        /// Fires once after `left`. Replaces an earlier setting.
        pub(super) fn set(&self, left: Duration) {
            const ZERO: Timespec = Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            };
            let once = Itimerspec {
                it_interval: ZERO,
                it_value: Timespec {
                    tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                    // Zero would disarm it.
                    tv_nsec: left.subsec_nanos().max(1).into(),
                },
            };
            timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &once)
                .expect("a timer of this process takes any time of the future");
        }

        /// Waits until it has fired.
        pub(super) async fn fired(&self) {
            loop {
                let Ok(mut ready) = self.0.readable().await else {
                    // The runtime is shutting down, and the task that waits with it.
                    return std::future::pending().await;
                };
                let mut count = [0; 8];
                let fired = ready.try_io(|timer| {
                    rustix::io::read(timer.get_ref(), &mut count).map_err(io::Error::from)
                });
                if fired.is_ok() {
                    return;
                }
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod timer {
    use std::io;
    use std::sync::{Mutex, PoisonError};
    use std::time::{Duration, Instant};

    use tokio::sync::Notify;

    /// Tokio's timer, exact to a millisecond.
    #[derive(Debug, Default)]
    pub(super) struct Timer {
        at: Mutex<Option<Instant>>,
        set: Notify,
    }

    impl Timer {
        #[expect(clippy::unnecessary_wraps, reason = "a timer of the kernel can fail")]
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self::default())
        }

        pub(super) fn set(&self, left: Duration) {
            *self.at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + left);
            self.set.notify_one();
        }

        pub(super) async fn fired(&self) {
            loop {
                let at = *self.at.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(at) = at else {
                    self.set.notified().await;
                    continue;
                };
                tokio::select! {
                    () = self.set.notified() => {}
                    () = tokio::time::sleep_until(at.into()) => {
                        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = None;
                        return;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    fn pacer() -> Arc<Pacer> {
        let pacer = Arc::new(Pacer::new().unwrap());
        let running = Arc::clone(&pacer);
        tokio::spawn(async move { running.run().await });
        pacer
    }

    #[tokio::test]
    async fn sleepers_wake_in_the_order_of_their_times_and_never_early() {
        let pacer = pacer();
        let begun = Instant::now();
        let woken = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for millis in [30, 10, 20, 10, 0] {
            let (pacer, woken) = (Arc::clone(&pacer), Arc::clone(&woken));
            tasks.push(tokio::spawn(async move {
                let at = begun + Duration::from_millis(millis);
                pacer.sleep_until(at).await;
                assert!(Instant::now() >= at);
                woken.lock().unwrap().push(millis);
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*woken.lock().unwrap(), [0, 10, 10, 20, 30]);
    }

    #[tokio::test]
    async fn an_interruption_wakes_current_and_later_sleepers() {
        let pacer = pacer();
        let far = Instant::now() + Duration::from_secs(3_600);
        let early = {
            let pacer = Arc::clone(&pacer);
            tokio::spawn(async move { pacer.sleep_until(far).await })
        };
        tokio::task::yield_now().await;
        pacer.interrupt();
        early.await.unwrap();
        pacer.sleep_until(far).await;
    }
}
