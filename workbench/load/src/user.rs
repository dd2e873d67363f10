//! One user's life: waits for its start, runs its scenario over and over, leaves at its stop. Or it serves arrivals.
//!
//! A scenario is a flat list of operations with jumps, so that a life is a loop.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use workbench_plan::{
    Answer, Failure, Operation, Part, Per, Random, Scenario, Step, UserSpan, Value, Work,
};
use workbench_samples::{ErrorKind, Phase, RawExchange, Sample};

use crate::attack::{Attack, arrival_number};
use crate::client::{Client, Measured, Route, Terms, Wanted};
use crate::exchange::{self, Ended};
use crate::given::Turn;
use crate::pacer::Pacer;
use crate::recorder::Slot;
use crate::request::Buffers;
use crate::stop::StopReason;

/// A user that finds no server waits this long before it tries again, so that a dead target
/// is not answered with a flood of failed connections.
const PAUSE_WITHOUT_CONNECTION: Duration = Duration::from_millis(100);
/// A user whose beginning did not give it what it needs waits this long before it tries again. Ours.
const PAUSE_BEFORE_BEGINNING_AGAIN: Duration = Duration::from_secs(1);
/// An iteration that sends nothing and takes no time is not begun again at once. Ours.
const PAUSE_WITHOUT_REQUEST: Duration = Duration::from_millis(10);

/// After so many operations other users get their turn. Ours.
const OPERATIONS_PER_TURN: u32 = 1_000;

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
    /// Of the scenario's loops.
    counters: Vec<u32>,
    /// Until when the user thinks before it does anything else.
    thinks_until: Option<Instant>,
    /// Reused for every request.
    buffers: Buffers,
    /// Values of secret columns so far: variables that were made of them stay.
    secrets: Vec<String>,
}

/// As many are remembered of a user, the first ones and the last ones. Ours.
const MOST_SECRETS: usize = 1_000;

/// What a list of operations is done for.
#[derive(Clone, Copy)]
struct Program<'a> {
    operations: &'a [Operation],
    /// The phase of its requests, where it is not that of their time.
    phase: Option<Phase>,
    turn: Turn,
    /// From when on no request is begun but the first of an arrival.
    stop: Option<Instant>,
    /// The user thinks after each request.
    thinks: bool,
}

/// How a list of operations ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// All was done.
    Done,
    /// Something is missing that a response did not hold.
    Broken,
    /// The user has to leave.
    Leave,
}

/// What a user has learned of its own requests.
#[derive(Default)]
struct Course {
    /// When the first request was intended, until it is sent.
    arrived: Option<Instant>,
    /// How long after that it was sent.
    waited: Duration,
    /// When the last response was complete.
    last_response: Option<Instant>,
}

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
            random: workbench_plan::random_for_user(plan.seed, user_number(index)),
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

    /// Sets the scenario's variables to what they are before anything was drawn.
    fn forget(&mut self) {
        let scenario = &self.attack.plan.scenarios[self.scenario];
        self.values.clear();
        self.values
            .resize(scenario.variables.len(), Value::Text(String::new()));
        self.values[Scenario::USER] = Value::Integer(user_number(self.index).into());
        self.values[Scenario::ITERATION] = Value::Integer(1);
        self.counters.clear();
        self.counters.resize(scenario.counters, 0);
        self.thinks_until = None;
        self.client.forget_cookies();
        self.secrets.clear();
    }

    /// Remembers the secrets of the rows that the user has now.
    fn note_secrets(&mut self, attack: &Attack) {
        for secret in attack.sources.secret_values(self.scenario, &self.values) {
            if !self.secrets.iter().any(|known| *known == secret) {
                if self.secrets.len() >= MOST_SECRETS {
                    self.secrets.remove(MOST_SECRETS / 2);
                }
                self.secrets.push(secret.into_owned());
            }
        }
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

    /// Iteration after iteration, between what the user does when it comes and when it leaves.
    async fn iterate_at_most(&mut self, attack: &Attack, iterations: u32) {
        let start = attack.clock().at(self.span.start);
        if !attack.wait_until(&self.pacer, start).await {
            return;
        }
        let stop = attack.clock().at(self.span.stop);
        let mut presence = attack.presences.enter(start, stop);
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
        // The schedule has it no longer: what follows is no part of its load.
        drop(presence);
        if is_done {
            attack.leave();
        }
        if has_begun {
            self.go(attack, Turn::User(self.index, iterations), &mut course)
                .await;
        }
    }

    /// What a user does once, again and again until it has what it needs; `false` when it has to leave before.
    async fn come(&mut self, attack: &Attack, stop: Instant, course: &mut Course) -> bool {
        let turn = Turn::User(self.index, 1);
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
                End::Broken => {
                    let again = (Instant::now() + PAUSE_BEFORE_BEGINNING_AGAIN).min(stop);
                    if !attack.wait_until(&self.pacer, again).await {
                        return false;
                    }
                }
            }
        }
    }

    /// What a user does when it leaves.
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

    /// Gives the variables their first values; `false` where there is none.
    fn begin(&mut self, attack: &Attack, turn: Turn) -> bool {
        let now = attack.clock().utc_ns(Instant::now());
        let begun = attack.sources.begin(
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

    /// One iteration for each arrival that falls to it. Each arrival is a user of its own, who comes and goes.
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
            let _serving = attack.presences.serve();
            self.visit(attack, turn, intended).await;
            if attack.stop.is_stopped() {
                return;
            }
        }
    }

    /// What an arrival does from its coming to its going. It sends its first request even if the schedule is over by then.
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
            // Whoever begins late does all of it late: the wait counts where response times are judged.
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
            // Whoever serves arrivals is free now: when the next one comes is not for it to say.
            self.thinks_until = None;
            self.go(attack, turn, &mut course).await;
        }
    }

    /// One iteration, and the wait for the next one; `false` when the user has to leave.
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
        let turn = Turn::User(self.index, iteration);
        self.values[Scenario::ITERATION] = Value::Integer(iteration.into());
        if attack.plan.http.new_connections {
            self.client.disconnect();
        }
        let row = attack
            .sources
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

    /// Does one operation after the other.
    async fn perform(&mut self, attack: &Attack, program: Program<'_>, course: &mut Course) -> End {
        let steps = &attack.plan.scenarios[self.scenario].steps;
        let mut at = 0;
        let mut done: u32 = 0;
        while let Some(operation) = program.operations.get(at) {
            at += 1;
            done = done.wrapping_add(1);
            if done.is_multiple_of(OPERATIONS_PER_TURN) {
                // Loops in which nothing is sent keep nobody else from its turn.
                tokio::task::yield_now().await;
                if attack.stop.is_stopped() {
                    return End::Leave;
                }
            }
            match operation {
                Operation::Request(position) => {
                    if !self.think(attack, program).await
                        || self.has_to_leave(attack, program, course)
                    {
                        return End::Leave;
                    }
                    let step = &steps[*position];
                    if !self.request(attack, *position, step, program, course).await {
                        return End::Broken;
                    }
                }
                Operation::Think(times) => {
                    let since = self.thinks_until.take().unwrap_or_else(Instant::now);
                    self.thinks_until = Some(since + times.draw(&mut self.random));
                    if !self.think(attack, program).await {
                        return End::Leave;
                    }
                }
                Operation::Count { counter, times } => self.counters[*counter] = *times,
                Operation::Again { counter, to } => {
                    self.counters[*counter] -= 1;
                    if self.counters[*counter] > 0 {
                        at = *to;
                    }
                }
                Operation::Unless { condition, to } => {
                    if !condition.holds(&self.values) {
                        at = *to;
                    }
                }
                Operation::Choose(choices) => at = chosen(choices, &mut self.random),
                Operation::Jump(to) => at = *to,
            }
        }
        End::Done
    }

    fn has_to_leave(&self, attack: &Attack, program: Program<'_>, course: &Course) -> bool {
        let is_over = || program.stop.is_some_and(|stop| Instant::now() >= stop);
        attack.stop.is_stopped() || (course.arrived.is_none() && is_over())
    }

    /// Waits as long as the user thinks; `false` when the run was stopped before.
    async fn think(&mut self, attack: &Attack, program: Program<'_>) -> bool {
        let Some(until) = self.thinks_until.take() else {
            return true;
        };
        let until = program.stop.map_or(until, |stop| until.min(stop));
        attack.wait_until(&self.pacer, until).await
    }

    /// Sends one step's request and looks at its response; `false` where something in it is missing that later steps need.
    async fn request(
        &mut self,
        attack: &Attack,
        position: usize,
        step: &Step,
        program: Program<'_>,
        course: &mut Course,
    ) -> bool {
        if !step.set.is_empty() {
            let now = attack.clock().utc_ns(Instant::now());
            let moment = attack.sources.moment(program.turn, now);
            for (variable, draw) in &step.set {
                draw.draw(&mut self.random, moment, &mut self.values, *variable);
            }
        }
        let (outcome, is_whole, ended) = self.send(attack, position, step, program, course).await;
        course.last_response = Some(ended);
        let pause = match &attack.plan.scenarios[self.scenario].think_time {
            Some(think_time) if program.thinks => think_time.draw(&mut self.random),
            _ => Duration::ZERO,
        };
        let is_connected = !matches!(
            outcome,
            Err(ErrorKind::Refused | ErrorKind::Connect | ErrorKind::Tls | ErrorKind::Generator)
        );
        let pause = if is_connected {
            pause
        } else {
            pause.max(PAUSE_WITHOUT_CONNECTION)
        };
        if !pause.is_zero() {
            self.thinks_until = Some(Instant::now() + pause);
        }
        is_whole
    }

    /// Gives what came of the request, whether all is there that later steps need, and when it ended.
    async fn send(
        &mut self,
        attack: &Attack,
        position: usize,
        step: &Step,
        program: Program<'_>,
        course: &mut Course,
    ) -> (Result<u16, ErrorKind>, bool, Instant) {
        let prepared = &attack.steps[self.replica][self.scenario][position];
        let endpoint = &attack.endpoints[self.replica][prepared.endpoint];
        let cookies = |target: &str, header: &mut String| {
            self.client.write_cookies(endpoint, target, header);
        };
        let request = prepared.write(step, &self.values, &cookies, &mut self.buffers);
        let active_users = attack.presences.active();
        let iteration = match program.turn {
            Turn::User(_, iteration) => iteration,
            Turn::Arrival(_, number) => arrival_number(number),
        };
        let started = Instant::now();
        let started_at = attack.clock().utc_ns(started);
        let intended = course.arrived.take();
        if let Some(intended) = intended {
            course.waited = started.saturating_duration_since(intended);
        }
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
                phase: program.phase.unwrap_or_else(|| attack.phase_at(started)),
                ..Sample::UNANSWERED
            },
            measured: Measured::nothing(ErrorKind::Censored),
        };
        let terms = Terms {
            timeout: step.timeout.unwrap_or(attack.plan.request_timeout),
            wanted: match step.part() {
                Part::Status => Wanted::Nothing,
                Part::Head => Wanted::Head,
                Part::Body => Wanted::Body,
            },
            copy: attack.exchanges.wants_good(prepared.label),
            expected: &step.expect.statuses,
            redirects: attack.plan.http.follow_redirects,
        };
        match &request {
            Some(request) => {
                let route = Route {
                    services: &attack.endpoints[self.replica],
                    replica: self.replica,
                    service: prepared.endpoint,
                };
                let (client, measured) = (&mut self.client, &mut in_flight.measured);
                client.send(route, request, &terms, started, measured).await;
            }
            None => {
                // It cannot be written as HTTP. Nothing is awaited for it: other users get their turn here.
                tokio::task::yield_now().await;
                in_flight.measured = Measured::nothing(ErrorKind::Protocol);
            }
        }
        let measured = in_flight.measured;
        let ended = started + measured.elapsed;
        let kept = self.client.answer();
        let (error, reason, is_whole) = match measured.outcome {
            Err(error) => (
                Some(error),
                Cow::from(unanswered(error)),
                step.go_without_answer(&mut self.values),
            ),
            Ok(status) => {
                let answer = Answer {
                    status,
                    head: kept.head(),
                    body: kept.body(),
                    is_truncated: kept.is_truncated(),
                    elapsed: measured.elapsed,
                    cookie: &|name| self.client.cookie(name).map(str::to_owned),
                };
                let looked = (terms.wanted == Wanted::Body).then(Instant::now);
                let finding = step.examine(&answer, &mut self.values, &mut self.random);
                if let Some(looked) = looked {
                    attack.slot(self.index).looked(looked.elapsed());
                }
                let (error, reason) = match finding.failure {
                    None => (None, String::new()),
                    Some((failure, reason)) => match self.client.stopped_at() {
                        Some(stop) => (Some(kind(failure)), format!("{reason}: {stop}")),
                        None => (Some(kind(failure)), reason),
                    },
                };
                (error, reason.into(), finding.is_whole)
            }
        };
        in_flight.sample.error = error;
        if error.is_some() || terms.copy {
            let ended = Ended {
                label: prepared.label,
                kind: error,
                reason: &reason,
                ends_iteration: !is_whole,
            };
            let secrets = || self.secrets.clone();
            let sample = in_flight.sample;
            let raw = || RawExchange {
                scenario: sample.scenario,
                at: sample.started_at,
                user: sample.user,
                iteration,
                elapsed_ns: nanoseconds(measured.elapsed),
                redirects: measured.redirects,
                sent_again: measured.sent_again,
                server: endpoint.server(),
                request: self
                    .client
                    .followed()
                    .or(request.as_ref().map(|request| request.bytes))
                    .map(exchange::sent)
                    .unwrap_or_default(),
                response: (!kept.head().is_empty()).then(|| exchange::received(kept)),
            };
            let names = &attack.plan.scenarios[self.scenario].variables;
            let captured = || {
                let captured = step.capture.iter().filter_map(|capture| {
                    let value = self.values[capture.position].to_text().into_owned();
                    (!value.is_empty()).then(|| (names[capture.position].clone(), value))
                });
                captured.collect()
            };
            attack
                .exchanges
                .offer(ended, secrets, raw, captured, step.expected.as_deref());
        }
        let outcome = match (error, measured.outcome) {
            (Some(error), _) => Err(error),
            (None, outcome) => outcome,
        };
        // A long response is not kept while the user thinks.
        self.client.clear();
        (outcome, is_whole, ended)
    }
}

fn kind(failure: Failure) -> ErrorKind {
    match failure {
        Failure::Status => ErrorKind::Status,
        Failure::Expectation => ErrorKind::Expect,
        Failure::Capture => ErrorKind::Capture,
    }
}

/// Why there is no response.
fn unanswered(error: ErrorKind) -> &'static str {
    match error {
        ErrorKind::Refused => "nothing accepted the connection",
        ErrorKind::Connect => "no connection could be made",
        ErrorKind::Tls => "TLS could not be negotiated",
        ErrorKind::Reset => "the connection broke before the response was complete",
        ErrorKind::Timeout => "there was no complete response within the time limit",
        ErrorKind::Protocol => {
            "what came back is not HTTP, or its content encoding is broken, or the request cannot be written as HTTP"
        }
        ErrorKind::Stale => "the server had closed the idle connection",
        _ => "",
    }
}

/// Ends the run where a row of a data file cannot be had; `true` where it could.
fn stop_without(attack: &Attack, row: Result<(), String>) -> bool {
    row.map_err(|why| attack.stop.stop(StopReason::DataNotRead(why)))
        .is_ok()
}

/// Where to go on, by weight.
fn chosen(choices: &[(u32, usize)], random: &mut Random) -> usize {
    let all: u64 = choices.iter().map(|(weight, _)| u64::from(*weight)).sum();
    let mut drawn = workbench_plan::below(all, random);
    for (weight, to) in choices {
        match drawn.checked_sub(u64::from(*weight)) {
            Some(rest) => drawn = rest,
            None => return *to,
        }
    }
    unreachable!("what is drawn is smaller than the sum of the weights")
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
            redirects: measured.redirects,
            ..self.sample
        });
    }
}

/// A user's number, from 1; a schedule holds fewer users than a `u32` counts.
fn user_number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
