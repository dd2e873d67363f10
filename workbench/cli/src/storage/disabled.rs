//! Object storage in a build without it.

use std::convert::Infallible;
use std::path::Path;

use anyhow::bail;

use super::Stored;

/// Cannot be constructed.
pub(super) struct Bucket(Infallible);

impl Bucket {
    pub(super) fn open(url: &str) -> anyhow::Result<Self> {
        bail!(
            "{url} is object storage, which this build leaves out; \
             `cargo install --locked --path workbench/cli --features object-storage` builds it in"
        )
    }

    pub(super) fn put(&self, _: &Path, _: Vec<u8>) -> anyhow::Result<()> {
        match self.0 {}
    }

    pub(super) fn get(&self, _: &Path) -> anyhow::Result<Vec<u8>> {
        match self.0 {}
    }

    pub(super) fn delete(&self, _: &Path) -> anyhow::Result<()> {
        match self.0 {}
    }

    pub(super) fn list(&self) -> anyhow::Result<Vec<Stored>> {
        match self.0 {}
    }
}
