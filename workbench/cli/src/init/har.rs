//! Converts a recording of a browser or a proxy, an HTTP Archive (HAR 1.2), to an experiment.
//!
//! [`file`] reads the entries, [`choose`] selects the requests of the service itself, [`correlate`] finds values from
//! earlier responses. Recordings are parsed leniently with our own structures: those of the `har` crate refuse a whole
//! file for one missing field, and browsers and proxies omit many.

mod choose;
mod correlate;
mod file;
mod matching;
mod page;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use serde_yaml::Value;
use url::form_urlencoded;

use super::browser_headers::is_noise;
use super::draft::{Action, Body, Draft, Request, Scenario, Step, time};
use super::template::{Template, is_marked};
use super::{starter_load, thresholds};
use choose::{Exchange, redirected};
use correlate::{Correlation, Place};
use file::Entry;

/// Shortest gap between a response and the next request that counts as think time. A shorter one is caused by the
/// program. Our choice.
const SHORTEST_THINK: f64 = 500.0;
/// Longest think time. Longer gaps are breaks of the user. Our choice.
const LONGEST_THINK: f64 = 60_000.0;
/// Redirects that are followed where the recording has some: as many as browsers do.
const REDIRECTS: u32 = 20;

/// Reads a recording; `output` is the folder of the experiment.
pub(super) fn draft(path: &str, output: &Path) -> anyhow::Result<Draft> {
    let text = super::read(path)?;
    let stem = Path::new(path).file_stem().and_then(|stem| stem.to_str());
    of(&text, stem.unwrap_or("recording"), output.to_owned()).with_context(|| path.to_owned())
}

fn of(text: &str, stem: &str, output: PathBuf) -> anyhow::Result<Draft> {
    let recording = file::read(text)?;
    let mut draft = Draft::new(stem);
    for (place, what) in &recording.left {
        draft.leave(place, what);
    }
    let kept = choose::kept(&recording.entries, &mut draft);
    let exchanges = redirected(&kept);
    draft.http.follow_redirects = exchanges
        .iter()
        .any(|exchange| exchange.is_redirected)
        .then_some(REDIRECTS);
    let mut writer = Writer {
        draft,
        correlation: Correlation::default(),
        output,
        set_cookies: HashSet::new(),
        unset_cookies: BTreeMap::new(),
        noise: HashSet::new(),
    };
    let mut steps: Vec<Step> = Vec::new();
    let mut page: Option<&str> = None;
    let mut ended: Option<f64> = None;
    for exchange in &exchanges {
        steps.extend(gap(ended, exchange.sent.started));
        let mut step = writer.step(exchange);
        let title = exchange
            .sent
            .page
            .as_deref()
            .and_then(|id| recording.pages.get(id));
        if exchange.sent.page.as_deref() != page && exchange.sent.page.is_some() {
            page = exchange.sent.page.as_deref();
            if let Some(title) = title.filter(|title| !title.is_empty() && !title.contains("://")) {
                step.comment.insert(0, format!("Page: {title}"));
            }
        }
        steps.push(step);
        let end = [exchange.sent.ended(), exchange.answered.ended()]
            .into_iter()
            .flatten()
            .fold(ended, latest);
        ended = end;
    }
    Ok(writer.finish(steps, &recording))
}

fn latest(one: Option<f64>, other: f64) -> Option<f64> {
    Some(one.map_or(other, |one| one.max(other)))
}

/// A think time for the gap between the earlier responses and a request.
fn gap(ended: Option<f64>, started: Option<f64>) -> Option<Step> {
    let gap = started? - ended?;
    (gap >= SHORTEST_THINK).then(|| {
        let tenths = (gap.min(LONGEST_THINK) / 100.0).round() as u64;
        let mut step = Step::from(Action::Think(time(Duration::from_millis(tenths * 100))));
        if gap > LONGEST_THINK {
            let seconds = (gap / 1000.0).round();
            step.comment.push(format!("{seconds} s in the recording."));
        }
        step
    })
}

/// Builds the steps of the experiment.
struct Writer {
    draft: Draft,
    correlation: Correlation,
    /// Of the experiment.
    output: PathBuf,
    set_cookies: HashSet<String>,
    /// Cookies that were sent without an earlier response that set them.
    unset_cookies: BTreeMap<String, String>,
    noise: HashSet<String>,
}

impl Writer {
    fn step(&mut self, exchange: &Exchange<'_>) -> Step {
        let entry = exchange.sent;
        let place = entry.place();
        self.correlation.begin();
        let url = self.correlation.url(&entry.url);
        let address = self.draft.address(&url);
        let mut request = Request::new(&entry.method, address);
        let mut content_type = None;
        for (name, value) in &entry.headers {
            match name.to_ascii_lowercase().as_str() {
                "cookie" => {}
                "content-type" => content_type = Some(value.clone()),
                // The workbench sends none by default.
                "accept-encoding" => {}
                lower if is_noise(lower, value) => {
                    self.noise.insert(lower.to_owned());
                }
                lower => {
                    let value = self.correlation.header(lower, value);
                    self.draft.add_header(&mut request, lower, &value, &place);
                }
            }
        }
        for name in &entry.cookies {
            if !self.set_cookies.contains(name) {
                self.unset_cookies
                    .entry(name.clone())
                    .or_insert_with(|| place.clone());
            }
        }
        self.body(&mut request, entry, content_type, &place);
        request.name = operation(entry);
        let status = exchange.answered.status;
        let is_good = matches!(status, 200..=299 | 304);
        let is_followed = exchange.is_redirected && exchange.answered.redirect().is_some();
        if !is_good && !is_followed && (200..600).contains(&status) {
            request.expect.status = vec![status];
        }
        if let (Some(target), false) = (exchange.answered.redirect(), exchange.is_redirected) {
            let host = target.host_str().unwrap_or_default();
            self.draft.leave(
                &place,
                format!("a redirect to {host}, which is not followed"),
            );
        }
        for answered in [entry, exchange.answered] {
            self.set_cookies
                .extend(answered.set_cookies().map(|(name, _)| name));
        }
        let missing = self.missing(&request);
        if let Some(missing) = &missing {
            self.draft
                .leave(&place, format!("a request that is a comment: {missing}"));
        }
        // Responses of left-out requests give no values.
        if missing.is_none() {
            self.correlation.answered(exchange.answered);
        } else {
            self.correlation.unanswered();
        }
        Step {
            disabled: missing.is_some(),
            comment: missing.into_iter().collect(),
            ..request.into()
        }
    }

    /// The name of a file of the request that does not exist beside the experiment.
    fn missing(&self, request: &Request) -> Option<String> {
        let Some(Body::Multipart(parts)) = &request.body else {
            return None;
        };
        parts.iter().find_map(|(_, part)| match part {
            super::draft::Part::File { file, .. } if !self.output.join(file).is_file() => Some(
                format!("The file {file} is not there: put it beside the experiment."),
            ),
            _ => None,
        })
    }

    fn body(
        &mut self,
        request: &mut Request,
        entry: &Entry,
        content_type: Option<String>,
        place: &str,
    ) {
        let Some(sent) = &entry.body else { return };
        let kind = content_type.or_else(|| Some(sent.kind.clone()).filter(|kind| !kind.is_empty()));
        let essence = kind.as_deref().unwrap_or_default();
        let essence = essence
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let service = request.service.clone();
        if sent.is_binary {
            return self.draft.leave(place, "a body that is not text");
        }
        if essence == "application/x-www-form-urlencoded" {
            let fields: Vec<(String, String)> = match sent.text.is_empty() {
                true => sent
                    .fields
                    .iter()
                    .map(|field| (field.name.clone(), field.value.clone()))
                    .collect(),
                false => form_urlencoded::parse(sent.text.as_bytes())
                    .into_owned()
                    .collect(),
            };
            let fields = fields.into_iter().map(|(name, value)| {
                let value = self.correlation.text(&name, &value, Place::Form);
                let value = self.draft.field(&service, &name, &value);
                (Template::literal(&name).source().to_owned(), value)
            });
            let fields: Vec<_> = fields.collect();
            if !fields.is_empty() {
                request.body = Some(Body::Form(fields));
            }
            return;
        }
        if essence.starts_with("multipart/") && sent.text.is_empty() && !sent.fields.is_empty() {
            let mut parts = Vec::new();
            for field in &sent.fields {
                let name = Template::literal(&field.name).source().to_owned();
                let part = match &field.file {
                    Some(file) => super::draft::Part::File {
                        file: file
                            .rsplit(['/', '\\'])
                            .next()
                            .unwrap_or_default()
                            .to_owned(),
                        content_type: field.kind.clone(),
                        filename: None,
                    },
                    None => {
                        let value = self
                            .correlation
                            .text(&field.name, &field.value, Place::Form);
                        super::draft::Part::Text(self.draft.field(&service, &field.name, &value))
                    }
                };
                parts.push((name, part));
            }
            request.body = Some(self.draft.multipart(parts, place));
            return;
        }
        let is_json = essence == "application/json" || essence.ends_with("+json");
        let json = is_json
            .then(|| serde_json::from_str::<Value>(&sent.text).ok())
            .flatten();
        let text = match json {
            Some(json) => serde_json::to_string(&self.correlation.json(&json)).unwrap_or_default(),
            None => sent.text.clone(),
        };
        if !text.is_empty() {
            self.draft.set_body(request, kind.as_deref(), &text, place);
        }
    }

    fn finish(self, mut steps: Vec<Step>, recording: &file::Recording) -> Draft {
        let Self {
            mut draft,
            mut correlation,
            unset_cookies,
            noise,
            ..
        } = self;
        let of_request = correlation.captures();
        let requests = steps
            .iter_mut()
            .filter(|step| matches!(step.action, Action::Request(_)));
        for (step, captures) in requests.zip(of_request) {
            if captures.is_empty() {
                continue;
            }
            let names: Vec<&str> = captures
                .iter()
                .map(|capture| capture.variable.as_str())
                .collect();
            let plural = if names.len() == 1 { "is" } else { "are" };
            step.comment.push(format!(
                "Later requests send what is captured here: {} {plural} theirs.",
                names.join(", ")
            ));
            if let Action::Request(request) = &mut step.action {
                request.captures.extend(captures);
            }
        }
        let total = recording.entries.len();
        let count = steps
            .iter()
            .filter(|step| matches!(step.action, Action::Request(_)))
            .count();
        let by = match recording.creator.as_str() {
            "" => String::new(),
            creator => format!(" by {creator}"),
        };
        draft.comment.push(format!(
            "From a recording{by}: {count} of its {total} requests, in their order."
        ));
        draft.comment.push(
            "Every user repeats all of it: what is done once, such as a login, belongs under on_start.".to_owned(),
        );
        if !unset_cookies.is_empty() {
            let names: Vec<&str> = unset_cookies.keys().map(String::as_str).collect();
            let place = unset_cookies.values().next().cloned().unwrap_or_default();
            draft.leave(
                place,
                format!(
                    "cookies that no response before has set: {}. A recording that begins before the login has them, or send \
                     them: headers: {{ cookie: \"NAME=${{env.VALUE}}\" }}",
                    names.join(", ")
                ),
            );
        }
        if !noise.is_empty() {
            let mut names: Vec<String> = noise.into_iter().collect();
            names.sort();
            draft.leave(
                "headers",
                format!("what a browser says of itself: {}", names.join(", ")),
            );
        }
        if count > 0 {
            draft.load = Some(starter_load(5, Duration::from_secs(30)));
            draft.thresholds = thresholds();
            draft.scenarios.push(Scenario {
                name: "recorded".to_owned(),
                steps,
                ..Scenario::default()
            });
            draft.share();
        }
        draft
    }
}

/// The operation of a GraphQL request, which all have one path.
fn operation(entry: &Entry) -> Option<String> {
    let body = entry.body.as_ref()?;
    let json: serde_json::Value = serde_json::from_str(&body.text).ok()?;
    json.get("query")?;
    let name = json.get("operationName")?.as_str()?.trim();
    (!name.is_empty() && !is_marked(name)).then(|| name.to_owned())
}
