//! Makes the carts what they were at the first start: none.

use futures::future::BoxFuture;

use super::Carts;
use crate::platform::{
    Error,
    database::{self, Contents},
    service::Data,
};

const CONTENTS: Contents = Contents {
    tables: &["additions", "cart_items", "carts", "checkouts"],
    has_sequences: false,
    at_work: "SELECT COUNT(*) FROM checkouts WHERE status = 'Locked'",
    refusal: "Orders hold carts",
    note: None,
};

impl Data for Carts {
    fn reset(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(database::reset(&self.database, &CONTENTS))
    }
}
