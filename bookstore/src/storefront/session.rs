//! Sessions in the database: who a browser's visitor is, and whether an administrator.
//!
//! A visitor is a customer by a random number, known to nobody else. A session ends when it has not
//! been seen for a while, and at a certain age in any case; an administrator's rights do so much
//! sooner, and the visitor stays a customer.
//!
//! `tower-sessions` was tried instead: its sqlx store is built for sqlx 0.8, which cannot be linked beside
//! ours (both bring SQLite), and a store of our own under it would keep readable session ids, end sessions
//! by one time only, write a row for everybody who looks (the form token must be in it), and lose what
//! two requests at once change, as a session is one value that is read and written as a whole.
//!
//! A session is written down with the first form that is sent. Until then its cookie is all there
//! is of it: the token in its forms follows from the cookie's.

use super::{
    Storefront, attempts,
    page::Flash,
    security::{digest, secret},
};
use crate::platform::{
    Error,
    database::{execute, in_transaction, now_ms, row, value, with_reader, with_writer},
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A visitor who stays away for longer is forgotten.
const IDLE: i64 = 30 * DAY;

pub(super) const AGE: i64 = 90 * DAY;

/// An administrator who does nothing for longer must sign in again (OWASP: 15 to 30 minutes).
const ADMIN_IDLE: i64 = 30 * MINUTE;

/// An administrator signs in again after a working day.
const ADMIN_AGE: i64 = 10 * HOUR;

/// A session that was used for one form only, and a refused one, is forgotten so soon.
const ONE_FORM: i64 = DAY;

/// A page that is looked at is written down at most so often.
const SIGHTING: i64 = MINUTE;

/// One session that is written down in so many is the occasion to remove those that have ended.
const CLEAN_UP_ONE_IN: u32 = 500;

/// Customers of the storefront: far from the small numbers that people use by hand.
const CUSTOMERS: std::ops::Range<i64> = 1 << 40..1 << 53;

#[derive(Clone, Debug)]
pub(super) struct Session {
    /// What the browser's cookie says.
    pub(super) token: String,
    pub(super) customer: i64,
    pub(super) admin: bool,
    /// To be said on the next page.
    pub(super) flash: Option<Flash>,
    /// What an administrator typed whose rights had ended; see [`Storefront::keep_typed`].
    pub(super) typed: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    customer_id: i64,
    created_at: i64,
    seen_at: i64,
    flash: Option<String>,
    typed: Option<String>,
    admin_since: Option<i64>,
    admin_seen_at: Option<i64>,
}

impl Session {
    /// A session of which nothing is written down yet.
    fn unwritten(token: String) -> Self {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        let width = CUSTOMERS.end - CUSTOMERS.start;
        Self {
            token,
            customer: CUSTOMERS.start + i64::from_be_bytes(bytes).rem_euclid(width),
            admin: false,
            flash: None,
            typed: None,
        }
    }

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
    /// The session with this token, and whether the visitor has yet to be told its token. Robots keep
    /// no cookies, and many visitors send no form (they do not `act`): neither leaves anything in the
    /// database.
    pub(super) async fn session_of(
        &self,
        token: Option<String>,
        acts: bool,
    ) -> Result<(Session, bool), Error> {
        let Some(token) = token else {
            return Ok((Session::unwritten(secret()), true));
        };
        let (now, known_as) = (now_ms(), known_as(&token));
        let row: Option<Row> = with_reader!(&self.database, |reader| row!(
            reader,
            "SELECT customer_id, created_at, seen_at, flash, typed, admin_since, admin_seen_at
             FROM sessions WHERE token_hash = $1",
            &known_as,
        ))?;
        let Some(row) = row else {
            return Ok(match acts {
                true => (self.begin(token).await?, false),
                false => (Session::unwritten(token), false),
            });
        };
        if row.seen_at <= now - IDLE || row.created_at <= now - AGE {
            return Ok((Session::unwritten(secret()), true));
        }
        let admin = row.admin_since.is_some_and(|since| since > now - ADMIN_AGE)
            && row.admin_seen_at.is_some_and(|at| at > now - ADMIN_IDLE);
        if row.seen_at <= now - SIGHTING {
            with_writer!(&self.database, |writer| execute!(
                writer,
                "UPDATE sessions SET seen_at = $1, admin_seen_at = $2,
                 admin_since = CASE WHEN $2 IS NULL THEN NULL ELSE admin_since END
                 WHERE token_hash = $3",
                now,
                admin.then_some(now),
                &known_as,
            ))?;
        }
        let session = Session {
            token,
            customer: row.customer_id,
            admin,
            flash: row
                .flash
                .and_then(|flash| serde_json::from_str(&flash).ok()),
            typed: row.typed,
        };
        Ok((session, false))
    }

    /// Writes down the session of a visitor who does something for the first time. Of two forms that
    /// are sent at once the second finds the session of the first.
    async fn begin(&self, token: String) -> Result<Session, Error> {
        let now = now_ms();
        if fastrand::u32(..CLEAN_UP_ONE_IN) == 0 {
            self.forget(now).await?;
        }
        let mut session = Session::unwritten(token);
        session.customer = with_writer!(&self.database, |writer| value!(
            writer,
            "INSERT INTO sessions (token_hash, customer_id, created_at, seen_at)
             VALUES ($1, $2, $3, $3)
             ON CONFLICT (token_hash) DO UPDATE SET customer_id = sessions.customer_id
             RETURNING customer_id",
            known_as(&session.token),
            session.customer,
            now,
        ))?;
        Ok(session)
    }

    /// Continues a visitor's session under another token, with or without an administrator's
    /// rights: a token that somebody learned or planted before is worth nothing after.
    pub(super) async fn renew(&self, session: &Session, admin: bool) -> Result<Session, Error> {
        let renewed = Session {
            token: secret(),
            customer: session.customer,
            admin,
            flash: None,
            typed: session.typed.clone(),
        };
        let now = now_ms();
        let since = admin.then_some(now);
        in_transaction!(&self.database, |connection| {
            let end = "DELETE FROM sessions WHERE token_hash = $1";
            execute!(connection, end, known_as(&session.token))?;
            execute!(
                connection,
                "INSERT INTO sessions
                 (token_hash, customer_id, created_at, seen_at, admin_since, admin_seen_at, typed)
                 VALUES ($1, $2, $3, $3, $4, $4, $5)",
                known_as(&renewed.token),
                renewed.customer,
                now,
                since,
                &renewed.typed,
            )?;
        })?;
        Ok(renewed)
    }

    /// Keeps what the session's next page shall say; nothing, once it has been said.
    pub(super) async fn keep_flash(
        &self,
        session: &Session,
        flash: Option<&Flash>,
    ) -> Result<(), Error> {
        let flash = flash.map(|flash| serde_json::json!(flash).to_string());
        with_writer!(&self.database, |writer| execute!(
            writer,
            "UPDATE sessions SET flash = $1,
             seen_at = CASE WHEN seen_at = created_at THEN $2 ELSE seen_at END
             WHERE token_hash = $3",
            &flash,
            // Later than its beginning: this visitor has done something.
            now_ms() + 1,
            known_as(&session.token),
        ))
        .map(drop)
    }

    /// Keeps the fields of a form for this address, in JSON, until its page is shown again.
    pub(super) async fn keep_typed(
        &self,
        session: &Session,
        typed: Option<&str>,
    ) -> Result<(), Error> {
        with_writer!(&self.database, |writer| execute!(
            writer,
            "UPDATE sessions SET typed = $1 WHERE token_hash = $2",
            typed,
            known_as(&session.token),
        ))
        .map(drop)
    }

    /// Removes sessions that have ended, and what else has had its time.
    async fn forget(&self, now: i64) -> Result<(), Error> {
        with_writer!(&self.database, |writer| execute!(
            writer,
            "DELETE FROM sessions WHERE seen_at <= $1 OR created_at <= $2
             OR (seen_at = created_at AND created_at <= $3)",
            now - IDLE,
            now - AGE,
            now - ONE_FORM,
        ))?;
        let delete = "DELETE FROM login_attempts WHERE window_start <= $1";
        let ended = now - attempts::WINDOW;
        with_writer!(&self.database, |writer| execute!(writer, delete, ended))?;
        let delete = "DELETE FROM submissions WHERE submitted_at <= $1";
        with_writer!(&self.database, |writer| execute!(writer, delete, now - DAY)).map(drop)
    }

    /// Notes that a form was sent which may do its work only once; whether for the first time. Orders and
    /// returns need none of this: the orders service takes such a key itself.
    pub(super) async fn submitted_first(&self, key: &str) -> Result<bool, Error> {
        let noted = with_writer!(&self.database, |writer| execute!(
            writer,
            "INSERT INTO submissions (form_key, submitted_at) VALUES ($1, $2)
             ON CONFLICT (form_key) DO NOTHING",
            key,
            now_ms(),
        ))?;
        Ok(noted > 0)
    }

    /// The form did nothing, and may be sent again.
    pub(super) async fn take_back_submission(&self, key: &str) -> Result<(), Error> {
        let delete = "DELETE FROM submissions WHERE form_key = $1";
        with_writer!(&self.database, |writer| execute!(writer, delete, key)).map(drop)
    }
}
