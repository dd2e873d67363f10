//! Where a process keeps its databases: opening one per service, and removing them at the end
//! when they were meant for this process alone.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    thread::available_parallelism,
    time::Duration,
};

use anyhow::{Context, anyhow, ensure};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tempfile::TempDir;
use tokio::time::timeout;

use super::{
    Database, DatabaseUrl, SqlitePools,
    changes::Changes,
    now_ms,
    pool::{ACQUIRE_TIMEOUT, Pool},
    postgres::PostgresPools,
    tls,
    url::Place,
    value,
};

/// How long a server may take to accept a connection at start.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Rows that travel together from SQLite's thread: a page of books costs one wake-up, not two.
const SQLITE_ROWS_IN_FLIGHT: usize = 256;

/// Whether the database named by the URL is one service's own or a prefix for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// The only service of this process: the named database is its own.
    Alone,
    /// Several services: each has a database named after it.
    Several,
}

pub(crate) enum Home {
    /// Files, which go with the process if the folder is temporary.
    Folder {
        path: PathBuf,
        temporary: Option<TempDir>,
    },
    Server {
        options: Box<PgConnectOptions>,
        names: Names,
        /// Databases that are dropped by [`Home::remove`], where they are temporary.
        temporary: Option<Vec<String>>,
    },
}

/// What databases on a server are called.
pub(crate) enum Names {
    /// There is one, which has this name.
    One(String),
    /// The service's name after this one.
    Prefixed(String),
}

impl Names {
    fn of(&self, service: &str) -> String {
        match self {
            Self::One(name) => name.clone(),
            Self::Prefixed(prefix) => format!("{prefix}_{service}"),
        }
    }
}

impl Home {
    /// Settles where databases go; nothing is created on a server yet.
    pub(crate) fn new(
        url: &DatabaseUrl,
        ephemeral: bool,
        sharing: Sharing,
    ) -> anyhow::Result<Self> {
        Ok(match &url.0 {
            Place::Folder(_) if ephemeral => {
                let folder = tempfile::Builder::new().prefix("bookstore-").tempdir();
                let folder =
                    folder.context("cannot create a temporary folder for the databases")?;
                Self::Folder {
                    path: folder.path().to_owned(),
                    temporary: Some(folder),
                }
            }
            Place::Folder(path) => Self::Folder {
                path: path.clone(),
                temporary: None,
            },
            Place::Server(options) => Self::Server {
                options: options.clone(),
                names: match (options.get_database(), sharing) {
                    _ if ephemeral => {
                        let random = fastrand::u32(..);
                        Names::Prefixed(format!("bookstore_{}_{random:08x}", now_ms()))
                    }
                    (Some(name), Sharing::Alone) => Names::One(name.to_owned()),
                    (name, _) => Names::Prefixed(name.unwrap_or("bookstore").to_owned()),
                },
                temporary: ephemeral.then(Vec::new),
            },
        })
    }

    /// What the names of temporary databases on a server begin with, for other processes to share them.
    pub(crate) fn shared_as(&self) -> Option<&str> {
        match self {
            Self::Server {
                names: Names::Prefixed(prefix),
                temporary: Some(_),
                ..
            } => Some(prefix),
            _ => None,
        }
    }

    /// Fails when there is no database of a service yet.
    pub(crate) async fn ensure_exists(&self, service: &str) -> anyhow::Result<()> {
        match self {
            Self::Folder { path, .. } => {
                let file = std::path::absolute(file_of(path, service))?;
                ensure!(file.is_file(), "there is no {}", file.display());
            }
            Self::Server { options, names, .. } => {
                let options = options.clone().database(&names.of(service));
                connect(&options).await?.close().await?;
            }
        }
        Ok(())
    }

    /// Opens the database of a service, creating it when missing.
    /// `connections` is how many there may be to a server.
    pub(crate) async fn open(
        &mut self,
        service: &str,
        connections: u32,
    ) -> anyhow::Result<Database> {
        match self {
            Self::Folder { path, temporary } => {
                // What was acknowledged survives a failure of power.
                let synchronous = match temporary {
                    None => SqliteSynchronous::Full,
                    Some(_) => SqliteSynchronous::Normal,
                };
                open_sqlite(path, service, synchronous).await
            }
            Self::Server {
                options,
                names,
                temporary,
            } => {
                let name = names.of(service);
                temporary.iter_mut().for_each(|it| it.push(name.clone()));
                open_postgres(options, &name, connections).await
            }
        }
    }

    /// Removes what was only meant for this process. Connections should be closed before; those
    /// that are still open are ended. Databases on a server are given up after the limit.
    pub(crate) async fn remove(self, limit: Duration) -> anyhow::Result<()> {
        match self {
            Self::Folder { path, temporary } => {
                let removed = temporary.map_or(Ok(()), TempDir::close);
                removed.with_context(|| format!("cannot remove the folder {}", path.display()))
            }
            Self::Server {
                options, temporary, ..
            } => {
                // All at once, each for itself: one that cannot be dropped is not the others' end.
                let drops = temporary.into_iter().flatten().map(|name| {
                    let dropped = timeout(limit, drop_database(options.clone(), name.clone()));
                    (name, tokio::spawn(dropped))
                });
                let drops: Vec<_> = drops.collect();
                let mut left = Vec::new();
                for (name, dropped) in drops {
                    let dropped = dropped.await.expect("dropping does not panic");
                    let late = |_| Err(anyhow!("not done after {limit:?}"));
                    if let Err(error) = dropped.unwrap_or_else(late) {
                        tracing::error!("cannot drop the database {name}: {error:#}");
                        left.push(name);
                    }
                }
                ensure!(
                    left.is_empty(),
                    "databases stay behind on the server, drop them by hand: {}",
                    left.join(", ")
                );
                Ok(())
            }
        }
    }
}

fn file_of(folder: &Path, service: &str) -> PathBuf {
    folder.join(format!("{service}.db"))
}

async fn open_sqlite(
    folder: &Path,
    service: &str,
    synchronous: SqliteSynchronous,
) -> anyhow::Result<Database> {
    // Password hashes, sessions and order codes are nobody else's on this machine.
    let created = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    created.with_context(|| {
        format!(
            "cannot use {} as the folder of the databases",
            folder.display()
        )
    })?;
    let file = file_of(folder, service);
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(Duration::from_secs(5))
        .row_buffer_size(SQLITE_ROWS_IN_FLIGHT)
        .disable_statement_logging();
    let readers = available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8));
    let opened = async {
        // Creates the file. One that somebody removes later is not replaced by an empty one.
        options.connect().await?.close().await?;
        let options = options.create_if_missing(false);
        let writers = Pool::new(options.clone(), 1, ACQUIRE_TIMEOUT);
        writers.fill().await?;
        let options = options.read_only(true);
        let readers = Pool::new(options.clone(), readers, ACQUIRE_TIMEOUT);
        readers.fill().await?;
        let keeper = Pool::new(options, 1, ACQUIRE_TIMEOUT);
        // The first transaction makes the log's index, and the keeper's holds on to it.
        for pool in [&writers, &keeper] {
            let mut connection = pool.acquire().await?;
            let tables: i64 = value!(connection, "SELECT COUNT(*) FROM sqlite_schema")?;
            connection.finish(None);
            tracing::debug!(tables, "database is open");
        }
        let changes = Some(Changes::of(&file)?);
        Ok::<_, sqlx::Error>(Database::Sqlite(SqlitePools {
            writers,
            readers,
            keeper,
            changes,
        }))
    };
    opened
        .await
        .with_context(|| format!("cannot open the SQLite database {}", file.display()))
}

async fn open_postgres(
    options: &PgConnectOptions,
    name: &str,
    connections: u32,
) -> anyhow::Result<Database> {
    let options = options.clone().database(name).disable_statement_logging();
    // One plain attempt first: a pool would go on trying for its whole timeout.
    match try_to_connect(&options).await {
        Ok(connection) => connection.close().await?,
        Err(error) if is(&error, "3D000") => create_database(&options, name).await?,
        Err(error) => return Err(unreachable_server(error, &options)),
    }
    let pools = PostgresPools::open(options.clone(), connections)
        .await
        .map_err(|error| unreachable_server(error, &options))?;
    let database = Database::Postgres(pools);
    let read = database.read_clock().await;
    read.context("cannot read the database's clock")?;
    Ok(database)
}

async fn create_database(options: &PgConnectOptions, name: &str) -> anyhow::Result<()> {
    let mut connection = connect(&maintenance(options)).await?;
    let statement = format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\""));
    match connection.execute(AssertSqlSafe(statement)).await {
        Ok(_) => {}
        // Another replica was faster: duplicate_database, or the same seen as a unique violation.
        Err(error) if is(&error, "42P04") || is(&error, "23505") => {}
        Err(error) => {
            return Err(error).with_context(|| {
                format!("cannot create the database `{name}`: create it, or let the user do so (CREATEDB)")
            });
        }
    }
    connection.close().await?;
    Ok(())
}

/// Drops a database of which nobody knows but us and those whom we told, so that connections to it may be ended
/// (`FORCE`): a request that hangs must not keep it.
async fn drop_database(options: Box<PgConnectOptions>, name: String) -> anyhow::Result<()> {
    let mut connection = connect(&maintenance(&options)).await?;
    let statement = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
    connection.execute(AssertSqlSafe(statement)).await?;
    connection.close().await?;
    Ok(())
}

/// The database that every server has, to create and drop others from.
fn maintenance(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().database("postgres")
}

async fn connect(options: &PgConnectOptions) -> anyhow::Result<PgConnection> {
    try_to_connect(options)
        .await
        .map_err(|error| unreachable_server(error, options))
}

/// A server behind a firewall may never answer at all.
async fn try_to_connect(options: &PgConnectOptions) -> sqlx::Result<PgConnection> {
    timeout(CONNECT_TIMEOUT, options.connect())
        .await
        .unwrap_or_else(|elapsed| Err(sqlx::Error::Io(elapsed.into())))
}

/// Names the server without the password.
fn unreachable_server(error: sqlx::Error, options: &PgConnectOptions) -> anyhow::Error {
    let place = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => options.get_host().to_owned(),
    };
    let advice =
        tls::advice(&error).unwrap_or("check that PostgreSQL runs there and what --database says");
    let message = format!(
        "cannot reach the database postgres://{}@{place}:{}/{}: {advice}",
        options.get_username(),
        options.get_port(),
        options.get_database().unwrap_or_default(),
    );
    anyhow::Error::new(error).context(message)
}

fn is(error: &sqlx::Error, code: &str) -> bool {
    super::retry::code(error).is_some_and(|actual| actual == code)
}
