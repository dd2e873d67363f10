//! One user: it waits for its start, repeats its scenario, and leaves at its stop. Or it serves arrivals.
//!
//! A scenario is a flat list of operations with jumps, which a loop executes.

mod program;
mod send;

use std::sync::Arc;
use std::time::{Duration, Instant};

use workbench_plan::{Per, Random, Scenario, UserSpan, Value, Work};
use workbench_samples::Phase;

use crate::attack::{Attack, arrival_number};
use crate::client::Client;
use crate::pacer::Pacer;
use crate::request::Buffers;
use crate::stop::StopReason;
use crate::variables::Turn;
use program::{Course, End, Program};

/// Pause before `on_start` is repeated after it failed to capture what later steps need. Our choice.
const PAUSE_BEFORE_BEGINNING_AGAIN: Duration = Duration::from_secs(1);
/// Pause after an iteration without requests and pauses. Our choice.
const PAUSE_WITHOUT_REQUEST: Duration = Duration::from_millis(10);

/// The state of one user.
pub(crate) struct User {
    attack: Arc<Attack>,
    pacer: Arc<Pacer>,
    /// Position among the users of this process.
    index: usize,
    /// Its position among all users of the plan determines its random numbers and data rows.
    span: UserSpan,
    /// Position of its replica of the target; all requests of an iteration go to it.
    replica: usize,
    scenario: usize,
    client: Client,
    random: Random,
    /// The scenario's variables, by position.
    values: Vec<Value>,
    /// Of the scenario's loops.
    counters: Vec<u32>,
    /// The end of the current think time.
    thinks_until: Option<Instant>,
    /// Reused for every request.
    buffers: Buffers,
    /// Values of secret columns so far. Variables made of them may still exist.
    secrets: Vec<String>,
}

/// Most secrets remembered for a user: the first ones and the last ones. Our choice.
const MOST_SECRETS: usize = 1_000;

impl User {
    pub(crate) fn new(attack: Arc<Attack>, index: usize, pacer: Arc<Pacer>) -> Self {
        let span = attack.schedule.users()[index];
        let replica = attack.replicas[index];
        let plan = &attack.plan;
        let mut user = Self {
            client: Client::new(
                attack.endpoints.iter().map(Vec::len).sum(),
                plan.http.keeps_cookies,
            ),
            random: workbench_plan::random_for_user(plan.seed, user_number(span.position)),
            span,
            index,
            replica,
            scenario: span.scenario,
            values: Vec::new(),
            counters: Vec::new(),
            thinks_until: None,
            buffers: Buffers::default(),
            secrets: Vec::new(),
            attack,
            pacer,
        };
        user.forget();
        user
    }

    /// Resets the scenario's variables to their state before any draw.
    fn forget(&mut self) {
        let scenario = &self.attack.plan.scenarios[self.scenario];
        self.values.clear();
        self.values
            .resize(scenario.variables.len(), Value::Text(String::new()));
        self.values[Scenario::USER] = Value::Integer(user_number(self.span.position).into());
        self.values[Scenario::ITERATION] = Value::Integer(1);
        self.counters.clear();
        self.counters.resize(scenario.counters, 0);
        self.thinks_until = None;
        self.client.forget_cookies();
        self.secrets.clear();
    }

    /// Records the secrets of the user's current rows.
    fn note_secrets(&mut self, attack: &Attack) {
        for secret in attack.variables.secret_values(self.scenario, &self.values) {
            if !self.secrets.iter().any(|known| *known == secret) {
                if self.secrets.len() >= MOST_SECRETS {
                    self.secrets.remove(MOST_SECRETS / 2);
                }
                self.secrets.push(secret.into_owned());
            }
        }
    }

    /// Runs the user from its start to its stop, or until the run is stopped.
    pub(crate) async fn live(mut self) {
        let attack = Arc::clone(&self.attack);
        match self.span.work {
            Work::UntilStop => self.iterate_at_most(&attack, u32::MAX).await,
            Work::Iterations(iterations) => self.iterate_at_most(&attack, iterations).await,
            Work::Arrivals(stream) => self.serve(&attack, stream).await,
        }
    }

    /// Executes `on_start`, up to `iterations` iterations, and `on_stop`.
    async fn iterate_at_most(&mut self, attack: &Attack, iterations: u32) {
        let start = attack.clock().at(self.span.start);
        if !attack.wait_until(&self.pacer, start).await {
            return;
        }
        let stop = attack.clock().at(self.span.stop);
        let mut presence = attack.active_users.enter(start, stop);
        let mut course = Course::default();
        let has_begun = self.come(attack, stop, &mut course).await;
        if has_begun {
            let mut iteration = 1;
            while iteration <= iterations
                && self.iterate(attack, iteration, stop, &mut course).await
            {
                iteration += 1;
            }
            presence.is_done = iteration > iterations;
        }
        presence.last_response = course.last_response;
        let is_done = presence.is_done;
        // From here on the user no longer counts as active.
        drop(presence);
        if is_done {
            attack.leave();
        }
        if has_begun {
            self.go(
                attack,
                Turn::User(self.span.position, iterations),
                &mut course,
            )
            .await;
        }
    }

    /// Executes `on_start`, repeatedly until it succeeds. Returns `false` if the user must leave before.
    async fn come(&mut self, attack: &Attack, stop: Instant, course: &mut Course) -> bool {
        let turn = Turn::User(self.span.position, 1);
        if !self.begin(attack, turn) {
            return false;
        }
        let scenario = &attack.plan.scenarios[self.scenario];
        let program = Program {
            operations: &scenario.on_start,
            phase: Some(Phase::OnStart),
            turn,
            stop: Some(stop),
            thinks: false,
        };
        loop {
            match self.perform(attack, program, course).await {
                End::Done => return true,
                End::Leave => return false,
                // Who looks on has seen why; once more it would be the same.
                End::Broken if attack.exchanges.are_looked_at() => return false,
                End::Broken => {
                    let again = (Instant::now() + PAUSE_BEFORE_BEGINNING_AGAIN).min(stop);
                    if !attack.wait_until(&self.pacer, again).await {
                        return false;
                    }
                }
            }
        }
    }

    /// Executes `on_stop`.
    async fn go(&mut self, attack: &Attack, turn: Turn, course: &mut Course) {
        let program = Program {
            operations: &attack.plan.scenarios[self.scenario].on_stop,
            phase: Some(Phase::OnStop),
            turn,
            stop: None,
            thinks: false,
        };
        self.perform(attack, program, course).await;
    }

    /// Sets the variables' first values. Returns `false` if a row cannot be read.
    fn begin(&mut self, attack: &Attack, turn: Turn) -> bool {
        let now = attack.clock().utc_ns(Instant::now());
        let begun = attack.variables.begin(
            &attack.plan,
            self.scenario,
            turn,
            now,
            &mut self.random,
            &mut self.values,
        );
        self.note_secrets(attack);
        stop_without(attack, begun)
    }

    /// Executes one iteration for each assigned arrival. Each arrival counts as a new user.
    async fn serve(&mut self, attack: &Attack, stream: usize) {
        let pool = &attack.pools[stream];
        while let Some(taken) = pool.next(attack.clock().elapsed()).await {
            let arrival = taken.arrival;
            self.scenario = arrival.scenario;
            // Which users are called is random, and must not affect the shares of replicas.
            self.replica = arrival.number as usize % attack.endpoints.len();
            self.random =
                workbench_plan::random_for_arrival(attack.plan.seed, stream, arrival.number);
            self.forget();
            if attack.plan.http.new_connections {
                self.client.disconnect();
            }
            let iteration = arrival_number(arrival.number);
            self.values[Scenario::ITERATION] = Value::Integer(iteration.into());
            let turn = Turn::Arrival(stream, arrival.number);
            if !self.begin(attack, turn) {
                return;
            }
            let intended = attack.clock().at(arrival.at);
            if !attack.wait_until(&self.pacer, intended).await {
                return;
            }
            pool.begin(&taken, attack.clock().elapsed());
            let _serving = attack.active_users.serve();
            self.visit(attack, turn, intended).await;
            if attack.stop.is_stopped() {
                return;
            }
        }
        // Nothing arrives any more: the run lasts until the end of its schedule all the same.
        let end = attack.clock().at(self.span.stop);
        attack.wait_until(&self.pacer, end).await;
    }

    /// Executes `on_start`, an iteration and `on_stop` for an arrival. Its first request is sent even after the end of
    /// the schedule.
    async fn visit(&mut self, attack: &Attack, turn: Turn, intended: Instant) {
        let scenario = &attack.plan.scenarios[self.scenario];
        let stop = attack.clock().at(self.span.stop);
        let mut course = Course {
            arrived: Some(intended),
            ..Course::default()
        };
        let mut program = Program {
            operations: &scenario.on_start,
            phase: Some(Phase::OnStart),
            turn,
            stop: (!scenario.ends_iterations).then_some(stop),
            thinks: false,
        };
        if self.perform(attack, program, &mut course).await == End::Done {
            // The delay of a late arrival counts in its response times.
            if course.arrived.is_none() {
                course.arrived = Some(Instant::now() - course.waited);
            }
            program = Program {
                operations: &scenario.actions,
                phase: None,
                thinks: true,
                ..program
            };
            self.perform(attack, program, &mut course).await;
            // A user who serves arrivals is free at once, without think time.
            self.thinks_until = None;
            self.go(attack, turn, &mut course).await;
        }
    }

    /// Executes one iteration, and waits for the next. Returns `false` if the user must leave.
    async fn iterate(
        &mut self,
        attack: &Attack,
        iteration: u32,
        stop: Instant,
        course: &mut Course,
    ) -> bool {
        let begun = Instant::now();
        if attack.stop.is_stopped() || begun >= stop {
            return false;
        }
        let turn = Turn::User(self.span.position, iteration);
        self.values[Scenario::ITERATION] = Value::Integer(iteration.into());
        if attack.plan.http.new_connections {
            self.client.disconnect();
        }
        let row = attack
            .variables
            .rows(self.scenario, turn, Per::Iteration, &mut self.values);
        if !stop_without(attack, row) {
            return false;
        }
        self.note_secrets(attack);
        let scenario = &attack.plan.scenarios[self.scenario];
        let program = Program {
            operations: &scenario.actions,
            phase: None,
            turn,
            stop: (!scenario.ends_iterations).then_some(stop),
            thinks: true,
        };
        let responded = course.last_response;
        if self.perform(attack, program, course).await == End::Leave {
            return false;
        }
        let mut next = self.thinks_until.take();
        if let Some(pacing) = scenario.pacing {
            next = next.max(Some(begun + pacing));
        }
        if course.last_response == responded {
            next = next.max(Some(begun + PAUSE_WITHOUT_REQUEST));
        }
        match next {
            Some(next) if next > Instant::now() => {
                attack.wait_until(&self.pacer, next.min(stop)).await
            }
            _ => true,
        }
    }
}

/// Ends the run if a row of a data file could not be read. Returns whether it could.
fn stop_without(attack: &Attack, row: Result<(), String>) -> bool {
    row.map_err(|why| attack.stop.stop(StopReason::DataNotRead(why)))
        .is_ok()
}

/// The number, from 1, of the user at a position; a plan has fewer users than a `u32` counts.
fn user_number(position: usize) -> u32 {
    u32::try_from(position + 1).unwrap_or(u32::MAX)
}
