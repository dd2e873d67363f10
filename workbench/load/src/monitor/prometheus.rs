//! The text of a Prometheus endpoint: series and values.
//!
//! Read are version 0.0.4 of the text format and `OpenMetrics` 1.0, whose lines of samples differ only in what may
//! follow the value. Types are ignored: buckets, sums and counts of a histogram are series like others, and a counter
//! is its count since the start of its process. A sample's own timestamp is parsed and discarded; readings have the
//! time of the scrape.
//!
//! # References
//!
//! Prometheus, Exposition formats (<https://prometheus.io/docs/instrumenting/exposition_formats>); `OpenMetrics` 1.0.0, section 4.1.

/// A parsed exposition.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Exposition {
    /// Series as `name{label="value",…}`, in the order and with the escapes of the text; one may come twice.
    pub(super) samples: Vec<(String, f64)>,
    /// Lines that are neither samples nor comments.
    pub(super) skipped: u64,
}

/// Parses the whole text; never fails.
pub(super) fn parse(text: &[u8]) -> Exposition {
    let mut exposition = Exposition::default();
    for line in text.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line == b"# EOF" {
            break;
        }
        // HELP, TYPE, UNIT, and comments.
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        match std::str::from_utf8(line).ok().and_then(sample) {
            Some(sample) => exposition.samples.push(sample),
            None => exposition.skipped += 1,
        }
    }
    exposition
}

/// `series value [timestamp] [# exemplar]`
fn sample(line: &str) -> Option<(String, f64)> {
    let (series, rest) = series(line)?;
    // An exemplar has labels of its own, and no value of the series.
    let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
    let mut fields = rest.split_ascii_whitespace();
    let value = value(fields.next()?)?;
    // Milliseconds, or seconds with a fraction.
    if let Some(timestamp) = fields.next() {
        timestamp.parse::<f64>().ok().filter(|it| it.is_finite())?;
    }
    fields.next().is_none().then_some((series, value))
}

/// The name and its labels, without the blanks that may lie between their parts; and what follows.
fn series(line: &str) -> Option<(String, &str)> {
    let end = line.find(|it: char| !is_in_name(it)).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let mut series = name.to_owned();
    let Some(mut labels) = rest.trim_start().strip_prefix('{') else {
        let separate = rest.starts_with(|it: char| it.is_ascii_whitespace());
        return (!name.is_empty() && separate).then_some((series, rest));
    };
    // Names beyond ASCII stand in quotes, that of the series as the first of its labels.
    let mut named = !name.is_empty();
    series.push('{');
    let mut first = true;
    loop {
        labels = labels.trim_start();
        if let Some(rest) = labels.strip_prefix('}') {
            series.push('}');
            return named.then_some((series, rest));
        }
        if !first {
            labels = labels.strip_prefix(',')?.trim_start();
            // A comma may follow the last one.
            if labels.starts_with('}') {
                continue;
            }
            series.push(',');
        }
        let (label, rest) = label_name(labels)?;
        series.push_str(label);
        let rest = rest.trim_start();
        labels = match rest.strip_prefix('=') {
            Some(rest) => {
                let (value, rest) = quoted(rest.trim_start())?;
                series.push('=');
                series.push_str(value);
                rest
            }
            None if first && !named && label.starts_with('"') => {
                named = true;
                rest
            }
            None => return None,
        };
        first = false;
    }
}

fn label_name(text: &str) -> Option<(&str, &str)> {
    if text.starts_with('"') {
        return quoted(text);
    }
    let end = text.find(|it: char| !is_in_name(it) || it == ':')?;
    let name = &text[..end];
    let right = !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit());
    right.then_some((name, &text[end..]))
}

/// A quoted text with its quotes and escapes, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut escaped = false;
    for (place, letter) in inner.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(text.split_at(place + 2)),
            _ => {}
        }
    }
    None
}

fn is_in_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | ':')
}

/// A number as Go reads it: decimal, `NaN`, `Inf` with or without a sign, in any case.
fn value(text: &str) -> Option<f64> {
    // Rust parses the same, except for hexadecimal numbers, which exporters do not write.
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, f64)> {
        let exposition = parse(text.as_bytes());
        assert_eq!(exposition.skipped, 0, "{text}");
        exposition.samples
    }

    fn named(name: &str, value: f64) -> (String, f64) {
        (name.to_owned(), value)
    }

    #[test]
    fn series_have_their_labels_and_values() {
        for (line, series, value) in [
            ("up 1", "up", 1.0),
            ("\tup\t 1 ", "up", 1.0),
            ("a:b_total{} 2", "a:b_total{}", 2.0),
            ("up{a=\"b\"} 1", "up{a=\"b\"}", 1.0),
            ("up{a=\"b\"}1", "up{a=\"b\"}", 1.0),
            ("up { a = \"b\" , c=\"\" , } 1", "up{a=\"b\",c=\"\"}", 1.0),
            // Whatever stands in quotes ends nothing.
            (
                r#"up{a="q\"} 7,{\\"} -3.5e-2"#,
                r#"up{a="q\"} 7,{\\"}"#,
                -0.035,
            ),
            ("up{a=\"b # c\"} 4", "up{a=\"b # c\"}", 4.0),
            ("up{a=\"é 日\"} 4", "up{a=\"é 日\"}", 4.0),
            // Timestamps in milliseconds, before 1970, and in seconds.
            ("up 4 1395066363000", "up", 4.0),
            ("up{a=\"b\"} 4 -3982045", "up{a=\"b\"}", 4.0),
            ("up 4 1520879607.789", "up", 4.0),
            ("up +Inf", "up", f64::INFINITY),
            ("up -Inf 5", "up", f64::NEG_INFINITY),
            ("up 1e400", "up", f64::INFINITY),
            (
                "x_bucket{le=\"+Inf\"} 17 # {trace_id=\"a # b\"} 0.67 1520879607.789",
                "x_bucket{le=\"+Inf\"}",
                17.0,
            ),
            (
                "x_bucket{le=\"0.1\"} 8 # {} 0.05",
                "x_bucket{le=\"0.1\"}",
                8.0,
            ),
            (
                "{\"my.metric\", \"a.b\"=\"c\"} 9",
                "{\"my.metric\",\"a.b\"=\"c\"}",
                9.0,
            ),
            ("{\"my.metric\"} 9", "{\"my.metric\"}", 9.0),
        ] {
            assert_eq!(read(line), [named(series, value)], "{line}");
        }
        for line in ["up NaN", "up nan 5"] {
            assert!(read(line)[0].1.is_nan());
        }
    }

    #[test]
    fn comments_empty_lines_and_text_after_eof_are_no_samples() {
        let text = "# HELP up Whether {it} is \"up\".\r\n# TYPE up gauge\r\n\r\nup 1\r\n#\r\n# up 5\r\n\
            \u{a0}\nlast 2\n# EOF\nnever 3\n";
        let exposition = parse(text.as_bytes());
        assert_eq!(exposition.samples, [named("up", 1.0), named("last", 2.0)]);
        assert_eq!(exposition.skipped, 1, "a blank that is none in ASCII");
        assert_eq!(parse(b""), Exposition::default());
        assert_eq!(read("without_an_end 1"), [named("without_an_end", 1.0)]);
    }

    #[test]
    fn lines_that_are_no_samples_are_counted_and_skipped() {
        for line in [
            "<html>",
            "up",
            "up{a=\"b\"}",
            "up one",
            "up 1 yesterday",
            "up 1 NaN",
            "up 1 2 3",
            "1up 1",
            "up-time 1",
            "up{a=b} 1",
            "up{a=\"b} 1",
            "up{a=\"b\\\"} 1",
            "up{a=\"b\" c=\"d\"} 1",
            "up{a=\"b\"",
            "up{,} 1",
            "up{a=\"b\",,} 1",
            "up{1a=\"b\"} 1",
            "up{a} 1",
            "up{\"a\"} 1",
            "{a=\"b\"} 1",
            "{} 1",
            "up{a=\"b\"}} 1",
            "é 1",
            "{",
            "\"",
        ] {
            let exposition = parse(format!("good 1\n{line}\ngood 2").as_bytes());
            assert_eq!(exposition.skipped, 1, "{line}");
            assert_eq!(exposition.samples, [named("good", 1.0), named("good", 2.0)]);
        }
        assert_eq!(parse(b"up{a=\"\xff\"} 1\nup 2\n").skipped, 1);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in "[ -~é\r\n\"{},=#\\\\]{0,80}") {
            let exposition = parse(text.as_bytes());
            let lines = text.split('\n').count() as u64;
            proptest::prop_assert!(exposition.skipped + exposition.samples.len() as u64 <= lines);
        }
    }
}
