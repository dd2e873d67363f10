//! Runs that are made at the same time, each by a process of its own: they begin together, and know of each other's processes.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::attack::Attack;
use crate::clock::Clock;
use crate::stop::StopReason;
use crate::watch::Beside;

/// Longest time that a start may lie ahead; past it the clock of the machine was set meanwhile.
const MOST_AHEAD: Duration = Duration::from_secs(10);

/// How a run begins at the same time as others.
#[derive(Debug)]
pub struct Together {
    /// Is given the run's processes once its target is ready and all its users wait to begin.
    pub ready: oneshot::Sender<Processes>,
    /// Gives the start; dropped, it ends the run.
    pub start: oneshot::Receiver<Start>,
}

/// The start of a run, as all that begin together are given it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// When the schedule starts.
    pub at: SystemTime,
    /// The processes of all runs that are made beside this one.
    pub beside: Processes,
}

/// The processes of a run, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processes {
    /// Load generators.
    pub generators: Vec<u32>,
    /// Processes of targets that are known.
    pub targets: Vec<u32>,
    /// Whether a target may have processes on this machine that are not known.
    pub others: bool,
}

impl Processes {
    /// Those of both.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.generators.extend(&other.generators);
        self.targets.extend(&other.targets);
        self.others |= other.others;
        self
    }
}

/// Says that a run is ready, and begins it when it is told to.
pub(crate) async fn begin(together: Together, attack: Arc<Attack>, own: Processes, beside: Beside) {
    attack.launched().await;
    // Whoever does not listen drops the start, too.
    let _ = together.ready.send(own);
    tokio::select! {
        biased;
        () = attack.stop.stopped() => {}
        start = together.start => match start {
            Ok(start) => {
                let _ = beside.set(start.beside);
                attack.begin(Clock::starting_at(instant(start.at)));
            }
            Err(_) => attack.stop.stop(StopReason::Interrupted),
        },
    }
}

/// Where a point in time lies on the monotonic clock; at most a little ahead, and not before now.
pub(crate) fn instant(at: SystemTime) -> Instant {
    let ahead = at.duration_since(SystemTime::now()).unwrap_or_default();
    Instant::now() + ahead.min(MOST_AHEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_has_passed_is_now_and_one_far_ahead_is_not_waited_for() {
        let before = Instant::now();
        let past = instant(SystemTime::now() - Duration::from_secs(60));
        assert!(past >= before && past <= Instant::now());
        let far = instant(SystemTime::now() + Duration::from_secs(3_600));
        assert!(far <= Instant::now() + MOST_AHEAD);
    }
}
