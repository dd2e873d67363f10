//! What think times and variables are drawn from.
//!
//! The methods are part of the format: a seed gives the same values with every version and on every machine. Long for its
//! tests.

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
fn unit(random: &mut impl Rng) -> f64 {
    (random.next_u64() >> 11) as f64 * f64::EPSILON / 2.0
}

/// Where a value comes from.
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
    /// Few numbers often, many seldom.
    Zipf(Zipf),
    /// A random UUID, version 4.
    Uuid,
    /// Another number for each iteration of the run.
    Sequence {
        /// The first number.
        from: i64,
        /// The difference between one and the next.
        step: i64,
    },
    /// The present.
    Now(Now),
}

/// What a value may depend on besides random numbers.
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

/// The present, as text or a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Now {
    /// What is added to it.
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
    /// An instant that cannot be written is an empty text.
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
mod tests {
    use super::*;
    use crate::random::{Random, random_for_user};

    const N: usize = 100_000;

    fn times(distribution: &Times) -> Vec<Duration> {
        let mut random = random_for_user(1, 1);
        (0..N).map(|_| distribution.draw(&mut random)).collect()
    }

    const MOMENT: Moment = Moment { turn: 0, utc_ns: 0 };

    fn drawn(draw: &Draw, random: &mut Random, moment: Moment) -> Value {
        let mut values = [Value::Text(String::new())];
        draw.draw(random, moment, &mut values, 0);
        let [value] = values;
        value
    }

    fn integers(draw: &Draw, n: usize) -> Vec<i64> {
        let mut random = random_for_user(3, 1);
        let integers = (0..n).map(|_| match drawn(draw, &mut random, MOMENT) {
            Value::Integer(integer) => integer,
            other => panic!("drew {other:?}"),
        });
        integers.collect()
    }

    fn mean_seconds(times: &[Duration]) -> f64 {
        times.iter().map(Duration::as_secs_f64).sum::<f64>() / times.len() as f64
    }

    /// Expected values from an implementation of its own, in Python.
    #[test]
    fn draws_are_the_same_for_ever() {
        let product = Draw::Uniform(1, 100);
        assert_eq!(integers(&product, 8), [66, 84, 5, 62, 46, 74, 58, 35]);
        let choice = Draw::Choice([10, 20, 30].map(Value::Integer).to_vec());
        assert_eq!(integers(&choice, 8), [20, 30, 10, 20, 20, 30, 20, 20]);

        let mut random = random_for_user(3, 1);
        let (from, to) = (Duration::from_millis(100), Duration::from_millis(300));
        let drawn = [
            Times::Uniform(from, to).draw(&mut random),
            Times::Real(Real::Exponential(from.as_secs_f64())).draw(&mut random),
            Times::Choice(vec![from, to]).draw(&mut random),
        ];
        assert_eq!(
            drawn.map(|time| time.as_nanos()),
            [231_040_407, 182_282_391, 100_000_000]
        );
    }

    #[test]
    fn constants_take_no_number_of_the_generator() {
        let mut random = random_for_user(3, 1);
        let time = Duration::from_secs(1);
        assert_eq!(Times::Constant(time).draw(&mut random), time);
        let seven = Draw::Constant(Value::Integer(7));
        assert_eq!(drawn(&seven, &mut random, MOMENT), Value::Integer(7));
        assert_eq!(random, random_for_user(3, 1));
    }

    #[test]
    fn uniform_integers_take_every_value_equally_often() {
        let drawn = integers(&Draw::Uniform(-5, 4), N);
        let mut counts = [0_u32; 10];
        for value in drawn {
            counts[usize::try_from(value + 5).unwrap()] += 1;
        }
        // Binomial with n = 100 000 and p = 0.1: standard deviation 95.
        assert!(
            counts.iter().all(|&count| count.abs_diff(10_000) < 5 * 95),
            "{counts:?}"
        );
    }

    #[test]
    fn uniform_integers_may_span_everything() {
        let drawn = integers(&Draw::Uniform(i64::MIN, i64::MAX), 100);
        assert!(drawn.iter().any(|&value| value < i64::MIN / 2));
        assert!(drawn.iter().any(|&value| value > i64::MAX / 2));
    }

    #[test]
    fn uniform_times_stay_within_their_bounds_and_fill_them() {
        let (from, to) = (Duration::from_millis(100), Duration::from_millis(300));
        let drawn = times(&Times::Uniform(from, to));
        assert!(drawn.iter().all(|time| (from..=to).contains(time)));
        // Standard deviation of the mean: 0.2 s / √12 / √100 000 = 0.00018 s.
        assert!((mean_seconds(&drawn) - 0.2).abs() < 5.0 * 0.000_18);
    }

    #[test]
    fn exponential_times_have_their_mean_and_their_median() {
        let mut drawn = times(&Times::Real(Real::Exponential(1.0)));
        assert!((mean_seconds(&drawn) - 1.0).abs() < 5.0 / (N as f64).sqrt());
        drawn.sort();
        assert!((drawn[N / 2].as_secs_f64() - std::f64::consts::LN_2).abs() < 0.02);
    }

    #[test]
    fn a_drawn_text_reuses_the_memory_of_the_one_before() {
        let mut values = [Value::Text(String::with_capacity(64))];
        let address = |values: &[Value]| match &values[0] {
            Value::Text(text) => text.as_ptr(),
            other => panic!("{other:?} is no text"),
        };
        let before = address(&values);
        let names = Draw::Choice(vec![Value::Text("ann".into()), Value::Text("bob".into())]);
        names.draw(&mut random_for_user(3, 1), MOMENT, &mut values, 0);
        assert_eq!(address(&values), before);
    }

    /// The 0.1, 0.5 and 0.9 quantiles.
    fn quantiles(mut drawn: Vec<f64>) -> [f64; 3] {
        drawn.sort_by(f64::total_cmp);
        [N / 10, N / 2, N - N / 10].map(|rank| drawn[rank])
    }

    fn seconds(real: Real) -> Vec<f64> {
        let drawn = times(&Times::Real(real)).into_iter();
        drawn.map(|time| time.as_secs_f64()).collect()
    }

    #[test]
    fn normal_times_have_the_quantiles_of_the_normal_distribution() {
        let (mean, sd) = (10.0, 2.0);
        let quantiles = quantiles(seconds(Real::Normal { mean, sd }));
        // Standard error of a quantile: √(p(1 − p)/n)/f, at most 0.0054 standard deviations here.
        for (quantile, z) in quantiles.into_iter().zip([-NORMAL_P90, 0.0, NORMAL_P90]) {
            let expected = mean + sd * z;
            assert!(
                (quantile - expected).abs() < 5.0 * 0.0054 * sd,
                "{quantile} {expected}"
            );
        }
        let below_zero = times(&Times::Real(Real::Normal { mean: 0.0, sd }));
        let zeros = below_zero.iter().filter(|time| time.is_zero()).count();
        // Binomial with n = 100 000 and p = 0.5: standard deviation 158.
        assert!(zeros.abs_diff(N / 2) < 5 * 158, "{zeros}");
    }

    #[test]
    fn lognormal_times_have_their_median_and_their_90th_percentile() {
        let [p10, median, p90] = quantiles(seconds(Real::log_normal(1.0, 3.0)));
        // As above, with a standard deviation of the logarithms of ln 3 / 1.28.
        let error = 5.0 * 0.0054 * 3.0_f64.ln() / NORMAL_P90;
        for (quantile, expected) in [(p10, 1.0 / 3.0), (median, 1.0), (p90, 3.0)] {
            assert!(
                (quantile / expected).ln().abs() < error,
                "{quantile} {expected}"
            );
        }
    }

    #[test]
    fn continuous_values_are_rounded_to_whole_numbers() {
        let drawn = integers(&Draw::Real(Real::Exponential(100.0)), N);
        let mean = drawn.iter().sum::<i64>() as f64 / N as f64;
        // Standard deviation of the mean: 100 / √100 000.
        assert!((mean - 100.0).abs() < 5.0 * 0.32, "{mean}");
        let far = Real::Normal {
            mean: 1e300,
            sd: 0.0,
        };
        assert_eq!(integers(&Draw::Real(far), 1), [i64::MAX]);
        let far = Times::Real(Real::log_normal(1e300, 1e301));
        assert_eq!(far.draw(&mut random_for_user(1, 1)).as_secs(), 31_536_000);
    }

    #[test]
    fn zipf_numbers_are_as_frequent_as_their_rank_says() {
        let (from, count, exponent) = (-2, 10, 1.1);
        let drawn = integers(&Draw::Zipf(Zipf::new(from, count, exponent)), N);
        let weights: Vec<f64> = (1..=count).map(|k| f64::from(k).powf(-exponent)).collect();
        let sum: f64 = weights.iter().sum();
        for (rank, weight) in (0..).zip(weights) {
            let p = weight / sum;
            let counted = drawn.iter().filter(|it| **it == from + rank).count() as f64;
            let sd = (N as f64 * p * (1.0 - p)).sqrt();
            assert!(
                (counted - N as f64 * p).abs() < 5.0 * sd,
                "{rank}: {counted}"
            );
        }
        let all_alike = integers(&Draw::Zipf(Zipf::new(1, 4, 0.0)), N);
        let ones = all_alike.iter().filter(|it| **it == 1).count();
        // Binomial with n = 100 000 and p = 0.25: standard deviation 137.
        assert!(ones.abs_diff(N / 4) < 5 * 137, "{ones}");
        assert_eq!(integers(&Draw::Zipf(Zipf::new(7, 1, 2.0)), 3), [7, 7, 7]);
    }

    #[test]
    fn uuids_are_of_version_4_and_differ() {
        let mut random = random_for_user(3, 1);
        let mut drawn = Vec::new();
        for _ in 0..1_000 {
            let Value::Text(text) = super::tests::drawn(&Draw::Uuid, &mut random, MOMENT) else {
                panic!("a UUID is a text")
            };
            let groups: Vec<usize> = text.split('-').map(str::len).collect();
            assert_eq!(groups, [8, 4, 4, 4, 12], "{text}");
            let is_digit = |letter: char| letter == '-' || "0123456789abcdef".contains(letter);
            assert!(text.chars().all(is_digit), "{text}");
            assert_eq!(&text[14..15], "4");
            assert!(["8", "9", "a", "b"].contains(&&text[19..20]), "{text}");
            assert!(!drawn.contains(&text));
            drawn.push(text);
        }
    }

    #[test]
    fn a_sequence_is_a_number_for_each_turn() {
        let sequence = Draw::Sequence {
            from: 100,
            step: -10,
        };
        let mut random = random_for_user(3, 1);
        let numbers = [0, 1, 7].map(|turn| {
            let moment = Moment { turn, utc_ns: 0 };
            drawn(&sequence, &mut random, moment)
        });
        assert_eq!(numbers, [100, 90, 30].map(Value::Integer));
        assert_eq!(random, random_for_user(3, 1));
    }

    #[test]
    fn the_present_is_written_as_asked_for() {
        // 2026-11-27T01:02:03.456789Z.
        let moment = Moment {
            turn: 0,
            utc_ns: 1_795_741_323_456_789_000,
        };
        let text = |text: &str| Value::Text(text.to_owned());
        let strftime = |format: &str| TimeFormat::Strftime(format.to_owned());
        for (hours, format, expected) in [
            (0, TimeFormat::Rfc3339, text("2026-11-27T01:02:03.456Z")),
            (-24, TimeFormat::Rfc3339, text("2026-11-26T01:02:03.456Z")),
            (0, TimeFormat::Unix, Value::Integer(1_795_741_323)),
            (1, TimeFormat::UnixMs, Value::Integer(1_795_744_923_456)),
            (24 * 5, strftime("%Y-%m-%d"), text("2026-12-02")),
            (0, strftime("%A, %H:%M %Z"), text("Friday, 01:02 UTC")),
        ] {
            let offset = jiff::SignedDuration::from_hours(hours);
            let now = Draw::Now(Now { offset, format });
            assert_eq!(drawn(&now, &mut random_for_user(3, 1), moment), expected);
        }
        let offset = jiff::SignedDuration::MAX;
        let never = Draw::Now(Now {
            offset,
            format: TimeFormat::Unix,
        });
        assert_eq!(drawn(&never, &mut random_for_user(3, 1), moment), text(""));
    }

    #[test]
    fn a_text_can_use_its_own_variable() {
        let template = Template::plain("${n}1", &|_| Ok(0)).unwrap();
        let mut values = [Value::Integer(2)];
        Draw::Text(template).draw(&mut random_for_user(3, 1), MOMENT, &mut values, 0);
        assert_eq!(values, [Value::Text("21".to_owned())]);
    }
}
