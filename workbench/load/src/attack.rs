//! What all users of a run share, and the course of their lives as a whole.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use workbench_plan::{Plan, Schedule};
use workbench_samples::{Labels, Phase};

use crate::client::Endpoint;
use crate::clock::Clock;
use crate::error::LoadError;
use crate::goose;
use crate::presence::Presences;
use crate::recorder::Slot;
use crate::request::PreparedStep;
use crate::stop::StopSignal;
use crate::user::User;
use crate::workers::Workers;

/// From the launch of the last user to the start of the schedule.
const LEAD: Duration = Duration::from_millis(50);
/// How long requests in flight may go on after the run was stopped.
const GRACE: Duration = Duration::from_secs(3);

/// Everything that users share.
pub(crate) struct Attack {
    pub(crate) plan: Plan,
    pub(crate) schedule: Schedule,
    /// Each user's scenario, by position, in the order of the schedule.
    pub(crate) scenarios: Vec<usize>,
    /// Each user's replica of the target, alike.
    pub(crate) replicas: Vec<usize>,
    /// By replica, then by service, the same ones in the same order.
    pub(crate) endpoints: Vec<Vec<Arc<Endpoint>>>,
    /// By replica, then by scenario, then by step.
    pub(crate) steps: Vec<Vec<Vec<PreparedStep>>>,
    /// One for each worker.
    slots: Arc<[Slot]>,
    pub(crate) stop: StopSignal,
    pub(crate) presences: Presences,
    start: Start,
}

impl Attack {
    pub(crate) fn new(
        plan: Plan,
        schedule: Schedule,
        endpoints: Vec<Vec<Arc<Endpoint>>>,
        labels: &Labels,
        slots: Arc<[Slot]>,
        stop: StopSignal,
    ) -> Self {
        let users = schedule.users().len();
        Self {
            steps: endpoints
                .iter()
                .map(|endpoints| prepared(&plan, endpoints, labels))
                .collect(),
            slots,
            stop,
            presences: Presences::default(),
            start: Start::of(users),
            scenarios: plan.allot_scenarios(users),
            replicas: plan.allot_replicas(users),
            plan,
            schedule,
            endpoints,
        }
    }

    /// Where a user's samples go.
    pub(crate) fn slot(&self, user: usize) -> &Slot {
        &self.slots[user % self.slots.len()]
    }

    /// The run's clock. Users have it from the moment they are let go.
    pub(crate) fn clock(&self) -> &Clock {
        self.begun()
            .expect("the clock is set before any user begins")
    }

    /// The run's clock, once the schedule has one.
    pub(crate) fn begun(&self) -> Option<&Clock> {
        self.start.clock.get()
    }

    /// Which part of the run an instant falls into.
    pub(crate) fn phase_at(&self, instant: Instant) -> Phase {
        let elapsed = instant.saturating_duration_since(self.clock().start());
        if elapsed < self.plan.warm_up {
            return Phase::WarmUp;
        }
        match self.schedule.phase_at(elapsed) {
            workbench_plan::Phase::RampUp => Phase::RampUp,
            workbench_plan::Phase::Hold => Phase::Hold,
            workbench_plan::Phase::RampDown => Phase::RampDown,
        }
    }

    /// Waits; `false` when the run was stopped before.
    pub(crate) async fn wait_until(&self, instant: Instant) -> bool {
        tokio::select! {
            biased;
            () = self.stop.stopped() => false,
            () = tokio::time::sleep_until(instant.into()) => true,
        }
    }
}

/// The start of the schedule, for which users wait until the last one has been launched.
struct Start {
    /// Users that have not been launched.
    missing: AtomicUsize,
    clock: OnceLock<Clock>,
    begun: watch::Sender<bool>,
}

impl Start {
    fn of(users: usize) -> Self {
        Self {
            missing: AtomicUsize::new(users),
            clock: OnceLock::new(),
            begun: watch::Sender::new(false),
        }
    }

    /// Counts a user as launched; the last one starts the clock.
    fn launched(&self) {
        if self.missing.fetch_sub(1, Ordering::SeqCst) == 1 {
            let _ = self.clock.set(Clock::starting_in(LEAD));
            self.begun.send_replace(true);
        }
    }

    async fn wait(&self) {
        let _ = self.begun.subscribe().wait_for(|begun| *begun).await;
    }
}

/// Every step by scenario, for one replica of the target.
fn prepared(plan: &Plan, endpoints: &[Arc<Endpoint>], labels: &Labels) -> Vec<Vec<PreparedStep>> {
    let prepare = |step: &workbench_plan::Step| {
        let endpoint = endpoints
            .iter()
            .position(|endpoint| endpoint.service == step.service)
            .expect("a plan's services are the target's");
        let label = labels
            .requests
            .iter()
            .position(|label| *label == step.label)
            .expect("labels are those of the plan");
        let label = u16::try_from(label).unwrap_or(u16::MAX);
        PreparedStep::new(step, endpoint, &endpoints[endpoint], label)
    };
    let scenarios = plan.scenarios.iter();
    scenarios
        .map(|scenario| scenario.steps.iter().map(prepare).collect())
        .collect()
}

/// Has every user launched and live its life, and returns when the last one has left.
pub(crate) async fn execute(attack: &Arc<Attack>) -> Result<(), LoadError> {
    let workers = Arc::new(Workers::start(attack.slots.len())?);
    let watchdog = tokio::spawn(give_up_after_grace(
        attack.stop.clone(),
        Arc::clone(&workers),
    ));
    let shared = Arc::clone(attack);
    let launched = goose::launch(attack.schedule.users().len(), move |index| {
        let attack = Arc::clone(&shared);
        shared.start.launched();
        workers.spawn(index, async move {
            attack.start.wait().await;
            User::new(attack, index).live().await;
        })
    })
    .await;
    watchdog.abort();
    launched
}

/// After a stop, requests in flight have a little time to finish; then they are given up.
async fn give_up_after_grace(stop: StopSignal, workers: Arc<Workers>) {
    stop.stopped().await;
    tokio::time::sleep(GRACE).await;
    workers.abort();
}
