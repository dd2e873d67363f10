//! Reads the entries of an HTTP Archive.

use std::cmp::Ordering;
use std::collections::HashMap;

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use crate::init::draft::essence;

/// Bytes of the largest response that is searched.
const LONGEST_RESPONSE: usize = 8 << 20;

/// A recording.
#[derive(Debug, Default)]
pub(super) struct Recording {
    /// In the order of time.
    pub(super) entries: Vec<Entry>,
    /// Titles of pages, by their ids.
    pub(super) pages: HashMap<String, String>,
    pub(super) creator: String,
    /// Places of invalid entries, and the reasons.
    pub(super) left: Vec<(String, String)>,
}

/// A request and its response.
#[derive(Debug)]
pub(super) struct Entry {
    /// From 1.
    pub(super) number: usize,
    /// In milliseconds since some instant.
    pub(super) started: Option<f64>,
    /// Its duration in milliseconds.
    time: f64,
    pub(super) page: Option<String>,
    /// The resource type of Chrome and Firefox: `script`, `xhr`.
    pub(super) resource: String,
    pub(super) method: String,
    pub(super) url: Url,
    pub(super) headers: Vec<(String, String)>,
    /// Names of cookies that were sent.
    pub(super) cookies: Vec<String>,
    pub(super) body: Option<SentBody>,
    /// 0 where there was no response.
    pub(super) status: u16,
    pub(super) response_headers: Vec<(String, String)>,
    redirect: String,
    /// Of the response, in lower case and without parameters.
    pub(super) kind: String,
    /// The body of the response; empty where it is not text.
    pub(super) text: String,
}

/// A body as it was sent.
#[derive(Debug)]
pub(super) struct SentBody {
    pub(super) kind: String,
    pub(super) text: String,
    pub(super) fields: Vec<Field>,
    pub(super) is_binary: bool,
}

/// A field of a form.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) file: Option<String>,
    pub(super) kind: Option<String>,
}

/// Reads an archive. Invalid entries are noted.
pub(super) fn read(text: &str) -> anyhow::Result<Recording> {
    let root: Value =
        serde_json::from_str(text).context("this is not JSON, which a HAR file is")?;
    let Some(log) = root.get("log") else {
        bail!("this is no HAR file: there is no \"log\" in it");
    };
    let Some(entries) = log["entries"].as_array() else {
        bail!("this is no HAR file: there is no list \"log.entries\" in it");
    };
    let [name, version] = ["name", "version"].map(|key| string(&log["creator"][key]));
    let mut recording = Recording {
        creator: format!("{name} {version}").trim().to_owned(),
        ..Recording::default()
    };
    let pages = list(&log["pages"]).iter();
    recording
        .pages
        .extend(pages.map(|page| (string(&page["id"]), string(&page["title"]))));
    for (at, value) in entries.iter().enumerate() {
        match entry(at + 1, value) {
            Ok(entry) => recording.entries.push(entry),
            Err(why) => recording.left.push((format!("entry {}", at + 1), why)),
        }
    }
    let is_timed = |entry: &Entry| entry.started.is_some();
    if recording.entries.iter().all(is_timed) {
        let by_time = |one: &Entry, other: &Entry| one.started.partial_cmp(&other.started);
        recording
            .entries
            .sort_by(|one, other| by_time(one, other).unwrap_or(Ordering::Equal));
    }
    Ok(recording)
}

fn entry(number: usize, value: &Value) -> Result<Entry, String> {
    let (request, response) = (&value["request"], &value["response"]);
    let address = string(&request["url"]);
    let url = Url::parse(&address).map_err(|_| "its URL is none".to_owned())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(format!("a request by {}", url.scheme()));
    }
    let started = string(&value["startedDateTime"]);
    let started = started.trim().parse::<Timestamp>().ok();
    let headers = pairs(&request["headers"]);
    let response_headers = pairs(&response["headers"]);
    let content = &response["content"];
    let kind = match string(&content["mimeType"]) {
        kind if ["", "x-unknown"].contains(&kind.as_str()) => {
            header(&response_headers, "content-type")
                .unwrap_or_default()
                .to_owned()
        }
        kind => kind,
    };
    let method = match string(&request["method"]).to_ascii_uppercase() {
        method if method.is_empty() => "GET".to_owned(),
        method => method,
    };
    let time = value["time"].as_f64().filter(|time| *time >= 0.0);
    Ok(Entry {
        number,
        started: started.map(|started| started.as_microsecond() as f64 / 1000.0),
        time: time.unwrap_or(0.0),
        page: value["pageref"].as_str().map(str::to_owned),
        resource: string(&value["_resourceType"]).to_ascii_lowercase(),
        method,
        url,
        cookies: cookies_of(&headers, request),
        headers,
        body: body(&request["postData"]),
        status: string(&response["status"]).trim().parse().unwrap_or(0),
        response_headers,
        redirect: string(&response["redirectURL"]),
        kind: essence(&kind),
        text: response_text(content),
    })
}

fn body(post: &Value) -> Option<SentBody> {
    let kind = string(&post["mimeType"]);
    let mut text = string(&post["text"]);
    let mut is_binary = false;
    if string(&post["encoding"]) == "base64" || post["_base64"] == Value::Bool(true) {
        match STANDARD.decode(text.as_bytes()).map(String::from_utf8) {
            Ok(Ok(decoded)) => text = decoded,
            _ => is_binary = true,
        }
    }
    is_binary |= text.contains(['\u{FFFD}', '\0']);
    let field = |field: &Value| Field {
        name: string(&field["name"]),
        value: string(&field["value"]),
        file: field["fileName"].as_str().map(str::to_owned),
        kind: field["contentType"].as_str().map(str::to_owned),
    };
    let fields: Vec<Field> = list(&post["params"]).iter().map(field).collect();
    if is_binary && kind.starts_with("multipart/") && !fields.is_empty() {
        (text, is_binary) = (String::new(), false);
    }
    let is_some = !text.is_empty() || !fields.is_empty();
    is_some.then_some(SentBody {
        kind,
        text,
        fields,
        is_binary,
    })
}

fn response_text(content: &Value) -> String {
    let text = content["text"].as_str().unwrap_or_default();
    if text.len() > LONGEST_RESPONSE {
        return String::new();
    }
    if string(&content["encoding"]) != "base64" {
        return text.to_owned();
    }
    let bytes = STANDARD.decode(text).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn cookies_of(headers: &[(String, String)], request: &Value) -> Vec<String> {
    let sent = headers.iter();
    let sent = sent.filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
    let sent = sent.flat_map(|(_, value)| value.split(';'));
    let sent = sent.filter_map(|pair| Some(pair.split_once('=')?.0.trim().to_owned()));
    let listed = list(&request["cookies"]).iter();
    let listed = listed.map(|cookie| string(&cookie["name"]));
    sent.chain(listed).filter(|name| !name.is_empty()).collect()
}

/// A text, or a number as one; empty where it is neither.
fn string(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn pairs(value: &Value) -> Vec<(String, String)> {
    let pairs = list(value).iter();
    pairs
        .map(|pair| (string(&pair["name"]), string(&pair["value"])))
        .filter(|(name, _)| !name.is_empty())
        .collect()
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = headers.iter();
    let found = found.find(|(own, _)| own.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

impl Entry {
    /// Where it stands in the file.
    pub(super) fn place(&self) -> String {
        format!(
            "entry {} ({} {})",
            self.number,
            self.method,
            self.url.path()
        )
    }

    /// When its response was complete, in the scale of `started`.
    pub(super) fn ended(&self) -> Option<f64> {
        Some(self.started? + self.time)
    }

    /// The URL that it redirects to.
    pub(super) fn redirect(&self) -> Option<Url> {
        if !matches!(self.status, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let location = header(&self.response_headers, "location");
        let location = location.filter(|text| !text.is_empty());
        let location = location.unwrap_or(&self.redirect).trim();
        let url = self.url.join(location).ok();
        url.filter(|_| !location.is_empty())
    }

    /// Names and values of the cookies that its response sets.
    pub(super) fn set_cookies(&self) -> impl Iterator<Item = (String, String)> {
        let headers = self.response_headers.iter();
        headers
            .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
            // Some recorders join all of them into one field.
            .flat_map(|(_, value)| value.split('\n'))
            .filter_map(|cookie| {
                let (name, value) = cookie.split(';').next()?.split_once('=')?;
                Some((name.trim().to_owned(), value.trim().to_owned()))
            })
    }
}
