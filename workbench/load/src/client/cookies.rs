//! The cookies of one user (RFC 6265, and its revision where browsers follow that).
//!
//! Our own store: those of other crates build a URL and a list of strings for each request. There is no list of public
//! suffixes, because cookies go only to the services of the target: a domain without a dot is refused, and others are
//! those of services that the experiment names.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Limits of browsers: bytes of a name with its value, and of an attribute's value.
const LONGEST_COOKIE: usize = 4096;
const LONGEST_ATTRIBUTE: usize = 1024;
/// Most cookies of a user; a new one replaces the oldest. Browsers keep about as many for a site.
const MOST_COOKIES: usize = 200;

/// Where a request goes to, or a response comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// Of the service, in lower case.
    pub(super) host: &'a str,
    /// The connection is encrypted, or does not leave this machine.
    pub(super) is_secure: bool,
    /// Of the request, with its query.
    pub(super) target: &'a str,
}

impl Place<'_> {
    fn path(&self) -> &str {
        let query = self.target.split_once('?');
        query.map_or(self.target, |(path, _)| path)
    }
}

/// The cookies of one user.
#[derive(Debug, Default)]
pub(super) struct Cookies {
    /// In the order in which they are sent: longer paths first, and older cookies before younger ones.
    cookies: Vec<Cookie>,
    /// Number of cookies created so far.
    made: u64,
}

#[derive(Debug, Eq, PartialEq)]
struct Cookie {
    name: String,
    value: String,
    domain: String,
    /// Sent to this host only, not to those below it.
    host_only: bool,
    path: String,
    secure: bool,
    expires: Option<SystemTime>,
    /// Later cookies have higher numbers.
    made: u64,
}

impl Cookies {
    pub(super) fn clear(&mut self) {
        self.cookies.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cookies.is_empty()
    }

    /// Writes the value of a request's header; nothing where there is no cookie for it.
    pub(super) fn write(&self, place: Place<'_>, now: SystemTime, header: &mut String) {
        let mut separator = "";
        let path = place.path();
        for cookie in &self.cookies {
            if !cookie.is_for(place, path, now) {
                continue;
            }
            header.push_str(separator);
            if !cookie.name.is_empty() {
                header.push_str(&cookie.name);
                header.push('=');
            }
            header.push_str(&cookie.value);
            separator = "; ";
        }
    }

    /// The value of the cookie of this name. If there are several, that of the youngest.
    pub(super) fn value(&self, name: &str, now: SystemTime) -> Option<&str> {
        let named = |cookie: &&Cookie| cookie.name == name && !cookie.has_expired(now);
        let youngest = self.cookies.iter().filter(named).max_by_key(|it| it.made);
        youngest.map(|cookie| cookie.value.as_str())
    }

    /// Applies a response's field `set-cookie`. An invalid cookie, or one for another host, is ignored. Bytes that are
    /// no UTF-8 are replaced.
    pub(super) fn set(&mut self, place: Place<'_>, now: SystemTime, field: &[u8]) {
        let Some(mut cookie) = parse(place, now, &String::from_utf8_lossy(field)) else {
            return;
        };
        let same = |other: &Cookie| {
            (&other.name, &other.domain, other.host_only, &other.path)
                == (&cookie.name, &cookie.domain, cookie.host_only, &cookie.path)
        };
        let known = self.cookies.iter().position(same);
        if cookie.has_expired(now) {
            if let Some(known) = known {
                self.cookies.remove(known);
            }
            return;
        }
        self.made += 1;
        cookie.made = self.made;
        match known {
            // It keeps its position in the order of sending.
            Some(known) => self.cookies[known] = cookie,
            None => self.add(cookie, now),
        }
    }

    fn add(&mut self, cookie: Cookie, now: SystemTime) {
        if self.cookies.len() == MOST_COOKIES {
            self.cookies.retain(|cookie| !cookie.has_expired(now));
        }
        if self.cookies.len() == MOST_COOKIES {
            let ages = self.cookies.iter().map(|cookie| cookie.made).enumerate();
            if let Some((oldest, _)) = ages.min_by_key(|(_, made)| *made) {
                self.cookies.remove(oldest);
            }
        }
        let longer = |other: &Cookie| other.path.len() >= cookie.path.len();
        let place = self.cookies.partition_point(longer);
        self.cookies.insert(place, cookie);
    }
}

impl Cookie {
    fn is_for(&self, place: Place<'_>, path: &str, now: SystemTime) -> bool {
        let domain_matches = if self.host_only {
            place.host == self.domain
        } else {
            is_within(place.host, &self.domain)
        };
        domain_matches
            && path_matches(path, &self.path)
            && (!self.secure || place.is_secure)
            && !self.has_expired(now)
    }

    fn has_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// Whether a host is a domain, or below it (RFC 6265, section 5.1.3); addresses have nothing below them.
fn is_within(host: &str, domain: &str) -> bool {
    host == domain
        || host
            .strip_suffix(domain)
            .is_some_and(|rest| rest.ends_with('.') && host.parse::<IpAddr>().is_err())
}

/// Whether a request's path is a cookie's, or below it (RFC 6265, section 5.1.4).
fn path_matches(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || prefix.ends_with('/'))
}

/// The folder of a request's path, for cookies that name none.
fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(last) => &path[..last],
    }
}

/// A cookie as it was sent, not yet numbered (RFC 6265, sections 5.2 and 5.3).
fn parse(place: Place<'_>, now: SystemTime, field: &str) -> Option<Cookie> {
    let is_control = |byte: u8| byte.is_ascii_control() && byte != b'\t';
    if field.bytes().any(is_control) {
        return None;
    }
    let mut parts = field.split(';');
    let pair = parts.next()?;
    let (name, value) = in_two(pair).unwrap_or(("", trimmed(pair)));
    if name.len() + value.len() > LONGEST_COOKIE || (name.is_empty() && value.is_empty()) {
        return None;
    }
    let mut cookie = Cookie {
        name: name.to_owned(),
        value: value.to_owned(),
        domain: place.host.to_owned(),
        host_only: true,
        path: default_path(place.path()).to_owned(),
        secure: false,
        expires: None,
        made: 0,
    };
    let (mut domain, mut path, mut max_age) = (None, None, None);
    for part in parts {
        let (name, value) = in_two(part).unwrap_or((trimmed(part), ""));
        if value.len() > LONGEST_ATTRIBUTE {
            continue;
        }
        match name.to_ascii_lowercase().as_str() {
            "secure" => cookie.secure = true,
            "expires" => cookie.expires = date(value).or(cookie.expires),
            "max-age" => max_age = expiry(value, now).or(max_age),
            // The last one counts, be it empty.
            "domain" => domain = Some(value.strip_prefix('.').unwrap_or(value)),
            "path" => path = Some(value),
            _ => {}
        }
    }
    cookie.expires = max_age.or(cookie.expires);
    if let Some(domain) = domain.filter(|domain| !domain.is_empty()) {
        let domain = domain.to_ascii_lowercase();
        if domain != place.host {
            if !domain.contains('.') || !is_within(place.host, &domain) {
                return None;
            }
            cookie.domain = domain;
        }
        // An address, or a name without a dot, has nothing below it.
        cookie.host_only = !cookie.domain.contains('.') || cookie.domain.parse::<IpAddr>().is_ok();
    }
    let is_given_path = path.is_some_and(|path| path.starts_with('/'));
    if let Some(path) = path.filter(|_| is_given_path) {
        cookie.path = path.to_owned();
    }
    let has_prefix = |prefix: &str| {
        let start = cookie.name.get(..prefix.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let is_allowed = if has_prefix("__Host-") {
        cookie.secure && domain.is_none_or(str::is_empty) && is_given_path && cookie.path == "/"
    } else {
        cookie.secure || !has_prefix("__Secure-")
    };
    (is_allowed && (!cookie.secure || place.is_secure)).then_some(cookie)
}

/// The value that a field `set-cookie` gives to a cookie of this name.
pub(super) fn named<'a>(field: &'a [u8], name: &str) -> Option<&'a str> {
    let field = std::str::from_utf8(field).ok()?;
    let (found, value) = in_two(field.split(';').next()?)?;
    (found == name).then_some(value)
}

/// The texts on both sides of the first `=`.
fn in_two(pair: &str) -> Option<(&str, &str)> {
    let (name, value) = pair.split_once('=')?;
    Some((trimmed(name), trimmed(value)))
}

fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// When a cookie of this age expires. An age that is not a number is ignored, and one that is too large never expires.
fn expiry(age: &str, now: SystemTime) -> Option<SystemTime> {
    let (is_negative, digits) = match age.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, age),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if is_negative {
        return Some(SystemTime::UNIX_EPOCH);
    }
    // Browsers keep cookies for at most 400 days.
    const LONGEST: u64 = 400 * 24 * 3600;
    let seconds = digits.parse().unwrap_or(LONGEST);
    now.checked_add(Duration::from_secs(seconds.min(LONGEST)))
}

/// A date in any of the forms that servers use (RFC 6265, section 5.1.1).
fn date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let is_delimiter =
        |letter: char| letter.is_ascii() && !letter.is_ascii_alphanumeric() && letter != ':';
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(is_delimiter).filter(|token| !token.is_empty()) {
        let named = || {
            let start = token.get(..3)?.to_ascii_lowercase();
            let place = MONTHS.iter().position(|month| *month == start)?;
            i8::try_from(place + 1).ok()
        };
        if time.is_none()
            && let Some(found) = time_of(token)
        {
            time = Some(found);
        } else if day.is_none()
            && let Some(found) = leading(token, 1, 2)
        {
            day = Some(found);
        } else if month.is_none()
            && let Some(found) = named()
        {
            month = Some(found);
        } else if year.is_none()
            && let Some(found) = leading(token, 2, 4)
        {
            year = Some(found);
        }
    }
    let year = match year? {
        year @ 70..=99 => year + 1900,
        year @ 0..=69 => year + 2000,
        year => year,
    };
    let (hour, minute, second) = time?;
    let day = i8::try_from(day?).ok()?;
    let date = DateTime::new(year, month?, day, hour, minute, second, 0).ok()?;
    let at = date.to_zoned(TimeZone::UTC).ok()?.timestamp();
    (year >= 1601).then(|| at.into())
}

/// Hours, minutes and seconds, of one or two digits each.
fn time_of(token: &str) -> Option<(i8, i8, i8)> {
    let mut parts = token.split(':');
    let mut next = || parts.next();
    let whole = |part: &str| leading(part, 1, 2).filter(|_| part.len() <= 2);
    let (hour, minute) = (whole(next()?)?, whole(next()?)?);
    let second = leading(next()?, 1, 2)?;
    let small = |number: i16| i8::try_from(number).ok();
    Some((small(hour)?, small(minute)?, small(second)?))
}

/// The number that a token begins with, where it has so many digits.
fn leading(token: &str, fewest: usize, most: usize) -> Option<i16> {
    let digits = token.bytes().take_while(u8::is_ascii_digit).count();
    if !(fewest..=most).contains(&digits) {
        return None;
    }
    token[..digits].parse().ok()
}

#[cfg(test)]
mod tests;
