//! Request steps.

use std::collections::BTreeMap;

use super::names::{BUILT_IN, Known, Names, fits_header};
use super::target::Service;
use super::{Check, body, response, values};
use crate::describe::expectation;
use crate::diagnostic::{Diagnostic, suggestion};
use crate::draw::Draw;
use crate::file::foreign::Around;
use crate::file::format::{AuthFile, DrawFile, HttpFile, Ordered, StepFile, ValueFile, ValueOr};
use crate::file::request::{check_length, check_path, parse_request};
use crate::file::source::Node;
use crate::plan::Step;
use crate::response::Expectation;
use crate::template::{NAME_RULE, Template, Value, is_name};

/// Bytes of the longest name of a header that the client can send: the limit of the `http` crate's `HeaderName`.
const LONGEST_HEADER_NAME: usize = 65_535;

/// The label under which all requests together are reported.
const TOTAL: &str = "TOTAL";

/// Settings that all requests share, and their nodes.
#[derive(Clone, Copy)]
pub(super) struct Common<'a> {
    pub(super) services: Option<&'a [Service<'a>]>,
    pub(super) http: &'a HttpFile,
    /// Of `http`.
    pub(super) node: &'a Node,
}

pub(super) fn step(
    check: &mut Check<'_>,
    file: &StepFile,
    request: Option<&str>,
    common: Common<'_>,
    names: &Names<'_>,
    node: &Node,
) -> Option<Step> {
    let set = set(check, &file.set, names, node.get("set"));
    let request_node = node.get("request");
    let line = request.and_then(|request| check.resolved(parse_request(request), request_node));
    let prefix = line
        .as_ref()
        .zip(common.services)
        .and_then(|(line, services)| {
            let mut services = services.iter();
            let service = services.find(|service| service.name == line.service)?;
            Some(service.prefix)
        });
    if let (Some(line), Some(services), None) = (&line, common.services, prefix) {
        let near = suggestion(line.service, services.iter().map(|service| service.name));
        let diagnostic = Diagnostic::at(
            line.service,
            format!("unknown service \"{}\"{near}", line.service),
        );
        check.resolved::<()>(Err(diagnostic), request_node);
    }
    let path = line
        .as_ref()
        .and_then(|line| path(check, &line.path, prefix.unwrap_or(0), names, request_node));
    let body = body::body(check, file, names, node);
    let headers = headers(check, file, common, names, node);
    let auth = match &file.auth {
        None => Some(Auth::default()),
        Some(file) => auth(check, file, headers.as_deref(), names, node.get("auth")),
    };
    let label = file.name.as_deref().or(request).unwrap_or_default();
    if file.name.is_some() && (label.trim().is_empty() || label == TOTAL) {
        let message = format!("\"{label}\" cannot name a request");
        check.note::<()>(node.get("name").place(), message);
    }
    let timeout = match &file.timeout {
        None => Some(None),
        Some(file) => check.positive_time(file, node.get("timeout")).map(Some),
    };
    let expect = match &file.expect {
        None => Some(Expectation::default()),
        Some(file) => response::expectation(check, file, names, node.get("expect")),
    };
    // Captured variables have a value only from here on.
    let capture = response::captures(check, &file.capture, names, node.get("capture"));
    let (line, auth, mut headers) = (line?, auth?, headers?);
    headers.extend(auth.header);
    Some(Step {
        label: label.to_owned(),
        method: line.method.to_owned(),
        service: line.service.to_owned(),
        path: path?,
        headers,
        basic: auth.basic,
        body: body?,
        set: set?,
        timeout: timeout?,
        expect: expect?,
        capture: capture?,
        request: request?.to_owned(),
        expected: file.expect.as_ref().map(expectation),
    })
}

fn path(
    check: &mut Check<'_>,
    text: &str,
    prefix: usize,
    names: &Names<'_>,
    node: &Node,
) -> Option<Template> {
    let template = Template::path(text, &|name| names.position(name));
    let template = template.and_then(|template| {
        names.no_placeholder(text, Around::Path)?;
        template.literals().try_for_each(check_path)?;
        let literals: usize = template.literals().map(str::len).sum();
        let variables: usize = template.variables().map(|it| names.longest(it)).sum();
        check_length(prefix + literals + variables)?;
        Ok(template)
    });
    check.resolved(template, node)
}

/// Variables that are set before a request, in the order of [`in_order`].
fn set(
    check: &mut Check<'_>,
    file: &Ordered<ValueOr<ValueFile, DrawFile>>,
    names: &Names<'_>,
    node: &Node,
) -> Option<Vec<(usize, Draw)>> {
    let set: Vec<_> = in_order(file)
        .into_iter()
        .map(|(name, file)| {
            let is_right = check_variable(check, name, node);
            let draw = values::draw(check, file, names, node.get(name));
            let known = draw.as_ref().map(|draw| known(draw, names));
            // Also if the variable is wrong, so that uses of it are not reported.
            let position = names.set(name, known.unwrap_or_default());
            is_right.and(draw).map(|draw| (position, draw))
        })
        .collect();
    set.into_iter().collect()
}

/// The order in which variables are drawn: first those that need no others, by name, which is what seeds rely on; then the
/// texts, as they stand, so that each can use those before it.
pub(super) fn in_order(
    file: &Ordered<ValueOr<ValueFile, DrawFile>>,
) -> Vec<&(String, ValueOr<ValueFile, DrawFile>)> {
    let is_text = |file: &ValueOr<_, _>| matches!(file, ValueOr::Value(ValueFile::Text(text)) if text.contains("${"));
    let (texts, mut drawn): (Vec<_>, Vec<_>) = file.0.iter().partition(|(_, file)| is_text(file));
    drawn.sort_by_key(|(name, _)| name);
    drawn.extend(texts);
    drawn
}

/// The bounds of a variable that is drawn from this.
pub(super) fn known(draw: &Draw, names: &Names<'_>) -> Known {
    match draw {
        Draw::Constant(value) => Known::of(std::slice::from_ref(value)),
        Draw::Choice(values) => Known::of(values),
        // No number between two has more digits than both.
        Draw::Uniform(from, to) => Known::of(&[Value::Integer(*from), Value::Integer(*to)]),
        Draw::Text(template) => names.of_text(template),
        _ => Known::default(),
    }
}

/// Checks the name of a variable that is set.
pub(super) fn check_variable(check: &mut Check<'_>, name: &str, node: &Node) -> Option<()> {
    if BUILT_IN.contains(&name) {
        return check.note(
            node.key_place(name),
            format!("\"{name}\" is built in and cannot be set"),
        );
    }
    if !is_name(name) {
        let message = format!("\"{name}\" cannot be a variable: {NAME_RULE}");
        return check.note(node.key_place(name), message);
    }
    Some(())
}

type Headers = Vec<(String, Template)>;

/// Those of the step, and those of the experiment that it does not replace.
fn headers(
    check: &mut Check<'_>,
    file: &StepFile,
    common: Common<'_>,
    names: &Names<'_>,
    node: &Node,
) -> Option<Headers> {
    let of_step = node.get("headers");
    names_of_headers(check, &file.headers, of_step);
    let own: Vec<_> = file
        .headers
        .iter()
        .map(|(name, text)| {
            let template = check.resolved(header(text, names), of_step.get(name))?;
            Some((name.to_ascii_lowercase(), template))
        })
        .collect();
    let mut is_right = own.iter().all(Option::is_some);
    let mut headers: Headers = own.into_iter().flatten().collect();
    let request = file.request.as_deref().unwrap_or_default();
    let encoding = common.http.accept_encoding.iter();
    let encoding = encoding.map(|text| ("accept-encoding", text));
    let shared = common.http.headers.iter();
    let shared = shared.map(|(name, text)| (name.as_str(), text));
    for (name, text) in shared.chain(encoding) {
        let lower = name.to_ascii_lowercase();
        let is_auth = lower == "authorization" && file.auth.is_some();
        let is_given = || file.headers.keys().any(|it| it.eq_ignore_ascii_case(name));
        if is_auth || is_given() {
            continue;
        }
        let template = header(text, names);
        let mut diagnostics = check.unknown.take();
        match template {
            Ok(template) if diagnostics.is_empty() => headers.push((lower, template)),
            Ok(_) => {}
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
        is_right &= diagnostics.is_empty();
        for diagnostic in diagnostics {
            let message = format!(
                "{}; this is a header of every request, and so of \"{request}\"",
                diagnostic.message
            );
            let node = common.node.get("headers").get(name);
            check.resolved_once::<()>(
                Err(Diagnostic {
                    message,
                    ..diagnostic
                }),
                node,
            );
        }
    }
    is_right.then_some(headers)
}

/// Notes what is wrong with the names of headers.
pub(super) fn names_of_headers(
    check: &mut Check<'_>,
    file: &BTreeMap<String, String>,
    node: &Node,
) {
    let mut before = Vec::new();
    for name in file.keys() {
        let lower = name.to_ascii_lowercase();
        if let Err(diagnostic) = check_header_name(&lower) {
            check.note::<()>(node.key_place(name), diagnostic.message);
        } else if before.contains(&lower) {
            let message = format!("header \"{lower}\" is given twice");
            check.note::<()>(node.key_place(name), message);
        }
        before.push(lower);
    }
}

/// Whether a text can name a header (RFC 9110, section 5.6.2).
pub(super) fn is_token(text: &str) -> bool {
    let token = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
    !text.is_empty() && text.chars().all(token)
}

/// Headers are tokens, and some belong to the client.
fn check_header_name(lower: &str) -> Result<(), Diagnostic> {
    if !is_token(lower) {
        return Err(Diagnostic::new(format!("\"{lower}\" cannot name a header")));
    }
    if lower.len() > LONGEST_HEADER_NAME {
        return Err(Diagnostic::new(format!(
            "a header's name has {LONGEST_HEADER_NAME} bytes at most"
        )));
    }
    if ["connection", "content-length", "transfer-encoding"].contains(&lower) {
        return Err(Diagnostic::new(format!(
            "\"{lower}\" is sent by the client itself"
        )));
    }
    Ok(())
}

fn header(text: &str, names: &Names<'_>) -> Result<Template, Diagnostic> {
    let template = Template::plain(text, &|name| names.position(name))?;
    names.no_placeholder(text, Around::Header)?;
    if let Some(wrong) = template.literals().find(|literal| !fits_header(literal)) {
        // A text of several lines is not found in any single line.
        let wrong = wrong.lines().find(|line| !fits_header(line));
        return Err(Diagnostic::at(
            wrong.unwrap_or_default(),
            "a header carries visible ASCII characters only",
        ));
    }
    for position in template.variables() {
        if let Some(text) = names.unfit_for_headers(position) {
            let name = names.name(position);
            let message = format!("variable \"{name}\" can be {text:?}, which no header can carry");
            return Err(Diagnostic::at(&format!("${{{name}}}"), message));
        }
    }
    Ok(template)
}

#[derive(Default)]
struct Auth {
    header: Option<(String, Template)>,
    basic: Option<(Template, Template)>,
}

fn auth(
    check: &mut Check<'_>,
    file: &AuthFile,
    headers: Option<&[(String, Template)]>,
    names: &Names<'_>,
    node: &Node,
) -> Option<Auth> {
    let is_given =
        |headers: &[(String, _)]| headers.iter().any(|(name, _)| name == "authorization");
    if headers.is_some_and(is_given) {
        let message =
            "who the user is stands in one place: either \"auth\" or the header \"authorization\"";
        return check.note(node.place(), message);
    }
    match (&file.bearer, &file.basic) {
        (Some(token), None) => {
            let node = node.get("bearer");
            if token.trim().is_empty() {
                return check.note(node.place(), "there is no token");
            }
            check.resolved(header(token, names), node)?;
            let template = header(&format!("Bearer {token}"), names);
            Some(Auth {
                header: Some(("authorization".to_owned(), check.resolved(template, node)?)),
                basic: None,
            })
        }
        (None, Some(basic)) => {
            let of_basic = node.get("basic");
            let resolve = |name: &str| names.position(name);
            let user = Template::plain(&basic.user, &resolve).and_then(|template| {
                if template.literals().any(|literal| literal.contains(':')) {
                    return Err(Diagnostic::at(":", "a colon ends the name of a user"));
                }
                Ok(template)
            });
            let user = check.resolved(user, of_basic.get("user"));
            let password = Template::plain(&basic.password, &resolve);
            let password = check.resolved(password, of_basic.get("password"));
            Some(Auth {
                header: None,
                basic: Some((user?, password?)),
            })
        }
        _ => check.note(
            node.place(),
            "one of \"bearer\" and \"basic\" is needed, and only one",
        ),
    }
}
