//! Requests that a browser sends for a page of somebody else: any page may have a browser post to
//! any address, with whatever the browser keeps for it, and from inside of its network.
//!
//! # References
//! F. Valsorda, "Cross-Site Request Forgery", and Go's `net/http.CrossOriginProtection`, which does
//! the same; W3C, "Fetch Metadata Request Headers", 2.3.

use axum::{
    extract::Request,
    http::{Uri, header},
};

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
    let origin = origin.to_str().ok().and_then(|origin| {
        let origin: Uri = origin.parse().ok()?;
        Some(origin.authority()?.as_str().to_owned())
    });
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    match (origin, host) {
        (Some(origin), Some(host)) => !origin.eq_ignore_ascii_case(host),
        // `null` is the origin of pages that hide theirs.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn is_foreign(method: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder()
            .method(method)
            .header("host", "shop:8001");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        super::is_foreign(&request.body(Body::empty()).unwrap())
    }

    #[test]
    fn only_programs_and_own_pages_may_change_something() {
        let cases: [(&[_], bool); 10] = [
            (&[], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("origin", "http://shop:8001")], false),
            (&[("origin", "http://SHOP:8001")], false),
            (&[("origin", "http://shop:8000")], true),
            (&[("origin", "http://shop.example")], true),
            (&[("origin", "null")], true),
        ];
        for (headers, expected) in cases {
            for method in ["POST", "PUT", "DELETE", "PATCH"] {
                assert_eq!(is_foreign(method, headers), expected, "{headers:?}");
            }
            assert!(!is_foreign("GET", headers), "{headers:?}");
        }
    }
}
