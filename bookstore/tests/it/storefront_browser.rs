//! The storefront in a real browser: with a window and a phone, with and without JavaScript.

use serde_json::{Value, json};

use crate::support::{ADMIN_PASSWORD, Browser, Shop, on_both_databases};

/// axe-core 4.14.1 by Deque Systems (MPL 2.0), which looks for obstacles to people with
/// disabilities.
const AXE: &str = include_str!("vendor/axe.min.js");

/// Buys two copies of a book and returns one, by mouse and keyboard alone.
async fn buy_and_return(browser: &Browser, shop: &Shop, book: i64) {
    let before = shop.stock(book).await;
    browser.open("/").await;
    browser.type_into(&format!("#copies-{book}"), "2").await;
    browser.click(&format!("#book-{book} button")).await;
    assert_eq!(browser.path().await, "/");
    assert!(browser.text(".flash").await.contains("2 copies of"));
    assert_eq!(browser.text(".badge").await, "2\ncopies");

    browser.click("header.site a[href='/cart']").await;
    assert_eq!(browser.text("h1").await, "Your cart");
    browser.type_into(".lines input.copies", "3").await;
    browser.click(".lines form button").await;
    assert!(browser.text(".flash").await.contains("3 copies of"));
    browser.click(".checkout button").await;
    assert_eq!(browser.path().await, "/orders");
    assert!(browser.text(".flash").await.starts_with("Thank you! Order"));
    assert!(browser.text(".order").await.contains("3 copies"));
    assert_eq!(shop.stock(book).await, before - 3);

    browser.type_into(".order input.copies", "1").await;
    browser.click(".order .lines button").await;
    assert_eq!(
        browser.text(".flash").await,
        "Thank you, the books are returned."
    );
    assert!(browser.text(".order").await.contains("1 returned"));
    assert_eq!(shop.stock(book).await, before - 2);
    browser.click(".order .all button").await;
    assert_eq!(browser.text(".order .status").await, "Returned");
    assert_eq!(shop.stock(book).await, before);
}

on_both_databases! {
    async fn a_visitor_buys_and_returns_with_a_browser(shop: Shop) {
        let book = shop.add_book(9).await;
        let Some(browser) = Browser::start(&shop.storefront.url).await else { return };
        buy_and_return(&browser, &shop, book).await;
        browser.close().await;
    }

    async fn a_visitor_buys_and_returns_without_javascript(shop: Shop) {
        let book = shop.add_book(9).await;
        let Some(browser) = Browser::start(&shop.storefront.url).await else { return };
        browser.without_javascript().await;
        buy_and_return(&browser, &shop, book).await;
        browser.close().await;
    }

    async fn the_bookseller_keeps_the_catalog_with_a_browser(shop: Shop) {
        let Some(browser) = Browser::start(&shop.storefront.url).await else { return };
        browser.open("/admin").await;
        assert_eq!(browser.path().await, "/admin/login");
        browser.type_into("#name", "admin").await;
        browser.type_into("#password", "a wrong password").await;
        browser.click("main button").await;
        assert_eq!(browser.text("#problem").await, "The name or the password is wrong.");
        browser.type_into("#password", ADMIN_PASSWORD).await;
        browser.click("main button").await;
        assert_eq!(browser.text("h1").await, "Books and stock");

        browser.click("header.site a[href='/admin/books/new']").await;
        browser.type_into("#name", "Emma").await;
        browser.type_into("#price", "12").await;
        browser.type_into("#quantity", "3").await;
        browser.click("main button").await;
        assert_eq!(browser.text(".flash").await, "“Emma” is added as no. 1.");
        assert!(browser.text(".ledger").await.contains("$12"));

        browser.click(".ledger a[href='/admin/books/1']").await;
        browser.type_into("#quantity", "8").await;
        browser.click("main button").await;
        assert_eq!(browser.text(".flash").await, "“Emma” is changed.");
        assert_eq!(shop.stock(1).await, 8);

        browser.click(".ledger a[href$='/deletion']").await;
        browser.click("button.danger").await;
        assert_eq!(browser.text(".flash").await, "The book is deleted.");
        assert!(!browser.has(".ledger").await);
        browser.click("header.site button.link").await;
        assert_eq!(browser.text(".flash").await, "You are signed out.");
        browser.close().await;
    }
}

/// A shop in which every page has something to show; the administrator is signed in.
async fn furnished(shop: &Shop, browser: &Browser) {
    for (name, copies) in [
        ("Emma", 9),
        (
            "A title without any place where a line might be broken: Donaudampfschiffahrtsgesellschaftskapitänswitwenundwaisenfondsverwaltung",
            3,
        ),
        ("<Sold> & \"out\"", 0),
        ("War and Peace", 1_000_000),
    ] {
        let book = json!({"name": name, "price": 1_234_567, "quantity": copies});
        assert_eq!(shop.catalog.post("/products", book).await.0, 201);
    }
    browser.open("/admin/login").await;
    browser.type_into("#name", "admin").await;
    browser.type_into("#password", ADMIN_PASSWORD).await;
    browser.click("main button").await;
    browser.open("/").await;
    browser.click("#book-2 button").await;
    browser.open("/cart").await;
    browser.click(".checkout button").await;
    browser.open("/").await;
    browser.type_into("#copies-4", "999999").await;
    browser.click("#book-4 button").await;
}

const PAGES: [&str; 9] = [
    "/",
    "/?q=nothing+like+it",
    "/cart",
    "/orders",
    "/admin",
    "/admin/books/new",
    "/admin/books/2",
    "/admin/books/2/deletion",
    "/nowhere",
];

#[tokio::test]
async fn no_page_is_wider_than_its_window() {
    let shop = Shop::open("sqlite");
    let Some(browser) = Browser::start(&shop.storefront.url).await else {
        return;
    };
    furnished(&shop, &browser).await;
    for (width, mobile) in [
        (320, true),
        (360, true),
        (390, true),
        (768, false),
        (1280, false),
    ] {
        browser.look_at(width, 800, mobile).await;
        for path in PAGES {
            browser.open(path).await;
            let script = "return document.documentElement.scrollWidth;";
            let needed = browser.evaluate(script).await.as_u64().unwrap();
            assert!(
                needed <= u64::from(width),
                "{path} needs {needed} of {width} pixels"
            );
        }
    }
    browser.close().await;
}

/// What axe finds on the page that is open.
async fn obstacles(browser: &Browser) -> Vec<String> {
    browser.evaluate(AXE).await;
    let found = browser
        .evaluate_async(
            "const done = arguments[arguments.length - 1];
             axe.run({resultTypes: ['violations']}).then(result => done(result.violations
                 .flatMap(violation => violation.nodes.map(node =>
                     `${violation.id}: ${node.html} ${node.failureSummary}`))));",
        )
        .await;
    let texts = found.as_array().unwrap().iter().map(Value::to_string);
    texts.collect()
}

#[tokio::test]
async fn no_page_has_obstacles_to_people_with_disabilities() {
    let shop = Shop::open("sqlite");
    let Some(browser) = Browser::start(&shop.storefront.url).await else {
        return;
    };
    // It finds some where there are some.
    browser.open("/health").await;
    assert_ne!(obstacles(&browser).await, [""; 0]);

    let login = "/admin/login";
    browser.open(login).await;
    browser.type_into("#name", "admin").await;
    browser.type_into("#password", "a wrong password").await;
    browser.click("main button").await;
    assert_eq!(obstacles(&browser).await, [""; 0], "{login}");
    furnished(&shop, &browser).await;
    for (scheme, width, mobile) in [("light", 1280, false), ("dark", 390, true)] {
        browser.look_at(width, 800, mobile).await;
        browser.prefer(scheme).await;
        for path in PAGES {
            browser.open(path).await;
            assert_eq!(obstacles(&browser).await, [""; 0], "{path}, {scheme}");
            let headings = "return document.querySelectorAll('h1').length;";
            assert_eq!(browser.evaluate(headings).await, 1, "{path}");
        }
    }
    browser.close().await;
}

#[tokio::test]
async fn the_keyboard_alone_is_enough_and_shows_where_it_is() {
    let shop = Shop::open("sqlite");
    shop.add_book(3).await;
    let Some(browser) = Browser::start(&shop.storefront.url).await else {
        return;
    };
    browser.open("/").await;
    let visible = "const style = getComputedStyle(document.activeElement);
                   return document.activeElement !== document.body
                       && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;";
    // WebDriver's names of Tab and Enter.
    let mut seen = 0;
    while !browser.has("#book-1 button:focus").await {
        browser.press("\u{e004}").await;
        assert_eq!(browser.evaluate(visible).await, true, "after {seen}");
        seen += 1;
        assert!(seen < 30, "the button is not reached");
    }
    browser.press_and_go_on("\u{e007}").await;
    assert!(browser.text(".flash").await.contains("in your cart"));
    browser.close().await;
}
