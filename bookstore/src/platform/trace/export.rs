//! Spans for an OpenTelemetry collector: OTLP over HTTP, in batches, off the requests' path.
//!
//! The SDK sends all spans of a process as one service's; several services may share this process.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use anyhow::{Context, anyhow};
use opentelemetry::{KeyValue, Value};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{self, SpanData},
};

/// How long the collector may take to accept the last spans when the process stops.
pub(crate) const FLUSH_LIMIT: Duration = Duration::from_secs(2);

/// How long it may take to answer otherwise.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Exports each span as one of the service that its attribute `service` names.
#[derive(Debug)]
pub(super) struct PerService {
    exporters: BTreeMap<&'static str, SpanExporter>,
    endpoint: String,
    /// So that a collector that is away is told once, not every few seconds.
    is_failing: AtomicBool,
}

impl PerService {
    pub(super) fn new(url: &str, services: &[&'static str]) -> anyhow::Result<Self> {
        let endpoint = format!("{}/v1/traces", url.trim_end_matches('/'));
        // It has a runtime of its own, which cannot be made within ours.
        let client = thread::spawn(|| {
            let client = reqwest::blocking::Client::builder();
            client.timeout(TIMEOUT).no_proxy().build()
        });
        let client = client.join().map_err(|_| anyhow!("its thread panicked"));
        let client = client.and_then(|client| Ok(client?));
        let client = client.context("cannot make an HTTP client")?;
        let mut exporters = BTreeMap::new();
        for service in services {
            let mut exporter = SpanExporter::builder()
                .with_http()
                .with_http_client(client.clone())
                .with_endpoint(&endpoint)
                .with_protocol(Protocol::HttpBinary)
                .build()?;
            let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
            let resource = Resource::builder()
                .with_service_name(*service)
                .with_attribute(version);
            trace::SpanExporter::set_resource(&mut exporter, &resource.build());
            exporters.insert(*service, exporter);
        }
        Ok(Self {
            exporters,
            endpoint,
            is_failing: AtomicBool::new(false),
        })
    }
}

impl trace::SpanExporter for PerService {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        let mut outcome = Ok(());
        for (service, exporter) in &self.exporters {
            let service = Value::from(*service);
            let is_its = |it: &KeyValue| it.key.as_str() == "service" && it.value == service;
            let its = batch.extract_if(.., |span| span.attributes.iter().any(is_its));
            let its: Vec<_> = its.collect();
            if !its.is_empty() {
                outcome = outcome.and(exporter.export(its).await);
            }
        }
        let failed_before = self.is_failing.swap(outcome.is_err(), Ordering::Relaxed);
        if let (Err(error), false) = (&outcome, failed_before) {
            let endpoint = &self.endpoint;
            tracing::warn!(endpoint, %error, "spans cannot be exported");
        }
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        // Each of them, whatever has become of the others.
        let mut outcome = Ok(());
        for exporter in self.exporters.values() {
            outcome = outcome.and(exporter.shutdown_with_timeout(timeout));
        }
        outcome
    }
}
