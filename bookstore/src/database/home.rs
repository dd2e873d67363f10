//! Where a process keeps its databases: opening one per service, and removing them at the end
//! when they were meant for this process alone.

use std::{
    path::{Path, PathBuf},
    thread::available_parallelism,
    time::Duration,
};

use anyhow::{Context, anyhow, bail, ensure};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tempfile::TempDir;
use tokio::time::timeout;

use super::{
    Database, DatabaseUrl, changes::Changes, now_ms, postgres::PostgresPools, sqlite::Connections,
    url::Place,
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

/// Where the databases of this process live.
pub(crate) enum Home {
    /// Files that stay.
    Folder(PathBuf),
    /// Files that go with the process.
    TemporaryFolder(TempDir),
    /// Databases that stay on a server.
    Server {
        options: Box<PgConnectOptions>,
        sharing: Sharing,
    },
    /// Databases on a server that are dropped by [`Home::remove`].
    TemporaryOnServer {
        options: Box<PgConnectOptions>,
        prefix: String,
        created: Vec<String>,
    },
}

impl Home {
    /// Settles where databases go; nothing is created on a server yet.
    pub(crate) fn new(
        url: &DatabaseUrl,
        ephemeral: bool,
        sharing: Sharing,
    ) -> anyhow::Result<Self> {
        Ok(match (&url.0, ephemeral) {
            (Place::Folder(folder), false) => Self::Folder(folder.clone()),
            (Place::Folder(_), true) => Self::TemporaryFolder(
                tempfile::Builder::new()
                    .prefix("bookstore-")
                    .tempdir()
                    .context("cannot create a temporary folder for the databases")?,
            ),
            (Place::Server(options), false) => Self::Server {
                options: options.clone(),
                sharing,
            },
            (Place::Server(options), true) => Self::TemporaryOnServer {
                options: options.clone(),
                prefix: format!("bookstore_{}_{:08x}", now_ms(), fastrand::u32(..)),
                created: Vec::new(),
            },
        })
    }

    /// What the names of temporary databases on a server begin with, for other processes to share them.
    pub(crate) fn shared_as(&self) -> Option<&str> {
        match self {
            Self::TemporaryOnServer { prefix, .. } => Some(prefix),
            Self::Folder(_) | Self::TemporaryFolder(_) | Self::Server { .. } => None,
        }
    }

    /// Fails when there is no database of a service yet.
    pub(crate) async fn ensure_exists(&self, service: &str) -> anyhow::Result<()> {
        match self {
            Self::Folder(folder) => {
                let file = std::path::absolute(file_of(folder, service))?;
                ensure!(file.is_file(), "there is no {}", file.display());
            }
            Self::Server { options, sharing } => {
                let name = name_on_server(options, *sharing, service);
                connect(&options.clone().database(&name))
                    .await?
                    .close()
                    .await?;
            }
            Self::TemporaryFolder(_) | Self::TemporaryOnServer { .. } => {
                bail!("a fresh database has nothing in it")
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
            Self::Folder(folder) => open_sqlite(folder, service).await,
            Self::TemporaryFolder(folder) => open_sqlite(folder.path(), service).await,
            Self::Server { options, sharing } => {
                let name = name_on_server(options, *sharing, service);
                open_postgres(options, &name, connections).await
            }
            Self::TemporaryOnServer {
                options,
                prefix,
                created,
            } => {
                let name = format!("{prefix}_{service}");
                created.push(name.clone());
                open_postgres(options, &name, connections).await
            }
        }
    }

    /// Removes what was only meant for this process. Connections should be closed before; those
    /// that are still open are ended. Databases on a server are given up after the limit.
    pub(crate) async fn remove(self, limit: Duration) -> anyhow::Result<()> {
        match self {
            Self::Folder(_) | Self::Server { .. } => Ok(()),
            Self::TemporaryFolder(folder) => {
                let path = folder.path().to_owned();
                folder
                    .close()
                    .with_context(|| format!("cannot remove the folder {}", path.display()))
            }
            Self::TemporaryOnServer {
                options, created, ..
            } => {
                // All at once, each for itself: one that cannot be dropped is not the others' end.
                let drops: Vec<_> = created
                    .into_iter()
                    .map(|name| {
                        let dropped = timeout(limit, drop_database(options.clone(), name.clone()));
                        (name, tokio::spawn(dropped))
                    })
                    .collect();
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

fn name_on_server(options: &PgConnectOptions, sharing: Sharing, service: &str) -> String {
    match (options.get_database(), sharing) {
        (Some(name), Sharing::Alone) => name.to_owned(),
        (Some(prefix), Sharing::Several) => format!("{prefix}_{service}"),
        (None, _) => format!("bookstore_{service}"),
    }
}

async fn open_sqlite(folder: &Path, service: &str) -> anyhow::Result<Database> {
    std::fs::create_dir_all(folder).with_context(|| {
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
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(5))
        .row_buffer_size(SQLITE_ROWS_IN_FLIGHT)
        .disable_statement_logging();
    let readers = available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8));
    let opened = async {
        // The writer first: it creates the file.
        let writer = Connections::open(&options, 1).await?;
        let options = options.read_only(true).create_if_missing(false);
        let readers = Connections::open(&options, readers).await?;
        // The first transaction makes the log's index.
        sqlx::query("SELECT COUNT(*) FROM sqlite_schema")
            .execute(&mut *writer.acquire().await?)
            .await?;
        let changes = Some(Changes::of(&file)?);
        Ok::<_, sqlx::Error>(Database::Sqlite {
            writer,
            readers,
            changes,
        })
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
        Err(error) => return Err(error).with_context(|| unreachable_server(&options)),
    }
    let pools = PostgresPools::open(options.clone(), connections)
        .await
        .with_context(|| unreachable_server(&options))?;
    Ok(Database::Postgres(pools))
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
        .with_context(|| unreachable_server(options))
}

/// A server behind a firewall may never answer at all.
async fn try_to_connect(options: &PgConnectOptions) -> sqlx::Result<PgConnection> {
    timeout(CONNECT_TIMEOUT, options.connect())
        .await
        .unwrap_or_else(|elapsed| Err(sqlx::Error::Io(elapsed.into())))
}

/// Names the server without the password.
fn unreachable_server(options: &PgConnectOptions) -> String {
    let place = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => options.get_host().to_owned(),
    };
    format!(
        "cannot reach the database postgres://{}@{place}:{}/{}: check that PostgreSQL runs there and what --database says",
        options.get_username(),
        options.get_port(),
        options.get_database().unwrap_or_default(),
    )
}

fn is(error: &sqlx::Error, code: &str) -> bool {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|actual| actual == code)
}
