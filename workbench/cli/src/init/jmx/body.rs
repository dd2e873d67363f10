//! Bodies of requests: forms, files, JSON and other text.

use super::Conversion;
use super::sampler::Argument;
use super::tree::Element;
use super::variables::Kind;
use crate::init::draft::{Body, Part, Request};
use crate::init::template::{Template, is_mark, is_marked, mark};

/// A file that is sent.
pub(super) struct SentFile {
    path: String,
    field: String,
    content_type: Option<String>,
}

impl Conversion<'_> {
    pub(super) fn files(&mut self, element: &Element, place: &str) -> Vec<SentFile> {
        let list = element.inner("HTTPsampler.Files");
        let listed = list
            .into_iter()
            .flat_map(|list| list.collection("HTTPFileArgs.files"));
        let mut files: Vec<[&str; 3]> = listed
            .map(|file| {
                ["File.path", "File.paramname", "File.mimetype"].map(|name| file.property(name))
            })
            .collect();
        // The form of JMeter 2.
        files.push(
            [
                "HTTPSampler.FILE_NAME",
                "HTTPSampler.FILE_FIELD",
                "HTTPSampler.mimetype",
            ]
            .map(|name| element.property(name)),
        );
        files.retain(|[path, ..]| !path.trim().is_empty());
        let mut sent = Vec::new();
        for [path, field, content_type] in files {
            let known = self.constant(path);
            if known.is_none() {
                self.draft.leave(
                    place,
                    format!("the file {path}, which is known at run time only"),
                );
            }
            sent.push(SentFile {
                path: known.unwrap_or_else(|| path.to_owned()),
                field: field.trim().to_owned(),
                content_type: Some(content_type.trim().to_owned()).filter(|text| !text.is_empty()),
            });
        }
        sent
    }

    /// Sets the request's body. Returns why it cannot be sent unchanged.
    pub(super) fn body(
        &mut self,
        request: &mut Request,
        arguments: Vec<Argument>,
        files: Vec<SentFile>,
        is_raw: bool,
        (element, place): (&Element, &str),
        content_type: Option<String>,
    ) -> Vec<String> {
        let service = request.service.clone();
        let mut missing = Vec::new();
        if !files.is_empty() || element.is("HTTPSampler.DO_MULTIPART_POST") {
            let mut paths = Vec::new();
            for file in &files {
                let found = self.beside(&file.path);
                if found.is_none() {
                    let what = format!(
                        "The file {} is not there: put it beside the experiment.",
                        file.path
                    );
                    missing.push(what);
                }
                paths.push(found.unwrap_or_else(|| file.path.replace('\\', "/")));
            }
            if let ([file], [path], true) =
                (files.as_slice(), paths.as_slice(), arguments.is_empty())
                && file.field.is_empty()
            {
                request.body = Some(Body::File(path.clone()));
                let kind = content_type.or(file.content_type.clone());
                request
                    .headers
                    .extend(kind.map(|kind| ("content-type".to_owned(), Template::literal(&kind))));
            } else {
                let texts = arguments.iter().map(|argument| {
                    let value = self.draft.field(&service, &argument.name, &argument.value);
                    (argument.name.clone(), Part::Text(value))
                });
                let mut parts: Vec<(String, Part)> = texts.collect();
                for (file, path) in files.into_iter().zip(paths) {
                    let field = if file.field.is_empty() {
                        "file".to_owned()
                    } else {
                        file.field
                    };
                    let part = Part::File {
                        file: path,
                        content_type: file.content_type,
                        filename: None,
                    };
                    parts.push((field, part));
                }
                request.body = Some(Body::Multipart(parts));
            }
        } else if is_raw {
            let text: String = arguments
                .iter()
                .map(|argument| argument.value.as_str())
                .collect();
            if !text.trim().is_empty() {
                self.raw_body(request, &text, content_type.as_deref(), place);
            }
        } else if !arguments.is_empty() {
            let fields = arguments.into_iter().map(
                |Argument {
                     name,
                     value,
                     is_plain,
                 }| {
                    // Values that JMeter sends unchanged may be encoded already.
                    let (name, value) = match is_plain {
                        true => (name, value),
                        false => (decoded(&name), decoded(&value)),
                    };
                    let value = self.draft.field(&service, &name, &value);
                    (Template::literal(&name).source().to_owned(), value)
                },
            );
            request.body = Some(Body::Form(fields.collect()));
        }
        missing
    }

    fn raw_body(
        &mut self,
        request: &mut Request,
        text: &str,
        content_type: Option<&str>,
        place: &str,
    ) {
        let essence = content_type.unwrap_or_default();
        let is_json = essence.contains("json")
            || essence.is_empty() && text.trim_start().starts_with(['{', '[']);
        if is_json {
            match self.typed_json(text) {
                Some(json) => {
                    let kind = content_type.unwrap_or("application/json");
                    return self.draft.set_body(request, Some(kind), &json, place);
                }
                None => {
                    let kind = content_type.unwrap_or("application/json");
                    request
                        .headers
                        .push(("content-type".to_owned(), Template::literal(kind)));
                    request.body = Some(Body::Text(Template::literal(text)));
                    return;
                }
            }
        }
        self.draft.set_body(request, content_type, text, place);
    }

    /// JSON with its variables in quotes, as the experiment has it; `None` where a variable would be of another type there.
    fn typed_json(&self, text: &str) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        let mut in_string = false;
        let mut string = String::new();
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            if is_mark(letter) {
                let name: String = letters
                    .by_ref()
                    .take_while(|letter| !is_mark(*letter))
                    .collect();
                if in_string {
                    string.push_str(&mark(&name));
                } else if self.kind(&name) == Kind::Text {
                    return None;
                } else {
                    out.push_str(&format!("\"{}\"", mark(&name)));
                }
                continue;
            }
            match letter {
                '"' if in_string => {
                    if self.changes_type(&string) {
                        return None;
                    }
                    out.push_str(&string);
                    string.clear();
                    in_string = false;
                    out.push('"');
                }
                '"' => {
                    in_string = true;
                    out.push('"');
                }
                '\\' if in_string => {
                    string.push('\\');
                    string.extend(letters.next());
                }
                letter if in_string => string.push(letter),
                letter => out.push(letter),
            }
        }
        out.push_str(&string);
        serde_json::from_str::<serde_json::Value>(&out)
            .ok()
            .map(|_| out)
    }

    /// Whether a string is one variable that is no text.
    fn changes_type(&self, string: &str) -> bool {
        let mut letters = string.chars();
        let (Some(first), Some(last)) = (letters.next(), letters.next_back()) else {
            return false;
        };
        let name = letters.as_str();
        is_mark(first) && is_mark(last) && !is_marked(name) && self.kind(name) != Kind::Text
    }
}

fn decoded(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let plus = text.replace('+', " ");
    percent_encoding::percent_decode_str(&plus)
        .decode_utf8()
        .map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}
