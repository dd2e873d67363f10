//! Authentication by the description's security schemes, with secrets from the environment.

use serde_yaml::Value;

use super::document::entries;
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
        let security = self.value.get("security").unwrap_or(&root["security"]);
        let schemes = match self.document.is_version_2() {
            true => &root["securityDefinitions"],
            false => &root["components"]["securitySchemes"],
        };
        let mut query = Vec::new();
        for (name, _) in entries(&security[0]) {
            let scheme = schemes.get(name);
            let scheme = scheme.and_then(|scheme| self.document.resolve(scheme));
            match scheme {
                Some(scheme) => query.extend(self.scheme(draft, request, name, scheme)),
                None => {
                    let what = format!("the security scheme {name}, which is not described");
                    draft.leave(what);
                }
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
        let text = |key: &str| scheme[key].as_str().unwrap_or_default();
        let mut secret = |hint: &str, what: &str| {
            let hint_of = format!("{} {hint}", request.service);
            let what = format!("{what} of the security scheme {name}");
            // One secret for each scheme.
            draft.secret(&hint_of, &what, Some(&format!("{name} {hint}")))
        };
        let (key, http) = (text("name"), text("scheme").to_ascii_lowercase());
        match (text("type"), http.as_str(), text("in")) {
            ("http", "basic", _) | ("basic", ..) => {
                let (user, password) = (secret("user", "user"), secret("password", "password"));
                request.auth = Some(Auth::Basic { user, password });
            }
            ("http", "bearer", _) | ("oauth2" | "openIdConnect", ..) => {
                request.auth = Some(Auth::Bearer(secret("token", "token")));
            }
            ("apiKey", _, "header") => {
                request
                    .headers
                    .push((key.to_ascii_lowercase(), secret(key, "value")));
            }
            ("apiKey", _, "query") => return Some((key.to_owned(), secret(key, "value"))),
            ("apiKey", _, "cookie") => {
                let value = Template::literal(key).and_literal("=");
                let value = value.and(&secret(key, "value"));
                request.headers.push(("cookie".to_owned(), value));
            }
            (kind, ..) => {
                let what = format!("the security scheme {name} of the type {kind} {http}");
                draft.leave(what);
            }
        }
        None
    }
}
