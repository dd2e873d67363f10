//! How often somebody may try to sign in: counted in the database, for all replicas together.
//! `tower_governor` counts requests in the memory of one process.
//!
//! An attempt is counted before the password is looked at, in one statement, so that a thousand
//! attempts at once are a thousand counted.

use std::net::IpAddr;

use super::{Storefront, device::Device, security::digest};
use crate::platform::{
    Error,
    database::{execute, row, with_writer},
};

/// Attempts are counted for so long, and the count starts again.
const WINDOW: i64 = 15 * 60_000;

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    Allowed,
    /// Not before so many milliseconds from now.
    Refused(i64),
}

impl Storefront {
    /// Counts an attempt to sign in. Those from a known device count for that device alone.
    pub(super) async fn attempt(
        &self,
        name: &str,
        address: IpAddr,
        device: Option<&Device>,
        now: i64,
    ) -> Result<Attempt, Error> {
        if let Some(device) = device {
            return self.count(&device.subject(), PER_DEVICE, now).await;
        }
        let by_address = self.count(&of_address(address), PER_ADDRESS, now).await?;
        if by_address != Attempt::Allowed {
            // Not held against the account: its owner may be somewhere else.
            return Ok(by_address);
        }
        self.count(&of_account(name), PER_ACCOUNT, now).await
    }

    async fn count(&self, subject: &str, most: i64, now: i64) -> Result<Attempt, Error> {
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
        Ok(if attempts <= most {
            Attempt::Allowed
        } else {
            Attempt::Refused(start + WINDOW - now)
        })
    }

    /// Starts the counts again that the owner's own attempts have gone into, who has signed in.
    pub(super) async fn forgive(
        &self,
        name: &str,
        address: IpAddr,
        device: Option<&Device>,
    ) -> Result<(), Error> {
        let subjects = match device {
            Some(device) => [device.subject(), device.subject()],
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

    pub(super) async fn forget_attempts(&self, now: i64) -> Result<(), Error> {
        with_writer!(&self.database, |writer| execute!(
            writer,
            "DELETE FROM login_attempts WHERE window_start <= $1",
            now - WINDOW
        ))
        .map(drop)
    }
}

/// A digest: people type passwords where names belong, and names may be long.
fn of_account(name: &str) -> String {
    format!("account {}", digest("account", name))
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
