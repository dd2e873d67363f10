//! The JSON Schema of experiment files, for editors.

use super::format::PlanFile;

/// The JSON Schema (draft 2020-12) of experiment files.
///
/// It checks keys, types, and patterns of texts. Only [`crate::parse`] checks references.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(PlanFile).to_value()
}
