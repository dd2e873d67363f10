//! Distributions of times and values.

use std::time::Duration;

use super::Check;
use super::names::Names;
use crate::diagnostic::Diagnostic;
use crate::draw::{Draw, Now, Real, TimeFormat, Times, Zipf};
use crate::file::format::{
    DrawFile, DurationFile, RealFile, TimesFile, ValueFile, ValueOr, ZipfFile,
};
use crate::file::source::Node;
use crate::template::{Template, Value};

/// Each number takes a `f64` of memory.
const MOST_ZIPF: u64 = 1_000_000;

/// The one key of several that is given.
fn only<'a>(check: &mut Check<'_>, given: &[(&'a str, bool)], node: &Node) -> Option<&'a str> {
    let mut keys = given.iter().filter(|(_, is_given)| *is_given);
    match (keys.next(), keys.next()) {
        (Some((key, _)), None) => Some(key),
        _ => {
            let all: Vec<String> = given.iter().map(|(key, _)| format!("\"{key}\"")).collect();
            let (last, others) = all.split_last()?;
            let message = format!(
                "one of {} and {last} is needed, and only one",
                others.join(", ")
            );
            check.note(node.place(), message)
        }
    }
}

pub(super) fn times(
    check: &mut Check<'_>,
    file: &ValueOr<DurationFile, TimesFile>,
    node: &Node,
) -> Option<Times> {
    let drawn = match file {
        ValueOr::Value(time) => return check.time(time, node).map(Times::Constant),
        ValueOr::Drawn(drawn) => drawn,
    };
    let TimesFile {
        uniform,
        choice,
        exponential,
        normal,
        lognormal,
    } = drawn;
    let key = only(
        check,
        &[
            ("uniform", uniform.is_some()),
            ("choice", choice.is_some()),
            ("exponential", exponential.is_some()),
            ("normal", normal.is_some()),
            ("lognormal", lognormal.is_some()),
        ],
        node,
    )?;
    let node = node.get(key);
    if let Some([from, to]) = uniform {
        let (from, to) = (
            check.time(from, node.index(0)),
            check.time(to, node.index(1)),
        );
        let (from, to) = (from?, to?);
        if from > to {
            return check.note(node.place(), "the lowest time comes first");
        }
        Some(Times::Uniform(from, to))
    } else if let Some(times) = choice {
        if times.is_empty() {
            return check.note(node.place(), "there is nothing to choose from");
        }
        let times: Vec<_> = times
            .iter()
            .enumerate()
            .map(|(index, time)| check.time(time, node.index(index)))
            .collect();
        times.into_iter().collect::<Option<_>>().map(Times::Choice)
    } else if let Some(mean) = exponential {
        let mean = check.positive_time(mean, node)?;
        Some(Times::Real(Real::Exponential(mean.as_secs_f64())))
    } else if let Some(normal) = normal {
        let mean = check.time(&normal.mean, node.get("mean"));
        let sd = check.time(&normal.sd, node.get("sd"));
        Some(Times::Real(Real::Normal {
            mean: mean?.as_secs_f64(),
            sd: sd?.as_secs_f64(),
        }))
    } else {
        let file = lognormal.as_ref()?;
        let median = check.positive_time(&file.median, node.get("median"));
        let p90 = check.positive_time(&file.p90, node.get("p90"));
        let (median, p90) = (median?.as_secs_f64(), p90?.as_secs_f64());
        log_normal(check, median, p90, node).map(Times::Real)
    }
}

fn log_normal(check: &mut Check<'_>, median: f64, p90: f64, node: &Node) -> Option<Real> {
    if node.has_stand_in() {
        return None;
    }
    if p90 < median {
        return check.note(
            node.get("p90").place(),
            "the 90th percentile is not below the median",
        );
    }
    Some(Real::log_normal(median, p90))
}

/// A value without variables. `what` names it in messages.
pub(super) fn fixed(
    check: &mut Check<'_>,
    file: &ValueFile,
    what: &str,
    node: &Node,
) -> Option<Value> {
    let text = match file {
        ValueFile::Integer(integer) => return Some(Value::Integer(*integer)),
        ValueFile::Text(text) => text,
    };
    let template = Template::plain(text, &|name| {
        let message = format!("there are no variables in {what}");
        Err(Diagnostic::at(&format!("${{{name}}}"), message))
    });
    let template = check.resolved(template, node)?;
    template.constant().map(|text| Value::Text(text.to_owned()))
}

pub(super) fn draw(
    check: &mut Check<'_>,
    file: &ValueOr<ValueFile, DrawFile>,
    names: &Names<'_>,
    node: &Node,
) -> Option<Draw> {
    let drawn = match file {
        ValueOr::Value(ValueFile::Integer(integer)) => {
            return Some(Draw::Constant(Value::Integer(*integer)));
        }
        ValueOr::Value(ValueFile::Text(text)) => {
            let template = Template::plain(text, &|name| names.position(name));
            let template = check.resolved(template, node)?;
            return Some(match template.constant() {
                Some(text) => Draw::Constant(Value::Text(text.to_owned())),
                None => Draw::Text(template),
            });
        }
        ValueOr::Drawn(drawn) => drawn,
    };
    let key = only(
        check,
        &[
            ("uniform", drawn.uniform.is_some()),
            ("choice", drawn.choice.is_some()),
            ("exponential", drawn.exponential.is_some()),
            ("normal", drawn.normal.is_some()),
            ("lognormal", drawn.lognormal.is_some()),
            ("zipf", drawn.zipf.is_some()),
            ("uuid", drawn.uuid.is_some()),
            ("sequence", drawn.sequence.is_some()),
            ("now", drawn.now.is_some()),
            ("secret_file", drawn.secret_file.is_some()),
        ],
        node,
    )?;
    drawn_from(check, drawn, (key, node), node.get(key))
}

fn drawn_from(
    check: &mut Check<'_>,
    drawn: &DrawFile,
    (key, around): (&str, &Node),
    node: &Node,
) -> Option<Draw> {
    if let Some([from, to]) = drawn.uniform {
        if from > to {
            return check.note(node.place(), "the lowest value comes first");
        }
        Some(Draw::Uniform(from, to))
    } else if let Some(values) = &drawn.choice {
        if values.is_empty() {
            return check.note(node.place(), "there is nothing to choose from");
        }
        let values: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(index, value)| fixed(check, value, "a \"choice\"", node.index(index)))
            .collect();
        values.into_iter().collect::<Option<_>>().map(Draw::Choice)
    } else if let Some(mean) = drawn.exponential {
        positive(check, mean, node).map(|mean| Draw::Real(Real::Exponential(mean)))
    } else if let Some(normal) = &drawn.normal {
        let (mean, sd) = (normal.mean.0, normal.sd.0);
        if !mean.is_finite() || !sd.is_finite() || sd < 0.0 {
            return check.note(node.place(), "a standard deviation is 0 or more");
        }
        Some(Draw::Real(Real::Normal { mean, sd }))
    } else if let Some(file) = &drawn.lognormal {
        let median = positive(check, file.median, node.get("median"));
        let p90 = positive(check, file.p90, node.get("p90"));
        log_normal(check, median?, p90?, node).map(Draw::Real)
    } else if let Some(file) = &drawn.zipf {
        zipf(check, file, node)
    } else if drawn.uuid.is_some() {
        Some(Draw::Uuid)
    } else if let Some(file) = &drawn.sequence {
        Some(Draw::Sequence {
            from: file.from,
            step: file.step,
        })
    } else if let Some(file) = &drawn.now {
        let offset = match &file.offset {
            None => Ok(jiff::SignedDuration::ZERO),
            Some(text) => offset(&text.0),
        };
        let offset = check.resolved(offset, node.get("offset"));
        let format = check.resolved(time_format(&file.format), node.get("format"));
        Some(Draw::Now(Now {
            offset: offset?,
            format: format?,
        }))
    } else {
        check.note(
            around.key_place(key),
            "a secret is read once: it stands among the \"variables\" of the experiment",
        )
    }
}

fn positive(check: &mut Check<'_>, number: RealFile, node: &Node) -> Option<f64> {
    if number.0 > 0.0 && number.0.is_finite() {
        return Some(number.0);
    }
    check.note(node.place(), "this has to be more than 0")
}

fn zipf(check: &mut Check<'_>, file: &ZipfFile, node: &Node) -> Option<Draw> {
    if node.has_stand_in() {
        return None;
    }
    if file.from > file.to {
        return check.note(node.place(), "the lowest value comes first");
    }
    if !(0.0..=100.0).contains(&file.exponent) {
        let place = node.get("exponent").place();
        return check.note(place, "an exponent is a number from 0 to 100");
    }
    let count = file.to.abs_diff(file.from).saturating_add(1);
    match u32::try_from(count) {
        Ok(count) if u64::from(count) <= MOST_ZIPF => {
            Some(Draw::Zipf(Zipf::new(file.from, count, file.exponent)))
        }
        _ => check.note(
            node.get("to").place(),
            format!("more than {MOST_ZIPF} numbers are too many"),
        ),
    }
}

fn time_format(text: &str) -> Result<TimeFormat, Diagnostic> {
    Ok(match text {
        "unix" => TimeFormat::Unix,
        "unix_ms" => TimeFormat::UnixMs,
        "rfc3339" => TimeFormat::Rfc3339,
        other if other.contains('%') => {
            let zoned = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
            jiff::fmt::strtime::format(other, &zoned).map_err(|error| {
                Diagnostic::new(format!("\"{other}\" is no format of strftime: {error}"))
            })?;
            TimeFormat::Strftime(other.to_owned())
        }
        other => {
            return Err(Diagnostic::new(format!(
                "unknown format \"{other}\"; write unix, unix_ms, rfc3339 or one such as \"%Y-%m-%d\""
            )));
        }
    })
}

/// A time with a sign; days are of 24 hours.
fn offset(text: &str) -> Result<jiff::SignedDuration, Diagnostic> {
    let refused = || {
        Diagnostic::new(format!(
            "\"{text}\" is no offset; write it as 1d, -2h or 30m"
        ))
    };
    let (sign, time) = match text.trim().strip_prefix('-') {
        Some(rest) => (-1, rest.trim()),
        None => (1, text.trim().trim_start_matches('+')),
    };
    let (days, rest) = time.split_once('d').unwrap_or(("0", time));
    let days: i32 = days.trim().parse().map_err(|_| refused())?;
    let rest = match rest.trim() {
        "" => Duration::ZERO,
        rest => crate::file::duration::parse_duration(rest).map_err(|_| refused())?,
    };
    let rest = jiff::SignedDuration::try_from(rest).map_err(|_| refused())?;
    let day = jiff::SignedDuration::from_hours(24);
    let whole = day
        .checked_mul(days)
        .and_then(|days| days.checked_add(rest));
    whole
        .and_then(|it| it.checked_mul(sign))
        .ok_or_else(refused)
}
