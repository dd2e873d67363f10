//! Signing in and out as an administrator.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};

use super::{
    Shared, Storefront,
    attempts::Attempt,
    form::Form,
    page::{Flash, Layout, PageError, Section, render},
    password::Admins,
    session::Session,
    visitor::{ClientAddress, Visitor},
};
use crate::{Error, database::now_ms};

#[derive(Template)]
#[template(path = "storefront/login.html")]
struct LoginPage {
    layout: Layout,
    name: String,
    problem: Option<String>,
}

/// `GET /admin/login`
pub(super) async fn show(
    State(store): State<Shared>,
    Visitor(session): Visitor,
) -> Result<Response, PageError> {
    if session.admin {
        return Ok(Redirect::to("/admin").into_response());
    }
    Ok(page(&store, &session, StatusCode::OK, "", None).await?)
}

/// `POST /admin/login`
pub(super) async fn sign_in(
    State(store): State<Shared>,
    Visitor(session): Visitor,
    ClientAddress(address): ClientAddress,
    form: Form,
) -> Result<Response, PageError> {
    let (name, password) = (form.field("name").trim(), form.field("password"));
    let attempt = store.attempt(name, address, now_ms()).await?;
    if let Attempt::Refused(wait) = attempt {
        return Ok(too_often(&store, &session, name, wait).await?);
    }
    if !Admins(&store.database).admit(name, password).await? {
        tracing::warn!(%address, "an attempt to sign in failed");
        let problem = "The name or the password is wrong.".to_owned();
        let status = StatusCode::FORBIDDEN;
        return Ok(page(&store, &session, status, name, Some(problem)).await?);
    }
    tracing::info!(%address, "an administrator signed in");
    store.forgive(name, address).await?;
    let renewed = store.renew(&session, true, now_ms()).await?;
    Ok(redirect(&store, &renewed, "/admin"))
}

/// `POST /admin/logout`
pub(super) async fn sign_out(
    State(store): State<Shared>,
    Visitor(session): Visitor,
    _: Form,
) -> Result<Response, PageError> {
    let renewed = store.renew(&session, false, now_ms()).await?;
    let flash = Flash::done("You are signed out.");
    store.keep_flash(&renewed, Some(&flash), now_ms()).await?;
    Ok(redirect(&store, &renewed, "/admin/login"))
}

fn redirect(store: &Storefront, session: &Session, to: &str) -> Response {
    let cookie = [(header::SET_COOKIE, store.cookie(session))];
    (AppendHeaders(cookie), Redirect::to(to)).into_response()
}

async fn too_often(
    store: &Storefront,
    session: &Session,
    name: &str,
    wait: i64,
) -> Result<Response, Error> {
    let seconds = wait.max(1).unsigned_abs().div_ceil(1000);
    let minutes = seconds.div_ceil(60);
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    let problem = format!("There were too many attempts. Try again in {minutes} {unit}.");
    let status = StatusCode::TOO_MANY_REQUESTS;
    let mut response = page(store, session, status, name, Some(problem)).await?;
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    Ok(response)
}

async fn page(
    store: &Storefront,
    session: &Session,
    status: StatusCode,
    name: &str,
    problem: Option<String>,
) -> Result<Response, Error> {
    let layout = store.layout(session, Section::Elsewhere, "Sign in").await?;
    let name = name.to_owned();
    let page = LoginPage {
        layout,
        name,
        problem,
    };
    Ok(render(status, &page))
}
