//! The headers `traceparent` and `tracestate`, read and written as W3C Trace Context says
//! (<https://www.w3.org/TR/trace-context/>).

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::Context;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The only flag that is ours to understand.
const SAMPLED: u8 = 1;

/// Entries that a `tracestate` may have.
const MOST_MEMBERS: usize = 32;

/// Where a request comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) trace: u128,
    pub(super) span: u64,
    pub(super) sampled: bool,
    pub(super) state: Option<HeaderValue>,
}

impl Parent {
    /// Reads the headers; without a valid `traceparent` there is no trace to go on with.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let mut parents = headers.get_all(&TRACEPARENT).iter();
        let (parent, None) = (parents.next()?, parents.next()) else {
            return None;
        };
        let (trace, span, flags) = parse(parent.as_bytes())?;
        Some(Self {
            trace,
            span,
            sampled: flags & SAMPLED != 0,
            state: state(headers),
        })
    }
}

impl Context {
    /// Writes the headers of a call that is made as this span.
    pub(super) fn write(&self, span: u64, headers: &mut HeaderMap) {
        let flags = u8::from(self.sampled) * SAMPLED;
        let parent = format!("00-{:032x}-{span:016x}-{flags:02x}", self.trace);
        let parent = HeaderValue::try_from(parent).expect("digits and hyphens are visible ASCII");
        headers.insert(TRACEPARENT, parent);
        if let Some(state) = &self.state {
            headers.insert(TRACESTATE, state.clone());
        }
    }
}

/// Trace, span and flags: `00-<32 digits>-<16 digits>-<2 digits>`. Later versions may go on after
/// another hyphen.
fn parse(text: &[u8]) -> Option<(u128, u64, u8)> {
    let (known, rest) = text.split_at_checked(55)?;
    let [version, trace, span, flags] = [0..2, 3..35, 36..52, 53..55].map(|part| &known[part]);
    if [2, 35, 52].iter().any(|at| known[*at] != b'-') {
        return None;
    }
    match hexadecimal(version)? {
        0xff => return None,
        0 if !rest.is_empty() => return None,
        _ if !rest.is_empty() && rest[0] != b'-' => return None,
        _ => {}
    }
    let (trace, span) = (hexadecimal(trace)?, hexadecimal(span)?);
    let flags = u8::try_from(hexadecimal(flags)?).ok()?;
    let span = u64::try_from(span).ok()?;
    (trace != 0 && span != 0).then_some((trace, span, flags))
}

/// Lower-case digits only.
fn hexadecimal(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number, digit| match digit {
        b'0'..=b'9' => Some(number << 4 | u128::from(digit - b'0')),
        b'a'..=b'f' => Some(number << 4 | u128::from(digit - b'a' + 10)),
        _ => None,
    })
}

/// Every `tracestate` as one, if all of it is as it should be.
fn state(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut states = headers.get_all(&TRACESTATE).iter();
    let first = states.next()?;
    let whole = match states.size_hint() {
        (0, Some(0)) => first.clone(),
        _ => {
            let all: Vec<&[u8]> = headers
                .get_all(&TRACESTATE)
                .iter()
                .map(HeaderValue::as_bytes)
                .collect();
            HeaderValue::from_bytes(&all.join(&b","[..])).ok()?
        }
    };
    let mut keys = Vec::new();
    for member in whole.as_bytes().split(|byte| *byte == b',') {
        let member = member.trim_ascii();
        if member.is_empty() {
            continue;
        }
        let equals = member.iter().position(|byte| *byte == b'=')?;
        let (key, value) = (&member[..equals], &member[equals + 1..]);
        if !is_key(key) || !is_value(value) || keys.contains(&key) {
            return None;
        }
        keys.push(key);
    }
    ((1..=MOST_MEMBERS).contains(&keys.len())).then_some(whole)
}

/// `vendor` or `tenant@vendor`.
fn is_key(key: &[u8]) -> bool {
    let fits = |part: &[u8], longest, first: fn(&u8) -> bool| {
        (1..=longest).contains(&part.len())
            && first(&part[0])
            && part.iter().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/".contains(byte)
            })
    };
    let letter = u8::is_ascii_lowercase;
    match key.iter().position(|byte| *byte == b'@') {
        None => fits(key, 256, letter),
        Some(at) => {
            let letter_or_digit = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            fits(&key[..at], 241, letter_or_digit) && fits(&key[at + 1..], 14, letter)
        }
    }
}

/// Up to 256 printable characters; its blanks at the end were trimmed.
fn is_value(value: &[u8]) -> bool {
    (1..=256).contains(&value.len())
        && value
            .iter()
            .all(|byte| matches!(byte, 0x20..=0x7e) && *byte != b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    fn headers(parents: &[&str], states: &[&str]) -> HeaderMap {
        let value = |text: &&str| HeaderValue::from_str(text).unwrap();
        let parents = parents.iter().map(|text| (TRACEPARENT, value(text)));
        let states = states.iter().map(|text| (TRACESTATE, value(text)));
        parents.chain(states).collect()
    }

    fn read(parent: &str) -> Option<Parent> {
        Parent::read(&headers(&[parent], &[]))
    }

    fn state_of(states: &[&str]) -> Option<String> {
        let parent = format!("00-{TRACE}-{SPAN}-01");
        let state = Parent::read(&headers(&[&parent], states)).unwrap().state;
        state.map(|state| state.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_valid_traceparent_is_taken_apart() {
        let parent = read(&format!("00-{TRACE}-{SPAN}-01")).unwrap();
        assert_eq!(parent.trace, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!(parent.span, 0x00f0_67aa_0ba9_02b7);
        assert!(parent.sampled);
        assert!(!read(&format!("00-{TRACE}-{SPAN}-00")).unwrap().sampled);
        // Flags that are not known yet do not hide the one that is.
        assert!(read(&format!("00-{TRACE}-{SPAN}-ff")).unwrap().sampled);
    }

    #[test]
    fn later_versions_may_say_more_and_version_0_may_not() {
        assert!(read(&format!("cc-{TRACE}-{SPAN}-01-what-comes")).is_some());
        assert!(read(&format!("cc-{TRACE}-{SPAN}-01")).is_some());
        assert!(read(&format!("cc-{TRACE}-{SPAN}-01.what")).is_none());
        assert!(read(&format!("00-{TRACE}-{SPAN}-01-what")).is_none());
    }

    #[test]
    fn what_is_not_a_traceparent_starts_a_new_trace() {
        let (zeros, upper) = ("0".repeat(32), TRACE.to_uppercase());
        for wrong in [
            String::new(),
            format!("00-{TRACE}-{SPAN}"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{zeros}-{SPAN}-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{upper}-{SPAN}-01"),
            format!("0x-{TRACE}-{SPAN}-01"),
            format!("00_{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-0g"),
        ] {
            assert_eq!(read(&wrong), None, "{wrong}");
        }
        let twice = format!("00-{TRACE}-{SPAN}-01");
        assert_eq!(Parent::read(&headers(&[&twice, &twice], &[])), None);
    }

    #[test]
    fn a_valid_tracestate_is_passed_on_as_it_is() {
        for right in [
            "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
            "0tenant@vendor=1",
            "a=b c , ,d=e",
        ] {
            assert_eq!(state_of(&[right]).as_deref(), Some(right));
        }
        assert_eq!(state_of(&["a=1", "b=2"]).as_deref(), Some("a=1,b=2"));
    }

    #[test]
    fn a_tracestate_with_a_mistake_is_dropped_as_a_whole() {
        let long: Vec<String> = (0..33).map(|it| format!("k{it}=1")).collect();
        let long = long.join(",");
        for wrong in [
            "a=1,a=2", "A=1", "1=1", "a", "a=", "=1", "a=b=c", "a@1=1", " , ", &long,
        ] {
            assert_eq!(state_of(&[wrong]), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_written_can_be_read_again() {
        let before = headers(&[&format!("00-{TRACE}-{SPAN}-01")], &["rojo=1"]);
        let (context, parent) = Context::of_request("cart", &before);
        assert_eq!(parent, Some(0x00f0_67aa_0ba9_02b7));
        let mut after = HeaderMap::new();
        context.write(7, &mut after);
        assert_eq!(
            after[TRACEPARENT],
            format!("00-{TRACE}-0000000000000007-01")
        );
        assert_eq!(after[TRACESTATE], "rojo=1");
        assert_eq!(Parent::read(&after).unwrap().span, 7);
    }
}
