//! Thresholds: `p95 < 500ms`, `error_rate < 1%`, `throughput > 100/s`, `p99 of "GET catalog/products" < 1s`.

use super::duration::parse_duration;
use super::foreign;
use crate::diagnostic::{Diagnostic, suggestion};
use crate::plan::{Comparison, Metric, Threshold};

/// Pattern of thresholds in the JSON Schema; [`parse_threshold`] checks more.
pub(super) const THRESHOLD_PATTERN: &str = r#"^\s*(mean|max|p[0-9]{1,2}(\.[0-9]+)?|error_rate|throughput)(\s+of\s+"[^"]+")?\s*(<|<=|>|>=)\s*[0-9]\S*(\s*(%|/s))?\s*$"#;

const METRICS: [&str; 8] = [
    "mean",
    "max",
    "p50",
    "p90",
    "p95",
    "p99",
    "error_rate",
    "throughput",
];

pub(super) fn parse_threshold(text: &str) -> Result<Threshold, Diagnostic> {
    let Some(operator_at) = find_operator(text) else {
        return Err(Diagnostic::new(
            "a threshold compares a metric with a limit: p95 < 500ms",
        ));
    };
    let (measured, rest) = text.split_at(operator_at);
    let (comparison, limit) = if let Some(limit) = rest.strip_prefix("<=") {
        (Comparison::LessOrEqual, limit)
    } else if let Some(limit) = rest.strip_prefix(">=") {
        (Comparison::GreaterOrEqual, limit)
    } else if let Some(limit) = rest.strip_prefix('<') {
        (Comparison::Less, limit)
    } else {
        (Comparison::Greater, &rest[1..])
    };
    let (metric, request) = match measured.split_once('"') {
        None => (measured.trim(), None),
        Some((before, label)) => {
            let metric = before.trim_end().strip_suffix("of").map(str::trim);
            let label = label.trim_end().strip_suffix('"');
            let (Some(metric), Some(label)) = (metric, label) else {
                return Err(Diagnostic::at(
                    measured.trim(),
                    "a request is named after \"of\", in double quotes",
                ));
            };
            (metric, Some(label.to_owned()))
        }
    };
    let sign = comparison.sign();
    let right = || foreign::threshold(metric, sign, limit);
    let metric = parse_metric(metric).map_err(|diagnostic| match right() {
        Some(right) => Diagnostic::at(
            metric,
            format!("unknown metric \"{metric}\"; write {right}"),
        ),
        None => diagnostic,
    })?;
    Ok(Threshold {
        text: text.to_owned(),
        metric,
        request,
        comparison,
        limit: parse_limit(metric, limit.trim())?,
    })
}

/// The first `<` or `>` that stands outside of quotes.
fn find_operator(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices()
        .find(|&(_, letter)| {
            quoted ^= letter == '"';
            !quoted && (letter == '<' || letter == '>')
        })
        .map(|(position, _)| position)
}

fn parse_metric(text: &str) -> Result<Metric, Diagnostic> {
    match text {
        "mean" => return Ok(Metric::Mean),
        "max" => return Ok(Metric::Max),
        "error_rate" => return Ok(Metric::ErrorRate),
        "throughput" => return Ok(Metric::Throughput),
        _ => {}
    }
    let unknown = || {
        Diagnostic::at(
            text,
            format!("unknown metric \"{text}\"{}", suggestion(text, METRICS)),
        )
    };
    let percent = text.strip_prefix('p').ok_or_else(unknown)?;
    let quantile = hundredths(percent).ok_or_else(unknown)?;
    if quantile <= 0.0 || quantile >= 1.0 {
        return Err(Diagnostic::at(
            text,
            "a percentile lies between p0 and p100: the largest value is max",
        ));
    }
    Ok(Metric::Quantile(quantile))
}

fn parse_limit(metric: Metric, text: &str) -> Result<f64, Diagnostic> {
    match metric {
        Metric::Mean | Metric::Max | Metric::Quantile(_) => {
            let duration = parse_duration(text)
                .map_err(|diagnostic| Diagnostic::at(text, diagnostic.message))?;
            Ok(duration.as_nanos() as f64)
        }
        Metric::ErrorRate => text
            .strip_suffix('%')
            .and_then(|percent| hundredths(percent.trim_end()))
            .filter(|&rate| rate <= 1.0)
            .ok_or_else(|| {
                // A number with its sign is as it should be, but for its size.
                let right = foreign::threshold("rate", "<", text).filter(|_| !text.ends_with('%'));
                let right =
                    right.and_then(|right| Some(format!("; write {}", right.split(' ').nth(2)?)));
                let right = right.unwrap_or_default();
                Diagnostic::at(
                    text,
                    format!("\"{text}\" is not a share from 0% to 100%{right}"),
                )
            }),
        Metric::Throughput => text
            .strip_suffix("/s")
            .and_then(|rate| decimal(rate.trim_end()))
            .ok_or_else(|| Diagnostic::at(text, format!("\"{text}\" is not a rate such as 100/s"))),
    }
}

/// A number without sign and exponent.
fn decimal(text: &str) -> Option<f64> {
    let plain = text
        .chars()
        .all(|letter| letter.is_ascii_digit() || letter == '.');
    text.parse().ok().filter(|_| plain)
}

/// A percentage as a fraction. Moving the point in the text, rather than dividing by 100, keeps 99.9% at 0.999.
fn hundredths(text: &str) -> Option<f64> {
    decimal(text).and_then(|_| format!("{text}e-2").parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Metric, Option<String>, Comparison, f64) {
        let threshold = parse_threshold(text).unwrap();
        assert_eq!(threshold.text, text);
        (
            threshold.metric,
            threshold.request,
            threshold.comparison,
            threshold.limit,
        )
    }

    #[test]
    fn every_metric_has_its_own_unit() {
        use Comparison::{Greater, GreaterOrEqual, Less, LessOrEqual};
        assert_eq!(
            read("p95 < 500ms"),
            (Metric::Quantile(0.95), None, Less, 5e8)
        );
        assert_eq!(
            read("p99.9<=1.5s"),
            (Metric::Quantile(0.999), None, LessOrEqual, 1.5e9)
        );
        assert_eq!(read("mean < 1us"), (Metric::Mean, None, Less, 1e3));
        assert_eq!(read("max >= 0s"), (Metric::Max, None, GreaterOrEqual, 0.0));
        assert_eq!(
            read("error_rate < 0.1%"),
            (Metric::ErrorRate, None, Less, 0.001)
        );
        assert_eq!(
            read(" throughput  >  100/s "),
            (Metric::Throughput, None, Greater, 100.0)
        );
    }

    #[test]
    fn a_threshold_may_be_about_one_request() {
        let (metric, request, ..) = read("p99 of \"GET catalog/a<b\" < 1s");
        assert_eq!(metric, Metric::Quantile(0.99));
        assert_eq!(request.as_deref(), Some("GET catalog/a<b"));
    }

    #[test]
    fn wrong_parts_are_pointed_at() {
        let diagnostic = |text| parse_threshold(text).unwrap_err();
        assert_eq!(diagnostic("p95 = 500ms").offending, "");
        assert_eq!(diagnostic("error_rte < 1%").offending, "error_rte");
        assert!(
            diagnostic("error_rte < 1%")
                .message
                .ends_with("did you mean \"error_rate\"?")
        );
        assert!(
            diagnostic("latency < 1s")
                .message
                .contains("expected one of \"mean\"")
        );
        assert_eq!(diagnostic("p100 < 1s").offending, "p100");
        assert_eq!(diagnostic("p0 < 1s").offending, "p0");
        assert_eq!(diagnostic("p95 < 500").offending, "500");
        assert_eq!(diagnostic("p95 <").offending, "");
        assert_eq!(diagnostic("error_rate < 0.01").offending, "0.01");
        let beyond = diagnostic("error_rate < 101%");
        assert_eq!(beyond.offending, "101%");
        assert!(beyond.message.ends_with("from 0% to 100%"));
        assert_eq!(diagnostic("throughput > 100").offending, "100");
        assert_eq!(diagnostic("throughput > -1/s").offending, "-1/s");
        assert_eq!(diagnostic("p95 \"GET x\" < 1s").offending, "p95 \"GET x\"");
        assert_eq!(diagnostic("p95 of GET x < 1s").offending, "p95 of GET x");
    }
}
