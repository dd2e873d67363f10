//! Parses instants of result files.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::fields::{scaled, whole};

const SECOND: u64 = 1_000_000_000;

/// An instant and its resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instant {
    /// UTC nanoseconds since the Unix epoch.
    pub(super) ns: i64,
    /// Resolution in nanoseconds.
    pub(super) tick: u64,
}

/// How instants are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeFormat {
    /// Detected by the number of digits, or a date.
    Any,
    /// A count since the Unix epoch, in units of this many nanoseconds.
    Epoch(u64),
}

/// Dates as tools write them without a zone, and what they are known to: as `JMeter`'s own reader takes them.
const DATES: [&str; 5] = [
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%m/%d/%y %H:%M:%S%.f",
    "%d.%m.%Y %H:%M:%S%.f",
];

impl TimeFormat {
    /// Reads an instant; `None` where it is none.
    pub(super) fn read(self, field: &[u8]) -> Option<Instant> {
        match self {
            Self::Any => any(field),
            Self::Epoch(unit) => {
                let ns = i64::try_from(scaled(field, unit)?).ok()?;
                Some(Instant {
                    ns,
                    tick: tick_of(field, unit),
                })
            }
        }
    }
}

fn any(field: &[u8]) -> Option<Instant> {
    if let Some(count) = whole(field) {
        // Today's date has 10 digits of seconds, 13 of milliseconds.
        let unit = match field.len() {
            9 | 10 => SECOND,
            12 | 13 => 1_000_000,
            15 | 16 => 1_000,
            18 | 19 => 1,
            _ => return None,
        };
        let ns = i64::try_from(count.checked_mul(unit)?).ok()?;
        return Some(Instant { ns, tick: unit });
    }
    if field
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b'.')
    {
        let point = field.iter().position(|byte| *byte == b'.')?;
        let unit = match point {
            9 | 10 => SECOND,
            12 | 13 => 1_000_000,
            _ => return None,
        };
        return TimeFormat::Epoch(unit).read(field);
    }
    date(field)
}

/// An RFC 3339 date, or one of [`DATES`], which are taken for UTC.
fn date(field: &[u8]) -> Option<Instant> {
    let text = std::str::from_utf8(field).ok()?.trim();
    let tick = tick_of_date(text);
    let at = |timestamp: Timestamp| {
        let ns = i64::try_from(timestamp.as_nanosecond()).ok()?;
        Some(Instant { ns, tick })
    };
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return at(timestamp);
    }
    let read = |format: &&str| DateTime::strptime(format, text).ok();
    let civil = DATES.iter().find_map(read)?;
    at(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The resolution of a date, by the digits of its fraction.
fn tick_of_date(text: &str) -> u64 {
    let fraction = text.rsplit_once('.').map_or("", |(_, fraction)| fraction);
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    SECOND / 10_u64.pow(digits.min(9) as u32)
}

/// The resolution of a decimal number of units, by its decimals.
pub(super) fn tick_of(field: &[u8], unit: u64) -> u64 {
    let digits = match field.iter().position(|byte| *byte == b'.') {
        Some(point) => field.len() - point - 1,
        None => 0,
    };
    (unit / 10_u64.pow(digits.min(9) as u32)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_recognised_by_their_number_of_digits_or_as_dates() {
        let at = |text: &str| {
            let found = any(text.as_bytes())?;
            Some((found.ns, found.tick))
        };
        let ns = 1_795_409_077_123_456_789;
        assert_eq!(at("1795409077"), Some((1_795_409_077_000_000_000, SECOND)));
        assert_eq!(
            at("1795409077123"),
            Some((1_795_409_077_123_000_000, 1_000_000))
        );
        assert_eq!(
            at("1795409077123456"),
            Some((1_795_409_077_123_456_000, 1_000))
        );
        assert_eq!(at("1795409077123456789"), Some((ns, 1)));
        assert_eq!(
            at("1795409077.1234"),
            Some((1_795_409_077_123_400_000, 100_000))
        );
        assert_eq!(at("2026-11-23T04:44:37.123456789Z"), Some((ns, 1)));
        assert_eq!(
            at("2026-11-23T05:44:37+01:00"),
            Some((1_795_409_077_000_000_000, SECOND))
        );
        assert_eq!(
            at("2026/11/23 04:44:37.123"),
            Some((1_795_409_077_123_000_000, 1_000_000))
        );
        assert_eq!(
            at("2026-11-23 04:44:37"),
            Some((1_795_409_077_000_000_000, SECOND))
        );
        for bad in [
            "",
            "12",
            "x",
            "1795409077123456789012",
            "2026-13-01 00:00:00",
        ] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }
}
