//! Resolves a parsed file into a [`Plan`]: every check beyond keys and types.

mod body;
mod data;
mod fill;
mod flow;
mod labels;
mod load;
mod monitor;
mod names;
mod response;
mod scenario;
mod step;
mod sweep;
mod target;
mod tls;
mod values;

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use super::Files;
use super::duration::parse_duration;
use super::format::{DurationFile, HttpFile, NewConnectionsFile, PlanFile, SwitchFile};
use super::source::{Node, Place, Source};
use super::threshold::parse_threshold;
use crate::diagnostic::{Diagnostic, suggestion};
use crate::error::Mistake;
use crate::plan::{Http, HttpVersion, Monitor, Plan, Threshold, loads};
use crate::template::without_variables;

/// Resolves everything and reports every mistake found on the way.
pub(super) fn resolve(
    file: PlanFile,
    root: &Node,
    source: &Source<'_>,
    path: &Path,
    files: Files,
) -> Result<Plan, Vec<Mistake>> {
    let mut check = Check {
        source,
        folder: path.parent().unwrap_or(Path::new("")),
        files,
        unknown: Rc::default(),
        mistakes: Vec::new(),
    };
    let plan = plan(&mut check, file, root, path).filter(|_| check.mistakes.is_empty());
    plan.ok_or(check.mistakes)
}

fn plan(check: &mut Check<'_>, file: PlanFile, root: &Node, path: &Path) -> Option<Plan> {
    let default_name = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let name = check.name(file.name.as_deref(), default_name, root);
    let target = target::target(check, &file.target, root.get("target"));
    let monitor = match &file.monitor {
        Some(file) => monitor::monitor(check, file, root.get("monitor")),
        None => Some(Monitor::default()),
    };
    let http = http(check, &file.http, root.get("http"));
    let data = data::data(check, &file.data, root.get("data"));
    let load = load::LoadFile {
        threads: file.threads.as_deref(),
        concurrency: file.concurrency.as_ref(),
        arrivals: file.arrivals.as_ref(),
        iterations: file.iterations.as_ref(),
    };
    let load = load::load(check, &load, root);
    let sweep = file.sweep.as_ref().map(|file| {
        let swept = (load.as_ref().map(Option::as_ref), target.as_ref());
        sweep::sweep(check, file, swept, root.get("sweep"))
    });
    let warm_up = check.time(&file.warm_up, root.get("warm_up"));
    let request_timeout = check.positive_time(&file.timeout, root.get("timeout"));
    let services = target::services(&file.target, target.as_ref(), root.get("target"));
    let secrets = RefCell::default();
    let shared = scenario::Shared {
        common: step::Common {
            services: services.as_deref(),
            http: &file.http,
            node: root.get("http"),
        },
        data: &data,
        secrets: &secrets,
        variables: &file.variables,
        root,
    };
    let (scenarios, own) = scenario::scenarios(check, &file.scenarios, shared);
    let labels = labels::labels(&file.scenarios, root.get("scenarios"));
    let thresholds = check.thresholds(&file.thresholds, labels.as_deref(), root.get("thresholds"));
    if let (Some(load), Some(own)) = (&load, &own) {
        let load = load.as_ref();
        let scenarios = file.scenarios.iter().zip(own.iter().map(Option::as_ref));
        let scenarios: Vec<_> = scenarios.collect();
        let are_played = load::shared(check, load, &scenarios, root).is_some();
        let weights = scenarios
            .iter()
            .map(|(it, own)| (it.weight.unwrap_or(1), *own));
        let weights: Vec<_> = weights.collect();
        // An edited plan has been checked before.
        if let Some(warm_up) = warm_up.filter(|_| are_played && check.files != Files::Edited) {
            load::warm_up(check, warm_up, &loads(load, &weights), root.get("warm_up"));
        }
    }
    let (name, target, load, scenarios) = (name?, target?, load?, scenarios?);
    let mut plan = Plan {
        title: file.title.clone().unwrap_or_else(|| name.clone()),
        name,
        question: file.question.trim().to_owned(),
        seed: file.seed,
        target,
        http: http?,
        data: data.all.iter().map(|it| it.data.clone()).collect(),
        secrets: secrets.into_inner(),
        monitor: monitor?,
        load,
        sweep: sweep.flatten(),
        warm_up: warm_up?,
        request_timeout: request_timeout?,
        scenarios,
        thresholds,
        path: path.to_owned(),
        file,
    };
    fill::fill(&mut plan);
    if check.files != Files::Edited {
        data::suffices(check, &plan, &data, root.get("data"));
    }
    Some(plan)
}

fn http(check: &mut Check<'_>, file: &HttpFile, node: &Node) -> Option<Http> {
    let version = match file.version.0.as_str() {
        "1.1" | "1" => Some(HttpVersion::Http1),
        "2" => Some(HttpVersion::Negotiated),
        "prior_knowledge" => Some(HttpVersion::PriorKnowledge),
        other => {
            let message = format!(
                "unknown version \"{other}\"{}",
                suggestion(other, ["1.1", "2", "prior_knowledge"])
            );
            check.note(node.get("version").place(), message)
        }
    };
    let mut is_right = true;
    if file.follow_redirects > MOST_REDIRECTS {
        let message = format!("at most {MOST_REDIRECTS} redirects are followed");
        check.note::<()>(node.get("follow_redirects").place(), message);
        is_right = false;
    }
    if let Some(encodings) = &file.accept_encoding {
        for encoding in encodings.split(',').map(str::trim) {
            let name = encoding.split(';').next().unwrap_or_default().trim();
            if !ENCODINGS.contains(&name) {
                let message = format!("unknown encoding \"{name}\"{}", suggestion(name, ENCODINGS));
                let diagnostic = Diagnostic::at(encoding, message);
                check.resolved::<()>(Err(diagnostic), node.get("accept_encoding"));
                is_right = false;
            }
        }
    }
    step::names_of_headers(check, &file.headers, node.get("headers"));
    is_right.then_some(Http {
        follow_redirects: file.follow_redirects,
        keeps_cookies: file.cookies == SwitchFile::On,
        version: version?,
        new_connections: file.new_connections == NewConnectionsFile::Iteration,
    })
}

/// Browsers follow about 20 redirects.
const MOST_REDIRECTS: u8 = 50;

/// Letters of a name, which becomes that of folders, with more behind it in series and sweeps.
const LONGEST_NAME: usize = 100;

/// Codings of content that the client can read.
const ENCODINGS: [&str; 5] = ["gzip", "deflate", "br", "zstd", "identity"];

/// Collects mistakes with their places. What cannot be resolved is `None`, and its mistake is noted.
struct Check<'a> {
    source: &'a Source<'a>,
    /// Of the experiment file.
    folder: &'a Path,
    files: Files,
    /// Mistakes in variables of a text, until the position of the text is known.
    unknown: Rc<RefCell<Vec<Diagnostic>>>,
    mistakes: Vec<Mistake>,
}

impl Check<'_> {
    fn note<T>(&mut self, place: Place, message: impl Into<String>) -> Option<T> {
        if !place.is_stand_in() {
            self.mistakes.push(self.source.mistake(place, message));
        }
        None
    }

    /// Notes what is wrong with the text of `node`, at the part of it that is wrong.
    fn resolved<T>(&mut self, result: Result<T, Diagnostic>, node: &Node) -> Option<T> {
        let unknown = self.unknown.take();
        if node.is_stand_in() {
            return None;
        }
        for (index, diagnostic) in unknown.iter().enumerate() {
            let is_same = |before: &&Diagnostic| before.offending == diagnostic.offending;
            let nth = unknown[..index].iter().filter(is_same).count();
            let place = self.source.nth_within(node, &diagnostic.offending, nth);
            self.note::<()>(place, &diagnostic.message);
        }
        match result {
            Ok(resolved) => unknown.is_empty().then_some(resolved),
            Err(diagnostic) => self.note(
                self.source.within(node, &diagnostic.offending),
                diagnostic.message,
            ),
        }
    }

    /// The same for a text that is checked several times: only the first mistake at a position is noted.
    fn resolved_once<T>(&mut self, result: Result<T, Diagnostic>, node: &Node) -> Option<T> {
        let before = self.mistakes.len();
        let resolved = self.resolved(result, node);
        let is_known = self.mistakes.get(before).is_some_and(|new| {
            let mut known = self.mistakes[..before].iter();
            known.any(|it| (it.line, it.column) == (new.line, new.column))
        });
        if is_known {
            self.mistakes.truncate(before);
        }
        resolved
    }

    fn time(&mut self, file: &DurationFile, node: &Node) -> Option<Duration> {
        self.resolved(parse_duration(&file.0), node)
    }

    fn positive_time(&mut self, file: &DurationFile, node: &Node) -> Option<Duration> {
        let time = self.time(file, node)?;
        if time.is_zero() {
            return self.note(node.place(), "this time has to be longer than 0");
        }
        Some(time)
    }

    fn name(&mut self, name: Option<&str>, default: &str, root: &Node) -> Option<String> {
        let given = name.is_some();
        let name = name.unwrap_or(default);
        let right = name
            .starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
            && name.chars().all(|letter| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
            });
        if right && name.len() > LONGEST_NAME {
            let message = format!("the name has more than {LONGEST_NAME} letters");
            let place = root.get("name").place();
            return self.note(if given { place } else { root.place() }, message);
        }
        if right {
            return Some(name.to_owned());
        }
        let rule = "names the results folder: lower-case letters, digits and hyphens";
        if given {
            return self.note(
                root.get("name").place(),
                format!("\"{name}\" cannot be the name: it {rule}"),
            );
        }
        let message = format!(
            "missing key \"name\": the file's own name, \"{name}\", does not do, for it {rule}"
        );
        self.note(root.place(), message)
    }

    fn thresholds(
        &mut self,
        texts: &[String],
        labels: Option<&[&str]>,
        node: &Node,
    ) -> Vec<Threshold> {
        let mut thresholds = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let node = node.index(index);
            // The name of a request may look like a variable.
            let limit = text.rsplit('"').next().unwrap_or_default();
            let threshold = without_variables(limit, "a threshold");
            let threshold = threshold.and_then(|()| parse_threshold(text));
            let Some(threshold) = self.resolved(threshold, node) else {
                continue;
            };
            if let (Some(label), Some(labels)) = (&threshold.request, labels)
                && !labels.contains(&label.as_str())
            {
                let message = format!(
                    "no step is named \"{label}\"{}",
                    suggestion(label, labels.iter().copied())
                );
                let place = self.source.within(node, label);
                self.note::<()>(place, message);
            }
            thresholds.push(threshold);
        }
        thresholds
    }
}
