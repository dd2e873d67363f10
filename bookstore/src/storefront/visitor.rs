//! Who asks: the session named by the cookie, or a new one, and the address of the client.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{FromRequest, FromRequestParts, Path, Request, State},
    http::{Extensions, HeaderMap, HeaderValue, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::form_urlencoded;

use super::{
    Shared, Storefront,
    errors::PageError,
    form::Form,
    session::{AGE, Session},
};
use crate::platform::Error;

const COOKIE: &str = "bookstore";

/// Digits of a token.
const TOKEN_LENGTH: usize = 64;

/// A visitor at a page of the shop.
pub(super) struct Visit {
    pub(super) store: Shared,
    pub(super) session: Session,
}

/// A visit of an administrator; everyone else is asked to sign in.
pub(super) struct Admin(pub(super) Visit);

/// A form that an administrator has filled in. What somebody has typed whose rights have ended is kept until
/// they have signed in again.
pub(super) struct AdminForm(pub(super) Visit, pub(super) Form);

/// An id in the path. What is no id names no page.
pub(super) struct Id(pub(super) i64);

/// Finds the request's session, or begins one.
pub(super) async fn recognise(
    State(store): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let token = store.cookie_in(request.headers(), COOKIE, TOKEN_LENGTH);
    let token = token.map(str::to_owned);
    let acts = !request.method().is_safe();
    let (session, is_new) = match store.session_of(token, acts).await {
        Ok(session) => session,
        Err(error) => return PageError::from(error).into_response(),
    };
    let cookie = is_new.then(|| store.session_cookie(&session));
    request.extensions_mut().insert(session);
    let mut response = next.run(request).await;
    if let Some(cookie) = cookie {
        // A page that has renewed the session has said so itself.
        response
            .headers_mut()
            .entry(header::SET_COOKIE)
            .or_insert(cookie);
    }
    response
}

impl Storefront {
    /// The address of a client, where `peer` has connected: it, or a proxy in front of it.
    pub(super) fn client_address(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        // The last entry is the proxy's own; those before it are anybody's claims.
        let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
        let forwarded = forwarded
            .filter(|_| self.behind_proxy)
            .and_then(|addresses| addresses.to_str().ok()?.rsplit(',').next())
            .and_then(|address| address.trim().parse().ok());
        forwarded.unwrap_or(peer.ip())
    }

    pub(super) fn session_cookie(&self, session: &Session) -> HeaderValue {
        self.cookie(COOKIE, &session.token, "Lax", AGE / 1000)
    }
}

/// The session of a request.
pub(super) fn session_in(extensions: &Extensions) -> &Session {
    let session = extensions.get();
    session.expect("every page recognises its visitor")
}

impl FromRequestParts<Shared> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, store: &Shared) -> Result<Self, Infallible> {
        let session = session_in(&parts.extensions).clone();
        let store = Arc::clone(store);
        Ok(Self { store, session })
    }
}

impl Visit {
    /// What was typed into the form for this address when its sender's rights had ended; once.
    pub(super) async fn take_typed(&self, address: &str) -> Result<Option<Form>, Error> {
        let typed = self.session.typed.as_deref().unwrap_or_default();
        let Ok((for_address, fields)) = serde_json::from_str::<(String, _)>(typed) else {
            return Ok(None);
        };
        if for_address != address {
            return Ok(None);
        }
        self.store.keep_typed(&self.session, None).await?;
        Ok(Some(Form(fields)))
    }
}

impl FromRequest<Shared> for AdminForm {
    type Rejection = PageError;

    async fn from_request(request: Request, store: &Shared) -> Result<Self, PageError> {
        let (mut parts, body) = request.into_parts();
        let Ok(Visit { session, .. }) = Visit::from_request_parts(&mut parts, store).await;
        let admin = Admin::from_request_parts(&mut parts, store).await;
        let address = parts.uri.path().to_owned();
        let form = Form::from_request(Request::from_parts(parts, body), store).await;
        if let (Err(_), Ok(form)) = (&admin, &form) {
            let typed = serde_json::json!([address, form.fields()]).to_string();
            store.keep_typed(&session, Some(&typed)).await?;
        }
        Ok(Self(admin?.0, form?))
    }
}

impl FromRequestParts<Shared> for Admin {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, store: &Shared) -> Result<Self, PageError> {
        let Ok(visit) = Visit::from_request_parts(parts, store).await;
        if visit.session.admin {
            return Ok(Self(visit));
        }
        // A form goes on at the page that has shown it.
        let page = match parts.method.is_safe() {
            true => Some(parts.uri.clone()),
            false => parts
                .headers
                .get(header::REFERER)
                .and_then(|page| page.to_str().ok()?.parse().ok()),
        };
        let path = page.as_ref().and_then(Uri::path_and_query);
        let next = path.map_or(ADMIN_START, |path| path.as_str()).to_owned();
        Err(PageError::SignInFirst(next))
    }
}

const ADMIN_START: &str = "/admin";

/// Where an administrator goes on who has signed in: a page of the bookseller's on this site.
pub(super) fn after_sign_in(next: &str) -> &str {
    let uri: Option<Uri> = next.parse().ok();
    let path = uri.as_ref().map_or("", Uri::path);
    let is_ours = path == ADMIN_START || path.starts_with("/admin/");
    if is_ours && next.starts_with(ADMIN_START) {
        next
    } else {
        ADMIN_START
    }
}

/// Where to sign in to go on at a page.
pub(super) fn sign_in_address(next: &str) -> String {
    match after_sign_in(next) {
        ADMIN_START => "/admin/login".to_owned(),
        next => {
            let mut query = form_urlencoded::Serializer::new(String::new());
            format!("/admin/login?{}", query.append_pair("next", next).finish())
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        match Path::<i64>::from_request_parts(parts, state).await {
            Ok(Path(id)) if id > 0 => Ok(Self(id)),
            _ => Err(PageError::not_found("There is no such page.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_the_booksellers_pages_only() {
        let page = "/admin/books/7?q=a";
        assert_eq!(after_sign_in(page), page);
        let address = "/admin/login?next=%2Fadmin%2Fbooks%2F7%3Fq%3Da";
        assert_eq!(sign_in_address(page), address);
        for elsewhere in [
            "",
            "//evil.test/admin/",
            "http://evil.test/admin/",
            "/admin.evil",
            "/orders",
            "/admin/\r\n",
        ] {
            assert_eq!(after_sign_in(elsewhere), "/admin", "{elsewhere}");
        }
        assert_eq!(sign_in_address("/admin"), "/admin/login");
    }
}
