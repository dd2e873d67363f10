//! `/admin/faults`: what is in force, changed while the service runs.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    routing::{MethodRouter, get},
};
use serde::Serialize;

use super::{Fault, Faults};
use crate::platform::{
    Error,
    extract::{CheckedBody, FromBody},
    validation::{Field, Location, Problems},
};

const MOST: usize = 100;

const LONGEST: usize = 500;

pub(crate) struct Wanted(Vec<Fault>);

impl FromBody for Wanted {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let faults = body.object(problems)?.field("faults");
        let faults = faults.list(0..=MOST, problems, |fault, problems| {
            let text = fault.text(1..=LONGEST, problems)?;
            text.parse()
                .map_err(|error| fault.refuse::<()>(error, problems))
                .ok()
        });
        faults.map(Self)
    }
}

#[derive(Serialize)]
struct InForce {
    faults: Vec<One>,
}

#[derive(Serialize)]
struct One {
    fault: String,
    /// Milliseconds since it was put in force.
    age_ms: u64,
    /// Requests that it was applied to so far.
    requests: u64,
}

pub(crate) fn routes(faults: Arc<Faults>) -> MethodRouter {
    get(show).put(replace).delete(clear).with_state(faults)
}

async fn show(State(faults): State<Arc<Faults>>) -> Json<InForce> {
    let active = faults.active();
    let faults = active.iter().map(|one| One {
        fault: one.fault.to_string(),
        age_ms: u64::try_from(one.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        requests: one.requests.load(Ordering::Relaxed),
    });
    let faults = faults.collect();
    Json(InForce { faults })
}

async fn replace(
    State(faults): State<Arc<Faults>>,
    CheckedBody((), Wanted(wanted)): CheckedBody<(), Wanted>,
) -> Result<Json<InForce>, Error> {
    let mut problems = Problems::default();
    for (index, fault) in wanted.iter().enumerate() {
        if let Err(reason) = faults.check(fault) {
            let list = Location::Field(&Location::Part("body"), "faults");
            let reason = format!("Value error, {reason}");
            problems.add::<()>(&Location::Element(&list, index), "value_error", reason);
        }
    }
    if !problems.0.is_empty() {
        return Err(problems.into());
    }
    faults.replace(wanted);
    Ok(show(State(faults)).await)
}

async fn clear(State(faults): State<Arc<Faults>>) -> StatusCode {
    faults.replace(Vec::new());
    StatusCode::NO_CONTENT
}
