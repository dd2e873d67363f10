//! Steps: the request, its variables, headers and body.

use super::Check;
use super::target::Service;
use crate::distribution::Distribution;
use crate::fault::{Fault, suggestion};
use crate::file::request::{check_length, check_path, parse_request};
use crate::file::source::Node;
use crate::file::wire::{OneOrMany, ValueOr, WireStep, WireValue, WireValues};
use crate::plan::Step;
use crate::template::{JsonTemplate, NAME_RULE, Template, Value, is_name};

/// The variables that every scenario has, at [`crate::Scenario::USER`] and [`crate::Scenario::ITERATION`].
const BUILT_IN: [&str; 2] = ["user", "iteration"];

/// Bytes of the largest value of those.
const LONGEST_BUILT_IN: usize = u32::MAX.ilog10() as usize + 1;

/// Bytes of the longest name of a header that the client can send: the limit of the `http` crate's `HeaderName`.
const LONGEST_HEADER_NAME: usize = 65_535;

/// The label under which all requests together are reported.
const TOTAL: &str = "TOTAL";

/// The variables of a scenario, as they come into being step by step.
pub(super) struct Names {
    /// Set so far; positions are indexes.
    set: Vec<String>,
    /// Bytes of the longest value that each of them can have in a path now, by position.
    longest: Vec<usize>,
    /// Values so far that no header can carry, by the variable's position.
    unfit_for_headers: Vec<(usize, String)>,
    /// Set by any step, for better messages.
    sometime: Vec<String>,
}

impl Names {
    pub(super) fn new(steps: &[WireStep]) -> Self {
        Self {
            set: BUILT_IN.map(str::to_owned).to_vec(),
            longest: BUILT_IN.map(|_| LONGEST_BUILT_IN).to_vec(),
            unfit_for_headers: Vec::new(),
            sometime: steps
                .iter()
                .flat_map(|step| step.set.keys().cloned())
                .collect(),
        }
    }

    pub(super) fn into_positions(self) -> Vec<String> {
        self.set
    }

    fn position(&self, name: &str) -> Result<usize, Fault> {
        let position = self.set.iter().position(|known| known == name);
        position.ok_or_else(|| {
            let message = if self.sometime.iter().any(|later| later == name) {
                format!("variable \"{name}\" is used before a step sets it")
            } else {
                let near = suggestion(name, self.set.iter().map(String::as_str));
                format!("unknown variable \"{name}\"{near}")
            };
            Fault::at(&format!("${{{name}}}"), message)
        })
    }

    fn position_or_new(&mut self, name: String) -> usize {
        self.set
            .iter()
            .position(|known| *known == name)
            .unwrap_or_else(|| {
                self.set.push(name);
                self.longest.push(0);
                self.set.len() - 1
            })
    }
}

pub(super) fn step(
    check: &mut Check<'_>,
    wire: WireStep,
    services: Option<&[Service<'_>]>,
    names: &mut Names,
    node: &Node,
) -> Option<Step> {
    let mut set = Vec::new();
    for (name, wire) in wire.set {
        set.push(variable(check, name, wire, names, node.get("set")));
    }
    let request_node = node.get("request");
    let line = check.resolved(parse_request(&wire.request), request_node);
    let prefix = line.as_ref().zip(services).and_then(|(line, services)| {
        let mut services = services.iter();
        let service = services.find(|service| service.name == line.service)?;
        Some(service.prefix)
    });
    if let (Some(line), Some(services), None) = (&line, services, prefix) {
        let near = suggestion(line.service, services.iter().map(|service| service.name));
        let fault = Fault::at(
            line.service,
            format!("unknown service \"{}\"{near}", line.service),
        );
        check.resolved::<()>(Err(fault), request_node);
    }
    let path = line
        .as_ref()
        .and_then(|line| path(check, &line.path, prefix.unwrap_or(0), names, request_node));
    let json = wire.json.map(|body| {
        let template = JsonTemplate::compile(&body, &|name| names.position(name));
        check.resolved(template, node.get("json"))
    });
    let mut headers = Vec::new();
    for (name, text) in wire.headers {
        let node = node.get("headers");
        let lower = name.to_ascii_lowercase();
        if let Err(fault) = check_header_name(&lower, json.is_some(), &headers) {
            check.note::<()>(node.key_place(&name), fault.message);
        }
        let template = header(&text, names);
        headers.push((lower, check.resolved(template, node.get(&name))));
    }
    let label = wire.name.unwrap_or_else(|| wire.request.clone());
    if label.trim().is_empty() || label == TOTAL {
        let message = format!("\"{label}\" cannot name a request");
        check.note::<()>(node.get("name").place(), message);
    }
    let expect_status = match wire.expect {
        None => Some(Vec::new()),
        Some(expect) => statuses(check, expect.status, node.get("expect").get("status")),
    };
    let line = line?;
    Some(Step {
        label,
        method: line.method.to_owned(),
        service: line.service.to_owned(),
        path: path?,
        headers: headers
            .into_iter()
            .map(|(name, template)| Some((name, template?)))
            .collect::<Option<_>>()?,
        json: match json {
            Some(template) => Some(template?),
            None => None,
        },
        set: set.into_iter().collect::<Option<_>>()?,
        expect_status: expect_status?,
    })
}

fn path(
    check: &mut Check<'_>,
    text: &str,
    prefix: usize,
    names: &Names,
    node: &Node,
) -> Option<Template> {
    let template = Template::path(text, &|name| names.position(name));
    let template = template.and_then(|template| {
        template.literals().try_for_each(check_path)?;
        let literals: usize = template.literals().map(str::len).sum();
        let variables: usize = template.variables().map(|it| names.longest[it]).sum();
        check_length(prefix + literals + variables)?;
        Ok(template)
    });
    check.resolved(template, node)
}

fn variable(
    check: &mut Check<'_>,
    name: String,
    wire: ValueOr<WireValue, WireValues>,
    names: &mut Names,
    node: &Node,
) -> Option<(usize, Distribution<Value>)> {
    if BUILT_IN.contains(&name.as_str()) {
        return check.note(
            node.key_place(&name),
            format!("\"{name}\" is built in and cannot be set"),
        );
    }
    if !is_name(&name) {
        let message = format!("\"{name}\" cannot be a variable: {NAME_RULE}");
        return check.note(node.key_place(&name), message);
    }
    let distribution = values(check, wire, node.get(&name));
    let position = names.position_or_new(name);
    let drawn = match &distribution {
        Some(Distribution::Constant(value)) => std::slice::from_ref(value),
        Some(Distribution::Choice(values)) => values,
        // No number between two has more digits than both.
        Some(Distribution::Uniform(from, to)) => &[from.clone(), to.clone()],
        _ => &[],
    };
    let lengths = drawn.iter().map(Value::bytes_in_path);
    names.longest[position] = lengths.max().unwrap_or(0);
    names
        .unfit_for_headers
        .extend(drawn.iter().filter_map(|value| match value {
            Value::Text(text) if !fits_header(text) => Some((position, text.clone())),
            Value::Text(_) | Value::Integer(_) => None,
        }));
    distribution.map(|distribution| (position, distribution))
}

fn values(
    check: &mut Check<'_>,
    wire: ValueOr<WireValue, WireValues>,
    node: &Node,
) -> Option<Distribution<Value>> {
    let value = |wire| match wire {
        WireValue::Integer(integer) => Value::Integer(integer),
        WireValue::Text(text) => Value::Text(text),
    };
    let drawn = match wire {
        ValueOr::Value(wire) => return Some(Distribution::Constant(value(wire))),
        ValueOr::Drawn(drawn) => drawn,
    };
    match (drawn.uniform, drawn.choice) {
        (Some([from, to]), None) if from > to => {
            check.note(node.get("uniform").place(), "the lowest value comes first")
        }
        (Some([from, to]), None) => Some(Distribution::Uniform(
            Value::Integer(from),
            Value::Integer(to),
        )),
        (None, Some(values)) if values.is_empty() => check.note(
            node.get("choice").place(),
            "there is nothing to choose from",
        ),
        (None, Some(values)) => Some(Distribution::Choice(
            values.into_iter().map(value).collect(),
        )),
        _ => check.note(
            node.place(),
            "one of \"uniform\" and \"choice\" is needed, and only one",
        ),
    }
}

fn statuses(check: &mut Check<'_>, wire: OneOrMany, node: &Node) -> Option<Vec<u16>> {
    if wire.0.is_empty() {
        return check.note(
            node.place(),
            "at least one status is needed; leave \"expect\" out for 200 to 399",
        );
    }
    if let Some(wrong) = wire
        .0
        .iter()
        .position(|status| !(200..=599).contains(status))
    {
        let message = "a final HTTP status lies between 200 and 599";
        return check.note(node.index(wrong).place(), message);
    }
    Some(wire.0)
}

/// Headers are `token`s (RFC 9110, section 5.6.2), and some belong to the client.
fn check_header_name(
    lower: &str,
    has_body: bool,
    before: &[(String, Option<Template>)],
) -> Result<(), Fault> {
    let token = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
    let ours = ["connection", "content-length", "transfer-encoding"].contains(&lower)
        || (has_body && lower == "content-type");
    if lower.is_empty() || !lower.chars().all(token) {
        return Err(Fault::new(format!("\"{lower}\" cannot name a header")));
    }
    if lower.len() > LONGEST_HEADER_NAME {
        return Err(Fault::new(format!(
            "a header's name has {LONGEST_HEADER_NAME} bytes at most"
        )));
    }
    if ours {
        return Err(Fault::new(format!(
            "\"{lower}\" is sent by the client itself"
        )));
    }
    if before.iter().any(|(name, _)| name == lower) {
        return Err(Fault::new(format!("header \"{lower}\" is given twice")));
    }
    Ok(())
}

fn header(text: &str, names: &Names) -> Result<Template, Fault> {
    let template = Template::plain(text, &|name| names.position(name))?;
    if let Some(wrong) = template.literals().find(|literal| !fits_header(literal)) {
        return Err(Fault::at(
            wrong,
            "a header carries visible ASCII characters only",
        ));
    }
    for position in template.variables() {
        if let Some((_, text)) = names
            .unfit_for_headers
            .iter()
            .find(|(unfit, _)| *unfit == position)
        {
            let name = &names.set[position];
            let message = format!("variable \"{name}\" can be {text:?}, which no header can carry");
            return Err(Fault::at(&format!("${{{name}}}"), message));
        }
    }
    Ok(template)
}

fn fits_header(text: &str) -> bool {
    text.chars()
        .all(|letter| letter == ' ' || letter.is_ascii_graphic())
}
