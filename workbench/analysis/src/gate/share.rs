//! Margins and levels as written in policies: `5%`, `0.05`.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A margin: from 0 to less than 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(f64);

/// A probability of a false alarm: above 0 and below one half.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level(f64);

macro_rules! fraction {
    ($name:ident, $is_in_range:expr, $expected:literal) => {
        impl $name {
            /// As a fraction.
            #[must_use]
            pub fn fraction(self) -> f64 {
                self.0
            }

            fn of(value: f64) -> Result<Self, String> {
                let is_in_range: fn(f64) -> bool = $is_in_range;
                if is_in_range(value) {
                    return Ok(Self(value));
                }
                Err(format!("{value} is not {}; write 5% or 0.05", $expected))
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                number(text).and_then(Self::of)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = deserializer.deserialize_any(Number)?;
                Self::of(value).map_err(D::Error::custom)
            }
        }
    };
}

fraction!(
    Share,
    |it| (0.0..1.0).contains(&it),
    "a share from 0 to less than 1"
);
fraction!(
    Level,
    |it| it > 0.0 && it < 0.5,
    "a probability above 0 and below 0.5"
);

fn number(text: &str) -> Result<f64, String> {
    let trimmed = text.trim();
    let (digits, divisor) = match trimmed.strip_suffix('%') {
        Some(digits) => (digits.trim_end(), 100.0),
        None => (trimmed, 1.0),
    };
    match digits.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value / divisor),
        _ => Err(format!("\"{text}\" is not a share; write 5% or 0.05")),
    }
}

/// Accepts `5%`, `0.05` and whole numbers.
struct Number;

impl Visitor<'_> for Number {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a share such as 5% or 0.05")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        number(text).map_err(E::custom)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_per_cent_or_fractions() {
        for text in ["5%", "5 %", "0.05", " 5% "] {
            assert_eq!(text.parse(), Ok(Share(0.05)), "{text}");
        }
        assert_eq!("0".parse(), Ok(Share(0.0)));
    }

    #[test]
    fn an_invalid_share_is_reported_with_the_right_form() {
        for text in ["5", "100%", "-1%", "five", "NaN%", ""] {
            let error = text.parse::<Share>().unwrap_err();
            assert!(error.ends_with("write 5% or 0.05"), "{error}");
        }
        assert!("50%".parse::<Level>().is_err());
        assert!("0".parse::<Level>().is_err());
    }
}
