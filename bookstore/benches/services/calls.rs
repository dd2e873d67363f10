//! What is measured, and who is measured at it.

use crate::contender::{Contender, Database};

/// Books in the catalog.
pub(crate) const PRODUCTS: u64 = 100;

/// Something that a customer wants: one request, or several after each other.
pub(crate) struct Call {
    pub(crate) name: &'static str,
    /// The bookstore on both databases comes first, and is compared with the others.
    pub(crate) contenders: &'static [Contender],
    /// The requests of the n-th customer.
    pub(crate) requests: fn(u64) -> Vec<Request>,
}

/// A request, and the status of its answer.
pub(crate) struct Request {
    pub(crate) service: &'static str,
    pub(crate) target: String,
    pub(crate) body: Option<String>,
    pub(crate) status: u16,
}

const SHOPS: [Contender; 2] = [
    Contender::Bookstore(Database::Sqlite),
    Contender::Bookstore(Database::Postgres),
];

pub(crate) const CALLS: &[Call] = &[
    // What any answer costs: the connection, the router, and what every request goes through.
    Call {
        name: "GET /health",
        contenders: &[SHOPS[0], SHOPS[1], Contender::Bare],
        requests: |_| vec![get("/health")],
    },
    Call {
        name: "GET /products/{id}",
        contenders: &[
            SHOPS[0],
            SHOPS[1],
            Contender::Bare,
            Contender::OneQuery,
            Contender::FastApi,
        ],
        requests: |n| vec![get(&format!("/products/{}", product(n)))],
    },
    Call {
        name: "GET /products",
        contenders: &[
            SHOPS[0],
            SHOPS[1],
            Contender::Bare,
            Contender::OneQuery,
            Contender::FastApi,
        ],
        requests: |_| vec![get("/products")],
    },
    Call {
        name: "POST /carts/{customer}",
        contenders: &[SHOPS[0], SHOPS[1], Contender::FastApi],
        requests: |n| vec![fill_cart(n)],
    },
    Call {
        name: "a whole purchase: POST /carts/{customer}, POST /orders/{customer}",
        contenders: &[SHOPS[0], SHOPS[1], Contender::FastApi],
        requests: |n| vec![fill_cart(n), order(n, None)],
    },
    Call {
        name: "POST /orders/{customer} of one line, without a cart",
        contenders: &[
            SHOPS[0],
            SHOPS[1],
            Contender::Transactions(Database::Sqlite),
            Contender::Transactions(Database::Postgres),
        ],
        requests: |n| vec![order(n, Some(format!(r#"{{"items":[{}]}}"#, item(n))))],
    },
];

fn get(path: &str) -> Request {
    Request {
        service: "catalog",
        target: format!("GET {path}"),
        body: None,
        status: 200,
    }
}

fn fill_cart(n: u64) -> Request {
    Request {
        service: "cart",
        target: format!("POST /carts/{}", n + 1),
        body: Some(item(n)),
        status: 201,
    }
}

fn order(n: u64, body: Option<String>) -> Request {
    Request {
        service: "orders",
        target: format!("POST /orders/{}", n + 1),
        body,
        status: 201,
    }
}

/// The product of the n-th request.
pub(crate) fn product(n: u64) -> u64 {
    n % PRODUCTS + 1
}

fn item(n: u64) -> String {
    format!(r#"{{"product_id":{},"quantity":1}}"#, product(n))
}
