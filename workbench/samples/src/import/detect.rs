//! Detects the format of a file by its content.

use super::error::ImportError;
use super::first_line;
use super::format::Format;
use super::input::Input;
use super::{gatling, hdr, jmeter, json, k6, other_tools};

/// Files of known tools that hold no single requests, or that cannot be read: texts near their beginning, what they
/// are, and how to get a file that can be imported. The first row whose texts are all found applies.
const REFUSED: [(&[&str], &str, &str); 31] = [
    (
        &["<testResults"],
        "a JMeter result file in XML form",
        "have JMeter write CSV: -Jjmeter.save.saveservice.output_format=csv",
    ),
    (
        &["Label,# Samples,Average"],
        "JMeter's aggregate or summary report, which holds no single requests",
        "import the JTL file that it was made from: jmeter -n -t PLAN.jmx -l results.jtl",
    ),
    (
        &["\"transaction\"", "\"sampleCount\"", "\"pct1ResTime\""],
        "JMeter's statistics.json, which holds no single requests",
        "import the JTL file that it was made from: jmeter -n -t PLAN.jmx -l results.jtl",
    ),
    (
        &["summary =", "Avg:", "Err:"],
        "what JMeter prints, which holds no single requests",
        "have it write a JTL file: jmeter -n -t PLAN.jmx -l results.jtl",
    ),
    (&["\"root_group\""], K6_SUMMARY, K6_RAW),
    (
        &["\"metrics\"", "\"http_req_duration\"", "\"avg\""],
        K6_SUMMARY,
        K6_RAW,
    ),
    (
        &["http_req_duration", "avg=", "p(95)="],
        "what k6 prints at its end, which holds no single requests",
        K6_RAW,
    ),
    (
        &["Type,Name,Request Count,Failure Count"],
        "Locust's statistics, which hold no single requests",
        LOCUST_RAW,
    ),
    (
        &["Timestamp,User Count,Type,Name"],
        "Locust's history of statistics, which holds no single requests",
        LOCUST_RAW,
    ),
    (
        &["Method,Name,Error,Occurrences"],
        "Locust's list of failures, which holds no single requests",
        LOCUST_RAW,
    ),
    (
        &["Count,Message,Traceback,Nodes"],
        "Locust's list of exceptions, which holds no single requests",
        LOCUST_RAW,
    ),
    (
        &["\"num_requests\"", "\"response_times\""],
        "Locust's JSON statistics, which hold no single requests",
        LOCUST_RAW,
    ),
    (
        &["Type", "# reqs", "# fails"],
        "what Locust prints, which holds no single requests",
        LOCUST_RAW,
    ),
    (
        &["\"successRate\"", "\"latencyPercentiles\""],
        "oha's JSON output, which holds no single requests",
        "have oha write CSV: oha --output-format csv -o results.csv",
    ),
    (
        &["Success rate:", "Requests/sec:", "Response time"],
        "what oha prints, which holds no single requests",
        "have oha write CSV: oha --output-format csv -o results.csv",
    ),
    (
        &["Fastest:", "Requests/sec:", "Latency distribution:"],
        "what hey prints, which holds no single requests",
        "have hey write CSV: hey -o csv URL > results.csv",
    ),
    (
        &["Percentage served,Time in ms"],
        "ab's percentiles, which hold no single requests",
        "have ab write each request: ab -g results.tsv",
    ),
    (
        &["Running ", " test @ ", "Thread Stats"],
        "what wrk or wrk2 prints, which holds no single requests; neither can write them",
        "use a tool that keeps every request, such as `workbench run`, vegeta or oha, or a HdrHistogram log of intervals",
    ),
    (
        &["finished in ", "req/s", "time for request:"],
        "what h2load prints, which holds no single requests",
        "have h2load log each request: h2load --log-file=results.log",
    ),
    (
        &["Requests      [total, rate, throughput]"],
        "a vegeta report, which holds no single requests",
        VEGETA_RAW,
    ),
    (
        &["\"latencies\"", "\"bytes_in\"", "\"throughput\""],
        "a vegeta report, which holds no single requests",
        VEGETA_RAW,
    ),
    (
        &["Bucket ", "%", "Histogram"],
        "a vegeta histogram, which holds no single requests",
        VEGETA_RAW,
    ),
    (
        &["\"numberOfRequests\"", "\"percentiles1\""],
        "Gatling's statistics, which hold no single requests",
        "import the simulation.log beside them",
    ),
    (
        &["\"aggregate\"", "\"counters\"", "\"summaries\""],
        "an Artillery report, which holds no single requests",
        KEEPS_ALL,
    ),
    (
        &["\"requests\"", "\"latency\"", "\"p97_5\""],
        "autocannon's results, which hold no single requests",
        "have a script write a row for each `response` event of autocannon as CSV, and import that with --columns",
    ),
    (
        &["\"timeTakenSeconds\"", "\"latency\"", "\"rps\""],
        "bombardier's results, which hold no single requests",
        KEEPS_ALL,
    ),
    (
        &["\"DurationHistogram\"", "\"ActualQPS\""],
        "fortio's results, which hold no single requests",
        KEEPS_ALL,
    ),
    (
        &[
            "\"transactions\"",
            "\"availability\"",
            "\"longest_transaction\"",
        ],
        "siege's results, which hold no single requests",
        KEEPS_ALL,
    ),
    (
        &["Transactions:", "Availability:", "Longest transaction:"],
        "what siege prints, which holds no single requests",
        KEEPS_ALL,
    ),
    (
        &["This is ApacheBench", "Requests per second:"],
        "what ab prints, which holds no single requests",
        "have ab write each request: ab -g results.tsv",
    ),
    (
        &["Value", "Percentile", "TotalCount", "1/(1-Percentile)"],
        "a percentile distribution of HdrHistogram, which holds no single requests",
        "have the program write an interval log (HistogramLogWriter), and import that",
    ),
];

const KEEPS_ALL: &str =
    "use a tool that keeps every request, such as `workbench run`, k6, JMeter or vegeta";

const K6_SUMMARY: &str = "a k6 summary, which holds no single requests";
const K6_RAW: &str = "have k6 write every request: k6 run --out csv=results.csv SCRIPT, or --out json=results.json.gz";
const LOCUST_RAW: &str = "have a listener of the request event write each request as CSV, with columns start_time, request_type, \
     name, response_time, exception (docs/import-export.md has one)";
const VEGETA_RAW: &str =
    "import the results that it was made from: vegeta encode --to csv results.bin > results.csv";

/// The format of a file, detected by its first lines.
pub(super) fn detect(input: &Input) -> Result<Format, ImportError> {
    let beginning = input.beginning();
    if beginning.is_empty() {
        return Err(ImportError::Empty {
            path: input.path().to_owned(),
        });
    }
    let line = first_line(beginning);
    let found = Format::ALL.into_iter().find(|format| match format {
        Format::JmeterCsv => jmeter::recognises(line),
        Format::K6Csv => k6::recognises_csv(line),
        Format::K6Json => k6::recognises_json(line),
        Format::Gatling => gatling::recognises_log(line),
        Format::GatlingCsv => gatling::recognises_csv(line),
        Format::VegetaJson => json::recognises_vegeta(line),
        Format::GooseCsv => json::recognises_goose_csv(line),
        Format::GooseJson => json::recognises_goose(line),
        Format::Hdr => hdr::recognises(beginning),
        Format::Columns => false,
        other => other_tools::recognises(*other, line),
    });
    if let Some(format) = found {
        return Ok(format);
    }
    refuse(input)?;
    Err(ImportError::Unknown {
        path: input.path().to_owned(),
        tried: Format::ALL.map(Format::title).join(", "),
        hint: looks(beginning, line),
    })
}

/// Refuses files that are known to hold no single requests.
pub(super) fn refuse(input: &Input) -> Result<(), ImportError> {
    let beginning = input.beginning();
    if is_binary_gatling(beginning) {
        return Err(ImportError::Refused {
            path: input.path().to_owned(),
            what: "Gatling's binary log, which it writes from version 3.12 on",
            instead: "convert it to CSV with glog (github.com/dhis2/gatling, branch glog-cli) and import that",
        });
    }
    let text = String::from_utf8_lossy(&beginning[..beginning.len().min(64 << 10)]);
    if text.contains("Timestamp") && text.contains("BytesOut") && beginning.contains(&0xFF) {
        return Err(ImportError::Refused {
            path: input.path().to_owned(),
            what: "vegeta's binary results",
            instead: "encode them: vegeta encode --to csv results.bin > results.csv",
        });
    }
    let has_all = |texts: &[&str]| texts.iter().all(|it| text.contains(it));
    match REFUSED.iter().find(|(texts, ..)| has_all(texts)) {
        Some((_, what, instead)) => Err(ImportError::Refused {
            path: input.path().to_owned(),
            what,
            instead,
        }),
        None => Ok(()),
    }
}

/// Whether a file begins with the record of a run: a zero, and the length and the text of Gatling's version.
fn is_binary_gatling(beginning: &[u8]) -> bool {
    let [0, 0, 0, 0, length, rest @ ..] = beginning else {
        return false;
    };
    let version = rest.get(..usize::from(*length)).unwrap_or_default();
    let is_of_version = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    (3..32).contains(length) && version.iter().all(is_of_version) && version.contains(&b'.')
}

/// What a file of unknown format looks like, as the end of a sentence.
fn looks(beginning: &[u8], line: &[u8]) -> String {
    if beginning.starts_with(b"PAR1") {
        return ": it is a Parquet file".to_owned();
    }
    if beginning.starts_with(b"PK\x03\x04") {
        return ": it is a ZIP archive, unpack it first".to_owned();
    }
    if beginning[..beginning.len().min(1024)].contains(&0) {
        return ": it is a binary file".to_owned();
    }
    let text = String::from_utf8_lossy(line);
    let shown: String = text
        .chars()
        .filter(|it| !it.is_control())
        .take(80)
        .collect();
    format!(": its first line is “{}”", shown.trim_end())
}
