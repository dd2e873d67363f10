//! Requests as bytes. Constant parts are written once, before the run.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use workbench_plan::{BodyPart, ResetRequest, Step, Value};

use crate::client::{Endpoint, Request};
use crate::error::LoadError;

/// The constant parts of a step's requests.
#[derive(Debug)]
pub(crate) struct PreparedStep {
    /// Position of the endpoint among those of its replica.
    pub(crate) endpoint: usize,
    /// Position of the label among the run's.
    pub(crate) label: u16,
    /// The method, and where the service's own path begins.
    start: String,
    /// The rest of the request line, and the headers that have no variables.
    headers: String,
    method: Method,
    /// Contents of the files of its body, in the order of its parts; empty for text parts.
    files: Vec<Vec<u8>>,
}

/// Properties of the method (RFC 9110, section 9).
#[derive(Clone, Copy, Debug)]
struct Method {
    is_head: bool,
    is_idempotent: bool,
    /// A request without a body says so.
    expects_body: bool,
}

impl Method {
    fn of(name: &str) -> Self {
        Self {
            is_head: name == "HEAD",
            is_idempotent: !matches!(name, "POST" | "PATCH"),
            expects_body: matches!(name, "POST" | "PUT" | "PATCH"),
        }
    }
}

/// Buffers for requests; reused, so that a request allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    request: String,
    /// A request with a body that is no text.
    bytes: Vec<u8>,
    /// Text that is checked or measured before it is appended to the request.
    text: String,
    /// The user's cookies.
    cookie: String,
}

/// Bytes of the longest path with its query: the limit of the `http` crate's `Uri`.
const LONGEST_PATH: usize = 65_534;

impl PreparedStep {
    /// # Errors
    /// A file of the body cannot be read.
    pub(crate) fn new(
        step: &Step,
        position: usize,
        endpoint: &Endpoint,
        label: u16,
    ) -> Result<Self, LoadError> {
        let given = |name: &str| step.headers.iter().any(|(given, _)| given == name);
        let mut headers = " HTTP/1.1\r\n".to_owned();
        let content_type = step.body.as_ref().map(|body| body.content_type.as_str());
        for (name, value) in [
            ("host", Some(endpoint.host.as_str())),
            ("user-agent", Some(USER_AGENT)),
            ("accept", Some("*/*")),
            ("content-type", content_type),
        ] {
            if let Some(value) = value.filter(|_| !given(name)) {
                header(&mut headers, name, value);
            }
        }
        let parts = step.body.iter().flat_map(|body| &body.parts);
        let files = parts.map(|part| match part {
            BodyPart::Text(_) => Ok(Vec::new()),
            BodyPart::File(path) => std::fs::read(path).map_err(|source| LoadError::Body {
                path: path.clone(),
                source,
            }),
        });
        Ok(Self {
            endpoint: position,
            label,
            start: format!("{} {}", step.method, endpoint.prefix),
            headers,
            method: Method::of(&step.method),
            files: files.collect::<Result<_, _>>()?,
        })
    }

    /// The request with the variables' values. `None` if these make its path too long, or a header invalid. `cookies`
    /// writes the user's cookies for a path with its query.
    pub(crate) fn write<'a>(
        &self,
        step: &Step,
        values: &[Value],
        cookies: &dyn Fn(&str, &mut String),
        buffers: &'a mut Buffers,
    ) -> Option<Request<'a>> {
        let Buffers {
            request,
            bytes,
            text,
            cookie,
        } = buffers;
        request.clear();
        request.push_str(&self.start);
        step.path.render(values, request);
        let method = step.method.len() + 1;
        if request.len() - method > LONGEST_PATH {
            return None;
        }
        cookie.clear();
        cookies(&request[method..], cookie);
        request.push_str(&self.headers);
        for (name, template) in &step.headers {
            text.clear();
            template.render(values, text);
            if name == "cookie" && !cookie.is_empty() {
                text.push_str("; ");
                text.push_str(cookie);
            }
            // Visible characters, spaces and tabs (RFC 9110, section 5.5): anything else could end the header.
            let is_allowed = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 127);
            if !text.bytes().all(is_allowed) {
                return None;
            }
            header(request, name, text);
        }
        if !cookie.is_empty() && step.headers.iter().all(|(name, _)| name != "cookie") {
            header(request, "cookie", cookie);
        }
        if let Some((user, password)) = &step.basic {
            text.clear();
            user.render(values, text);
            text.push(':');
            password.render(values, text);
            request.push_str("authorization: Basic ");
            BASE64_STANDARD.encode_string(&text, request);
            request.push_str("\r\n");
        }
        let Some(body) = &step.body else {
            end(request, self.method);
            return Some(as_bytes(request.as_bytes(), self.method));
        };
        text.clear();
        let mut length = 0;
        for (part, file) in body.parts.iter().zip(&self.files) {
            length += file.len();
            if let BodyPart::Text(template) = part {
                template.render(values, text);
            }
        }
        length += text.len();
        header(
            request,
            "content-length",
            itoa::Buffer::new().format(length),
        );
        request.push_str("\r\n");
        if length == text.len() {
            request.push_str(text);
            return Some(as_bytes(request.as_bytes(), self.method));
        }
        bytes.clear();
        bytes.extend_from_slice(request.as_bytes());
        for (part, file) in body.parts.iter().zip(&self.files) {
            bytes.extend_from_slice(file);
            if let BodyPart::Text(template) = part {
                text.clear();
                template.render(values, text);
                bytes.extend_from_slice(text.as_bytes());
            }
        }
        Some(as_bytes(bytes, self.method))
    }
}

/// A request that resets the target.
pub(crate) fn reset<'a>(
    reset: &ResetRequest,
    endpoint: &Endpoint,
    buffers: &'a mut Buffers,
) -> Request<'a> {
    let request = &mut buffers.request;
    *request = format!(
        "{} {}{} HTTP/1.1\r\n",
        reset.method, endpoint.prefix, reset.path
    );
    header(request, "host", &endpoint.host);
    header(request, "user-agent", USER_AGENT);
    header(request, "accept", "*/*");
    let method = Method::of(&reset.method);
    end(request, method);
    as_bytes(request.as_bytes(), method)
}

/// Ends a request without a body.
fn end(request: &mut String, method: Method) {
    if method.expects_body {
        header(request, "content-length", "0");
    }
    request.push_str("\r\n");
}

fn header(request: &mut String, name: &str, value: &str) {
    request.push_str(name);
    request.push_str(": ");
    request.push_str(value);
    request.push_str("\r\n");
}

fn as_bytes(bytes: &[u8], method: Method) -> Request<'_> {
    Request {
        bytes,
        is_head: method.is_head,
        is_idempotent: method.is_idempotent,
    }
}

const USER_AGENT: &str = concat!("workbench/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const SHOP: &str = "target: { urls: { shop: http://shop.test } }\nconcurrency: { target: 1, hold: 1s }\n\
        scenarios:\n- name: one\n  steps:\n";

    /// What a step sends where its variable `word` has a value.
    fn request(step: &str, word: &str) -> Option<String> {
        let text = format!("{SHOP}  - {step}\n    set: {{ word: w }}\n");
        let plan = workbench_plan::parse(&text, Path::new("words.yaml")).unwrap();
        let step = &plan.scenarios[0].steps[0];
        let endpoint = Endpoint {
            service: "shop".to_owned(),
            addresses: Vec::new(),
            tls: None,
            prefix: "/v1".to_owned(),
            host: "shop.test".to_owned(),
            version: workbench_plan::HttpVersion::Http1,
        };
        let mut values = vec![Value::Integer(1); plan.scenarios[0].variables.len()];
        values[step.set[0].0] = Value::Text(word.to_owned());
        let mut buffers = Buffers::default();
        let prepared = PreparedStep::new(step, 0, &endpoint, 0).unwrap();
        let request = prepared.write(step, &values, &|_, _| {}, &mut buffers)?;
        Some(String::from_utf8(request.bytes.to_vec()).unwrap())
    }

    #[test]
    fn a_request_is_its_line_its_headers_and_its_body() {
        let sent = request("request: GET shop/a?b=${word}", "c d").unwrap();
        assert_eq!(
            sent,
            format!(
                "GET /v1/a?b=c%20d HTTP/1.1\r\nhost: shop.test\r\nuser-agent: {USER_AGENT}\r\naccept: */*\r\n\r\n"
            )
        );
        let step = "request: POST shop/a\n    json: { word: \"${word}\" }\n    \
            headers: { Accept: text/plain, x: \"${word}!\" }";
        let sent = request(step, "é").unwrap();
        let (head, body) = sent.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, "{\"word\":\"é\"}");
        assert!(
            head.ends_with("accept: text/plain\r\nx: é!\r\ncontent-length: 13"),
            "{head}"
        );
        assert_eq!(head.matches("accept").count(), 1);
    }

    #[test]
    fn methods_that_expect_a_body_send_a_content_length_of_zero() {
        for method in ["POST", "PUT", "PATCH"] {
            let sent = request(&format!("request: {method} shop/${{word}}"), "a").unwrap();
            assert!(sent.ends_with("\r\ncontent-length: 0\r\n\r\n"), "{sent}");
        }
        for method in ["GET", "HEAD", "DELETE", "OPTIONS"] {
            let sent = request(&format!("request: {method} shop/${{word}}"), "a").unwrap();
            assert!(!sent.contains("content-length"), "{sent}");
        }
    }

    #[test]
    fn a_value_that_makes_a_request_invalid_is_refused() {
        let step = "request: GET shop/${word}\n    headers: { x-word: \"${word}\" }";
        // The service's own path, the slash and the value are the path.
        let longest = "w".repeat(LONGEST_PATH - "/v1/".len());
        assert!(request(step, &longest).is_some());
        assert!(
            request(step, &format!("{longest}w")).is_none(),
            "too long a path"
        );
        assert!(request(step, "a\nb").is_none(), "a line break in a header");
    }
}
