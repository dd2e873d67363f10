//! Converts bodies of clients.

use serde_yaml::Value;
use url::form_urlencoded;

use crate::init::draft::{Body, Draft, Part, Request};
use crate::init::template::Template;

impl Draft {
    /// Sets the request's body to one of a client, with its content type. `place` is its position in the source.
    pub(in crate::init) fn set_body(
        &mut self,
        request: &mut Request,
        content_type: Option<&str>,
        text: &str,
        place: &str,
    ) {
        let service = request.service.clone();
        let essence = content_type.map(|kind| {
            kind.split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase()
        });
        let essence = essence.as_deref().unwrap_or_default();
        if essence == "multipart/form-data"
            && let Some(parts) = content_type.and_then(|kind| multipart(kind, text))
        {
            let parts = parts
                .into_iter()
                .map(|part| self.part(&service, part, place));
            let parts = parts.collect();
            request.body = Some(self.multipart(parts, place));
            return;
        }
        let is_json = essence == "application/json" || essence.ends_with("+json");
        let json = is_json
            .then(|| serde_json::from_str::<Value>(text).ok())
            .flatten();
        let (body, implied) = if let Some(json) = json {
            (Body::Json(self.json(&service, &json)), "application/json")
        } else if let Some(fields) = form(essence, text) {
            let fields = fields.into_iter().map(|(name, value)| {
                let value = self.field(&service, &name, &value);
                (Template::literal(&name).source().to_owned(), value)
            });
            (
                Body::Form(fields.collect()),
                "application/x-www-form-urlencoded",
            )
        } else {
            (
                Body::Text(Template::literal(text)),
                "text/plain; charset=utf-8",
            )
        };
        let implied = content_type.is_some_and(|kind| {
            kind.eq_ignore_ascii_case(implied)
                || kind.eq_ignore_ascii_case(&format!("{implied}; charset=utf-8"))
        });
        if let (Some(kind), false) = (content_type, implied) {
            request.headers.retain(|(name, _)| name != "content-type");
            request
                .headers
                .push(("content-type".to_owned(), Template::literal(kind)));
        }
        request.body = Some(body);
    }

    /// A multipart body. Of parts with the same name only the first is used, because an experiment has one value for
    /// each name.
    pub(in crate::init) fn multipart(&mut self, parts: Vec<(String, Part)>, place: &str) -> Body {
        let mut kept: Vec<(String, Part)> = Vec::new();
        for (name, part) in parts {
            match kept.iter().any(|(known, _)| *known == name) {
                true => self.leave(place, format!("another part with the name {name}")),
                false => kept.push((name, part)),
            }
        }
        Body::Multipart(kept)
    }

    fn part(&mut self, service: &str, part: SentPart, place: &str) -> (String, Part) {
        let name = Template::literal(&part.name).source().to_owned();
        let Some(filename) = part.filename else {
            let text = self.field(service, &part.name, &part.text);
            return (name, Part::Text(text));
        };
        // Without the folders that it may have had.
        let file = filename.rsplit(['/', '\\']).next().unwrap_or_default();
        let file = if file.is_empty() { "file.bin" } else { file };
        self.leave(
            place,
            format!(
                "what is in the file of the part {}; put it into {file}",
                part.name
            ),
        );
        let content_type = part.content_type;
        (
            name,
            Part::File {
                file: file.to_owned(),
                content_type,
                filename: None,
            },
        )
    }
}

/// The fields of a form, where the text is one.
fn form(essence: &str, text: &str) -> Option<Vec<(String, String)>> {
    let is_form = essence == "application/x-www-form-urlencoded"
        && !text.is_empty()
        && text
            .split('&')
            .all(|pair| pair.contains('=') && !pair.starts_with('='))
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
    let boundary = content_type.split(';').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let named = name.trim().eq_ignore_ascii_case("boundary");
        named.then(|| value.trim().trim_matches('"'))
    })?;
    let body = body.replace("\r\n", "\n");
    let mut parts = Vec::new();
    let delimiter = format!("--{boundary}");
    let mut chunks = body.split(&delimiter);
    chunks.next()?;
    for chunk in chunks {
        if chunk.starts_with("--") {
            break;
        }
        let (head, text) = chunk.trim_start_matches('\n').split_once("\n\n")?;
        let header = |wanted: &str| {
            head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case(wanted).then(|| value.trim())
            })
        };
        let disposition = header("content-disposition")?;
        let parameter = |wanted: &str| {
            disposition.split(';').find_map(|part| {
                let (name, value) = part.trim().split_once('=')?;
                (name == wanted).then(|| value.trim_matches('"').to_owned())
            })
        };
        parts.push(SentPart {
            name: parameter("name")?,
            filename: parameter("filename"),
            content_type: header("content-type").map(str::to_owned),
            text: text.strip_suffix('\n').unwrap_or(text).to_owned(),
        });
    }
    (!parts.is_empty()).then_some(parts)
}
