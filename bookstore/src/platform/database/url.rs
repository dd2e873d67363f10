//! The `--database` option: its scheme chooses the kind of database.

use std::{path::PathBuf, str::FromStr};

use sqlx::postgres::PgConnectOptions;
use url::form_urlencoded;

use super::tls::with_tls;

const DEFAULT_FOLDER: &str = "bookstore-data";

/// Parameters that sqlx understands. It only warns of others, with their values, which may be
/// passwords.
const PARAMETERS: &str = "application_name dbname host hostaddr options password port ssl-ca ssl-cert ssl-key \
    ssl-mode ssl-root-cert sslcert sslkey sslmode sslrootcert statement-cache-capacity user";

/// Where a bookstore keeps its data.
#[derive(Clone, Debug)]
pub struct DatabaseUrl(pub(super) Place);

#[derive(Clone, Debug)]
pub(super) enum Place {
    /// A folder with one SQLite file per service.
    Folder(PathBuf),
    /// A PostgreSQL server, and the database that the URL names.
    Server(Box<PgConnectOptions>),
}

/// Why a text is not a database URL; never repeats it, for it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Neither of the two kinds.
    #[error("use `sqlite`, `sqlite:FOLDER` or `postgres://user@host:5432/name`")]
    Scheme,
    /// What stands after `?` would be ignored; its value is not repeated.
    #[error("unknown parameter `{0}` after `?`")]
    Parameter(String),
    /// The parts of the PostgreSQL URL cannot be told apart.
    #[error("not a PostgreSQL URL such as `postgres://user@host:5432/name`: {0}")]
    Postgres(#[source] sqlx::Error),
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let query = text.split_once('?').map_or("", |(_, query)| query);
            for (name, _) in form_urlencoded::parse(query.as_bytes()) {
                let mut known = PARAMETERS.split(' ');
                let known = known.any(|it| it == name) || name.starts_with("options[");
                if !known {
                    return Err(DatabaseUrlError::Parameter(name.into_owned()));
                }
            }
            let options = text.parse().map_err(DatabaseUrlError::Postgres)?;
            return Ok(Self(Place::Server(Box::new(with_tls(options, query)))));
        }
        let folder = match text.strip_prefix("sqlite") {
            Some("") => DEFAULT_FOLDER,
            Some(rest) => rest
                .strip_prefix("://")
                .or_else(|| rest.strip_prefix(':'))
                .ok_or(DatabaseUrlError::Scheme)?,
            None => return Err(DatabaseUrlError::Scheme),
        };
        if folder.is_empty() {
            return Err(DatabaseUrlError::Scheme);
        }
        Ok(Self(Place::Folder(PathBuf::from(folder))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(text: &str) -> PathBuf {
        match text.parse::<DatabaseUrl>().unwrap().0 {
            Place::Folder(folder) => folder,
            Place::Server(_) => panic!("{text} is not a folder"),
        }
    }

    #[test]
    fn sqlite_may_name_its_folder() {
        assert_eq!(folder("sqlite"), PathBuf::from(DEFAULT_FOLDER));
        assert_eq!(folder("sqlite:shop"), PathBuf::from("shop"));
        assert_eq!(folder("sqlite:///var/shop"), PathBuf::from("/var/shop"));
    }

    #[test]
    fn parameters_are_understood_or_refused_without_their_values() {
        let known = "postgres:///shop?host=/run/postgresql&user=ann&options[search_path]=shop";
        assert!(known.parse::<DatabaseUrl>().is_ok());
        let text = "postgres://ann@host/shop?user=ann&passwd=secret";
        let message = text.parse::<DatabaseUrl>().unwrap_err().to_string();
        assert_eq!(message, "unknown parameter `passwd` after `?`");
    }

    #[test]
    fn other_databases_are_refused_with_what_would_be_right() {
        for text in ["mysql://ann:secret@host/shop", "sqlite:", "sqlitefile", ""] {
            let message = text.parse::<DatabaseUrl>().unwrap_err().to_string();
            assert!(message.contains("sqlite:FOLDER"), "{message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }
}
