//! Attempts to sign in to the storefront: how many, from where, and on whose account.

use crate::support::{ADMIN_PASSWORD, Process, Service, Visitor, command, on_both_databases};

on_both_databases! {
    async fn attempts_from_an_address_are_limited_even_with_the_right_password(shop: Shop) {
        let visitor = Visitor::of(&shop.storefront);
        for _ in 0..5 {
            assert_eq!(visitor.try_to_sign_in("admin", "wrong").await.status, 403);
        }
        let page = visitor.try_to_sign_in("admin", ADMIN_PASSWORD).await;
        assert_eq!(page.status, 429);
        assert!(page.says("There were too many attempts. Try again in 15 minutes."));
        let wait: u64 = page.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((800..=900).contains(&wait), "{wait}");
        assert_eq!(visitor.get("/admin").await.path, "/admin/login");
    }

    async fn attempts_from_an_address_are_limited_over_all_accounts_at_once(shop: Shop) {
        let visitor = Visitor::of(&shop.storefront);
        let login = visitor.get("/admin/login").await;
        let attempts = (0..12).map(|number| {
            let (login, visitor) = (&login, &visitor);
            async move {
                let name = format!("nobody{number}");
                let fields = [("name", name.as_str()), ("password", "wrong")];
                visitor.submit(login, "/admin/login", &fields).await.status
            }
        });
        let attempts: Vec<_> = attempts.collect();
        let mut statuses = futures::future::join_all(attempts).await;
        statuses.sort_unstable();
        assert_eq!(statuses[..5], [403; 5]);
        assert_eq!(statuses[5..], [429; 7]);
    }

    async fn attempts_are_forgiven_when_their_owner_signs_in(shop: Shop) {
        let visitor = Visitor::of(&shop.storefront);
        for _ in 0..2 {
            for _ in 0..4 {
                assert_eq!(visitor.try_to_sign_in("admin", "wrong").await.status, 403);
            }
            let stock = visitor.sign_in().await;
            visitor.submit(&stock, "/admin/logout", &[]).await;
        }
    }
}

/// Attempts to sign in as what a proxy says of its clients: a visitor's form, and their headers.
async fn attempt_from(storefront: &Service, addresses: &[&str], name: &str, password: &str) -> u16 {
    let visitor = Visitor::of(storefront);
    let login = visitor.get("/admin/login").await;
    let cookie = visitor.cookie.lock().unwrap().clone().unwrap();
    let token = login.value("form_token");
    let mut request = storefront
        .request(reqwest::Method::POST, "/admin/login")
        .header("cookie", cookie)
        .header("content-type", "application/x-www-form-urlencoded");
    for address in addresses {
        request = request.header("x-forwarded-for", *address);
    }
    let password = password.replace(' ', "+");
    let body = format!("form_token={token}&name={name}&password={password}");
    request.body(body).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn behind_a_proxy_attempts_are_counted_by_its_clients() {
    let alone = ["storefront", "--port=0", "--ephemeral"];
    for (more, allowed) in [(["--behind-proxy"].as_slice(), 12), (&[], 5)] {
        let process = Process::start(&[alone.as_slice(), more].concat());
        let storefront = process.service("storefront");
        for number in 0..12 {
            // The last address is the proxy's word, in a header of its own or not.
            let client = format!("198.51.100.{number}");
            let both = format!("203.0.113.1, {client}");
            let addresses = [vec!["203.0.113.1", &client], vec![&both]];
            let addresses = &addresses[number % 2];
            let status = attempt_from(&storefront, addresses, "nobody", "x").await;
            let expected = if number < allowed { 403 } else { 429 };
            assert_eq!(status, expected, "{more:?}, {number}");
        }
    }
}

#[tokio::test]
async fn one_address_cannot_lock_the_administrator_out() {
    let process = Process::start(&["storefront", "--port=0", "--ephemeral", "--behind-proxy"]);
    let storefront = process.service("storefront");
    let mut statuses = Vec::new();
    for number in 0..60 {
        // What it claims to have been sent by makes no difference.
        let claim = format!("198.51.100.{number}, 203.0.113.7");
        statuses.push(attempt_from(&storefront, &[&claim], "admin", "wrong").await);
    }
    assert_eq!(statuses[..5], [403; 5]);
    assert_eq!(statuses[5..], [429; 55]);
    let owner = attempt_from(&storefront, &["203.0.113.8"], "admin", ADMIN_PASSWORD).await;
    // Let in, and sent on without the new cookie.
    assert_eq!(owner, 200);
}

/// Sends the form of signing in with this device's cookie; the status, and the device's cookie as it
/// is set.
async fn attempt_on(
    storefront: &Service,
    address: &str,
    device: &str,
    password: &str,
) -> (u16, Option<String>) {
    let visitor = Visitor::of(storefront);
    let login = visitor.get("/admin/login").await;
    let session = visitor.cookie.lock().unwrap().clone().unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none());
    let form = format!(
        "form_token={}&name=admin&password={}",
        login.value("form_token"),
        password.replace(' ', "+")
    );
    let answer = client
        .build()
        .unwrap()
        .post(format!("{}/admin/login", storefront.url))
        .header("cookie", format!("{session}; {device}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-forwarded-for", address)
        .body(form);
    let answer = answer.send().await.unwrap();
    let cookies = answer.headers().get_all("set-cookie").iter();
    let mut cookies = cookies.map(|cookie| cookie.to_str().unwrap().to_owned());
    let device = cookies.find(|cookie| cookie.starts_with("bookstore-device="));
    (answer.status().as_u16(), device)
}

fn pair(cookie: &str) -> String {
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn nobody_locks_the_administrator_out_of_a_known_device() {
    let data = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", data.path().display());
    let process = Process::start(&[
        "storefront",
        "--port=0",
        "--behind-proxy",
        "--database",
        &database,
    ]);
    let storefront = process.service("storefront");
    let home = "203.0.113.7";
    let (status, cookie) = attempt_on(&storefront, home, "", ADMIN_PASSWORD).await;
    assert_eq!(status, 303);
    let cookie = cookie.unwrap();
    for attribute in [
        "; HttpOnly",
        "; SameSite=Strict",
        "; Path=/",
        "; Max-Age=15552000",
    ] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let device = pair(&cookie);
    // Somebody in the same network, and others all over the world.
    for number in 0..60 {
        let elsewhere = format!("198.51.100.{number}");
        attempt_on(&storefront, &elsewhere, "", "wrong").await;
        attempt_on(&storefront, home, "", "wrong").await;
    }
    let stranger = attempt_on(&storefront, home, "", ADMIN_PASSWORD).await;
    assert_eq!(stranger, (429, None));
    let stranger = attempt_on(&storefront, "192.0.2.1", "", ADMIN_PASSWORD).await;
    assert_eq!(stranger.0, 429, "the account's attempts are used up");
    // The device stays known, and its owner's mistakes are forgiven.
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(attempt_on(&storefront, home, &device, "wrong").await.0, 403);
        }
        let (status, again) = attempt_on(&storefront, home, &device, ADMIN_PASSWORD).await;
        assert_eq!(
            (status, again.as_deref().map(pair)),
            (303, Some(device.clone()))
        );
    }
    // That lets no stranger in again.
    assert_eq!(
        attempt_on(&storefront, home, "", ADMIN_PASSWORD).await.0,
        429
    );
    // A device that nobody has signed in from is none.
    let (name, digits) = device.split_once('=').unwrap();
    let (nonce, proof) = digits.split_at(64);
    for forged in [
        format!("{name}={}{proof}", "0".repeat(64)),
        format!("{name}={nonce}{}", "0".repeat(64)),
        format!("{name}={nonce}"),
        format!("{name}={digits}00"),
        format!("{name}="),
    ] {
        let refused = attempt_on(&storefront, home, &forged, ADMIN_PASSWORD).await;
        assert_eq!(refused.0, 429, "{forged}");
    }
    // Nor may a known one go on for ever.
    for number in 0..8 {
        let (status, _) = attempt_on(&storefront, "192.0.2.2", &device, "wrong").await;
        assert_eq!(status, if number < 5 { 403 } else { 429 }, "{number}");
    }
    drop(process);

    // Another password makes it unknown.
    let mut next = command(&[
        "storefront",
        "--port=0",
        "--behind-proxy",
        "--database",
        &database,
    ]);
    next.env("BOOKSTORE_ADMIN_PASSWORD", "another horse battery staple");
    let process = Process::launch(&mut next);
    let storefront = process.service("storefront");
    for _ in 0..5 {
        assert_eq!(attempt_on(&storefront, home, &device, "wrong").await.0, 403);
    }
    let (status, _) = attempt_on(&storefront, home, "", "another horse battery staple").await;
    assert_eq!(status, 429, "its attempts are those of its address");
}

#[tokio::test]
async fn browsers_are_told_to_come_by_tls_where_cookies_are_for_tls_only() {
    for (options, expected) in [
        (&["--secure-cookies"][..], Some("max-age=31536000")),
        (&[], None),
    ] {
        let alone = ["storefront", "--port=0", "--ephemeral"];
        let process = Process::start(&[&alone[..], options].concat());
        let storefront = process.service("storefront");
        for path in ["/admin/login", "/nowhere", "/assets/icon.svg", "/health"] {
            let request = storefront.request(reqwest::Method::GET, path);
            let answer = request.send().await.unwrap();
            let told = answer.headers().get("strict-transport-security");
            assert_eq!(
                told.map(|it| it.to_str().unwrap()),
                expected.filter(|_| path != "/health")
            );
        }
    }
}

#[tokio::test]
async fn attempts_on_an_account_are_limited_over_all_addresses() {
    let process = Process::start(&["storefront", "--port=0", "--ephemeral", "--behind-proxy"]);
    let storefront = process.service("storefront");
    for number in 0..50 {
        let address = format!("198.51.100.{number}");
        let status = attempt_from(&storefront, &[&address], "admin", "wrong").await;
        assert_eq!(status, 403, "{number}");
    }
    let owner = attempt_from(&storefront, &["203.0.113.8"], "admin", ADMIN_PASSWORD).await;
    assert_eq!(owner, 429);
}
