//! Options that several commands share, or that belong together.

use std::{ffi::OsStr, net::IpAddr, path::PathBuf, time::Duration};

use clap::{
    Arg, Args,
    builder::{BoolishValueParser, TypedValueParser},
    error::ErrorKind,
};

use crate::{
    DatabaseUrl,
    platform::{
        callers::CallerOptions,
        database::DatabaseUrlError,
        faults::Fault,
        limits::{self, Limits},
        trace::LogFormat,
    },
};

/// What every service takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct CommonOptions {
    /// Address to listen on for everybody's calls: reads, carts, orders and returns.
    #[arg(long, env = "BOOKSTORE_ADDRESS", default_value = "127.0.0.1")]
    pub(crate) address: IpAddr,

    /// Where data is kept: `sqlite` (files in ./bookstore-data), `sqlite:FOLDER`, or
    /// `postgres://user:password@host:5432/name`. A PostgreSQL database is created when missing;
    /// several services get one each: `name_catalog`, `name_cart`, `name_orders`,
    /// `name_storefront`.
    #[arg(
        long,
        env = "BOOKSTORE_DATABASE",
        value_name = "URL",
        default_value = "sqlite",
        hide_env_values = true,
        value_parser = DatabaseParser
    )]
    pub(crate) database: DatabaseUrl,

    /// Connections to each service's database on a PostgreSQL server; a quarter of them, at least
    /// one, are for reads. One more is for readiness checks.
    #[arg(
        long,
        env = "BOOKSTORE_DATABASE_CONNECTIONS",
        default_value_t = 16,
        value_parser = clap::value_parser!(u32).range(2..=1000)
    )]
    pub(crate) database_connections: u32,

    /// Do without PostgreSQL's advisory lock when tables are brought up to date, on engines that have
    /// none. Start one process of a service first then, and the others when it is ready.
    #[arg(
        long,
        env = "BOOKSTORE_WITHOUT_MIGRATION_LOCK",
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) without_migration_lock: bool,

    /// Use a fresh database under a unique name, and remove it at the end. On PostgreSQL the line of JSON says that
    /// name (`databases`): other processes of `all` may share the databases until then, with the name in place of
    /// the one in their `--database`.
    #[arg(long, env = "BOOKSTORE_EPHEMERAL", value_parser = BoolishValueParser::new())]
    pub(crate) ephemeral: bool,

    /// How long to go on serving after being asked to stop. From the first moment `/ready` answers
    /// 503, so that a load balancer sends its requests elsewhere before this process refuses them.
    /// A second signal ends the wait.
    #[arg(
        long,
        env = "BOOKSTORE_DRAIN",
        value_name = "TIME",
        default_value = "0s"
    )]
    pub(crate) drain: humantime::Duration,

    /// Stop when standard input ends, so that a parent process is never outlived.
    #[arg(long)]
    pub(crate) exit_with_stdin: bool,

    /// How log lines are written on standard error; `RUST_LOG` sets their level, and
    /// `RUST_LOG=info,bookstore=debug` logs every request.
    #[arg(long, env = "BOOKSTORE_LOG_FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,

    /// Send spans to the OpenTelemetry collector at this address (OTLP over plain HTTP, such as
    /// `http://127.0.0.1:4318`).
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        value_name = "URL",
        value_parser = service_url
    )]
    pub(crate) otlp_endpoint: Option<String>,

    /// Do something bad to requests on purpose, for instance
    /// `GET catalog/products/{product_id} latency=exponential(20ms) errors=1%`; may be given
    /// several times. The README lists everything that may happen.
    #[arg(long = "fault", value_name = "FAULT")]
    pub(crate) faults: Vec<Fault>,

    /// The same for each line of a file; lines that begin with `#` are comments.
    #[arg(long = "faults", env = "BOOKSTORE_FAULTS", value_name = "FILE")]
    pub(crate) fault_file: Option<PathBuf>,

    /// Offer `/admin/faults` and `/admin/reset` among the internal calls.
    #[arg(long, env = "BOOKSTORE_ADMIN_CALLS", value_parser = BoolishValueParser::new())]
    pub(crate) admin_calls: bool,

    /// How long refused orders, and what tells that something was released, are kept.
    #[arg(
        long,
        env = "BOOKSTORE_RETENTION",
        value_name = "TIME",
        default_value = "30days"
    )]
    pub(crate) retention: humantime::Duration,

    #[command(flatten)]
    pub(crate) callers: CallerOptions,

    #[command(flatten)]
    pub(crate) limits: Limits,
}

/// Where the catalog reads besides its own database.
#[derive(Args, Clone, Debug)]
pub(crate) struct ReplicaOptions {
    /// A PostgreSQL server that follows that of the catalog's database by streaming replication, such as
    /// `postgres://user:password@replica:5432`; may be given several times. Books are read from these
    /// in turn, and from the catalog's own database where none is fresh enough. The database's name is
    /// that of the catalog's own.
    #[arg(
        long = "read-database",
        env = "BOOKSTORE_READ_DATABASE",
        value_name = "URL",
        value_delimiter = ',',
        hide_env_values = true,
        value_parser = DatabaseParser
    )]
    pub(crate) urls: Vec<DatabaseUrl>,

    /// How old what is read from a `--read-database` may be. A server that is further behind is not read
    /// until it has caught up.
    #[arg(
        long,
        env = "BOOKSTORE_MAX_STALENESS",
        value_name = "TIME",
        default_value = "1s",
        value_parser = limits::duration
    )]
    pub(crate) max_staleness: Duration,
}

/// How orders are placed, and what a crash has left is found.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ProtocolOptions {
    /// How long one try of a call from the orders to another service may take; each call is tried
    /// four times.
    #[arg(
        long,
        env = "BOOKSTORE_CALL_TIMEOUT",
        value_name = "TIME",
        default_value = "5s",
        value_parser = limits::duration
    )]
    pub(crate) call_timeout: Duration,

    /// An order that nobody has worked on for so long was left by a crash, and is finished or
    /// cancelled by whichever replica finds it first.
    #[arg(
        long,
        env = "BOOKSTORE_ORDER_LEASE",
        value_name = "TIME",
        default_value = "60s",
        value_parser = limits::duration
    )]
    pub(crate) order_lease: Duration,
}

/// Where a service listens that is alone in its process; each has its own variables and default.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Ports {
    /// Port to listen on; 0 lets the system choose.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,

    /// Port for internal calls; by default 100 higher than the other one, 0 lets the system choose.
    #[arg(long)]
    pub(crate) internal_port: Option<u16>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct CatalogAddress {
    /// Where the catalog's internal calls are.
    #[arg(
        long,
        env = "BOOKSTORE_CATALOG_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8101",
        value_parser = service_url
    )]
    pub(crate) catalog_url: String,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct CartAddress {
    /// Where the cart's internal calls are.
    #[arg(
        long,
        env = "BOOKSTORE_CART_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8102",
        value_parser = service_url
    )]
    pub(crate) cart_url: String,
}

/// How the storefront meets browsers.
#[derive(Args, Clone, Debug)]
pub(crate) struct PagesOptions {
    /// File with the admin password in its first line, 12 to 256 characters. The variable
    /// `BOOKSTORE_ADMIN_PASSWORD` does the same. Without either the password is kept as it is, and
    /// one is made up and shown on standard error when there is none yet.
    #[arg(long, env = "BOOKSTORE_ADMIN_PASSWORD_FILE", value_name = "FILE")]
    pub(crate) admin_password_file: Option<PathBuf>,

    /// Give out cookies for TLS connections only: behind a proxy that speaks TLS.
    #[arg(long, env = "BOOKSTORE_SECURE_COOKIES", value_parser = BoolishValueParser::new())]
    pub(crate) secure_cookies: bool,

    /// Count attempts to sign in by the last address in X-Forwarded-For: behind a proxy that
    /// writes it, where nobody can connect but through the proxy.
    #[arg(long, env = "BOOKSTORE_BEHIND_PROXY", value_parser = BoolishValueParser::new())]
    pub(crate) behind_proxy: bool,
}

/// Reads a database URL. Unlike clap's own readers it never repeats what it was given, which may
/// hold a password.
#[derive(Clone)]
pub(super) struct DatabaseParser;

impl TypedValueParser for DatabaseParser {
    type Value = DatabaseUrl;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _: Option<&Arg>,
        value: &OsStr,
    ) -> Result<DatabaseUrl, clap::Error> {
        let url = value.to_str().unwrap_or_default().parse();
        url.map_err(|error: DatabaseUrlError| {
            let message = format!("invalid value for '--database <URL>': {error}\n");
            clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}

/// Services speak plain HTTP among themselves.
pub(super) fn service_url(text: &str) -> Result<String, String> {
    match reqwest::Url::parse(text) {
        Ok(url) if url.scheme() == "http" && url.has_host() && url.query().is_none() => {
            Ok(text.to_owned())
        }
        _ => Err(
            "use a plain HTTP URL with a host and a port, such as http://127.0.0.1:8101".to_owned(),
        ),
    }
}
