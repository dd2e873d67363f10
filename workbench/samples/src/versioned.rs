//! JSON files with a version of their format.

use std::fs;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::atomic_write::{self, replace_file};
use crate::error::SamplesError;

/// Writes a record, replacing an earlier one in a single step.
///
/// # Panics
/// The record cannot be serialized, which is a bug in its type.
pub(crate) fn write(record: &impl Serialize, path: PathBuf) -> Result<(), SamplesError> {
    replace_file(&path, &json(record)).map_err(|source| SamplesError::Write { path, source })
}

/// The same in place, where there may be no room for a second file.
///
/// # Panics
/// As [`write`].
pub(crate) fn overwrite(record: &impl Serialize, path: PathBuf) -> Result<(), SamplesError> {
    atomic_write::overwrite(&path, &json(record))
        .map_err(|source| SamplesError::Write { path, source })
}

fn json(record: &impl Serialize) -> Vec<u8> {
    let mut json = serde_json::to_vec_pretty(record)
        .expect("a record has text keys only and nothing that refuses to be serialised");
    json.push(b'\n');
    json
}

/// Reads a record of any version from 1 to `newest`.
pub(crate) fn read<T: DeserializeOwned>(
    path: PathBuf,
    newest: u32,
    invalid: impl Fn(PathBuf, serde_json::Error) -> SamplesError,
) -> Result<T, SamplesError> {
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(SamplesError::Read { path, source }),
    };
    // The version comes first: a newer record must not be reported as a broken one.
    let version = match serde_json::from_str::<VersionOnly>(&text) {
        Ok(version) => version.schema_version,
        Err(source) => return Err(invalid(path, source)),
    };
    if !(1..=newest).contains(&version) {
        return Err(SamplesError::UnknownSchemaVersion {
            path,
            found: version.to_string(),
            newest,
        });
    }
    serde_json::from_str(&text).map_err(|source| invalid(path, source))
}

#[derive(Deserialize)]
struct VersionOnly {
    schema_version: u32,
}
