//! One user's life: waits for its start, runs its scenario over and over, leaves at its stop.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Uri};
use workbench_plan::{Random, Scenario, Step, UserSpan, Value};
use workbench_samples::{ErrorKind, Sample};

use crate::attack::Attack;
use crate::client::{Client, Measured};
use crate::recorder::Slot;

/// A user that finds no server waits this long before it tries again, so that a dead target
/// is not answered with a flood of failed connections.
const PAUSE_WITHOUT_CONNECTION: Duration = Duration::from_millis(100);

/// Everything that one user carries from request to request.
pub(crate) struct User {
    attack: Arc<Attack>,
    /// Position in the schedule; the user's number is one more.
    index: usize,
    span: UserSpan,
    /// Of the target, by position; all requests go to it.
    replica: usize,
    scenario: usize,
    /// The same, as samples hold it.
    scenario_number: u16,
    client: Client,
    random: Random,
    /// The scenario's variables, by position.
    values: Vec<Value>,
    /// Reused for every path and body.
    text: String,
}

impl User {
    pub(crate) fn new(attack: Arc<Attack>, index: usize) -> Self {
        let scenario = attack.scenarios[index];
        let replica = attack.replicas[index];
        let plan = &attack.plan;
        let number = user_number(index);
        let mut values = vec![Value::Text(String::new()); plan.scenarios[scenario].variables.len()];
        values[Scenario::USER] = Value::Integer(number.into());
        Self {
            span: attack.schedule.users()[index],
            client: Client::new(attack.endpoints[replica].len(), plan.request_timeout),
            random: workbench_plan::random_for_user(plan.seed, number),
            index,
            replica,
            scenario,
            scenario_number: u16::try_from(scenario).unwrap_or(u16::MAX),
            values,
            text: String::new(),
            attack,
        }
    }

    /// Lives from the user's start to its stop, or until the run is stopped.
    pub(crate) async fn live(mut self) {
        let attack = Arc::clone(&self.attack);
        let start = attack.clock().at(self.span.start);
        if !attack.wait_until(start).await {
            return;
        }
        let stop = attack.clock().at(self.span.stop);
        let mut presence = attack.enter(start, stop);
        let scenario = &attack.plan.scenarios[self.scenario];
        let mut iteration = 0;
        loop {
            iteration += 1;
            self.values[Scenario::ITERATION] = Value::Integer(iteration.into());
            for (position, step) in scenario.steps.iter().enumerate() {
                if Instant::now() >= stop || attack.stop.is_stopped() {
                    return;
                }
                let (outcome, ended) = self.run(&attack, position, step, iteration).await;
                presence.last_response = Some(ended);
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
                    if !attack.wait_until(until).await {
                        return;
                    }
                }
            }
        }
    }

    /// Sends one step's request and records what came of it, and when it ended.
    async fn run(
        &mut self,
        attack: &Attack,
        position: usize,
        step: &Step,
        iteration: u32,
    ) -> (Result<u16, ErrorKind>, Instant) {
        for (variable, distribution) in &step.set {
            distribution.draw_into(&mut self.random, &mut self.values[*variable]);
        }
        let prepared = &attack.steps[self.replica][self.scenario][position];
        let endpoint = &attack.endpoints[self.replica][prepared.endpoint];
        let request = prepared.request(step, &endpoint.prefix, &self.values, &mut self.text);
        let active_users = attack.active_users.load(Ordering::Relaxed);
        let started = Instant::now();
        let started_at = attack.clock().utc_ns(started);
        let in_flight = InFlight {
            slot: &attack.slots[self.index],
            started,
            sample: Sample {
                intended_at: started_at,
                started_at,
                elapsed_ns: 0,
                latency_ns: 0,
                connect_ns: 0,
                bytes_sent: 0,
                bytes_received: 0,
                status: None,
                error: Some(ErrorKind::Censored),
                request: prepared.label,
                scenario: self.scenario_number,
                user: user_number(self.index),
                iteration,
                active_users,
                phase: attack.phase_at(started),
            },
            answered: false,
        };
        let measured = match request {
            Some(request) => {
                let client = &mut self.client;
                client
                    .send(prepared.endpoint, endpoint, request, started)
                    .await
            }
            None => {
                // Nothing is awaited for it: other users get their turn here.
                tokio::task::yield_now().await;
                NOT_SENT
            }
        };
        let outcome = judge(&measured, &step.expect_status);
        in_flight.finish(&measured, outcome);
        (outcome, started + measured.elapsed)
    }
}

/// What is measured of a request that cannot be written as HTTP.
const NOT_SENT: Measured = Measured {
    elapsed: Duration::ZERO,
    latency: Duration::ZERO,
    connect: Duration::ZERO,
    bytes_sent: 0,
    bytes_received: 0,
    outcome: Err(ErrorKind::Protocol),
};

/// A request under way. Dropped before its end, it is recorded as censored: still in flight when
/// the run was over.
struct InFlight<'a> {
    slot: &'a Slot,
    started: Instant,
    sample: Sample,
    answered: bool,
}

impl InFlight<'_> {
    fn finish(mut self, measured: &Measured, outcome: Result<u16, ErrorKind>) {
        self.answered = true;
        self.slot.push(Sample {
            elapsed_ns: nanoseconds(measured.elapsed),
            latency_ns: nanoseconds(measured.latency),
            connect_ns: nanoseconds(measured.connect),
            bytes_sent: measured.bytes_sent,
            bytes_received: measured.bytes_received,
            status: measured.outcome.ok(),
            error: outcome.err(),
            ..self.sample
        });
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.slot.push(Sample {
                elapsed_ns: nanoseconds(self.started.elapsed()),
                ..self.sample
            });
        }
    }
}

/// A user's number, from 1; a schedule holds fewer users than a `u32` counts.
fn user_number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

/// Whether the response is one that the step expects.
fn judge(measured: &Measured, expected: &[u16]) -> Result<u16, ErrorKind> {
    let status = measured.outcome?;
    // A redirect is not followed: where nobody expects one, what was asked for did not come.
    let fine = if expected.is_empty() {
        (200..300).contains(&status) || status == NOT_MODIFIED
    } else {
        expected.contains(&status)
    };
    if fine {
        Ok(status)
    } else {
        Err(ErrorKind::Status)
    }
}

/// The answer to a conditional request, and no redirect although it begins with a 3.
const NOT_MODIFIED: u16 = 304;

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// What of a step does not change between requests.
#[derive(Debug)]
pub(crate) struct PreparedStep {
    /// Position of the endpoint among those of its replica.
    pub(crate) endpoint: usize,
    /// Position of the label among the run's.
    pub(crate) label: u16,
    method: Method,
    /// Names of the step's own headers, in its order.
    header_names: Vec<HeaderName>,
    headers: HeaderMap,
}

impl PreparedStep {
    pub(crate) fn new(step: &Step, endpoint: usize, host: &HeaderValue, label: u16) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.clone());
        headers.insert(USER_AGENT, HeaderValue::from_static(USER_AGENT_VALUE));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        if step.json.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let name = |(name, _): &(String, _)| {
            HeaderName::try_from(name).expect("a plan's header names are valid")
        };
        Self {
            endpoint,
            label,
            method: Method::from_bytes(step.method.as_bytes()).expect("a plan's methods are valid"),
            header_names: step.headers.iter().map(name).collect(),
            headers,
        }
    }

    /// The request with the variables' values; `None` where these make its path too long for a URI (65,534 bytes), or a
    /// header one that HTTP does not allow.
    fn request(
        &self,
        step: &Step,
        prefix: &str,
        values: &[Value],
        text: &mut String,
    ) -> Option<Request<Full<Bytes>>> {
        text.clear();
        text.push_str(prefix);
        step.path.render(values, text);
        let uri = Uri::try_from(text.as_str()).ok()?;
        let mut headers = self.headers.clone();
        for (name, (_, template)) in self.header_names.iter().zip(&step.headers) {
            text.clear();
            template.render(values, text);
            let value = HeaderValue::from_str(text).ok()?;
            headers.try_insert(name.clone(), value).ok()?;
        }
        let body = match &step.json {
            None => Bytes::new(),
            Some(json) => {
                text.clear();
                json.render(values, text);
                Bytes::copy_from_slice(text.as_bytes())
            }
        };
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Some(request)
    }
}

const USER_AGENT_VALUE: &str = concat!("workbench/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// What a step of `GET shop/${word}` with a header `x-word: ${word}` sends where the variable has a value.
    fn request(word: &str) -> Option<Request<Full<Bytes>>> {
        let text = "target: { urls: { shop: http://shop.test } }\nconcurrency: { target: 1, hold: 1s }\n\
            scenarios:\n- name: one\n  steps:\n  - request: GET shop/${word}\n    set: { word: w }\n    \
            headers: { x-word: \"${word}\" }\n";
        let plan = workbench_plan::parse(text, Path::new("words.yaml")).unwrap();
        let step = &plan.scenarios[0].steps[0];
        let prepared = PreparedStep::new(step, 0, &HeaderValue::from_static("shop.test"), 0);
        let mut values = vec![Value::Integer(1); plan.scenarios[0].variables.len()];
        values[step.set[0].0] = Value::Text(word.to_owned());
        prepared.request(step, "", &values, &mut String::new())
    }

    #[test]
    fn a_value_that_no_request_can_carry_is_no_request() {
        // The slash and the value are the path.
        let longest = "w".repeat(65_533);
        assert_eq!(request(&longest).unwrap().uri().path().len(), 65_534);
        assert!(request(&format!("{longest}w")).is_none(), "too long a path");
        assert!(request("a\nb").is_none(), "a line break in a header");
    }
}
