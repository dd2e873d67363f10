//! Lists are whole, and come in pages when asked.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Service, Shop, on_both_databases};

/// Ids on a page, and the address of the next one.
async fn page(service: &Service, list: &str, path: &str) -> (Vec<i64>, Option<String>) {
    let response = service.request(Method::GET, path).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    let next = response.headers().get("link").map(|link| {
        let link = link.to_str().unwrap();
        let address = link.strip_prefix('<').unwrap();
        address.strip_suffix(">; rel=\"next\"").unwrap().to_owned()
    });
    let answer: Value = response.json().await.unwrap();
    let rows = answer[list].as_array().unwrap();
    let ids = rows.iter().map(|row| row["id"].as_i64().unwrap());
    (ids.collect(), next)
}

/// Walks through a list in pages of two, and holds it against the whole list.
async fn assert_pages(service: &Service, list: &str, path: &str) -> Vec<i64> {
    let (whole, next) = page(service, list, path).await;
    assert_eq!(next, None, "a whole list has no next page");
    assert!(whole.is_sorted());
    let separator = if path.contains('?') { '&' } else { '?' };
    let mut address = Some(format!("{path}{separator}limit=2"));
    let mut pages = Vec::new();
    while let Some(path) = address {
        let (ids, next) = page(service, list, &path).await;
        assert_eq!(
            next.is_some(),
            pages.len() + ids.len() < whole.len(),
            "{path}"
        );
        pages.extend(ids);
        address = next;
    }
    assert_eq!(pages, whole);
    whole
}

/// A shop in which there are five of everything, and more.
async fn fill(shop: &Shop) {
    for customer in 1..=5 {
        let book = shop.add_book(9).await;
        shop.put_in_cart(customer, book, 1).await;
        if customer > 1 {
            shop.put_in_cart(customer, 1, 1).await;
        }
        let items = json!({"items": [{"product_id": book, "quantity": 1}]});
        assert_eq!(shop.orders.post("/orders/7", items).await.0, 201);
        let too_many = json!({"items": [{"product_id": book, "quantity": 99}]});
        assert_eq!(shop.orders.post("/orders/7", too_many).await.0, 400);
    }
    assert_eq!(shop.orders.post_nothing("/orders/5").await.0, 201);
}

on_both_databases! {
    async fn every_list_comes_in_pages_when_asked(shop: Shop) {
        fill(&shop).await;
        let products = assert_pages(&shop.catalog, "data", "/products").await;
        assert_eq!(products, [1, 2, 3, 4, 5]);
        assert_eq!(assert_pages(&shop.cart, "carts", "/carts").await.len(), 5);
        assert_eq!(assert_pages(&shop.cart, "items", "/cart_items").await.len(), 9);
        assert_eq!(assert_pages(&shop.orders, "orders", "/orders").await.len(), 6);
        assert_eq!(assert_pages(&shop.orders, "orders", "/orders/7").await.len(), 5);
        assert_eq!(assert_pages(&shop.orders, "orders", "/orders/5").await.len(), 1);
    }

    async fn the_next_page_is_named_by_a_link(shop: Shop) {
        fill(&shop).await;
        for (path, next) in [
            ("/products?limit=2", "/products?limit=2&after=2"),
            ("/products?after=1&limit=3", "/products?limit=3&after=4"),
            ("/products?limit=1&colour=r%65d+blue&after=0", "/products?colour=red+blue&limit=1&after=1"),
        ] {
            assert_eq!(page(&shop.catalog, "data", path).await.1.as_deref(), Some(next));
        }
        assert_eq!(page(&shop.catalog, "data", "/products?limit=5").await.1, None);
        assert_eq!(page(&shop.catalog, "data", "/products?limit=1000&after=5").await, (vec![], None));
        // Without a limit the rest is listed.
        assert_eq!(page(&shop.catalog, "data", "/products?after=3").await, (vec![4, 5], None));
        // What nobody asks for is ignored, and the last of several values counts.
        assert_eq!(page(&shop.catalog, "data", "/products?page=x&limit=9&limit=5").await.0.len(), 5);
    }

    async fn the_latest_orders_of_a_customer_come_first_when_asked(shop: Shop) {
        fill(&shop).await;
        let orders = async |path: &str| page(&shop.orders, "orders", path).await;
        let (mut all, _) = orders("/orders/7").await;
        assert_eq!(orders("/orders/7?newest_first=false").await.0, all);
        all.reverse();
        assert_eq!(orders("/orders/7?newest_first=true").await, (all.clone(), None));
        let mut pages = Vec::new();
        let mut address = Some("/orders/7?newest_first=true&limit=2".to_owned());
        while let Some(path) = address {
            let (ids, next) = orders(&path).await;
            assert!(ids.len() <= 2, "{path}");
            pages.extend(ids);
            address = next;
        }
        assert_eq!(pages, all);
        let (status, answer) = shop.orders.get("/orders/7?newest_first=perhaps").await;
        assert_eq!((status, &answer["detail"][0]["type"]), (422, &json!("bool_parsing")));
    }

    async fn lines_of_some_orders_alone_are_listed_when_asked(shop: Shop) {
        fill(&shop).await;
        let (ids, _) = page(&shop.orders, "orders", "/orders/7").await;
        let of = async |query: String| -> Vec<i64> {
            let (status, answer) = shop.orders.get(&format!("/order_items?{query}")).await;
            assert_eq!(status, 200, "{answer}");
            let items = answer["items"].as_array().unwrap();
            items.iter().map(|item| item["order_id"].as_i64().unwrap()).collect()
        };
        let range = format!("first_order={}&last_order={}", ids[1], ids[3]);
        assert_eq!(of(range.clone()).await, ids[1..=3]);
        assert_eq!(of(format!("customer_id=7&{range}")).await, ids[1..=3]);
        assert_eq!(of(format!("customer_id=7&first_order={}", ids[3])).await, ids[3..]);
        assert_eq!(of(format!("customer_id=5&{range}")).await, [0_i64; 0]);
        assert_eq!(of(format!("limit=1&{range}")).await, ids[1..=1]);
    }

    async fn rows_that_come_and_go_do_not_shift_the_next_page(shop: Shop) {
        fill(&shop).await;
        let (first, next) = page(&shop.catalog, "data", "/products?limit=2").await;
        assert_eq!(first, [1, 2]);
        assert_eq!(shop.catalog.delete("/products/2").await.0, 204);
        assert_eq!(shop.catalog.delete("/products/1").await.0, 204);
        let (second, _) = page(&shop.catalog, "data", &next.unwrap()).await;
        assert_eq!(second, [3, 4]);
    }

    async fn pages_that_make_no_sense_are_refused(shop: Shop) {
        let lists = [
            (&shop.catalog, "/products"),
            (&shop.cart, "/carts"),
            (&shop.cart, "/cart_items"),
            (&shop.orders, "/orders"),
            (&shop.orders, "/orders/5"),
        ];
        for (service, path) in lists {
            for (query, field, kind) in [
                ("limit=0", "limit", "greater_than_equal"),
                ("limit=1001", "limit", "less_than_equal"),
                ("limit=99999999999999999999999999999999999999999", "limit", "less_than_equal"),
                ("limit=", "limit", "int_parsing"),
                ("limit=ten&after=1", "limit", "int_parsing"),
                ("limit=1.5", "limit", "int_parsing"),
                ("limit=%00", "limit", "int_parsing"),
                ("after=-1&limit=5", "after", "greater_than_equal"),
                ("after=9223372036854775808", "after", "less_than_equal"),
                ("after=%ff", "after", "int_parsing"),
            ] {
                let (status, answer) = service.get(&format!("{path}?{query}")).await;
                let problems = answer["detail"].as_array().unwrap();
                assert_eq!((status, problems.len()), (422, 1), "{path}?{query}: {answer}");
                assert_eq!(problems[0]["loc"], json!(["query", field]));
                assert_eq!(problems[0]["type"], kind);
            }
        }
        let (_, answer) = shop.orders.get("/orders/x?limit=x&after=x").await;
        assert_eq!(answer["detail"].as_array().unwrap().len(), 3, "{answer}");
    }

    async fn items_of_one_customer_are_those_in_the_active_cart(shop: Shop) {
        fill(&shop).await;
        let of = async |customer: i64| {
            let path = format!("/cart_items?customer_id={customer}");
            let (status, answer) = shop.cart.get(&path).await;
            assert_eq!(status, 200, "{answer}");
            let items = answer["items"].as_array().unwrap().clone();
            items.iter().map(|item| item["product_id"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(of(3).await, [3, 1]);
        assert_eq!(of(1).await, [1]);
        assert_eq!(of(5).await, [0_i64; 0], "the cart was ordered");
        assert_eq!(of(99).await, [0_i64; 0]);
        shop.put_in_cart(5, 2, 1).await;
        assert_eq!(of(5).await, [2]);
        for book in 4..=5 {
            shop.put_in_cart(3, book, 1).await;
        }
        let ids = assert_pages(&shop.cart, "items", "/cart_items?customer_id=3").await;
        assert_eq!(ids.len(), 4);

        let (status, answer) = shop.cart.get("/cart_items?customer_id=0&limit=0").await;
        assert_eq!(status, 422);
        assert_eq!(answer["detail"][0]["loc"], json!(["query", "customer_id"]));
        assert_eq!(answer["detail"][1]["loc"], json!(["query", "limit"]));
    }
}
