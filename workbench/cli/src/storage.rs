//! Copies of run folders in object storage: a folder is uploaded while its run is made, and downloaded to be analysed.
//!
//! The folder on this machine is the run: nothing waits for the storage, and failed uploads are repeated later.
//! `bucket` is the storage itself; `disabled` replaces it in a build without storage.

#[cfg(feature = "object-storage")]
mod bucket;
#[cfg(not(feature = "object-storage"))]
#[path = "storage/disabled.rs"]
mod bucket;
mod fetch;
mod upload;

pub(crate) use fetch::{fetch, is_url};
pub(crate) use upload::{Folders, Upload};

use std::path::{Path, PathBuf};

/// The option for copies of runs.
#[derive(Debug, clap::Args)]
pub(crate) struct StoreArgument {
    /// Copy the folders of the runs to object storage, `s3://BUCKET/PREFIX`; credentials and endpoint are those of AWS_… variables.
    #[arg(long, value_name = "URL", value_parser = url)]
    store: Option<String>,
}

impl StoreArgument {
    /// Starts copying folders below `results`, if requested.
    pub(crate) fn upload(&self, results: &Path) -> anyhow::Result<Upload> {
        match &self.store {
            None => Ok(Upload::nothing()),
            Some(url) => Upload::begin(url, results),
        }
    }
}

fn url(text: &str) -> Result<String, String> {
    let bucket = text.strip_prefix("s3://").unwrap_or_default();
    if bucket.is_empty() || bucket.starts_with('/') {
        return Err("expected s3://BUCKET or s3://BUCKET/PREFIX".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// The name of an object relative to the URL, and its size in bytes.
type Stored = (PathBuf, u64);
