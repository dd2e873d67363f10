//! Bodies of requests.

use std::path::Path;

use super::Check;
use super::names::{Names, fits_header};
use crate::diagnostic::Diagnostic;
use crate::file::Files;
use crate::file::foreign::Around;
use crate::file::format::{OneOrMany, Ordered, PartFile, Scalar, StepFile, ValueOr};
use crate::file::source::Node;
use crate::plan::{Body, BodyPart};
use crate::template::{Template, without_variables};

/// Boundary of multipart bodies. Constant, so that a seed always sends the same bytes.
const BOUNDARY: &str = "workbench-f3a2c6b1d9e84750";

/// The body of a request. A mistake is noted.
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
        let template = Template::json(json, &resolve).and_then(|template| {
            no_placeholder_in(json, names)?;
            Ok(template)
        });
        let template = check.resolved(template, node)?;
        text(template, "application/json")
    } else if let Some(form) = &file.form {
        let fields = form.0.iter().flat_map(|(name, OneOrMany(values))| {
            values
                .iter()
                .map(move |value| (name.as_str(), value.0.as_str()))
        });
        let mut values = form.0.iter().flat_map(|(_, OneOrMany(values))| values);
        let template = Template::form(fields, &resolve).and_then(|template| {
            values.try_for_each(|value| names.no_placeholder(&value.0, Around::Body))?;
            Ok(template)
        });
        let template = check.resolved(template, node)?;
        text(template, "application/x-www-form-urlencoded")
    } else if let Some(parts) = &file.multipart {
        multipart(check, parts, names, node)?
    } else if let Some(plain) = &file.text {
        let template = Template::plain(plain, &resolve).and_then(|template| {
            names.no_placeholder(plain, Around::Body)?;
            Ok(template)
        });
        let template = check.resolved(template, node)?;
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

fn no_placeholder_in(json: &serde_yaml::Value, names: &Names<'_>) -> Result<(), Diagnostic> {
    match json {
        serde_yaml::Value::String(text) => names.no_placeholder(text, Around::Body),
        serde_yaml::Value::Sequence(values) => values
            .iter()
            .try_for_each(|value| no_placeholder_in(value, names)),
        serde_yaml::Value::Mapping(mapping) => mapping
            .values()
            .try_for_each(|value| no_placeholder_in(value, names)),
        _ => Ok(()),
    }
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
        let of_name = node.key(name);
        let name_template = check.resolved(Template::quoted(name, &resolve), of_name);
        let before = name_template.map(|name| {
            let before = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"");
            Template::joined([Template::literal(&before), name, Template::literal("\"")])
        });
        let node = node.get(name);
        match part {
            ValueOr::Value(Scalar(text)) => {
                let text = check.resolved(Template::plain(text, &resolve), node);
                let part = before.zip(text).map(|(before, text)| {
                    let blank = Template::literal("\r\n\r\n");
                    Template::joined([before, blank, text, Template::literal("\r\n")])
                });
                parts.push(part.map(BodyPart::Text));
            }
            ValueOr::Drawn(part) => {
                let filename = filename(check, part, names, node);
                let kind = kind(check, part, node);
                let head = before.zip(filename).zip(kind);
                let head = head.map(|((before, filename), kind)| {
                    let end = format!("\"\r\nContent-Type: {kind}\r\n\r\n");
                    Template::joined([
                        before,
                        Template::literal("; filename=\""),
                        filename,
                        Template::literal(&end),
                    ])
                });
                parts.push(head.map(BodyPart::Text));
                parts.push(readable(check, &part.file, node.get("file")).map(BodyPart::File));
                parts.push(Some(BodyPart::Text(Template::literal("\r\n"))));
            }
        }
    }
    let end = Template::literal(&format!("--{BOUNDARY}--\r\n"));
    parts.push(Some(BodyPart::Text(end)));
    Some(Body {
        content_type: format!("multipart/form-data; boundary={BOUNDARY}"),
        parts: parts.into_iter().collect::<Option<_>>()?,
    })
}

/// The file name that is sent: the given one, or the file's own.
fn filename(
    check: &mut Check<'_>,
    part: &PartFile,
    names: &Names<'_>,
    node: &Node,
) -> Option<Template> {
    if let Some(given) = &part.filename {
        let template = Template::quoted(given, &|name| names.position(name));
        return check.resolved(template, node.get("filename"));
    }
    let own = Path::new(&part.file)
        .file_name()
        .and_then(|name| name.to_str());
    let own = own.unwrap_or_default().replace('$', "$$");
    Template::quoted(&own, &|name| names.position(name)).ok()
}

/// The media type of a part, such as `image/png`.
fn kind<'a>(check: &mut Check<'_>, part: &'a PartFile, node: &Node) -> Option<&'a str> {
    let Some(given) = &part.content_type else {
        return Some(content_type(&part.file));
    };
    let is_right = fits_header(given) && given.contains('/') && !given.contains("${");
    if !is_right {
        let message = format!("\"{given}\" is no content type; write it as image/png");
        return check.note(node.get("content_type").place(), message);
    }
    Some(given)
}

/// A file beside the experiment.
pub(super) fn readable(
    check: &mut Check<'_>,
    name: &str,
    node: &Node,
) -> Option<std::path::PathBuf> {
    check.resolved(without_variables(name, "the name of a file"), node)?;
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

/// The media type of a file, by its extension.
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
