//! Writes steps: requests, captures and expectations.

use super::{Entries, one_line, texts};
use crate::init::draft::{Action, Auth, Body, Capture, Expect, Part, Request, Source, Step, time};
use crate::init::yaml::{Item, Node};

pub(super) fn steps(steps: &[Step]) -> Node {
    let steps = steps.iter().map(|step| Item {
        comment: step.comment.clone(),
        disabled: step.disabled,
        node: action(&step.action).block(),
    });
    Node::List(steps.collect()).block()
}

fn action(action: &Action) -> Node {
    let mut entries = Entries::default();
    match action {
        Action::Request(request) => return self::request(request),
        Action::Think(time) => entries.put("think", time.clone()),
        Action::Repeat {
            times,
            steps: inner,
        } => {
            entries.put("repeat", *times);
            entries.put("steps", steps(inner));
        }
        Action::When {
            condition,
            steps: inner,
        } => {
            entries.put("when", condition);
            entries.put("steps", steps(inner));
        }
        Action::Choose(choices) => {
            let choices = choices.iter().map(|(weight, inner)| {
                Node::map([("weight", Node::from(*weight)), ("steps", steps(inner))]).block()
            });
            entries.put("choose", Node::list(choices).block());
        }
    }
    entries.map()
}

fn request(request: &Request) -> Node {
    let mut entries = Entries::default();
    let path = request.path.source();
    let line = format!("{} {}{path}", request.method, request.service);
    entries.put("request", line.as_str());
    entries.put_some("name", request.name.as_deref().map(one_line).as_deref());
    if !request.set.is_empty() {
        entries.put("set", Node::map(request.set.iter().cloned()));
    }
    if !request.headers.is_empty() {
        entries.put("headers", texts(&request.headers));
    }
    entries.put_some("auth", request.auth.as_ref().map(auth));
    if let Some(body) = &request.body {
        put_body(&mut entries, body);
    }
    entries.put_some("timeout", request.timeout.map(time));
    if !request.captures.is_empty() {
        let captures = request.captures.iter();
        let captures = captures.map(|it| (it.variable.as_str(), capture(it)));
        entries.put("capture", Node::map(captures));
    }
    let expect = expect(&request.expect);
    if !expect.is_empty() {
        entries.put("expect", expect.map());
    }
    entries.map()
}

fn auth(auth: &Auth) -> Node {
    match auth {
        Auth::Bearer(token) => Node::map([("bearer", Node::from(token))]),
        Auth::Basic { user, password } => {
            let basic = [
                ("user", Node::from(user)),
                ("password", Node::from(password)),
            ];
            Node::map([("basic", Node::map(basic))])
        }
    }
}

fn put_body(entries: &mut Entries, body: &Body) {
    match body {
        Body::Json(json) => entries.put("json", json.clone()),
        Body::Form(fields) => entries.put("form", fields_of(fields, |text| Node::from(text))),
        Body::Multipart(fields) => entries.put("multipart", fields_of(fields, part)),
        Body::File(file) => entries.put("file", file.as_str()),
        Body::Text(text) => entries.put("text", text),
    }
}

/// Fields by name; several fields of one name become a list.
fn fields_of<T>(fields: &[(String, T)], node: impl Fn(&T) -> Node) -> Node {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in fields {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    Node::map(names.into_iter().map(|name| {
        let same = fields.iter().filter(|(other, _)| other == name);
        let mut nodes: Vec<Node> = same.map(|(_, value)| node(value)).collect();
        let node = match nodes.len() {
            1 => nodes.remove(0),
            _ => Node::list(nodes),
        };
        (name, node)
    }))
}

fn part(part: &Part) -> Node {
    match part {
        Part::Text(text) => Node::from(text),
        Part::File {
            file,
            content_type,
            filename,
        } => {
            let mut entries = Entries::default();
            entries.put("file", file.as_str());
            entries.put_some("content_type", content_type.as_deref());
            entries.put_some("filename", filename.as_deref());
            entries.map()
        }
    }
}

fn capture(capture: &Capture) -> Node {
    let mut entries = Entries::default();
    match &capture.from {
        Source::Json(path) => entries.put("json", path.as_str()),
        Source::Css {
            selector,
            attribute,
        } => {
            entries.put("css", selector.as_str());
            entries.put_some("attribute", attribute.as_deref());
        }
        Source::Header(name) => entries.put("header", name.as_str()),
        Source::Cookie(name) => entries.put("cookie", name.as_str()),
        Source::Regex(pattern) => entries.put("regex", pattern.as_str()),
    }
    entries.put_some("pick", capture.pick);
    entries.put_some("default", capture.default.as_ref());
    entries.map()
}

fn expect(expect: &Expect) -> Entries {
    let one_or_list = |mut nodes: Vec<Node>| match nodes.len() {
        1 => nodes.remove(0),
        _ => Node::list(nodes),
    };
    let mut entries = Entries::default();
    if !expect.status.is_empty() {
        let statuses = expect.status.iter();
        let statuses = statuses.map(|status| Node::from(u64::from(*status)));
        entries.put("status", one_or_list(statuses.collect()));
    }
    let mut body = Entries::default();
    for (key, texts) in [
        ("contains", &expect.contains),
        ("matches", &expect.matches),
        ("equals", &expect.equals),
    ] {
        if !texts.is_empty() {
            body.put(key, one_or_list(texts.iter().map(Node::from).collect()));
        }
    }
    if !body.is_empty() {
        entries.put("body", body.map());
    }
    if !expect.headers.is_empty() {
        entries.put("header", texts(&expect.headers));
    }
    if !expect.json.is_empty() {
        entries.put("json", texts(&expect.json));
    }
    if let Some(limit) = expect.time {
        let limit = format!("< {}", workbench_plan::format_duration(limit));
        entries.put("time", limit.as_str());
    }
    entries
}
