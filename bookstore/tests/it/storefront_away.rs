//! The storefront when services behind it are away.

use crate::support::{Process, Visitor};

#[tokio::test]
async fn a_page_says_kindly_that_a_service_behind_it_is_away() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let storefront = Process::start(&[
        "storefront",
        "--port=0",
        "--ephemeral",
        &format!("--catalog-url={url}"),
        &format!("--cart-url={url}"),
        &format!("--orders-url={url}"),
    ]);
    let visitor = Visitor::of(&storefront.service("storefront"));
    for path in ["/", "/cart", "/orders"] {
        let page = visitor.get(path).await;
        assert_eq!(page.status, 503, "{path}");
        assert!(page.says("We will be right back"), "{}", page.html);
        assert_eq!(page.headers["retry-after"], "5");
        assert!(!page.says(&url), "{}", page.html);
    }
    let login = visitor.get("/admin/login").await;
    let page = visitor.submit(&login, "/orders", &[("key", "k7")]).await;
    assert_eq!(page.status, 503);
    assert!(page.says("Is your order placed?"));
    // To ask again is to ask for the same order.
    assert_eq!(page.value("key"), "k7");
}

#[tokio::test]
async fn a_shop_without_its_cart_still_shows_its_books() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let away = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let catalog = Process::start(&["catalog", "--port=0", "--ephemeral", "--products=3"]);
    let storefront = Process::start(&[
        "storefront",
        "--port=0",
        "--ephemeral",
        &format!("--catalog-url={}", catalog.service("catalog").internal_url),
        &format!("--cart-url={away}"),
        &format!("--orders-url={away}"),
    ]);
    let page = Visitor::of(&storefront.service("storefront"))
        .get("/")
        .await;
    assert_eq!(page.status, 200);
    assert!(page.says("The Silent River"));
    assert!(page.says("The cart cannot be reached at the moment."));
}
