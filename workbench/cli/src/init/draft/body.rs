//! Converts bodies of clients.

use serde_yaml::Value;
use url::form_urlencoded;

use super::{Body, Draft, Part, Request, essence, file_name, is_secret};
use crate::init::template::{Template, is_marked, mark};
use crate::init::yaml::Node;

/// Whether a content type (see [`essence`]) is JSON.
pub(crate) fn is_json(essence: &str) -> bool {
    essence == "application/json" || essence.ends_with("+json")
}

impl Draft {
    /// Sets the request's body to one of a client, with its content type.
    pub(crate) fn set_body(
        &mut self,
        request: &mut Request,
        content_type: Option<&str>,
        text: &str,
    ) {
        let service = request.service.clone();
        let kind = content_type.unwrap_or_default();
        let essence = essence(kind);
        if essence == "multipart/form-data"
            && let Some(parts) = multipart(kind, text)
        {
            let parts = parts.into_iter().map(|part| self.part(&service, part));
            let parts = parts.collect();
            request.body = Some(self.multipart(parts));
            return;
        }
        let json = match is_json(&essence) {
            true => serde_json::from_str::<Value>(text).ok(),
            false => None,
        };
        let (body, implied) = if let Some(json) = json {
            (Body::Json(self.json(&service, &json)), "application/json")
        } else if let Some(fields) = form(&essence, text) {
            (
                self.form(&service, fields),
                "application/x-www-form-urlencoded",
            )
        } else {
            (
                Body::Text(Template::literal(text)),
                "text/plain; charset=utf-8",
            )
        };
        let is_implied = kind.eq_ignore_ascii_case(implied)
            || kind.eq_ignore_ascii_case(&format!("{implied}; charset=utf-8"));
        if let (Some(kind), false) = (content_type, is_implied) {
            request.headers.retain(|(name, _)| name != "content-type");
            request.content_type(kind);
        }
        request.body = Some(body);
    }

    /// A form as a client sent it.
    pub(crate) fn form(&mut self, service: &str, fields: Vec<(String, String)>) -> Body {
        let fields = fields.into_iter().map(|(name, value)| {
            let value = self.field(service, &name, &value);
            (Template::literal(&name).source().to_owned(), value)
        });
        Body::Form(fields.collect())
    }

    /// A multipart body. Of parts with the same name only the first is used, because an experiment has one value for
    /// each name.
    pub(crate) fn multipart(&mut self, parts: Vec<(String, Part)>) -> Body {
        let mut kept: Vec<(String, Part)> = Vec::new();
        for (name, part) in parts {
            match kept.iter().any(|(known, _)| *known == name) {
                true => self.leave(format!("another part with the name {name}")),
                false => kept.push((name, part)),
            }
        }
        Body::Multipart(kept)
    }

    fn part(&mut self, service: &str, part: SentPart) -> (String, Part) {
        let name = Template::literal(&part.name).source().to_owned();
        let Some(filename) = part.filename else {
            let text = self.field(service, &part.name, &part.text);
            return (name, Part::Text(text));
        };
        let file = match file_name(&filename) {
            "" => "file.bin",
            file => file,
        };
        let what = format!(
            "what is in the file of the part {}; put it into {file}",
            part.name
        );
        self.leave(what);
        (name, Part::file(file, part.content_type))
    }

    /// JSON as it was sent, with variables in place of its secrets.
    fn json(&mut self, service: &str, value: &Value) -> Node {
        let without_secrets = map_leaves("", value, &mut |name, value| {
            let text = value.as_str();
            let text = text.filter(|text| !text.is_empty() && !is_marked(text));
            let text = text.filter(|_| is_secret(name))?;
            let (hint, what) = (format!("{service} {name}"), format!("{name} of {service}"));
            let secret = self.secret_name(&hint, &what, Some(text));
            Some(Value::String(mark(&secret)))
        });
        Node::json(&without_secrets)
    }
}

/// JSON with other texts, numbers and truth values: `leaf` takes each with its key, which elements of a list have from the list.
pub(crate) fn map_leaves(
    key: &str,
    value: &Value,
    leaf: &mut dyn FnMut(&str, &Value) -> Option<Value>,
) -> Value {
    match value {
        Value::Sequence(values) => {
            let values = values.iter().map(|value| map_leaves(key, value, leaf));
            Value::Sequence(values.collect())
        }
        Value::Mapping(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let name = key.as_str().unwrap_or_default();
                (key.clone(), map_leaves(name, value, leaf))
            });
            Value::Mapping(entries.collect())
        }
        value => leaf(key, value).unwrap_or_else(|| value.clone()),
    }
}

/// The fields of a form, where the text is one.
fn form(essence: &str, text: &str) -> Option<Vec<(String, String)>> {
    let is_field = |pair: &str| pair.contains('=') && !pair.starts_with('=');
    let is_form = essence == "application/x-www-form-urlencoded"
        && !text.is_empty()
        && text.split('&').all(is_field)
        && !text.contains(['{', '"', '<', '\n', ' ']);
    is_form.then(|| {
        form_urlencoded::parse(text.as_bytes())
            .into_owned()
            .collect()
    })
}

/// A part of a multipart body.
struct SentPart {
    name: String,
    filename: Option<String>,
    content_type: Option<String>,
    text: String,
}

/// The parts of a body of this type (RFC 7578); none where it is not such a body.
fn multipart(content_type: &str, body: &str) -> Option<Vec<SentPart>> {
    let parameter = |text: &str, wanted: &str| {
        text.split(';').find_map(|part| {
            let (name, value) = part.split_once('=')?;
            let is_named = name.trim().eq_ignore_ascii_case(wanted);
            is_named.then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    let delimiter = format!("--{}", parameter(content_type, "boundary")?);
    let body = body.replace("\r\n", "\n");
    let mut parts = Vec::new();
    let chunks = body.split(&delimiter).skip(1);
    for chunk in chunks.take_while(|chunk| !chunk.starts_with("--")) {
        let (head, text) = chunk.trim_start_matches('\n').split_once("\n\n")?;
        let header = |wanted: &str| {
            head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case(wanted).then(|| value.trim())
            })
        };
        let disposition = header("content-disposition")?;
        parts.push(SentPart {
            name: parameter(disposition, "name")?,
            filename: parameter(disposition, "filename"),
            content_type: header("content-type").map(str::to_owned),
            text: text.strip_suffix('\n').unwrap_or(text).to_owned(),
        });
    }
    (!parts.is_empty()).then_some(parts)
}
