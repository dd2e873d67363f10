//! A book, as it is stored and as a client describes it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    extract::FromBody,
    item::MOST,
    validation::{Field, Problems},
};

/// Characters that a name may have.
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

/// A book as a client describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct NewProduct {
    /// With something to see in it, and without control characters.
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
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
