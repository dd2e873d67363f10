//! What a client asks for when it places an order.

use std::ops::RangeInclusive;

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    item::{Item, PricedItem},
    platform::{
        extract::{FromBody, FromParameters, Parameters},
        validation::{Field, Problems},
    },
};

/// The canonical text of an order for a cart.
const CART: &str = "cart";

const ORDERS: RangeInclusive<i64> = 1..=i64::MAX;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OrderRequest {
    /// Whatever is in the customer's active cart.
    Cart,
    /// The customer's active cart if it holds just this, at these prices; sorted by product.
    CartAsShown(Vec<PricedItem>),
    /// These items, sorted by product; the cart is left alone.
    Items(Vec<Item>),
}

/// The body that orders items without a cart.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderedItems<'a> {
    #[schema(min_items = 1, max_items = 100)]
    pub(super) items: &'a [Item],
}

/// The body that orders a cart as it was shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShownCart<'a> {
    #[schema(min_items = 1, max_items = 100)]
    pub(super) cart: &'a [PricedItem],
}

/// The body of an order.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) enum OrderBody<'a> {
    Items(OrderedItems<'a>),
    Cart(ShownCart<'a>),
}

impl OrderRequest {
    /// The same text for requests that ask for the same.
    pub(super) fn canonical(&self) -> String {
        match self {
            Self::Cart => CART.to_owned(),
            Self::CartAsShown(lines) => {
                let lines = serde_json::to_string(lines).expect("plain data becomes JSON");
                format!("{CART} {lines}")
            }
            Self::Items(items) => {
                serde_json::to_string(&OrderedItems { items }).expect("plain data becomes JSON")
            }
        }
    }

    /// Whether a canonical text is of an order for a cart.
    pub(super) fn is_of_cart(canonical: &str) -> bool {
        canonical.starts_with(CART)
    }

    /// Whether it is for the customer's cart.
    pub(super) fn is_cart(&self) -> bool {
        !matches!(self, Self::Items(_))
    }
}

impl FromBody for OrderRequest {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        if body.is_absent() {
            return Some(Self::Cart);
        }
        let body = body.object(problems)?;
        if body.field("cart").is_absent() {
            return Item::read_list(&body, problems).map(Self::Items);
        }
        PricedItem::read_list(&body, problems).map(Self::CartAsShown)
    }
}

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
