//! The sample record, its Parquet files, and the manifest of a run.

mod manifest;
mod sample;

pub use manifest::{
    Check, CheckStatus, Host, Manifest, Outcome, TargetRecord, Tool, UsersInSecond, Validity,
};
pub use sample::{ErrorKind, Labels, Phase, Sample};
