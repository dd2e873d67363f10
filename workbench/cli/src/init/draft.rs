//! A draft: an experiment that is assembled from another source. Longer than other files, because all fields of an
//! experiment are defined in one place.
//!
//! The readers of sources (a URL, curl, OpenAPI, HAR, JMX) fill a [`Draft`]: services by [`Draft::address`] or
//! [`Draft::service`], secrets by [`Draft::secret`] (`http` finds those of headers and bodies), and every part without
//! a counterpart by [`Draft::leave`]. Texts are [`Template`]s: literal text goes through [`Template::literal`] or
//! [`Template::address`].

mod names;
mod values;
mod write;

use std::time::Duration;

use url::Url;

use super::template::Template;
use super::yaml::Node;
use names::{base_url, environment_name, service_names};

pub(super) use names::{name, variable_name};
pub(super) use values::{normal_time, now, sequence, time, uniform, uniform_time, uuid};

/// An experiment under construction.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Lower-case letters, digits and hyphens; see [`name`].
    pub(super) name: String,
    pub(super) title: Option<String>,
    pub(super) question: Option<String>,
    /// Its source and notes for the reader; at the top of the file.
    pub(super) comment: Vec<String>,
    pub(super) target: Target,
    pub(super) http: Http,
    pub(super) variables: Vec<Variable>,
    pub(super) data: Vec<Data>,
    pub(super) timeout: Option<Duration>,
    /// None where every scenario has a load of its own.
    pub(super) load: Option<Load>,
    pub(super) scenarios: Vec<Scenario>,
    pub(super) thresholds: Vec<String>,
    /// Name of the first service, in place of one after its host.
    called: Option<String>,
    left: Vec<Left>,
    secrets: Vec<Secret>,
}

/// A part of the source that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Left {
    /// Where it stands: `commands.sh:3`, `paths./users.get`, `Test Plan/Thread Group/Timer`.
    pub(super) place: String,
    /// Description and reason, without secrets.
    pub(super) what: String,
}

/// A value that the file refers to but does not contain.
#[derive(Debug)]
pub(super) struct Secret {
    /// Of the environment variable.
    pub(super) name: String,
    /// What it is, for the reader: `password of ann at shop.test`.
    pub(super) what: String,
    /// `None` if the source does not contain it either.
    value: Option<String>,
}

#[derive(Debug)]
pub(super) enum Target {
    Bookstore,
    Urls {
        services: Vec<Service>,
        /// PEM files, as the experiment names them.
        tls: Tls,
    },
}

impl Default for Target {
    fn default() -> Self {
        Self::Urls {
            services: Vec::new(),
            tls: Tls::default(),
        }
    }
}

#[derive(Debug)]
pub(super) struct Service {
    pub(super) name: String,
    /// `http` or `https`, without user, query and fragment; a path is put before that of each request.
    pub(super) url: String,
    pub(super) comment: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Tls {
    pub(super) ca: Option<String>,
    pub(super) certificate: Option<String>,
    pub(super) key: Option<String>,
}

/// Defaults of every request.
#[derive(Debug, Default)]
pub(super) struct Http {
    pub(super) follow_redirects: Option<u32>,
    pub(super) accept_encoding: Option<String>,
    pub(super) headers: Vec<(String, Template)>,
    pub(super) cookies_off: bool,
    /// `2` or `prior_knowledge`.
    pub(super) version: Option<&'static str>,
    /// Each iteration opens connections of its own.
    pub(super) new_connections: bool,
}

#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    /// See [`uniform`] and its neighbours, or a text.
    pub(super) value: Node,
    pub(super) comment: Vec<String>,
}

/// A CSV file with a header line.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) name: String,
    pub(super) csv: String,
    /// `sequential`, `random` or `unique`.
    pub(super) pick: Option<&'static str>,
    /// `iteration` or `user`.
    pub(super) per: Option<&'static str>,
    pub(super) comment: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Load {
    Threads(Vec<ThreadRow>),
    Concurrency {
        target: u64,
        ramp_up: Duration,
        steps: Option<u64>,
        hold: Duration,
        comment: Vec<String>,
    },
    Arrivals {
        /// `20/s`, `30/m`.
        rate: String,
        ramp_up: Duration,
        hold: Duration,
        max_users: Option<u64>,
        comment: Vec<String>,
    },
    Stages {
        stages: Vec<Stage>,
        max_users: Option<u64>,
        comment: Vec<String>,
    },
    Iterations {
        total: u64,
        users: u64,
        max_duration: Option<Duration>,
        comment: Vec<String>,
    },
}

/// A stage of arrivals. Rates are written as in `Load::Arrivals`.
#[derive(Debug)]
pub(super) struct Stage {
    /// `None` where it is the rate of the stage before.
    pub(super) from: Option<String>,
    pub(super) rate: String,
    pub(super) ramp: Duration,
    pub(super) hold: Duration,
}

#[derive(Debug, Default)]
pub(super) struct ThreadRow {
    pub(super) start: u64,
    pub(super) initial_delay: Duration,
    pub(super) startup: Duration,
    pub(super) hold: Duration,
    pub(super) shutdown: Duration,
    pub(super) comment: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) comment: Vec<String>,
    /// It is written as a comment.
    pub(super) disabled: bool,
    pub(super) weight: Option<u64>,
    pub(super) load: Option<Load>,
    /// See [`time`] and its neighbours.
    pub(super) think_time: Option<Node>,
    pub(super) pacing: Option<Duration>,
    pub(super) on_start: Vec<Step>,
    pub(super) steps: Vec<Step>,
    pub(super) on_stop: Vec<Step>,
}

#[derive(Debug)]
pub(super) struct Step {
    pub(super) comment: Vec<String>,
    /// It is written as a comment.
    pub(super) disabled: bool,
    pub(super) action: Action,
}

impl From<Action> for Step {
    fn from(action: Action) -> Self {
        Self {
            comment: Vec::new(),
            disabled: false,
            action,
        }
    }
}

impl From<Request> for Step {
    fn from(request: Request) -> Self {
        Action::Request(Box::new(request)).into()
    }
}

#[derive(Debug)]
pub(super) enum Action {
    Request(Box<Request>),
    /// See [`time`] and its neighbours.
    Think(Node),
    Repeat {
        times: u64,
        steps: Vec<Step>,
    },
    When {
        condition: Template,
        steps: Vec<Step>,
    },
    /// Weights and steps.
    Choose(Vec<(u64, Vec<Step>)>),
}

#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) service: String,
    /// With the query; begins with `/`.
    pub(super) path: Template,
    pub(super) name: Option<String>,
    pub(super) set: Vec<(String, Node)>,
    pub(super) headers: Vec<(String, Template)>,
    pub(super) auth: Option<Auth>,
    pub(super) body: Option<Body>,
    pub(super) timeout: Option<Duration>,
    pub(super) captures: Vec<Capture>,
    pub(super) expect: Expect,
}

impl Request {
    pub(super) fn new(method: &str, (service, path): (String, Template)) -> Self {
        Self {
            method: method.to_owned(),
            service,
            path,
            ..Self::default()
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Auth {
    Bearer(Template),
    Basic { user: Template, password: Template },
}

#[derive(Debug)]
pub(super) enum Body {
    /// See [`Node::json`].
    Json(Node),
    /// A name may come several times.
    Form(Vec<(String, Template)>),
    Multipart(Vec<(String, Part)>),
    /// A file, relative to the experiment's.
    File(String),
    Text(Template),
}

#[derive(Debug)]
pub(super) enum Part {
    Text(Template),
    File {
        file: String,
        content_type: Option<String>,
        filename: Option<String>,
    },
}

/// A part of the response that becomes a variable.
#[derive(Debug)]
pub(super) struct Capture {
    pub(super) variable: String,
    pub(super) from: Source,
    /// `last`, `random` or `all`; else the first.
    pub(super) pick: Option<&'static str>,
    pub(super) default: Option<Template>,
}

#[derive(Debug)]
pub(super) enum Source {
    /// A path into JSON (RFC 9535).
    Json(String),
    Css {
        selector: String,
        attribute: Option<String>,
    },
    Header(String),
    Cookie(String),
    Regex(String),
}

/// Expectations on a response.
#[derive(Debug, Default)]
pub(super) struct Expect {
    pub(super) status: Vec<u16>,
    pub(super) contains: Vec<Template>,
    pub(super) matches: Vec<Template>,
    pub(super) equals: Vec<Template>,
    /// Names, and what they contain.
    pub(super) headers: Vec<(String, Template)>,
    /// Paths into JSON, and a comparison or the value that they equal.
    pub(super) json: Vec<(String, Template)>,
    pub(super) time: Option<Duration>,
}

impl Draft {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: names::name(name),
            ..Self::default()
        }
    }

    /// One whose first service has this name, if there is one.
    pub(super) fn of_service(called: Option<String>) -> Self {
        Self {
            called,
            ..Self::default()
        }
    }

    /// The name of the service at this URL, whose path is put before that of each request. A new one is named after its host,
    /// the first one as [`Draft::called`].
    ///
    /// Query, fragment, user and password are ignored.
    pub(super) fn service(&mut self, base: &Url) -> String {
        let url = base_url(base);
        let Target::Urls { services, .. } = &mut self.target else {
            // The bundled bookstore has no other services.
            return String::new();
        };
        if let Some(known) = services.iter().find(|known| known.url == url) {
            return known.name.clone();
        }
        let called = self.called.take();
        let name = called
            .into_iter()
            .chain(service_names(base))
            .find(|name| services.iter().all(|known| known.name != *name))
            .unwrap_or_default();
        services.push(Service {
            name: name.clone(),
            url,
            comment: Vec::new(),
        });
        name
    }

    /// Replaces a value that must not be in the file by an environment variable named after `hint`. Equal values share
    /// a variable. `value` is `None` if the source does not contain it either.
    pub(super) fn secret(&mut self, hint: &str, what: &str, value: Option<&str>) -> Template {
        Template::variable(&self.secret_name(hint, what, value))
    }

    /// As [`Self::secret`]: the variable's name, `env.NAME`.
    pub(super) fn secret_name(&mut self, hint: &str, what: &str, value: Option<&str>) -> String {
        let same = |known: &&Secret| value.is_some() && known.value.as_deref() == value;
        if let Some(known) = self.secrets.iter().find(same) {
            return format!("env.{}", known.name);
        }
        let base = environment_name(hint);
        let mut name = base.clone();
        let mut number = 2;
        while self.secrets.iter().any(|known| known.name == name) {
            name = format!("{base}_{number}");
            number += 1;
        }
        let variable = format!("env.{name}");
        self.secrets.push(Secret {
            name,
            what: what.to_owned(),
            value: value.map(str::to_owned),
        });
        variable
    }

    /// A variable of the environment that the source uses itself, under this name.
    pub(super) fn environment(&mut self, name: &str, what: &str) {
        if self.secrets.iter().all(|known| known.name != name) {
            self.secrets.push(Secret {
                name: name.to_owned(),
                what: what.to_owned(),
                value: None,
            });
        }
    }

    /// Every request, with those that are written as comments.
    pub(super) fn requests_mut(&mut self) -> Vec<&mut Request> {
        let mut found = Vec::new();
        for scenario in &mut self.scenarios {
            for steps in [
                &mut scenario.on_start,
                &mut scenario.steps,
                &mut scenario.on_stop,
            ] {
                requests_of(steps, &mut found);
            }
        }
        found
    }

    /// Records a part of the source that is left out.
    pub(super) fn leave(&mut self, place: impl Into<String>, what: impl Into<String>) {
        let left = Left {
            place: place.into(),
            what: what.into(),
        };
        if !self.left.contains(&left) {
            self.left.push(left);
        }
    }

    pub(super) fn left(&self) -> &[Left] {
        &self.left
    }
}

fn requests_of<'a>(steps: &'a mut [Step], found: &mut Vec<&'a mut Request>) {
    for step in steps {
        match &mut step.action {
            Action::Request(request) => found.push(request),
            Action::Think(_) => {}
            Action::Repeat { steps, .. } | Action::When { steps, .. } => requests_of(steps, found),
            Action::Choose(choices) => {
                for (_, steps) in choices {
                    requests_of(steps, found);
                }
            }
        }
    }
}
