//! HTTP samplers as requests.

use url::{Url, form_urlencoded};

use super::tree::{Element, Item};
use super::{Conversion, milliseconds};
use crate::init::draft::{self, Action, Auth, METHODS, Request, Step};
use crate::init::template::is_mark;

/// An argument of a request.
pub(super) struct Argument {
    pub(super) name: String,
    /// With variables marked.
    pub(super) value: String,
    /// Its name and value must be encoded.
    pub(super) is_plain: bool,
}

impl<'a> Conversion<'a> {
    pub(super) fn request(&mut self, item: &'a Item<'a>) -> Vec<Step> {
        let outer = self.scope.clone();
        let name = item.element.name();
        self.scope.sampler = name.to_owned();
        self.scope.path.push(name.to_owned());
        for below in &item.below {
            self.apply(below.element, true);
        }
        let steps = self.sampler(item.element);
        self.scope = outer;
        steps
    }

    fn sampler(&mut self, element: &'a Element) -> Vec<Step> {
        let method = match self.scope.property(element, "HTTPSampler.method") {
            "" => "GET".to_owned(),
            method => self.constant(method).unwrap_or_default(),
        };
        let method = method.to_ascii_uppercase();
        if !METHODS.contains(&method.as_str()) {
            self.leave(format!("a request with the method {method}"));
            return Vec::new();
        }
        self.draws.clear();
        self.draw_before();
        let arguments = self.arguments(element);
        let is_raw = element.is("HTTPSampler.postBodyRaw")
            || !arguments.is_empty() && arguments.iter().all(|argument| argument.name.is_empty());
        let has_body = is_raw || !["GET", "HEAD", "DELETE", "OPTIONS"].contains(&method.as_str());
        let query = if has_body { &[] } else { arguments.as_slice() };
        let Some(url) = self.url(element, query) else {
            return Vec::new();
        };
        let address = self.draft.address(&url);
        let mut request = Request::new(&method, address);
        let content_type = self.headers(&mut request);
        self.authorize(&mut request, &url);
        let files = self.files(element);
        let mut comment = Vec::new();
        if has_body && (!files.is_empty() || element.is("HTTPSampler.DO_MULTIPART_POST")) {
            comment = self.file_body(&mut request, arguments, files, content_type);
        } else if has_body {
            self.body(&mut request, arguments, is_raw, content_type.as_deref());
        }
        request.name = self.label(element);
        let timeout = self.number(self.scope.property(element, "HTTPSampler.response_timeout"));
        request.timeout = timeout.map(milliseconds).filter(|time| !time.is_zero());
        self.connection(element);
        request.set = std::mem::take(&mut self.draws);
        let disabled = !comment.is_empty();
        self.expect(&mut request);
        self.capture(&mut request, disabled);
        let note = element.property("TestPlan.comments");
        if !note.is_empty() {
            comment.insert(0, note.to_owned());
        }
        let thinks = self.thinks().into_iter();
        let mut steps: Vec<Step> = thinks.map(|time| Action::Think(time).into()).collect();
        steps.push(Step::request(request, comment, disabled));
        steps
    }

    /// The label. `None` if it is JMeter's default, or contains variables.
    fn label(&mut self, element: &'a Element) -> Option<String> {
        let name = self.constant(element.attribute("testname").unwrap_or_default().trim())?;
        let name = name.trim();
        (!["", "HTTP Request", "TOTAL"].contains(&name)).then(|| name.to_owned())
    }

    fn arguments(&mut self, element: &'a Element) -> Vec<Argument> {
        let of = |element: &'a Element| {
            let inner = element.inner("HTTPsampler.Arguments");
            inner.map_or(&[][..], |inner| inner.collection("Arguments.arguments"))
        };
        let is_raw = element.is("HTTPSampler.postBodyRaw");
        let mut found: Vec<&Element> = of(element).iter().collect();
        for argument in self.scope.defaults.iter().flat_map(|defaults| of(defaults)) {
            let name = argument.raw("Argument.name");
            // A request's own argument replaces the default of its name; a body of its own all of them.
            if !is_raw && found.iter().all(|own| own.raw("Argument.name") != name) {
                found.push(argument);
            }
        }
        let argument = |argument: &Element| {
            let name = argument.raw("Argument.name");
            Argument {
                name: self.constant(name).unwrap_or_else(|| name.to_owned()),
                value: self.text(argument.raw("Argument.value")),
                is_plain: argument.is("HTTPArgument.always_encode"),
            }
        };
        found.into_iter().map(argument).collect()
    }

    fn url(&mut self, element: &'a Element, query: &[Argument]) -> Option<Url> {
        let path = self.convert(self.scope.property(element, "HTTPSampler.path"), true);
        let mut text = match path.starts_with("http://") || path.starts_with("https://") {
            true => path,
            false => {
                let base = self.base(element)?;
                let is_joined = path.is_empty() || path.starts_with(['/', '?']);
                format!("{base}{}{path}", if is_joined { "" } else { "/" })
            }
        };
        for argument in query {
            text.push(if text.contains('?') { '&' } else { '?' });
            let encode = |text: &str| match argument.is_plain {
                true => encoded(text),
                false => text.replace('#', "%23").replace(' ', "%20"),
            };
            text.push_str(&encode(&argument.name));
            if !argument.name.is_empty() {
                text.push('=');
            }
            text.push_str(&encode(&argument.value));
        }
        let url = Url::parse(&text).ok().filter(|url| url.host().is_some());
        if url.is_none() {
            self.leave("a request whose address is none");
        }
        url
    }

    /// Scheme, host and port of a request.
    fn base(&mut self, element: &'a Element) -> Option<String> {
        let [domain, protocol, port] = ["domain", "protocol", "port"]
            .map(|name| self.scope.property(element, &format!("HTTPSampler.{name}")));
        let mut known = |raw: &str| self.constant(raw).unwrap_or_default().trim().to_owned();
        let (scheme, port) = (known(protocol).to_ascii_lowercase(), known(port));
        let mut host = known(domain);
        if !["", "http", "https"].contains(&scheme.as_str()) {
            self.leave(format!("a request by {scheme}"));
            return None;
        }
        let mut scheme = if scheme.is_empty() {
            "http".to_owned()
        } else {
            scheme
        };
        if let Some((own, rest)) = host.split_once("://") {
            (scheme, host) = (own.to_owned(), rest.trim_end_matches('/').to_owned());
        }
        if host.is_empty() {
            let (what, name) = match domain {
                "" => ("a request without a host".to_owned(), "service".to_owned()),
                domain => {
                    let what = format!("the host {domain}, which is known at run time only");
                    (what, draft::name(domain))
                }
            };
            self.leave(format!("{what}: write its URL under target"));
            host = format!("{name}.invalid");
        }
        Some(match port.parse::<u16>() {
            Ok(port) if port > 0 => format!("{scheme}://{host}:{port}"),
            _ => format!("{scheme}://{host}"),
        })
    }

    /// Adds the headers that apply; the type of the content is returned.
    fn headers(&mut self, request: &mut Request) -> Option<String> {
        let mut headers: Vec<(String, String, String)> = Vec::new();
        for applied in self.scope.headers.clone() {
            for header in applied.element.collection("HeaderManager.headers") {
                let name = self.constant(header.raw("Header.name")).unwrap_or_default();
                let name = name.trim().to_owned();
                let value = header.raw("Header.value");
                if name.is_empty() || self.draft.is_noise(&name, value) {
                    continue;
                }
                let place = applied.place.clone();
                let value = self.at(place.clone(), |conversion| conversion.text(value));
                // An inner element replaces outer ones.
                headers.retain(|(other, ..)| !other.eq_ignore_ascii_case(&name));
                headers.push((name, value, place));
            }
        }
        let mut content_type = None;
        for (name, value, place) in headers {
            match name.eq_ignore_ascii_case("content-type") {
                true => content_type = Some(value.trim().to_owned()),
                false => self.at(place, |conversion| {
                    conversion.draft.add_header(request, &name, &value);
                }),
            }
        }
        content_type
    }

    fn authorize(&mut self, request: &mut Request, url: &Url) {
        for manager in self.scope.authorizations.clone().into_iter().rev() {
            for entry in manager.element.collection("AuthManager.auth_list") {
                let prefix = self.constant(entry.raw("Authorization.url"));
                let prefix = prefix.unwrap_or_default();
                if request.auth.is_none() && url.as_str().starts_with(prefix.trim()) {
                    let place = manager.place.clone();
                    request.auth = self.at(place, |conversion| {
                        conversion.authorization(&request.service, entry)
                    });
                }
            }
        }
    }

    fn authorization(&mut self, service: &str, entry: &Element) -> Option<Auth> {
        let mechanism = entry.property("Authorization.mechanism");
        if !["", "BASIC", "BASIC_DIGEST"].contains(&mechanism) {
            self.leave(format!("authorization by {mechanism}"));
            return None;
        }
        let user = self.text(entry.raw("Authorization.username"));
        let password = self.text(entry.raw("Authorization.password"));
        Some(self.draft.basic(service, &user, Some(&password)))
    }

    fn connection(&mut self, element: &'a Element) {
        let is = |name: &str| self.scope.property(element, name) == "true";
        match is("HTTPSampler.follow_redirects") || is("HTTPSampler.auto_redirects") {
            true => self.follows_redirects = true,
            false => self.notes.not_following.push(element.name().to_owned()),
        }
        self.notes.embedded += usize::from(is("HTTPSampler.image_parser"));
        let closes = element.property("HTTPSampler.use_keepalive") == "false";
        self.notes.connections += usize::from(closes);
        for name in ["proxyHost", "ipSource"] {
            let value = self.scope.property(element, &format!("HTTPSampler.{name}"));
            if !value.is_empty() {
                self.leave(format!("{name} = {value}"));
            }
        }
    }
}

/// Encodes all special characters of a query value, but not variables.
fn encoded(text: &str) -> String {
    let mut in_mark = false;
    let encode = |letter: char| {
        let is_mark = is_mark(letter);
        in_mark ^= is_mark;
        if is_mark || in_mark {
            return letter.to_string();
        }
        let bytes = letter.to_string();
        let piece: String = form_urlencoded::byte_serialize(bytes.as_bytes()).collect();
        piece.replace('+', "%20")
    };
    text.chars().map(encode).collect()
}
