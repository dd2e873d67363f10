//! Bodies of operations, from examples or schemas.

use serde_yaml::Value;

use super::document::entries;
use super::example::type_of;
use super::operation::{Operation, preference};
use super::parameter::{Parameter, plain};
use crate::init::draft::{Body, Draft, Part, Request, essence};
use crate::init::template::Template;
use crate::init::yaml::Node;

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
        let body = self.document.resolve(body);
        let body = body.filter(|body| body["content"].is_mapping());
        let Some(body) = body else {
            let what = "a body that is in another file, or has no content";
            return draft.leave(what);
        };
        let best = entries(&body["content"]).min_by_key(|(kind, _)| preference(kind));
        if let Some((kind, media)) = best {
            let value = self.document.example(media).0;
            self.set_body(draft, request, kind, &value, &media["schema"]);
        }
    }

    fn set_body(
        &self,
        draft: &mut Draft,
        request: &mut Request,
        kind: &str,
        value: &Value,
        schema: &Value,
    ) {
        let written = kind.split(';').next().unwrap_or_default().trim();
        let (body, implied) = match preference(kind) {
            0 | 1 => {
                // An example may be the text of JSON.
                let text = value.as_str();
                let text = text.and_then(|text| serde_json::from_str(text).ok());
                (
                    Body::Json(Node::json(text.as_ref().unwrap_or(value))),
                    "application/json",
                )
            }
            2 => (form(entries(value)), written),
            3 => {
                let part = |(name, value)| part(name, value, self.is_file(schema, name));
                (Body::Multipart(entries(value).map(part).collect()), written)
            }
            _ if value.is_string() || essence(kind).starts_with("text/") => {
                (Body::Text(Template::literal(&plain(value))), "text/plain")
            }
            _ => {
                let what = format!("its body of the type {written}; put one into {FILE}");
                draft.leave(what);
                (Body::File(FILE.to_owned()), "application/octet-stream")
            }
        };
        request.body = Some(body);
        if !written.eq_ignore_ascii_case(implied) && !written.contains('*') {
            request.content_type(written);
        }
    }

    /// Whether a field of a form is a file.
    fn is_file(&self, schema: &Value, name: &str) -> bool {
        let schema = self.document.resolve(schema);
        let property = schema.and_then(|schema| self.document.resolve(&schema["properties"][name]));
        property.is_some_and(|property| {
            property["format"] == "binary" || property.get("contentMediaType").is_some()
        })
    }

    fn body_of_version_2(&self, request: &mut Request, parameters: &[Parameter<'_>]) {
        let example = |parameter: &Parameter<'_>| self.document.example(parameter.value).0;
        if let Some(body) = parameters
            .iter()
            .find(|parameter| parameter.within == "body")
        {
            request.body = Some(Body::Json(Node::json(&example(body))));
            return;
        }
        let fields = parameters.iter().filter(|it| it.within == "formData");
        let is_file = |parameter: &Parameter<'_>| type_of(parameter.value) == "file";
        let values = fields.map(|it| (it.name, example(it), is_file(it)));
        let values: Vec<_> = values.collect();
        if values.iter().any(|(.., is_file)| *is_file) {
            let parts = values
                .iter()
                .map(|(name, value, is_file)| part(name, value, *is_file));
            request.body = Some(Body::Multipart(parts.collect()));
        } else if !values.is_empty() {
            request.body = Some(form(values.iter().map(|(name, value, _)| (*name, value))));
        }
    }
}

fn form<'a>(fields: impl Iterator<Item = (&'a str, &'a Value)>) -> Body {
    let fields = fields.flat_map(|(name, value)| {
        let name = Template::literal(name).source().to_owned();
        let values = value.as_sequence();
        let values = values.map_or(std::slice::from_ref(value), Vec::as_slice);
        values
            .iter()
            .map(move |value| (name.clone(), Template::literal(&plain(value))))
    });
    Body::Form(fields.collect())
}

/// A field of a multipart body, perhaps a file that the reader must provide.
fn part(name: &str, value: &Value, is_file: bool) -> (String, Part) {
    let part = match is_file {
        true => Part::file(FILE, None),
        false => Part::Text(Template::literal(&plain(value))),
    };
    (Template::literal(name).source().to_owned(), part)
}
