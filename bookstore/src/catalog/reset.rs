//! Makes the catalog what it was at the first start.

use super::{Catalog, seed::Seed};
use crate::{
    Error,
    database::{self, Contents},
};

const CONTENTS: Contents = Contents {
    tables: &[
        "return_items",
        "returns",
        "reservation_items",
        "products",
        "reservations",
    ],
    has_sequences: true,
    at_work: "SELECT COUNT(*) FROM reservations WHERE status = 'Held'",
};

impl Catalog {
    /// Empties every table, and fills the catalog again. Refused while orders are at work.
    pub(super) async fn reset(&self, seed: Seed) -> Result<(), Error> {
        if !database::reset(&self.database, &CONTENTS).await? {
            return Err(Error::Conflict("Orders hold copies".into()));
        }
        self.seed(seed).await
    }
}
