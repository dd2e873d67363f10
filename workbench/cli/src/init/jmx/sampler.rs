//! HTTP samplers as requests.

use url::{Url, form_urlencoded};

use super::scope::Scope;
use super::tree::{Element, Item};
use super::variables::Draws;
use super::{Conversion, milliseconds};
use crate::init::browser_headers::is_noise;
use crate::init::draft::{self, Request, Step};
use crate::init::template::is_mark;

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// An argument of a request.
pub(super) struct Argument {
    pub(super) name: String,
    /// With variables marked.
    pub(super) value: String,
    /// Its name and value must be encoded.
    pub(super) is_plain: bool,
}

impl<'a> Conversion<'a> {
    pub(super) fn request(&mut self, item: &'a Item<'a>, scope: &Scope<'a>) -> Vec<Step> {
        let element = item.element;
        let place = scope.place(element);
        let mut scope = scope.clone();
        scope.sampler = element.name().to_owned();
        scope.path.push(element.name().to_owned());
        for below in &item.below {
            match below.element.is_enabled() {
                true => self.apply(below.element, below.element.kind(), &mut scope, true),
                false => self.notes.disabled.push(below.element.name().to_owned()),
            }
        }
        let scope = &scope;
        let method = match scope.property(element, "HTTPSampler.method").trim() {
            "" => "GET".to_owned(),
            method => self
                .constant(method)
                .unwrap_or_default()
                .to_ascii_uppercase(),
        };
        if !METHODS.contains(&method.as_str()) {
            self.draft
                .leave(place, format!("a request with the method {method}"));
            return Vec::new();
        }
        let mut draws = Draws::new();
        self.draw_before(scope, &mut draws);
        let arguments = self.arguments(element, scope, &mut draws, &place);
        let is_raw = element.is("HTTPSampler.postBodyRaw")
            || !arguments.is_empty() && arguments.iter().all(|argument| argument.name.is_empty());
        let has_body = is_raw || !matches!(method.as_str(), "GET" | "HEAD" | "DELETE" | "OPTIONS");
        let query = if has_body { &[] } else { arguments.as_slice() };
        let Some(url) = self.url(element, scope, query, &mut draws, &place) else {
            return Vec::new();
        };
        let address = self.draft.address(&url);
        let mut request = Request::new(&method, address);
        let content_type = self.headers(&mut request, scope, &mut draws);
        self.authorize(&mut request, &url, scope, &mut draws);
        let files = self.files(element, &place);
        let mut comment = Vec::new();
        if has_body {
            comment = self.body(
                &mut request,
                arguments,
                files,
                is_raw,
                (element, &place),
                content_type,
            );
        }
        request.name = self.label(element);
        request.timeout = self
            .number(
                scope
                    .property(element, "HTTPSampler.response_timeout")
                    .trim(),
            )
            .map(milliseconds)
            .filter(|time| !time.is_zero());
        self.connection(element, scope, &place);
        request.set = draws;
        let is_disabled = !comment.is_empty();
        self.expect(&mut request, scope);
        self.capture(&mut request, scope, is_disabled);
        let note = element.property("TestPlan.comments").trim();
        if !note.is_empty() {
            comment.insert(0, note.to_owned());
        }
        let thinks = self.thinks(&scope.timers).into_iter();
        let mut steps: Vec<Step> = thinks
            .map(|time| draft::Action::Think(time).into())
            .collect();
        steps.push(Step {
            comment,
            disabled: is_disabled,
            ..request.into()
        });
        steps
    }

    /// The label. `None` if it is JMeter's default, or contains variables.
    fn label(&mut self, element: &Element) -> Option<String> {
        let name = element.attribute("testname").unwrap_or_default().trim();
        let name = self.constant(name)?;
        let name = name.trim();
        let is_own = !matches!(name, "" | "HTTP Request" | "TOTAL");
        is_own.then(|| name.to_owned())
    }

    fn arguments(
        &mut self,
        element: &'a Element,
        scope: &Scope<'a>,
        draws: &mut Draws,
        place: &str,
    ) -> Vec<Argument> {
        let own = element.inner("HTTPsampler.Arguments");
        let defaults = scope
            .defaults
            .iter()
            .filter_map(|defaults| defaults.inner("HTTPsampler.Arguments"));
        let is_raw = element.is("HTTPSampler.postBodyRaw");
        let mut found: Vec<&Element> = own
            .into_iter()
            .flat_map(|it| it.collection("Arguments.arguments"))
            .collect();
        let name = |argument: &Element| argument.property("Argument.name").to_owned();
        for argument in defaults.flat_map(|it| it.collection("Arguments.arguments")) {
            // A request's own argument replaces the default of its name; a body of its own all of them.
            if !is_raw && found.iter().all(|own| name(own) != name(argument)) {
                found.push(argument);
            }
        }
        found
            .into_iter()
            .map(|argument| Argument {
                name: self
                    .constant(argument.property("Argument.name"))
                    .unwrap_or_else(|| name(argument)),
                value: self.text(argument.property("Argument.value"), scope, draws, place),
                is_plain: argument.is("HTTPArgument.always_encode"),
            })
            .collect()
    }

    fn url(
        &mut self,
        element: &'a Element,
        scope: &Scope<'a>,
        query: &[Argument],
        draws: &mut Draws,
        place: &str,
    ) -> Option<Url> {
        let path = scope
            .property(element, "HTTPSampler.path")
            .trim()
            .to_owned();
        let path = self.address_text(&path, scope, draws, place);
        let is_whole = ["http://", "https://"]
            .iter()
            .any(|start| path.starts_with(start));
        let mut text = if is_whole {
            path
        } else {
            let base = self.base(element, scope, place)?;
            let slash = if path.is_empty() || path.starts_with(['/', '?']) {
                ""
            } else {
                "/"
            };
            format!("{base}{slash}{path}")
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
        match Url::parse(&text) {
            Ok(url) if url.host().is_some() => Some(url),
            _ => {
                self.draft.leave(place, "a request whose address is none");
                None
            }
        }
    }

    /// Scheme, host and port of a request.
    fn base(&mut self, element: &'a Element, scope: &Scope<'a>, place: &str) -> Option<String> {
        let raw = |name: &str| scope.property(element, name).trim().to_owned();
        let (domain, protocol, port) = (
            raw("HTTPSampler.domain"),
            raw("HTTPSampler.protocol"),
            raw("HTTPSampler.port"),
        );
        let scheme = self
            .constant(&protocol)
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if !matches!(scheme.as_str(), "" | "http" | "https") {
            self.draft.leave(place, format!("a request by {scheme}"));
            return None;
        }
        let host = self.constant(&domain).unwrap_or_default().trim().to_owned();
        let (scheme, host) = match host.split_once("://") {
            Some((own, host)) => (own.to_owned(), host.trim_end_matches('/').to_owned()),
            None if scheme.is_empty() => ("http".to_owned(), host),
            None => (scheme, host),
        };
        let port = self.constant(&port).unwrap_or_default();
        let port = port.trim().parse::<u16>().ok().filter(|port| *port > 0);
        let host = if host.is_empty() {
            let what = match domain.as_str() {
                "" => "a request without a host".to_owned(),
                domain => format!("the host {domain}, which is known at run time only"),
            };
            self.draft
                .leave(place, format!("{what}: write its URL under target"));
            let name = draft::name(&domain);
            format!(
                "{}.invalid",
                if domain.is_empty() { "service" } else { &name }
            )
        } else {
            host
        };
        Some(match port {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        })
    }

    /// Adds the headers that apply; the type of the content is returned.
    fn headers(
        &mut self,
        request: &mut Request,
        scope: &Scope<'a>,
        draws: &mut Draws,
    ) -> Option<String> {
        let mut headers: Vec<(String, String, String)> = Vec::new();
        for applied in &scope.headers {
            for header in applied.element.collection("HeaderManager.headers") {
                let name = self
                    .constant(header.property("Header.name"))
                    .unwrap_or_default();
                let name = name.trim().to_owned();
                let value = header.property("Header.value");
                if name.is_empty() {
                    continue;
                }
                if is_noise(&name, value) {
                    self.notes.noise.insert(name.to_ascii_lowercase());
                    continue;
                }
                let value = self.text(value, scope, draws, &applied.place);
                // An inner element replaces outer ones.
                headers.retain(|(other, ..)| !other.eq_ignore_ascii_case(&name));
                headers.push((name, value, applied.place.clone()));
            }
        }
        let mut content_type = None;
        for (name, value, place) in headers {
            match name.eq_ignore_ascii_case("content-type") {
                true => content_type = Some(value.trim().to_owned()),
                false => self.draft.add_header(request, &name, &value, &place),
            }
        }
        content_type
    }

    fn authorize(
        &mut self,
        request: &mut Request,
        url: &Url,
        scope: &Scope<'a>,
        draws: &mut Draws,
    ) {
        for manager in scope.authorizations.iter().rev() {
            for entry in manager.collection("AuthManager.auth_list") {
                let prefix = self
                    .constant(entry.property("Authorization.url"))
                    .unwrap_or_default();
                if request.auth.is_some() || !url.as_str().starts_with(prefix.trim()) {
                    continue;
                }
                let place = scope.place(manager);
                let mechanism = entry.property("Authorization.mechanism").trim();
                if !matches!(mechanism, "" | "BASIC" | "BASIC_DIGEST") {
                    self.draft
                        .leave(place, format!("authorization by {mechanism}"));
                    continue;
                }
                let user = self.text(
                    entry.property("Authorization.username"),
                    scope,
                    draws,
                    &place,
                );
                let password = self.text(
                    entry.property("Authorization.password"),
                    scope,
                    draws,
                    &place,
                );
                let service = request.service.clone();
                request.auth = Some(self.draft.basic(&service, &user, &password));
            }
        }
    }

    fn connection(&mut self, element: &Element, scope: &Scope<'a>, place: &str) {
        let is = |name: &str| scope.property(element, name).trim() == "true";
        match is("HTTPSampler.follow_redirects") || is("HTTPSampler.auto_redirects") {
            true => self.follows_redirects = true,
            false => self.notes.not_following.push(element.name().to_owned()),
        }
        if is("HTTPSampler.image_parser") {
            self.notes.embedded += 1;
        }
        if element.property("HTTPSampler.use_keepalive").trim() == "false" {
            self.notes.connections += 1;
        }
        for name in ["HTTPSampler.proxyHost", "HTTPSampler.ipSource"] {
            if !scope.property(element, name).trim().is_empty() {
                let what = name.trim_start_matches("HTTPSampler.");
                self.draft
                    .leave(place, format!("{what} = {}", scope.property(element, name)));
            }
        }
    }
}

/// Encodes all special characters of a query value, but not variables.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    let mut in_mark = false;
    for letter in text.chars() {
        if is_mark(letter) {
            in_mark = !in_mark;
            out.push(letter);
        } else if in_mark {
            out.push(letter);
        } else {
            let mut bytes = [0; 4];
            let piece = form_urlencoded::byte_serialize(letter.encode_utf8(&mut bytes).as_bytes())
                .collect::<String>();
            out.push_str(&piece.replace('+', "%20"));
        }
    }
    out
}
