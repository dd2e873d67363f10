//! Authentication by the description's security schemes, with secrets from the environment.

use serde_yaml::Value;

use super::operation::Operation;
use crate::init::draft::{Auth, Draft, Request};
use crate::init::template::Template;

impl Operation<'_> {
    /// Adds the credentials of the first security alternative of the operation. Query parameters are returned.
    pub(super) fn authenticate(
        &self,
        draft: &mut Draft,
        request: &mut Request,
    ) -> Vec<(String, Template)> {
        let root = &self.document.root;
        let security = self.value.get("security").or_else(|| root.get("security"));
        let alternatives = security.and_then(Value::as_sequence);
        let Some(Value::Mapping(alternative)) = alternatives.and_then(|some| some.first()) else {
            return Vec::new();
        };
        let schemes = match self.document.is_version_2() {
            true => root.get("securityDefinitions"),
            false => root
                .get("components")
                .and_then(|components| components.get("securitySchemes")),
        };
        let mut query = Vec::new();
        for name in alternative.keys().filter_map(Value::as_str) {
            let scheme = schemes.and_then(|schemes| self.document.resolve(schemes.get(name)?));
            match scheme {
                Some(scheme) => query.extend(self.scheme(draft, request, name, scheme)),
                None => draft.leave(
                    &self.place,
                    format!("the security scheme {name}, which is not described"),
                ),
            }
        }
        query
    }

    fn scheme(
        &self,
        draft: &mut Draft,
        request: &mut Request,
        name: &str,
        scheme: &Value,
    ) -> Option<(String, Template)> {
        let text = |key: &str| scheme.get(key).and_then(Value::as_str).unwrap_or_default();
        let service = request.service.clone();
        let secret = |draft: &mut Draft, hint: &str, what: &str| {
            // One secret for each scheme.
            draft.secret(
                &format!("{service} {hint}"),
                &format!("{what} of the security scheme {name}"),
                Some(&format!("{name} {hint}")),
            )
        };
        let http = text("scheme").to_ascii_lowercase();
        match (text("type"), http.as_str(), text("in")) {
            ("http", "basic", _) | ("basic", ..) => {
                request.auth = Some(Auth::Basic {
                    user: secret(draft, "user", "user"),
                    password: secret(draft, "password", "password"),
                });
            }
            ("http", "bearer", _) | ("oauth2" | "openIdConnect", ..) => {
                request.auth = Some(Auth::Bearer(secret(draft, "token", "token")));
            }
            ("apiKey", _, "header") => {
                let value = secret(draft, text("name"), "value");
                request
                    .headers
                    .push((text("name").to_ascii_lowercase(), value));
            }
            ("apiKey", _, "query") => {
                return Some((
                    text("name").to_owned(),
                    secret(draft, text("name"), "value"),
                ));
            }
            ("apiKey", _, "cookie") => {
                let value = Template::literal(text("name"))
                    .and_literal("=")
                    .and(&secret(draft, text("name"), "value"));
                request.headers.push(("cookie".to_owned(), value));
            }
            (kind, ..) => draft.leave(
                &self.place,
                format!("the security scheme {name} of the type {kind} {http}"),
            ),
        }
        None
    }
}
