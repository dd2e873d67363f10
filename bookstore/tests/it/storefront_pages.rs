//! What holds for every page of the storefront: nothing is too wide, no obstacles, a visible focus.

use serde_json::json;

use crate::support::{ADMIN_PASSWORD, Browser, Shop};

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
    browser.click(".checkout button.large").await;
    browser.open("/").await;
    browser.type_into("#copies-4", "999999").await;
    browser.click("#book-4 button").await;
    browser.click("button.danger").await;
    let text =
        json!({"author": "Leo Tolstoy", "category": "Fiction", "description": "Long. ".repeat(99)});
    assert_eq!(shop.catalog.put("/books/4", text).await.0, 200);
}

const PAGES: [&str; 17] = [
    "/",
    "/?q=nothing+like+it",
    "/books/2",
    "/books/4",
    "/cart",
    "/orders",
    "/orders?code=1",
    "/orders/1/cancellation",
    "/admin",
    "/admin?stock=low",
    "/admin?stock=deleted",
    "/admin/orders",
    "/admin/orders?before=1",
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

#[tokio::test]
async fn no_page_has_obstacles_to_people_with_disabilities() {
    let shop = Shop::open("sqlite");
    let Some(browser) = Browser::start(&shop.storefront.url).await else {
        return;
    };
    // It finds some where there are some.
    browser.open("/health").await;
    assert_ne!(browser.obstacles().await, [""; 0]);

    let login = "/admin/login";
    browser.open(login).await;
    browser.type_into("#name", "admin").await;
    browser.type_into("#password", "a wrong password").await;
    browser.click("main button").await;
    assert_eq!(browser.obstacles().await, [""; 0], "{login}");
    furnished(&shop, &browser).await;
    for (scheme, width, mobile) in [("light", 1280, false), ("dark", 390, true)] {
        browser.look_at(width, 800, mobile).await;
        browser.prefer(scheme).await;
        for path in PAGES {
            browser.open(path).await;
            assert_eq!(browser.obstacles().await, [""; 0], "{path}, {scheme}");
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
