//! Converts headers and addresses of clients to those of an experiment. Headers that the workbench sends by itself are left
//! out, and secrets become environment variables.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::{Url, form_urlencoded};

use super::{Auth, Draft, Request};
use crate::init::template::{Template, is_mark, is_marked};

/// Methods that the workbench can send.
pub(crate) const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Codings of responses that the workbench undoes.
const ENCODINGS: [&str; 3] = ["gzip", "br", "zstd"];

/// Whether the name of a header, form field or parameter is that of a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    const PARTS: &str = "accesskey apikey assertion authorization credential csrf jwt passphrase passwd password privatekey \
        secret sessionid signature subscriptionkey token xsrf";
    const WHOLE: &str = "auth key pass pwd session sid sig xauth authkey";
    let mut letters = name.to_ascii_lowercase();
    letters.retain(|letter| letter.is_ascii_alphanumeric());
    PARTS.split(' ').any(|word| letters.contains(word)) || WHOLE.split(' ').any(|it| it == letters)
}

/// A content type in lower case and without parameters.
pub(crate) fn essence(content_type: &str) -> String {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// The name of a file without its folders, with `/` or `\`.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// A percent-encoded text.
pub(crate) fn decoded(text: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(text);
    decoded.decode_utf8_lossy().into_owned()
}

impl Draft {
    /// The service at the URL's origin, and its path with its query; secrets in the query become variables.
    pub(crate) fn address(&mut self, url: &Url) -> (String, Template) {
        let mut base = url.clone();
        base.set_path("");
        let service = self.service(&base);
        let mut path = Template::address(url.path());
        let pairs = url.query().into_iter().flat_map(|query| query.split('&'));
        for (at, pair) in pairs.enumerate() {
            path = path.and_literal(if at == 0 { "?" } else { "&" });
            path = match form_urlencoded::parse(pair.as_bytes()).next() {
                Some((name, value)) if is_secret(&name) && !value.is_empty() => {
                    let key = pair.split('=').next().unwrap_or_default();
                    let value = self.hidden(&service, &name, &value);
                    path.and_address(key).and_literal("=").and(&value)
                }
                _ => path.and_address(pair),
            };
        }
        (service, path)
    }

    /// The value of something that is a secret by its name.
    pub(crate) fn hidden(&mut self, service: &str, name: &str, value: &str) -> Template {
        let (hint, what) = (format!("{service} {name}"), format!("{name} of {service}"));
        self.hidden_as(&hint, &what, value)
    }

    /// A value that must not be in the file, unless it is empty or variables.
    fn hidden_as(&mut self, hint: &str, what: &str, value: &str) -> Template {
        match is_marked(value) || value.is_empty() {
            true => Template::literal(value),
            false => self.secret(hint, what, Some(value)),
        }
    }

    /// The value of a field of a form, or of a parameter.
    pub(crate) fn field(&mut self, service: &str, name: &str, value: &str) -> Template {
        match is_secret(name) {
            true => self.hidden(service, name, value),
            false => Template::literal(value),
        }
    }

    /// A user and a password; each may be a secret. Without a password the client would ask for it.
    pub(crate) fn basic(&mut self, service: &str, user: &str, password: Option<&str>) -> Auth {
        let (hint, what) = (
            format!("{service} password"),
            format!("password of {user} at {service}"),
        );
        let (user, password) = match password {
            None => (Template::literal(user), self.secret(&hint, &what, None)),
            // Stripe and others use a key as the user, without a password.
            Some("") => (self.hidden(service, "key", user), Template::default()),
            Some(secret) => (
                Template::literal(user),
                self.hidden_as(&hint, &what, secret),
            ),
        };
        Auth::Basic { user, password }
    }

    /// Adds a header as a client sent it.
    pub(crate) fn add_header(&mut self, request: &mut Request, name: &str, value: &str) {
        let (lower, value) = (name.trim().to_ascii_lowercase(), value.trim());
        match lower.as_str() {
            // Pseudo-headers of HTTP/2, and headers that the client sends itself.
            name if name.starts_with(':') => {}
            "content-length" | "keep-alive" | "proxy-connection" | "upgrade" | "http2-settings" => {
            }
            "connection" if value.eq_ignore_ascii_case("close") => self
                .leave("connection: close; new_connections opens connections for each iteration"),
            "connection" => {}
            "transfer-encoding" | "te" | "trailer" | "expect" | "proxy-authorization" => {
                self.leave(format!("the header {lower}"));
            }
            "accept-encoding" => self.accept_encoding(value),
            "authorization" => self.authorization(request, value),
            name if !is_token(name) => self.leave("a header whose name is none"),
            name if !is_visible(value) => {
                self.leave(format!(
                    "the header {name}, whose value is not visible ASCII"
                ));
            }
            name => {
                let text = match name == "cookie" {
                    true => self.hidden(&request.service, name, value),
                    false => self.field(&request.service, name, value),
                };
                match request.headers.iter_mut().find(|(known, _)| known == name) {
                    Some((_, known)) => {
                        let separator = if name == "cookie" { "; " } else { ", " };
                        *known = known.clone().and_literal(separator).and(&text);
                    }
                    None => request.headers.push((name.to_owned(), text)),
                }
            }
        }
    }

    /// Whether a header only describes the browser or its page; it is noted for [`Draft::leave_noise`].
    pub(crate) fn is_noise(&mut self, name: &str, value: &str) -> bool {
        let is_noise = is_noise(name, value);
        if is_noise {
            self.noise.insert(name.to_ascii_lowercase());
        }
        is_noise
    }

    /// Moves headers and a bearer token that all requests share to the defaults.
    pub(crate) fn share(&mut self) {
        let requests = self.requests_mut();
        if requests.len() < 2 {
            return;
        }
        let everywhere = |entry: &&(String, Template)| {
            let mut requests = requests.iter();
            entry.0 != "content-type" && requests.all(|request| request.headers.contains(entry))
        };
        let own = requests[0].headers.iter();
        let mut shared: Vec<(String, Template)> = own.filter(everywhere).cloned().collect();
        let auth = requests[0].auth.clone();
        let same_auth = requests.iter().all(|request| request.auth == auth);
        let token = match auth {
            Some(Auth::Bearer(token)) if same_auth => Some(token),
            _ => None,
        };
        for request in requests {
            request.headers.retain(|entry| !shared.contains(entry));
            request.auth.take_if(|_| token.is_some());
        }
        let token = token.map(|token| Template::literal("Bearer ").and(&token));
        shared.extend(token.map(|token| ("authorization".to_owned(), token)));
        self.http.headers.extend(shared);
    }

    fn accept_encoding(&mut self, value: &str) {
        let known = &mut self.http.accept_encoding;
        for coding in value.split(',').map(essence) {
            if ENCODINGS.contains(&coding.as_str()) && !known.contains(&coding) {
                known.push(coding);
            }
        }
    }

    fn authorization(&mut self, request: &mut Request, value: &str) {
        let service = request.service.clone();
        let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
        let rest = rest.trim();
        let text = if rest.is_empty() {
            self.hidden(&service, "authorization", value)
        } else if scheme.eq_ignore_ascii_case("bearer") {
            request.auth = Some(Auth::Bearer(self.hidden(&service, "token", rest)));
            return;
        } else if let Some((user, password)) = basic(scheme, rest) {
            request.auth = Some(self.basic(&service, &user, Some(&password)));
            return;
        } else {
            let what = format!("{scheme} credentials of {service}");
            let text = self.hidden_as(&format!("{service} credentials"), &what, rest);
            Template::literal(scheme).and_literal(" ").and(&text)
        };
        request.headers.push(("authorization".to_owned(), text));
    }
}

/// User and password of the credentials of HTTP's basic authentication.
fn basic(scheme: &str, credentials: &str) -> Option<(String, String)> {
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn is_token(name: &str) -> bool {
    let token = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
    !name.is_empty() && name.chars().all(token)
}

fn is_visible(value: &str) -> bool {
    value
        .chars()
        .all(|letter| letter == ' ' || letter.is_ascii_graphic() || is_mark(letter))
}

/// Whether a header only describes the browser or its page, so that the service does not need it.
fn is_noise(name: &str, value: &str) -> bool {
    const NAMES: &str = "accept-charset accept-language alt-used baggage cache-control connection content-length dnt host \
        if-modified-since if-none-match keep-alive newrelic origin pragma priority proxy-connection purpose range referer \
        save-data sentry-trace te traceparent tracestate upgrade upgrade-insecure-requests user-agent via x-client-data \
        x-forwarded-for";
    // Values with which browsers request pages, images and scripts.
    const PAGES: &str = "*/* text/html image/ text/css application/signed-exchange";
    let name = name.trim().to_ascii_lowercase();
    let value = value.trim();
    let begins = |text: &str, starts: &str| starts.split(' ').any(|start| text.starts_with(start));
    NAMES.split(' ').any(|known| known == name)
        || begins(&name, ": sec- access-control-request- x-datadog-")
        || name == "accept" && begins(value, PAGES)
}
