//! Objects below a prefix of a bucket of S3-compatible storage.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use futures::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::runtime::{Builder, Runtime};

use super::Stored;

/// Longer failures are retried by the caller, or reported.
const RETRIES: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);

/// A prefix of a bucket.
pub(super) struct Bucket {
    store: AmazonS3,
    prefix: Key,
    runtime: Runtime,
}

impl Bucket {
    /// Of `s3://BUCKET/PREFIX`. Region, endpoint and credentials are those of `AWS_…` variables or the machine's role.
    pub(super) fn open(url: &str) -> anyhow::Result<Self> {
        let path = url.strip_prefix("s3://").unwrap_or(url);
        let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
        let prefix =
            Key::parse(prefix).with_context(|| format!("{url} is no place for objects"))?;
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_retry(RetryConfig {
                max_retries: RETRIES,
                retry_timeout: RETRY_TIMEOUT,
                ..RetryConfig::default()
            });
        let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok());
        // HTTP is allowed if the endpoint is given without TLS.
        if endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
            builder = builder.with_allow_http(true);
        }
        Ok(Self {
            store: builder
                .build()
                .with_context(|| format!("cannot use {url}"))?,
            prefix,
            // Its own runtime, because the load's threads are being measured.
            runtime: Builder::new_current_thread().enable_all().build()?,
        })
    }

    pub(super) fn put(&self, name: &Path, content: Vec<u8>) -> anyhow::Result<()> {
        let key = self.key(name)?;
        self.runtime
            .block_on(self.store.put(&key, content.into()))?;
        Ok(())
    }

    pub(super) fn get(&self, name: &Path) -> anyhow::Result<Vec<u8>> {
        let key = self.key(name)?;
        let bytes = self
            .runtime
            .block_on(async { self.store.get(&key).await?.bytes().await })?;
        Ok(bytes.into())
    }

    pub(super) fn delete(&self, name: &Path) -> anyhow::Result<()> {
        let key = self.key(name)?;
        Ok(self.runtime.block_on(self.store.delete(&key))?)
    }

    /// All objects below the prefix.
    pub(super) fn list(&self) -> anyhow::Result<Vec<Stored>> {
        let objects = self.store.list(Some(&self.prefix));
        let objects: Vec<_> = self.runtime.block_on(objects.try_collect())?;
        let stored = objects.into_iter().filter_map(|object| {
            // Keys have no relative components, so that none leads out of a folder.
            let name = object.location.prefix_match(&self.prefix)?;
            let name = name.map(|part| part.as_ref().to_owned());
            Some((name.collect(), object.size))
        });
        Ok(stored.collect())
    }

    fn key(&self, name: &Path) -> anyhow::Result<Key> {
        let name = name
            .to_str()
            .with_context(|| format!("{} is not UTF-8", name.display()))?;
        let prefix = self.prefix.as_ref();
        let separator = if prefix.is_empty() { "" } else { "/" };
        let key = Key::parse(format!("{prefix}{separator}{name}"));
        key.with_context(|| format!("{name} cannot be the name of an object"))
    }
}
