//! Secrets that are written out in an experiment, and what is stored in their place.

use std::collections::{BTreeMap, BTreeSet};

use crate::file::format::{
    DrawFile, OneOrMany, Ordered, PlanFile, ScenarioFile, StepFile, ValueFile, ValueOr,
};
use crate::template::variables_in;

/// What stands in a stored file in place of a secret.
const REDACTED: &str = "[redacted]";

/// Headers that say who somebody is.
const SECRET_HEADERS: [&str; 5] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-api-key",
    "x-auth-token",
];

/// What fields of bodies are called that say so, without signs between words; others end so.
const SECRET_FIELDS: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "accesskey",
    "privatekey",
    "accesstoken",
    "refreshtoken",
    "authtoken",
];

fn is_secret_field(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let name: String = letters.collect::<String>().to_ascii_lowercase();
    ["pwd", "pass", "token"].contains(&name.as_str())
        || SECRET_FIELDS.iter().any(|secret| name.ends_with(secret))
}

/// Takes out what is written out; says where it stood.
pub(super) fn redact_literals(file: &mut PlanFile) -> Vec<String> {
    let mut redaction = Redaction::default();
    redaction.headers(&mut file.http.headers, "every request");
    for scenario in &mut file.scenarios {
        for steps in all_steps(scenario) {
            steps.iter_mut().for_each(|step| redaction.step(step));
        }
    }
    // What those are made of; each variable can be made of others that stand before it.
    for scenario in &mut file.scenarios {
        for steps in all_steps(scenario) {
            steps.iter_mut().rev().for_each(|step| redaction.set(step));
        }
    }
    redaction.variables(&mut file.variables);
    redaction.found
}

fn all_steps(scenario: &mut ScenarioFile) -> [&mut Vec<StepFile>; 3] {
    [
        &mut scenario.on_stop,
        &mut scenario.steps,
        &mut scenario.on_start,
    ]
}

#[derive(Default)]
struct Redaction {
    /// Where something was taken out.
    found: Vec<String>,
    /// Variables that secrets are made of.
    names: BTreeSet<String>,
}

impl Redaction {
    fn headers(&mut self, headers: &mut BTreeMap<String, String>, of: &str) {
        for (name, value) in headers {
            if SECRET_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                self.secret(value, || format!("the header \"{name}\" of {of}"));
            }
        }
    }

    fn step(&mut self, step: &mut StepFile) {
        let request = step.request.clone().unwrap_or_default();
        self.headers(&mut step.headers, &format!("\"{request}\""));
        if let Some(auth) = &mut step.auth {
            let bearer = auth.bearer.as_mut();
            let password = auth.basic.as_mut().map(|basic| &mut basic.password);
            for value in bearer.into_iter().chain(password) {
                self.secret(value, || format!("\"auth\" of \"{request}\""));
            }
        }
        let of = format!("the body of \"{request}\"");
        for (name, OneOrMany(values)) in step.form.iter_mut().flat_map(|form| &mut form.0) {
            if is_secret_field(name) {
                for value in values {
                    self.secret(&mut value.0, || format!("\"{name}\" in {of}"));
                }
            }
        }
        for (name, part) in step.multipart.iter_mut().flat_map(|form| &mut form.0) {
            if let (true, ValueOr::Value(value)) = (is_secret_field(name), part) {
                self.secret(&mut value.0, || format!("\"{name}\" in {of}"));
            }
        }
        if let Some(json) = &mut step.json {
            self.json(json, &of);
        }
        inner(step, |step| self.step(step));
    }

    fn json(&mut self, json: &mut serde_yaml::Value, of: &str) {
        use serde_yaml::Value;
        match json {
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.json(item, of)),
            Value::Mapping(fields) => {
                for (name, value) in fields {
                    match (name.as_str(), value) {
                        (Some(name), Value::String(text)) if is_secret_field(name) => {
                            self.secret(text, || format!("\"{name}\" in {of}"));
                        }
                        (_, value) => self.json(value, of),
                    }
                }
            }
            _ => {}
        }
    }

    fn set(&mut self, step: &mut StepFile) {
        inner(step, |step| self.set(step));
        self.variables(&mut step.set);
    }

    fn variables(&mut self, variables: &mut Ordered<ValueOr<ValueFile, DrawFile>>) {
        for (name, value) in variables.0.iter_mut().rev() {
            if !self.names.contains(name) {
                continue;
            }
            let place = || format!("the variable \"{name}\"");
            match value {
                ValueOr::Value(ValueFile::Text(text)) => self.secret(text, place),
                ValueOr::Drawn(DrawFile {
                    choice: Some(values),
                    ..
                }) => {
                    for value in values {
                        if let ValueFile::Text(text) = value {
                            self.secret(text, place);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Takes out a text, unless it is put together from variables.
    fn secret(&mut self, value: &mut String, place: impl Fn() -> String) {
        let variables = variables_in(value);
        if !variables.is_empty() {
            let names = variables.into_iter().map(str::to_owned);
            return self.names.extend(names);
        }
        if value.is_empty() || value == REDACTED {
            return;
        }
        REDACTED.clone_into(value);
        let place = place();
        if !self.found.contains(&place) {
            self.found.push(place);
        }
    }
}

/// Does something with the steps within a step.
fn inner(step: &mut StepFile, mut with: impl FnMut(&mut StepFile)) {
    let chosen = step.choose.iter_mut().flatten();
    let chosen = chosen.flat_map(|choice| &mut choice.steps);
    step.steps
        .iter_mut()
        .chain(chosen)
        .rev()
        .for_each(&mut with);
}
