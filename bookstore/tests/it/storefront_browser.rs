//! The storefront in a real browser: with a window and a phone, with and without JavaScript.

use serde_json::json;

use crate::support::{ADMIN_PASSWORD, Browser, Shop, on_both_databases};

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
    browser.click(".checkout button.quiet").await;
    assert!(browser.text(".flash").await.contains("3 copies of"));
    browser.click(".checkout button.large").await;
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
    browser.click(".order a[href*='/cancellation']").await;
    browser.click("button.danger").await;
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

        browser.click(".ledger a[href^='/admin/books/1?']").await;
        browser.type_into("#quantity", "8").await;
        browser.click("main button").await;
        assert_eq!(browser.text(".flash").await, "“Emma” is changed.");
        assert_eq!(shop.stock(1).await, 8);

        browser.click(".ledger a[href*='/deletion']").await;
        browser.click("button.danger").await;
        assert_eq!(browser.text(".flash").await, "The book is deleted.");
        assert!(!browser.has(".ledger").await);
        browser.click("header.site button.link").await;
        assert_eq!(browser.text(".flash").await, "You are signed out.");
        browser.close().await;
    }

    async fn a_book_has_a_page_and_the_shelf_stays_as_it_was_chosen(shop: Shop) {
        for (name, author, price, category) in [
            ("Emma", "Jane Austen", 9, "Fiction"),
            ("Persuasion", "Jane Austen", 12, "Fiction"),
            ("Walden", "Henry David Thoreau", 5, "Nature"),
        ] {
            let book = json!({"name": name, "price": price, "quantity": 9});
            let (_, added) = shop.catalog.post("/products", book).await;
            let text = json!({"author": author, "category": category, "description": "A classic."});
            let path = format!("/books/{}", added["data"]["id"]);
            assert_eq!(shop.catalog.put(&path, text).await.0, 200);
        }
        let Some(browser) = Browser::start(&shop.storefront.url).await else { return };
        browser.without_javascript().await;
        browser.open("/").await;
        browser.type_into("#q", "austen").await;
        browser.choose("#category option:nth-child(2)").await;
        browser.choose("#sort option[value='-price']").await;
        browser.click(".search button").await;
        let chosen = async || {
            assert_eq!(browser.text(".book:first-child h3").await, "Persuasion");
            assert_eq!(browser.text(".book:last-child h3").await, "Emma");
            assert!(!browser.has(".book:nth-child(3)").await);
        };
        chosen().await;

        browser.click("#book-1 .title").await;
        assert_eq!(browser.text("h1").await, "Emma");
        for text in ["by Jane Austen", "Fiction", "A classic.", "$9", "9 in stock"] {
            assert!(browser.text(".sheet").await.contains(text), "{text}");
        }
        browser.click(".sheet .add button").await;
        assert_eq!(browser.path().await, "/books/1");
        assert!(browser.text(".sheet .flash").await.contains("in your cart"));
        browser.click(".way a").await;
        chosen().await;
        // Through the cart, too.
        browser.click("#book-2 button").await;
        assert!(browser.text("#book-2 .flash").await.contains("in your cart"));
        chosen().await;
        browser.click("aside .button").await;
        browser.click("#line-1 .actions button").await;
        browser.click(".checkout p:last-child a").await;
        chosen().await;
        browser.close().await;
    }

    async fn a_message_stands_where_something_was_done_and_covers_nothing(shop: Shop) {
        for _ in 0..20 {
            shop.add_book(9).await;
        }
        let Some(browser) = Browser::start(&shop.storefront.url).await else { return };
        browser.look_at(390, 800, true).await;
        browser.open("/").await;
        browser.click("#book-18 button").await;
        assert!(browser.text("#book-18 .flash").await.contains("in your cart"));
        let in_view = "const box = document.querySelector('.flash').getBoundingClientRect();
            return box.top >= 0 && box.bottom <= innerHeight && scrollY > 0;";
        assert_eq!(browser.evaluate(in_view).await, true, "the page has kept its place");
        let covers = "return getComputedStyle(document.querySelector('.flash')).position;";
        assert_eq!(browser.evaluate(covers).await, "static");
        browser.close().await;
    }

    async fn all_lines_of_a_cart_change_with_one_button(shop: Shop) {
        let (one, two, three) = (shop.add_book(9).await, shop.add_book(9).await, shop.add_book(9).await);
        let Some(browser) = Browser::start(&shop.storefront.url).await else { return };
        browser.open("/").await;
        for book in [one, two, three] {
            browser.click(&format!("#book-{book} button")).await;
        }
        browser.open("/cart").await;
        browser.type_into(&format!("#copies-{one}"), "3").await;
        browser.type_into(&format!("#copies-{two}"), "4").await;
        browser.type_into(&format!("#copies-{three}"), "0").await;
        // Enter changes the cart, and orders nothing.
        browser.press_and_go_on("\u{e007}").await;
        assert_eq!(browser.text(".flash").await, "Your cart is updated.");
        assert_eq!(browser.text(".checkout .sum").await, "Total\n$84");
        assert!(!browser.has(&format!("#line-{three}")).await);
        // What cannot be is said beside its field.
        browser.type_into(&format!("#copies-{two}"), "10").await;
        browser.click(".checkout button.quiet").await;
        let said = browser.text(&format!("#line-{two} .flash")).await;
        assert_eq!(said, "There is not enough of “Grand Design” in stock.");
        browser.close().await;
    }

    async fn thousands_of_copies_are_asked_about(shop: Shop) {
        let book = shop.add_book(5_000).await;
        let Some(browser) = Browser::start(&shop.storefront.url).await else { return };
        browser.without_javascript().await;
        browser.open("/").await;
        browser.type_into("#copies-1", "2000").await;
        browser.click("#book-1 button").await;
        assert_eq!(browser.text("h1").await, "Are you sure?");
        assert!(browser.text(".notice").await.contains("2,000 copies of “Grand Design” cost $24,000."));
        browser.click(".notice a.button").await;
        assert!(!browser.has(".badge").await, "nothing was added");
        browser.type_into("#copies-1", "999").await;
        browser.click("#book-1 button").await;
        browser.open("/cart").await;
        browser.type_into("#copies-1", "4000").await;
        browser.click(".checkout button.quiet").await;
        browser.click("button.danger").await;
        assert!(browser.text(".flash").await.contains("4,000 copies"));
        browser.click(".checkout button.large").await;
        assert!(browser.text(".notice").await.contains("Your cart holds 4,000 copies."));
        assert_eq!(shop.stock(book).await, 5_000);
        browser.click("button.danger").await;
        assert!(browser.text(".flash").await.starts_with("Thank you!"));
        assert_eq!(shop.stock(book).await, 1_000);
        browser.close().await;
    }

    async fn an_order_is_found_by_its_code_and_cancelled(shop: Shop) {
        let book = shop.add_book(9).await;
        let Some(browser) = Browser::start(&shop.storefront.url).await else { return };
        browser.open("/").await;
        browser.type_into("#copies-1", "2").await;
        browser.click("#book-1 button").await;
        browser.open("/cart").await;
        browser.click(".checkout button.large").await;
        let order = browser.text(".order").await;
        assert!(order.contains("UTC") && order.contains("Total\n$24"), "{order}");
        let code = browser.text(".order .code").await;

        // Somebody else's browser, and another customer.
        let Some(other) = Browser::start(&shop.storefront.url).await else { return };
        other.without_javascript().await;
        other.open("/orders").await;
        assert!(!other.has(".order").await);
        other.type_into("#code", "0000-0000-0000-0000").await;
        other.click(".search button").await;
        assert!(other.text("#code-problem").await.starts_with("No order has this code."));
        other.type_into("#code", &code.to_lowercase()).await;
        other.click(".search button").await;
        other.click(".order a.quiet").await;
        assert_eq!(other.text("h1").await, "Cancel order 1?");
        other.click("button.danger").await;
        assert_eq!(other.text(".order .flash").await, "Thank you, the books are returned.");
        assert_eq!(other.text(".order .status").await, "Returned");
        assert!(other.text(".returns").await.starts_with("2 × Grand Design returned on "));
        assert_eq!(shop.stock(book).await, 9);
        other.close().await;
        browser.close().await;
    }

    async fn a_book_that_cannot_be_ordered_is_named(shop: Shop) {
        let book = shop.add_book(2).await;
        let Some(browser) = Browser::start(&shop.storefront.url).await else { return };
        browser.open("/").await;
        browser.type_into("#copies-1", "2").await;
        browser.click("#book-1 button").await;
        browser.open("/cart").await;
        shop.put_in_cart(5, book, 1).await;
        assert_eq!(shop.orders.post_nothing("/orders/5").await.0, 201);
        browser.click(".checkout button.large").await;
        assert_eq!(browser.text(".flash").await, "Nothing was ordered. “Grand Design”: Only 1 left. Please take fewer.");
        assert_eq!(browser.text("#problem-1").await, "Only 1 left. Please take fewer.");
        browser.close().await;
    }

    async fn the_bookseller_finds_what_runs_low_and_orders_more(shop: Shop) {
        let (few, many) = (shop.add_book(5).await, shop.add_book(6).await);
        let Some(browser) = Browser::start(&shop.storefront.url).await else { return };
        browser.without_javascript().await;
        // Signing in leads back to where it was asked for.
        browser.open("/admin?stock=low").await;
        browser.type_into("#name", "admin").await;
        browser.type_into("#password", ADMIN_PASSWORD).await;
        browser.click("main button").await;
        assert!(browser.has(&format!("#book-{few}")).await);
        assert!(!browser.has(&format!("#book-{many}")).await);
        browser.type_into("#change-1", "-2").await;
        browser.click("#book-1 .change button").await;
        assert_eq!(browser.text("#book-1 .flash").await, "“Grand Design” has 3 in stock now.");
        assert!(!browser.has(&format!("#book-{many}")).await, "the filter has stayed");
        browser.type_into("#change-1", "20").await;
        browser.click("#book-1 .change button").await;
        assert_eq!(browser.text(".flash").await, "“Grand Design” has 23 in stock now.");
        assert!(!browser.has("#book-1").await);
        browser.close().await;
    }

    async fn a_deletion_is_undone(shop: Shop) {
        let book = shop.add_book(5).await;
        let Some(browser) = Browser::start(&shop.storefront.url).await else { return };
        browser.open(&format!("/admin/books/{book}/deletion")).await;
        browser.type_into("#name", "admin").await;
        browser.type_into("#password", ADMIN_PASSWORD).await;
        browser.click("main button").await;
        for undo in [".said button", ".ledger .do button"] {
            browser.open(&format!("/admin/books/{book}/deletion")).await;
            browser.click("button.danger").await;
            assert_eq!(browser.text(".flash").await, "The book is deleted.");
            assert_eq!(shop.catalog.get("/products/1").await.0, 404);
            if !browser.has(undo).await || undo != ".said button" {
                browser.open("/admin?stock=deleted").await;
            }
            browser.click(undo).await;
            assert_eq!(browser.text("#book-1 .flash").await, "“Grand Design” is for sale again.");
            assert_eq!(shop.stock(book).await, 5);
        }
        browser.close().await;
    }

    async fn the_bookseller_sees_every_order(shop: Shop) {
        let book = shop.add_book(9).await;
        for customer in [5, 6] {
            shop.put_in_cart(customer, book, 2).await;
            assert_eq!(shop.orders.post_nothing(&format!("/orders/{customer}")).await.0, 201);
        }
        let one = json!({"items": [{"product_id": book, "quantity": 1}]});
        assert_eq!(shop.orders.take_back(5, 1, "back", Some(one)).await.0, 201);
        shop.ends_in_a_clean_audit().await;
        let Some(browser) = Browser::start(&shop.storefront.url).await else { return };
        browser.open("/admin/orders").await;
        browser.type_into("#name", "admin").await;
        browser.type_into("#password", ADMIN_PASSWORD).await;
        browser.click("main button").await;
        assert_eq!(browser.text("h1").await, "Orders");
        let latest = browser.text(".ledger tbody tr:first-child").await;
        assert!(latest.contains("2 × Grand Design") && latest.contains("$24"), "{latest}");
        assert!(latest.contains("Placed") && latest.contains("UTC"), "{latest}");
        let first = browser.text(".ledger tbody tr:last-child").await;
        assert!(first.contains("(1 returned)") && first.contains("Partly returned"), "{first}");
        assert!(browser.text("main").await.contains("agree with every order and return"));
        browser.close().await;
    }
}
