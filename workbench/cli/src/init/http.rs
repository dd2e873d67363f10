//! Headers, addresses and bodies as clients send them, put into requests of an experiment: what the workbench sends by
//! itself is left out, and secrets become environment variables.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_yaml::Value;
use url::{Url, form_urlencoded};

use super::draft::{Auth, Body, Draft, Part, Request};
use super::template::{Template, is_mark, is_marked, mark};
use super::yaml::Node;

/// Codings of responses that the workbench undoes.
const ENCODINGS: [&str; 3] = ["gzip", "br", "zstd"];

/// Whether what is called so (a header, a field of a form, a parameter) is a secret by its name.
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

    /// A user and a password; either may be a secret of the source by itself.
    pub(super) fn basic(&mut self, service: &str, user: &str, password: &str) -> Auth {
        // Stripe and others take a key for the user, and no password.
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
            // HTTP/2's, and what the client says by itself.
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

    /// Moves what every one of several requests has in common, headers and a bearer token, to the defaults.
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

    /// Gives the request a body as a client sent it, with the content type that it named. `place` is where it stands.
    pub(super) fn set_body(
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

    /// A multipart body; of parts with the same name the first, as a file has one value for each name.
    pub(super) fn multipart(&mut self, parts: Vec<(String, Part)>, place: &str) -> Body {
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
