use super::*;

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// Of a URL.
fn place(url: &str) -> Place<'_> {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (host, _) = rest.split_once('/').unwrap();
    Place {
        host,
        is_secure: scheme == "https",
        target: &rest[host.len()..],
    }
}

/// The Cookie header for a URL after responses have set cookies.
fn sent(set: &[(&str, &str)], to: &str) -> String {
    let mut cookies = Cookies::default();
    for (from, field) in set {
        cookies.set(place(from), now(), field.as_bytes());
    }
    written(&cookies, to, now())
}

fn written(cookies: &Cookies, to: &str, now: SystemTime) -> String {
    let mut header = String::new();
    cookies.write(place(to), now, &mut header);
    header
}

/// The Cookie header for the same URL after this Set-Cookie field.
fn kept(field: &str) -> String {
    sent(&[("http://shop.test/", field)], "http://shop.test/")
}

#[test]
fn a_field_is_read_as_browsers_read_it() {
    assert_eq!(kept("a=b"), "a=b");
    assert_eq!(
        kept(" a\t= \"b c\" ; HttpOnly; SameSite=Lax; what=ever"),
        "a=\"b c\""
    );
    assert_eq!(kept("a=b=c"), "a=b=c");
    assert_eq!(kept("alone"), "alone");
    assert_eq!(kept("=b"), "b");
    assert_eq!(kept("a="), "a=");
    assert_eq!(kept(""), "");
    assert_eq!(kept("; path=/"), "");
    assert_eq!(kept("a=b\u{1}"), "");
    assert_eq!(kept(&format!("a={}", "b".repeat(LONGEST_COOKIE))), "");
    assert_eq!(kept("a=\u{e9}"), "a=\u{e9}");
}

#[test]
fn a_cookie_is_sent_to_its_host_and_with_a_domain_to_subdomains() {
    let to = |field: &str, url: &str| sent(&[("http://www.shop.test/", field)], url);
    assert_eq!(to("a=b", "http://www.shop.test/"), "a=b");
    assert_eq!(to("a=b", "http://img.www.shop.test/"), "");
    assert_eq!(to("a=b; domain=.SHOP.test", "http://img.shop.test/"), "a=b");
    assert_eq!(to("a=b; domain=shop.test", "http://shop.test/"), "a=b");
    assert_eq!(to("a=b; domain=shop.test", "http://bookshop.test/"), "");
    assert_eq!(
        to("a=b; domain=www.shop.test", "http://img.www.shop.test/"),
        "a=b"
    );
    assert_eq!(to("a=b; domain=img.shop.test", "http://img.shop.test/"), "");
    assert_eq!(to("a=b; domain=test", "http://www.shop.test/"), "");
    assert_eq!(to("a=b; domain=", "http://www.shop.test/"), "a=b");
    // IP addresses and single-label names have no subdomains.
    let local = |field: &str, host: &str| sent(&[(host, field)], host);
    assert_eq!(local("a=b; domain=127.0.0.1", "http://127.0.0.1/"), "a=b");
    assert_eq!(local("a=b; domain=0.0.1", "http://127.0.0.1/"), "");
    assert_eq!(local("a=b; domain=localhost", "http://localhost/"), "a=b");
    let below = ("http://localhost/", "a=b; domain=localhost");
    assert_eq!(sent(&[below], "http://api.localhost/"), "");
}

#[test]
fn a_cookie_is_sent_to_its_path_and_paths_below() {
    let to = |field: &str, url: &str| sent(&[("http://shop.test/cart/items?a=/b/", field)], url);
    assert_eq!(to("a=b", "http://shop.test/cart"), "a=b");
    assert_eq!(to("a=b", "http://shop.test/cart/other?c=d"), "a=b");
    assert_eq!(to("a=b", "http://shop.test/cart?c=d"), "a=b");
    assert_eq!(to("a=b", "http://shop.test/carts"), "");
    assert_eq!(to("a=b", "http://shop.test/"), "");
    assert_eq!(to("a=b; path=/", "http://shop.test/"), "a=b");
    assert_eq!(to("a=b; path=items", "http://shop.test/cart"), "a=b");
    assert_eq!(to("a=b; path=/x/", "http://shop.test/x/y"), "a=b");
    assert_eq!(to("a=b; path=/x/", "http://shop.test/x"), "");
}

#[test]
fn longer_paths_come_first_and_older_cookies_before_younger_ones() {
    let url = "http://shop.test/x/y";
    let set = [
        "a=1; path=/",
        "b=2; path=/x",
        "c=3; path=/",
        "d=4; path=/x",
        "a=5; path=/",
    ];
    assert_eq!(
        sent(&set.map(|field| (url, field)), url),
        "b=2; d=4; a=5; c=3"
    );
}

#[test]
fn secure_cookies_are_sent_only_over_secure_connections() {
    let secure = [("https://shop.test/", "a=b; Secure")];
    assert_eq!(sent(&secure, "https://shop.test/"), "a=b");
    assert_eq!(sent(&secure, "http://shop.test/"), "");
    let open = [("http://shop.test/", "a=b; secure")];
    assert_eq!(sent(&open, "https://shop.test/"), "");
}

#[test]
fn cookie_name_prefixes_are_enforced() {
    let set = |field: &str| sent(&[("https://shop.test/", field)], "https://shop.test/");
    assert_eq!(set("__Secure-a=b"), "");
    assert_eq!(set("__Secure-a=b; secure"), "__Secure-a=b");
    assert_eq!(set("__Host-a=b; secure"), "");
    assert_eq!(set("__Host-a=b; secure; path=/; domain=shop.test"), "");
    assert_eq!(set("__Host-a=b; secure; path=/"), "__Host-a=b");
}

#[test]
fn a_cookie_expires_as_stated_and_a_new_one_in_the_past_deletes_it() {
    let url = "http://shop.test/";
    let mut cookies = Cookies::default();
    for field in [
        "a=1",
        "b=2; max-age=60; expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ] {
        cookies.set(place(url), now(), field.as_bytes());
    }
    assert_eq!(written(&cookies, url, now()), "a=1; b=2");
    assert_eq!(cookies.value("b", now()), Some("2"));
    let later = now() + Duration::from_secs(60);
    assert_eq!(written(&cookies, url, later), "a=1");
    assert_eq!(cookies.value("b", later), None);
    cookies.set(place(url), now(), b"a=; max-age=0");
    assert_eq!(written(&cookies, url, now()), "b=2");
    cookies.set(
        place(url),
        now(),
        b"b=; expires=Thu, 01-Jan-1970 00:00:00 GMT",
    );
    assert!(cookies.is_empty());
    assert_eq!(kept("a=b; max-age=-1"), "");
    assert_eq!(kept("a=b; max-age=soon"), "a=b");
    assert_eq!(kept("a=b; max-age=99999999999999999999999"), "a=b");
}

#[test]
fn the_youngest_cookie_of_a_name_is_its_value() {
    let mut cookies = Cookies::default();
    for field in ["a=1; path=/", "a=2; path=/x", "a=3; path=/"] {
        cookies.set(place("http://shop.test/"), now(), field.as_bytes());
    }
    assert_eq!(cookies.value("a", now()), Some("3"));
    assert_eq!(cookies.value("A", now()), None);
}

#[test]
fn dates_are_read_in_all_forms() {
    let seconds = |text: &str| {
        let since = date(text)?.duration_since(SystemTime::UNIX_EPOCH);
        since.ok().map(|since| since.as_secs())
    };
    for text in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "6 november 1994 8:49:37",
    ] {
        assert_eq!(seconds(text), Some(784_111_777), "{text}");
    }
    assert_eq!(seconds("Tue, 19-Jan-38 03:14:07 GMT"), Some(0x7fff_ffff));
    for text in [
        "",
        "soon",
        "31 Feb 2020 00:00:00",
        "1 Jan 2020",
        "1 Jan 2020 25:00:00",
    ] {
        assert_eq!(seconds(text), None, "{text}");
    }
}

#[test]
fn the_oldest_cookie_makes_room_for_the_newest() {
    let mut cookies = Cookies::default();
    for number in 0..MOST_COOKIES + 2 {
        let field = format!("c{number}=v");
        cookies.set(place("http://shop.test/"), now(), field.as_bytes());
    }
    assert_eq!(cookies.cookies.len(), MOST_COOKIES);
    assert_eq!(cookies.value("c1", now()), None);
    assert_eq!(cookies.value("c2", now()), Some("v"));
}
