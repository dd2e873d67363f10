//! What requests send.

use std::path::Path;

use super::Check;
use super::names::Names;
use crate::file::Files;
use crate::file::format::{OneOrMany, Ordered, PartFile, Scalar, StepFile, ValueOr};
use crate::file::source::Node;
use crate::plan::{Body, BodyPart};
use crate::template::Template;

/// Parts of a body are told apart by this line. Constant, so that a seed always sends the same.
const BOUNDARY: &str = "workbench-f3a2c6b1d9e84750";

/// The body of a request: not there, wrong (then it is noted), or right.
pub(super) fn body(
    check: &mut Check<'_>,
    file: &StepFile,
    names: &Names<'_>,
    node: &Node,
) -> Option<Option<Body>> {
    let given: Vec<&str> = [
        ("json", file.json.is_some()),
        ("form", file.form.is_some()),
        ("multipart", file.multipart.is_some()),
        ("file", file.file.is_some()),
        ("text", file.text.is_some()),
    ]
    .into_iter()
    .filter_map(|(key, is_given)| is_given.then_some(key))
    .collect();
    let [key] = given[..] else {
        let [first, second, ..] = given[..] else {
            return Some(None);
        };
        let message = format!("a request has one body: either \"{first}\" or \"{second}\"");
        return check.note(node.key_place(second), message);
    };
    let node = node.get(key);
    let text = |template: Template, content_type: &str| Body {
        content_type: content_type.to_owned(),
        parts: vec![BodyPart::Text(template)],
    };
    let resolve = |name: &str| names.position(name);
    let body = if let Some(json) = &file.json {
        let template = check.resolved(Template::json(json, &resolve), node)?;
        text(template, "application/json")
    } else if let Some(form) = &file.form {
        let fields = form.0.iter().flat_map(|(name, OneOrMany(values))| {
            values
                .iter()
                .map(move |value| (name.as_str(), value.0.as_str()))
        });
        let template = check.resolved(Template::form(fields, &resolve), node)?;
        text(template, "application/x-www-form-urlencoded")
    } else if let Some(parts) = &file.multipart {
        multipart(check, parts, names, node)?
    } else if let Some(plain) = &file.text {
        let template = check.resolved(Template::plain(plain, &resolve), node)?;
        text(template, "text/plain; charset=utf-8")
    } else {
        let name = file.file.as_deref()?;
        Body {
            content_type: content_type(name).to_owned(),
            parts: vec![BodyPart::File(readable(check, name, node)?)],
        }
    };
    Some(Some(body))
}

fn multipart(
    check: &mut Check<'_>,
    file: &Ordered<ValueOr<Scalar, PartFile>>,
    names: &Names<'_>,
    node: &Node,
) -> Option<Body> {
    let resolve = |name: &str| names.position(name);
    let mut parts = Vec::new();
    for (name, part) in &file.0 {
        let node = node.get(name);
        let before = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"",
            quoted(name).replace('$', "$$")
        );
        match part {
            ValueOr::Value(text) => {
                let text = format!("{before}\r\n\r\n{}\r\n", text.0);
                let template = check.resolved(Template::plain(&text, &resolve), node);
                parts.push(template.map(BodyPart::Text));
            }
            ValueOr::Drawn(part) => {
                let own_name = Path::new(&part.file).file_name();
                let own_name = own_name.and_then(|name| name.to_str()).unwrap_or_default();
                let shown = part.filename.as_deref().unwrap_or(own_name);
                let kind = part.content_type.as_deref();
                let kind = kind.unwrap_or_else(|| content_type(&part.file));
                let head = format!(
                    "{before}; filename=\"{}\"\r\nContent-Type: {kind}\r\n\r\n",
                    quoted(shown)
                );
                let head = check.resolved(Template::plain(&head, &resolve), node);
                let end = Template::plain("\r\n", &resolve).ok();
                parts.push(head.map(BodyPart::Text));
                parts.push(readable(check, &part.file, node.get("file")).map(BodyPart::File));
                parts.push(end.map(BodyPart::Text));
            }
        }
    }
    let end = Template::plain(&format!("--{BOUNDARY}--\r\n"), &resolve).ok();
    parts.push(end.map(BodyPart::Text));
    Some(Body {
        content_type: format!("multipart/form-data; boundary={BOUNDARY}"),
        parts: parts.into_iter().collect::<Option<_>>()?,
    })
}

/// As browsers do (HTML Standard, "multipart form data").
fn quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A file beside the experiment.
pub(super) fn readable(
    check: &mut Check<'_>,
    name: &str,
    node: &Node,
) -> Option<std::path::PathBuf> {
    let path = check.folder.join(name);
    if check.files == Files::Loaded {
        let metadata = std::fs::File::open(&path).and_then(|file| file.metadata());
        match metadata {
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                return check.note(node.place(), message);
            }
            Ok(metadata) if !metadata.is_file() => {
                return check.note(node.place(), format!("{} is no file", path.display()));
            }
            Ok(_) => {}
        }
    }
    Some(path)
}

/// What is in a file, by its ending.
fn content_type(name: &str) -> &'static str {
    let ending = Path::new(name)
        .extension()
        .and_then(|ending| ending.to_str());
    match ending.unwrap_or_default().to_ascii_lowercase().as_str() {
        "json" => "application/json",
        "xml" => "application/xml",
        "csv" => "text/csv",
        "txt" => "text/plain",
        "html" | "htm" => "text/html",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "yaml" | "yml" => "application/yaml",
        _ => "application/octet-stream",
    }
}
