//! A response, parsed lazily.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::time::Duration;

use jsonpath_rust::parser::model::JpQuery;
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use scraper::Html;

use crate::diagnostic::Diagnostic;

/// A response.
#[derive(Clone, Copy)]
pub struct Response<'a> {
    /// Its status.
    pub status: u16,
    /// The lines of its head, as they came.
    pub head: &'a [u8],
    /// Its body without the codings of its transfer and of its content; as much of it as was kept.
    pub body: &'a [u8],
    /// The body is longer than what was kept of it.
    pub is_truncated: bool,
    /// From the start of the request to the last byte of the response.
    pub elapsed: Duration,
    /// The value of one of the user's cookies.
    pub cookie: &'a dyn Fn(&str) -> Option<String>,
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// A response, and its parsed forms so far.
pub(super) struct Content<'a> {
    pub(super) response: &'a Response<'a>,
    text: OnceCell<Cow<'a, str>>,
    json: OnceCell<Result<serde_json::Value, String>>,
    html: OnceCell<Html>,
}

impl<'a> Content<'a> {
    pub(super) fn new(response: &'a Response<'a>) -> Self {
        Self {
            response,
            text: OnceCell::new(),
            json: OnceCell::new(),
            html: OnceCell::new(),
        }
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub(super) fn text(&self) -> &str {
        self.text
            .get_or_init(|| String::from_utf8_lossy(self.response.body))
    }

    /// The body as JSON, where it is JSON.
    pub(super) fn json(&self) -> Option<&serde_json::Value> {
        self.parsed().as_ref().ok()
    }

    fn parsed(&self) -> &Result<serde_json::Value, String> {
        self.json.get_or_init(|| {
            let body = self.response.body;
            let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
            serde_json::from_slice(body).map_err(|error| error.to_string())
        })
    }

    /// Why the body is not JSON.
    pub(super) fn not_json(&self) -> String {
        let length = self.response.body.len();
        match self.parsed() {
            _ if self.response.is_truncated => {
                format!("the body is longer than the {length} bytes that are kept of it")
            }
            Err(error) => format!("the body is not JSON: {error}"),
            Ok(_) => String::new(),
        }
    }

    /// The body as HTML. Any text parses as HTML.
    pub(super) fn html(&self) -> &Html {
        self.html.get_or_init(|| Html::parse_document(self.text()))
    }

    /// The values of all fields of a name, given in lower case.
    pub(super) fn header(&self, name: &str) -> impl Iterator<Item = Cow<'_, str>> {
        let lines = self.response.head.split(|byte| *byte == b'\n');
        lines.filter_map(move |line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (found, value) = line.split_at(colon);
            found
                .eq_ignore_ascii_case(name.as_bytes())
                .then(|| String::from_utf8_lossy(value[1..].trim_ascii()))
        })
    }
}

/// A query into JSON (RFC 9535).
#[derive(Clone, Debug)]
pub(crate) struct JsonPath {
    text: String,
    query: JpQuery,
}

impl JsonPath {
    pub(crate) fn parse(text: &str) -> Result<Self, Diagnostic> {
        let query = parse_json_path(text).map_err(|_| {
            let dollar = if text.starts_with('$') {
                ""
            } else {
                "; it begins with $, the whole body"
            };
            Diagnostic::new(format!(
                "\"{text}\" is no JSONPath{dollar}: write $.token, $.items[0].id or $.items[*].id"
            ))
        })?;
        Ok(Self {
            text: text.to_owned(),
            query,
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn find<'a>(&self, json: &'a serde_json::Value) -> Vec<&'a serde_json::Value> {
        let found = js_path_process(&self.query, json).unwrap_or_default();
        found.into_iter().map(|found| found.val()).collect()
    }
}
