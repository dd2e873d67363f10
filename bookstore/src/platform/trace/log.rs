//! Log lines on standard error, as text or as JSON, each with the request that it is about, and spans
//! for an OpenTelemetry collector.

use std::io::{self, IsTerminal};

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    EnvFilter, Layer, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

use super::export::{FLUSH_LIMIT, PerService};

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The process' log and its traces.
pub(crate) struct Telemetry(SdkTracerProvider);

impl Telemetry {
    /// Logs to standard error what is worth a person's attention (`RUST_LOG` says otherwise), and
    /// exports the spans of these services to a collector at this base URL, if there is one.
    pub(crate) fn start(
        format: LogFormat,
        collector: Option<&str>,
        services: &[&'static str],
    ) -> anyhow::Result<Self> {
        // A trace that begins elsewhere is recorded if it is there.
        let provider = SdkTracerProvider::builder();
        let provider = match collector {
            None => provider.with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOff))),
            Some(url) => provider
                .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
                .with_batch_exporter(PerService::new(url, services)?),
        };
        let provider = provider.build();
        let spans = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("bookstore"))
            .with_context_activation(false)
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_target(false)
            .with_filter(Targets::new().with_target("bookstore", LevelFilter::ERROR));
        let lines = match format {
            LogFormat::Text => fmt::layer()
                .with_writer(io::stderr)
                .with_ansi(io::stderr().is_terminal())
                .boxed(),
            LogFormat::Json => json_subscriber::layer()
                .with_writer(io::stderr)
                .flatten_event(true)
                .flatten_span_list_on_top_level(true)
                .with_current_span(false)
                .boxed(),
        };
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
        // A program that has set up its own logging keeps it.
        let _ = tracing_subscriber::registry()
            .with(lines.with_filter(filter))
            .with(spans)
            .try_init();
        Ok(Self(provider))
    }

    /// Sends what was not sent yet, when the process stops.
    pub(crate) async fn flush(self) {
        let flushed = tokio::task::spawn_blocking(move || {
            if let Err(error) = self.0.shutdown_with_timeout(FLUSH_LIMIT) {
                tracing::warn!(%error, "the last spans could not be exported");
            }
        });
        // Fails only when a thread panicked, which has been told by then.
        let _ = flushed.await;
    }
}
