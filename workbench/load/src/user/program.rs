//! Executes lists of operations: jumps, pauses and requests.

use std::time::{Duration, Instant};

use workbench_plan::{Operation, Random, Step};
use workbench_samples::{ErrorKind, Phase};

use super::User;
use crate::attack::Attack;
use crate::variables::Turn;

/// Pause after a failed connection, so that a dead target does not cause a flood of failed connections.
const PAUSE_WITHOUT_CONNECTION: Duration = Duration::from_millis(100);
/// After this many operations the user yields to others. Our choice.
const OPERATIONS_PER_TURN: u32 = 1_000;

/// The context in which a list of operations is executed.
#[derive(Clone, Copy)]
pub(super) struct Program<'a> {
    pub(super) operations: &'a [Operation],
    /// The phase of its requests, where it is not that of their time.
    pub(super) phase: Option<Phase>,
    pub(super) turn: Turn,
    /// From this time on no request is begun, except the first of an arrival.
    pub(super) stop: Option<Instant>,
    /// The user thinks after each request.
    pub(super) thinks: bool,
}

/// How a list of operations ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All operations were executed.
    Done,
    /// A capture that later steps need is missing.
    Broken,
    /// The user must leave.
    Leave,
}

/// State of a user's requests.
#[derive(Default)]
pub(super) struct Course {
    /// When the first request was intended, until it is sent.
    pub(super) arrived: Option<Instant>,
    /// How long after that it was sent.
    pub(super) waited: Duration,
    /// When the last response was complete.
    pub(super) last_response: Option<Instant>,
}

impl User {
    /// Executes the operations in order.
    pub(super) async fn perform(
        &mut self,
        attack: &Attack,
        program: Program<'_>,
        course: &mut Course,
    ) -> End {
        let steps = &attack.plan.scenarios[self.scenario].steps;
        let mut at = 0;
        let mut done: u32 = 0;
        while let Some(operation) = program.operations.get(at) {
            at += 1;
            done = done.wrapping_add(1);
            if done.is_multiple_of(OPERATIONS_PER_TURN) {
                // Loops without requests must not block other users.
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

    /// Waits for the think time. Returns `false` if the run was stopped before.
    async fn think(&mut self, attack: &Attack, program: Program<'_>) -> bool {
        let Some(until) = self.thinks_until.take() else {
            return true;
        };
        let until = program.stop.map_or(until, |stop| until.min(stop));
        attack.wait_until(&self.pacer, until).await
    }

    /// Sends one step's request and evaluates its response. Returns `false` if a capture that later steps need is
    /// missing.
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
            let moment = attack.variables.moment(program.turn, now);
            for (variable, draw) in &step.set {
                draw.draw(&mut self.random, moment, &mut self.values, *variable);
            }
        }
        let sent = self.send(attack, position, step, program, course).await;
        course.last_response = Some(sent.ended);
        let pause = match &attack.plan.scenarios[self.scenario].think_time {
            Some(think_time) if program.thinks => think_time.draw(&mut self.random),
            _ => Duration::ZERO,
        };
        let is_connected = !matches!(
            sent.error,
            Some(ErrorKind::Refused | ErrorKind::Connect | ErrorKind::Tls | ErrorKind::Generator)
        );
        let pause = if is_connected {
            pause
        } else {
            pause.max(PAUSE_WITHOUT_CONNECTION)
        };
        if !pause.is_zero() {
            self.thinks_until = Some(Instant::now() + pause);
        }
        sent.is_whole
    }
}

/// The position to continue at, chosen by weight.
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
