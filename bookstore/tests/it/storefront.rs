//! The storefront's pages for visitors, without a browser.

use reqwest::Method;
use serde_json::json;

use crate::support::{Page, Visitor, on_both_databases};

/// Puts a book into the visitor's cart.
async fn put_in_cart(visitor: &Visitor, book: i64, copies: &str) -> Page {
    let shop = visitor.get("/").await;
    let book = book.to_string();
    let fields = [("product_id", book.as_str()), ("quantity", copies)];
    visitor.submit(&shop, "/cart", &fields).await
}

on_both_databases! {
    async fn a_visitor_buys_books_and_returns_them(shop: Shop) {
        let book = shop.add_book(5).await;
        let visitor = Visitor::of(&shop.storefront);
        let page = put_in_cart(&visitor, book, "3").await;
        assert_eq!(page.status, 200);
        assert!(page.message().contains("3 copies of “Grand Design” are in your cart"));

        let cart = visitor.get("/cart").await;
        assert!(cart.says("$36"), "{}", cart.html);
        let change = format!("/cart/{book}");
        let cart = visitor.submit(&cart, &change, &[("quantity", "2")]).await;
        assert!(cart.says("$24"), "{}", cart.html);
        let key = cart.value("key");
        let orders = visitor.submit(&cart, "/orders", &[("key", &key)]).await;
        assert_eq!(orders.path, "/orders");
        assert_eq!(orders.message(), "Thank you! Order 1 is placed.");
        assert!(orders.says("2 copies"));
        assert_eq!(shop.stock(book).await, 3);
        assert!(visitor.get("/cart").await.says("There is nothing in it yet."));

        let id = book.to_string();
        let key = orders.value("key");
        let one = [("key", key.as_str()), ("product_id", id.as_str()), ("quantity", "1")];
        let orders = visitor.submit(&orders, "/orders/1/returns", &one).await;
        assert_eq!(orders.message(), "Thank you, the books are returned.");
        assert!(orders.says("1 returned"));
        assert_eq!(shop.stock(book).await, 4);
        let orders = visitor.submit(&orders, "/orders/1/returns", &[("key", "the rest")]).await;
        assert!(orders.says("Returned"));
        assert!(!orders.says("Return everything"));
        assert_eq!(shop.stock(book).await, 5);
    }

    async fn a_form_that_is_sent_twice_is_one_order_and_one_return(shop: Shop) {
        let book = shop.add_book(9).await;
        let visitor = Visitor::of(&shop.storefront);
        put_in_cart(&visitor, book, "2").await;
        let cart = visitor.get("/cart").await;
        let key = cart.value("key");
        let fields = [("key", key.as_str())];
        // A double click: both at once, and a third when they are answered.
        let (first, second) = tokio::join!(
            visitor.submit(&cart, "/orders", &fields),
            visitor.submit(&cart, "/orders", &fields),
        );
        let third = visitor.submit(&cart, "/orders", &fields).await;
        for page in [&first, &second, &third] {
            assert_eq!((page.status, page.path.as_str()), (200, "/orders"), "{}", page.html);
        }
        assert_eq!(third.message(), "Thank you! Order 1 is placed.");
        let (_, orders) = shop.orders.get("/orders").await;
        assert_eq!(orders["orders"].as_array().unwrap().len(), 1);
        assert_eq!(shop.stock(book).await, 7);

        let id = book.to_string();
        let one = [("key", "once"), ("product_id", id.as_str()), ("quantity", "1")];
        let (first, second) = tokio::join!(
            visitor.submit(&third, "/orders/1/returns", &one),
            visitor.submit(&third, "/orders/1/returns", &one),
        );
        assert_eq!((first.status, second.status), (200, 200));
        assert_eq!(shop.stock(book).await, 8);
    }

    async fn books_that_were_returned_before_are_not_asked_for_again_and_again(shop: Shop) {
        let book = shop.add_book(9).await;
        let visitor = Visitor::of(&shop.storefront);
        put_in_cart(&visitor, book, "1").await;
        let cart = visitor.get("/cart").await;
        let orders = visitor.submit(&cart, "/orders", &[("key", "k")]).await;
        let path = "/orders/1/returns";
        visitor.submit(&orders, path, &[("key", "first")]).await;
        // A page that was open all the time.
        let again = visitor.submit(&orders, path, &[("key", "second")]).await;
        assert_eq!(again.message(), "These books were returned before.");
        let asked = "route=\"/orders/{customer_id}/{order_id}/returns\",status=\"409\",\
            caller=\"service\"} 1";
        let counts = shop.orders.counts().await;
        assert!(counts.iter().any(|count| count.ends_with(asked)), "{counts:#?}");
    }

    async fn what_the_shop_refuses_is_said_on_the_next_page(shop: Shop) {
        let book = shop.add_book(2).await;
        let visitor = Visitor::of(&shop.storefront);
        let page = put_in_cart(&visitor, book, "3").await;
        assert_eq!(page.message(), "There is not enough of “Grand Design” in stock.");
        for nonsense in ["0", "-1", "x", "", "99999999999999999999"] {
            let page = put_in_cart(&visitor, book, nonsense).await;
            assert!(page.message().starts_with("Please say how many"), "{nonsense}");
        }
        let page = put_in_cart(&visitor, 99, "1").await;
        assert_eq!(page.message(), "This book is no longer sold.");

        put_in_cart(&visitor, book, "2").await;
        let cart = visitor.get("/cart").await;
        // Somebody else is faster.
        shop.put_in_cart(5, book, 1).await;
        assert_eq!(shop.orders.post_nothing("/orders/5").await.0, 201);
        let key = cart.value("key");
        let cart = visitor.submit(&cart, "/orders", &[("key", &key)]).await;
        assert_eq!(cart.path, "/cart");
        assert!(cart.message().starts_with("Nothing was ordered"));
        assert!(cart.says("Only 1 left. Please take fewer."));
        assert!(!cart.says("Place the order"));
        // A message is said once.
        assert!(!visitor.get("/cart").await.says("Nothing was ordered"));
        let removal = format!("/cart/{book}/removal");
        let cart = visitor.submit(&cart, &removal, &[]).await;
        assert!(cart.says("There is nothing in it yet."));
    }

    async fn the_first_forms_of_a_visitor_fill_one_cart(shop: Shop) {
        let book = shop.add_book(9).await.to_string();
        let visitor = Visitor::of(&shop.storefront);
        let (one, other) = (visitor.get("/").await, visitor.get("/?q=design").await);
        let fields = [("product_id", book.as_str()), ("quantity", "1")];
        let (first, second) = tokio::join!(
            visitor.submit(&one, "/cart", &fields),
            visitor.submit(&other, "/cart", &fields),
        );
        assert_eq!((first.status, second.status), (200, 200));
        let cart = visitor.get("/cart").await;
        assert!(cart.says("$24"), "{}", cart.html);
    }

    async fn visitors_see_their_own_orders_only(shop: Shop) {
        let book = shop.add_book(9).await;
        let (one, other) = (Visitor::of(&shop.storefront), Visitor::of(&shop.storefront));
        put_in_cart(&one, book, "1").await;
        let cart = one.get("/cart").await;
        one.submit(&cart, "/orders", &[("key", "k")]).await;
        let orders = other.get("/orders").await;
        assert!(orders.says("You have not ordered anything yet."));
        assert!(other.get("/cart").await.says("There is nothing in it yet."));
        let form = other.get("/admin/login").await;
        let orders = other.submit(&form, "/orders/1/returns", &[("key", "k")]).await;
        assert!(orders.message().contains("there is no such order"));
        assert_eq!(shop.stock(book).await, 8);
    }

    async fn orders_are_shown_in_pages_the_latest_first(shop: Shop) {
        let visitor = Visitor::of(&shop.storefront);
        put_in_cart(&visitor, shop.add_book(9).await, "1").await;
        let cart = visitor.get("/cart").await;
        visitor.submit(&cart, "/orders", &[("key", "k")]).await;
        let (_, orders) = shop.orders.get("/orders").await;
        let customer = orders["orders"][0]["customer_id"].as_i64().unwrap();
        for _ in 2..=12 {
            let book = shop.add_book(9).await;
            let items = json!({"items": [{"product_id": book, "quantity": 1}]});
            let (status, _) = shop.orders.post(&format!("/orders/{customer}"), items).await;
            assert_eq!(status, 201);
        }
        let shown = |page: &Page| -> Vec<i64> {
            let parts = page.html.split("<h2 id=\"order-").skip(1);
            parts.map(|part| part.split('"').next().unwrap().parse().unwrap()).collect()
        };
        let books_asked_for = async || -> u64 {
            let line = "route=\"/books_by_id\",status=\"200\",caller=\"service\"} ";
            let counts = shop.catalog.counts().await;
            let count = counts.iter().find_map(|count| Some(count.split_once(line)?.1));
            count.map_or(0, |count| count.parse().unwrap())
        };
        let first = visitor.get("/orders").await;
        let ids = shown(&first);
        assert_eq!(ids.len(), 10);
        assert!(ids.iter().rev().is_sorted());
        assert!(first.says("Older orders") && !first.says("Latest orders"));

        let before = books_asked_for().await;
        let path = format!("/orders?before={}", ids[9]);
        let second = visitor.get(&path).await;
        assert_eq!(shown(&second).len(), 2);
        assert!(second.says("Latest orders") && !second.says("Older orders"));
        assert_eq!(books_asked_for().await - before, 1, "once for all");

        // Who returns something from a page comes back to it.
        let before = second.value("before");
        let fields = [("key", "r"), ("before", before.as_str())];
        let oldest = shown(&second)[1];
        let back = visitor.submit(&second, &format!("/orders/{oldest}/returns"), &fields).await;
        assert_eq!(back.path, path);
        assert_eq!(back.message(), "Thank you, the books are returned.");
        assert!(visitor.get("/orders?before=1").await.says("There are no older orders."));
        assert_eq!(shown(&visitor.get("/orders?before=x").await), ids);
    }

    async fn forms_without_the_token_of_their_session_change_nothing(shop: Shop) {
        let book = shop.add_book(9).await.to_string();
        let (visitor, stranger) = (Visitor::of(&shop.storefront), Visitor::of(&shop.storefront));
        let page = visitor.get("/").await;
        let foreign = stranger.get("/").await.value("form_token");
        let own = page.value("form_token");
        let fields = [("product_id", book.as_str()), ("quantity", "1")];
        for token in ["", "x", foreign.as_str(), &own[1..]] {
            let mut all = vec![("form_token", token)];
            all.extend(fields);
            let refused = visitor.post("/cart", &all).await;
            assert_eq!(refused.status, 403, "{token}");
            assert!(refused.says("This form is out of date"));
        }
        // Nor does one without a cookie.
        let nobody = Visitor::of(&shop.storefront);
        assert_eq!(nobody.submit(&page, "/cart", &fields).await.status, 403);
        for path in ["/orders", "/cart/1", "/cart/1/removal", "/orders/1/returns", "/admin/login",
            "/admin/logout"] {
            assert_eq!(visitor.post(path, &fields).await.status, 403, "{path}");
        }
        assert_eq!(shop.cart.get("/cart_items").await, (200, json!({"items": []})));
    }

    async fn books_are_found_by_their_titles_and_shown_in_pages(shop: Shop) {
        for number in 1..=60 {
            let kind = if number % 2 == 0 { "Even" } else { "Odd" };
            let name = format!("{kind} Tale {number:02}");
            let book = json!({"name": name, "price": number, "quantity": 1});
            assert_eq!(shop.catalog.post("/products", book).await.0, 201);
        }
        let visitor = Visitor::of(&shop.storefront);
        let titles = |page: &Page| -> Vec<String> {
            let parts = page.html.split("<h3>").skip(1);
            parts.map(|part| part.split('<').next().unwrap().to_owned()).collect()
        };
        let mut seen = Vec::new();
        let mut path = "/?q=eVEN+tale".to_owned();
        loop {
            let page = visitor.get(&path).await;
            seen.extend(titles(&page));
            let Some((before, _)) = page.html.split_once("\" rel=\"next\"") else { break };
            path = before.rsplit('"').next().unwrap().replace("&#38;", "&");
        }
        let even: Vec<String> = (1..=30).map(|n| format!("Even Tale {:02}", 2 * n)).collect();
        assert_eq!(seen, even);
        let last = visitor.get("/?after=48").await;
        assert_eq!(titles(&last).len(), 12);
        assert!(visitor.get("/?q=nothing+like+it").await.says("No books have “nothing like it”"));
    }

    async fn what_a_title_says_is_text_and_nothing_else(shop: Shop) {
        let name = "<script>alert(1)</script> & \"quotes\" <img src=x onerror='alert(2)'>";
        let book = json!({"name": name, "price": 1, "quantity": 9});
        assert_eq!(shop.catalog.post("/products", book).await.0, 201);
        let visitor = Visitor::of(&shop.storefront);
        visitor.sign_in().await;
        put_in_cart(&visitor, 1, "1").await;
        let cart = visitor.get("/cart").await;
        let orders = visitor.submit(&cart, "/orders", &[("key", "k")]).await;
        put_in_cart(&visitor, 1, "1").await;
        let search = visitor.get("/?q=%22%3E%3Cscript%3Ealert(3)%3C/script%3E").await;
        let message = put_in_cart(&visitor, 1, "99").await;
        for page in [message, visitor.get("/").await, cart, orders, search,
            visitor.get("/cart").await, visitor.get("/admin").await,
            visitor.get("/admin/books/1").await, visitor.get("/admin/books/1/deletion").await] {
            assert_eq!(page.status, 200);
            assert!(!page.says("<script") && !page.says("<img src=x"), "{}", page.html);
            assert!(page.says("alert("), "{}", page.html);
        }
    }

    async fn every_answer_keeps_the_browser_on_a_short_lead(shop: Shop) {
        let visitor = Visitor::of(&shop.storefront);
        for path in ["/", "/cart", "/orders", "/admin/login", "/admin", "/nowhere", "/cart/x",
            "/assets/icon.svg"] {
            let page = visitor.get(path).await;
            let header = |name: &str| page.headers[name].to_str().unwrap();
            let policy = header("content-security-policy");
            assert!(policy.starts_with("default-src 'none';"), "{policy}");
            assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
            assert!(!policy.contains("script-src"));
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("x-frame-options"), "DENY");
            assert_eq!(header("referrer-policy"), "same-origin");
            let kept = path.starts_with("/assets/");
            assert_eq!(header("cache-control").contains("no-store"), !kept, "{path}");
            assert!(!page.says(" style=") && !page.says("<script"), "{path}");
            assert!(kept || !page.says("//"), "{path} leads elsewhere");
        }
        let first = Visitor::of(&shop.storefront).get("/").await;
        let cookie = first.headers["set-cookie"].to_str().unwrap();
        for attribute in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Max-Age="] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Secure"));
        // Known by now.
        assert!(visitor.get("/").await.headers.get("set-cookie").is_none());
        // What is kept for ever is found by its contents.
        for (link, content_type) in [
            ("rel=\"stylesheet\" href=\"", "text/css; charset=utf-8"),
            ("rel=\"icon\" href=\"", "image/svg+xml"),
        ] {
            let address = first.html.split(link).nth(1).unwrap().split('"').next().unwrap();
            let (path, _) = address.split_once('?').unwrap();
            let asset = visitor.get(address).await;
            assert_eq!(asset.headers["content-type"], content_type);
            assert!(asset.headers["cache-control"].to_str().unwrap().contains("immutable"));
            for other in [path.to_owned(), format!("{path}?other")] {
                let kept = &visitor.get(&other).await.headers["cache-control"];
                assert_eq!(kept, "public, max-age=300", "{other}");
            }
        }
    }

    async fn pages_are_counted_by_their_routes(shop: Shop) {
        let visitor = Visitor::of(&shop.storefront);
        visitor.get("/").await;
        visitor.get("/?q=x").await;
        visitor.get("/nowhere").await;
        visitor.post("/cart/7", &[]).await;
        visitor.get("/assets/icon.svg").await;
        assert_eq!(shop.storefront.get("/health").await, (200, json!({"status": "ok"})));
        assert_eq!(shop.storefront.get("/ready").await, (200, json!({"status": "ready"})));
        let wrong = shop.storefront.request(Method::PUT, "/cart").send().await.unwrap();
        assert_eq!(wrong.status(), 405);
        let counts = shop.storefront.counts().await;
        for (method, route, status, count) in [
            ("GET", "/", 200, 2),
            ("GET", "unmatched", 404, 1),
            ("POST", "/cart/{product_id}", 403, 1),
            ("GET", "/assets/icon.svg", 200, 1),
            ("GET", "/health", 200, 1),
            ("GET", "/ready", 200, 1),
            ("PUT", "/cart", 405, 1),
        ] {
            let line = format!(
                "bookstore_requests_total{{service=\"storefront\",method=\"{method}\",\
                 route=\"{route}\",status=\"{status}\",caller=\"client\"}} {count}"
            );
            assert!(counts.contains(&line), "{line} in {counts:#?}");
        }
        assert_eq!(counts.len(), 7, "{counts:#?}");
    }

    async fn a_form_that_is_too_large_or_no_form_is_refused(shop: Shop) {
        let visitor = Visitor::of(&shop.storefront);
        let page = visitor.get("/admin/login").await;
        let large = "x".repeat(20_000);
        assert_eq!(visitor.submit(&page, "/cart", &[("quantity", &large)]).await.status, 413);
        let request = shop.storefront.request(Method::POST, "/cart").json(&json!({}));
        assert_eq!(request.send().await.unwrap().status(), 400);
    }
}
