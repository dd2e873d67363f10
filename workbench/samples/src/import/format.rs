//! The formats that are read, and the definitions of their elapsed times.

use std::path::Path;

use super::error::ImportError;

/// A format of result files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `JMeter`'s CSV.
    JmeterCsv,
    /// k6's CSV.
    K6Csv,
    /// k6's JSON lines.
    K6Json,
    /// Requests that a listener in a Locust file wrote as CSV.
    Locust,
    /// Gatling's text log, to version 3.11.
    Gatling,
    /// The CSV that Gatling's binary log is converted to.
    GatlingCsv,
    /// `vegeta encode --to csv`.
    VegetaCsv,
    /// `vegeta encode --to json`.
    VegetaJson,
    /// oha's CSV.
    Oha,
    /// hey's CSV.
    Hey,
    /// ab's gnuplot file.
    Ab,
    /// h2load's log file.
    H2load,
    /// Goose's request log as CSV.
    GooseCsv,
    /// Goose's request log as JSON lines.
    GooseJson,
    /// A log of interval histograms.
    Hdr,
    /// Any CSV of which the columns are named.
    Columns,
}

/// Descriptions of a format.
struct About {
    name: &'static str,
    title: &'static str,
    tool: &'static str,
    elapsed: &'static str,
}

impl Format {
    /// All formats, in the order in which they are tried.
    pub const ALL: [Self; 16] = [
        Self::JmeterCsv,
        Self::K6Csv,
        Self::K6Json,
        Self::Locust,
        Self::Gatling,
        Self::GatlingCsv,
        Self::VegetaCsv,
        Self::VegetaJson,
        Self::Oha,
        Self::Hey,
        Self::Ab,
        Self::H2load,
        Self::GooseCsv,
        Self::GooseJson,
        Self::Hdr,
        Self::Columns,
    ];

    fn about(self) -> About {
        let of = |name, title, tool, elapsed| About {
            name,
            title,
            tool,
            elapsed,
        };
        match self {
            Self::JmeterCsv => of(
                "jtl",
                "JMeter JTL CSV",
                "JMeter",
                "from before a request is sent to the last byte of its response, connecting included (JMeter elapsed)",
            ),
            Self::K6Csv => of("k6-csv", "k6 CSV", "k6", K6),
            Self::K6Json => of("k6-json", "k6 JSON lines", "k6", K6),
            Self::Locust => of(
                "locust",
                "a Locust request log as CSV",
                "Locust",
                "from before a request is sent to the last byte of its response, connecting included (Locust response_time)",
            ),
            Self::Gatling => of("gatling", "Gatling text log", "Gatling", GATLING),
            Self::GatlingCsv => of("gatling-csv", "Gatling log as CSV", "Gatling", GATLING),
            Self::VegetaCsv => of("vegeta-csv", "vegeta CSV", "vegeta", VEGETA),
            Self::VegetaJson => of("vegeta-json", "vegeta JSON lines", "vegeta", VEGETA),
            Self::Oha => of(
                "oha",
                "oha CSV",
                "oha",
                "from before a request is sent to the last byte of its response, connecting and redirects included (oha \
                 request-duration)",
            ),
            Self::Hey => of(
                "hey",
                "hey CSV",
                "hey",
                "from before a request is sent to the last byte of its response, connecting included (hey response-time)",
            ),
            Self::Ab => of(
                "ab",
                "ab gnuplot file",
                "ab",
                "from the start of connecting to the last byte of the response (ab ttime)",
            ),
            Self::H2load => of(
                "h2load",
                "h2load log",
                "h2load",
                "from sending a request to the end of its stream, connecting not included (h2load)",
            ),
            Self::GooseCsv => of("goose-csv", "Goose request log as CSV", "Goose", GOOSE),
            Self::GooseJson => of(
                "goose-json",
                "Goose request log as JSON lines",
                "Goose",
                GOOSE,
            ),
            Self::Hdr => of(
                "hdr",
                "HdrHistogram interval log",
                "HdrHistogram",
                "as the program that recorded the histograms measured it",
            ),
            Self::Columns => of(
                "csv",
                "CSV with --columns",
                "unknown",
                "as the program that wrote the file measured it",
            ),
        }
    }

    /// The name that `--as` takes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.about().name
    }

    /// The format of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }

    /// Its name in messages.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.about().title
    }

    /// The tool that writes it.
    pub(super) fn tool(self) -> &'static str {
        self.about().tool
    }

    /// The definition of its elapsed times.
    #[must_use]
    pub fn elapsed(self) -> &'static str {
        self.about().elapsed
    }

    pub(super) fn wrong(self, path: &Path, reason: impl Into<String>) -> ImportError {
        ImportError::WrongFormat {
            path: path.to_owned(),
            format: self.title(),
            reason: reason.into(),
        }
    }
}

const K6: &str = "from the first byte sent to the last byte of the response, without waiting for a connection, connecting and \
     TLS (k6 http_req_duration)";
const GATLING: &str = "from before a request is sent to the last byte of its response, resolving and connecting included (Gatling \
     response time)";
const VEGETA: &str = "from before a request is sent to the last byte of its response, connecting included (vegeta latency)";
const GOOSE: &str = "from before a request is sent to the headers of its response, connecting included, its body not (Goose \
     response_time)";
