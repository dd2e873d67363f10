//! What is measured, and against what.

use crate::commits::Scope;

/// Books in the catalog.
pub(crate) const PRODUCTS: u64 = 100;

/// A kind of request.
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) service: &'static str,
    pub(crate) status: u16,
    pub(crate) peer: Peer,
    /// The n-th request: its target, and its body if it has one.
    pub(crate) request: fn(u64) -> (String, Option<String>),
}

/// What a call is held against.
#[derive(Clone, Copy)]
pub(crate) enum Peer {
    /// Nothing.
    None,
    /// The same bytes from memory.
    Bare,
    /// What the databases do for it.
    Commits(Scope),
}

pub(crate) const CALLS: &[Call] = &[
    // What any answer costs: the connection, the router, and what every request goes through.
    Call {
        name: "GET /health",
        service: "catalog",
        status: 200,
        peer: Peer::Bare,
        request: |_| ("GET /health".to_owned(), None),
    },
    Call {
        name: "GET /products/{id}",
        service: "catalog",
        status: 200,
        peer: Peer::Bare,
        request: |n| (format!("GET /products/{}", product(n)), None),
    },
    Call {
        name: "GET /products",
        service: "catalog",
        status: 200,
        peer: Peer::Bare,
        request: |_| ("GET /products".to_owned(), None),
    },
    Call {
        name: "POST /carts/{customer}",
        service: "cart",
        status: 201,
        peer: Peer::None,
        request: |n| (format!("POST /carts/{}", n + 1), Some(item(n))),
    },
    ordering("POST /orders/{customer}, all commits", Scope::WholeShop),
    ordering("POST /orders/{customer}, orders' commits", Scope::Orders),
];

const fn ordering(name: &'static str, scope: Scope) -> Call {
    Call {
        name,
        service: "orders",
        status: 201,
        peer: Peer::Commits(scope),
        request: |n| {
            let body = format!(r#"{{"items":[{}]}}"#, item(n));
            (format!("POST /orders/{}", n + 1), Some(body))
        },
    }
}

/// The product of the n-th request.
pub(crate) fn product(n: u64) -> u64 {
    n % PRODUCTS + 1
}

fn item(n: u64) -> String {
    format!(r#"{{"product_id":{},"quantity":1}}"#, product(n))
}
