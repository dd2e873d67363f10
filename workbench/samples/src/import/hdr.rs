//! Logs of interval histograms, as `HdrHistogram`'s writers make them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;

use super::FileFacts;
use super::bad_rows::Bad;
use super::collect::{At, Collector, Row, SECOND};
use super::error::ImportError;
use super::fields::scaled;
use super::format::Format;
use super::input::Input;
use super::records::{Records, next_line};
use crate::schema::column;

/// Most samples of one interval; more are damaged.
const MOST_OF_AN_INTERVAL: u64 = 1 << 27;
/// Interval maxima are in milliseconds by the writers' default.
const MILLISECOND: f64 = 1e6;

const LEGEND: &[u8] = b"\"StartTimestamp\",\"Interval_Length\"";

/// Whether a file begins as an interval log: with comments, a legend, or an interval of which the histogram can be decoded.
pub(super) fn recognises(beginning: &[u8]) -> bool {
    let lines = beginning.split(|byte| *byte == b'\n').take(20);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    lines.next().is_some_and(|line| {
        line.starts_with(LEGEND)
            || line
                .rsplit(|byte| *byte == b',')
                .next()
                .is_some_and(|it| it.starts_with(b"HIST"))
    })
}

/// An interval as its line has it.
struct Interval {
    start_ns: u64,
    length_ns: u64,
    max: f64,
    histogram: Histogram<u64>,
}

pub(super) fn read(input: &mut Input, out: &mut Collector) -> Result<FileFacts, ImportError> {
    if !recognises(input.beginning()) {
        return Err(Format::Hdr.wrong(input.path(), "it has neither a legend nor an interval"));
    }
    let mut records = Records::new(b',');
    let mut base_ns: Option<i64> = None;
    let mut start_time_ns: Option<i64> = None;
    let mut deserializer = Deserializer::new();
    let mut digits = u8::MAX;
    let mut unit = None;
    while next_line(input, out)? {
        let line = input.number();
        let record = input.line();
        if record.starts_with(b"#") {
            base_ns = seconds_of(record, b"#[BaseTime: ").or(base_ns);
            start_time_ns = seconds_of(record, b"#[StartTime: ").or(start_time_ns);
            continue;
        }
        if record.starts_with(LEGEND) {
            continue;
        }
        records.fields.split(record, b',');
        let interval = match interval(record, &records, &mut deserializer) {
            Ok(interval) => interval,
            Err(bad) => {
                out.bad(if input.unfinished { Bad::CutOff } else { bad }, line);
                continue;
            }
        };
        digits = digits.min(interval.histogram.sigfig());
        let unit = *unit.get_or_insert_with(|| unit_of(&interval));
        let base = base_ns.unwrap_or_else(|| {
            // As in the Java reader: times far before the start are seconds since the start.
            let start = i64::try_from(interval.start_ns).unwrap_or(i64::MAX);
            start_time_ns
                .filter(|it| start < it - 365 * 86_400 * SECOND)
                .unwrap_or(0)
        });
        let label = tag_of(record, &records);
        give(&interval, (base, unit), &label, line, out)?;
    }
    out.start_tick = out.start_tick.max(SECOND as u64);
    Ok(FileFacts {
        unknown: vec![
            column::BYTES_SENT,
            column::BYTES_RECEIVED,
            column::LATENCY_NS,
            column::CONNECT_NS,
            column::STATUS,
        ],
        elapsed_tick: 1,
        notes: vec![
            format!(
                "times are the middles of the histograms' buckets, which are {digits} significant digits wide; one unit of \
                 theirs is taken for {} ns, by the maxima in milliseconds beside them",
                unit.unwrap_or(1.0)
            ),
            "an interval does not say when its requests started: they are spread evenly over it in an order without a \
             pattern, and how much they depend on each other is not known"
                .to_owned(),
            "the log does not say which requests failed: every one is taken for a success".to_owned(),
        ],
        ..FileFacts::default()
    })
}

/// `#[StartTime: 1441812279.474 (seconds since epoch), …]`.
fn seconds_of(line: &[u8], key: &[u8]) -> Option<i64> {
    let rest = line.strip_prefix(key)?;
    let number = rest.split(|byte| *byte == b' ').next()?;
    i64::try_from(scaled(number, SECOND as u64)?).ok()
}

/// `Tag=checkout`, the first field where there is one.
fn tag_of(record: &[u8], records: &Records) -> Vec<u8> {
    let first = records.fields.raw(record, 0);
    let tag = first.strip_prefix(b"Tag=").filter(|tag| !tag.is_empty());
    tag.unwrap_or(b"request").to_vec()
}

fn interval(
    record: &[u8],
    records: &Records,
    deserializer: &mut Deserializer,
) -> Result<Interval, Bad> {
    let fields = &records.fields;
    let from = usize::from(fields.raw(record, 0).starts_with(b"Tag="));
    if fields.len() < from + 4 {
        return Err(Bad::TooFewFields);
    }
    let time = |index: usize| {
        let field = fields.raw(record, from + index).trim_ascii();
        scaled(field, SECOND as u64).ok_or(Bad::Time)
    };
    let max = std::str::from_utf8(fields.raw(record, from + 2).trim_ascii());
    let max = max
        .ok()
        .and_then(|max| max.parse().ok())
        .ok_or(Bad::Number("max"))?;
    let bytes = STANDARD
        .decode(fields.raw(record, from + 3).trim_ascii())
        .map_err(|_| Bad::Histogram)?;
    let histogram = deserializer
        .deserialize::<u64, _>(&mut bytes.as_slice())
        .map_err(|_| Bad::Histogram)?;
    if histogram.len() > MOST_OF_AN_INTERVAL {
        return Err(Bad::Histogram);
    }
    Ok(Interval {
        start_ns: time(0)?,
        length_ns: time(1)?,
        max,
        histogram,
    })
}

/// Nanoseconds of a unit of the histograms, by the maximum that stands beside one: a power of ten from 1 ns to 1 s.
fn unit_of(interval: &Interval) -> f64 {
    let max = interval.histogram.max() as f64;
    if max == 0.0 || interval.max <= 0.0 {
        return 1.0;
    }
    let exponent = (interval.max * MILLISECOND / max).log10().round();
    10_f64.powf(exponent.clamp(0.0, 9.0))
}

/// Adds as many requests as an interval has counted.
fn give(
    interval: &Interval,
    (base, unit): (i64, f64),
    label: &[u8],
    line: u64,
    out: &mut Collector,
) -> Result<(), ImportError> {
    let histogram = &interval.histogram;
    let count = histogram.len();
    let start = base.saturating_add_unsigned(interval.start_ns);
    // A step that is coprime to the count visits every position once.
    let step = coprime(count);
    let mut place = 0;
    for value in histogram.iter_recorded() {
        let middle = histogram.median_equivalent(value.value_iterated_to());
        let elapsed_ns = (middle as f64 * unit).round() as u64;
        for _ in 0..value.count_at_value() {
            let within = u128::from(interval.length_ns) * u128::from(place) / u128::from(count);
            let row = Row {
                label,
                ..Row::of(
                    At::Start(start.saturating_add_unsigned(within as u64)),
                    1,
                    elapsed_ns,
                )
            };
            out.add(&row, line)?;
            place = (place + step) % count;
        }
    }
    Ok(())
}

/// A number near the golden section of another that has no divisor in common with it.
fn coprime(count: u64) -> u64 {
    let divisor = |mut a: u64, mut b: u64| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let mut step = (count as f64 * 0.618_033_988_749_895) as u64;
    while step > 1 && divisor(count, step) != 1 {
        step -= 1;
    }
    step.max(1)
}
