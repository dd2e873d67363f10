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
    pub(super) fn files(&mut self, element: &Element) -> Vec<SentFile> {
        let of = |element: &Element, names: [&str; 3]| {
            let [path, field, content_type] = names.map(|name| element.property(name).to_owned());
            let content_type = Some(content_type).filter(|text| !text.is_empty());
            SentFile {
                path,
                field,
                content_type,
            }
        };
        let list = element.inner("HTTPsampler.Files");
        let listed = list
            .map_or(&[][..], |list| list.collection("HTTPFileArgs.files"))
            .iter();
        let listed = listed.map(|file| of(file, ["File.path", "File.paramname", "File.mimetype"]));
        // The form of JMeter 2.
        let old = ["FILE_NAME", "FILE_FIELD", "mimetype"].map(|name| format!("HTTPSampler.{name}"));
        let old = old.each_ref().map(String::as_str);
        let mut files: Vec<SentFile> = listed.chain([of(element, old)]).collect();
        files.retain(|file| !file.path.is_empty());
        for file in &mut files {
            match self.constant(&file.path) {
                Some(path) => file.path = path,
                None => {
                    let what = format!("the file {}, which is known at run time only", file.path);
                    self.leave(what);
                }
            }
        }
        files
    }

    /// Sets the request's body to one with files. Returns why it cannot be sent unchanged.
    pub(super) fn file_body(
        &mut self,
        request: &mut Request,
        arguments: Vec<Argument>,
        mut files: Vec<SentFile>,
        content_type: Option<String>,
    ) -> Vec<String> {
        let mut missing = Vec::new();
        for file in &mut files {
            let path = &file.path;
            let found = self.beside(path);
            if found.is_none() {
                missing.push(format!(
                    "The file {path} is not there: put it beside the experiment."
                ));
            }
            file.path = found.unwrap_or_else(|| path.replace('\\', "/"));
        }
        if let ([file], true) = (files.as_slice(), arguments.is_empty())
            && file.field.is_empty()
        {
            let kind = content_type.or(file.content_type.clone());
            kind.into_iter()
                .for_each(|kind| request.content_type(&kind));
            request.body = Some(Body::File(file.path.clone()));
            return missing;
        }
        let texts = arguments.into_iter().map(|Argument { name, value, .. }| {
            let value = self.draft.field(&request.service, &name, &value);
            (name, Part::Text(value))
        });
        let files = files.into_iter().map(|file| {
            let field = if file.field.is_empty() {
                "file".to_owned()
            } else {
                file.field
            };
            (field, Part::file(&file.path, file.content_type))
        });
        request.body = Some(Body::Multipart(texts.chain(files).collect()));
        missing
    }

    /// Sets the request's body to one without files.
    pub(super) fn body(
        &mut self,
        request: &mut Request,
        arguments: Vec<Argument>,
        is_raw: bool,
        content_type: Option<&str>,
    ) {
        if is_raw {
            let text = arguments.into_iter().map(|argument| argument.value);
            let text: String = text.collect();
            if !text.trim().is_empty() {
                self.raw_body(request, &text, content_type);
            }
        } else if !arguments.is_empty() {
            let fields = arguments.into_iter().map(
                |Argument {
                     name,
                     value,
                     is_plain,
                 }| {
                    // Values that JMeter sends unchanged may be encoded already.
                    match is_plain {
                        true => (name, value),
                        false => (decoded(&name), decoded(&value)),
                    }
                },
            );
            request.body = Some(self.draft.form(&request.service, fields.collect()));
        }
    }

    fn raw_body(&mut self, request: &mut Request, text: &str, content_type: Option<&str>) {
        let is_json = match content_type {
            Some(kind) if !kind.is_empty() => kind.contains("json"),
            _ => text.trim_start().starts_with(['{', '[']),
        };
        if !is_json {
            return self.draft.set_body(request, content_type, text);
        }
        let kind = content_type.unwrap_or("application/json");
        match self.typed_json(text) {
            Some(json) => self.draft.set_body(request, Some(kind), &json),
            None => {
                request.content_type(kind);
                request.body = Some(Body::Text(Template::literal(text)));
            }
        }
    }

    /// JSON with its variables in quotes, as the experiment has it; `None` where a variable would be of another type there.
    fn typed_json(&self, text: &str) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        // Where the current string begins in it.
        let mut string: Option<usize> = None;
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            if is_mark(letter) {
                let letters = letters.by_ref();
                let name: String = letters.take_while(|letter| !is_mark(*letter)).collect();
                match string {
                    Some(_) => out.push_str(&mark(&name)),
                    None if self.kind(&name) == Kind::Text => return None,
                    None => out.push_str(&format!("\"{}\"", mark(&name))),
                }
                continue;
            }
            if letter == '"' {
                string = match string {
                    Some(begin) if self.changes_type(&out[begin..]) => return None,
                    Some(_) => None,
                    None => Some(out.len() + 1),
                };
            }
            out.push(letter);
            if letter == '\\' && string.is_some() {
                out.extend(letters.next());
            }
        }
        serde_json::from_str::<serde_json::Value>(&out)
            .ok()
            .map(|_| out)
    }

    /// Whether a string is one variable that is no text.
    fn changes_type(&self, string: &str) -> bool {
        let name = string.strip_prefix(is_mark);
        let name = name.and_then(|rest| rest.strip_suffix(is_mark));
        name.is_some_and(|name| !is_marked(name) && self.kind(name) != Kind::Text)
    }
}

fn decoded(text: &str) -> String {
    let plus = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&plus).decode_utf8();
    decoded.map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}
