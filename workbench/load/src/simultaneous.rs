//! Simultaneous runs, each in its own process. They start at the same time, and know each other's processes.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::attack::Attack;
use crate::clock::Clock;
use crate::monitor::Beside;
use crate::stop::StopReason;

/// Longest time that a start may lie ahead. A later start means that the machine's clock was set.
const MOST_AHEAD: Duration = Duration::from_secs(10);

/// The channels through which a run starts at the same time as others.
#[derive(Debug)]
pub struct SimultaneousStart {
    /// Receives the run's processes once its target is ready and all its users wait.
    pub ready: oneshot::Sender<Processes>,
    /// Delivers the start. If its sender is dropped, the run ends.
    pub start: oneshot::Receiver<Start>,
}

/// The common start of simultaneous runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// When the schedule starts.
    pub at: SystemTime,
    /// The processes of the other runs.
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
    /// The processes of both.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.generators.extend(&other.generators);
        self.targets.extend(&other.targets);
        self.others |= other.others;
        self
    }
}

/// Reports that the run is ready, and starts it at the common start.
pub(crate) async fn begin(
    together: SimultaneousStart,
    attack: Arc<Attack>,
    own: Processes,
    beside: Beside,
) {
    attack.launched().await;
    // If the receiver is gone, so is the sender of the start.
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

/// The monotonic instant of a time of day: not before now, and at most [`MOST_AHEAD`] ahead.
pub(crate) fn instant(at: SystemTime) -> Instant {
    let ahead = at.duration_since(SystemTime::now()).unwrap_or_default();
    Instant::now() + ahead.min(MOST_AHEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_past_start_is_now_and_a_distant_one_is_not_waited_for() {
        let before = Instant::now();
        let past = instant(SystemTime::now() - Duration::from_secs(60));
        assert!(past >= before && past <= Instant::now());
        let far = instant(SystemTime::now() + Duration::from_secs(3_600));
        assert!(far <= Instant::now() + MOST_AHEAD);
    }
}
