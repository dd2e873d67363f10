//! The storefront's pages for the bookseller, without a browser.

use serde_json::json;

use crate::support::{Visitor, on_both_databases};

on_both_databases! {
    async fn an_administrator_adds_changes_and_deletes_books(shop: Shop) {
        let admin = Visitor::of(&shop.storefront);
        admin.sign_in().await;
        let form = admin.get("/admin/books/new").await;
        let key = form.value("key");
        let book = [("key", key.as_str()), ("name", " Emma "), ("price", "12"), ("quantity", "3")];
        let list = admin.submit(&form, "/admin/books", &book).await;
        assert_eq!(list.message(), "“Emma” is added as no. 1.");
        // The same form again adds nothing.
        let list = admin.submit(&form, "/admin/books", &book).await;
        assert!(list.message().starts_with("This form was sent before."));
        let emma = json!({"id": 1, "name": "Emma", "price": 12, "quantity": 3});
        assert_eq!(shop.catalog.get("/products").await, (200, json!({"data": [emma]})));

        let form = admin.get("/admin/books/1").await;
        let version = form.value("version").replace("&#34;", "\"");
        let change = [("version", version.as_str()), ("name", "Emma"), ("price", "15"),
            ("quantity", "8")];
        let list = admin.submit(&form, "/admin/books/1", &change).await;
        assert_eq!(list.message(), "“Emma” is changed.");
        assert!(list.says("$15"));
        assert_eq!(shop.stock(1).await, 8);

        let confirm = admin.get("/admin/books/1/deletion").await;
        assert!(confirm.says("will be gone"));
        let list = admin.submit(&confirm, "/admin/books/1/deletion", &[]).await;
        assert_eq!(list.message(), "The book is deleted.");
        assert_eq!(shop.catalog.get("/products/1").await.0, 404);
        assert_eq!(admin.get("/admin/books/1").await.status, 404);
        assert_eq!(admin.submit(&form, "/admin/books/1", &change).await.status, 404);
    }

    async fn a_change_does_not_overwrite_a_sale(shop: Shop) {
        let book = shop.add_book(10).await;
        let admin = Visitor::of(&shop.storefront);
        admin.sign_in().await;
        let path = format!("/admin/books/{book}");
        let form = admin.get(&path).await;
        let version = form.value("version").replace("&#34;", "\"");

        shop.put_in_cart(5, book, 4).await;
        assert_eq!(shop.orders.post_nothing("/orders/5").await.0, 201);

        let change = [("version", version.as_str()), ("name", "Grander Design"), ("price", "13"),
            ("quantity", "11")];
        let again = admin.submit(&form, &path, &change).await;
        assert_eq!(again.status, 412);
        assert!(again.says("It is now $12 with 6 in stock; you had entered 11."), "{}", again.html);
        assert_eq!(again.value("name"), "Grander Design");
        assert_eq!(again.value("quantity"), "6");
        assert_eq!(shop.stock(book).await, 6);

        let version = again.value("version").replace("&#34;", "\"");
        let change = [("version", version.as_str()), ("name", "Grander Design"), ("price", "13"),
            ("quantity", "7")];
        let list = admin.submit(&again, &path, &change).await;
        assert_eq!((list.status, list.path.as_str()), (200, "/admin"));
        assert_eq!(shop.stock(book).await, 7);
    }

    async fn nonsense_in_a_book_is_shown_where_it_stands(shop: Shop) {
        let admin = Visitor::of(&shop.storefront);
        admin.sign_in().await;
        let form = admin.get("/admin/books/new").await;
        let wrong = [("key", "k"), ("name", "  "), ("price", "-1"), ("quantity", "many")];
        let again = admin.submit(&form, "/admin/books", &wrong).await;
        assert_eq!(again.status, 422);
        assert_eq!(again.html.matches("aria-invalid=\"true\"").count(), 3);
        assert_eq!(again.value("quantity"), "many");
        assert_eq!(shop.catalog.get("/products").await, (200, json!({"data": []})));
        // The same form, mended, is welcome.
        let right = [("key", "k"), ("name", "Emma"), ("price", "1"), ("quantity", "1")];
        let list = admin.submit(&again, "/admin/books", &right).await;
        assert_eq!(list.message(), "“Emma” is added as no. 1.");
    }

    async fn nobody_else_can_do_so(shop: Shop) {
        let book = shop.add_book(10).await;
        let visitor = Visitor::of(&shop.storefront);
        let page = visitor.get("/admin/login").await;
        let paths = ["/admin", "/admin/books/new", "/admin/books/1", "/admin/books/1/deletion"];
        for path in paths {
            let login = visitor.get(path).await;
            assert!(login.path.starts_with("/admin/login"), "{path}");
        }
        let change = [("name", "Mine"), ("price", "0"), ("quantity", "0"), ("key", "k")];
        for path in ["/admin/books", "/admin/books/1", "/admin/books/1/deletion"] {
            assert_eq!(visitor.submit(&page, path, &change).await.path, "/admin/login", "{path}");
        }
        assert_eq!(shop.stock(book).await, 10);
        let (_, books) = shop.catalog.get("/products").await;
        assert_eq!(books["data"].as_array().unwrap().len(), 1);
    }
}
