//! Makes the carts what they were at the first start: none.

use super::Carts;
use crate::{
    Error,
    database::{self, Contents},
};

const CONTENTS: Contents = Contents {
    tables: &["cart_items", "carts", "checkouts"],
    has_sequences: false,
    at_work: "SELECT COUNT(*) FROM checkouts WHERE status = 'Locked'",
};

impl Carts {
    /// Empties every table. Refused while orders are at work.
    pub(super) async fn reset(&self) -> Result<(), Error> {
        if !database::reset(&self.database, &CONTENTS).await? {
            return Err(Error::Conflict("Orders hold carts".into()));
        }
        Ok(())
    }
}
