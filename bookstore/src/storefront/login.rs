//! Signing in and out as an administrator.

use std::net::SocketAddr;

use askama::Template;
use axum::{
    extract::{ConnectInfo, RawQuery},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use url::form_urlencoded;

use super::{
    Storefront,
    errors::Answer,
    form::Form,
    page::{Flash, Layout, Section, render},
    password::Admins,
    session::Session,
    visitor::{Visit, after_sign_in},
};

#[derive(Template)]
#[template(path = "storefront/login.html")]
struct LoginPage {
    layout: Layout,
    name: String,
    problem: Option<String>,
    /// The page to go on at.
    next: String,
}

/// `GET /admin/login`
pub(super) async fn show(visit: Visit, RawQuery(query): RawQuery) -> Answer {
    let query = query.unwrap_or_default();
    let next = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next");
    let next = next.map_or_else(String::new, |(_, next)| next.into_owned());
    if visit.session.admin {
        return Ok(Redirect::to(after_sign_in(&next)).into_response());
    }
    page(&visit, StatusCode::OK, ("", &next), None).await
}

/// `POST /admin/login`
pub(super) async fn sign_in(
    visit: Visit,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    form: Form,
) -> Answer {
    let store = &visit.store;
    let address = store.client_address(peer, &headers);
    let (name, password) = (form.field("name").trim(), form.field("password"));
    let typed = (name, form.field("next"));
    let device = store.known_device(name, &headers).await?;
    let refused = store.attempt(name, address, device.as_deref()).await?;
    if let Some(wait) = refused {
        return too_often(&visit, typed, wait).await;
    }
    if !Admins(&store.database).admit(name, password).await? {
        tracing::warn!(%address, "an attempt to sign in failed");
        let problem = "The name or the password is wrong.".to_owned();
        return page(&visit, StatusCode::FORBIDDEN, typed, Some(problem)).await;
    }
    tracing::info!(%address, "an administrator signed in");
    store.forgive(name, address, device.as_deref()).await?;
    let renewed = store.renew(&visit.session, true).await?;
    let mut response = redirect(store, &renewed, after_sign_in(form.field("next")));
    if let Some(cookie) = store.remember_device(name, device).await? {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// `POST /admin/logout`
pub(super) async fn sign_out(visit: Visit, _: Form) -> Answer {
    let store = &visit.store;
    let renewed = store.renew(&visit.session, false).await?;
    let flash = Flash::done("You are signed out.");
    store.keep_flash(&renewed, Some(&flash)).await?;
    Ok(redirect(store, &renewed, "/admin/login"))
}

fn redirect(store: &Storefront, session: &Session, to: &str) -> Response {
    let cookie = [(header::SET_COOKIE, store.session_cookie(session))];
    (AppendHeaders(cookie), Redirect::to(to)).into_response()
}

async fn too_often(visit: &Visit, typed: (&str, &str), wait: i64) -> Answer {
    let seconds = wait.max(1).unsigned_abs().div_ceil(1000);
    let minutes = seconds.div_ceil(60);
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    let problem = format!("There were too many attempts. Try again in {minutes} {unit}.");
    let mut response = page(visit, StatusCode::TOO_MANY_REQUESTS, typed, Some(problem)).await?;
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    Ok(response)
}

async fn page(
    visit: &Visit,
    status: StatusCode,
    (name, next): (&str, &str),
    problem: Option<String>,
) -> Answer {
    let page = LoginPage {
        layout: visit.layout(Section::Elsewhere, "Sign in").await?,
        name: name.to_owned(),
        problem,
        next: next.to_owned(),
    };
    Ok(render(status, &page))
}
