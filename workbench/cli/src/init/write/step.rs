//! Writes steps: requests, captures and expectations.

use super::{one_line, texts};
use crate::init::draft::{Action, Auth, Body, Expect, Part, Request, Step};
use crate::init::yaml::{Entries, Item, Node};

pub(super) fn steps(steps: &[Step]) -> Node {
    let steps = steps.iter().map(|step| Item {
        disabled: step.disabled,
        ..Item::commented(action(&step.action).block(), step.comment.clone())
    });
    Node::List(steps.collect()).block()
}

fn action(action: &Action) -> Entries {
    let mut entries = Entries::default();
    match action {
        Action::Request(request) => return self::request(request),
        Action::Think(time) => entries.put("think", time.clone()),
        Action::Repeat { times, .. } => entries.put("repeat", *times),
        Action::When { condition, .. } => entries.put("when", condition),
        Action::Choose(choices) => {
            let choices = choices.iter().map(|(weight, inner)| {
                Node::map([("weight", Node::from(*weight)), ("steps", steps(inner))]).block()
            });
            entries.put("choose", Node::list(choices).block());
        }
    }
    if let Action::Repeat { steps: inner, .. } | Action::When { steps: inner, .. } = action {
        entries.put("steps", steps(inner));
    }
    entries
}

fn request(request: &Request) -> Entries {
    let mut entries = Entries::default();
    let path = request.path.source();
    let line = format!("{} {}{path}", request.method, request.service);
    entries.put("request", line.as_str());
    entries.put_some("name", request.name.as_deref().map(one_line).as_deref());
    entries.put_all("set", Node::map(request.set.iter().cloned()));
    entries.put_all("headers", texts(&request.headers));
    entries.put_some("auth", request.auth.as_ref().map(auth));
    match &request.body {
        None => {}
        Some(Body::Json(json)) => entries.put("json", json.clone()),
        Some(Body::Form(fields)) => entries.put("form", fields_of(fields, |text| Node::from(text))),
        Some(Body::Multipart(fields)) => entries.put("multipart", fields_of(fields, part)),
        Some(Body::File(file)) => entries.put("file", file.as_str()),
        Some(Body::Text(text)) => entries.put("text", text),
    }
    entries.put_some("timeout", request.timeout);
    entries.put_all("capture", Node::map(request.captures.iter().cloned()));
    entries.put_all("expect", expect(&request.expect).into());
    entries
}

fn auth(auth: &Auth) -> Node {
    match auth {
        Auth::Bearer(token) => Node::map([("bearer", Node::from(token))]),
        Auth::Basic { user, password } => {
            let basic = Node::map([("user", user.into()), ("password", password.into())]);
            Node::map([("basic", basic)])
        }
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
        let nodes = same.map(|(_, value)| node(value)).collect();
        (name, Node::one_or_list(nodes))
    }))
}

fn part(part: &Part) -> Node {
    match part {
        Part::Text(text) => text.into(),
        Part::File {
            file,
            content_type,
            filename,
        } => {
            let mut entries = Entries::default();
            entries.put("file", file.as_str());
            entries.put_some("content_type", content_type.as_deref());
            entries.put_some("filename", filename.as_deref());
            entries.into()
        }
    }
}

fn expect(expect: &Expect) -> Entries {
    let mut entries = Entries::default();
    if !expect.status.is_empty() {
        let statuses = expect.status.iter();
        let statuses = statuses.map(|status| Node::from(u64::from(*status)));
        entries.put("status", Node::one_or_list(statuses.collect()));
    }
    let mut body = Entries::default();
    let texts_of = [
        ("contains", &expect.contains),
        ("matches", &expect.matches),
        ("equals", &expect.equals),
    ];
    for (key, texts) in texts_of.into_iter().filter(|(_, texts)| !texts.is_empty()) {
        let texts = texts.iter().map(Node::from).collect();
        body.put(key, Node::one_or_list(texts));
    }
    entries.put_all("body", body.into());
    entries.put_all("header", texts(&expect.headers));
    entries.put_all("json", texts(&expect.json));
    let limit = expect
        .time
        .map(|limit| format!("< {}", workbench_plan::format_duration(limit)));
    entries.put_some("time", limit.as_deref());
    entries
}
