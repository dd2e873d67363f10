//! Databases that outlive the processes of a story.

use sqlx::{AssertSqlSafe, Executor};
use tempfile::TempDir;

use super::postgres;

/// The databases of a shop; removed with this value, also when the story fails.
pub(crate) enum Data {
    Folder(TempDir),
    Server {
        url: String,
        /// What the databases' names begin with.
        name: String,
    },
}

impl Data {
    /// Names for databases that do not exist yet, on SQLite or on this server.
    pub(crate) fn new(database: &str) -> Self {
        match database {
            "sqlite" => Self::Folder(tempfile::tempdir().unwrap()),
            url => Self::Server {
                url: url.to_owned(),
                name: format!("kept_{:016x}", fastrand::u64(..)),
            },
        }
    }

    /// As a shop's `--database`.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Folder(folder) => format!("sqlite:{}", folder.path().display()),
            Self::Server { url, name } => postgres::with_database(url, name),
        }
    }
}

impl Data {
    /// Copies a service's database, which nobody has open.
    pub(crate) async fn copy(&self, service: &str) {
        match self {
            Self::Folder(folder) => {
                let file = |name: &str| folder.path().join(format!("{name}.db"));
                std::fs::copy(file(service), file("copy")).unwrap();
            }
            Self::Server { url, name } => {
                let copy = format!("CREATE DATABASE {name}_copy TEMPLATE {name}_{service}");
                administrate(url, &[copy]).await;
            }
        }
    }

    /// Puts the copy in the place of a service's database, which nobody has open.
    pub(crate) async fn restore(&self, service: &str) {
        match self {
            Self::Folder(folder) => {
                let file = |name: &str| folder.path().join(format!("{name}.db"));
                assert!(!folder.path().join(format!("{service}.db-wal")).exists());
                std::fs::rename(file("copy"), file(service)).unwrap();
            }
            Self::Server { url, name } => {
                let drop = format!("DROP DATABASE {name}_{service}");
                let rename = format!("ALTER DATABASE {name}_copy RENAME TO {name}_{service}");
                administrate(url, &[drop, rename]).await;
            }
        }
    }

    /// Removes a service's database, which nobody has open any more.
    pub(crate) async fn wipe(&self, service: &str) {
        match self {
            Self::Folder(folder) => {
                for end in ["db", "db-wal", "db-shm"] {
                    let removed =
                        std::fs::remove_file(folder.path().join(format!("{service}.{end}")));
                    assert!(removed.is_ok() || end != "db");
                }
            }
            Self::Server { url, name } => {
                let drop = format!("DROP DATABASE {name}_{service} WITH (FORCE)");
                administrate(url, &[drop]).await;
            }
        }
    }
}

/// Executes statements that create and drop databases.
pub(crate) async fn administrate(url: &str, statements: &[String]) {
    let mut administrator = postgres::administrator(url).await;
    for statement in statements {
        let statement = AssertSqlSafe(statement.as_str());
        administrator.execute(statement).await.unwrap();
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let Self::Server { url, name } = self else {
            return;
        };
        let names = ["catalog", "cart", "orders", "storefront", "copy"];
        let drops = names.map(|it| format!("DROP DATABASE IF EXISTS {name}_{it} WITH (FORCE)"));
        // A runtime cannot be waited for within another one.
        std::thread::scope(|scope| {
            let dropping = scope.spawn(|| {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(administrate(url, &drops));
            });
            let dropped = dropping.join();
            assert!(dropped.is_ok() || std::thread::panicking());
        });
    }
}
