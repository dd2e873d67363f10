//! Selects the requests of a recording that belong to the service itself.

use std::collections::{BTreeMap, HashSet};

use url::{Host, Url};

use super::file::Entry;
use crate::init::draft::{Draft, METHODS, file_name};

/// The selected requests. The numbers of left-out requests are noted by kind.
pub(super) fn kept<'a>(entries: &'a [Entry], draft: &mut Draft) -> Vec<&'a Entry> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut candidates = Vec::new();
    // Some tools record no responses.
    let has_responses = entries.iter().any(|entry| entry.status > 0);
    for entry in entries {
        let is_stream = ["websocket", "eventsource"].contains(&entry.resource.as_str());
        let why = if is_preflight(entry) {
            "preflight requests of browsers"
        } else if is_static(entry) {
            "images, scripts, styles, fonts and media"
        } else if entry.status == 101 || is_stream {
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
        draft.leave_at("left out", format!("{count} × {what}"));
    }
    if !hosts.is_empty() {
        let count: usize = hosts.values().sum();
        let hosts: Vec<String> = hosts
            .iter()
            .map(|(host, count)| format!("{host} ({count})"))
            .collect();
        let what = format!("{count} × requests to other hosts: {}", hosts.join(", "));
        draft.leave_at("left out", what);
    }
    candidates
}

fn is_preflight(entry: &Entry) -> bool {
    let asks = |name: &str| name.eq_ignore_ascii_case("access-control-request-method");
    let is_asking = || entry.headers.iter().any(|(name, _)| asks(name));
    entry.resource == "preflight" || entry.method == "OPTIONS" && is_asking()
}

/// Whether it is a static resource of a page.
fn is_static(entry: &Entry) -> bool {
    const RESOURCES: &str = "image imageset font stylesheet script media manifest texttrack";
    const STARTS: &str = "image/ font/ audio/ video/ text/css text/javascript application/font";
    const KINDS: &str = "application/javascript application/x-javascript application/ecmascript application/wasm \
        application/manifest+json application/x-font-woff application/vnd.ms-fontobject";
    const ENDINGS: &str = "avif bmp css eot gif ico jpeg jpg js map mjs mp3 mp4 otf png svg ttf wasm webm webmanifest webp \
        woff woff2";
    let has = |words: &str, word: &str| words.split(' ').any(|known| known == word);
    let kind = entry.kind.as_str();
    let is_kind = has(RESOURCES, &entry.resource)
        || has(KINDS, kind)
        || STARTS.split(' ').any(|start| kind.starts_with(start));
    // If the response has no type, as redirects and cached ones.
    let tells = !["", "application/octet-stream", "text/plain"].contains(&kind);
    let ending = file_name(entry.url.path()).rsplit_once('.');
    let is_ending = || ending.is_some_and(|(_, it)| has(ENDINGS, &it.to_ascii_lowercase()));
    ["GET", "HEAD"].contains(&entry.method.as_str()) && (is_kind || !tells && is_ending())
}

/// The site that was recorded: that of the first page, else the one of most requests, the first of several.
fn own_site(candidates: &[&Entry]) -> Option<String> {
    let is_page = |entry: &&&Entry| {
        let is_kind = ["text/html", "application/xhtml+xml"].contains(&entry.kind.as_str());
        entry.resource == "document" || is_kind
    };
    if let Some(page) = candidates.iter().find(is_page) {
        return Some(site(&page.url));
    }
    let sites: Vec<String> = candidates.iter().map(|entry| site(&entry.url)).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for site in &sites {
        *counts.entry(site).or_default() += 1;
    }
    let most = counts.values().max();
    let first = sites.iter().find(|site| counts.get(site.as_str()) == most);
    first.cloned()
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
            let is_own = |other: &&Entry| other.url.origin() == target.origin();
            exchange.is_redirected |= kept.iter().any(is_own);
            let mut later = from + 1..kept.len().min(from + WITHIN);
            let same = |next: &usize| !followed.contains(next) && same(&kept[*next].url, &target);
            let Some(next) = later.find(same) else { break };
            followed.insert(next);
            exchange.answered = kept[next];
            from = next;
        }
        exchanges.push(exchange);
    }
    exchanges
}

fn same(one: &Url, other: &Url) -> bool {
    let (mut one, mut other) = (one.clone(), other.clone());
    one.set_fragment(None);
    other.set_fragment(None);
    one == other
}
