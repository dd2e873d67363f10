//! Bodies of operations, from examples or schemas.

use serde_yaml::Value;

use super::example::type_of;
use super::operation::{Operation, preference};
use super::parameter::{Parameter, plain};
use crate::init::draft::{Body, Draft, Part, Request};
use crate::init::template::Template;
use crate::init::yaml::{Node, scalar_text};

/// Name of a file that the reader must provide beside the experiment.
const FILE: &str = "file.bin";

impl Operation<'_> {
    pub(super) fn body(
        &self,
        draft: &mut Draft,
        request: &mut Request,
        parameters: &[Parameter<'_>],
    ) {
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

/// A file that the reader must provide.
fn file() -> Part {
    Part::File {
        file: FILE.to_owned(),
        content_type: None,
        filename: None,
    }
}
