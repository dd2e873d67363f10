//! A draft: an experiment that is assembled from another source. Longer than other files, because all fields of an
//! experiment are defined in one place.
//!
//! The readers of sources (a URL, curl, OpenAPI, HAR, JMX) fill a [`Draft`]: services by [`Draft::address`] or
//! [`Draft::service`], secrets by [`Draft::secret`] ([`http`] and [`body`] find those of headers and bodies), and every part
//! without a counterpart by [`Draft::leave`]. Texts are [`Template`]s: literal text goes through [`Template::literal`] or
//! [`Template::address`]. `write` makes the file of it.

mod body;
mod http;
mod names;

use std::collections::BTreeSet;
use std::time::Duration;

use url::Url;

use super::template::Template;
use super::yaml::{Entries, Item, Node};
use names::{base_url, environment_name, service_names};

pub(crate) use body::{is_json, map_leaves};
pub(crate) use http::{METHODS, decoded, essence, file_name, is_secret};
pub(crate) use names::{free, is_word, name, variable_name};

/// An experiment under construction.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    /// Lower-case letters, digits and hyphens; see [`name`].
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    /// Its source and notes for the reader; at the top of the file.
    pub(crate) comment: Vec<String>,
    /// None for the bundled bookstore.
    pub(crate) services: Vec<Service>,
    pub(crate) tls: Tls,
    pub(crate) http: Http,
    /// Names, and values as of `values` or texts.
    pub(crate) variables: Vec<(String, Item)>,
    /// Names of CSV files with a header line, and their paths.
    pub(crate) data: Vec<(String, String)>,
    /// None where every scenario has a load of its own.
    pub(crate) load: Option<Load>,
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) thresholds: Vec<&'static str>,
    /// Name of the first service, in place of one after its host.
    pub(crate) called: Option<String>,
    /// Headers that browsers add to every request, which were left out.
    pub(crate) noise: BTreeSet<String>,
    /// Where the reader is in the source: `commands.sh:3`, `paths./users.get`, `line 7, Users/Timer`.
    pub(crate) at: String,
    /// Parts of the source that were left out: where they stand, and a description and reason without secrets.
    pub(crate) left: Vec<(String, String)>,
    pub(crate) secrets: Vec<Secret>,
}

/// A value that the file refers to but does not contain.
#[derive(Debug)]
pub(crate) struct Secret {
    /// Of the environment variable.
    pub(crate) name: String,
    /// What it is, for the reader: `password of ann at shop.test`.
    pub(crate) what: String,
    /// `None` if the source does not contain it either.
    value: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: String,
    /// `http` or `https`, without user, query and fragment; a path is put before that of each request.
    pub(crate) url: String,
    pub(crate) comment: Vec<String>,
}

/// PEM files, as the experiment names them.
#[derive(Debug, Default)]
pub(crate) struct Tls {
    pub(crate) ca: Option<String>,
    pub(crate) certificate: Option<String>,
    pub(crate) key: Option<String>,
}

/// Defaults of every request.
#[derive(Debug, Default)]
pub(crate) struct Http {
    pub(crate) follow_redirects: Option<u32>,
    /// Codings of responses that the workbench undoes.
    pub(crate) accept_encoding: Vec<String>,
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) cookies_off: bool,
    /// `2` or `prior_knowledge`.
    pub(crate) version: Option<&'static str>,
}

/// A load: the key of its kind, its value in the file, and the most users at once (0 where it does not give them).
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) key: &'static str,
    pub(crate) value: Item,
    pub(crate) users: u64,
}

/// Threads that start one after another, stay, and stop one after another.
#[derive(Debug, Default)]
pub(crate) struct ThreadRow {
    pub(crate) start: u64,
    pub(crate) initial_delay: Duration,
    pub(crate) startup: Duration,
    pub(crate) hold: Duration,
    pub(crate) shutdown: Duration,
}

impl ThreadRow {
    /// Threads that all start at once.
    pub(crate) fn constant(start: u64, hold: Duration) -> Self {
        let mut row = Self::default();
        (row.start, row.hold) = (start, hold);
        row
    }

    fn entries(&self) -> Entries {
        let some = |time: Duration| (!time.is_zero()).then_some(time);
        let mut entries = Entries::default();
        entries.put("start", self.start);
        entries.put_some("initial_delay", some(self.initial_delay));
        entries.put_some("startup", some(self.startup));
        entries.put("hold", self.hold);
        entries.put_some("shutdown", some(self.shutdown));
        entries
    }
}

impl Load {
    pub(crate) fn new(key: &'static str, value: impl Into<Item>, users: u64) -> Self {
        let value = value.into();
        Self { key, value, users }
    }

    pub(crate) fn threads(rows: &[ThreadRow]) -> Self {
        let items = rows.iter().map(|row| Item::from(row.entries())).collect();
        let users = rows.iter().map(|row| row.start).sum();
        Self::new("threads", Node::List(items).block(), users)
    }

    /// A load that most services bear, for sources that have none. With [`Self::USERS`], [`Self::HOLD`] and
    /// [`Scenario::THINK_TIME`] five runs have the requests that the gate's default policy takes, if the service answers
    /// within 10 ms.
    pub(crate) fn starter(users: u64, hold: Duration) -> Self {
        let mut row = ThreadRow::constant(users, hold);
        row.startup = Duration::from_secs(1);
        let what =
            "Users start one after another, stay, and each repeats its scenario until the end.";
        let item = Item::commented(row.entries(), vec![what.to_owned()]);
        Self::new("threads", Node::List(vec![item]).block(), users)
    }

    /// Users of the load for sources that have none.
    pub(crate) const USERS: u64 = 10;

    /// How long it is held.
    pub(crate) const HOLD: Duration = Duration::from_secs(10);
}

#[derive(Debug, Default)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) comment: Vec<String>,
    /// It is written as a comment.
    pub(crate) disabled: bool,
    pub(crate) load: Option<Load>,
    pub(crate) think_time: Option<Node>,
    pub(crate) pacing: Option<Duration>,
    pub(crate) on_start: Vec<Step>,
    pub(crate) steps: Vec<Step>,
    pub(crate) on_stop: Vec<Step>,
}

impl Scenario {
    /// Pause after each request of a source that has no pauses.
    const THINK_TIME: Duration = Duration::from_millis(100);

    /// A scenario of a source that has no pauses.
    pub(crate) fn starter(name: &str, steps: Vec<Step>) -> Self {
        let think_time = Some(Self::THINK_TIME.into());
        Self {
            name: name.to_owned(),
            think_time,
            steps,
            ..Self::default()
        }
    }
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) comment: Vec<String>,
    /// It is written as a comment.
    pub(crate) disabled: bool,
    pub(crate) action: Action,
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
        Self::request(request, Vec::new(), false)
    }
}

impl Step {
    /// A request; it is written as a comment where it is `disabled`.
    pub(crate) fn request(request: Request, comment: Vec<String>, disabled: bool) -> Self {
        let action = Action::Request(Box::new(request));
        Self {
            comment,
            disabled,
            action,
        }
    }
}

#[derive(Debug)]
pub(crate) enum Action {
    Request(Box<Request>),
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

impl Action {
    /// The lists of steps within it.
    pub(crate) fn within(&self) -> Vec<&[Step]> {
        match self {
            Self::Request(_) | Self::Think(_) => Vec::new(),
            Self::Repeat { steps, .. } | Self::When { steps, .. } => vec![steps],
            Self::Choose(choices) => choices.iter().map(|(_, steps)| steps.as_slice()).collect(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) service: String,
    /// With the query; begins with `/`.
    pub(crate) path: Template,
    pub(crate) name: Option<String>,
    pub(crate) set: Vec<(String, Node)>,
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) auth: Option<Auth>,
    pub(crate) body: Option<Body>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) captures: Vec<(String, Node)>,
    pub(crate) expect: Expect,
}

impl Request {
    pub(crate) fn new(method: &str, (service, path): (String, Template)) -> Self {
        Self {
            method: method.to_owned(),
            service,
            path,
            ..Self::default()
        }
    }

    pub(crate) fn content_type(&mut self, kind: &str) {
        self.headers
            .push(("content-type".to_owned(), Template::literal(kind)));
    }

    /// The files that it sends.
    pub(crate) fn files(&mut self) -> Vec<&mut String> {
        match &mut self.body {
            Some(Body::File(file)) => vec![file],
            Some(Body::Multipart(parts)) => {
                let files = parts.iter_mut().filter_map(|(_, part)| match part {
                    Part::File { file, .. } => Some(file),
                    Part::Text(_) => None,
                });
                files.collect()
            }
            _ => Vec::new(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    Bearer(Template),
    Basic { user: Template, password: Template },
}

#[derive(Debug)]
pub(crate) enum Body {
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
pub(crate) enum Part {
    Text(Template),
    File {
        file: String,
        content_type: Option<String>,
        filename: Option<String>,
    },
}

impl Part {
    pub(crate) fn file(file: &str, content_type: Option<String>) -> Self {
        Self::File {
            file: file.to_owned(),
            content_type,
            filename: None,
        }
    }
}

/// Expectations on a response.
#[derive(Debug, Default)]
pub(crate) struct Expect {
    pub(crate) status: Vec<u16>,
    pub(crate) contains: Vec<Template>,
    pub(crate) matches: Vec<Template>,
    pub(crate) equals: Vec<Template>,
    /// Names, and what they contain.
    pub(crate) headers: Vec<(String, Template)>,
    /// Paths into JSON, and a comparison or the value that they equal.
    pub(crate) json: Vec<(String, Template)>,
    pub(crate) time: Option<Duration>,
}

impl Draft {
    pub(crate) fn new(name: &str) -> Self {
        let name = names::name(name);
        Self {
            name,
            ..Self::default()
        }
    }

    /// Gives a draft whose source has none a load and thresholds to begin with, and writes once what requests share.
    pub(crate) fn start(&mut self, users: u64, hold: Duration) {
        self.load = Some(Load::starter(users, hold));
        self.thresholds = vec!["error_rate < 1%", "p95 < 1s"];
        self.share();
    }

    /// The name of the service at this URL, whose path is put before that of each request. A new one is named after its host,
    /// the first one as [`Draft::called`].
    ///
    /// Query, fragment, user and password are ignored.
    pub(crate) fn service(&mut self, base: &Url) -> String {
        let url = base_url(base);
        if let Some(known) = self.services.iter().find(|known| known.url == url) {
            return known.name.clone();
        }
        let mut names = self.called.take().into_iter().chain(service_names(base));
        let is_free = |name: &String| self.services.iter().all(|known| known.name != *name);
        let name = names.find(is_free).unwrap_or_default();
        self.services.push(Service {
            name: name.clone(),
            url,
            comment: Vec::new(),
        });
        name
    }

    /// Replaces a value that must not be in the file by an environment variable named after `hint`. Equal values share
    /// a variable. `value` is `None` if the source does not contain it either.
    pub(crate) fn secret(&mut self, hint: &str, what: &str, value: Option<&str>) -> Template {
        Template::variable(&self.secret_name(hint, what, value))
    }

    /// As [`Self::secret`]: the variable's name, `env.NAME`.
    pub(crate) fn secret_name(&mut self, hint: &str, what: &str, value: Option<&str>) -> String {
        let same = |known: &&Secret| value.is_some() && known.value.as_deref() == value;
        if let Some(known) = self.secrets.iter().find(same) {
            return format!("env.{}", known.name);
        }
        let taken = |name: &str| self.secrets.iter().any(|known| known.name == name);
        let name = free(&environment_name(hint), "_", taken);
        let variable = format!("env.{name}");
        self.add_secret(name, what, value);
        variable
    }

    fn add_secret(&mut self, name: String, what: &str, value: Option<&str>) {
        let (what, value) = (what.to_owned(), value.map(str::to_owned));
        self.secrets.push(Secret { name, what, value });
    }

    /// A variable of the environment that the source uses itself, under this name.
    pub(crate) fn environment(&mut self, name: &str, what: &str) {
        if self.secrets.iter().all(|known| known.name != name) {
            self.add_secret(name.to_owned(), what, None);
        }
    }

    /// Every request, with those that are written as comments.
    pub(crate) fn requests_mut(&mut self) -> Vec<&mut Request> {
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

    /// Records a part of the source that is left out, at the current place.
    pub(crate) fn leave(&mut self, what: impl Into<String>) {
        self.leave_at(&self.at.clone(), what);
    }

    /// Records a part of the source that is left out.
    pub(crate) fn leave_at(&mut self, place: &str, what: impl Into<String>) {
        let left = (place.to_owned(), what.into());
        if !self.left.contains(&left) {
            self.left.push(left);
        }
    }

    /// Records the headers of browsers that were left out.
    pub(crate) fn leave_noise(&mut self) {
        let names: Vec<String> = std::mem::take(&mut self.noise).into_iter().collect();
        if !names.is_empty() {
            let what = format!("what a browser says of itself: {}", names.join(", "));
            self.leave_at("headers", what);
        }
    }
}

fn requests_of<'a>(steps: &'a mut [Step], found: &mut Vec<&'a mut Request>) {
    for step in steps {
        match &mut step.action {
            Action::Request(request) => found.push(request),
            Action::Think(_) => {}
            Action::Repeat { steps, .. } | Action::When { steps, .. } => requests_of(steps, found),
            Action::Choose(choices) => {
                let inner = choices.iter_mut();
                inner.for_each(|(_, steps)| requests_of(steps, found));
            }
        }
    }
}
