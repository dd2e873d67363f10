//! Books, as they are stored and as a client describes them, and what orders have taken from stock.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::{
    item::MOST,
    platform::{
        database::status,
        extract::FromBody,
        token::Token,
        validation::{Field, Problems},
    },
};

pub(crate) const NAME_LENGTH: std::ops::RangeInclusive<usize> = 1..=255;

/// A book in the catalog.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub(crate) struct Product {
    pub(crate) id: i64,
    pub(crate) name: String,
    /// In whole units of the currency.
    pub(crate) price: i64,
    /// Copies in stock.
    pub(crate) quantity: i64,
}

impl Product {
    /// Names what the book says at the moment, as an `ETag`. Made of its contents, so that whatever changes
    /// them (a sale, too) changes it; books that differ share one by a chance of 2⁻⁶⁴.
    pub(super) fn version(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(self.price.to_be_bytes());
        digest.update(self.quantity.to_be_bytes());
        digest.update(self.name.as_bytes());
        format!("\"{}\"", hex::encode(&digest.finalize()[..8]))
    }
}

/// A book as a client describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct NewProduct {
    /// With something to see in it, and without control characters.
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f\u00ad\u115f\u1160\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub(crate) name: String,
    /// In whole units of the currency.
    #[schema(minimum = 0, maximum = 2147483647)]
    pub(crate) price: i64,
    /// Copies in stock.
    #[schema(minimum = 0, maximum = 2147483647)]
    pub(crate) quantity: i64,
}

impl FromBody for NewProduct {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let body = body.object(problems)?;
        let name = body.field("name").text(NAME_LENGTH, problems);
        let price = body.field("price").integer(0..=MOST, problems);
        let quantity = body.field("quantity").integer(0..=MOST, problems);
        Some(Self {
            name: name?.to_owned(),
            price: price?,
            quantity: quantity?,
        })
    }
}

/// What an order has taken.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Reservation {
    /// The order.
    #[schema(value_type = String, format = "uuid")]
    pub(crate) order_token: Token,
    pub(crate) status: ReservationStatus,
    /// By product.
    pub(crate) items: Vec<ReservedItem>,
}

status! {
    /// Where it stands.
    pub(crate) enum ReservationStatus {
        /// The order is at work.
        Held,
        /// The order is final: the copies are sold.
        Confirmed,
        /// The copies are back in stock, or were never taken.
        Released,
    }
}

/// Copies of a product that an order has taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ReservedItem {
    pub(crate) product_id: i64,
    pub(crate) quantity: i64,
    /// Copies that came back after they were sold.
    pub(crate) returned: i64,
}
