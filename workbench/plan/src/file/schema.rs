//! The JSON Schema of experiment files, for editors.

use super::format::PlanFile;

/// The JSON Schema (draft 2020-12) of experiment files.
///
/// It sees keys, types, and the shape of each text; whether words refer to something that exists, only
/// [`crate::parse`] sees.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(PlanFile).to_value()
}
