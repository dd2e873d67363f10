//! How a fault is written:
//! `GET catalog/products/{product_id} latency=exponential(20ms) errors=10% status=503 seed=7`.

use std::{collections::HashMap, fmt, path::Path, str::FromStr, time::Duration};

use anyhow::Context;
use axum::http::{Method, StatusCode};

use super::{
    draw::Latency,
    fault::{Errors, Fault, Stall},
};

/// No time in a fault may be longer.
const LONGEST: Duration = Duration::from_secs(3600);

const DEFAULT_SEED: u64 = 1;

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

const SETTINGS: [&str; 7] = [
    "latency", "errors", "status", "stall", "seed", "from", "for",
];

const LATENCY: &str = "use constant(TIME), uniform(FROM,TO), exponential(MEAN), \
    lognormal(MEDIAN,SIGMA) with SIGMA up to 5, or pareto(SHORTEST,SHAPE) with SHAPE from 0.1 to 100";
const FORM: &str = "write METHOD SERVICE/ROUTE and what happens, \
    such as `GET catalog/products latency=constant(20ms)`";
const TARGET: &str =
    "use SERVICE/ROUTE such as `catalog/products/{product_id}`, `catalog/*` or `*/*`";
const SHARE: &str = "use a share such as 10% or 0.5%, up to 100%";
const STALL: &str = "use LENGTH@TIME such as 2s@10s";
const TIME: &str = "use a time up to 1h such as 20ms, 1.5s or 1m30s";

impl FromStr for Fault {
    type Err = String;

    /// The error says what would be right.
    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [method, target, settings @ ..] = words.as_slice() else {
            return Err(FORM.to_owned());
        };
        let method = match *method {
            "*" => None,
            known if METHODS.contains(&known) => Method::from_bytes(known.as_bytes()).ok(),
            _ => {
                let methods = METHODS.join(", ");
                return Err(format!(
                    "\"{method}\" is no method: use `*` for all, or one of {methods}"
                ));
            }
        };
        let (service, route) =
            read_target(target).ok_or_else(|| format!("\"{target}\" is no target: {TARGET}"))?;
        let mut given = HashMap::new();
        for word in settings {
            let setting = word.split_once('=');
            let Some((key, value)) = setting.filter(|(key, _)| SETTINGS.contains(key)) else {
                let settings = SETTINGS.join("=…, ");
                return Err(format!("\"{word}\" is no setting: use {settings}=…"));
            };
            if given.insert(key, value).is_some() {
                return Err(format!("{key} is given twice"));
            }
        }
        let latency = read(&given, "latency", LATENCY, read_latency)?;
        let rate = read(&given, "errors", SHARE, read_share)?;
        let status = read(&given, "status", "use 500 or 503", read_status)?;
        let stall = read(&given, "stall", STALL, read_stall)?;
        let seed = read(&given, "seed", "use a whole number", |seed| {
            seed.parse().ok()
        })?;
        let from = read(&given, "from", TIME, read_time)?;
        let lasting = read(&given, "for", TIME, read_time)?;
        if rate.is_none() && status.is_some() {
            return Err("status=… says what errors=… answer: give both".to_owned());
        }
        if latency.is_none() && rate.is_none() && stall.is_none() {
            return Err("nothing happens: give latency=…, errors=… or stall=…".to_owned());
        }
        let mut text = words.join(" ");
        if seed.is_none() {
            text += &format!(" seed={DEFAULT_SEED}");
        }
        Ok(Self {
            text,
            method,
            service,
            route,
            latency,
            errors: rate.map(|rate| Errors {
                rate,
                status: status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            }),
            stall,
            seed: seed.unwrap_or(DEFAULT_SEED),
            from: from.unwrap_or_default(),
            lasting,
        })
    }
}

/// A setting's value, if it is given.
fn read<T>(
    given: &HashMap<&str, &str>,
    key: &str,
    expected: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, String> {
    let Some(value) = given.get(key) else {
        return Ok(None);
    };
    let value = read(value).ok_or_else(|| format!("{key}={value}: {expected}"))?;
    Ok(Some(value))
}

/// Reads a file of faults: one a line, but for blank lines and those that begin with `#`.
pub(crate) fn read_file(path: &Path) -> anyhow::Result<Vec<Fault>> {
    let cannot = || format!("cannot read the faults in {}", path.display());
    let text = std::fs::read_to_string(path).with_context(cannot)?;
    let lines = (1..).zip(text.lines().map(str::trim));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            let fault: Result<Fault, String> = line.parse();
            fault
                .map_err(anyhow::Error::msg)
                .with_context(|| format!("line {number}"))
                .with_context(cannot)
        })
        .collect()
}

/// Service and route, `None` for `*`.
fn read_target(target: &str) -> Option<(Option<String>, Option<String>)> {
    let (service, route) = target.split_at(target.find('/')?);
    let word = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"\\*?#".contains(&byte);
        (!text.is_empty() && text.bytes().all(plain)).then(|| text.to_owned())
    };
    let service = match service {
        "*" => None,
        _ => Some(word(service)?),
    };
    let route = match route {
        "/*" => None,
        _ => Some(word(route)?),
    };
    Some((service, route))
}

impl FromStr for Latency {
    type Err = &'static str;

    /// The error says what would be right.
    fn from_str(text: &str) -> Result<Self, &'static str> {
        read_latency(text).ok_or(LATENCY)
    }
}

fn read_latency(text: &str) -> Option<Latency> {
    let (name, rest) = text.split_once('(')?;
    let arguments: Vec<&str> = rest.strip_suffix(')')?.split(',').collect();
    let number = |text: &str, range: std::ops::RangeInclusive<f64>| {
        let number: f64 = text.parse().ok()?;
        range.contains(&number).then_some(number)
    };
    Some(match (name, arguments.as_slice()) {
        ("constant", [time]) => Latency::Constant(read_time(time)?),
        ("uniform", [from, to]) => {
            let (from, to) = (read_time(from)?, read_time(to)?);
            (from <= to).then_some(Latency::Uniform(from, to))?
        }
        ("exponential", [mean]) => Latency::Exponential(read_time(mean)?),
        ("lognormal", [median, sigma]) => {
            Latency::Lognormal(read_time(median)?, number(sigma, 0.0..=5.0)?)
        }
        ("pareto", [shortest, shape]) => {
            Latency::Pareto(read_time(shortest)?, number(shape, 0.1..=100.0)?)
        }
        _ => return None,
    })
}

fn read_share(text: &str) -> Option<f64> {
    let percent: f64 = text.strip_suffix('%')?.parse().ok()?;
    (percent > 0.0 && percent <= 100.0).then_some(percent / 100.0)
}

fn read_status(text: &str) -> Option<StatusCode> {
    let statuses = [
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    statuses.into_iter().find(|status| status.as_str() == text)
}

fn read_stall(text: &str) -> Option<Stall> {
    let (length, at) = text.split_once('@')?;
    let (length, at) = (read_time(length)?, read_time(at)?);
    (!length.is_zero()).then_some(Stall { length, at })
}

fn read_time(text: &str) -> Option<Duration> {
    let time = humantime::parse_duration(text).ok();
    time.filter(|time| *time <= LONGEST)
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Faults, and what is said about them.
    const MISTAKES: &str = "
        GET | write METHOD SERVICE/ROUTE
        FETCH catalog/products errors=1% | \"FETCH\" is no method: use `*` for all, or one of GET,
        GET products errors=1% | \"products\" is no target: use SERVICE/ROUTE such as
        GET catalog/products | nothing happens: give latency=…
        GET catalog/products delay=1ms | \"delay=1ms\" is no setting: use latency=…
        GET catalog/products latency | \"latency\" is no setting
        GET catalog/products latency=20ms | latency=20ms: use constant(TIME)
        GET catalog/products latency=constant(20) | latency=constant(20): use constant(TIME)
        GET catalog/products latency=uniform(2s,1s) | use constant(TIME)
        GET catalog/products latency=constant(2h) | use constant(TIME)
        GET catalog/products errors=0% | errors=0%: use a share
        GET catalog/products errors=0.1 | errors=0.1: use a share
        GET catalog/products errors=1% status=404 | status=404: use 500 or 503
        GET catalog/products latency=constant(1s) status=500 | give both
        GET catalog/products stall=2s | stall=2s: use LENGTH@TIME
        GET catalog/products errors=1% seed=-1 | seed=-1: use a whole number
        GET catalog/products errors=1% from=5 | from=5: use a time
        GET catalog/products errors=1% errors=2% | errors is given twice";

    #[test]
    fn mistakes_are_named_with_what_would_be_right() {
        for line in MISTAKES.trim().lines() {
            let (text, message) = line.split_once(" | ").unwrap();
            let error = text.parse::<Fault>().unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn a_fault_is_shown_as_it_was_written_with_its_seed() {
        let fault: Fault = " *  */*  errors=7% ".parse().unwrap();
        assert_eq!(fault.to_string(), "* */* errors=7% seed=1");
    }
}
