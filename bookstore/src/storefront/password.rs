//! The administrator's password: Argon2id hashes, made and checked on threads where nobody waits.
//!
//! It comes from a file, a variable, a terminal, or another program. Never from an argument, which
//! everybody on the machine may read.

use std::{
    fmt,
    io::{BufRead, IsTerminal},
    path::Path,
};

use anyhow::{Context, ensure};
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use crate::platform::{
    Error,
    database::{Database, execute, in_transaction, row, with_reader, with_writer},
    secret::first_line_or_variable,
};

/// The variable that holds the password.
const VARIABLE: &str = "BOOKSTORE_ADMIN_PASSWORD";

pub(crate) const ADMIN: &str = "admin";

/// Characters of a password. The least is long enough to outlast guessing at the pace that
/// attempts are limited to; the most keeps hashing cheap.
const LENGTH: std::ops::RangeInclusive<usize> = 12..=256;

/// Letters and digits that nobody mistakes for each other; 32, so that a byte chooses fairly.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Hashes at work at once, each with 19 MiB and a core for some 20 ms.
static HASHING: Semaphore = Semaphore::const_new(2);

/// No password has this hash; checking one against it takes as long as any other check.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                       AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password(String);

impl Password {
    pub(crate) fn chosen(text: &str) -> anyhow::Result<Self> {
        let length = text.chars().count();
        ensure!(
            LENGTH.contains(&length),
            "a password has {} to {} characters, and this has {length}",
            LENGTH.start(),
            LENGTH.end()
        );
        Ok(Self(text.to_owned()))
    }

    /// A password of 100 random bits.
    fn generate() -> Self {
        let mut bytes = [0; 20];
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        let letters = bytes.map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        let groups: Vec<String> = letters.chunks(5).map(String::from_iter).collect();
        Self(groups.join("-"))
    }

    /// The password itself, to be shown once.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(…)")
    }
}

/// The password that the process was started with, if any: the file's, else the variable's.
pub(crate) fn given_password(file: Option<&Path>) -> anyhow::Result<Option<Password>> {
    first_line_or_variable(file, VARIABLE, Password::chosen)
}

/// Asks for a new password at the terminal, twice; else it is the first line of standard input.
pub(crate) fn typed_password() -> anyhow::Result<Password> {
    let text = if std::io::stdin().is_terminal() {
        let typed = rpassword::prompt_password("New admin password: ")?;
        let repeated = rpassword::prompt_password("The same again: ")?;
        ensure!(
            typed == repeated,
            "the two are different; nothing was changed"
        );
        typed
    } else {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        read.context("cannot read the password from standard input")?;
        line.trim_end_matches(['\n', '\r']).to_owned()
    };
    Password::chosen(&text).context("nothing was changed")
}

/// The accounts that may keep the catalog.
pub(crate) struct Admins<'a>(pub(crate) &'a Database);

impl Admins<'_> {
    /// Makes sure that there is an administrator: with the password given, else with the one that
    /// there is, else with a generated one, which is returned to be shown.
    pub(crate) async fn set_up(&self, given: Option<Password>) -> Result<Option<Password>, Error> {
        let stored = self.stored_hash(ADMIN).await?;
        match (given, stored) {
            (Some(given), stored) => {
                let known = match stored {
                    Some(stored) => matches(given.0.clone(), stored).await,
                    None => false,
                };
                if !known {
                    self.set_password(&given).await?;
                }
                Ok(None)
            }
            (None, Some(_)) => Ok(None),
            (None, None) => {
                let generated = Password::generate();
                let hash = hash(generated.clone()).await;
                let inserted = with_writer!(self.0, |writer| execute!(
                    writer,
                    "INSERT INTO admins (name, password_hash) VALUES ($1, $2)
                     ON CONFLICT (name) DO NOTHING",
                    ADMIN,
                    &hash,
                ))?;
                // Another replica may have been faster, and has shown its own.
                Ok((inserted > 0).then_some(generated))
            }
        }
    }

    /// Changes the password, ends whatever was begun with the old one, and lets its owner in again
    /// if somebody else has used up the attempts.
    pub(crate) async fn set_password(&self, password: &Password) -> Result<(), Error> {
        let hash = hash(password.clone()).await;
        in_transaction!(self.0, |connection| {
            execute!(
                connection,
                "INSERT INTO admins (name, password_hash) VALUES ($1, $2)
                 ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash",
                ADMIN,
                &hash,
            )?;
            let end = "UPDATE sessions SET admin_since = NULL, admin_seen_at = NULL";
            execute!(connection, end)?;
            // From wherever they came: the owner may have made some of them.
            execute!(connection, "DELETE FROM login_attempts")?;
        })
    }

    /// Whether there is such an account with such a password. Takes as long for accounts that do
    /// not exist.
    pub(super) async fn admit(&self, name: &str, password: &str) -> Result<bool, Error> {
        let stored = self.stored_hash(name).await?;
        let known = stored.is_some();
        let hash = stored.unwrap_or_else(|| NOBODYS.to_owned());
        let matched = matches(password.to_owned(), hash).await;
        Ok(known && matched)
    }

    /// The hash of an account's password, if there is such an account.
    pub(super) async fn stored_hash(&self, name: &str) -> Result<Option<String>, Error> {
        // No account has such a name, and PostgreSQL knows no such text.
        let name = name.replace('\0', " ");
        let select = "SELECT password_hash FROM admins WHERE name = $1";
        let stored: Option<(String,)> = with_reader!(self.0, |reader| row!(reader, select, &name))?;
        Ok(stored.map(|(hash,)| hash))
    }
}

/// Argon2id with what OWASP recommends: 19 MiB, two passes, one lane, which are the defaults.
async fn hash(password: Password) -> String {
    on_a_thread(move || {
        let hash = Argon2::default().hash_password(password.0.as_bytes());
        hash.expect("passwords of some length have a hash")
            .to_string()
    })
    .await
}

async fn matches(password: String, hash: String) -> bool {
    on_a_thread(move || {
        let hash = PasswordHash::new(&hash).expect("only hashes are stored");
        let outcome = Argon2::default().verify_password(password.as_bytes(), &hash);
        outcome.is_ok()
    })
    .await
}

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let _turn = HASHING.acquire().await.expect("it is never closed");
    let done = tokio::task::spawn_blocking(work).await;
    done.expect("hashing does not panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_passwords_differ_and_are_passwords() {
        let generated = Password::generate();
        assert_ne!(generated, Password::generate());
        let chosen = Password::chosen(generated.reveal()).unwrap();
        assert_eq!(chosen, generated);
        assert_eq!(format!("{generated:?}"), "Password(…)");
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let password = Password::generate();
        let hash = hash(password.clone()).await;
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(matches(password.0.clone(), hash.clone()).await);
        assert!(!matches(format!("{}x", password.0), hash).await);
        assert!(!matches(password.0, NOBODYS.to_owned()).await);
    }
}
