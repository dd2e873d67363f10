//! Makes the orders what they were at the first start: none.

use super::Orders;
use crate::{
    Error,
    database::{self, Contents},
};

const CONTENTS: Contents = Contents {
    tables: &["return_items", "returns", "order_items", "orders"],
    has_sequences: true,
    at_work: "SELECT (SELECT COUNT(*) FROM orders WHERE settled_at IS NULL)
    + (SELECT COUNT(*) FROM returns WHERE settled_at IS NULL)",
};

impl Orders {
    /// Empties every table. Refused while orders are at work.
    pub(super) async fn reset(&self) -> Result<(), Error> {
        if !database::reset(&self.database, &CONTENTS).await? {
            return Err(Error::Conflict("Orders are at work".into()));
        }
        Ok(())
    }
}
