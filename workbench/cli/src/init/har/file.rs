//! Reads the entries of an HTTP Archive.

use std::collections::HashMap;

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

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
    let Some(entries) = log.get("entries").and_then(Value::as_array) else {
        bail!("this is no HAR file: there is no list \"log.entries\" in it");
    };
    let mut recording = Recording {
        creator: [
            string(&log["creator"]["name"]),
            string(&log["creator"]["version"]),
        ]
        .join(" ")
        .trim()
        .to_owned(),
        ..Recording::default()
    };
    for page in list(&log["pages"]) {
        recording
            .pages
            .insert(string(&page["id"]), string(&page["title"]));
    }
    for (at, value) in entries.iter().enumerate() {
        match entry(at + 1, value) {
            Ok(entry) => recording.entries.push(entry),
            Err(why) => recording.left.push((format!("entry {}", at + 1), why)),
        }
    }
    if recording
        .entries
        .iter()
        .all(|entry| entry.started.is_some())
    {
        recording.entries.sort_by(|one, other| {
            one.started
                .partial_cmp(&other.started)
                .unwrap_or(std::cmp::Ordering::Equal)
        });
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
    let cookies = cookies_of(&headers, request);
    let content = &response["content"];
    let kind = match string(&content["mimeType"]).as_str() {
        "" | "x-unknown" => {
            header(&pairs(&response["headers"]), "content-type").unwrap_or_default()
        }
        kind => kind.to_owned(),
    };
    let method = match string(&request["method"]).to_ascii_uppercase() {
        method if method.is_empty() => "GET".to_owned(),
        method => method,
    };
    Ok(Entry {
        number,
        started: started.map(|started| started.as_microsecond() as f64 / 1000.0),
        time: value["time"]
            .as_f64()
            .filter(|time| *time >= 0.0)
            .unwrap_or(0.0),
        page: value["pageref"].as_str().map(str::to_owned),
        resource: string(&value["_resourceType"]).to_ascii_lowercase(),
        method,
        url,
        headers,
        cookies,
        body: body(&request["postData"]),
        status: status(&response["status"]),
        response_headers: pairs(&response["headers"]),
        redirect: string(&response["redirectURL"]),
        kind: kind
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase(),
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
    is_binary |= text
        .chars()
        .any(|letter| letter == '\u{FFFD}' || letter == '\0');
    let fields: Vec<Field> = list(&post["params"])
        .iter()
        .map(|field| Field {
            name: string(&field["name"]),
            value: string(&field["value"]),
            file: field["fileName"].as_str().map(str::to_owned),
            kind: field["contentType"].as_str().map(str::to_owned),
        })
        .collect();
    if is_binary && kind.starts_with("multipart/") && !fields.is_empty() {
        (text, is_binary) = (String::new(), false);
    }
    (!text.is_empty() || !fields.is_empty()).then_some(SentBody {
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
    STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default()
}

fn cookies_of(headers: &[(String, String)], request: &Value) -> Vec<String> {
    let sent = headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
    let sent = sent.flat_map(|(_, value)| value.split(';'));
    let sent = sent.filter_map(|pair| Some(pair.split_once('=')?.0.trim().to_owned()));
    let listed = list(&request["cookies"])
        .iter()
        .map(|cookie| string(&cookie["name"]));
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

fn header(headers: &[(String, String)], name: &str) -> Option<String> {
    let mut headers = headers.iter();
    headers
        .find(|(own, _)| own.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.clone())
}

fn status(value: &Value) -> u16 {
    let number = value
        .as_u64()
        .or_else(|| value.as_str()?.trim().parse().ok());
    number
        .and_then(|number| u16::try_from(number).ok())
        .unwrap_or(0)
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
        let location = location
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| self.redirect.clone());
        match location.trim() {
            "" => None,
            location => self.url.join(location).ok(),
        }
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
