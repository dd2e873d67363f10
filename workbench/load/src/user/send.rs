//! One request of a user: writes, sends and times it, evaluates its response, and offers both to the recorder of
//! exchanges.

use std::borrow::Cow;
use std::mem;
use std::time::{Duration, Instant};

use workbench_plan::{Failure, Part, Response, Step};
use workbench_samples::{ErrorKind, RawExchange, Sample};

use super::program::{Course, Program};
use super::{User, user_number};
use crate::attack::{Attack, arrival_number};
use crate::client::{Measurement, Request, Route, Terms, Wanted};
use crate::exchange::{self, Ended};
use crate::recorder::Slot;
use crate::request::PreparedStep;
use crate::variables::Turn;

/// The result of a request.
pub(super) struct Sent {
    pub(super) error: Option<ErrorKind>,
    /// All captures that later steps need exist.
    pub(super) is_whole: bool,
    pub(super) ended: Instant,
}

/// The evaluation of a response, or of its absence.
struct Examined {
    error: Option<ErrorKind>,
    /// Why there is an error; empty without one.
    reason: Cow<'static, str>,
    is_whole: bool,
}

impl User {
    /// Sends one step's request, records its sample, and sets the captured variables.
    pub(super) async fn send(
        &mut self,
        attack: &Attack,
        position: usize,
        step: &Step,
        program: Program<'_>,
        course: &mut Course,
    ) -> Sent {
        let prepared = &attack.steps[self.replica][self.scenario][position];
        let endpoint = &attack.endpoints[self.replica][prepared.endpoint];
        let cookies = |target: &str, header: &mut String| {
            self.client.write_cookies(endpoint, target, header);
        };
        let mut buffers = mem::take(&mut self.buffers);
        let request = prepared.write(step, &self.values, &cookies, &mut buffers);
        let active_users = attack.active_users.active();
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
                user: user_number(self.span.position),
                iteration: match program.turn {
                    Turn::User(_, iteration) => iteration,
                    Turn::Arrival(_, number) => arrival_number(number),
                },
                active_users,
                phase: program.phase.unwrap_or_else(|| attack.phase_at(started)),
                ..Sample::UNANSWERED
            },
            measured: Measurement::nothing(ErrorKind::Censored),
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
                // The request cannot be written as HTTP. Nothing was awaited, so the user yields to others here.
                tokio::task::yield_now().await;
                in_flight.measured = Measurement::nothing(ErrorKind::Protocol);
            }
        }
        let measured = in_flight.measured;
        let examined = self.examine(attack, step, terms.wanted, &measured);
        in_flight.sample.error = examined.error;
        if examined.error.is_some() || terms.copy {
            let of_request = (step, prepared, request.as_ref());
            self.offer(attack, of_request, &in_flight, &examined);
        }
        // Frees a long response before the think time.
        self.client.clear();
        self.buffers = buffers;
        Sent {
            error: examined.error,
            is_whole: examined.is_whole,
            ended: started + measured.elapsed,
        }
    }

    /// Evaluates the response.
    fn examine(
        &mut self,
        attack: &Attack,
        step: &Step,
        wanted: Wanted,
        measured: &Measurement,
    ) -> Examined {
        let status = match measured.outcome {
            Ok(status) => status,
            Err(error) => {
                return Examined {
                    error: Some(error),
                    reason: self.unanswered(error),
                    is_whole: step.without_response(&mut self.values),
                };
            }
        };
        let kept = self.client.answer();
        let response = Response {
            status,
            head: kept.head(),
            body: kept.body(),
            is_truncated: kept.is_truncated(),
            elapsed: measured.elapsed,
            cookie: &|name| self.client.cookie(name).map(str::to_owned),
        };
        let looked = (wanted == Wanted::Body).then(Instant::now);
        let finding = step.examine(&response, &mut self.values, &mut self.random);
        if let Some(looked) = looked {
            attack.slot(self.index).looked(looked.elapsed());
        }
        let (error, reason) = finding.failure.unzip();
        let reason = match (reason, self.client.stopped_at()) {
            (Some(reason), Some(stop)) => format!("{reason}: {stop}"),
            (reason, _) => reason.unwrap_or_default(),
        };
        Examined {
            error: error.map(kind),
            reason: reason.into(),
            is_whole: finding.is_whole,
        }
    }

    /// Why there is no response.
    fn unanswered(&self, error: ErrorKind) -> Cow<'static, str> {
        let kind = unanswered(error);
        let cause = (error == ErrorKind::Tls).then(|| self.client.tls_failure());
        match cause.flatten() {
            Some(cause) => format!("{kind}: {cause}").into(),
            None => kind.into(),
        }
    }

    /// Offers request and response to the recorder.
    fn offer(
        &self,
        attack: &Attack,
        (step, prepared, request): (&Step, &PreparedStep, Option<&Request<'_>>),
        in_flight: &InFlight<'_>,
        examined: &Examined,
    ) {
        let InFlight {
            sample, measured, ..
        } = in_flight;
        let ended = Ended {
            label: prepared.label,
            kind: examined.error,
            reason: &examined.reason,
            ends_iteration: !examined.is_whole,
        };
        let raw = || RawExchange {
            scenario: sample.scenario,
            at: sample.started_at,
            user: sample.user,
            iteration: sample.iteration,
            elapsed_ns: nanoseconds(measured.elapsed),
            redirects: measured.redirects,
            sent_again: measured.sent_again,
            server: attack.endpoints[self.replica][prepared.endpoint].server(),
            request: self
                .client
                .followed()
                .or(request.map(|request| request.bytes))
                .map(exchange::sent)
                .unwrap_or_default(),
            response: {
                let kept = self.client.answer();
                (!kept.head().is_empty()).then(|| exchange::received(kept))
            },
        };
        let names = &attack.plan.scenarios[self.scenario].variables;
        let captured = || {
            let captured = step.capture.iter().filter_map(|capture| {
                let value = self.values[capture.position].to_text().into_owned();
                (!value.is_empty()).then(|| (names[capture.position].clone(), value))
            });
            captured.collect()
        };
        let expected = step.expected.as_deref();
        attack
            .exchanges
            .offer(ended, || self.secrets.clone(), raw, captured, expected);
    }
}

fn kind(failure: Failure) -> ErrorKind {
    match failure {
        Failure::Status => ErrorKind::Status,
        Failure::Expectation => ErrorKind::Expect,
        Failure::Capture => ErrorKind::Capture,
    }
}

/// Why there is no response, by the kind of the error.
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

/// A request in flight. It is recorded when dropped: as censored if the run ended before it did.
struct InFlight<'a> {
    slot: &'a Slot,
    started: Instant,
    sample: Sample,
    measured: Measurement,
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

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
