//! What a client asks for when it places an order.

use std::ops::RangeInclusive;

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    extract::{FromBody, FromParameters, Parameters},
    item::Item,
    validation::{Field, Location, Problems},
};

/// The header that makes a repeated request one order.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The canonical text of an order for a cart.
const CART: &str = "cart";

/// Characters that an idempotency key may have.
const LONGEST_KEY: usize = 255;

/// Ids of orders.
const ORDERS: RangeInclusive<i64> = 1..=i64::MAX;

/// What is to be ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OrderRequest {
    /// Whatever is in the customer's active cart.
    Cart,
    /// These items, sorted by product; the cart is left alone.
    Items(Vec<Item>),
}

/// The body that orders items without a cart.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderedItems<'a> {
    #[schema(min_items = 1, max_items = 100)]
    items: &'a [Item],
}

impl OrderRequest {
    /// The same text for requests that ask for the same.
    pub(super) fn canonical(&self) -> String {
        match self {
            Self::Cart => CART.to_owned(),
            Self::Items(items) => {
                serde_json::to_string(&OrderedItems { items }).expect("plain data becomes JSON")
            }
        }
    }

    /// Whether a canonical text is of an order for a cart.
    pub(super) fn is_of_cart(canonical: &str) -> bool {
        canonical == CART
    }
}

impl FromBody for OrderRequest {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        if body.is_absent() {
            return Some(Self::Cart);
        }
        Item::read_list(&body.object(problems)?, problems).map(Self::Items)
    }
}

/// What is to be returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReturnRequest {
    /// Whatever has not come back yet.
    All,
    /// These items, sorted by product.
    Items(Vec<Item>),
}

impl ReturnRequest {
    /// The same text for requests that ask for the same.
    pub(super) fn canonical(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Items(items) => {
                serde_json::to_string(&OrderedItems { items }).expect("plain data becomes JSON")
            }
        }
    }
}

impl FromBody for ReturnRequest {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        if body.is_absent() {
            return Some(Self::All);
        }
        Item::read_list(&body.object(problems)?, problems).map(Self::Items)
    }
}

/// The orders whose lines are to be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrderRange {
    /// List only lines of orders from this id on.
    #[param(value_type = Option<i64>, minimum = 1, nullable = false)]
    pub(super) first_order: i64,
    /// List only lines of orders up to this id.
    #[param(value_type = Option<i64>, minimum = 1, nullable = false)]
    pub(super) last_order: i64,
}

impl OrderRange {
    /// Every order.
    pub(super) const ALL: Self = Self {
        first_order: *ORDERS.start(),
        last_order: *ORDERS.end(),
    };
}

impl FromParameters for OrderRange {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        let first = parameters.query_integer("first_order", &ORDERS, problems);
        let last = parameters.query_integer("last_order", &ORDERS, problems);
        Some(Self {
            first_order: first?.unwrap_or(Self::ALL.first_order),
            last_order: last?.unwrap_or(Self::ALL.last_order),
        })
    }
}

/// A client's name for its request, if it gave one. Without it every request is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IdempotencyKey(pub(super) Option<String>);

impl FromParameters for IdempotencyKey {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        let Some(key) = parameters.header(IDEMPOTENCY_KEY) else {
            return Some(Self(None));
        };
        let fits = (1..=LONGEST_KEY).contains(&key.len());
        match std::str::from_utf8(key) {
            Ok(key) if fits && key.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Some(Self(Some(key.to_owned())))
            }
            _ => problems.add(
                &Location::Field(&Location::Part("header"), IDEMPOTENCY_KEY),
                "value_error",
                format!("Value error, use 1 to {LONGEST_KEY} visible ASCII characters"),
            ),
        }
    }
}

/// The problem with a key that was used for another request.
pub(super) fn key_was_used_otherwise() -> Problems {
    let mut problems = Problems::default();
    problems.add::<()>(
        &Location::Field(&Location::Part("header"), IDEMPOTENCY_KEY),
        "value_error",
        "Value error, this key was used for a different request",
    );
    problems
}
