//! The distributions of think times and variables.
//!
//! The methods are part of the format: a seed gives the same values with every version and on every machine.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng;

use crate::template::{Template, Value};

/// A distribution of times.
#[derive(Clone, Debug, PartialEq)]
pub enum Times {
    /// Always the same time.
    Constant(Duration),
    /// Every time from the first to the second, both included, equally often.
    Uniform(Duration, Duration),
    /// One of the times, each equally often; never empty.
    Choice(Vec<Duration>),
    /// A continuous distribution, in seconds; below zero it is zero.
    Real(Real),
}

impl Times {
    /// Draws a time, to the nanosecond, with one number of the generator (none for a constant, two for a normal one).
    ///
    /// Uniform: see `at_most`.
    #[must_use]
    pub fn draw(&self, random: &mut impl Rng) -> Duration {
        match self {
            Self::Constant(time) => *time,
            Self::Uniform(from, to) => {
                let width = u64::try_from((*to - *from).as_nanos())
                    .expect("a plan's times are shorter than 584 years");
                *from + Duration::from_nanos(at_most(width, random))
            }
            Self::Choice(times) => times[at_most(times.len() as u64 - 1, random) as usize],
            Self::Real(real) => {
                Duration::try_from_secs_f64(real.draw(random).clamp(0.0, LONGEST_SECONDS))
                    .unwrap_or_default()
            }
        }
    }
}

/// A year: what a time in an experiment may be.
const LONGEST_SECONDS: f64 = 365.0 * 24.0 * 60.0 * 60.0;

/// A continuous distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Real {
    /// The gaps of a Poisson process, with this mean.
    Exponential(f64),
    /// A normal distribution.
    Normal {
        /// Its mean.
        mean: f64,
        /// Its standard deviation.
        sd: f64,
    },
    /// The exponential of a normal distribution.
    LogNormal {
        /// Half of the values are smaller.
        median: f64,
        /// Standard deviation of the values' logarithms.
        sigma: f64,
    },
}

/// The 90 % quantile of the standard normal distribution.
const NORMAL_P90: f64 = 1.281_551_565_544_600_4;

impl Real {
    /// The log-normal distribution with a median and a 90 % quantile.
    pub(crate) fn log_normal(median: f64, p90: f64) -> Self {
        Self::LogNormal {
            median,
            sigma: libm::log(p90 / median) / NORMAL_P90,
        }
    }

    /// Draws a number.
    ///
    /// Exponential: by inversion, `−mean · ln(1 − u)` with u the upper 53 bits of a number divided by 2⁵³. Normal: with two
    /// such numbers, `√(−2 ln(1 − u)) · cos(2πv)`. The functions do not depend on the machine.
    ///
    /// # References
    /// G. E. P. Box, M. E. Muller (1958), "A note on the generation of random normal deviates", Annals of Mathematical
    /// Statistics 29(2).
    fn draw(self, random: &mut impl Rng) -> f64 {
        let normal = |random: &mut _| {
            let radius = libm::sqrt(-2.0 * libm::log(1.0 - unit(random)));
            radius * libm::cos(std::f64::consts::TAU * unit(random))
        };
        match self {
            Self::Exponential(mean) => mean * -libm::log(1.0 - unit(random)),
            Self::Normal { mean, sd } => mean + sd * normal(random),
            Self::LogNormal { median, sigma } => median * libm::exp(sigma * normal(random)),
        }
    }
}

/// A number from 0 to 1, the latter excluded, in steps of 2⁻⁵³.
pub(crate) fn unit(random: &mut impl Rng) -> f64 {
    (random.next_u64() >> 11) as f64 * f64::EPSILON / 2.0
}

/// The source of a variable's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Draw {
    /// Always the same value.
    Constant(Value),
    /// A text with the values of other variables.
    Text(Template),
    /// Every whole number from the first to the second, both included, equally often.
    Uniform(i64, i64),
    /// One of the values, each equally often; never empty.
    Choice(Vec<Value>),
    /// A continuous distribution, rounded to whole numbers.
    Real(Real),
    /// Zipf's law.
    Zipf(Zipf),
    /// A random UUID, version 4.
    Uuid,
    /// A different number for each iteration of the run.
    Sequence {
        /// The first number.
        from: i64,
        /// The difference between one and the next.
        step: i64,
    },
    /// The current time.
    Now(Now),
}

/// Inputs of a draw other than random numbers.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Number of the iteration among all that the run can have, from 0; see [`crate::Lanes`].
    pub turn: u64,
    /// UTC, in nanoseconds since the Unix epoch.
    pub utc_ns: i64,
}

impl Draw {
    /// Draws a value into the variable at `position`; a constant or chosen text reuses the memory of the text before.
    ///
    /// It takes one number of the generator, or two (normal, UUID), or none (constant, text, sequence, now).
    pub fn draw(
        &self,
        random: &mut impl Rng,
        moment: Moment,
        values: &mut [Value],
        position: usize,
    ) {
        let value = match self {
            Self::Constant(constant) => return values[position].set(constant),
            Self::Choice(choice) => {
                let chosen = &choice[at_most(choice.len() as u64 - 1, random) as usize];
                return values[position].set(chosen);
            }
            Self::Text(template) => {
                let mut text = String::new();
                template.render(values, &mut text);
                Value::Text(text)
            }
            Self::Uniform(from, to) => {
                let offset = at_most(to.abs_diff(*from), random);
                Value::Integer(from.wrapping_add_unsigned(offset))
            }
            // Saturates at the ends.
            Self::Real(real) => Value::Integer(libm::rint(real.draw(random)) as i64),
            Self::Zipf(zipf) => Value::Integer(zipf.draw(random)),
            Self::Uuid => Value::Text(uuid(random)),
            Self::Sequence { from, step } => {
                Value::Integer(from.wrapping_add(step.wrapping_mul(moment.turn as i64)))
            }
            Self::Now(now) => now.at(moment.utc_ns),
        };
        values[position] = value;
    }
}

/// A UUID of 122 random bits (RFC 9562, section 5.4).
fn uuid(random: &mut impl Rng) -> String {
    let (high, low) = (random.next_u64(), random.next_u64());
    let high = high & !0xF000 | 0x4000;
    let low = low & !(0b11 << 62) | 0b10 << 62;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}

/// Zipf's law over the whole numbers of a range: the k-th has a probability in proportion to `1 / k^exponent`.
///
/// # References
/// G. K. Zipf (1949), "Human behavior and the principle of least effort".
#[derive(Clone, Debug, PartialEq)]
pub struct Zipf {
    from: i64,
    /// Sums of the numbers' weights up to and with each.
    cumulative: Arc<[f64]>,
}

impl Zipf {
    /// `count` numbers from `from` on; at least one.
    pub(crate) fn new(from: i64, count: u32, exponent: f64) -> Self {
        let weights = (1..=count).map(|k| libm::pow(f64::from(k), -exponent));
        let mut sum = 0.0;
        let sums = weights.map(|weight| {
            sum += weight;
            sum
        });
        Self {
            from,
            cumulative: sums.collect(),
        }
    }

    /// By inversion, with one number of the generator.
    fn draw(&self, random: &mut impl Rng) -> i64 {
        let last = self.cumulative.len() - 1;
        let sought = unit(random) * self.cumulative[last];
        let index = self.cumulative.partition_point(|sum| *sum <= sought);
        self.from + index.min(last) as i64
    }
}

/// The current time, as text or a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Now {
    /// Added to the current time.
    pub(crate) offset: jiff::SignedDuration,
    pub(crate) format: TimeFormat,
}

/// How an instant is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TimeFormat {
    /// Whole seconds since the Unix epoch.
    Unix,
    /// Whole milliseconds since the Unix epoch.
    UnixMs,
    /// `2026-11-27T01:02:03.456Z`.
    Rfc3339,
    /// A format of strftime.
    Strftime(String),
}

impl Now {
    /// The formatted instant; an empty text if the instant cannot be formatted.
    fn at(&self, utc_ns: i64) -> Value {
        let now = jiff::Timestamp::from_nanosecond(utc_ns.into());
        let Ok(time) = now.and_then(|now| now.checked_add(self.offset)) else {
            return Value::Text(String::new());
        };
        match &self.format {
            TimeFormat::Unix => Value::Integer(time.as_second()),
            TimeFormat::UnixMs => Value::Integer(time.as_millisecond()),
            TimeFormat::Rfc3339 => Value::Text(format!("{time:.3}")),
            TimeFormat::Strftime(format) => {
                let zoned = time.to_zoned(jiff::tz::TimeZone::UTC);
                let text = jiff::fmt::strtime::format(format, &zoned);
                Value::Text(text.unwrap_or_default())
            }
        }
    }
}

/// A whole number below `count`, each equally often, with one number of the generator.
///
/// # Panics
/// `count` is 0.
pub fn below(count: u64, random: &mut impl Rng) -> u64 {
    at_most(count - 1, random)
}

/// A whole number from 0 to `largest`, each equally often: the upper half of the 128-bit product of a random
/// number and the count of values. The probabilities differ by at most 2⁻⁶⁴ from being equal.
///
/// # References
/// D. Lemire (2019), "Fast random integer generation in an interval", ACM Transactions on Modeling and Computer
/// Simulation 29(1), without its rejection step, so that every draw takes exactly one number.
pub(crate) fn at_most(largest: u64, random: &mut impl Rng) -> u64 {
    let count = u128::from(largest) + 1;
    ((u128::from(random.next_u64()) * count) >> 64) as u64
}

#[cfg(test)]
mod tests;
