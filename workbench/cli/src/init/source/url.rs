//! An experiment that GETs one URL.

use std::time::Duration;

use anyhow::{Context, bail};
use url::Url;

use crate::init::draft::{self, Draft, Load, Request, Scenario, decoded};
use crate::outcome::note;

/// `called` is the name of the service, where its address is not to name it.
pub(crate) fn draft(text: &str, offline: bool, called: Option<String>) -> anyhow::Result<Draft> {
    of(&parse(text)?, (Load::USERS, Load::HOLD), offline, called)
}

/// Parses a URL; the default scheme is `http`.
pub(super) fn parse(text: &str) -> anyhow::Result<Url> {
    const UNFIT: &str = "this is not the URL of a service: write http://host:port/path";
    let text = text.trim();
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    let is_scheme = !scheme.is_empty() && scheme.chars().all(|it| it.is_ascii_alphanumeric());
    let whole = match is_scheme {
        true => text.to_owned(),
        false => format!("http://{text}"),
    };
    // The error does not contain the text, which may hold a password.
    let url = Url::parse(&whole).context(UNFIT)?;
    let unfit = |letter: char| !letter.is_ascii_alphanumeric() && !"-._[]:".contains(letter);
    let host = url.host_str().unwrap_or_default();
    if !["http", "https"].contains(&url.scheme()) || host.is_empty() || host.contains(unfit) {
        bail!(UNFIT);
    }
    Ok(url)
}

/// User and password in a URL.
pub(super) fn credentials(url: &Url) -> Option<(String, Option<String>)> {
    let some = !url.username().is_empty() || url.password().is_some();
    some.then(|| (decoded(url.username()), url.password().map(decoded)))
}

/// Some users who GET the URL, again and again, for a time. Unless `offline`, it is requested once to see the response.
pub(super) fn of(
    url: &Url,
    (users, hold): (u64, Duration),
    offline: bool,
    called: Option<String>,
) -> anyhow::Result<Draft> {
    let mut draft = Draft {
        called,
        ..Draft::default()
    };
    let address = draft.address(url);
    draft.name = draft::name(&address.0);
    let mut request = Request::new("GET", address);
    if let Some((user, password)) = credentials(url) {
        let password = password.unwrap_or_default();
        request.auth = Some(draft.basic(&request.service, &user, Some(&password)));
    }
    draft
        .scenarios
        .push(Scenario::starter("reader", vec![request.into()]));
    draft.start(users, hold);
    if !offline {
        look(&mut draft, url)?;
    }
    Ok(draft)
}

/// Requests the URL once, and notes the response.
fn look(draft: &mut Draft, url: &Url) -> anyhow::Result<()> {
    let probed = tokio::runtime::Runtime::new()?.block_on(workbench_load::probe(url.as_str()));
    let (noted, comment) = match probed.map(|probe| (probe.status, probe.location)) {
        Err(reason) => (format!("The service does not answer now: {reason}."), None),
        Ok((status @ (200..=299 | 304), _)) => (format!("The service answers ({status})."), None),
        Ok((status @ 300..=399, Some(_))) => {
            let what = format!("The service answers with a redirect ({status})");
            let comment = format!(
                "{what}, which is not followed and counts as a failure: request where it leads, set http: \
                 follow_redirects, or expect the status."
            );
            (format!("{what}."), Some(comment))
        }
        Ok((status, _)) => {
            let comment = format!(
                "The service answers with status {status}, which counts as a failure unless the step expects it."
            );
            let noted = format!("The service answers, but with status {status}.");
            (noted, Some(comment))
        }
    };
    note(&noted);
    draft.comment.extend(comment);
    Ok(())
}
