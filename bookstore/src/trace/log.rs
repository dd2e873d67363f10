//! Log lines on standard error, as text or as JSON, each with the request that it is about.

use std::{fmt, io::IsTerminal};

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter,
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{self, Writer},
    },
    registry::LookupSpan,
};

use super::CONTEXT;

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Logs to standard error what is worth a person's attention; `RUST_LOG` says otherwise.
pub(crate) fn start_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logging = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A program that has set up its own logging keeps it.
    let _ = match format {
        LogFormat::Text => {
            let colours = std::io::stderr().is_terminal();
            let inner = format::format().with_ansi(colours);
            logging
                .event_format(WithContext { inner, format })
                .try_init()
        }
        LogFormat::Json => logging
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .map_event_format(|inner| WithContext { inner, format })
            .try_init(),
    };
}

/// Adds to each line what the work that writes it carries along. Not tracing's spans: they would
/// cost every request something, and so it is only those lines that are written.
struct WithContext<F> {
    inner: F,
    format: LogFormat,
}

impl<S, N, F> FormatEvent<S, N> for WithContext<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.inner
            .format_event(context, Writer::new(&mut line), event)?;
        let line = line.trim_end();
        let written = CONTEXT.try_with(|context| {
            let (service, trace) = (context.service, context.trace);
            let request = context.request_id.to_str().unwrap_or_default();
            match (self.format, line.strip_suffix('}')) {
                (LogFormat::Json, Some(line)) => writeln!(
                    writer,
                    "{line},\"service\":\"{service}\",\"request_id\":\"{request}\",\"trace_id\":\"{trace:032x}\"}}"
                ),
                _ => writeln!(
                    writer,
                    "{line} service={service} request_id={request} trace_id={trace:032x}"
                ),
            }
        });
        written.unwrap_or_else(|_| writeln!(writer, "{line}"))
    }
}
