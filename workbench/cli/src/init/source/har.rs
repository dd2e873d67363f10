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
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde_yaml::Value;
use url::form_urlencoded;

use crate::init::draft::{
    Action, Draft, Part, Request, Scenario, Step, essence, file_name, is_json,
};
use crate::init::template::{Template, is_marked};
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
pub(crate) fn draft(path: &str, output: &Path) -> anyhow::Result<Draft> {
    let recording = file::read(&super::read(path)?).with_context(|| path.to_owned())?;
    let mut draft = Draft::new(super::stem(path).unwrap_or("recording"));
    for (place, what) in &recording.left {
        draft.leave_at(place, what);
    }
    let kept = choose::kept(&recording.entries, &mut draft);
    let exchanges = redirected(&kept);
    let is_redirected = exchanges.iter().any(|exchange| exchange.is_redirected);
    draft.http.follow_redirects = is_redirected.then_some(REDIRECTS);
    let mut writer = Writer {
        draft,
        correlation: Correlation::default(),
        output,
        set_cookies: HashSet::new(),
        unset_cookies: BTreeMap::new(),
    };
    let mut steps: Vec<Step> = Vec::new();
    let mut page = None;
    let mut ended: Option<f64> = None;
    for exchange in &exchanges {
        steps.extend(gap(ended, exchange.sent.started));
        let mut step = writer.step(exchange);
        let own = exchange.sent.page.as_ref();
        if own.is_some() && own != page {
            page = own;
            let title = own.and_then(|id| recording.pages.get(id));
            let title = title.filter(|title| !title.is_empty() && !title.contains("://"));
            step.comment
                .splice(0..0, title.map(|title| format!("Page: {title}")));
        }
        steps.push(step);
        let ends = [ended, exchange.sent.ended(), exchange.answered.ended()]
            .into_iter()
            .flatten();
        ended = ends.reduce(f64::max);
    }
    Ok(writer.finish(steps, &recording))
}

/// A think time for the gap between the earlier responses and a request.
fn gap(ended: Option<f64>, started: Option<f64>) -> Option<Step> {
    let gap = started? - ended?;
    (gap >= SHORTEST_THINK).then(|| {
        let tenths = (gap.min(LONGEST_THINK) / 100.0).round() as u64;
        let mut step = Step::from(Action::Think(Duration::from_millis(tenths * 100).into()));
        if gap > LONGEST_THINK {
            step.comment
                .push(format!("{} s in the recording.", (gap / 1000.0).round()));
        }
        step
    })
}

/// Builds the steps of the experiment.
struct Writer<'a> {
    draft: Draft,
    correlation: Correlation,
    /// The folder of the experiment.
    output: &'a Path,
    set_cookies: HashSet<String>,
    /// Cookies that were sent without an earlier response that set them.
    unset_cookies: BTreeMap<String, String>,
}

impl Writer<'_> {
    fn step(&mut self, exchange: &Exchange<'_>) -> Step {
        let (entry, answered) = (exchange.sent, exchange.answered);
        self.draft.at = entry.place();
        self.correlation.begin();
        let url = self.correlation.url(&entry.url);
        let address = self.draft.address(&url);
        let mut request = Request::new(&entry.method, address);
        let mut content_type = None;
        for (name, value) in &entry.headers {
            match name.to_ascii_lowercase().as_str() {
                "content-type" => content_type = Some(value.as_str()),
                // Cookies come from responses; the workbench accepts no encoding by default.
                "cookie" | "accept-encoding" => {}
                lower if self.draft.is_noise(lower, value) => {}
                lower => {
                    let value = self.correlation.header(lower, value);
                    self.draft.add_header(&mut request, lower, &value);
                }
            }
        }
        let is_unset = |name: &&String| !self.set_cookies.contains(*name);
        for name in entry.cookies.iter().filter(is_unset) {
            self.unset_cookies
                .entry(name.clone())
                .or_insert_with(|| entry.place());
        }
        self.body(&mut request, entry, content_type);
        request.name = operation(entry);
        let status = answered.status;
        let is_good = matches!(status, 200..=299 | 304);
        let target = answered.redirect();
        let is_followed = exchange.is_redirected && target.is_some();
        if !is_good && !is_followed && (200..600).contains(&status) {
            request.expect.status = vec![status];
        }
        if let Some(target) = target.filter(|_| !exchange.is_redirected) {
            let host = target.host_str().unwrap_or_default();
            self.draft
                .leave(format!("a redirect to {host}, which is not followed"));
        }
        for answered in [entry, answered] {
            self.set_cookies
                .extend(answered.set_cookies().map(|(name, _)| name));
        }
        let mut missing = request.files().into_iter();
        let missing = missing.find(|file| !self.output.join(file).is_file());
        let missing = missing
            .map(|file| format!("The file {file} is not there: put it beside the experiment."));
        match &missing {
            // Responses of left-out requests give no values.
            Some(missing) => {
                self.draft
                    .leave(format!("a request that is a comment: {missing}"));
                self.correlation.unanswered();
            }
            None => self.correlation.answered(answered),
        }
        let disabled = missing.is_some();
        Step::request(request, missing.into_iter().collect(), disabled)
    }

    /// The value of a field of a form.
    fn correlated(&mut self, name: &str, value: &str) -> String {
        self.correlation.text(name, value, Place::Form)
    }

    fn body(&mut self, request: &mut Request, entry: &Entry, kind: Option<&str>) {
        let Some(sent) = &entry.body else { return };
        if sent.is_binary {
            return self.draft.leave("a body that is not text");
        }
        let kind = kind.or(Some(sent.kind.as_str()).filter(|kind| !kind.is_empty()));
        let essence = essence(kind.unwrap_or_default());
        let service = request.service.clone();
        if essence == "application/x-www-form-urlencoded" {
            let listed = sent.fields.iter();
            let listed = listed.map(|field| (field.name.clone(), field.value.clone()));
            let mut fields: Vec<(String, String)> = match sent.text.is_empty() {
                true => listed.collect(),
                false => form_urlencoded::parse(sent.text.as_bytes())
                    .into_owned()
                    .collect(),
            };
            for (name, value) in &mut fields {
                *value = self.correlated(name, value);
            }
            if !fields.is_empty() {
                request.body = Some(self.draft.form(&service, fields));
            }
        } else if essence.starts_with("multipart/") && sent.text.is_empty() {
            let parts = sent.fields.iter().map(|field| {
                let part = match &field.file {
                    Some(file) => Part::file(file_name(file), field.kind.clone()),
                    None => {
                        let value = self.correlated(&field.name, &field.value);
                        Part::Text(self.draft.field(&service, &field.name, &value))
                    }
                };
                (Template::literal(&field.name).source().to_owned(), part)
            });
            let parts = parts.collect();
            request.body = Some(self.draft.multipart(parts));
        } else if !sent.text.is_empty() {
            let json = match is_json(&essence) {
                true => serde_json::from_str::<Value>(&sent.text).ok(),
                false => None,
            };
            let json =
                json.and_then(|json| serde_json::to_string(&self.correlation.json(&json)).ok());
            let text = json.as_ref().unwrap_or(&sent.text);
            self.draft.set_body(request, kind, text);
        }
    }

    fn finish(self, mut steps: Vec<Step>, recording: &file::Recording) -> Draft {
        let (mut draft, unset_cookies) = (self.draft, self.unset_cookies);
        let mut of_request = self.correlation.captures.into_iter();
        let mut count = 0;
        for step in &mut steps {
            let Action::Request(request) = &mut step.action else {
                continue;
            };
            count += 1;
            request.captures = of_request.next().unwrap_or_default();
            let names = request.captures.iter();
            let names = names.map(|(name, _)| name.as_str());
            let names: Vec<&str> = names.collect();
            if !names.is_empty() {
                let plural = if names.len() == 1 { "is" } else { "are" };
                step.comment.push(format!(
                    "Later requests send what is captured here: {} {plural} theirs.",
                    names.join(", ")
                ));
            }
        }
        let total = recording.entries.len();
        let by = match recording.creator.as_str() {
            "" => String::new(),
            creator => format!(" by {creator}"),
        };
        draft.comment = vec![
            format!("From a recording{by}: {count} of its {total} requests, in their order."),
            "Every user repeats all of it: what is done once, such as a login, belongs under on_start.".to_owned(),
        ];
        if let Some(place) = unset_cookies.values().next() {
            let names: Vec<&str> = unset_cookies.keys().map(String::as_str).collect();
            let what = format!(
                "cookies that no response before has set: {}. A recording that begins before the login has them, or send \
                 them: headers: {{ cookie: \"NAME=${{env.VALUE}}\" }}",
                names.join(", ")
            );
            draft.leave_at(place, what);
        }
        draft.leave_noise();
        if count > 0 {
            let mut scenario = Scenario::starter("recorded", steps);
            scenario.think_time = None;
            draft.scenarios.push(scenario);
            draft.start(5, Duration::from_secs(30));
        }
        draft
    }
}

/// The operation of a GraphQL request, which all have one path.
fn operation(entry: &Entry) -> Option<String> {
    let json: serde_json::Value = serde_json::from_str(&entry.body.as_ref()?.text).ok()?;
    json.get("query")?;
    let name = json.get("operationName")?.as_str()?.trim();
    (!name.is_empty() && !is_marked(name)).then(|| name.to_owned())
}
