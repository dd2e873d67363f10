use std::collections::BTreeMap;

use super::*;

/// The services `shop` (with a path of its own), `pay` (of the same server) and `img`.
fn services() -> Vec<Arc<Endpoint>> {
    let endpoint = |host: &str, prefix: &str| {
        Arc::new(Endpoint {
            service: host.to_owned(),
            addresses: Vec::new(),
            tls: None,
            prefix: prefix.to_owned(),
            host: host.to_owned(),
            version: workbench_plan::HttpVersion::Http1,
        })
    };
    vec![
        endpoint("shop.test", "/v1"),
        endpoint("shop.test", "/pay"),
        endpoint("img.test:8080", ""),
        endpoint("[::1]:8080", ""),
    ]
}

const GET: &str = "GET /v1/a/b?c=d HTTP/1.1\r\nhost: shop.test\r\nuser-agent: w\r\n\r\n";

/// The service and path to which a redirect of [`GET`] leads.
fn leads(location: &str) -> Result<(usize, String), Stop> {
    let services = services();
    let follow = next(302, Some(location.as_bytes()), GET.as_bytes(), &services, 0)?;
    Ok((follow.service, follow.target))
}

#[test]
fn locations_are_resolved_as_browsers_resolve_them() {
    for (location, service, target) in [
        ("/x", 0, "/x"),
        ("x", 0, "/v1/a/x"),
        ("../x?y=z#fragment", 0, "/v1/x?y=z"),
        ("?y", 0, "/v1/a/b?y"),
        ("", 0, "/v1/a/b?c=d"),
        ("#top", 0, "/v1/a/b?c=d"),
        ("http://shop.test", 0, "/"),
        ("HTTP://SHOP.test:80/x", 0, "/x"),
        ("//img.test:8080/x", 2, "/x"),
        ("http://img.test:8080/x//y", 2, "/x//y"),
        ("http://[0:0:0::1]:8080/x", 3, "/x"),
        (" /x y\t", 0, "/x%20y"),
        ("/\u{e9}", 0, "/%C3%A9"),
    ] {
        assert_eq!(
            leads(location),
            Ok((service, target.to_owned())),
            "{location}"
        );
    }
    let latin = next(302, Some(b"/\xe9"), GET.as_bytes(), &services(), 0).unwrap();
    assert_eq!(latin.target, "/%E9");
    let slashes = "GET //img.test:8080/y HTTP/1.1\r\nhost: shop.test\r\n\r\n";
    let follow = next(302, Some(b"z"), slashes.as_bytes(), &services(), 0).unwrap();
    assert_eq!(
        (follow.service, follow.target.as_str()),
        (0, "//img.test:8080/z")
    );
}

#[test]
fn only_declared_addresses_are_followed() {
    let not_declared = |location: &str, origin: &str| {
        assert_eq!(leads(location), Err(Stop::NotDeclared(origin.to_owned())));
    };
    not_declared("http://other.test/x", "http://other.test");
    not_declared("https://shop.test/x", "https://shop.test");
    not_declared("http://img.test/x", "http://img.test");
    not_declared("mailto:ann@shop.test", "null");
    assert_eq!(leads("http://[/"), Err(Stop::Malformed));
    let nowhere = next(302, None, GET.as_bytes(), &services(), 0);
    assert_eq!(nowhere, Err(Stop::NoLocation));
}

#[test]
fn a_service_with_another_host_header_is_the_same_service() {
    let request = "GET / HTTP/1.1\r\nHost: www.shop.example\r\nauthorization: a\r\n\r\n";
    let location = Some(&b"http://www.shop.example/x"[..]);
    let follow = next(301, location, request.as_bytes(), &services(), 2).unwrap();
    assert_eq!(follow.service, 2);
    let written = follow.write(request.as_bytes(), &services()[2], None);
    let expected = "GET /x HTTP/1.1\r\nhost: www.shop.example\r\nauthorization: a\r\n\r\n";
    assert_eq!(String::from_utf8(written).unwrap(), expected);
}

/// The method, fields and body of the redirected request.
fn followed(status: u16, method: &str, location: &str, cookies: Option<&str>) -> String {
    let services = services();
    let request = format!(
        "{method} /v1/a HTTP/1.1\r\nhost: shop.test\r\nuser-agent: w\r\naccept: */*\r\n\
         content-type: text/plain\r\ncookie: own=1\r\nauthorization: Bearer t\r\nx-api-key: k\r\n\
         content-length: 2\r\n\r\nhi"
    );
    let location = Some(location.as_bytes());
    let follow = next(status, location, request.as_bytes(), &services, 0).unwrap();
    let endpoint = &services[follow.service];
    String::from_utf8(follow.write(request.as_bytes(), endpoint, cookies)).unwrap()
}

#[test]
fn a_redirect_becomes_a_get_or_repeats_the_request_by_its_status() {
    let methods = BTreeMap::from([
        (301, ["GET", "GET", "PUT", "DELETE", "HEAD"]),
        (302, ["GET", "GET", "PUT", "DELETE", "HEAD"]),
        (303, ["GET", "GET", "GET", "GET", "HEAD"]),
        (307, ["GET", "POST", "PUT", "DELETE", "HEAD"]),
        (308, ["GET", "POST", "PUT", "DELETE", "HEAD"]),
    ]);
    for (status, expected) in methods {
        assert!(is_redirect(status));
        let found = ["GET", "POST", "PUT", "DELETE", "HEAD"].map(|method| {
            let request = followed(status, method, "/x", None);
            let has_body = request.ends_with("content-length: 2\r\n\r\nhi");
            let keeps = status > 303 || status < 303 && method != "POST";
            assert_eq!(has_body, keeps, "{status} {request}");
            assert_eq!(request.contains("content-"), has_body, "{request}");
            request.split(' ').next().unwrap().to_owned()
        });
        assert_eq!(found, expected, "{status}");
    }
    for status in [200, 300, 304, 305, 306, 404] {
        assert!(!is_redirect(status));
    }
}

#[test]
fn another_origin_does_not_get_headers_of_the_first() {
    assert_eq!(
        followed(307, "POST", "http://img.test:8080/x", None),
        "POST /x HTTP/1.1\r\nhost: img.test:8080\r\nuser-agent: w\r\naccept: */*\r\n\
         content-type: text/plain\r\ncontent-length: 2\r\n\r\nhi"
    );
    assert_eq!(
        followed(302, "POST", "/x", None),
        "GET /x HTTP/1.1\r\nhost: shop.test\r\nuser-agent: w\r\naccept: */*\r\n\
         cookie: own=1\r\nauthorization: Bearer t\r\nx-api-key: k\r\n\r\n"
    );
}

#[test]
fn cookies_are_those_that_the_user_keeps() {
    let same = followed(303, "GET", "/x", Some("kept=2"));
    assert!(
        same.ends_with("x-api-key: k\r\ncookie: kept=2\r\n\r\n"),
        "{same}"
    );
    assert_eq!(same.matches("cookie").count(), 1);
    let none = followed(303, "GET", "/x", Some(""));
    assert!(!none.contains("cookie"), "{none}");
}
