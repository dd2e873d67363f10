//! Sends spans to an OpenTelemetry collector: OTLP over HTTP, in batches, off the requests' path.
//!
//! Ids and headers are ours whether anything is exported or not, so spans are handed to the SDK's
//! batches as they are, past its tracers.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchSpanProcessor, SpanData, SpanProcessor},
};
use tokio::runtime::Handle;

/// How long the collector may take to accept the last spans when the process stops.
pub(crate) const FLUSH_LIMIT: Duration = Duration::from_secs(2);

/// How long it may take to answer otherwise.
const TIMEOUT: Duration = Duration::from_secs(5);

/// By service. A process has one: it is wanted deep inside every call.
static EXPORT: OnceLock<BTreeMap<&'static str, BatchSpanProcessor>> = OnceLock::new();

/// Why nothing can be exported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    /// The client.
    #[error("cannot make an HTTP client")]
    Client(#[from] reqwest::Error),
    /// The exporter.
    #[error(transparent)]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
}

/// Exports the spans of these services from now on, to a collector at this base URL.
pub(crate) fn start_export(url: &str, services: &[&'static str]) -> Result<(), ExportError> {
    let endpoint = format!("{}/v1/traces", url.trim_end_matches('/'));
    let mut export = BTreeMap::new();
    for service in services {
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(Client::new(endpoint.clone())?)
            .with_endpoint(&endpoint)
            .with_protocol(Protocol::HttpBinary)
            .build()?;
        let mut processor = BatchSpanProcessor::builder(exporter).build();
        let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder()
            .with_service_name(*service)
            .with_attribute(version);
        processor.set_resource(&resource.build());
        export.insert(*service, processor);
    }
    // The process runs one command; a second one would go on with the first one's.
    let _ = EXPORT.set(export);
    Ok(())
}

/// Whether spans are wanted.
pub(super) fn is_on() -> bool {
    EXPORT.get().is_some()
}

/// Hands over a span that has ended.
pub(super) fn export(service: &str, span: SpanData) {
    if let Some(processor) = EXPORT.get().and_then(|export| export.get(service)) {
        processor.on_end(span);
    }
}

/// Sends what was not sent yet, when the process stops.
pub(crate) async fn flush() {
    if !is_on() {
        return;
    }
    let flushed = tokio::task::spawn_blocking(|| {
        std::thread::scope(|scope| {
            for processor in EXPORT.get().into_iter().flat_map(BTreeMap::values) {
                scope.spawn(|| {
                    if let Err(error) = processor.shutdown_with_timeout(FLUSH_LIMIT) {
                        tracing::warn!(%error, "the last spans could not be exported");
                    }
                });
            }
        });
    });
    // Fails only when a thread panicked, which has been told by then.
    let _ = flushed.await;
}

/// The HTTP client of the other calls. The SDK's batches are sent from threads of their own, so
/// the work is handed to the runtime.
#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    runtime: Handle,
    endpoint: String,
    /// So that a collector that is away is told once, not every few seconds.
    failing: AtomicBool,
}

impl Client {
    fn new(endpoint: String) -> reqwest::Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder()
                .timeout(TIMEOUT)
                .no_proxy()
                .build()?,
            runtime: Handle::current(),
            endpoint,
            failing: AtomicBool::new(false),
        })
    }

    fn note(&self, failure: Option<String>) {
        let failed_before = self.failing.swap(failure.is_some(), Ordering::Relaxed);
        if let (Some(cause), false) = (failure, failed_before) {
            let endpoint = &self.endpoint;
            tracing::warn!(endpoint, cause, "spans cannot be exported");
        }
    }
}

/// Written out as `async_trait` would.
impl HttpClient for Client {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        let http = self.http.clone();
        let sent = self.runtime.spawn(async move {
            let response = http.execute(request.try_into()?).await?;
            let mut answer = Response::new(Bytes::new());
            *answer.status_mut() = response.status();
            *answer.headers_mut() = response.headers().clone();
            *answer.body_mut() = response.bytes().await?;
            Ok::<_, reqwest::Error>(answer)
        });
        Box::pin(async move {
            let outcome = sent.await?;
            self.note(match &outcome {
                Ok(answer) if answer.status().is_success() => None,
                Ok(answer) => Some(format!("answered {}", answer.status())),
                Err(error) => Some(format!("{error:?}")),
            });
            Ok(outcome?)
        })
    }
}
