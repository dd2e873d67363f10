//! An operation of a description as a request.

use serde_yaml::Value;
use url::Url;

use super::example::{Example, type_of};
use super::{Document, NO_ADDRESS};
use crate::init::draft::{Body, Draft, Part, Request, Step, Target, Variable, variable_name};
use crate::init::http::is_secret;
use crate::init::template::Template;
use crate::init::yaml::{Node, scalar_text};

/// Words of operations that change something whatever their method is.
const CHANGES: [&str; 16] = [
    "add",
    "cancel",
    "create",
    "delete",
    "destroy",
    "disable",
    "logout",
    "purge",
    "remove",
    "reset",
    "restart",
    "revoke",
    "shutdown",
    "signout",
    "stop",
    "unsubscribe",
];

/// A file that the reader has to put beside the experiment.
const FILE: &str = "file.bin";

/// An operation, and what is around it.
pub(super) struct Operation<'a> {
    pub(super) document: &'a Document,
    /// In lower case.
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    /// Of the path.
    pub(super) item: &'a Value,
    pub(super) value: &'a Value,
    /// For messages.
    pub(super) place: String,
}

/// A parameter, resolved.
pub(super) struct Parameter<'a> {
    name: &'a str,
    /// `path`, `query`, `header`, `cookie`; in version 2 also `body`, `formData`.
    within: &'a str,
    required: bool,
    value: &'a Value,
}

impl Operation<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.value.get(key).and_then(Value::as_str)
    }

    pub(super) fn tag(&self) -> Option<&str> {
        let tags = self.value.get("tags").and_then(Value::as_sequence)?;
        tags.first().and_then(Value::as_str)
    }

    /// Whether it can be sent without changing anything, by its method and what it is called.
    pub(super) fn reads(&self) -> bool {
        let called = [self.text("operationId").unwrap_or_default(), self.path];
        let words = called.iter().flat_map(|text| words(text));
        ["get", "head", "options"].contains(&self.method)
            && words
                .into_iter()
                .all(|word| !CHANGES.contains(&word.as_str()))
    }

    /// The request; none where it cannot be sent.
    pub(super) fn step(&self, draft: &mut Draft) -> Option<Step> {
        let service = self.service(draft);
        let mut request = Request::new(
            &self.method.to_ascii_uppercase(),
            (service, Template::default()),
        );
        let parameters = self.parameters(draft);
        let mut query = self.authenticate(draft, &mut request);
        let mut optional = Vec::new();
        for parameter in &parameters {
            match (parameter.within, parameter.required) {
                ("query" | "header", false) => optional.push(parameter.name),
                ("query", true) => query.extend(self.query(draft, &request.service, parameter)),
                ("header", true) => self.header(draft, &mut request, parameter),
                ("cookie", true) => {
                    draft.leave(&self.place, format!("the cookie {}", parameter.name));
                }
                _ => {}
            }
        }
        request.path = self.request_path(draft, &parameters);
        for (at, (name, value)) in query.iter().enumerate() {
            let separator = if at == 0 { "?" } else { "&" };
            request.path = request
                .path
                .and_literal(separator)
                .and_address(&query_part(name))
                .and_literal("=")
                .and(value);
        }
        self.body(draft, &mut request, &parameters);
        self.accept(draft);
        if self.method == "get" {
            request.captures.extend(self.capture(draft));
        }
        let mut step = Step::from(request);
        let summary = self.text("summary").or_else(|| self.text("operationId"));
        step.comment.extend(summary.map(first_line));
        if !optional.is_empty() {
            step.comment
                .push(format!("Optional: {}", optional.join(", ")));
        }
        if self.value.get("deprecated") == Some(&Value::Bool(true)) {
            step.comment.push("Deprecated.".to_owned());
        }
        Some(step)
    }

    fn service(&self, draft: &mut Draft) -> String {
        let (url, others) = self
            .document
            .servers(&[self.value, self.item, &self.document.root]);
        let known = url.is_some();
        let url = url.or_else(|| {
            let path = self.relative_prefix();
            Url::parse(&format!("{NO_ADDRESS}{path}"))
                .or_else(|_| Url::parse(NO_ADDRESS))
                .ok()
        });
        let Some(url) = url else { return String::new() };
        let name = draft.service(&url);
        if let Target::Urls { services, .. } = &mut draft.target
            && let Some(service) = services
                .iter_mut()
                .find(|service| service.name == name && service.comment.is_empty())
        {
            if !known {
                service.comment.push(
                    "The description names no host: put the address of the service here."
                        .to_owned(),
                );
            } else if !others.is_empty() {
                service.comment.push(format!("Also: {}", others.join(", ")));
            }
        }
        name
    }

    /// The path of a server that has no host.
    fn relative_prefix(&self) -> String {
        let root = &self.document.root;
        let servers = root.get("servers").and_then(Value::as_sequence);
        let server = servers.and_then(|servers| super::server_url(servers.first()?));
        let base = root
            .get("basePath")
            .and_then(Value::as_str)
            .map(str::to_owned);
        server
            .or(base)
            .filter(|path| path.starts_with('/'))
            .unwrap_or_default()
    }

    /// Those of the operation, and those of its path that the operation does not replace.
    pub(super) fn parameters(&self, draft: &mut Draft) -> Vec<Parameter<'_>> {
        let mut found: Vec<Parameter<'_>> = Vec::new();
        for holder in [self.value, self.item] {
            let list = holder.get("parameters").and_then(Value::as_sequence);
            for value in list.into_iter().flatten() {
                let parameter = self.document.resolve(value).and_then(|value| {
                    Some(Parameter {
                        name: value.get("name")?.as_str()?,
                        within: value.get("in")?.as_str()?,
                        required: value.get("required") == Some(&Value::Bool(true)),
                        value,
                    })
                });
                let Some(parameter) = parameter else {
                    draft.leave(
                        &self.place,
                        "a parameter that is in another file, or is none",
                    );
                    continue;
                };
                let same = |known: &Parameter<'_>| {
                    known.name == parameter.name && known.within == parameter.within
                };
                if !found.iter().any(same) {
                    found.push(parameter);
                }
            }
        }
        found
    }

    /// The path, with a variable for each of its parameters.
    fn request_path(&self, draft: &mut Draft, parameters: &[Parameter<'_>]) -> Template {
        let mut path = Template::default();
        let mut rest = self.path;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            path = path.and_address(before);
            path = path.and_variable(&self.path_variable(draft, before, name, parameters));
            rest = after;
        }
        path.and_address(rest)
    }

    /// The variable for a parameter of the path, which stands after `before`.
    pub(super) fn path_variable(
        &self,
        draft: &mut Draft,
        before: &str,
        name: &str,
        parameters: &[Parameter<'_>],
    ) -> String {
        let resource = before
            .trim_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        let parameter = parameters
            .iter()
            .find(|it| it.name == name && it.within == "path");
        let example = match parameter {
            Some(parameter) => self.document.example(parameter.value),
            None => Example {
                value: Value::String("1".to_owned()),
                given: false,
            },
        };
        variable(draft, resource, name, &example)
    }

    /// A required parameter of the query.
    fn query(
        &self,
        draft: &mut Draft,
        service: &str,
        parameter: &Parameter<'_>,
    ) -> Vec<(String, Template)> {
        let name = parameter.name;
        if is_secret(name) && name != "key" {
            let secret = draft.secret(
                &format!("{service} {name}"),
                &format!("{name} of {service}"),
                Some(name),
            );
            return vec![(name.to_owned(), secret)];
        }
        let example = match parameter.value.get("content") {
            Some(Value::Mapping(content)) => {
                let media = content
                    .values()
                    .next()
                    .map(|media| self.document.example(media).value);
                Value::String(serde_json::to_string(&media).unwrap_or_default())
            }
            _ => self.document.example(parameter.value).value,
        };
        let text = |value: &Value| Template::address(&query_part(&plain(value)));
        match &example {
            Value::Sequence(values) if self.explodes(parameter) => values
                .iter()
                .map(|value| (name.to_owned(), text(value)))
                .collect(),
            Value::Sequence(values) => {
                let values: Vec<String> = values.iter().map(plain).collect();
                vec![(
                    name.to_owned(),
                    Template::address(&query_part(&values.join(","))),
                )]
            }
            Value::Mapping(entries) => {
                let deep =
                    parameter.value.get("style").and_then(Value::as_str) == Some("deepObject");
                let entries = entries.iter().map(|(key, value)| {
                    let key = scalar_text(key);
                    (
                        if deep { format!("{name}[{key}]") } else { key },
                        text(value),
                    )
                });
                entries.collect()
            }
            value => vec![(name.to_owned(), text(value))],
        }
    }

    /// Whether the elements of a list are parameters of their own.
    fn explodes(&self, parameter: &Parameter<'_>) -> bool {
        let text = |key: &str| parameter.value.get(key).and_then(Value::as_str);
        if self.document.is_version_2() {
            return text("collectionFormat") == Some("multi");
        }
        let form = text("style").is_none_or(|style| style == "form");
        parameter
            .value
            .get("explode")
            .and_then(Value::as_bool)
            .unwrap_or(form)
    }

    fn header(&self, draft: &mut Draft, request: &mut Request, parameter: &Parameter<'_>) {
        let value = match is_secret(parameter.name) {
            // As in the query: one secret for each name.
            true => parameter.name.to_owned(),
            false => plain(&self.document.example(parameter.value).value),
        };
        let place = self.place.clone();
        draft.add_header(request, parameter.name, &value, &place);
    }

    fn body(&self, draft: &mut Draft, request: &mut Request, parameters: &[Parameter<'_>]) {
        if self.document.is_version_2() {
            return self.body_of_version_2(request, parameters);
        }
        let Some(body) = self.value.get("requestBody") else {
            return;
        };
        let content = self
            .document
            .resolve(body)
            .and_then(|body| body.get("content"));
        let Some(Value::Mapping(content)) = content else {
            draft.leave(
                &self.place,
                "a body that is in another file, or has no content",
            );
            return;
        };
        let kinds: Vec<(&str, &Value)> = content
            .iter()
            .filter_map(|(kind, media)| Some((kind.as_str()?, media)))
            .collect();
        let best = kinds.iter().min_by_key(|(kind, _)| preference(kind));
        if let Some((kind, media)) = best {
            let value = self.document.example(media).value;
            self.set_body(draft, request, kind, &value, media.get("schema"));
        }
    }

    fn set_body(
        &self,
        draft: &mut Draft,
        request: &mut Request,
        kind: &str,
        value: &Value,
        schema: Option<&Value>,
    ) {
        let essence = kind.split(';').next().unwrap_or_default().trim();
        let fields = |value: &Value| match value {
            Value::Mapping(entries) => entries
                .iter()
                .map(|(key, value)| (scalar_text(key), value.clone()))
                .collect(),
            _ => Vec::new(),
        };
        let named = |request: &mut Request, implied: &str| {
            if !essence.eq_ignore_ascii_case(implied) && !essence.contains('*') {
                request
                    .headers
                    .push(("content-type".to_owned(), Template::literal(essence)));
            }
        };
        match preference(essence) {
            0 | 1 => {
                // An example may be the text of JSON.
                let text = value
                    .as_str()
                    .and_then(|text| serde_json::from_str::<Value>(text).ok());
                request.body = Some(Body::Json(Node::json(text.as_ref().unwrap_or(value))));
                named(request, "application/json");
            }
            2 => request.body = Some(form(fields(value))),
            3 => {
                let parts = fields(value).into_iter().map(|(name, value)| {
                    let part = match self.is_file(schema, &name) {
                        true => file(),
                        false => Part::Text(Template::literal(&plain(&value))),
                    };
                    (Template::literal(&name).source().to_owned(), part)
                });
                request.body = Some(Body::Multipart(parts.collect()));
            }
            _ if value.is_string() || essence.starts_with("text/") => {
                request.body = Some(Body::Text(Template::literal(&plain(value))));
                named(request, "text/plain");
            }
            _ => {
                request.body = Some(Body::File(FILE.to_owned()));
                named(request, "application/octet-stream");
                draft.leave(
                    &self.place,
                    format!("its body of the type {essence}; put one into {FILE}"),
                );
            }
        }
    }

    /// Whether a field of a form is a file.
    fn is_file(&self, schema: Option<&Value>, name: &str) -> bool {
        let schema = schema.and_then(|schema| self.document.resolve(schema));
        let property = schema.and_then(|schema| schema.get("properties")?.get(name));
        let property = property.and_then(|property| self.document.resolve(property));
        property.is_some_and(|property| {
            let format = property.get("format").and_then(Value::as_str);
            format == Some("binary") || property.get("contentMediaType").is_some()
        })
    }

    fn body_of_version_2(&self, request: &mut Request, parameters: &[Parameter<'_>]) {
        if let Some(body) = parameters
            .iter()
            .find(|parameter| parameter.within == "body")
        {
            let value = self.document.example(body.value).value;
            request.body = Some(Body::Json(Node::json(&value)));
            return;
        }
        let fields: Vec<&Parameter<'_>> = parameters
            .iter()
            .filter(|it| it.within == "formData")
            .collect();
        let is_file = |parameter: &Parameter<'_>| type_of(parameter.value) == "file";
        let value = |parameter: &Parameter<'_>| self.document.example(parameter.value).value;
        if fields.iter().any(|field| is_file(field)) {
            let parts = fields.iter().map(|field| {
                let part = match is_file(field) {
                    true => file(),
                    false => Part::Text(Template::literal(&plain(&value(field)))),
                };
                (field.name.to_owned(), part)
            });
            request.body = Some(Body::Multipart(parts.collect()));
        } else if !fields.is_empty() {
            let fields = fields
                .iter()
                .map(|field| (field.name.to_owned(), value(field)));
            request.body = Some(form(fields.collect()));
        }
    }

    /// Asks for JSON where the service offers it.
    fn accept(&self, draft: &mut Draft) {
        if draft.http.headers.iter().any(|(name, _)| name == "accept") {
            return;
        }
        let root = &self.document.root;
        let produces = self
            .value
            .get("produces")
            .or_else(|| root.get("produces"))
            .and_then(Value::as_sequence);
        let produced = produces.into_iter().flatten().filter_map(Value::as_str);
        let responses = match self.value.get("responses") {
            Some(Value::Mapping(responses)) => responses.values().collect(),
            _ => Vec::new(),
        };
        let contents = responses.into_iter().filter_map(|response| {
            match self.document.resolve(response)?.get("content")? {
                Value::Mapping(content) => Some(content.keys().filter_map(Value::as_str)),
                _ => None,
            }
        });
        if produced
            .chain(contents.flatten())
            .any(|kind| preference(kind) == 0)
        {
            let accept = Template::literal("application/json, */*");
            draft.http.headers.push(("accept".to_owned(), accept));
        }
    }
}

/// Types of bodies, the best first.
pub(super) fn preference(kind: &str) -> usize {
    let essence = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match essence.as_str() {
        "application/json" | "*/*" | "application/*" => 0,
        kind if kind.ends_with("+json") => 1,
        "application/x-www-form-urlencoded" => 2,
        "multipart/form-data" => 3,
        _ => 4,
    }
}

fn form(fields: Vec<(String, Value)>) -> Body {
    let fields = fields.into_iter().flat_map(|(name, value)| {
        let name = Template::literal(&name).source().to_owned();
        let values = match value {
            Value::Sequence(values) => values,
            value => vec![value],
        };
        values
            .into_iter()
            .map(move |value| (name.clone(), Template::literal(&plain(&value))))
    });
    Body::Form(fields.collect())
}

/// A file that the reader has to put there.
fn file() -> Part {
    Part::File {
        file: FILE.to_owned(),
        content_type: None,
        filename: None,
    }
}

/// The name of the variable for a parameter of the path; parameters of one name share it while their examples are the same.
fn variable(draft: &mut Draft, resource: &str, name: &str, example: &Example) -> String {
    let value = match &example.value {
        Value::Number(number) if number.is_i64() => Node::Plain(number.to_string()),
        value => Node::from(&Template::literal(&plain(value))),
    };
    let resource = variable_name(&format!("{}_{name}", super::name(resource)));
    let short = variable_name(name);
    let numbered = (2_u32..).map(|number| format!("{short}_{number}"));
    for name in [short.clone(), resource].into_iter().chain(numbered) {
        match draft.variables.iter().find(|known| known.name == name) {
            Some(known) if known.value == value => return name,
            Some(_) => {}
            None => {
                let comment = match example.given {
                    true => Vec::new(),
                    false => vec![
                        "The description has no examples of these: give them values that exist."
                            .to_owned(),
                    ],
                };
                draft.variables.push(Variable {
                    name: name.clone(),
                    value,
                    comment,
                });
                return name;
            }
        }
    }
    short
}

/// A value as text: of a parameter, or of a field of a form.
fn plain(value: &Value) -> String {
    match value {
        Value::Sequence(_) | Value::Mapping(_) => serde_json::to_string(value).unwrap_or_default(),
        value => scalar_text(value),
    }
}

/// A name or value of a query, in which `&`, `=`, `+`, `#` and `%` are no signs.
fn query_part(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '%' => "%25".to_owned(),
            '&' => "%26".to_owned(),
            '=' => "%3D".to_owned(),
            '+' => "%2B".to_owned(),
            '?' => "%3F".to_owned(),
            letter => letter.to_string(),
        })
        .collect()
}

/// The words of a path or of an operation's name: `deleteUser`, `/user/log-out`.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for letter in text.chars() {
        if !letter.is_ascii_alphabetic() || lower && letter.is_ascii_uppercase() {
            words.push(String::new());
        }
        if letter.is_ascii_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.push(letter.to_ascii_lowercase());
        }
        lower = letter.is_ascii_lowercase();
    }
    words
}

fn first_line(text: &str) -> String {
    text.trim().lines().next().unwrap_or_default().to_owned()
}
