//! How often somebody may try to sign in: counted in the database, for all replicas together.
//! `tower_governor` counts requests in the memory of one process.
//!
//! An attempt is counted before the password is looked at, in one statement, so that a thousand
//! attempts at once are a thousand counted.
//!
//! Attempts from devices from which the administrator has signed in before are counted by themselves, so
//! that nobody who uses up the attempts of a network, or of the account, locks the administrator out of
//! a device of theirs. A cookie names the device and proves that this shop has given it, under the
//! password that holds: nothing is stored, and another password makes every device unknown.
//!
//! # References
//! OWASP, "Slow Down Online Guessing Attacks with Device Cookies".

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue};
use subtle::ConstantTimeEq;

use super::{
    Storefront,
    password::Admins,
    security::{digest, secret},
};
use crate::platform::{
    Error,
    database::{execute, now_ms, row, with_writer},
};

/// Attempts are counted for so long, and the count starts again.
pub(super) const WINDOW: i64 = 15 * 60_000;

/// Attempts from one address in that time.
const PER_ADDRESS: i64 = 5;

/// Attempts from one device that is known in that time.
const PER_DEVICE: i64 = 5;

/// Attempts on one account in that time. Passwords are long enough for that, and there is only one
/// account: whoever uses up its attempts locks its owner out, and shall need many addresses for it.
const PER_ACCOUNT: i64 = 50;

// A window that ends in another one lets twice as many through.
const _: () = assert!(
    PER_ADDRESS * 2 < PER_ACCOUNT,
    "one address must never lock an account"
);

impl Storefront {
    /// Counts an attempt to sign in; for how many milliseconds there may be no other, if it is refused.
    /// Those from a known device count for that device alone.
    pub(super) async fn attempt(
        &self,
        name: &str,
        address: IpAddr,
        device: Option<&str>,
    ) -> Result<Option<i64>, Error> {
        if let Some(device) = device {
            return self.count(&of_device(device), PER_DEVICE).await;
        }
        let by_address = self.count(&of_address(address), PER_ADDRESS).await?;
        if by_address.is_some() {
            // Not held against the account: its owner may be somewhere else.
            return Ok(by_address);
        }
        self.count(&of_account(name), PER_ACCOUNT).await
    }

    async fn count(&self, subject: &str, most: i64) -> Result<Option<i64>, Error> {
        let now = now_ms();
        let counted: Option<(i64, i64)> = with_writer!(&self.database, |writer| row!(
            writer,
            "INSERT INTO login_attempts (subject, attempts, window_start) VALUES ($1, 1, $2)
             ON CONFLICT (subject) DO UPDATE SET
             attempts = CASE WHEN login_attempts.window_start <= $3 THEN 1
                        ELSE login_attempts.attempts + 1 END,
             window_start = CASE WHEN login_attempts.window_start <= $3 THEN $2
                            ELSE login_attempts.window_start END
             RETURNING attempts, window_start",
            subject,
            now,
            now - WINDOW,
        ))?;
        let (attempts, start) = counted.ok_or(sqlx::Error::RowNotFound)?;
        Ok((attempts > most).then_some(start + WINDOW - now))
    }

    /// Starts the counts again that the owner's own attempts have gone into, who has signed in.
    pub(super) async fn forgive(
        &self,
        name: &str,
        address: IpAddr,
        device: Option<&str>,
    ) -> Result<(), Error> {
        let subjects = match device {
            Some(device) => [of_device(device), of_device(device)],
            None => [of_account(name), of_address(address)],
        };
        let [one, other] = &subjects;
        with_writer!(&self.database, |writer| execute!(
            writer,
            "DELETE FROM login_attempts WHERE subject IN ($1, $2)",
            one,
            other
        ))
        .map(drop)
    }
}

/// A digest: people type passwords where names belong, and names may be long.
fn of_account(name: &str) -> String {
    format!("account {}", digest("account", name))
}

fn of_device(device: &str) -> String {
    format!("device {}", digest("device", device))
}

/// A household with IPv6 has 2⁶⁴ addresses, and counts as one.
fn of_address(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("address {address}"),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("address {a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

const COOKIE: &str = "bookstore-device";

/// Digits of a device's name, and of the proof behind it.
const DIGITS: usize = 64;

/// A device is known for half a year after the last time that somebody signed in from it.
const AGE_SECONDS: i64 = 180 * 24 * 3600;

impl Storefront {
    /// The device that a request for this account comes from, if it is known.
    pub(super) async fn known_device(
        &self,
        name: &str,
        headers: &HeaderMap,
    ) -> Result<Option<String>, Error> {
        let Some(cookie) = self.cookie_in(headers, COOKIE, 2 * DIGITS) else {
            return Ok(None);
        };
        let (device, proof) = cookie.split_at(DIGITS);
        let right = self.proof_of(name, device).await?;
        let is_right = right.is_some_and(|right| right.as_bytes().ct_eq(proof.as_bytes()).into());
        Ok(is_right.then(|| device.to_owned()))
    }

    /// The cookie of a device from which somebody has signed in, which may be known already; nothing if the
    /// account is gone since.
    pub(super) async fn remember_device(
        &self,
        name: &str,
        known: Option<String>,
    ) -> Result<Option<HeaderValue>, Error> {
        let device = known.unwrap_or_else(secret);
        let proof = self.proof_of(name, &device).await?;
        let value = proof.map(|proof| format!("{device}{proof}"));
        Ok(value.map(|value| self.cookie(COOKIE, &value, "Strict", AGE_SECONDS)))
    }

    /// Follows from the password's hash, which nobody outside knows.
    async fn proof_of(&self, name: &str, device: &str) -> Result<Option<String>, Error> {
        let hash = Admins(&self.database).stored_hash(name).await?;
        Ok(hash.map(|hash| digest("known device", &format!("{hash} {device}"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_household_count_as_one() {
        let subject = |text: &str| of_address(text.parse().unwrap());
        assert_eq!(subject("2001:db8::1"), subject("2001:db8::ffff:2"));
        assert_ne!(subject("2001:db8::1"), subject("2001:db8:0:1::1"));
        assert_eq!(subject("::ffff:192.0.2.7"), subject("192.0.2.7"));
        assert_ne!(subject("192.0.2.7"), subject("192.0.2.8"));
    }
}
