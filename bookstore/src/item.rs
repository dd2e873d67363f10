//! Copies of a product: what carts, orders and reservations are made of.

use std::{collections::BTreeMap, ops::RangeInclusive};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::platform::validation::{Object, Problems};

/// The most copies that a request may name; also the highest price and stock.
pub(crate) const MOST: i64 = i32::MAX as i64;

/// Copies in a cart or an order: none is not an item.
pub(crate) const COPIES: RangeInclusive<i64> = 1..=MOST;

/// Different books that one order, and a cart, may have at most.
pub(crate) const MOST_LINES: usize = 100;

/// A number of copies of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub(crate) struct Item {
    /// The product, at least 1.
    #[schema(minimum = 1)]
    pub(crate) product_id: i64,
    /// Copies, at least 1.
    #[schema(minimum = 1, maximum = 2147483647)]
    pub(crate) quantity: i64,
}

impl Item {
    pub(crate) fn read(object: &Object<'_>, problems: &mut Problems) -> Option<Self> {
        let product_id = object.field("product_id").integer(1..=i64::MAX, problems);
        let quantity = object.field("quantity").integer(COPIES, problems);
        Some(Self {
            product_id: product_id?,
            quantity: quantity?,
        })
    }

    /// Reads the field `items`: sorted by product, each product once. Rows locked in that order
    /// by everyone cannot deadlock.
    pub(crate) fn read_list(object: &Object<'_>, problems: &mut Problems) -> Option<Vec<Self>> {
        let items = object
            .field("items")
            .list(1..=MOST_LINES, problems, |element, problems| {
                Self::read(&element.object(problems)?, problems)
            })?;
        let mut copies = BTreeMap::new();
        for item in items {
            *copies.entry(item.product_id).or_insert(0) += item.quantity;
        }
        let merged = copies.into_iter().map(|(product_id, quantity)| Self {
            product_id,
            quantity,
        });
        Some(merged.collect())
    }
}

/// Copies of a product at a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub(crate) struct PricedItem {
    /// The product, at least 1.
    #[schema(minimum = 1)]
    pub(crate) product_id: i64,
    /// Copies, at least 1.
    #[schema(minimum = 1, maximum = 2147483647)]
    pub(crate) quantity: i64,
    /// What a copy costs, in whole units of the currency.
    #[schema(minimum = 0, maximum = 2147483647)]
    pub(crate) price: i64,
}

impl PricedItem {
    /// Reads the field `cart`: sorted by product. A product that is named twice is in no cart.
    pub(crate) fn read_list(object: &Object<'_>, problems: &mut Problems) -> Option<Vec<Self>> {
        let mut lines =
            object
                .field("cart")
                .list(1..=MOST_LINES, problems, |element, problems| {
                    let object = element.object(problems)?;
                    let item = Item::read(&object, problems);
                    let price = object.field("price").integer(0..=MOST, problems);
                    let (item, price) = (item?, price?);
                    Some(Self {
                        product_id: item.product_id,
                        quantity: item.quantity,
                        price,
                    })
                })?;
        lines.sort_by_key(|line| line.product_id);
        Some(lines)
    }

    pub(crate) fn item(&self) -> Item {
        Item {
            product_id: self.product_id,
            quantity: self.quantity,
        }
    }
}
