//! Assigns arrivals to users.
//!
//! Free users take the next arrivals in order, wait for their times, and begin. If all users are busy when an arrival
//! is due, the first that becomes free takes it and begins at once: first come, first served. Only a few of the free
//! users have taken an arrival; the others rest. The user who rested last is called first, so that few connections are
//! in use.

use std::iter::Peekable;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::sync::oneshot;
use workbench_plan::{Arrival, ArrivalTimes, ScheduledArrivals};
use workbench_samples::ArrivalsInSecond;

/// Number of arrivals taken ahead of their time. Below the first number, resting users are called; at the second, free
/// users rest. A call takes about ten microseconds, which does not delay an arrival as long as others are taken ahead.
/// Our choice.
const AHEAD: std::ops::Range<usize> = 4..8;
/// Apart from the next one, no arrival is taken further ahead than this, so that at low rates one connection is reused
/// instead of eight in turn. Our choice.
const FARTHEST_AHEAD: Duration = Duration::from_millis(20);
/// An arrival that has been due for less than this may be on its way to a user. Our choice.
const LONGEST_CALL: Duration = Duration::from_millis(10);

/// The users of one stream of arrivals, and the arrivals left.
pub(crate) struct Pool {
    state: Mutex<State>,
    /// When the next arrival that no user has taken is due, in nanoseconds; `u64::MAX` after the last one.
    next_due_ns: AtomicU64,
    arrivals: ScheduledArrivals,
}

struct State {
    arrivals: Peekable<ArrivalTimes>,
    /// Arrivals that were taken and have not begun.
    ahead: usize,
    resting: Vec<oneshot::Sender<Arrival>>,
    is_closed: bool,
    record: Record,
}

/// Statistics of a stream's arrivals.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// How late arrivals began that had a free user, in nanoseconds.
    pub(crate) lateness: Histogram<u64>,
    /// Arrivals that had to wait for a user to become free.
    pub(crate) waited: u64,
    /// The longest that one of these had waited when it began, or when the schedule ended.
    pub(crate) longest_wait: Duration,
    /// Arrivals whose time had come, and that never began.
    pub(crate) never_started: u64,
    /// Second by second.
    pub(crate) seconds: Vec<ArrivalsInSecond>,
}

impl Record {
    /// How many began.
    pub(crate) fn started(&self) -> u64 {
        self.lateness.len() + self.waited
    }

    fn second(&mut self, at: Duration) -> &mut ArrivalsInSecond {
        let second = at.as_secs() as usize;
        while self.seconds.len() <= second {
            let second = u32::try_from(self.seconds.len()).unwrap_or(u32::MAX);
            self.seconds.push(ArrivalsInSecond {
                second,
                planned: 0,
                started: 0,
                waited: 0,
            });
        }
        &mut self.seconds[second]
    }

    /// Adds the statistics of another stream.
    pub(crate) fn add(&mut self, other: &Self) {
        self.lateness
            .add(&other.lateness)
            .expect("both histograms hold any value");
        self.waited += other.waited;
        self.longest_wait = self.longest_wait.max(other.longest_wait);
        self.never_started += other.never_started;
        for second in &other.seconds {
            let sum = self.second(Duration::from_secs(second.second.into()));
            sum.planned += second.planned;
            sum.started += second.started;
            sum.waited += second.waited;
        }
    }
}

impl Default for Record {
    fn default() -> Self {
        Self {
            // Three digits; grows with its largest value.
            lateness: Histogram::new(3).expect("three digits are possible"),
            waited: 0,
            longest_wait: Duration::ZERO,
            never_started: 0,
            seconds: Vec::new(),
        }
    }
}

/// An arrival, and whether its user was free at its time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) arrival: Arrival,
    was_free: bool,
}

impl Pool {
    /// `stream` is the position of the arrivals in their schedule.
    pub(crate) fn new(arrivals: &ScheduledArrivals, seed: u64, stream: usize) -> Self {
        let mut times = arrivals.times(seed, stream).peekable();
        Self {
            next_due_ns: AtomicU64::new(due_ns(times.peek())),
            state: Mutex::new(State {
                arrivals: times,
                ahead: 0,
                resting: Vec::new(),
                is_closed: false,
                record: Record::default(),
            }),
            arrivals: arrivals.clone(),
        }
    }

    /// The next arrival for a user who is free at `now`; `None` when there is nothing left for it to do.
    pub(crate) async fn next(&self, now: Duration) -> Option<Taken> {
        let called = {
            let mut state = self.lock();
            // A user who is free at the time of an arrival is in time.
            let overdue = state.arrivals.peek().is_some_and(|next| next.at < now);
            if state.is_closed || overdue && now >= self.arrivals.end() {
                // After the end of the schedule no overdue arrival begins.
                return None;
            }
            if overdue || state.takes_more(AHEAD.end, now) {
                // If users are resting, one was free, and was called too late.
                let was_free = !overdue || !state.resting.is_empty();
                let taken = state.take().map(|arrival| Taken { arrival, was_free });
                self.note_next(&mut state);
                return taken;
            }
            let (call, called) = oneshot::channel();
            state.resting.push(call);
            called
        };
        let arrival = called.await.ok()?;
        Some(Taken {
            arrival,
            was_free: true,
        })
    }

    /// Notes that an arrival begins at `now`.
    pub(crate) fn begin(&self, taken: &Taken, now: Duration) {
        let mut state = self.lock();
        state.ahead -= 1;
        let late = now.saturating_sub(taken.arrival.at);
        let record = &mut state.record;
        if taken.was_free {
            let late = u64::try_from(late.as_nanos()).unwrap_or(u64::MAX);
            record
                .lateness
                .record(late)
                .expect("a histogram that grows holds any value");
        } else {
            record.waited += 1;
            record.longest_wait = record.longest_wait.max(late);
            record.second(taken.arrival.at).waited += 1;
        }
        record.second(taken.arrival.at).planned += 1;
        record.second(now).started += 1;
        while state.takes_more(AHEAD.start, now) && !state.resting.is_empty() {
            let Some(arrival) = state.take() else {
                break;
            };
            // A user who has left meanwhile was stopped, like all others.
            let _ = state.resting.pop().map(|user| user.send(arrival));
        }
        self.note_next(&mut state);
    }

    /// Arrivals that are due at `now` without a free user. Zero is exact; other values are estimates with an error of
    /// about their square root. Takes no lock.
    pub(crate) fn waiting(&self, now: Duration) -> u64 {
        let next = Duration::from_nanos(self.next_due_ns.load(Ordering::Relaxed));
        if now < next + LONGEST_CALL {
            return 0;
        }
        let due = self.arrivals.expected_by(now) - self.arrivals.expected_by(next);
        due.round().max(1.0) as u64
    }

    fn note_next(&self, state: &mut State) {
        let due = due_ns(state.arrivals.peek());
        self.next_due_ns.store(due, Ordering::Relaxed);
    }

    /// Ends the wait of every user who rests, and gives no arrival to one who is free later.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.resting.clear();
    }

    /// The statistics by `now`, after all users have left. `give` is called with each arrival that was due and never
    /// began.
    pub(crate) fn finish(&self, now: Duration, mut give: impl FnMut(Arrival)) -> Record {
        let mut state = self.lock();
        while let Some(arrival) = state.arrivals.next_if(|next| next.at <= now) {
            let second = state.record.second(arrival.at);
            second.planned += 1;
            second.waited += 1;
            state.record.never_started += 1;
            state.record.longest_wait = state.record.longest_wait.max(now - arrival.at);
            give(arrival);
        }
        // Seconds without arrivals at the end count, too.
        if let Some(last) = now.checked_sub(Duration::from_nanos(1)) {
            state.record.second(last);
        }
        state.record.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Consistent after every statement, even if a user panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn due_ns(arrival: Option<&Arrival>) -> u64 {
    arrival.map_or(u64::MAX, |it| {
        u64::try_from(it.at.as_nanos()).unwrap_or(u64::MAX)
    })
}

impl State {
    /// Whether a free user takes the next arrival now, with at most `up_to` taken ahead.
    fn takes_more(&mut self, up_to: usize, now: Duration) -> bool {
        let next = self.arrivals.peek();
        let is_near = next.is_none_or(|next| next.at <= now + FARTHEST_AHEAD);
        self.ahead == 0 || self.ahead < up_to && is_near
    }

    /// After the last arrival no user is called.
    fn take(&mut self) -> Option<Arrival> {
        let arrival = self.arrivals.next();
        match arrival {
            Some(_) => self.ahead += 1,
            None => self.resting.clear(),
        }
        arrival
    }
}

#[cfg(test)]
mod tests {
    use workbench_plan::{Arrivals, Gaps, Rate, RateUnit, Stage};

    use super::*;

    /// Ten arrivals, one every 100 ms from the start on.
    fn pool() -> Pool {
        pool_of(10.0)
    }

    /// The arrivals of a second.
    fn pool_of(count: f64) -> Pool {
        let rate = Rate {
            count,
            unit: RateUnit::Second,
        };
        let arrivals = Arrivals {
            stages: vec![Stage {
                from: rate,
                rate,
                ramp: Duration::ZERO,
                steps: None,
                hold: Duration::from_secs(1),
            }],
            gaps: Gaps::Even,
            max_users: 1,
        };
        Pool::new(&arrivals.schedule(), 1, 0)
    }

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[tokio::test]
    async fn users_who_are_free_take_arrivals_in_order_and_are_in_time() {
        let pool = pool();
        for number in 0..10 {
            let taken = pool.next(at(100 * number)).await.unwrap();
            assert_eq!(
                (taken.arrival.number, taken.arrival.at),
                (number, at(100 * number))
            );
            pool.begin(&taken, at(100 * number + 2));
        }
        assert!(pool.next(at(950)).await.is_none());
        let record = pool.finish(at(1_000), |arrival| panic!("{arrival:?} never began"));
        assert_eq!((record.started(), record.waited), (10, 0));
        assert_eq!(record.lateness.max() / 1_000_000, 2);
    }

    #[tokio::test]
    async fn arrivals_wait_until_a_user_is_free() {
        let pool = pool();
        assert_eq!(pool.waiting(at(0)), 0);
        assert_eq!(pool.waiting(at(560)), 6);
        for (due, waiting) in [(0, 5), (100, 4), (200, 3)] {
            let taken = pool.next(at(560)).await.unwrap();
            assert_eq!(taken.arrival.at, at(due));
            assert_eq!(pool.waiting(at(560)), waiting);
            pool.begin(&taken, at(560));
        }
        while let Some(taken) = pool.next(at(950)).await {
            pool.begin(&taken, at(950));
            if taken.arrival.at == at(900) {
                break;
            }
        }
        assert_eq!(pool.waiting(at(5_000)), 0);
    }

    #[tokio::test]
    async fn overdue_arrivals_waited_and_those_left_at_the_end_never_started() {
        let pool = pool();
        for (free, waited) in [(0, 0), (450, 350), (900, 700)] {
            let taken = pool.next(at(free)).await.unwrap();
            pool.begin(&taken, at(free));
            assert_eq!(at(free) - taken.arrival.at, at(waited));
        }
        // After the end of the schedule nothing begins that has found no user by then.
        assert!(pool.next(at(1_100)).await.is_none());
        let mut never_started = Vec::new();
        let record = pool.finish(at(1_000), |arrival| never_started.push(arrival.number));
        assert_eq!((record.lateness.len(), record.waited), (1, 2));
        // The fourth was due at 300 ms.
        assert_eq!(record.longest_wait, at(700));
        assert_eq!(record.never_started, 7);
        assert_eq!(never_started, [3, 4, 5, 6, 7, 8, 9]);
        let [second] = record.seconds[..] else {
            panic!("{:?}", record.seconds);
        };
        assert_eq!((second.planned, second.started, second.waited), (10, 3, 9));
    }

    #[tokio::test]
    async fn a_pause_at_the_end_has_seconds_without_arrivals() {
        let pool = pool();
        let taken = pool.next(at(0)).await.unwrap();
        pool.begin(&taken, at(0));
        let record = pool.finish(at(3_000), |_| {});
        let planned: Vec<_> = record.seconds.iter().map(|it| it.planned).collect();
        assert_eq!(planned, [10, 0, 0]);
    }

    #[tokio::test]
    async fn the_user_who_rested_last_is_called_first_and_a_closed_pool_ends_every_wait() {
        let pool = pool_of(1_000.0);
        let mut taken = Vec::new();
        for _ in 0..AHEAD.end {
            taken.push(pool.next(at(0)).await.unwrap());
        }
        let (mut first, mut second) = (Box::pin(pool.next(at(0))), Box::pin(pool.next(at(0))));
        assert!(futures::poll!(&mut first).is_pending());
        assert!(futures::poll!(&mut second).is_pending());
        let mut begin = |count: usize| {
            for it in taken.drain(..count) {
                pool.begin(&it, it.arrival.at);
            }
        };
        begin(AHEAD.len());
        assert!(futures::poll!(&mut second).is_pending(), "there are enough");
        begin(1);
        assert!(futures::poll!(&mut second).is_ready());
        assert!(futures::poll!(&mut first).is_pending());
        pool.close();
        assert!(first.await.is_none());
        assert!(pool.next(at(0)).await.is_none());
    }

    #[tokio::test]
    async fn distant_arrivals_are_taken_one_at_a_time_by_the_user_who_rested_last() {
        let pool = pool();
        let first = pool.next(at(0)).await.unwrap();
        let (mut rested, mut last) = (Box::pin(pool.next(at(0))), Box::pin(pool.next(at(0))));
        assert!(futures::poll!(&mut rested).is_pending());
        assert!(futures::poll!(&mut last).is_pending());
        pool.begin(&first, at(0));
        assert!(futures::poll!(&mut rested).is_pending());
        let taken = last.await.unwrap();
        assert_eq!((taken.arrival.number, taken.was_free), (1, true));
        // Nobody called the other in time.
        let overdue = pool.next(at(250)).await.unwrap();
        assert_eq!((overdue.arrival.number, overdue.was_free), (2, true));
    }
}
