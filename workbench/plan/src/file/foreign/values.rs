//! Values as other tools write them. Long, because a third are its tests.

use crate::diagnostic::Diagnostic;
use crate::file::duration::parse_duration;
use crate::file::rate::parse_rate;
use crate::template::is_name;

/// Translates a threshold of another tool: `p(95)<500` becomes `p95 < 500ms`.
pub(in crate::file) fn threshold(metric: &str, comparison: &str, limit: &str) -> Option<String> {
    // k6 writes the metric before the statistic.
    let (named, computed) = metric.split_once(':').unwrap_or(("", metric));
    let computed = computed.trim().to_lowercase();
    let is_failures = named.contains("failed") || computed.contains("fail");
    let limit = limit.trim();
    if named.trim() == "checks" || computed == "checks" {
        // A share of successes: the opposite of an error rate.
        let missed = 1.0 - share(limit)?;
        let opposite = match comparison {
            ">" => "<",
            ">=" => "<=",
            _ => return None,
        };
        return Some(format!("error_rate {opposite} {}", percent(missed)?));
    }
    let percentile = computed
        .strip_prefix("p(")
        .and_then(|rest| rest.strip_suffix(')'))
        .or_else(|| computed.strip_prefix("percentile"))
        .or_else(|| computed.strip_suffix("th"));
    let metric = match (computed.as_str(), percentile) {
        (_, Some(percent)) if percent.trim().parse::<f64>().is_ok() => {
            format!("p{}", percent.trim())
        }
        ("avg" | "average", _) => "mean".to_owned(),
        ("med" | "median", _) => "p50".to_owned(),
        ("http_req_duration" | "response_time" | "http_req_waiting", _) => "p95".to_owned(),
        // Of a rate that is to be large, only a throughput has a unit of time.
        ("rate", _) if limit.ends_with("/s") || named.trim() == "http_reqs" => {
            "throughput".to_owned()
        }
        ("rate", _) if comparison.starts_with('>') && !is_failures => return None,
        ("http_reqs" | "rps" | "qps" | "requests_per_second" | "requestspersecond", _) => {
            "throughput".to_owned()
        }
        ("rate" | "errors" | "error" | "errorrate" | "http_req_failed", _) => {
            "error_rate".to_owned()
        }
        _ if is_failures => "error_rate".to_owned(),
        _ => return None,
    };
    let number = limit.parse::<f64>().ok().filter(|number| *number >= 0.0);
    let limit = match (metric.as_str(), number) {
        ("error_rate", Some(share)) => percent(share)?,
        ("throughput", Some(_)) => format!("{limit}/s"),
        (_, Some(_)) => format!("{limit}ms"),
        (_, None) => limit.to_owned(),
    };
    let right = format!("{metric} {comparison} {limit}");
    let is_bare = matches!(
        computed.as_str(),
        "http_req_duration" | "response_time" | "http_req_waiting"
    );
    Some(if is_bare {
        format!("{right}, or mean, p50, p99, max: \"{computed}\" names no statistic")
    } else {
        right
    })
}

/// A fraction, as a number or as a percentage.
fn share(text: &str) -> Option<f64> {
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim_end().parse::<f64>().ok()? / 100.0,
        None => text.parse::<f64>().ok()?,
    };
    (0.0..=1.0).contains(&share).then_some(share)
}

/// A share as a percentage, without rounding errors in the digits.
fn percent(share: f64) -> Option<String> {
    (0.0..=1.0).contains(&share).then(|| {
        let text = format!("{:.6}", share * 100.0);
        format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
    })
}

/// Other spellings of time units.
const UNITS: [(&str, &[&str]); 5] = [
    (
        "ms",
        &[
            "ms",
            "msec",
            "msecs",
            "millis",
            "millisecond",
            "milliseconds",
        ],
    ),
    ("s", &["s", "sec", "secs", "second", "seconds"]),
    ("m", &["m", "min", "mins", "minute", "minutes"]),
    ("h", &["h", "hr", "hrs", "hour", "hours"]),
    ("d", &["d", "day", "days"]),
];

/// Translates a time of another tool: `10 s` and `PT10S` become `10s`.
pub(in crate::file) fn duration(text: &str) -> Option<String> {
    let plain: String = text
        .chars()
        .filter(|letter| !matches!(letter, ' ' | '_' | '"'))
        .flat_map(char::to_lowercase)
        .collect();
    // ISO 8601 has days before the T and hours, minutes and seconds behind it.
    let plain = match plain.strip_prefix('p') {
        Some(iso) => iso.replacen('t', "", 1),
        None => plain,
    };
    let mut out = String::new();
    let mut rest = plain.as_str();
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|c: char| c.is_ascii_digit());
        let (unit, after) = after.split_at(end.unwrap_or(after.len()));
        let (unit, _) = UNITS.iter().find(|(_, words)| words.contains(&unit))?;
        match *unit {
            "d" => out.push_str(&format!(
                "{}h",
                number.parse::<u32>().ok()?.checked_mul(24)?
            )),
            unit => out.push_str(&format!("{number}{unit}")),
        }
        rest = after;
    }
    (out != text && parse_duration(&out).is_ok()).then_some(out)
}

/// Translates a rate of another tool: `500rps` becomes `500/s`.
pub(in crate::file) fn rate(text: &str) -> Option<String> {
    let plain: String = text
        .chars()
        .filter(|letter| !matches!(letter, ' ' | '_'))
        .flat_map(char::to_lowercase)
        .collect();
    let end = plain.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = plain.split_at(end);
    let unit = match unit {
        "rps" | "qps" | "tps" | "/1s" => "s",
        "rpm" | "/1m" => "m",
        "rph" | "/1h" => "h",
        _ => {
            let (what, unit) = unit.split_once("per").or_else(|| unit.split_once('/'))?;
            // Of `1e3/s` it would be another number.
            if what.contains(|letter: char| letter.is_ascii_digit()) {
                return None;
            }
            let (unit, _) = UNITS.iter().find(|(_, words)| words.contains(&unit))?;
            unit
        }
    };
    let right = format!("{number}/{unit}");
    (right != text && parse_rate(&right).is_ok()).then_some(right)
}

/// Where a text stands, which decides what counts as a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::file) enum Around {
    /// Braces cannot stand in an address, and a part of it does not begin with a colon.
    Path,
    Header,
    /// Braces and dollar signs are a part of many languages, of GraphQL for example.
    Body,
}

/// A variable as another tool writes it: `{{id}}`, `{id}`, `%{id}`, `#{id}`, `:id`, `$id`. Where text may look the same, it is
/// one only if there is such a variable.
pub(in crate::file) fn placeholder(
    text: &str,
    around: Around,
    is_known: &dyn Fn(&str) -> bool,
) -> Option<Diagnostic> {
    let found = |written: &str, name: &str| {
        let message = format!("\"{written}\" is plain text: a variable is written ${{{name}}}");
        Some(Diagnostic::at(written, message))
    };
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find(['{', '$', ':']) {
        before = rest[..at].chars().next_back().or(before);
        let here = &rest[at..];
        let is_whole = here.len() == text.len();
        let skipped = match &here[..1] {
            "{" => {
                let (open, close) = if here.starts_with("{{") {
                    ("{{", "}}")
                } else {
                    ("{", "}")
                };
                let inside = here[open.len()..]
                    .split_once(close)
                    .map(|(inside, _)| inside);
                let inside = inside.unwrap_or_default();
                let name = inside.trim();
                let end = open.len() + inside.len() + close.len();
                let mark = before.filter(|mark| matches!(mark, '%' | '#'));
                let is_here = match around {
                    Around::Path => is_reference(name),
                    Around::Header if open == "{{" => is_reference(name),
                    Around::Header => is_known(name),
                    Around::Body if open == "{{" || mark.is_some() => is_known(name),
                    Around::Body => is_whole && end == text.len() && is_known(inside),
                };
                if before != Some('$') && is_here {
                    let from = text.len() - here.len() - mark.map_or(0, char::len_utf8);
                    let to = text.len() - here.len() + end;
                    return found(&text[from..to], name);
                }
                1
            }
            "$" if here.starts_with("$$") => 2,
            "$" if here.starts_with("${") => here.find('}').map_or(here.len(), |end| end + 1),
            "$" => {
                let name = word(&here[1..]);
                let is_whole = is_whole && name.len() + 1 == text.len();
                let is_inside = before.is_some_and(char::is_alphanumeric);
                if !is_inside && is_known(name) && (around != Around::Body || is_whole) {
                    return found(&here[..=name.len()], name);
                }
                1
            }
            _ => {
                let name = word(&here[1..]);
                let after = here[1 + name.len()..].chars().next();
                let is_segment = before == Some('/') && matches!(after, None | Some('/' | '?'));
                if around == Around::Path && is_segment && is_name(name) {
                    return found(&here[..=name.len()], name);
                }
                1
            }
        };
        before = here[..skipped].chars().next_back();
        rest = &here[skipped..];
    }
    None
}

/// The name of a variable, or of a data file and of its column.
fn is_reference(name: &str) -> bool {
    name.split('.').all(is_name)
}

/// The letters that a text begins with and a name can have.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_of_other_tools_are_translated() {
        for (metric, limit, right) in [
            ("p(95)", "500", "p95 < 500ms"),
            ("p(99.9)", "1.5s", "p99.9 < 1.5s"),
            ("http_req_duration: p(95)", "500", "p95 < 500ms"),
            (
                "http_req_duration",
                "500",
                "p95 < 500ms, or mean, p50, p99, max: \"http_req_duration\" names no statistic",
            ),
            ("http_req_failed", "0.01", "error_rate < 1%"),
            ("http_req_failed: rate", "0.001", "error_rate < 0.1%"),
            ("avg", "200", "mean < 200ms"),
            ("med", "200", "p50 < 200ms"),
            ("rate", "0.07", "error_rate < 7%"),
            ("http_reqs", "100", "throughput < 100/s"),
            ("95th", "1s", "p95 < 1s"),
        ] {
            assert_eq!(
                threshold(metric, "<", limit).as_deref(),
                Some(right),
                "{metric}"
            );
        }
        for (metric, comparison, limit, right) in [
            ("checks", ">", "99%", Some("error_rate < 1%")),
            ("checks: rate", ">=", "0.995", Some("error_rate <= 0.5%")),
            ("checks", "<", "1%", None),
            ("rate", ">", "20/s", Some("throughput > 20/s")),
            ("rate", ">", "0.95", None),
            ("http_reqs: rate", ">", "20", Some("throughput > 20/s")),
        ] {
            assert_eq!(
                threshold(metric, comparison, limit).as_deref(),
                right,
                "{metric} {comparison} {limit}"
            );
        }
        assert_eq!(threshold("latency", "<", "1s"), None);
        assert_eq!(threshold("p(x)", "<", "1s"), None);
    }

    #[test]
    fn times_and_rates_of_other_tools_are_translated() {
        for (text, right) in [
            ("10 s", "10s"),
            ("PT10S", "10s"),
            ("PT1H30M", "1h30m"),
            ("P1D", "24h"),
            ("1_000ms", "1000ms"),
            ("1min", "1m"),
            ("10 seconds", "10s"),
            ("1 hour 30 minutes", "1h30m"),
        ] {
            assert_eq!(duration(text).as_deref(), Some(right), "{text}");
        }
        for (text, right) in [
            ("500rps", "500/s"),
            ("500/sec", "500/s"),
            ("10/min", "10/m"),
            ("500 req/s", "500/s"),
            ("30 per minute", "30/m"),
            ("1_000/s", "1000/s"),
        ] {
            assert_eq!(rate(text).as_deref(), Some(right), "{text}");
        }
        for text in ["soon", "10", "10s", "p95", ""] {
            assert_eq!(duration(text), None, "{text}");
        }
        for text in ["500", "500/s", "many", "5/day", "0/s", "1e3/s", ""] {
            assert_eq!(rate(text), None, "{text}");
        }
    }

    fn found(text: &str, around: Around) -> Option<String> {
        let diagnostic = placeholder(text, around, &|name| name == "id" || name == "users.name");
        diagnostic.map(|diagnostic| diagnostic.offending)
    }

    #[test]
    fn variables_of_other_tools_are_found_in_addresses() {
        for (text, written) in [
            ("/a/{id}", "{id}"),
            ("/a/{other}/b", "{other}"),
            ("/a/{{id}}", "{{id}}"),
            ("/a/%{id}", "%{id}"),
            ("/a/#{id}", "#{id}"),
            ("/a/:id/b", ":id"),
            ("/a/$id", "$id"),
            ("/${id}/{users.name}", "{users.name}"),
        ] {
            assert_eq!(
                found(text, Around::Path).as_deref(),
                Some(written),
                "{text}"
            );
        }
        for text in [
            "/a$id",
            "/a/${id}",
            "/v1/a:id",
            "/a/$metadata",
            "/a/b?t=10:30",
            "/$$id/${users.name}",
        ] {
            assert_eq!(found(text, Around::Path), None, "{text}");
        }
    }

    #[test]
    fn braces_and_dollar_signs_of_bodies_are_left_alone() {
        for text in [
            "query { item { id } }",
            "query($id: ID!) { item(id: $id) { name } }",
            "{ id }x",
            "{{other}}",
            "${id}",
            "$${id}",
            "a:id",
            "{",
            "{{",
            "}}{",
            "$",
            "",
        ] {
            assert_eq!(found(text, Around::Body), None, "{text}");
        }
        for (text, written) in [
            ("{{id}}", "{{id}}"),
            ("a {{ id }} b", "{{ id }}"),
            ("{id}", "{id}"),
            ("$id", "$id"),
            ("%{id}", "%{id}"),
            ("é #{users.name}", "#{users.name}"),
        ] {
            assert_eq!(
                found(text, Around::Body).as_deref(),
                Some(written),
                "{text}"
            );
        }
    }

    #[test]
    fn variables_of_other_tools_are_found_in_headers() {
        assert_eq!(
            found("Bearer {{id}}", Around::Header).as_deref(),
            Some("{{id}}")
        );
        assert_eq!(found("a={id}; b", Around::Header).as_deref(), Some("{id}"));
        assert_eq!(found("Bearer $id", Around::Header).as_deref(), Some("$id"));
        assert_eq!(found("{other} $other a:id", Around::Header), None);
    }
}
