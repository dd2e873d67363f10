//! Plans as text, and plans that differ from others in one thing: the file is edited and resolved again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::file::format::{
    DrawFile, DurationFile, NumberOr, Ordered, PlanFile, ScenarioFile, StepFile, ValueFile, ValueOr,
};
use crate::file::{self, without_password};
use crate::plan::{BaseUrl, Plan, Target};
use crate::sweep::{Parameter, Point};
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

impl PartialEq for Plan {
    fn eq(&self, other: &Self) -> bool {
        self.to_yaml() == other.to_yaml()
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plan({})", self.stored())
    }
}

impl Plan {
    /// The experiment file with every default filled in; [`crate::parse`] of it gives the same plan.
    ///
    /// It may hold passwords: what is kept or shown is [`Plan::stored`].
    #[must_use]
    pub fn to_yaml(&self) -> String {
        to_yaml(&self.file)
    }

    /// The same to be kept beside results: without the database's password, and without tokens and passwords that are
    /// written out where a request says who the user is.
    #[must_use]
    pub fn stored(&self) -> String {
        to_yaml(&self.redacted())
    }

    /// The file of [`Plan::stored`].
    pub(crate) fn redacted(&self) -> PlanFile {
        let mut file = self.file.clone();
        redact_database(&mut file);
        redact_literals(&mut file);
        file
    }

    /// Where secrets are written out in the experiment, which [`Plan::stored`] leaves out: `the header "authorization" of
    /// "GET shop/items"`.
    #[must_use]
    pub fn literal_secrets(&self) -> Vec<String> {
        redact_literals(&mut self.file.clone())
    }

    /// The same plan but for what is edited in its file.
    ///
    fn edited(&self, edit: impl FnOnce(&mut PlanFile)) -> Self {
        let mut file = self.file.clone();
        edit(&mut file);
        file::edited(file, &self.path).expect("what is edited stays an experiment")
    }

    /// The plan with another seed.
    pub(crate) fn with_seed(&self, seed: u64) -> Self {
        self.edited(|file| file.seed = seed)
    }

    /// The plan with services at other URLs, by their names.
    ///
    /// # Errors
    /// In words: the target has no such service, or a text is not a URL.
    pub fn with_urls(&self, urls: &BTreeMap<String, String>) -> Result<Self, String> {
        if urls.is_empty() {
            return Ok(self.clone());
        }
        let mut file = self.file.clone();
        let Some(services) = &mut file.target.urls else {
            return Err(
                "the bundled bookstore is started for each run, and has no URLs".to_owned(),
            );
        };
        for (name, url) in urls {
            let Some(service) = services.get_mut(name) else {
                let known: Vec<&str> = services.keys().map(String::as_str).collect();
                let known = known.join(", ");
                return Err(format!(
                    "the target has no service \"{name}\", it has {known}"
                ));
            };
            let parsed: Result<BaseUrl, _> = url.parse();
            parsed.map_err(|why| format!("the service \"{name}\": {why}"))?;
            service.clone_from(url);
        }
        file::edited(file, &self.path).map_err(|error| error.to_string())
    }

    /// Where the services are, by name, without passwords; empty where the target is started for each run.
    #[must_use]
    pub fn urls(&self) -> BTreeMap<String, String> {
        self.redacted().target.urls.unwrap_or_default()
    }

    /// The plan at a point of its sweep.
    pub(crate) fn at(&self, point: Point) -> Self {
        self.edited(|file| {
            file.sweep = None;
            set(file, point.parameter, point.value);
        })
    }

    /// One scenario of the plan, played once by one user who does not wait.
    ///
    /// # Panics
    /// There is no such scenario.
    #[must_use]
    pub fn tried(&self, scenario: usize) -> Self {
        self.edited(|file| {
            let mut tried = file.scenarios.swap_remove(scenario);
            (tried.threads, tried.concurrency) = (None, None);
            (tried.arrivals, tried.iterations) = (None, None);
            (tried.weight, tried.think_time, tried.pacing) = (None, None, None);
            for steps in [&mut tried.on_start, &mut tried.steps, &mut tried.on_stop] {
                hurry(steps);
            }
            file.scenarios = vec![tried];
            (file.threads, file.concurrency, file.arrivals) = (None, None, None);
            file.iterations = Some(NumberOr::Number(1));
            file.sweep = None;
            file.monitor = None;
            file.thresholds = Vec::new();
            file.warm_up = DurationFile::default();
        })
    }

    /// What two versions of a system have in common, as text: the experiment without what it is called, what it asks, what
    /// it must hold, where the system is, what is watched of it, what is broken in it on purpose, and its seed, which is
    /// judged by itself.
    #[must_use]
    pub fn workload(&self) -> String {
        let mut file = self.anywhere();
        if let Some(bookstore) = &mut file.target.bookstore {
            bookstore.faults = Vec::new();
        }
        to_yaml(&file)
    }

    /// The experiment without its name and where the system is.
    fn anywhere(&self) -> PlanFile {
        let mut file = self.anonymous();
        if let Some(bookstore) = &mut file.target.bookstore
            && bookstore.database != "sqlite"
        {
            "postgres://anywhere/database".clone_into(&mut bookstore.database);
        }
        if let (Some(urls), Target::Urls(target)) = (&mut file.target.urls, &self.target) {
            for (name, url) in urls {
                let tls = target.services.get(name).is_some_and(|url| url.tls);
                let scheme = if tls { "https" } else { "http" };
                *url = format!("{scheme}://{name}.example:80");
            }
        }
        file
    }

    /// What runs that repeat the same have in common, as text: that of [`Plan::workload`], and the system itself.
    #[must_use]
    pub fn repeated(&self) -> String {
        to_yaml(&self.anonymous())
    }

    /// What the runs at all points of a sweep have in common, as text.
    #[must_use]
    pub fn swept(&self, parameter: Parameter) -> String {
        let mut file = self.anonymous();
        set(&mut file, parameter, 1);
        to_yaml(&file)
    }

    /// The system under test as it stands in the file, without passwords.
    #[must_use]
    pub fn target_text(&self) -> String {
        serde_yaml::to_string(&self.anonymous().target).expect(WRITABLE)
    }

    /// The same without where it is.
    #[must_use]
    pub fn target_text_anywhere(&self) -> String {
        serde_yaml::to_string(&self.anywhere().target).expect(WRITABLE)
    }

    fn anonymous(&self) -> PlanFile {
        let mut file = self.redacted();
        file.name = Some("experiment".to_owned());
        file.title = Some("experiment".to_owned());
        "experiment".clone_into(&mut file.question);
        file.thresholds = Vec::new();
        file.monitor = None;
        file.seed = 0;
        file
    }
}

/// Why a file can always be written.
const WRITABLE: &str = "an experiment consists of text, numbers, lists and mappings";

fn to_yaml(file: &PlanFile) -> String {
    serde_yaml::to_string(file).expect(WRITABLE)
}

/// Takes the time out of pauses.
fn hurry(steps: &mut [StepFile]) {
    for step in steps {
        if step.think.is_some() {
            step.think = Some(ValueOr::Value(DurationFile::default()));
        }
        hurry(&mut step.steps);
        for choice in step.choose.iter_mut().flatten() {
            hurry(&mut choice.steps);
        }
    }
}

/// Sets what a sweep is over.
fn set(file: &mut PlanFile, parameter: Parameter, value: u32) {
    match parameter {
        Parameter::Users => {
            // A sweep is over one of them, and of threads over the only row.
            for row in file.threads.iter_mut().flatten() {
                row.start = value;
            }
            if let Some(concurrency) = &mut file.concurrency {
                concurrency.target = value;
            }
        }
        Parameter::Replicas => {
            if let Some(bookstore) = &mut file.target.bookstore {
                bookstore.replicas = value;
            }
        }
    }
}

fn redact_database(file: &mut PlanFile) {
    if let Some(bookstore) = &mut file.target.bookstore
        && bookstore.database != "sqlite"
    {
        bookstore.database = without_password(&bookstore.database);
    }
}

/// Takes out what is written out; says where it stood.
fn redact_literals(file: &mut PlanFile) -> Vec<String> {
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
        inner(step, |step| self.step(step));
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
