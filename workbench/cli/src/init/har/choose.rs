//! Selects the requests of a recording that belong to the service itself.

use std::collections::{BTreeMap, HashSet};

use url::{Host, Url};

use super::file::Entry;
use crate::init::draft::Draft;

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The selected requests. The numbers of left-out requests are noted by kind.
pub(super) fn kept<'a>(entries: &'a [Entry], draft: &mut Draft) -> Vec<&'a Entry> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut candidates = Vec::new();
    // Some tools record no responses.
    let has_responses = entries.iter().any(|entry| entry.status > 0);
    for entry in entries {
        let why = if is_preflight(entry) {
            "preflight requests of browsers"
        } else if is_static(entry) {
            "images, scripts, styles, fonts and media"
        } else if entry.status == 101
            || matches!(entry.resource.as_str(), "websocket" | "eventsource")
        {
            "WebSockets and event streams"
        } else if entry.status == 0 && has_responses {
            "requests without a response"
        } else if !METHODS.contains(&entry.method.as_str()) {
            "requests with other methods"
        } else {
            candidates.push(entry);
            continue;
        };
        *counts.entry(why).or_default() += 1;
    }
    let own = own_site(&candidates);
    let mut hosts: BTreeMap<String, usize> = BTreeMap::new();
    candidates.retain(|entry| {
        let is_own = own.as_ref().is_none_or(|own| site(&entry.url) == *own);
        if !is_own {
            let host = entry.url.host_str().unwrap_or_default().to_owned();
            *hosts.entry(host).or_default() += 1;
        }
        is_own
    });
    for (what, count) in counts {
        draft.leave("left out", format!("{count} × {what}"));
    }
    if !hosts.is_empty() {
        let count: usize = hosts.values().sum();
        let hosts: Vec<String> = hosts
            .iter()
            .map(|(host, count)| format!("{host} ({count})"))
            .collect();
        draft.leave(
            "left out",
            format!("{count} × requests to other hosts: {}", hosts.join(", ")),
        );
    }
    candidates
}

fn is_preflight(entry: &Entry) -> bool {
    let asks = |name: &str| name.eq_ignore_ascii_case("access-control-request-method");
    entry.resource == "preflight"
        || entry.method == "OPTIONS" && entry.headers.iter().any(|(name, _)| asks(name))
}

/// Whether it is a static resource of a page.
pub(super) fn is_static(entry: &Entry) -> bool {
    if !matches!(entry.method.as_str(), "GET" | "HEAD") {
        return false;
    }
    let resources = [
        "image",
        "imageset",
        "font",
        "stylesheet",
        "script",
        "media",
        "manifest",
        "texttrack",
    ];
    if resources.contains(&entry.resource.as_str()) {
        return true;
    }
    let kind = entry.kind.as_str();
    let starts = [
        "image/",
        "font/",
        "audio/",
        "video/",
        "text/css",
        "text/javascript",
        "application/font",
    ];
    let whole = [
        "application/javascript",
        "application/x-javascript",
        "application/ecmascript",
        "application/wasm",
        "application/manifest+json",
        "application/x-font-woff",
        "application/vnd.ms-fontobject",
    ];
    if starts.iter().any(|start| kind.starts_with(start)) || whole.contains(&kind) {
        return true;
    }
    // If the response has no type, as redirects and cached ones.
    let tells = !kind.is_empty() && kind != "application/octet-stream" && kind != "text/plain";
    let endings = [
        "avif",
        "bmp",
        "css",
        "eot",
        "gif",
        "ico",
        "jpeg",
        "jpg",
        "js",
        "map",
        "mjs",
        "mp3",
        "mp4",
        "otf",
        "png",
        "svg",
        "ttf",
        "wasm",
        "webm",
        "webmanifest",
        "webp",
        "woff",
        "woff2",
    ];
    let ending = entry
        .url
        .path()
        .rsplit('/')
        .next()
        .and_then(|name| name.rsplit_once('.'));
    !tells
        && ending.is_some_and(|(_, ending)| endings.contains(&ending.to_ascii_lowercase().as_str()))
}

/// The site that was recorded: that of the first page, else the one of most requests.
fn own_site(candidates: &[&Entry]) -> Option<String> {
    let page = candidates.iter().find(|entry| {
        entry.resource == "document"
            || entry.kind == "text/html"
            || entry.kind == "application/xhtml+xml"
    });
    if let Some(page) = page {
        return Some(site(&page.url));
    }
    let mut counts: Vec<(String, usize)> = Vec::new();
    for entry in candidates {
        let site = site(&entry.url);
        match counts.iter_mut().find(|(known, _)| *known == site) {
            Some((_, count)) => *count += 1,
            None => counts.push((site, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    counts
        .into_iter()
        .find(|(_, count)| *count == most)
        .map(|(site, _)| site)
}

/// The registrable domain: `shop.test` of `api.shop.test`.
fn site(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    if !matches!(url.host(), Some(Host::Domain(_))) {
        return host;
    }
    let labels: Vec<&str> = host.split('.').collect();
    // Suffixes such as co.uk and com.au are shared.
    let count = match labels.as_slice() {
        [.., second, top] if top.len() == 2 && second.len() <= 3 => 3,
        _ => 2,
    };
    labels[labels.len().saturating_sub(count)..].join(".")
}

/// A request with its response, as it is sent.
pub(super) struct Exchange<'a> {
    /// The request.
    pub(super) sent: &'a Entry,
    /// The response, at the end of the redirects.
    pub(super) answered: &'a Entry,
    /// It was redirected, and redirects are followed.
    pub(super) is_redirected: bool,
}

/// Requests, each with the last response of the redirects that it led to.
pub(super) fn redirected<'a>(kept: &[&'a Entry]) -> Vec<Exchange<'a>> {
    /// Requests of a page in between.
    const WITHIN: usize = 30;
    let mut followed = HashSet::new();
    let mut exchanges = Vec::new();
    for (at, entry) in kept.iter().enumerate() {
        if followed.contains(&at) {
            continue;
        }
        let mut exchange = Exchange {
            sent: entry,
            answered: entry,
            is_redirected: false,
        };
        let mut from = at;
        while let Some(target) = exchange.answered.redirect() {
            let is_own = kept
                .iter()
                .any(|other| other.url.origin() == target.origin());
            exchange.is_redirected |= is_own;
            let next = (from + 1..kept.len().min(from + WITHIN))
                .find(|next| !followed.contains(next) && same(&kept[*next].url, &target));
            let Some(next) = next else { break };
            followed.insert(next);
            exchange.answered = kept[next];
            from = next;
        }
        exchanges.push(exchange);
    }
    exchanges
}

fn same(one: &url::Url, other: &url::Url) -> bool {
    let (mut one, mut other) = (one.clone(), other.clone());
    one.set_fragment(None);
    other.set_fragment(None);
    one == other
}
