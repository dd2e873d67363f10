//! How a fault is written:
//! `GET catalog/products/{product_id} latency=exponential(20ms) errors=10% status=503 seed=7`.

use std::{fmt, path::Path, str::FromStr, time::Duration};

use anyhow::Context;
use axum::http::{Method, StatusCode};

use super::{
    draw::Latency,
    fault::{Errors, Fault, Stall},
};

/// No time in a fault may be longer.
const LONGEST: Duration = Duration::from_secs(3600);

/// Methods that a fault may name.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

/// Why a text is not a fault.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FaultError {
    /// Method or target is missing.
    #[error(
        "write METHOD SERVICE/ROUTE and what happens, such as `GET catalog/products latency=constant(20ms)`"
    )]
    Form,
    /// The first word.
    #[error("\"{0}\" is no method: use `*` for all, or one of {methods}", methods = METHODS.join(", "))]
    Method(String),
    /// The second word.
    #[error(
        "\"{0}\" is no target: use SERVICE/ROUTE such as `catalog/products/{{product_id}}`, `catalog/*` or `*/*`"
    )]
    Target(String),
    /// A word that is no `key=value`.
    #[error(
        "\"{0}\" is no setting: use latency=…, errors=…, status=…, stall=…, seed=…, from=… or for=…"
    )]
    Setting(String),
    /// A key twice.
    #[error("{0} is given twice")]
    Twice(String),
    /// A value.
    #[error("{key}={value}: {expected}")]
    Value {
        /// As given.
        key: String,
        /// As given.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
    /// A status for no error.
    #[error("status=… says what errors=… answer: give both")]
    StatusAlone,
    /// Nothing to do.
    #[error("nothing happens: give latency=…, errors=… or stall=…")]
    Nothing,
}

const LATENCY: &str = "use constant(TIME), uniform(FROM,TO), exponential(MEAN), \
    lognormal(MEDIAN,SIGMA) with SIGMA up to 5, or pareto(SHORTEST,SHAPE) with SHAPE from 0.1 to 100";
const TIME: &str = "use a time up to 1h such as 20ms, 1.5s or 1m30s";

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut words = text.split_whitespace();
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(FaultError::Form);
        };
        let method = match method {
            "*" => None,
            _ if METHODS.contains(&method) => Method::from_bytes(method.as_bytes()).ok(),
            _ => return Err(FaultError::Method(method.to_owned())),
        };
        let (service, route) =
            read_target(target).ok_or_else(|| FaultError::Target(target.to_owned()))?;
        let mut fault = Self {
            method,
            service,
            route,
            latency: None,
            errors: None,
            stall: None,
            seed: 1,
            from: Duration::ZERO,
            lasting: None,
        };
        let (mut rate, mut status, mut seen) = (None, None, Vec::new());
        for word in words {
            let (key, value) = word
                .split_once('=')
                .ok_or_else(|| FaultError::Setting(word.to_owned()))?;
            if seen.contains(&key) {
                return Err(FaultError::Twice(key.to_owned()));
            }
            seen.push(key);
            let expect = |expected| FaultError::Value {
                key: key.to_owned(),
                value: value.to_owned(),
                expected,
            };
            match key {
                "latency" => {
                    fault.latency = Some(value.parse().map_err(expect)?);
                }
                "errors" => {
                    let expected = "use a share such as 10% or 0.5%, up to 100%";
                    rate = Some(read_share(value).ok_or_else(|| expect(expected))?);
                }
                "status" => {
                    status = Some(match value {
                        "500" => StatusCode::INTERNAL_SERVER_ERROR,
                        "503" => StatusCode::SERVICE_UNAVAILABLE,
                        _ => return Err(expect("use 500 or 503")),
                    });
                }
                "stall" => {
                    let expected = "use LENGTH@TIME such as 2s@10s";
                    fault.stall = Some(read_stall(value).ok_or_else(|| expect(expected))?);
                }
                "seed" => fault.seed = value.parse().map_err(|_| expect("use a whole number"))?,
                "from" => fault.from = read_time(value).ok_or_else(|| expect(TIME))?,
                "for" => fault.lasting = Some(read_time(value).ok_or_else(|| expect(TIME))?),
                _ => return Err(FaultError::Setting(word.to_owned())),
            }
        }
        fault.errors = match (rate, status) {
            (Some(rate), status) => Some(Errors {
                rate,
                status: status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            }),
            (None, Some(_)) => return Err(FaultError::StatusAlone),
            (None, None) => None,
        };
        match (fault.latency, fault.errors, fault.stall) {
            (None, None, None) => Err(FaultError::Nothing),
            _ => Ok(fault),
        }
    }
}

/// Reads a file of faults: one a line, but for blank lines and those that begin with `#`.
pub(crate) fn read_file(path: &Path) -> anyhow::Result<Vec<Fault>> {
    let cannot = || format!("cannot read the faults in {}", path.display());
    let text = std::fs::read_to_string(path).with_context(cannot)?;
    let lines = (1..).zip(text.lines().map(str::trim));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            let fault: Result<Fault, _> = line.parse();
            fault
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

fn read_stall(text: &str) -> Option<Stall> {
    let (length, at) = text.split_once('@')?;
    let (length, at) = (read_time(length)?, read_time(at)?);
    (!length.is_zero()).then_some(Stall { length, at })
}

/// One or several numbers, each with its unit.
fn read_time(mut text: &str) -> Option<Duration> {
    let mut nanoseconds = 0.0;
    loop {
        let number = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, rest) = text.split_at(number);
        let unit = rest
            .find(|letter: char| letter.is_ascii_digit())
            .unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(unit);
        let unit = match unit {
            "ns" => 1.0,
            "us" | "µs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            _ => return None,
        };
        nanoseconds += number.parse::<f64>().ok()? * unit;
        if nanoseconds > LONGEST.as_nanos() as f64 {
            return None;
        }
        if rest.is_empty() {
            #[expect(clippy::cast_possible_truncation, reason = "an hour at most")]
            #[expect(clippy::cast_sign_loss, reason = "no number has a sign")]
            return Some(Duration::from_nanos(nanoseconds.round() as u64));
        }
        text = rest;
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.method.as_ref().map_or("*", Method::as_str);
        let service = self.service.as_deref().unwrap_or("*");
        let route = self.route.as_deref().unwrap_or("/*");
        write!(f, "{method} {service}{route}")?;
        match self.latency {
            None => {}
            Some(Latency::Constant(time)) => write!(f, " latency=constant({time:?})")?,
            Some(Latency::Uniform(from, to)) => write!(f, " latency=uniform({from:?},{to:?})")?,
            Some(Latency::Exponential(mean)) => write!(f, " latency=exponential({mean:?})")?,
            Some(Latency::Lognormal(median, sigma)) => {
                write!(f, " latency=lognormal({median:?},{sigma})")?;
            }
            Some(Latency::Pareto(shortest, shape)) => {
                write!(f, " latency=pareto({shortest:?},{shape})")?;
            }
        }
        if let Some(Errors { rate, status }) = self.errors {
            // Rounded, so that 7% is not 7.000000000000001%.
            let percent = (rate * 1e14).round() / 1e12;
            write!(f, " errors={percent}% status={}", status.as_u16())?;
        }
        if let Some(Stall { length, at }) = self.stall {
            write!(f, " stall={length:?}@{at:?}")?;
        }
        write!(f, " seed={}", self.seed)?;
        if !self.from.is_zero() {
            write!(f, " from={:?}", self.from)?;
        }
        match self.lasting {
            Some(lasting) => write!(f, " for={lasting:?}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Fault, FaultError> {
        text.parse()
    }

    #[test]
    fn what_is_written_is_read_the_same_again() {
        for (text, canonical) in [
            (
                "GET catalog/products latency=constant(20ms)",
                "GET catalog/products latency=constant(20ms) seed=1",
            ),
            (
                "*  */*  errors=7% stall=1m30s@0.5s for=10s from=5s seed=18446744073709551615",
                "* */* errors=7% status=500 stall=90s@500ms seed=18446744073709551615 from=5s for=10s",
            ),
            (
                "POST orders/orders/{customer_id} latency=uniform(10us,1.5s) errors=0.1% status=503",
                "POST orders/orders/{customer_id} latency=uniform(10µs,1.5s) errors=0.1% status=503 seed=1",
            ),
            (
                "* cart/* latency=lognormal(3ms,0.5)",
                "* cart/* latency=lognormal(3ms,0.5) seed=1",
            ),
            (
                "* cart/* latency=pareto(1ms,2.5)",
                "* cart/* latency=pareto(1ms,2.5) seed=1",
            ),
            (
                "* cart/* latency=exponential(250ns)",
                "* cart/* latency=exponential(250ns) seed=1",
            ),
        ] {
            let fault = read(text).unwrap();
            assert_eq!(fault.to_string(), canonical);
            assert_eq!(read(canonical), Ok(fault));
        }
    }

    #[test]
    fn mistakes_are_named_with_what_would_be_right() {
        for (text, message) in [
            ("", "write METHOD SERVICE/ROUTE"),
            ("GET", "write METHOD SERVICE/ROUTE"),
            (
                "FETCH catalog/products errors=1%",
                "\"FETCH\" is no method: use `*` for all, or one of GET,",
            ),
            (
                "GET products errors=1%",
                "\"products\" is no target: use SERVICE/ROUTE such as `catalog/products/{product_id}`",
            ),
            ("GET catalog/products", "nothing happens: give latency=…"),
            (
                "GET catalog/products delay=1ms",
                "\"delay=1ms\" is no setting: use latency=…",
            ),
            ("GET catalog/products latency", "\"latency\" is no setting"),
            (
                "GET catalog/products latency=20ms",
                "latency=20ms: use constant(TIME)",
            ),
            (
                "GET catalog/products latency=constant(20)",
                "latency=constant(20): use constant(TIME)",
            ),
            (
                "GET catalog/products latency=uniform(2s,1s)",
                "use constant(TIME)",
            ),
            (
                "GET catalog/products latency=constant(2h)",
                "use constant(TIME)",
            ),
            ("GET catalog/products errors=0%", "errors=0%: use a share"),
            ("GET catalog/products errors=0.1", "errors=0.1: use a share"),
            (
                "GET catalog/products errors=1% status=404",
                "status=404: use 500 or 503",
            ),
            (
                "GET catalog/products latency=constant(1s) status=500",
                "give both",
            ),
            ("GET catalog/products stall=2s", "stall=2s: use LENGTH@TIME"),
            (
                "GET catalog/products errors=1% seed=-1",
                "seed=-1: use a whole number",
            ),
            (
                "GET catalog/products errors=1% from=5",
                "from=5: use a time",
            ),
            (
                "GET catalog/products errors=1% errors=2%",
                "errors is given twice",
            ),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
