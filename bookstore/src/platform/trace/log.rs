//! Log lines on standard error, as text or as JSON, each with the request that it is about, and spans
//! for an OpenTelemetry collector.

use std::io::{self, IsTerminal};

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::{
    EnvFilter, Layer,
    field::RecordFields,
    fmt::{
        self, FormatFields,
        format::{DefaultFields, Writer},
    },
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use super::{
    TRACER, WORK,
    export::{FLUSH_LIMIT, PerService},
};

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
pub(crate) struct Telemetry(Option<SdkTracerProvider>);

/// Fields of a line of text, after what the task does that has logged it.
struct Fields;

impl<'writer> FormatFields<'writer> for Fields {
    fn format_fields<R: RecordFields>(
        &self,
        mut writer: Writer<'writer>,
        fields: R,
    ) -> std::fmt::Result {
        let about = WORK.try_with(|work| {
            let mut about = String::new();
            work.each_field(|name, value| {
                let separator = if about.is_empty() { "" } else { " " };
                about.extend([separator, name, "=", value]);
            });
            let kind = if work.asked.is_some() {
                "request"
            } else {
                "task"
            };
            write!(writer, "{kind}{{{about}}}: ")
        });
        about.unwrap_or(Ok(()))?;
        DefaultFields::new().format_fields(writer, fields)
    }
}

impl Telemetry {
    /// Logs to standard error what is worth a person's attention (`RUST_LOG` says otherwise), and
    /// exports the spans of these services to a collector at this base URL, if there is one.
    pub(crate) fn start(
        format: LogFormat,
        collector: Option<&str>,
        services: &[&'static str],
    ) -> anyhow::Result<Self> {
        let provider = match collector {
            None => None,
            Some(url) => {
                // A trace that begins elsewhere is recorded if it is there.
                let provider = SdkTracerProvider::builder()
                    .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
                    .with_batch_exporter(PerService::new(url, services)?)
                    .build();
                TRACER.get_or_init(|| provider.tracer("bookstore"));
                Some(provider)
            }
        };
        let lines = match format {
            LogFormat::Text => fmt::layer()
                .with_writer(io::stderr)
                .with_ansi(io::stderr().is_terminal())
                .fmt_fields(Fields)
                .boxed(),
            LogFormat::Json => {
                let mut lines = json_subscriber::layer()
                    .with_writer(io::stderr)
                    .flatten_event(true)
                    .with_current_span(false)
                    .with_span_list(false);
                let inner = lines.inner_layer_mut();
                inner.add_multiple_dynamic_fields(|_, _, line| {
                    // Outside of any task that is about something there is nothing to tell, and texts are JSON always.
                    let _ = WORK.try_with(|work| {
                        work.each_field(|name, value| drop(line.write_field(name, value)));
                    });
                });
                lines.boxed()
            }
        };
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
        // A program that has set up its own logging keeps it.
        let _ = tracing_subscriber::registry()
            .with(filter)
            .with(lines)
            .try_init();
        Ok(Self(provider))
    }

    /// Sends what was not sent yet, when the process stops.
    pub(crate) async fn flush(self) {
        let Some(provider) = self.0 else { return };
        let flushed = tokio::task::spawn_blocking(move || {
            if let Err(error) = provider.shutdown_with_timeout(FLUSH_LIMIT) {
                tracing::warn!(%error, "the last spans could not be exported");
            }
        });
        // Fails only when a thread panicked, which has been told by then.
        let _ = flushed.await;
    }
}
