//! Requests that a browser sends for a page of somebody else: any page may have a browser post to
//! any address, with whatever the browser keeps for it, and from inside of its network.
//!
//! # References
//! F. Valsorda, "Cross-Site Request Forgery", and Go's `net/http.CrossOriginProtection`, which does
//! the same; W3C, "Fetch Metadata Request Headers", 2.3.

use axum::{extract::Request, http::header};

/// Whether a request is to change something and comes from a page of another origin. What no
/// browser sends has neither of the two headers.
///
/// A page on the same host but another port, or on a neighbouring host (`same-site`), is another
/// one's, too. Browsers say where a request comes from by `Sec-Fetch-Site`, which no page can write;
/// those that do not know it by `Origin`, which is held against `Host`.
pub(crate) fn is_foreign(request: &Request) -> bool {
    if request.method().is_safe() {
        return false;
    }
    let headers = request.headers();
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return false;
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
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

    fn is_foreign(method: &str, host: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).header("host", host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        super::is_foreign(&request.body(Body::empty()).unwrap())
    }

    #[test]
    fn only_programs_and_own_pages_may_change_something() {
        let cases: [(&[_], bool); 11] = [
            (&[], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("origin", "http://shop:8001")], false),
            (&[("origin", "http://SHOP:8001")], false),
            (&[("origin", "http://shop:8000")], true),
            (&[("origin", "http://shop.example")], true),
            (&[("origin", "shop:8001")], true),
            (&[("origin", "null")], true),
        ];
        for (headers, expected) in cases {
            for method in ["POST", "PUT", "DELETE", "PATCH"] {
                let found = is_foreign(method, "shop:8001", headers);
                assert_eq!(found, expected, "{headers:?}");
            }
            assert!(!is_foreign("GET", "shop:8001", headers), "{headers:?}");
        }
        assert!(is_foreign("POST", "null", &[("origin", "null")]));
    }

    #[test]
    fn the_port_of_a_scheme_may_be_named_or_left_out() {
        for (origin, host, expected) in [
            ("http://shop", "shop:80", false),
            ("http://shop:80", "shop", false),
            ("https://shop", "shop:443", false),
            ("http://[::1]", "[::1]:80", false),
            ("http://shop", "shop:8080", true),
            ("http://shop", "shop:443", true),
            ("https://shop", "shop:80", true),
            ("http://shop:8080", "shop:80", true),
        ] {
            let found = is_foreign("POST", host, &[("origin", origin)]);
            assert_eq!(found, expected, "{origin} {host}");
        }
    }
}
