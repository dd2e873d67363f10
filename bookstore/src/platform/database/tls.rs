//! TLS to PostgreSQL. A server on this machine is spoken to without, one elsewhere only with, and only
//! if its certificate is of a known authority and for its name (`verify-full`), unless the URL's
//! `sslmode` or the variable `PGSSLMODE` says otherwise.

use std::net::IpAddr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::form_urlencoded;

/// Settles what nobody has said.
pub(super) fn with_tls(options: PgConnectOptions, query: &str) -> PgConnectOptions {
    let mut given = form_urlencoded::parse(query.as_bytes());
    let is_given = given.any(|(name, _)| matches!(&*name, "sslmode" | "ssl-mode"))
        || std::env::var_os("PGSSLMODE").is_some();
    if is_given {
        return options;
    }
    let mode = match is_local(&options) {
        true => PgSslMode::Disable,
        false => PgSslMode::VerifyFull,
    };
    options.ssl_mode(mode)
}

/// Whether what is sent to the server stays on this machine.
fn is_local(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    options.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

/// What to do about an error of TLS. rustls has its own in errors of input and output.
pub(super) fn advice(error: &sqlx::Error) -> Option<&'static str> {
    let is_of_tls = match error {
        sqlx::Error::Tls(_) => true,
        sqlx::Error::Io(error) => error.kind() == std::io::ErrorKind::InvalidData,
        _ => false,
    };
    is_of_tls.then_some(
        "the connection must be by TLS, with a certificate of a known authority for this host: name the \
         authority's file by `?sslrootcert=FILE` in --database, or say `?sslmode=disable` if nobody else \
         is on the network in between",
    )
}

#[cfg(test)]
mod tests {
    use crate::platform::database::{DatabaseUrl, url::Place};

    #[test]
    fn servers_elsewhere_are_verified_unless_the_url_says_otherwise() {
        for (place, expected) in [
            ("db.example/shop", "VerifyFull"),
            ("10.0.0.5/shop", "VerifyFull"),
            ("db/shop", "VerifyFull"),
            ("localhost.example/shop", "VerifyFull"),
            ("[2001:db8::1]/shop", "VerifyFull"),
            ("db.example/shop?sslmode=disable", "Disable"),
            ("db.example/shop?user=bob&ssl-mode=disable", "Disable"),
            ("db.example/shop?sslmode=require", "Require"),
            ("localhost/shop", "Disable"),
            ("LOCALHOST:5433/shop", "Disable"),
            ("127.5.0.1/shop", "Disable"),
            ("[::1]/shop", "Disable"),
            ("%2Frun%2Fpostgresql/shop", "Disable"),
            ("db.example/shop?host=/run/postgresql", "Disable"),
            ("localhost/shop?host=db.example", "VerifyFull"),
            ("localhost/shop?sslmode=verify-full", "VerifyFull"),
        ] {
            let url: DatabaseUrl = format!("postgres://ann@{place}").parse().unwrap();
            let Place::Server(options) = url.0 else {
                panic!("{place} is a folder");
            };
            assert_eq!(format!("{:?}", options.get_ssl_mode()), expected, "{place}");
        }
    }
}
