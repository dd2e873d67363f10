//! Distributions that experiment files draw think times and variables from.
//!
//! The methods are part of the format: a seed gives the same values with every version and on every machine.

use std::time::Duration;

use rand::Rng;

use crate::template::Value;

/// A distribution to draw values from.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution<T> {
    /// Always the same value.
    Constant(T),
    /// Every value from the first to the second, both included, equally often.
    Uniform(T, T),
    /// One of the values, each equally often; never empty.
    Choice(Vec<T>),
    /// Gaps of a Poisson process, with this mean (times only).
    Exponential(T),
}

impl Distribution<Duration> {
    /// Draws a time, to the nanosecond, with one number of the generator (none for a constant).
    ///
    /// Uniform: see `at_most`. Exponential: by inversion, `−mean · ln(1 − u)` with u the upper 53 bits
    /// divided by 2⁵³, and a logarithm that does not depend on the machine.
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
            Self::Exponential(mean) => {
                let u = (random.next_u64() >> 11) as f64 * f64::EPSILON / 2.0;
                mean.mul_f64(-libm::log(1.0 - u))
            }
        }
    }
}

impl Distribution<Value> {
    /// Draws a value with one number of the generator (none for a constant).
    #[must_use]
    pub fn draw(&self, random: &mut impl Rng) -> Value {
        let mut value = Value::Integer(0);
        self.draw_into(random, &mut value);
        value
    }

    /// Draws a value in place of another one, whose memory it reuses.
    pub fn draw_into(&self, random: &mut impl Rng, value: &mut Value) {
        match self {
            Self::Constant(constant) => value.set(constant),
            Self::Uniform(Value::Integer(from), Value::Integer(to)) => {
                let offset = at_most(to.abs_diff(*from), random);
                *value = Value::Integer(from.wrapping_add_unsigned(offset));
            }
            Self::Choice(values) => {
                value.set(&values[at_most(values.len() as u64 - 1, random) as usize]);
            }
            Self::Uniform(..) | Self::Exponential(_) => {
                unreachable!(
                    "a plan's uniform values are whole numbers, and only times are exponential"
                )
            }
        }
    }
}

/// A whole number from 0 to `largest`, each equally often: the upper half of the 128-bit product of a random
/// number and the count of values. The probabilities differ by at most 2⁻⁶⁴ from being equal.
///
/// # References
/// D. Lemire (2019), "Fast random integer generation in an interval", ACM Transactions on Modeling and Computer
/// Simulation 29(1), without its rejection step, so that every draw takes exactly one number.
fn at_most(largest: u64, random: &mut impl Rng) -> u64 {
    let count = u128::from(largest) + 1;
    ((u128::from(random.next_u64()) * count) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::random_for_user;

    const N: usize = 100_000;

    fn times(distribution: &Distribution<Duration>) -> Vec<Duration> {
        let mut random = random_for_user(1, 1);
        (0..N).map(|_| distribution.draw(&mut random)).collect()
    }

    fn integers(distribution: &Distribution<Value>, n: usize) -> Vec<i64> {
        let mut random = random_for_user(3, 1);
        let integer = |value| match value {
            Value::Integer(integer) => integer,
            Value::Text(text) => panic!("drew the text {text}"),
        };
        (0..n)
            .map(|_| integer(distribution.draw(&mut random)))
            .collect()
    }

    fn mean_seconds(times: &[Duration]) -> f64 {
        times.iter().map(Duration::as_secs_f64).sum::<f64>() / times.len() as f64
    }

    /// Expected values from an implementation of its own, in Python.
    #[test]
    fn draws_are_the_same_for_ever() {
        let product = Distribution::Uniform(Value::Integer(1), Value::Integer(100));
        assert_eq!(integers(&product, 8), [66, 84, 5, 62, 46, 74, 58, 35]);
        let choice = Distribution::Choice([10, 20, 30].map(Value::Integer).to_vec());
        assert_eq!(integers(&choice, 8), [20, 30, 10, 20, 20, 30, 20, 20]);

        let mut random = random_for_user(3, 1);
        let (from, to) = (Duration::from_millis(100), Duration::from_millis(300));
        let drawn = [
            Distribution::Uniform(from, to).draw(&mut random),
            Distribution::Exponential(from).draw(&mut random),
            Distribution::Choice(vec![from, to]).draw(&mut random),
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
        assert_eq!(Distribution::Constant(time).draw(&mut random), time);
        assert_eq!(
            Distribution::Constant(Value::Integer(7)).draw(&mut random),
            Value::Integer(7)
        );
        assert_eq!(random, random_for_user(3, 1));
    }

    #[test]
    fn uniform_integers_take_every_value_equally_often() {
        let drawn = integers(
            &Distribution::Uniform(Value::Integer(-5), Value::Integer(4)),
            N,
        );
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
        let drawn = integers(
            &Distribution::Uniform(Value::Integer(i64::MIN), Value::Integer(i64::MAX)),
            100,
        );
        assert!(drawn.iter().any(|&value| value < i64::MIN / 2));
        assert!(drawn.iter().any(|&value| value > i64::MAX / 2));
    }

    #[test]
    fn uniform_times_stay_within_their_bounds_and_fill_them() {
        let (from, to) = (Duration::from_millis(100), Duration::from_millis(300));
        let drawn = times(&Distribution::Uniform(from, to));
        assert!(drawn.iter().all(|time| (from..=to).contains(time)));
        // Standard deviation of the mean: 0.2 s / √12 / √100 000 = 0.00018 s.
        assert!((mean_seconds(&drawn) - 0.2).abs() < 5.0 * 0.000_18);
    }

    #[test]
    fn exponential_times_have_their_mean_and_their_median() {
        let mut drawn = times(&Distribution::Exponential(Duration::from_secs(1)));
        assert!((mean_seconds(&drawn) - 1.0).abs() < 5.0 / (N as f64).sqrt());
        drawn.sort();
        assert!((drawn[N / 2].as_secs_f64() - std::f64::consts::LN_2).abs() < 0.02);
    }

    #[test]
    fn a_drawn_text_reuses_the_memory_of_the_one_before() {
        let mut value = Value::Text(String::with_capacity(64));
        let address = |value: &Value| match value {
            Value::Text(text) => text.as_ptr(),
            Value::Integer(_) => panic!("not a text"),
        };
        let before = address(&value);
        let names =
            Distribution::Choice(vec![Value::Text("ann".into()), Value::Text("bob".into())]);
        names.draw_into(&mut random_for_user(3, 1), &mut value);
        assert_eq!(address(&value), before);
    }
}
