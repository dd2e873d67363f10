//! Converts headers, addresses and bodies of clients to requests of an experiment. Headers that the workbench sends by
//! itself are left out, and secrets become environment variables.

mod body;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_yaml::Value;
use url::{Url, form_urlencoded};

use super::draft::{Auth, Draft, Request};
use super::template::{Template, is_mark, is_marked, mark};
use super::yaml::Node;

/// Codings of responses that the workbench undoes.
const ENCODINGS: [&str; 3] = ["gzip", "br", "zstd"];

/// Whether the name of a header, form field or parameter is that of a secret.
pub(super) fn is_secret(name: &str) -> bool {
    const WORDS: [&str; 17] = [
        "accesskey",
        "apikey",
        "assertion",
        "authorization",
        "credential",
        "csrf",
        "jwt",
        "passphrase",
        "passwd",
        "password",
        "privatekey",
        "secret",
        "sessionid",
        "signature",
        "subscriptionkey",
        "token",
        "xsrf",
    ];
    let letters: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    let whole = [
        "auth", "key", "pass", "pwd", "session", "sid", "sig", "xauth", "authkey",
    ];
    WORDS.iter().any(|word| letters.contains(word)) || whole.contains(&letters.as_str())
}

impl Draft {
    /// The service at the URL's origin, and its path with its query; secrets in the query become variables.
    pub(super) fn address(&mut self, url: &Url) -> (String, Template) {
        let mut base = url.clone();
        base.set_path("");
        let service = self.service(&base);
        let path = self.path(&service, url);
        (service, path)
    }

    /// The path and query of a URL; secrets in the query become variables.
    pub(super) fn path(&mut self, service: &str, url: &Url) -> Template {
        let mut path = Template::address(url.path());
        for (at, pair) in url
            .query()
            .into_iter()
            .flat_map(|query| query.split('&'))
            .enumerate()
        {
            path = path.and_literal(if at == 0 { "?" } else { "&" });
            let decoded = form_urlencoded::parse(pair.as_bytes()).next();
            path = match decoded {
                Some((name, value)) if is_secret(&name) && !value.is_empty() => {
                    let key = pair.split('=').next().unwrap_or_default();
                    let value = self.hidden(service, &name, &value);
                    path.and_address(key).and_literal("=").and(&value)
                }
                _ => path.and_address(pair),
            };
        }
        path
    }

    /// The value of something that is a secret by its name.
    pub(super) fn hidden(&mut self, service: &str, name: &str, value: &str) -> Template {
        if is_marked(value) {
            return Template::literal(value);
        }
        let what = format!("{name} of {service}");
        self.secret(&format!("{service} {name}"), &what, Some(value))
    }

    /// A user and a password; each may be a secret.
    pub(super) fn basic(&mut self, service: &str, user: &str, password: &str) -> Auth {
        // Stripe and others use a key as the user, without a password.
        if password.is_empty() && !user.is_empty() {
            return Auth::Basic {
                user: self.hidden(service, "key", user),
                password: Template::default(),
            };
        }
        let what = format!("password of {user} at {service}");
        Auth::Basic {
            user: Template::literal(user),
            password: match is_marked(password) || password.is_empty() {
                true => Template::literal(password),
                false => self.secret(&format!("{service} password"), &what, Some(password)),
            },
        }
    }

    /// A user whose password the client would ask for.
    pub(super) fn basic_asked(&mut self, service: &str, user: &str) -> Auth {
        let what = format!("password of {user} at {service}");
        Auth::Basic {
            user: Template::literal(user),
            password: self.secret(&format!("{service} password"), &what, None),
        }
    }

    /// Adds a header as a client sent it. `place` is where it stands.
    pub(super) fn add_header(
        &mut self,
        request: &mut Request,
        name: &str,
        value: &str,
        place: &str,
    ) {
        let lower = name.trim().to_ascii_lowercase();
        let value = value.trim();
        let service = request.service.clone();
        match lower.as_str() {
            // Pseudo-headers of HTTP/2, and headers that the client sends itself.
            name if name.starts_with(':') => {}
            "content-length" | "keep-alive" | "proxy-connection" | "upgrade" | "http2-settings" => {
            }
            "connection" if value.eq_ignore_ascii_case("close") => {
                self.leave(
                    place,
                    "connection: close; new_connections opens connections for each iteration",
                );
            }
            "connection" => {}
            "transfer-encoding" | "te" | "trailer" | "expect" | "proxy-authorization" => {
                self.leave(place, format!("the header {lower}"));
            }
            "accept-encoding" => self.accept_encoding(value),
            "authorization" => self.authorization(request, value),
            name if !is_token(name) => self.leave(place, "a header whose name is none"),
            name if !is_visible(value) => {
                self.leave(
                    place,
                    format!("the header {name}, whose value is not visible ASCII"),
                );
            }
            name => {
                let text = match (is_secret(name) || name == "cookie") && !value.is_empty() {
                    true => self.hidden(&service, name, value),
                    false => Template::literal(value),
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

    /// Moves headers and a bearer token that all requests share to the defaults.
    pub(super) fn share(&mut self) {
        let requests = self.requests_mut();
        if requests.len() < 2 {
            return;
        }
        let everywhere = |entry: &&(String, Template)| {
            entry.0 != "content-type"
                && requests
                    .iter()
                    .all(|request| request.headers.contains(entry))
        };
        let mut shared: Vec<(String, Template)> = requests[0]
            .headers
            .iter()
            .filter(everywhere)
            .cloned()
            .collect();
        let auth = requests[0].auth.clone();
        let same_auth = requests.iter().all(|request| request.auth == auth);
        for request in requests {
            request.headers.retain(|entry| !shared.contains(entry));
            if same_auth && matches!(auth, Some(Auth::Bearer(_))) {
                request.auth = None;
            }
        }
        if let Some(Auth::Bearer(token)) = auth.filter(|_| same_auth) {
            let value = Template::literal("Bearer ").and(&token);
            shared.push(("authorization".to_owned(), value));
        }
        self.http.headers.extend(shared);
    }

    fn accept_encoding(&mut self, value: &str) {
        let codings = value
            .split(',')
            .map(|coding| coding.split(';').next().unwrap_or_default().trim());
        let mut known: Vec<String> = self
            .http
            .accept_encoding
            .iter()
            .flat_map(|codings| codings.split(", "))
            .map(str::to_owned)
            .collect();
        for coding in codings {
            if ENCODINGS.contains(&coding) && known.iter().all(|other| other != coding) {
                known.push(coding.to_owned());
            }
        }
        self.http.accept_encoding = (!known.is_empty()).then(|| known.join(", "));
    }

    fn authorization(&mut self, request: &mut Request, value: &str) {
        let service = request.service.clone();
        let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
        let rest = rest.trim();
        let whole = |draft: &mut Self| draft.hidden(&service, "authorization", value);
        if rest.is_empty() {
            let text = whole(self);
            request.headers.push(("authorization".to_owned(), text));
        } else if scheme.eq_ignore_ascii_case("bearer") {
            request.auth = Some(Auth::Bearer(self.hidden(&service, "token", rest)));
        } else if let Some((user, password)) = basic(scheme, rest) {
            request.auth = Some(self.basic(&service, &user, &password));
        } else {
            let what = format!("{scheme} credentials of {service}");
            let text = match is_marked(rest) {
                true => Template::literal(rest),
                false => self.secret(&format!("{service} credentials"), &what, Some(rest)),
            };
            let text = Template::literal(scheme).and_literal(" ").and(&text);
            request.headers.push(("authorization".to_owned(), text));
        }
    }

    /// The value of a field of a form, or of a parameter.
    pub(super) fn field(&mut self, service: &str, name: &str, value: &str) -> Template {
        match is_secret(name) && !value.is_empty() {
            true => self.hidden(service, name, value),
            false => Template::literal(value),
        }
    }

    /// JSON as it was sent, with variables in place of its secrets.
    pub(super) fn json(&mut self, service: &str, value: &Value) -> Node {
        Node::json(&self.without_secrets(service, value))
    }

    fn without_secrets(&mut self, service: &str, value: &Value) -> Value {
        match value {
            Value::Sequence(values) => Value::Sequence(
                values
                    .iter()
                    .map(|value| self.without_secrets(service, value))
                    .collect(),
            ),
            Value::Mapping(entries) => Value::Mapping(
                entries
                    .iter()
                    .map(|(key, value)| {
                        let name = key.as_str().unwrap_or_default();
                        let value = match value {
                            Value::String(text)
                                if is_secret(name) && !text.is_empty() && !is_marked(text) =>
                            {
                                let what = format!("{name} of {service}");
                                Value::String(mark(&self.secret_name(
                                    &format!("{service} {name}"),
                                    &what,
                                    Some(text),
                                )))
                            }
                            value => self.without_secrets(service, value),
                        };
                        (key.clone(), value)
                    })
                    .collect(),
            ),
            other => other.clone(),
        }
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
