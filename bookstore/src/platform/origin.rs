//! Requests that a browser sends for a page of somebody else: any page may have a browser post to
//! any address, with whatever the browser keeps for it, and from inside of its network.
//!
//! `tower_http::csrf` was tried: to it `http://shop` and `shop:80`, as some proxies write it, are two
//! origins, and it knows of no hosts.
//!
//! # References
//! F. Valsorda, "Cross-Site Request Forgery", and Go's `net/http.CrossOriginProtection`, which does
//! the same; W3C, "Fetch Metadata Request Headers", 2.3.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderMap, header, uri::Authority},
};

use crate::platform::Error;

/// Names under which browsers may reach a listener. A page can have its own name stand for any
/// address, also of the network that its reader is in (DNS rebinding): `Origin` and `Host` agree
/// then, and only the name says that the request is not meant for this service.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    named: Arc<[String]>,
    /// Everybody who reaches the listener is on this machine, and knows it by a local name.
    only_local: bool,
    /// Whether what is read there is not for everybody, either.
    guards_reads: bool,
}

impl Hosts {
    /// The names that an operator gives, for a listener on loopback or elsewhere.
    pub(crate) fn new(named: Vec<String>, only_local: bool) -> Self {
        Self {
            named: named.into(),
            only_local,
            guards_reads: false,
        }
    }

    /// The same for a listener with calls that are not for everybody to read.
    pub(crate) fn guarding_reads(self) -> Self {
        Self {
            guards_reads: true,
            ..self
        }
    }

    /// Refuses a request that is to change something and that a browser sends for a page of another
    /// origin, or for a host that is not known. On loopback the host is checked whoever sends the
    /// request; elsewhere programs may use any name.
    ///
    /// A page cannot read what another origin answers, but what its own name answers. A browser does not
    /// say that it reads for a page, so the host of a read is checked on loopback, where reads are guarded.
    pub(crate) fn check(&self, request: &Request) -> Result<(), Error> {
        let (is_read, host) = (request.method().is_safe(), host_of(request));
        if is_read && !(self.guards_reads && self.only_local) {
            return Ok(());
        }
        if !is_read && is_foreign(request.headers(), host) {
            return Err(Error::ForeignPage);
        }
        // Who is in front may have looked at another one.
        if request.headers().get_all(header::HOST).iter().count() > 1 {
            return Err(Error::UnknownHost);
        }
        let checked = self.only_local || is_of_browser(request.headers());
        if checked && host.is_some_and(|host| !self.know(host)) {
            return Err(Error::UnknownHost);
        }
        Ok(())
    }

    /// Names without a dot are nobody's on the internet, and so are addresses.
    fn know(&self, host: &str) -> bool {
        let Ok(host) = host.parse::<Authority>() else {
            return false;
        };
        let name = host.host().trim_end_matches('.');
        let is_address = name.starts_with('[') || name.parse::<std::net::Ipv4Addr>().is_ok();
        let top_level = name.rsplit('.').next().unwrap_or_default();
        is_address
            || top_level.eq_ignore_ascii_case("localhost")
            || !name.contains('.')
            || self.named.iter().any(|it| it.eq_ignore_ascii_case(name))
    }
}

/// The host that a request is for. Requests of HTTP/2 and those to a proxy have it in their target.
fn host_of(request: &Request) -> Option<&str> {
    match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(header::HOST)?.to_str().ok(),
    }
}

fn is_of_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site")
}

/// Whether a request comes from a page of another origin. What no browser sends has neither of the
/// two headers.
///
/// A page on the same host but another port, or on a neighbouring host (`same-site`), is another
/// one's, too. Browsers say where a request comes from by `Sec-Fetch-Site`, which no page can write;
/// those that do not know it by `Origin`, which is held against `Host`.
fn is_foreign(headers: &HeaderMap, host: Option<&str>) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return false;
    };
    // `null` is the origin of pages that hide theirs.
    let origin = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    let (Some((scheme, origin)), Some(host)) = (origin, host) else {
        return true;
    };
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    // Browsers leave it out, and some proxies add it.
    let [origin, host] = [origin, host].map(|it| it.strip_suffix(default_port).unwrap_or(it));
    !origin.eq_ignore_ascii_case(host)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_page_of_another_origin_is_known_by_its_headers() {
        let foreign = |host: &str, (name, value): (&str, &str)| {
            let request = Request::post("/").header("host", host).header(name, value);
            let request = request.body(Body::empty()).unwrap();
            let checked = Hosts::new(Vec::new(), true).check(&request);
            matches!(checked, Err(Error::ForeignPage))
        };
        for site in ["same-origin", "none"] {
            assert!(!foreign("shop", ("sec-fetch-site", site)), "{site}");
        }
        for site in ["same-site", "cross-site"] {
            assert!(foreign("shop", ("sec-fetch-site", site)), "{site}");
        }
        for (origin, host, expected) in [
            ("http://shop:8001", "shop:8001", false),
            ("http://SHOP:8001", "shop:8001", false),
            ("http://shop", "shop:80", false),
            ("http://shop:80", "shop", false),
            ("https://shop", "shop:443", false),
            ("http://[::1]", "[::1]:80", false),
            ("http://shop:8000", "shop:8001", true),
            ("http://shop.example", "shop", true),
            ("shop:8001", "shop:8001", true),
            ("null", "null", true),
            ("http://shop", "shop:8080", true),
            ("http://shop", "shop:443", true),
            ("https://shop", "shop:80", true),
        ] {
            let found = foreign(host, ("origin", origin));
            assert_eq!(found, expected, "{origin} {host}");
        }
    }
}
