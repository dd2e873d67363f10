//! `/products`.

use serde_json::json;

use crate::support::on_both_databases;

on_both_databases! {
    async fn books_are_added_listed_changed_and_removed(shop: Shop) {
        let catalog = &shop.catalog;
        assert_eq!(catalog.get("/products").await, (200, json!({"data": []})));

        let book = json!({"name": "Grand Design", "price": 12, "quantity": 40});
        let added = json!({"id": 1, "name": "Grand Design", "price": 12, "quantity": 40});
        assert_eq!(catalog.post("/products", book).await, (201, json!({"data": added})));
        let second = json!({"name": "Brief History", "price": 10, "quantity": 0});
        assert_eq!(catalog.post("/products", second).await.0, 201);

        let second = json!({"id": 2, "name": "Brief History", "price": 10, "quantity": 0});
        assert_eq!(catalog.get("/products").await, (200, json!({"data": [added, second]})));
        assert_eq!(catalog.get("/products/1").await, (200, json!({"product_detail": added})));

        let change = json!({"name": "Grand Design, 2nd edition", "price": 0, "quantity": 7});
        let changed = json!({"id": 1, "name": "Grand Design, 2nd edition", "price": 0, "quantity": 7});
        let answer = json!({"message": "Product updated successfully", "updated_product": changed});
        assert_eq!(catalog.put("/products/1", change).await, (200, answer));
        assert_eq!(catalog.get("/products/1").await, (200, json!({"product_detail": changed})));

        assert_eq!(catalog.delete("/products/1").await, (204, json!(null)));
        assert_eq!(catalog.get("/products/1").await.0, 404);
        assert_eq!(catalog.get("/products").await, (200, json!({"data": [second]})));
    }

    async fn books_that_do_not_exist_are_not_found(shop: Shop) {
        let catalog = &shop.catalog;
        let not_found = (404, json!({"detail": "product with id: 99 was not found"}));
        let book = json!({"name": "Grand Design", "price": 12, "quantity": 40});
        assert_eq!(catalog.get("/products/99").await, not_found);
        assert_eq!(catalog.put("/products/99", book).await, not_found);
        assert_eq!(catalog.delete("/products/99").await, not_found);
    }

    async fn the_id_of_a_removed_book_is_not_given_again(shop: Shop) {
        let removed = shop.add_book(1).await;
        assert_eq!(shop.catalog.delete(&format!("/products/{removed}")).await.0, 204);
        assert_ne!(shop.add_book(1).await, removed);
    }

    async fn names_are_kept_as_they_came(shop: Shop) {
        let name = "Ærø — \"Die Bücher\"; DROP TABLE products; -- 图书 \\ 📚";
        let book = json!({"name": name, "price": 1, "quantity": 1});
        assert_eq!(shop.catalog.post("/products", book).await.0, 201);
        let (_, answer) = shop.catalog.get("/products/1").await;
        assert_eq!(answer["product_detail"]["name"], name);
    }
}
