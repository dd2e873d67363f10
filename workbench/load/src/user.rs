//! One user's life: waits for its start, runs its scenario over and over, leaves at its stop. Or it serves arrivals.

use std::sync::Arc;
use std::time::{Duration, Instant};

use workbench_plan::{Random, Scenario, Step, UserSpan, Value, Work};
use workbench_samples::{ErrorKind, Sample};

use crate::attack::{Attack, arrival_number};
use crate::client::{Client, Measured, Route, Terms, Wanted, is_expected};
use crate::pacer::Pacer;
use crate::recorder::Slot;
use crate::request::Buffers;

/// A user that finds no server waits this long before it tries again, so that a dead target
/// is not answered with a flood of failed connections.
const PAUSE_WITHOUT_CONNECTION: Duration = Duration::from_millis(100);

/// Everything that one user carries from request to request.
pub(crate) struct User {
    attack: Arc<Attack>,
    pacer: Arc<Pacer>,
    /// Position in the schedule; the user's number is one more.
    index: usize,
    span: UserSpan,
    /// Of the target, by position; all requests of an iteration go to it.
    replica: usize,
    scenario: usize,
    client: Client,
    random: Random,
    /// The scenario's variables, by position.
    values: Vec<Value>,
    /// Reused for every request.
    buffers: Buffers,
}

impl User {
    pub(crate) fn new(attack: Arc<Attack>, index: usize, pacer: Arc<Pacer>) -> Self {
        let span = attack.schedule.users()[index];
        let replica = attack.replicas[index];
        let plan = &attack.plan;
        let mut user = Self {
            client: Client::new(attack.endpoints.iter().map(Vec::len).sum()),
            random: workbench_plan::random_for_user(plan.seed, user_number(index)),
            span,
            index,
            replica,
            scenario: span.scenario,
            values: Vec::new(),
            buffers: Buffers::default(),
            attack,
            pacer,
        };
        user.forget();
        user
    }

    /// Sets the scenario's variables to what they are before anything was drawn.
    fn forget(&mut self) {
        let variables = self.attack.plan.scenarios[self.scenario].variables.len();
        self.values.clear();
        self.values.resize(variables, Value::Text(String::new()));
        self.values[Scenario::USER] = Value::Integer(user_number(self.index).into());
    }

    /// Lives from the user's start to its stop, or until the run is stopped.
    pub(crate) async fn live(mut self) {
        let attack = Arc::clone(&self.attack);
        match self.span.work {
            Work::UntilStop => self.iterate_at_most(&attack, u32::MAX).await,
            Work::Iterations(iterations) => self.iterate_at_most(&attack, iterations).await,
            Work::Arrivals(stream) => self.serve(&attack, stream).await,
        }
    }

    /// Iteration after iteration.
    async fn iterate_at_most(&mut self, attack: &Attack, iterations: u32) {
        let start = attack.clock().at(self.span.start);
        if !attack.wait_until(&self.pacer, start).await {
            return;
        }
        let stop = attack.clock().at(self.span.stop);
        let mut presence = attack.presences.enter(start, stop);
        for iteration in 1..=iterations {
            let last_response = &mut presence.last_response;
            if !self.iterate(attack, iteration, None, last_response).await {
                return;
            }
        }
        presence.is_done = true;
        attack.leave();
    }

    /// One iteration for each arrival that falls to it.
    async fn serve(&mut self, attack: &Attack, stream: usize) {
        let pool = &attack.pools[stream];
        while let Some(taken) = pool.next(attack.clock().elapsed()).await {
            let arrival = taken.arrival;
            self.scenario = arrival.scenario;
            // Which users are called is chance: shares of replicas must not depend on it.
            self.replica = arrival.number as usize % attack.endpoints.len();
            self.random =
                workbench_plan::random_for_arrival(attack.plan.seed, stream, arrival.number);
            self.forget();
            let intended = attack.clock().at(arrival.at);
            if !attack.wait_until(&self.pacer, intended).await {
                return;
            }
            pool.begin(&taken, attack.clock().elapsed());
            let _serving = attack.presences.serve();
            let iteration = arrival_number(arrival.number);
            self.iterate(attack, iteration, Some(intended), &mut None)
                .await;
            if attack.stop.is_stopped() {
                return;
            }
        }
    }

    /// One iteration, of which an arrival says when its first request was intended; `false` when the user has to leave
    /// before its end. An arrival that has found its user sends its first request even if the schedule is over by then.
    async fn iterate(
        &mut self,
        attack: &Attack,
        iteration: u32,
        arrived: Option<Instant>,
        last_response: &mut Option<Instant>,
    ) -> bool {
        let stop = attack.clock().at(self.span.stop);
        let scenario = &attack.plan.scenarios[self.scenario];
        self.values[Scenario::ITERATION] = Value::Integer(iteration.into());
        let mut intended = arrived;
        for (position, step) in scenario.steps.iter().enumerate() {
            if attack.stop.is_stopped() || (intended.is_none() && Instant::now() >= stop) {
                return false;
            }
            let (outcome, ended) = self
                .run(attack, position, step, iteration, intended.take())
                .await;
            *last_response = Some(ended);
            if arrived.is_some() && position + 1 == scenario.steps.len() {
                // Whoever serves arrivals is free now: when the next one comes is not for it to say.
                break;
            }
            let connected = !matches!(
                outcome,
                Err(ErrorKind::Refused
                    | ErrorKind::Connect
                    | ErrorKind::Tls
                    | ErrorKind::Generator)
            );
            let pause = match &scenario.think_time {
                Some(think_time) => think_time.draw(&mut self.random),
                None => Duration::ZERO,
            };
            let pause = if connected {
                pause
            } else {
                pause.max(PAUSE_WITHOUT_CONNECTION)
            };
            if !pause.is_zero() {
                let until = (Instant::now() + pause).min(stop);
                if !attack.wait_until(&self.pacer, until).await {
                    return false;
                }
            }
        }
        true
    }

    /// Sends one step's request and records what came of it, and when it ended.
    async fn run(
        &mut self,
        attack: &Attack,
        position: usize,
        step: &Step,
        iteration: u32,
        intended: Option<Instant>,
    ) -> (Result<u16, ErrorKind>, Instant) {
        for (variable, distribution) in &step.set {
            distribution.draw_into(&mut self.random, &mut self.values[*variable]);
        }
        let prepared = &attack.steps[self.replica][self.scenario][position];
        let request = prepared.write(step, &self.values, &mut self.buffers);
        let active_users = attack.presences.active();
        let started = Instant::now();
        let started_at = attack.clock().utc_ns(started);
        let mut in_flight = InFlight {
            slot: attack.slot(self.index),
            started,
            sample: Sample {
                intended_at: intended
                    .map_or(started_at, |intended| attack.clock().utc_ns(intended)),
                started_at,
                request: prepared.label,
                scenario: u16::try_from(self.scenario).unwrap_or(u16::MAX),
                user: user_number(self.index),
                iteration,
                active_users,
                phase: attack.phase_at(started),
                ..Sample::UNANSWERED
            },
            measured: Measured::nothing(ErrorKind::Censored),
        };
        match request {
            Some(request) => {
                let route = Route {
                    services: &attack.endpoints[self.replica],
                    replica: self.replica,
                    service: prepared.endpoint,
                };
                let terms = Terms {
                    timeout: attack.plan.request_timeout,
                    wanted: Wanted::Nothing,
                    copy: false,
                    expected: &step.expect_status,
                };
                let (client, measured) = (&mut self.client, &mut in_flight.measured);
                client
                    .send(route, &request, &terms, started, measured)
                    .await;
            }
            None => {
                // It cannot be written as HTTP. Nothing is awaited for it: other users get their turn here.
                tokio::task::yield_now().await;
                in_flight.measured = Measured::nothing(ErrorKind::Protocol);
            }
        }
        let measured = in_flight.measured;
        let outcome = judge(&measured, &step.expect_status);
        in_flight.sample.error = outcome.err();
        (outcome, started + measured.elapsed)
    }
}

/// A request under way, recorded when it is dropped: as censored where that is before its end, when the run was over.
struct InFlight<'a> {
    slot: &'a Slot,
    started: Instant,
    sample: Sample,
    measured: Measured,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let measured = &self.measured;
        let elapsed = if self.sample.error == Some(ErrorKind::Censored) {
            self.started.elapsed()
        } else {
            measured.elapsed
        };
        self.slot.count(measured);
        self.slot.push(Sample {
            elapsed_ns: nanoseconds(elapsed),
            latency_ns: nanoseconds(measured.latency),
            connect_ns: nanoseconds(measured.connect),
            bytes_sent: measured.bytes_sent,
            bytes_received: measured.bytes_received,
            status: measured.outcome.ok(),
            ..self.sample
        });
    }
}

/// A user's number, from 1; a schedule holds fewer users than a `u32` counts.
fn user_number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

/// Whether the response is one that the step expects.
fn judge(measured: &Measured, expected: &[u16]) -> Result<u16, ErrorKind> {
    let status = measured.outcome?;
    if is_expected(status, expected) {
        Ok(status)
    } else {
        Err(ErrorKind::Status)
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
