//! Those that are measured: the bookstore, and what it is held against.

use std::{path::Path, time::Duration};

use anyhow::Context;

use crate::{
    calls::Call,
    load::{Round, run_load},
    postgres::Postgres,
    process::Server,
    transactions::Transactions,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contender {
    Bookstore(Database),
    /// An axum handler that has the same bytes in memory.
    Bare,
    /// An axum handler that asks PostgreSQL one query by sqlx.
    OneQuery,
    /// The services of the student report, on PostgreSQL.
    FastApi,
    /// An order's transactions straight through sqlx, without HTTP.
    Transactions(Database),
}

impl Contender {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bookstore(Database::Sqlite) => "bookstore, SQLite",
            Self::Bookstore(Database::Postgres) => "bookstore, PostgreSQL",
            Self::Bare => "bare axum handler",
            Self::OneQuery => "axum and one sqlx query, PostgreSQL",
            Self::FastApi => "the report's FastAPI services, PostgreSQL",
            Self::Transactions(Database::Sqlite) => "its transactions through sqlx, SQLite",
            Self::Transactions(Database::Postgres) => "its transactions through sqlx, PostgreSQL",
        }
    }
}

/// All of them, each with databases of its own.
pub(crate) struct Contenders {
    sqlite: Server,
    postgres: Server,
    bare: Server,
    one_query: Server,
    fast_api: Option<Server>,
    /// Databases with the tables of a shop that does not run.
    transactions: [String; 2],
    /// Stopped after those that use it.
    _server: Postgres,
}

impl Contenders {
    /// Starts them; the report's services where there is a Python that has what they need.
    pub(crate) fn start(folder: &Path, python: Option<&Path>) -> anyhow::Result<Self> {
        let server = crate::postgres::start()?.context("no PostgreSQL is installed")?;
        let folder = folder.display();
        let transactions = [
            format!("sqlite:{folder}/transactions"),
            server.url("transactions"),
        ];
        for database in &transactions {
            // Only to have the tables made and the books put in.
            Server::shop(database)?.stop()?;
        }
        let sqlite = Server::shop(&format!("sqlite:{folder}/shop"))?;
        let postgres = Server::shop(&server.url("shop"))?;
        let fast_api = python
            .map(|python| {
                server.create("report")?;
                Server::fast_api(python, &server.url("report"))
            })
            .transpose()?;
        Ok(Self {
            bare: Server::bare(sqlite.url("catalog")?)?,
            one_query: Server::one_query(&server.url("shop_catalog"))?,
            sqlite,
            postgres,
            fast_api,
            transactions,
            _server: server,
        })
    }

    /// Measures one of them at a call; nothing where it is not there.
    pub(crate) fn measure(
        &self,
        contender: Contender,
        call: &Call,
        connections: usize,
        time: Duration,
    ) -> anyhow::Result<Option<Round>> {
        let server = match contender {
            Contender::Bookstore(Database::Sqlite) => &self.sqlite,
            Contender::Bookstore(Database::Postgres) => &self.postgres,
            Contender::Bare => &self.bare,
            Contender::OneQuery => &self.one_query,
            Contender::FastApi => match &self.fast_api {
                Some(server) => server,
                None => return Ok(None),
            },
            Contender::Transactions(database) => {
                let straight = Transactions::open(&self.transactions[database as usize])?;
                return straight.run(connections, time).map(Some);
            }
        };
        run_load(server, call, connections, time)
            .with_context(|| format!("{} by {}", call.name, contender.name()))
            .map(Some)
    }
}
