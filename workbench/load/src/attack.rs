//! What all users of a run share, and the course of their lives as a whole.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use workbench_plan::{Plan, Schedule, Work};
use workbench_samples::{Labels, Phase, Sample};

use crate::client::Endpoint;
use crate::clock::Clock;
use crate::error::LoadError;
use crate::exchange::Exchanges;
use crate::given::Sources;
use crate::goose;
use crate::pacer::Pacer;
use crate::pool::{Pool, Record};
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
    /// What of the plan's load this process makes.
    pub(crate) schedule: Schedule,
    /// Each user's replica of the target, in the order of the schedule.
    pub(crate) replicas: Vec<usize>,
    /// Those of the schedule's arrivals, in the same order.
    pub(crate) pools: Vec<Pool>,
    /// By replica, then by service, the same ones in the same order.
    pub(crate) endpoints: Vec<Vec<Arc<Endpoint>>>,
    /// By replica, then by scenario, then by step.
    pub(crate) steps: Vec<Vec<Vec<PreparedStep>>>,
    /// Of variables.
    pub(crate) sources: Sources,
    pub(crate) exchanges: Exchanges,
    /// One for each worker.
    slots: Arc<[Slot]>,
    pub(crate) stop: StopSignal,
    pub(crate) presences: Presences,
    start: Start,
    /// A user has done all its iterations and left, and nobody stays for a time.
    is_leaving: AtomicBool,
}

impl Attack {
    pub(crate) fn new(
        plan: Plan,
        schedule: Schedule,
        endpoints: Vec<Vec<Arc<Endpoint>>>,
        labels: &Labels,
        (slots, sources, exchanges): (Arc<[Slot]>, Sources, Exchanges),
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
            sources,
            exchanges,
            slots,
            stop,
            presences: Presences::default(),
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

    /// Waits until every user has been launched.
    pub(crate) async fn launched(&self) {
        let _ = self.start.launched.subscribe().wait_for(|it| *it).await;
    }

    /// Gives the start of the schedule to a run that does not begin as soon as it can.
    pub(crate) fn begin(&self, clock: Clock) {
        self.start.begin(clock);
    }

    /// Which part of the run an instant falls into.
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

    /// Waits; `false` when the run was stopped before.
    pub(crate) async fn wait_until(&self, pacer: &Pacer, instant: Instant) -> bool {
        pacer.sleep_until(instant).await;
        !self.stop.is_stopped()
    }

    /// Notes that a user has left as it had no more to do. Where nobody else stays for a time, the load falls from the first
    /// such user on.
    pub(crate) fn leave(&self) {
        if self.schedule.least_end().is_zero() {
            self.is_leaving.store(true, Ordering::Relaxed);
        }
    }

    /// Whether everybody did what the schedule wanted, and has left by `ended`.
    pub(crate) fn is_complete(&self, ended: Instant) -> bool {
        let Some(clock) = self.begun() else {
            return false;
        };
        let users = self.schedule.users().iter();
        let scheduled = users.filter(|user| !matches!(user.work, Work::Arrivals(_)));
        let left = self.presences.left();
        // Who serves arrivals would have come again until their end.
        let stopped_early = self.stop.at().is_some_and(|at| {
            let ends = self.schedule.arrivals().iter().map(|it| clock.at(it.end()));
            ends.max().is_some_and(|end| at < end)
        });
        !stopped_early
            && left.len() == scheduled.count()
            && left.iter().all(|user| user.is_done || user.to >= user.stop)
            && ended >= clock.at(self.schedule.least_end())
    }

    /// What became of the arrivals until the schedule's end, or until the run was stopped; `None` where the plan has none.
    /// `give` is called with a sample for each that was due and never began.
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
                    active_users: self.presences.active(),
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

/// Has every user launched and live its life; says when the last one has left, and how many panicked.
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

/// After a stop, requests in flight have a little time to finish; then they are given up.
async fn stop_users(attack: Arc<Attack>, workers: Arc<Workers>) {
    attack.stop.stopped().await;
    workers.interrupt();
    attack.pools.iter().for_each(Pool::close);
    // Users who wait for a start that is never given have no request in flight; those who were stopped before their launch are
    // never launched.
    let _ = tokio::time::timeout(GRACE, attack.launched()).await;
    if attack.begun().is_some() {
        tokio::time::sleep(GRACE).await;
    }
    workers.abort();
}
