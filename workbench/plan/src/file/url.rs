//! Addresses of services and databases.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use url::{Host, Url, form_urlencoded};

use crate::diagnostic::Diagnostic;
use crate::plan::{BaseUrl, Database};

/// Why a text is not the URL of a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not the URL of a service{reason}; write it as http://host:port")]
pub struct BaseUrlError {
    text: String,
    reason: String,
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        let refuse = |reason: &str| BaseUrlError {
            text: text.to_owned(),
            reason: reason.to_owned(),
        };
        let url = Url::parse(text).map_err(|error| refuse(&format!(": {error}")))?;
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(refuse("")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse(": user and password belong in a header"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse(
                ": it ends with a path, and queries belong to requests",
            ));
        }
        let host = match url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => return Err(refuse(": it has no host")),
        };
        let port = url.port_or_known_default();
        Ok(Self {
            tls,
            host,
            port: port.expect("http and https have ports of their own"),
            prefix: url.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        let Self {
            host, port, prefix, ..
        } = self;
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]:{port}{prefix}")
        } else {
            write!(f, "{scheme}://{host}:{port}{prefix}")
        }
    }
}

/// Parameters of a PostgreSQL URL that are secrets: the role's password, and that of its TLS key.
const SECRETS: [&str; 2] = ["password", "sslpassword"];

/// The URL of a database without its passwords.
pub(crate) fn without_password(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else {
        return "a PostgreSQL server".to_owned();
    };
    if parsed.password().is_some() && parsed.set_password(Some("…")).is_err() {
        return "a PostgreSQL server".to_owned();
    }
    if let Some(query) = parsed.query() {
        let pairs: Vec<_> = query.split('&').map(without_secret).collect();
        parsed.set_query(Some(&pairs.join("&")));
    }
    // It means nothing in the URL of a database, but may be the end of a password with a #.
    parsed.set_fragment(None);
    parsed.to_string().replace("%E2%80%A6", "…")
}

/// A `key=value` of a query without its value if that is a secret.
fn without_secret(pair: &str) -> Cow<'_, str> {
    let key = form_urlencoded::parse(pair.as_bytes()).next();
    match key {
        Some((key, _))
            if SECRETS
                .iter()
                .any(|secret| key.eq_ignore_ascii_case(secret)) =>
        {
            format!("{key}=…").into()
        }
        _ => pair.into(),
    }
}

pub(super) fn parse_database(text: &str) -> Result<Database, Diagnostic> {
    if text == "sqlite" {
        return Ok(Database::Sqlite);
    }
    let right = "write sqlite or postgres://user@host:port/name";
    let url = Url::parse(text)
        .map_err(|_| Diagnostic::new(format!("unknown database \"{text}\"; {right}")))?;
    match url.scheme() {
        "postgres" | "postgresql" => Ok(Database::Postgres(text.to_owned())),
        other => Err(Diagnostic::at(
            other,
            format!("unknown kind of database \"{other}\"; {right}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_put_together() {
        for (text, written) in [
            ("http://localhost:8001", "http://localhost:8001"),
            (
                "https://shop.example/api/v1/",
                "https://shop.example:443/api/v1",
            ),
            ("http://[::1]", "http://[::1]:80"),
            ("http://127.0.0.1:9/", "http://127.0.0.1:9"),
        ] {
            let url = text.parse::<BaseUrl>().unwrap();
            assert_eq!(url.to_string(), written);
            assert_eq!(written.parse::<BaseUrl>().unwrap(), url);
        }
        let ipv6 = "http://[::1]/x/".parse::<BaseUrl>().unwrap();
        assert_eq!(
            (ipv6.host.as_str(), ipv6.port, ipv6.prefix.as_str()),
            ("::1", 80, "/x")
        );
    }

    #[test]
    fn an_invalid_service_url_is_refused() {
        for text in [
            "localhost:8001",
            "ftp://host",
            "http://",
            "http://user:secret@host",
            "http://host/?q=1",
            "http://host:99999",
            "catalog",
        ] {
            assert!(text.parse::<BaseUrl>().is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn a_database_is_sqlite_or_postgresql() {
        assert_eq!(parse_database("sqlite"), Ok(Database::Sqlite));
        for text in [
            "postgres://me@host/x",
            "postgresql:///x?host=/run/postgresql",
        ] {
            assert_eq!(parse_database(text), Ok(Database::Postgres(text.into())));
        }
        assert!(
            parse_database("mysql://host")
                .unwrap_err()
                .message
                .contains("mysql")
        );
        assert!(parse_database("sqlit").is_err());
    }

    #[test]
    fn a_database_is_shown_without_its_passwords() {
        for (url, shown) in [
            ("postgres://ann@db:5433/shop", "postgres://ann@db:5433/shop"),
            (
                "postgres://ann:secret@db/shop?sslmode=require",
                "postgres://ann:…@db/shop?sslmode=require",
            ),
            (
                "postgres:///shop?host=/run/postgresql&user=ann&password=secret",
                "postgres:///shop?host=/run/postgresql&user=ann&password=…",
            ),
            (
                "postgres://ann:secret@db/shop?password=secret&application_name=a%26b&sslpassword=secret",
                "postgres://ann:…@db/shop?password=…&application_name=a%26b&sslpassword=…",
            ),
            // Other spellings of the same.
            (
                "postgresql://db/shop?p%61ssword=secret&PASSWORD=secret",
                "postgresql://db/shop?password=…&PASSWORD=…",
            ),
            (
                "postgres://db/shop?user=ann&password=a#secret",
                "postgres://db/shop?user=ann&password=…",
            ),
            // Not a URL, so that the position of a password is not known.
            ("postgres://ann:secret@/shop", "a PostgreSQL server"),
        ] {
            assert_eq!(without_password(url), shown);
            assert_eq!(without_password(shown), shown, "shown once more");
        }
    }
}
