//! Who asks: the session named by the cookie, or a new one, and the address of the client.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Path, Request, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    Shared, Storefront,
    page::PageError,
    security::secret,
    session::{AGE, Found, Session},
};
use crate::{Error, database::now_ms};

/// Digits of a token.
const TOKEN_LENGTH: usize = 64;

/// The session of whoever asks for a page.
#[derive(Clone, Debug)]
pub(super) struct Visitor(pub(super) Session);

/// A visitor who is an administrator; everyone else is asked to sign in.
pub(super) struct Admin(pub(super) Session);

/// Where a request comes from.
pub(super) struct ClientAddress(pub(super) IpAddr);

/// An id in the path. What is no id names no page.
pub(super) struct Id(pub(super) i64);

/// Finds the request's session, or begins one.
pub(super) async fn recognise(
    State(store): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let token = store.token_in(request.headers());
    let acts = !request.method().is_safe();
    let (session, is_new) = match store.session_of(token, acts).await {
        Ok(session) => session,
        Err(error) => return PageError::from(error).into_response(),
    };
    let cookie = is_new.then(|| store.cookie(&session));
    request.extensions_mut().insert(Visitor(session));
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
    /// The session with this token, and whether the visitor has yet to be told its token. Robots keep
    /// no cookies, and many visitors send no form: neither leaves anything in the database.
    async fn session_of(
        &self,
        token: Option<String>,
        acts: bool,
    ) -> Result<(Session, bool), Error> {
        let Some(token) = token else {
            return Ok((Session::unwritten(secret()), true));
        };
        let now = now_ms();
        Ok(match self.find(&token, now).await? {
            Found::Session(session) => (session, false),
            Found::Unknown if acts => (self.begin(token, now).await?, false),
            Found::Unknown => (Session::unwritten(token), false),
            Found::Ended => (Session::unwritten(secret()), true),
        })
    }

    /// The prefix makes browsers insist on `Secure`, and refuse a cookie of a neighbouring host.
    fn cookie_name(&self) -> &'static str {
        if self.secure_cookies {
            "__Host-bookstore"
        } else {
            "bookstore"
        }
    }

    /// The cookie that names a session.
    pub(super) fn cookie(&self, session: &Session) -> HeaderValue {
        let name = self.cookie_name();
        let secure = if self.secure_cookies { "; Secure" } else { "" };
        let age = AGE / 1000;
        let cookie = format!(
            "{name}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}",
            session.token
        );
        HeaderValue::try_from(cookie).expect("digits and letters make a header")
    }

    fn token_in(&self, headers: &HeaderMap) -> Option<String> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|cookies| cookies.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find(|(name, token)| *name == self.cookie_name() && is_token(token))
            .map(|(_, token)| token.to_owned())
    }
}

/// Whether a text may be one of our tokens.
fn is_token(text: &str) -> bool {
    text.len() == TOKEN_LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        let visitor = parts.extensions.get::<Self>();
        Ok(visitor.expect("every page recognises its visitor").clone())
    }
}

impl<S: Sync> FromRequestParts<S> for Admin {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let Visitor(session) = Visitor::from_request_parts(parts, state).await?;
        if session.admin {
            Ok(Self(session))
        } else {
            Err(PageError::SignInFirst)
        }
    }
}

impl FromRequestParts<Shared> for ClientAddress {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, store: &Shared) -> Result<Self, PageError> {
        let ConnectInfo(peer) = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .expect("the server tells who has connected");
        // The last entry is the proxy's own; those before it are anybody's claims.
        let forwarded = parts
            .headers
            .get_all("x-forwarded-for")
            .iter()
            .next_back()
            .filter(|_| store.behind_proxy)
            .and_then(|addresses| addresses.to_str().ok()?.rsplit(',').next())
            .and_then(|address| address.trim().parse().ok());
        Ok(Self(forwarded.unwrap_or(peer.ip())))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        match Path::<i64>::from_request_parts(parts, state).await {
            Ok(Path(id)) if id > 0 => Ok(Self(id)),
            _ => Err(PageError::NotFound("There is no such page.")),
        }
    }
}
