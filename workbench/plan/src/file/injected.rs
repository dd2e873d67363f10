//! Faults of the bundled bookstore: `GET catalog/products latency=exponential(20ms) errors=1% seed=7`.
//!
//! The notation is the bookstore's own (its README explains it) and is passed on unchanged. It is checked here, so that
//! a mistake is reported with its position before anything starts.

use std::time::Duration;

use super::duration::parse_duration;
use crate::diagnostic::{Diagnostic, suggestion};
use crate::plan::InjectedFault;

/// Pattern of faults in the JSON Schema; [`parse_injected`] checks more.
pub(super) const INJECTED_PATTERN: &str = r"^\s*(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|\*)\s+[^\s/]+/\S*(\s+(latency|errors|status|stall|seed|from|for)=\S+)+\s*$";

const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "*",
];
const SETTINGS: [&str; 7] = [
    "latency", "errors", "status", "stall", "seed", "from", "for",
];

/// Names of distributions, and how each is written.
const DISTRIBUTIONS: [(&str, &str); 5] = [
    ("constant", "constant(20ms)"),
    ("uniform", "uniform(10ms,30ms)"),
    ("exponential", "exponential(20ms), with its mean"),
    (
        "lognormal",
        "lognormal(20ms,0.5), with its median and a sigma from 0 to 5",
    ),
    (
        "pareto",
        "pareto(10ms,2.5), with its shortest time and a shape from 0.1 to 100",
    ),
];

const LONGEST: Duration = Duration::from_secs(3600);

pub(super) fn parse_injected(text: &str, services: &[&str]) -> Result<InjectedFault, Diagnostic> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [method, target, settings @ ..] = words.as_slice() else {
        let example = "GET catalog/products latency=constant(20ms)";
        return Err(Diagnostic::new(format!(
            "a fault names a method, a service with a route, and what happens: {example}"
        )));
    };
    if !METHODS.contains(method) {
        let message = format!("unknown method \"{method}\"{}", suggestion(method, METHODS));
        return Err(Diagnostic::at(method, message));
    }
    check_target(target, services)?;
    let mut seen = Vec::new();
    for word in settings {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        if !SETTINGS.contains(&key) {
            let message = format!("unknown setting \"{key}\"{}", suggestion(key, SETTINGS));
            return Err(Diagnostic::at(word, message));
        }
        if seen.contains(&key) {
            return Err(Diagnostic::at(word, format!("{key} is given twice")));
        }
        seen.push(key);
        check_setting(key, value).map_err(|message| Diagnostic::at(word, message))?;
    }
    if !["latency", "errors", "stall"]
        .iter()
        .any(|it| seen.contains(it))
    {
        return Err(Diagnostic::new(
            "nothing happens: give latency=…, errors=… or stall=…",
        ));
    }
    if seen.contains(&"status") && !seen.contains(&"errors") {
        return Err(Diagnostic::new(
            "status=… says what errors=… answer: give both",
        ));
    }
    Ok(InjectedFault(words.join(" ")))
}

fn check_target(target: &str, services: &[&str]) -> Result<(), Diagnostic> {
    let form = || {
        let message = "a target is a service and a route's pattern, such as \
            catalog/products/{product_id}, catalog/* or */*";
        Diagnostic::at(target, message)
    };
    let (service, route) = target.split_once('/').ok_or_else(form)?;
    if service != "*" && !services.contains(&service) {
        let message = format!(
            "unknown service \"{service}\"{}",
            suggestion(service, services.iter().copied())
        );
        return Err(Diagnostic::at(target, message));
    }
    let plain = |letter: char| letter.is_ascii_graphic() && !"\"\\*?#".contains(letter);
    if route != "*" && !route.chars().all(plain) {
        return Err(form());
    }
    Ok(())
}

fn check_setting(key: &str, value: &str) -> Result<(), String> {
    match key {
        "latency" => check_latency(value),
        "errors" => {
            let percent = value
                .strip_suffix('%')
                .and_then(|it| it.parse::<f64>().ok());
            percent
                .filter(|percent| *percent > 0.0 && *percent <= 100.0)
                .map(|_| ())
                .ok_or_else(|| format!("\"{value}\" is not a share above 0% and up to 100%"))
        }
        "status" => match value {
            "500" | "503" => Ok(()),
            _ => Err(format!("\"{value}\" cannot be injected: use 500 or 503")),
        },
        "stall" => {
            let (length, at) = value
                .split_once('@')
                .ok_or("a stall has a length and a time: 2s@10s")?;
            if time(length)?.is_zero() {
                return Err("a stall has to be longer than 0".to_owned());
            }
            time(at).map(|_| ())
        }
        "seed" => {
            let seed = value.parse::<u64>();
            seed.map(|_| ())
                .map_err(|_| format!("\"{value}\" is not a seed: use a whole number"))
        }
        _ => time(value).map(|_| ()),
    }
}

fn check_latency(value: &str) -> Result<(), String> {
    let (name, rest) = value.split_once('(').unwrap_or((value, ""));
    let Some((_, form)) = DISTRIBUTIONS.iter().find(|(known, _)| *known == name) else {
        let known = DISTRIBUTIONS.map(|(known, _)| known);
        return Err(format!(
            "unknown distribution \"{name}\"{}",
            suggestion(name, known)
        ));
    };
    let form = || format!("write it as {form}");
    let arguments: Vec<&str> = rest
        .strip_suffix(')')
        .ok_or_else(form)?
        .split(',')
        .collect();
    let number = |text: &str, range: std::ops::RangeInclusive<f64>| {
        let number = text.parse::<f64>().ok().filter(|it| range.contains(it));
        number.map(|_| ()).ok_or_else(form)
    };
    match (name, arguments.as_slice()) {
        ("constant" | "exponential", [one]) => time(one).map(|_| ()),
        ("uniform", [from, to]) => match time(from)? <= time(to)? {
            true => Ok(()),
            false => Err(format!("{to} is shorter than {from}")),
        },
        ("lognormal", [median, sigma]) => {
            time(median)?;
            number(sigma, 0.0..=5.0)
        }
        ("pareto", [shortest, shape]) => {
            time(shortest)?;
            number(shape, 0.1..=100.0)
        }
        _ => Err(form()),
    }
}

fn time(text: &str) -> Result<Duration, String> {
    let time = parse_duration(text).map_err(|diagnostic| diagnostic.message)?;
    match time <= LONGEST {
        true => Ok(time),
        false => Err(format!("\"{text}\" is longer than an hour")),
    }
}
