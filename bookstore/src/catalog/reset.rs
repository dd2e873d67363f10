//! Makes the catalog what it was at the first start.
//!
//! Orders that were placed before may still be there, and the orders service then says what they have
//! bought, as after a loss. Their copies belong to the former stock, and the new one stays as it is.

use super::Catalog;
use crate::platform::{
    Error,
    database::{self, Contents},
};

const CONTENTS: Contents = Contents {
    tables: &[
        "return_items",
        "returns",
        "reservation_items",
        "book_details",
        "products",
        "reservations",
        "resets",
    ],
    has_sequences: true,
    at_work: "SELECT COUNT(*) FROM reservations WHERE status = 'Held'",
    refusal: "Orders hold copies",
    note: Some("INSERT INTO resets (reset_token) VALUES ($1)"),
};

/// The token of the last reset, which is later than those of all orders before; an empty text where there was
/// none.
macro_rules! last_reset {
    () => {
        "(SELECT COALESCE(MAX(reset_token), '') FROM resets)"
    };
}
pub(super) use last_reset;

impl Catalog {
    /// Empties every table, and fills the catalog again. Refused while orders are at work.
    pub(super) async fn empty_and_seed(&self) -> Result<(), Error> {
        database::reset(&self.database, &CONTENTS).await?;
        self.seed().await
    }
}
