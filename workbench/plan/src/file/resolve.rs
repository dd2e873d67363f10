//! The file as written to [`Plan`]: everything that goes beyond keys and types.

mod answer;
mod body;
mod data;
mod flow;
mod load;
mod monitor;
mod names;
mod scenario;
mod step;
mod sweep;
mod target;
mod tls;
mod values;

use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

use super::Files;
use super::duration::parse_duration;
use super::format::{DurationFile, HttpFile, NewConnectionsFile, PlanFile, SwitchFile};
use super::source::{Node, Place, Source};
use super::threshold::parse_threshold;
use crate::diagnostic::{Fault, suggestion};
use crate::error::Mistake;
use crate::plan::{Http, HttpVersion, Load, Monitor, Plan, Scenario, Target, Threshold};

/// Resolves everything and reports every mistake found on the way, in the order of the file.
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
        mistakes: Vec::new(),
    };
    let plan = plan(&mut check, file, root, path).filter(|_| check.mistakes.is_empty());
    let mut mistakes = check.mistakes;
    mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
    // What an alias repeats is wrong once.
    mistakes.dedup();
    plan.ok_or(mistakes)
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
    let services = target.as_ref().map(target::services);
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
    let scenarios = scenario::scenarios(check, &file.scenarios, shared);
    let labels = scenarios.as_deref().map(labels);
    let thresholds = check.thresholds(&file.thresholds, labels.as_deref(), root.get("thresholds"));
    if let (Some(load), Some(scenarios)) = (&load, &scenarios) {
        load::shared(check, load.as_ref(), scenarios, root);
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
    fill(&mut plan);
    // These look at the plan as a whole.
    if check.mistakes.is_empty() {
        load::warm_up(check, &plan, root.get("warm_up"));
    }
    if check.mistakes.is_empty() {
        data::suffices(check, &plan, &data, root.get("data"));
    }
    Some(plan)
}

/// Writes into the file what it left out and what depends on something else, so that it says all by itself.
fn fill(plan: &mut Plan) {
    let file = &mut plan.file;
    file.name = Some(plan.name.clone());
    file.title = Some(plan.title.clone());
    file.question.clone_from(&plan.question);
    if let (Some(file), Some(Load::Arrivals(load))) = (&mut file.arrivals, &plan.load) {
        file.max_users = Some(load.max_users);
    }
    if let Some(iterations) = &mut file.iterations {
        iterations.spell_out();
    }
    for scenario in &mut file.scenarios {
        if let Some(iterations) = &mut scenario.iterations {
            iterations.spell_out();
        }
    }
    for (file, scenario) in file.scenarios.iter_mut().zip(&plan.scenarios) {
        if let (Some(file), Some(Load::Arrivals(load))) = (&mut file.arrivals, &scenario.load) {
            file.max_users = Some(load.max_users);
        }
    }
    if let (Some(file), Target::Bookstore(bookstore)) = (&mut file.target.bookstore, &plan.target) {
        let faults = bookstore.faults.iter();
        file.faults = faults.map(|fault| fault.as_str().to_owned()).collect();
    }
    if let (Some(urls), Target::Urls(target)) = (&mut file.target.urls, &plan.target) {
        for (name, url) in urls {
            if let Some(resolved) = target.services.get(name) {
                *url = resolved.to_string();
            }
        }
    }
}

fn http(check: &mut Check<'_>, file: &HttpFile, node: &Node) -> Option<Http> {
    let version = match file.version.0.as_str() {
        "1.1" | "1" => HttpVersion::Http1,
        "2" => HttpVersion::Negotiated,
        "prior_knowledge" => HttpVersion::PriorKnowledge,
        other => {
            let message = format!(
                "unknown version \"{other}\"{}",
                suggestion(other, ["1.1", "2", "prior_knowledge"])
            );
            return check.note(node.get("version").place(), message);
        }
    };
    if file.follow_redirects > MOST_REDIRECTS {
        let message = format!("at most {MOST_REDIRECTS} redirects are followed");
        return check.note(node.get("follow_redirects").place(), message);
    }
    let encodings = file.accept_encoding.as_deref().unwrap_or_default();
    for encoding in encodings
        .split(',')
        .map(str::trim)
        .filter(|it| !it.is_empty())
    {
        let name = encoding.split(';').next().unwrap_or_default().trim();
        if !ENCODINGS.contains(&name) {
            let fault = Fault::at(
                encoding,
                format!("unknown encoding \"{name}\"{}", suggestion(name, ENCODINGS)),
            );
            return check.resolved(Err(fault), node.get("accept_encoding"));
        }
    }
    Some(Http {
        follow_redirects: file.follow_redirects,
        keeps_cookies: file.cookies == SwitchFile::On,
        version,
        new_connections: file.new_connections == NewConnectionsFile::Iteration,
    })
}

/// As many as browsers follow, and some more.
const MOST_REDIRECTS: u8 = 50;

/// Codings of content that the client can read.
const ENCODINGS: [&str; 5] = ["gzip", "deflate", "br", "zstd", "identity"];

/// Collects mistakes with their places. What cannot be resolved is `None`, and its mistake is noted.
struct Check<'a> {
    source: &'a Source<'a>,
    /// Of the experiment file.
    folder: &'a Path,
    files: Files,
    mistakes: Vec<Mistake>,
}

impl Check<'_> {
    fn note<T>(&mut self, place: Place, message: impl Into<String>) -> Option<T> {
        self.mistakes.push(self.source.mistake(place, message));
        None
    }

    /// Notes what is wrong with the text of `node`, at the part of it that is wrong.
    fn resolved<T>(&mut self, result: Result<T, Fault>, node: &Node) -> Option<T> {
        result
            .map_err(|fault| {
                let place = self.source.within(node, &fault.offending);
                self.mistakes
                    .push(self.source.mistake(place, fault.message));
            })
            .ok()
    }

    fn time(&mut self, file: &DurationFile, node: &Node) -> Option<Duration> {
        self.resolved(parse_duration(&file.0), node)
    }

    fn positive_time(&mut self, file: &DurationFile, node: &Node) -> Option<Duration> {
        let time = self.time(file, node)?;
        if time.is_zero() {
            return self.note(node.place(), "this time has to be longer than nothing");
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
            let Some(threshold) = self.resolved(parse_threshold(text), node) else {
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
                self.mistakes.push(self.source.mistake(place, message));
            }
            thresholds.push(threshold);
        }
        thresholds
    }
}

fn labels(scenarios: &[Scenario]) -> Vec<&str> {
    let mut labels = Vec::new();
    for step in scenarios.iter().flat_map(|scenario| &scenario.steps) {
        if !labels.contains(&step.label.as_str()) {
            labels.push(step.label.as_str());
        }
    }
    labels
}
