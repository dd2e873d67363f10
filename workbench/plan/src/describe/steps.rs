//! The steps of a scenario, one line each.

use std::fmt::Write as _;

use serde_yaml::Value as Yaml;

use super::{LINE_WIDTH, counted};
use crate::file::format::{
    DrawFile, DurationFile, ExpectationFile, RealFile, StepFile, TimesFile, ValueFile, ValueOr,
};
use crate::file::{canonical_limit, format_duration, parse_duration};

/// Wraps a line; continuation lines are indented.
pub(super) fn wrapped(line: &str) -> Vec<String> {
    let indent = line.len() - line.trim_start().len() + 4;
    let indent = " ".repeat(indent);
    let options = textwrap::Options::new(LINE_WIDTH)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(line, options).into_iter();
    lines.map(String::from).collect()
}

/// Adds the lines of a list of steps with a title, where it has any.
pub(super) fn group(title: &str, list: &[StepFile], lines: &mut Vec<String>) {
    if !list.is_empty() {
        lines.push(format!("    {title}"));
        steps(list, 6, lines);
    }
}

/// Adds the lines of a list of steps.
pub(super) fn steps(list: &[StepFile], indent: usize, lines: &mut Vec<String>) {
    let margin = " ".repeat(indent);
    for step in list {
        let inner = indent + 2;
        if let Some(request) = &step.request {
            lines.extend(wrapped(&format!(
                "{margin}{}",
                self::request(step, request)
            )));
        } else if let Some(think) = &step.think {
            lines.push(format!("{margin}think {}", times(think)));
        } else if let Some(repeat) = step.repeat {
            lines.push(format!(
                "{margin}repeat {}",
                counted(repeat, "time", "times")
            ));
            steps(&step.steps, inner, lines);
        } else if let Some(when) = &step.when {
            lines.push(format!("{margin}when {when}"));
            steps(&step.steps, inner, lines);
        } else if let Some(choices) = &step.choose {
            let all: u32 = choices.iter().map(|choice| choice.weight).sum();
            lines.push(format!("{margin}choose"));
            for choice in choices {
                lines.push(format!("{margin}  {} of {all}", choice.weight));
                steps(&choice.steps, inner + 2, lines);
            }
        }
    }
}

fn request(step: &StepFile, request: &str) -> String {
    let mut line = request.split_whitespace().collect::<Vec<_>>().join(" ");
    for (name, draw) in &step.set.0 {
        let _infallible = write!(line, ", {name} {}", drawn(draw));
    }
    let sent = [
        (step.form.is_some(), "a form"),
        (step.multipart.is_some(), "a form with files"),
        (step.file.is_some(), "a file"),
    ];
    for (_, what) in sent.iter().filter(|(is_sent, _)| *is_sent) {
        let _infallible = write!(line, ", sending {what}");
    }
    let captured: Vec<&str> = step
        .capture
        .0
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    if !captured.is_empty() {
        let _infallible = write!(line, ", taking {}", captured.join(", "));
    }
    if let Some(expect) = &step.expect {
        let _infallible = write!(line, ", expecting {}", expectation(expect));
    }
    if let Some(name) = step.name.as_ref().filter(|name| *name != request) {
        let _infallible = write!(line, ", reported as \"{name}\"");
    }
    line
}

/// The expectation in one line.
pub(crate) fn expectation(file: &ExpectationFile) -> String {
    let mut all = Vec::new();
    if let Some(statuses) = &file.status {
        let statuses: Vec<String> = statuses.0.iter().map(u16::to_string).collect();
        all.push(statuses.join(" or "));
    }
    if file.body.is_some() {
        all.push("a body".to_owned());
    }
    all.extend(file.header.keys().map(|name| format!("header {name}")));
    all.extend(
        file.json
            .0
            .iter()
            .map(|(path, value)| format!("{path} {}", value.0)),
    );
    all.extend(file.time.as_deref().map(canonical_limit));
    all.join(", ")
}

pub(super) fn times(file: &ValueOr<DurationFile, TimesFile>) -> String {
    let time = |file: &DurationFile| {
        parse_duration(&file.0).map_or_else(|_| file.0.clone(), format_duration)
    };
    let drawn = match file {
        ValueOr::Value(file) => return time(file),
        ValueOr::Drawn(drawn) => drawn,
    };
    if let Some([from, to]) = &drawn.uniform {
        format!("uniform from {} to {}", time(from), time(to))
    } else if let Some(times) = &drawn.choice {
        let times: Vec<String> = times.iter().map(time).collect();
        format!("one of {}", times.join(", "))
    } else if let Some(mean) = &drawn.exponential {
        format!("exponential with mean {}", time(mean))
    } else if let Some(normal) = &drawn.normal {
        let (mean, sd) = (time(&normal.mean), time(&normal.sd));
        format!("normal with mean {mean} and standard deviation {sd}")
    } else if let Some(lognormal) = &drawn.lognormal {
        let (median, p90) = (time(&lognormal.median), time(&lognormal.p90));
        format!("log-normal with median {median} and p90 {p90}")
    } else {
        String::new()
    }
}

pub(super) fn drawn(file: &ValueOr<ValueFile, DrawFile>) -> String {
    let value = |file: &ValueFile| match file {
        ValueFile::Integer(integer) => integer.to_string(),
        ValueFile::Text(text) => format!("{text:?}"),
    };
    let drawn = match file {
        ValueOr::Value(file) => return value(file),
        ValueOr::Drawn(drawn) => drawn,
    };
    if let Some([from, to]) = drawn.uniform {
        format!("uniform from {from} to {to}")
    } else if let Some(values) = &drawn.choice {
        let values: Vec<String> = values.iter().map(value).collect();
        format!("one of {}", values.join(", "))
    } else if let Some(RealFile(mean)) = drawn.exponential {
        format!("exponential with mean {mean}")
    } else {
        serde_yaml::to_value(drawn).map_or_else(|_| String::new(), |yaml| inline(&yaml))
    }
}

/// `zipf from 1 to 100 exponent 1`.
fn inline(yaml: &Yaml) -> String {
    match yaml {
        Yaml::Mapping(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{} {}", inline(key), inline(value)))
                .collect();
            entries.join(" ")
        }
        Yaml::String(text) => text.clone(),
        Yaml::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
