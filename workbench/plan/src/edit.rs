//! Plans as text, and variants of a plan: its file is edited and resolved again.

mod redact;

use std::collections::BTreeMap;
use std::fmt;

use crate::file::format::{DurationFile, NumberOr, PlanFile, StepFile, ValueOr};
use crate::file::{self, without_password};
use crate::plan::{BaseUrl, Plan, Target};
use crate::sweep::{Parameter, Point};
use redact::redact_literals;

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

    /// The file as it is stored beside results: [`Plan::to_yaml`] without the database's password and without
    /// credentials written in requests.
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

    /// Places of the credentials that [`Plan::stored`] removes: `the header "authorization" of "GET shop/items"`.
    #[must_use]
    pub fn literal_secrets(&self) -> Vec<String> {
        redact_literals(&mut self.file.clone())
    }

    /// The plan after an edit of its file.
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
    /// The target has no such service, or a text is not a URL; the error says which.
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

    /// The plan reduced to one user who runs one scenario once without waiting.
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

    /// The part of the experiment that must be equal for two versions of a system to be comparable, as text: the file
    /// without name, title, question, thresholds, addresses, monitoring, injected faults and seed. The seed is compared
    /// separately.
    #[must_use]
    pub fn workload(&self) -> String {
        let mut file = self.anywhere();
        if let Some(bookstore) = &mut file.target.bookstore {
            bookstore.faults = Vec::new();
        }
        to_yaml(&file)
    }

    /// The experiment without its name and the target's addresses.
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

    /// The part of the experiment that is equal for repetitions, as text: [`Plan::workload`] and the target.
    #[must_use]
    pub fn repeated(&self) -> String {
        to_yaml(&self.anonymous())
    }

    /// The part of the experiment that is equal at all points of a sweep, as text.
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

    /// The same without addresses.
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

/// Reason for an `expect`: a file can always be serialized.
const WRITABLE: &str = "an experiment consists of text, numbers, lists and mappings";

fn to_yaml(file: &PlanFile) -> String {
    serde_yaml::to_string(file).expect(WRITABLE)
}

/// Sets all pauses to zero.
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

/// Sets the swept parameter.
fn set(file: &mut PlanFile, parameter: Parameter, value: u32) {
    match parameter {
        Parameter::Users => {
            // A sweep changes `concurrency`, or the only row of `threads`.
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
