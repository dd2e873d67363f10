//! How often somebody may try to sign in: counted in the database, for all replicas together.
//!
//! An attempt is counted before the password is looked at, in one statement, so that a thousand
//! attempts at once are a thousand counted.

use std::net::IpAddr;

use super::{Storefront, security::digest};
use crate::{
    Error,
    database::{exactly_one, with_writer},
};

/// Attempts are counted for so long, and the count starts again.
const WINDOW: i64 = 15 * 60_000;

/// Attempts from one address in that time.
const PER_ADDRESS: i64 = 5;

/// Attempts on one account in that time. Passwords are long enough for that, and there is only one
/// account: whoever uses up its attempts locks its owner out, and shall need many addresses for it.
const PER_ACCOUNT: i64 = 50;

// A window that ends in another one lets twice as many through.
const _: () = assert!(
    PER_ADDRESS * 2 < PER_ACCOUNT,
    "one address must never lock an account"
);

/// Whether an attempt may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    Allowed,
    /// Not before so many milliseconds from now.
    Refused(i64),
}

impl Storefront {
    /// Counts an attempt to sign in.
    pub(super) async fn attempt(
        &self,
        name: &str,
        address: IpAddr,
        now: i64,
    ) -> Result<Attempt, Error> {
        let by_address = self.count(&of_address(address), PER_ADDRESS, now).await?;
        if by_address != Attempt::Allowed {
            // Not held against the account: its owner may be somewhere else.
            return Ok(by_address);
        }
        self.count(&of_account(name), PER_ACCOUNT, now).await
    }

    async fn count(&self, subject: &str, most: i64, now: i64) -> Result<Attempt, Error> {
        let (attempts, start): (i64, i64) = with_writer!(&self.database, |writer| {
            sqlx::query_as(
                "INSERT INTO login_attempts (subject, attempts, window_start) VALUES ($1, 1, $2)
                 ON CONFLICT (subject) DO UPDATE SET
                 attempts = CASE WHEN login_attempts.window_start <= $3 THEN 1
                            ELSE login_attempts.attempts + 1 END,
                 window_start = CASE WHEN login_attempts.window_start <= $3 THEN $2
                                ELSE login_attempts.window_start END
                 RETURNING attempts, window_start",
            )
            .bind(subject)
            .bind(now)
            .bind(now - WINDOW)
            .fetch_all(writer)
            .await
            .and_then(exactly_one)
        })?;
        Ok(if attempts <= most {
            Attempt::Allowed
        } else {
            Attempt::Refused(start + WINDOW - now)
        })
    }

    /// Starts the counts of an account and an address again: the owner has signed in from there.
    pub(super) async fn forgive(&self, name: &str, address: IpAddr) -> Result<(), Error> {
        with_writer!(&self.database, |writer| {
            sqlx::query("DELETE FROM login_attempts WHERE subject IN ($1, $2)")
                .bind(of_account(name))
                .bind(of_address(address))
                .execute(writer)
                .await
                .map(drop)
        })
    }

    /// Removes counts that are over.
    pub(super) async fn forget_attempts(&self, now: i64) -> Result<(), Error> {
        with_writer!(&self.database, |writer| {
            sqlx::query("DELETE FROM login_attempts WHERE window_start <= $1")
                .bind(now - WINDOW)
                .execute(writer)
                .await
                .map(drop)
        })
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
