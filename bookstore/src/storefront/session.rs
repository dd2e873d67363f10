//! Sessions in the database: who a browser's visitor is, and whether an administrator.
//!
//! A visitor is a customer by a random number, known to nobody else. A session ends when it has not
//! been seen for a while, and at a certain age in any case; an administrator's rights do so much
//! sooner, and the visitor stays a customer.

use super::{
    Storefront,
    page::Flash,
    security::{digest, secret},
};
use crate::{
    Error,
    database::{in_transaction, with_reader, with_writer},
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A visitor who stays away for longer is forgotten.
const IDLE: i64 = 30 * DAY;

/// A session ends at this age.
pub(super) const AGE: i64 = 90 * DAY;

/// An administrator who does nothing for longer must sign in again (OWASP: 15 to 30 minutes).
const ADMIN_IDLE: i64 = 30 * MINUTE;

/// An administrator signs in again after a working day.
const ADMIN_AGE: i64 = 10 * HOUR;

/// A session that was used for one look only is forgotten so soon: robots keep no cookies.
const ONE_LOOK: i64 = DAY;

/// A page that is looked at is written down at most so often.
const SIGHTING: i64 = MINUTE;

/// One new session in so many is the occasion to remove those that have ended.
const CLEAN_UP_ONE_IN: u32 = 500;

/// Customers of the storefront: far from the small numbers that people use by hand.
const CUSTOMERS: std::ops::Range<i64> = 1 << 40..1 << 53;

/// A session that has not ended.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// What the browser's cookie says.
    pub(super) token: String,
    pub(super) customer: i64,
    pub(super) admin: bool,
    /// To be said on the next page.
    pub(super) flash: Option<Flash>,
}

#[derive(sqlx::FromRow)]
struct Row {
    customer_id: i64,
    seen_at: i64,
    flash: Option<String>,
    admin_since: Option<i64>,
    admin_seen_at: Option<i64>,
}

impl Session {
    /// The token that every form of this session carries. Made of the session's own, so that only
    /// pages of this session can know it.
    pub(super) fn form_token(&self) -> String {
        digest("form", &self.token)
    }
}

fn known_as(token: &str) -> String {
    digest("session", token)
}

impl Storefront {
    /// The session with a token, if it has not ended.
    pub(super) async fn session(&self, token: String, now: i64) -> Result<Option<Session>, Error> {
        let known_as = known_as(&token);
        let row: Option<Row> = with_reader!(&self.database, |reader| {
            sqlx::query_as(
                "SELECT customer_id, seen_at, flash, admin_since, admin_seen_at FROM sessions
                 WHERE token_hash = $1 AND seen_at > $2 AND created_at > $3",
            )
            .bind(&known_as)
            .bind(now - IDLE)
            .bind(now - AGE)
            .fetch_optional(reader)
            .await
        })?;
        let Some(row) = row else { return Ok(None) };
        let admin = row.admin_since.is_some_and(|since| since > now - ADMIN_AGE)
            && row.admin_seen_at.is_some_and(|at| at > now - ADMIN_IDLE);
        if row.seen_at <= now - SIGHTING {
            self.sighted(&known_as, admin, now).await?;
        }
        Ok(Some(Session {
            token,
            customer: row.customer_id,
            admin,
            flash: row.flash.as_deref().and_then(Flash::stored),
        }))
    }

    async fn sighted(&self, known_as: &str, admin: bool, now: i64) -> Result<(), Error> {
        with_writer!(&self.database, |writer| {
            sqlx::query(
                "UPDATE sessions SET seen_at = $1, admin_seen_at = $2,
                 admin_since = CASE WHEN $2 IS NULL THEN NULL ELSE admin_since END
                 WHERE token_hash = $3",
            )
            .bind(now)
            .bind(admin.then_some(now))
            .bind(known_as)
            .execute(writer)
            .await
            .map(drop)
        })
    }

    /// A session for a new visitor.
    pub(super) async fn new_session(&self, now: i64) -> Result<Session, Error> {
        if fastrand::u32(..CLEAN_UP_ONE_IN) == 0 {
            self.forget(now).await?;
        }
        let session = Session {
            token: secret(),
            customer: random_customer(),
            admin: false,
            flash: None,
        };
        self.insert(&session, now).await?;
        Ok(session)
    }

    async fn insert(&self, session: &Session, now: i64) -> Result<(), Error> {
        with_writer!(&self.database, |writer| {
            sqlx::query(
                "INSERT INTO sessions (token_hash, customer_id, created_at, seen_at)
                 VALUES ($1, $2, $3, $3)",
            )
            .bind(known_as(&session.token))
            .bind(session.customer)
            .bind(now)
            .execute(writer)
            .await
            .map(drop)
        })
    }

    /// Continues a visitor's session under another token, with or without an administrator's
    /// rights: a token that somebody learned or planted before is worth nothing after.
    pub(super) async fn renew(
        &self,
        session: &Session,
        admin: bool,
        now: i64,
    ) -> Result<Session, Error> {
        let renewed = Session {
            token: secret(),
            customer: session.customer,
            admin,
            flash: None,
        };
        let since = admin.then_some(now);
        in_transaction!(&self.database, |connection| {
            sqlx::query("DELETE FROM sessions WHERE token_hash = $1")
                .bind(known_as(&session.token))
                .execute(&mut *connection)
                .await?;
            sqlx::query(
                "INSERT INTO sessions
                 (token_hash, customer_id, created_at, seen_at, admin_since, admin_seen_at)
                 VALUES ($1, $2, $3, $3, $4, $4)",
            )
            .bind(known_as(&renewed.token))
            .bind(renewed.customer)
            .bind(now)
            .bind(since)
            .execute(&mut *connection)
            .await?;
        })?;
        Ok(renewed)
    }

    /// Keeps what the session's next page shall say; nothing, once it has been said.
    pub(super) async fn keep_flash(
        &self,
        session: &Session,
        flash: Option<&Flash>,
        now: i64,
    ) -> Result<(), Error> {
        with_writer!(&self.database, |writer| {
            sqlx::query(
                "UPDATE sessions SET flash = $1,
                 seen_at = CASE WHEN seen_at = created_at THEN $2 ELSE seen_at END
                 WHERE token_hash = $3",
            )
            .bind(flash.map(Flash::to_stored))
            // Later than its beginning: this visitor has done something.
            .bind(now + 1)
            .bind(known_as(&session.token))
            .execute(writer)
            .await
            .map(drop)
        })
    }

    /// Removes sessions that have ended, and what else has had its time.
    async fn forget(&self, now: i64) -> Result<(), Error> {
        with_writer!(&self.database, |writer| {
            sqlx::query(
                "DELETE FROM sessions WHERE seen_at <= $1 OR created_at <= $2
                 OR (seen_at = created_at AND created_at <= $3)",
            )
            .bind(now - IDLE)
            .bind(now - AGE)
            .bind(now - ONE_LOOK)
            .execute(writer)
            .await
            .map(drop)
        })?;
        self.forget_attempts(now).await?;
        self.forget_submissions(now - DAY).await
    }
}

fn random_customer() -> i64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    let width = CUSTOMERS.end - CUSTOMERS.start;
    CUSTOMERS.start + i64::from_be_bytes(bytes).rem_euclid(width)
}
