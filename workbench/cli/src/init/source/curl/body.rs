//! Bodies of curl commands: data, forms, files.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::options::Options;
use crate::init::draft::{Body, Draft, Part, Request};
use crate::init::template::{Template, is_marked};

/// Characters that curl percent-encodes: all but the unreserved ones of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Data of `-d` and related options.
pub(super) enum Sent {
    Nothing,
    Text(String),
    File(String),
}

pub(super) fn body(
    draft: &mut Draft,
    options: &Options,
    request: &mut Request,
    input: Option<&str>,
) {
    match (options.last("upload-file"), input) {
        (Some("-"), Some(input)) => request.body = Some(Body::Text(Template::literal(input))),
        (Some("-"), None) => draft.leave("a body from standard input"),
        (Some(file), _) => request.body = Some(Body::File(file_name(draft, file))),
        (None, _) => {}
    }
    if options.parts().next().is_some() {
        let parts = options.parts();
        let fields =
            parts.filter_map(|(kind, text)| multipart(draft, &request.service, kind, text));
        let fields = fields.collect();
        request.body = Some(draft.multipart(fields));
    }
    if options.has("get") {
        return;
    }
    let kind = match options.header("content-type") {
        Some(kind) => kind.trim(),
        None if options.has("json") => "application/json",
        None => "application/x-www-form-urlencoded",
    };
    match data(draft, options, input) {
        Sent::Nothing => {}
        Sent::Text(text) => draft.set_body(request, Some(kind), &text),
        Sent::File(file) => {
            request.body = Some(Body::File(file_name(draft, &file)));
            request.content_type(kind);
        }
    }
}

pub(super) fn data(draft: &mut Draft, options: &Options, input: Option<&str>) -> Sent {
    let mut texts: Vec<String> = Vec::new();
    let count = options.data().count();
    for (kind, text) in options.data() {
        let file = text.strip_prefix('@').filter(|_| kind != "data-raw");
        match (kind, file, input) {
            ("data-urlencode", ..) => match encoded(text) {
                Some(text) => texts.push(text),
                None => draft.leave("data from a file that is percent-encoded"),
            },
            (_, None, _) => texts.push(text.to_owned()),
            ("data" | "data-ascii", Some("-"), Some(input)) => texts.push(input.replace('\n', "")),
            (_, Some("-"), Some(input)) => texts.push(input.to_owned()),
            (_, Some("-"), None) => draft.leave("data from standard input"),
            (_, Some(file), _) if count == 1 && !options.has("get") => {
                return Sent::File(file.to_owned());
            }
            (_, Some(file), _) => {
                draft.leave(format!("data from the file {file}, joined with other data"));
            }
        }
    }
    match count {
        0 => Sent::Nothing,
        _ => Sent::Text(texts.join(if options.has("json") { "" } else { "&" })),
    }
}

/// The name of a file. A shell variable is kept as a variable.
fn file_name(draft: &mut Draft, file: &str) -> String {
    if !is_marked(file) {
        return file.to_owned();
    }
    let mut name = file.replace("env.", "");
    name.retain(|letter| letter.is_ascii_alphanumeric() || "-_./".contains(letter));
    let what = format!("the name of a file, which is a variable of the shell; it is {name} here");
    draft.leave(what);
    name
}

/// Encodes an argument of `--data-urlencode`: `content`, `=content` or `name=content`.
pub(super) fn encoded(text: &str) -> Option<String> {
    let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
    match text.split_once('=') {
        Some(("", content)) => Some(encode(content)),
        Some((name, content)) => Some(format!("{name}={}", encode(content))),
        None => (!text.contains('@')).then(|| encode(text)),
    }
}

/// A part of `-F`: `name=content`, `name=@file`, both with `;type=` and `;filename=`.
fn multipart(draft: &mut Draft, service: &str, kind: &str, text: &str) -> Option<(String, Part)> {
    let is_literal = kind == "form-string";
    let Some((name, content)) = text.split_once('=') else {
        draft.leave("a part of a form without a name");
        return None;
    };
    let name = Template::literal(name).source().to_owned();
    if is_literal || !content.starts_with(['@', '<']) {
        let content = match content.split_once(";type=").filter(|_| !is_literal) {
            Some((content, kind)) => {
                draft.leave(format!("the content type {kind} of the part {name}"));
                content
            }
            None => content,
        };
        let unquoted = content.strip_prefix('"');
        let unquoted = unquoted.and_then(|it| it.strip_suffix('"'));
        let text = draft.field(service, &name, unquoted.unwrap_or(content));
        return Some((name, Part::Text(text)));
    }
    if content.starts_with('<') {
        draft.leave(format!("the part {name}, whose text comes from a file"));
        return None;
    }
    let unquoted = |text: &str| text.trim_matches('"').to_owned();
    let mut pieces = content[1..].split(';');
    let file = pieces.next().map(unquoted).unwrap_or_default();
    let (mut content_type, mut filename) = (None, None);
    for piece in pieces {
        match piece.trim().split_once('=') {
            Some(("type", kind)) => content_type = Some(unquoted(kind)),
            Some(("filename", name)) => filename = Some(unquoted(name)),
            _ => draft.leave(format!("a setting of the part {name}")),
        }
    }
    if file == "-" {
        draft.leave(format!("the part {name}, which comes from standard input"));
        return None;
    }
    let file = file_name(draft, &file);
    let part = Part::File {
        file,
        content_type,
        filename,
    };
    Some((name, part))
}
