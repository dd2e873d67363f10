//! State that all users of a run share, and the control of their start and end.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use workbench_plan::{Plan, Schedule, Work};
use workbench_samples::{Labels, Phase, Sample};

use crate::active_users::ActiveUsers;
use crate::client::Endpoint;
use crate::clock::Clock;
use crate::error::LoadError;
use crate::exchange::Exchanges;
use crate::goose;
use crate::pacer::Pacer;
use crate::pool::{Pool, Record};
use crate::recorder::Slot;
use crate::request::PreparedStep;
use crate::stop::StopSignal;
use crate::user::User;
use crate::variables::Variables;
use crate::workers::Workers;

/// From the launch of the last user to the start of the schedule.
const LEAD: Duration = Duration::from_millis(50);
/// How long requests in flight may go on after the run was stopped.
const GRACE: Duration = Duration::from_secs(3);

/// State that all users share.
pub(crate) struct Attack {
    pub(crate) plan: Plan,
    /// The part of the plan's schedule that this process executes.
    pub(crate) schedule: Schedule,
    /// Each user's replica of the target, in the order of the schedule.
    pub(crate) replicas: Vec<usize>,
    /// One for each stream of arrivals, in the order of the schedule.
    pub(crate) pools: Vec<Pool>,
    /// By replica, then by service. Every replica has the same services in the same order.
    pub(crate) endpoints: Vec<Vec<Arc<Endpoint>>>,
    /// By replica, then by scenario, then by step.
    pub(crate) steps: Vec<Vec<Vec<PreparedStep>>>,
    pub(crate) variables: Variables,
    pub(crate) exchanges: Exchanges,
    /// One for each worker.
    slots: Arc<[Slot]>,
    pub(crate) stop: StopSignal,
    pub(crate) active_users: ActiveUsers,
    start: Start,
    /// Set when a user has done all its iterations and left, in a plan whose users all have a number of iterations.
    is_leaving: AtomicBool,
}

impl Attack {
    pub(crate) fn new(
        plan: Plan,
        schedule: Schedule,
        endpoints: Vec<Vec<Arc<Endpoint>>>,
        labels: &Labels,
        (slots, variables, exchanges): (Arc<[Slot]>, Variables, Exchanges),
        stop: StopSignal,
        start_is_given: bool,
    ) -> Result<Self, LoadError> {
        let users = schedule.users();
        let replicas = plan.allot_replicas(&plan.schedule());
        let steps = endpoints
            .iter()
            .map(|endpoints| prepared(&plan, endpoints, labels));
        Ok(Self {
            steps: steps.collect::<Result<_, _>>()?,
            variables,
            exchanges,
            slots,
            stop,
            active_users: ActiveUsers::default(),
            start: Start::of(users.len(), start_is_given),
            is_leaving: AtomicBool::new(false),
            replicas: users.iter().map(|user| replicas[user.position]).collect(),
            pools: (0..)
                .zip(schedule.arrivals())
                .map(|(stream, arrivals)| Pool::new(arrivals, plan.seed, stream))
                .collect(),
            plan,
            schedule,
            endpoints,
        })
    }

    /// The slot for a user's samples.
    pub(crate) fn slot(&self, user: usize) -> &Slot {
        &self.slots[user % self.slots.len()]
    }

    /// The run's clock. It exists once users have been released.
    pub(crate) fn clock(&self) -> &Clock {
        self.begun()
            .expect("the clock is set before any user begins")
    }

    /// The run's clock, once the schedule has started.
    pub(crate) fn begun(&self) -> Option<&Clock> {
        self.start.clock.get()
    }

    /// Waits until every user has been launched.
    pub(crate) async fn launched(&self) {
        let _ = self.start.launched.subscribe().wait_for(|it| *it).await;
    }

    /// Sets the start of the schedule, if the run does not start as soon as it is ready.
    pub(crate) fn begin(&self, clock: Clock) {
        self.start.begin(clock);
    }

    /// The phase of the run at an instant.
    pub(crate) fn phase_at(&self, instant: Instant) -> Phase {
        let elapsed = instant.saturating_duration_since(self.clock().start());
        if elapsed < self.plan.warm_up {
            return Phase::WarmUp;
        }
        match self.schedule.phase_at(elapsed) {
            workbench_plan::Phase::RampUp => Phase::RampUp,
            workbench_plan::Phase::Hold if self.is_leaving.load(Ordering::Relaxed) => {
                Phase::RampDown
            }
            workbench_plan::Phase::Hold => Phase::Hold,
            workbench_plan::Phase::RampDown => Phase::RampDown,
        }
    }

    /// Waits until an instant. Returns `false` if the run was stopped before.
    pub(crate) async fn wait_until(&self, pacer: &Pacer, instant: Instant) -> bool {
        pacer.sleep_until(instant).await;
        !self.stop.is_stopped()
    }

    /// Records that a user has done its iterations and left. If all users have a number of iterations, the load
    /// decreases from the first such user on.
    pub(crate) fn leave(&self) {
        if self.schedule.least_end().is_zero() {
            self.is_leaving.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the schedule was executed to its end, and all users had left by `ended`.
    pub(crate) fn is_complete(&self, ended: Instant) -> bool {
        let Some(clock) = self.begun() else {
            return false;
        };
        let users = self.schedule.users().iter();
        let scheduled = users.filter(|user| !matches!(user.work, Work::Arrivals(_)));
        let left = self.active_users.left();
        // Users who serve arrivals would have served more of them.
        let stopped_early = self.stop.at().is_some_and(|at| {
            let ends = self.schedule.arrivals().iter().map(|it| clock.at(it.end()));
            ends.max().is_some_and(|end| at < end)
        });
        !stopped_early
            && left.len() == scheduled.count()
            && left.iter().all(|user| user.is_done || user.to >= user.stop)
            && ended >= clock.at(self.schedule.least_end())
    }

    /// The record of the arrivals until the schedule's end, or until the run was stopped. `None` if the plan has none.
    /// `give` is called with a sample for each arrival that was due and never began.
    pub(crate) fn finish_arrivals(&self, mut give: impl FnMut(Sample)) -> Option<Record> {
        let clock = self.begun()?;
        let stopped = self.stop.at();
        let stopped = stopped.map(|at| at.saturating_duration_since(clock.start()));
        let mut all: Option<Record> = None;
        for (pool, arrivals) in self.pools.iter().zip(self.schedule.arrivals()) {
            let end = stopped.unwrap_or(Duration::MAX).min(arrivals.end());
            let record = pool.finish(end, |arrival| {
                let due = clock.at(arrival.at);
                give(Sample {
                    intended_at: clock.utc_ns(due),
                    started_at: clock.utc_ns(due),
                    elapsed_ns: u64::try_from((end - arrival.at).as_nanos()).unwrap_or(u64::MAX),
                    request: self.steps[0][arrival.scenario]
                        [self.plan.scenarios[arrival.scenario].first_step()]
                    .label,
                    scenario: u16::try_from(arrival.scenario).unwrap_or(u16::MAX),
                    iteration: arrival_number(arrival.number),
                    active_users: self.active_users.active(),
                    phase: self.phase_at(due),
                    ..Sample::UNANSWERED
                });
            });
            all.get_or_insert_default().add(&record);
        }
        all
    }
}

/// An arrival's number as samples have it, from 1; a plan has fewer than a `u32` counts.
pub(crate) fn arrival_number(number: u64) -> u32 {
    u32::try_from(number + 1).unwrap_or(u32::MAX)
}

/// The start of the schedule, for which users wait until the last one has been launched.
struct Start {
    /// Users that have not been launched.
    missing: AtomicUsize,
    /// Whether the start is given from outside, once every user has been launched.
    is_given: bool,
    launched: watch::Sender<bool>,
    clock: OnceLock<Clock>,
    begun: watch::Sender<bool>,
}

impl Start {
    fn of(users: usize, is_given: bool) -> Self {
        Self {
            missing: AtomicUsize::new(users),
            is_given,
            launched: watch::Sender::new(false),
            clock: OnceLock::new(),
            begun: watch::Sender::new(false),
        }
    }

    /// Counts a user as launched; the last one starts the clock, unless the start is given.
    fn launched(&self) {
        if self.missing.fetch_sub(1, Ordering::SeqCst) == 1 {
            if !self.is_given {
                self.begin(Clock::starting_in(LEAD));
            }
            self.launched.send_replace(true);
        }
    }

    fn begin(&self, clock: Clock) {
        let _ = self.clock.set(clock);
        self.begun.send_replace(true);
    }

    async fn wait(&self) {
        let _ = self.begun.subscribe().wait_for(|begun| *begun).await;
    }
}

/// Every step by scenario, for one replica of the target.
fn prepared(
    plan: &Plan,
    endpoints: &[Arc<Endpoint>],
    labels: &Labels,
) -> Result<Vec<Vec<PreparedStep>>, LoadError> {
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

/// Launches all users, and waits for their end. Returns when the last one left, and how many panicked.
pub(crate) async fn execute(attack: &Arc<Attack>) -> Result<(Instant, usize), LoadError> {
    let workers = Arc::new(Workers::start(attack.slots.len())?);
    let watchdog = tokio::spawn(stop_users(Arc::clone(attack), Arc::clone(&workers)));
    let shared = Arc::clone(attack);
    let launched = goose::launch(attack.schedule.users().len(), move |index| {
        let attack = Arc::clone(&shared);
        shared.start.launched();
        workers.spawn(index, |pacer| async move {
            attack.start.wait().await;
            User::new(attack, index, pacer).live().await;
        })
    })
    .await;
    watchdog.abort();
    launched
}

/// After a stop, requests in flight have [`GRACE`] to finish. Then they are aborted.
async fn stop_users(attack: Arc<Attack>, workers: Arc<Workers>) {
    attack.stop.stopped().await;
    workers.interrupt();
    attack.pools.iter().for_each(Pool::close);
    // Users who wait for the start have no request in flight. Users who were stopped before their launch are never
    // launched.
    let _ = tokio::time::timeout(GRACE, attack.launched()).await;
    if attack.begun().is_some() {
        tokio::time::sleep(GRACE).await;
    }
    workers.abort();
}
