//! Bodies of curl commands: data, forms, files.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::options::{self, Data, Options};
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
    place: &str,
) {
    if options.upload.as_deref() == Some("-") {
        match input {
            Some(input) => request.body = Some(Body::Text(Template::literal(input))),
            None => draft.leave(place, "a body from standard input"),
        }
    } else if let Some(file) = &options.upload {
        request.body = Some(Body::File(file_name(draft, file, place)));
    }
    if !options.parts.is_empty() {
        let service = request.service.clone();
        let fields = options
            .parts
            .iter()
            .filter_map(|part| multipart(draft, &service, part, place));
        let fields = fields.collect();
        request.body = Some(draft.multipart(fields, place));
    }
    if options.get {
        return;
    }
    let named = options
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let kind = match named {
        Some((_, kind)) => kind.trim(),
        None if options.json => "application/json",
        None => "application/x-www-form-urlencoded",
    };
    match data(draft, options, input, place) {
        Sent::Nothing => {}
        Sent::Text(text) => draft.set_body(request, Some(kind), &text, place),
        Sent::File(file) => {
            request.body = Some(Body::File(file_name(draft, &file, place)));
            request
                .headers
                .push(("content-type".to_owned(), Template::literal(kind)));
        }
    }
}

pub(super) fn data(draft: &mut Draft, options: &Options, input: Option<&str>, place: &str) -> Sent {
    let mut texts: Vec<String> = Vec::new();
    for data in &options.data {
        match data {
            Data::Literal(text) => texts.push(text.clone()),
            Data::File { file, keeps_lines } if file == "-" => match input {
                Some(input) if *keeps_lines => texts.push(input.to_owned()),
                Some(input) => texts.push(input.replace('\n', "")),
                None => draft.leave(place, "data from standard input"),
            },
            Data::File { file, .. } if options.data.len() == 1 && !options.get => {
                return Sent::File(file.clone());
            }
            Data::File { file, .. } => draft.leave(
                place,
                format!("data from the file {file}, joined with other data"),
            ),
            Data::Encoded(text) => match encoded(text) {
                Some(text) => texts.push(text),
                None => draft.leave(place, "data from a file that is percent-encoded"),
            },
        }
    }
    let separator = if options.json { "" } else { "&" };
    match options.data.is_empty() {
        true => Sent::Nothing,
        false => Sent::Text(texts.join(separator)),
    }
}

/// The name of a file. A shell variable is kept as a variable.
fn file_name(draft: &mut Draft, file: &str, place: &str) -> String {
    if !is_marked(file) {
        return file.to_owned();
    }
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
    let name = file.replace("env.", "");
    let name: String = name.chars().filter(|letter| fits(*letter)).collect();
    draft.leave(
        place,
        format!("the name of a file, which is a variable of the shell; it is {name} here"),
    );
    name
}

/// Encodes an argument of `--data-urlencode`: `content`, `=content` or `name=content`.
pub(super) fn encoded(text: &str) -> Option<String> {
    let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
    match (text.split_once('='), text.contains('@')) {
        (Some(("", content)), _) => Some(encode(content)),
        (Some((name, content)), _) => Some(format!("{name}={}", encode(content))),
        (None, true) => None,
        (None, false) => Some(encode(text)),
    }
}

/// A part of `-F`: `name=content`, `name=@file`, both with `;type=` and `;filename=`.
fn multipart(
    draft: &mut Draft,
    service: &str,
    part: &options::Part,
    place: &str,
) -> Option<(String, Part)> {
    let Some((name, content)) = part.text.split_once('=') else {
        draft.leave(place, "a part of a form without a name");
        return None;
    };
    let name = Template::literal(name).source().to_owned();
    if part.literal || !content.starts_with(['@', '<']) {
        let content = match (part.literal, content.split_once(";type=")) {
            (false, Some((content, kind))) => {
                draft.leave(place, format!("the content type {kind} of the part {name}"));
                content
            }
            _ => content,
        };
        let content = content
            .strip_prefix('"')
            .and_then(|it| it.strip_suffix('"'))
            .unwrap_or(content);
        let text = draft.field(service, &name, content);
        return Some((name, Part::Text(text)));
    }
    if content.starts_with('<') {
        draft.leave(
            place,
            format!("the part {name}, whose text comes from a file"),
        );
        return None;
    }
    let mut pieces = content[1..].split(';');
    let unquoted = |text: &str| text.trim_matches('"').to_owned();
    let file = pieces.next().map(unquoted).unwrap_or_default();
    let (mut content_type, mut filename) = (None, None);
    for piece in pieces {
        match piece.trim().split_once('=') {
            Some(("type", kind)) => content_type = Some(unquoted(kind)),
            Some(("filename", name)) => filename = Some(unquoted(name)),
            _ => draft.leave(place, format!("a setting of the part {name}")),
        }
    }
    if file == "-" {
        draft.leave(
            place,
            format!("the part {name}, which comes from standard input"),
        );
        return None;
    }
    Some((
        name,
        Part::File {
            file: file_name(draft, &file, place),
            content_type,
            filename,
        },
    ))
}
