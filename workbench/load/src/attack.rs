//! The run's shared state, and Goose, which launches the users and lets them go.
//!
//! Goose launches the users and runs each as a task. When a user starts and stops is decided
//! here, by the plan's schedule: Goose's own ramps take whole seconds and stop the last user
//! first. Every user is launched before the schedule begins and waits.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use futures::future::{AbortHandle, Abortable};
use goose::GooseAttack;
use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::{GooseUser, Scenario, Transaction, TransactionFunction};
use tokio::sync::watch;
use workbench_plan::{Plan, Schedule};
use workbench_samples::{Labels, Phase};

use crate::client::Endpoint;
use crate::clock::Clock;
use crate::error::LoadError;
use crate::recorder::Slot;
use crate::request::PreparedStep;
use crate::stop::StopSignal;
use crate::user::User;

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
    pub(crate) slots: Arc<[Slot]>,
    pub(crate) stop: StopSignal,
    pub(crate) active_users: AtomicU32,
    /// Set when the last user has been launched.
    clock: OnceLock<Clock>,
    launched: AtomicUsize,
    /// Users that have left or will never come.
    gone: AtomicUsize,
    /// End users that a stop has not made leave in time.
    abort: Mutex<Vec<AbortHandle>>,
    begun: watch::Sender<bool>,
    over: watch::Sender<bool>,
    presences: Mutex<Vec<Presence>>,
}

/// From when to when a user was active.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Presence {
    /// When the schedule wanted the user to come.
    pub(crate) planned: Instant,
    /// When the schedule wanted the user to go.
    pub(crate) stop: Instant,
    pub(crate) from: Instant,
    /// The end of its last request, of which it had to wait for the response; `None` if it sent none.
    pub(crate) last_response: Option<Instant>,
    pub(crate) to: Instant,
}

impl Presence {
    /// The earliest instant at which the user could go: its stop, or the end of the request that was in flight then.
    pub(crate) fn free(&self) -> Instant {
        self.last_response
            .map_or(self.stop, |response| response.max(self.stop))
    }
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
        let steps = endpoints
            .iter()
            .map(|endpoints| prepared(&plan, endpoints, labels))
            .collect();
        Self {
            steps,
            slots,
            stop,
            active_users: AtomicU32::new(0),
            clock: OnceLock::new(),
            launched: AtomicUsize::new(0),
            gone: AtomicUsize::new(0),
            abort: Mutex::new(Vec::with_capacity(schedule.users().len())),
            begun: watch::Sender::new(false),
            over: watch::Sender::new(false),
            presences: Mutex::new(Vec::with_capacity(schedule.users().len())),
            scenarios: plan.allot_scenarios(schedule.users().len()),
            replicas: plan.allot_replicas(schedule.users().len()),
            plan,
            schedule,
            endpoints,
        }
    }

    /// The run's clock. Users have it from the moment they are let go.
    pub(crate) fn clock(&self) -> &Clock {
        self.clock
            .get()
            .expect("the clock is set before any user begins")
    }

    /// The run's clock, once the schedule has one.
    pub(crate) fn begun(&self) -> Option<&Clock> {
        self.clock.get()
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

    /// Counts a user, who should come at `planned` and go at `stop`, as active until the returned guard goes.
    pub(crate) fn enter(&self, planned: Instant, stop: Instant) -> ActiveUser<'_> {
        self.active_users.fetch_add(1, Ordering::Relaxed);
        ActiveUser {
            attack: self,
            planned,
            stop,
            from: Instant::now(),
            last_response: None,
        }
    }

    /// When each user was active; users that are still there are missing.
    pub(crate) fn presences(&self) -> Vec<Presence> {
        lock(&self.presences).clone()
    }

    /// Registers a launched user and waits for the others; the last one starts the clock.
    async fn launch(&self) {
        let launched = self.launched.fetch_add(1, Ordering::SeqCst) + 1;
        if launched == self.schedule.users().len() {
            let _ = self.clock.set(Clock::starting_in(LEAD));
            self.begun.send_replace(true);
        }
        let _ = self.begun.subscribe().wait_for(|begun| *begun).await;
    }

    /// Counts a user as gone; when all are, Goose is told to end.
    fn leave(&self) {
        let gone = self.gone.fetch_add(1, Ordering::SeqCst) + 1;
        if gone == self.schedule.users().len() {
            goose::trigger_killswitch("every user has left");
            self.over.send_replace(true);
        }
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

/// An active user; leaves when dropped, even by a panic.
pub(crate) struct ActiveUser<'a> {
    attack: &'a Attack,
    planned: Instant,
    stop: Instant,
    from: Instant,
    /// See [`Presence::last_response`]; whoever sends the requests keeps it.
    pub(crate) last_response: Option<Instant>,
}

impl Drop for ActiveUser<'_> {
    fn drop(&mut self) {
        self.attack.active_users.fetch_sub(1, Ordering::Relaxed);
        lock(&self.attack.presences).push(Presence {
            planned: self.planned,
            stop: self.stop,
            from: self.from,
            last_response: self.last_response,
            to: Instant::now(),
        });
    }
}

/// Tells the attack that a user is gone, however it ended.
struct Leaving(Arc<Attack>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// Has Goose launch every user, and returns when the last one has left.
pub(crate) async fn execute(attack: &Arc<Attack>) -> Result<(), LoadError> {
    let users = attack.schedule.users().len();
    let mut configuration = GooseConfiguration::default();
    // Requests go through our own connections: Goose only needs a host that parses.
    configuration.host = Some("http://127.0.0.1/".into());
    configuration.users = Some(users);
    // All at once: each user waits for its own start.
    configuration.increase_rate = Some("1000000".into());
    configuration.no_metrics = true;
    configuration.no_print_metrics = true;
    configuration.no_error_summary = true;
    configuration.no_telnet = true;
    configuration.quiet = 2;
    // One for all: Goose's own allotment by weight misses the shares when users are few.
    let scenario = Scenario::new("users").register_transaction(Transaction::new(life(attack)));
    let goose = GooseAttack::initialize_with_config(configuration)
        .map_err(Box::new)?
        // One idle client for all: a client per user would cost 121 KB each.
        .set_client_builder_without_cookies(GooseClientBuilder::new().without_cookies())
        .map_err(Box::new)?
        .register_scenario(scenario);
    let watchdog = tokio::spawn(give_up_after_grace(Arc::clone(attack)));
    let result = goose.execute().await;
    watchdog.abort();
    result.map_err(Box::new)?;
    Ok(())
}

/// The one transaction: a user's whole life.
///
/// Goose repeats a transaction until it tells the user to go, which it does only when all users
/// have left; until then a user that has lived waits.
fn life(attack: &Arc<Attack>) -> TransactionFunction {
    let attack = Arc::clone(attack);
    Arc::new(move |user: &mut GooseUser| {
        let attack = Arc::clone(&attack);
        let first = user.get_session_data::<Lived>().is_none();
        if first {
            user.set_session_data(Lived);
        }
        let index = user.weighted_users_index;
        Box::pin(async move {
            if first {
                let leaving = Leaving(Arc::clone(&attack));
                attack.launch().await;
                let (handle, registration) = AbortHandle::new_pair();
                lock(&attack.abort).push(handle);
                let life = User::new(attack, index).live();
                // Aborted or not, what the user did is recorded.
                let _ = Abortable::new(life, registration).await;
                drop(leaving);
            } else {
                let _ = attack.over.subscribe().wait_for(|over| *over).await;
                // Goose looks at its switch twice a second.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        }) as Pin<Box<dyn Future<Output = _> + Send + '_>>
    })
}

/// Marks a Goose user whose life has begun.
#[derive(Clone)]
struct Lived;

/// After a stop, requests in flight have a little time to finish; then they are given up.
async fn give_up_after_grace(attack: Arc<Attack>) {
    attack.stop.stopped().await;
    tokio::time::sleep(GRACE).await;
    for user in lock(&attack.abort).iter() {
        user.abort();
    }
}

/// The lists behind these locks are whole after every push, even if a user panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
