//! Whether a SQLite file was written to, without asking SQLite: a question to it is two journeys
//! between threads, and this is one look at a page in memory.
//!
//! The file beside it, `…-shm`, is the index of its write-ahead log, in memory that all processes
//! share. It begins with two copies of a header that every commit replaces (the second copy first),
//! before the commit is acknowledged. Each header differs from all before: it has a count of
//! commits, and random numbers that are new when the log starts again. SQLite's own readers
//! compare the same bytes to find out whether the pages that they have in memory are still right.
//!
//! # References
//! SQLite, "WAL-mode File Format", 2.1 "The WAL-Index Header"; `walIndexTryHdr` and
//! `walIndexWriteHdr` in `wal.c`.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

/// Bytes of one copy of the header.
const HEADER: usize = 48;

/// What a database was when it was looked at. Equal ones have nothing committed between them, by
/// whichever connection of whichever process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version([u8; HEADER]);

/// Looks at a file's versions; cheap to clone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Changes {
    /// Never closed: POSIX takes away all locks that a process has on a file when it closes any
    /// descriptor of it, also those of SQLite.
    index: &'static File,
}

impl Changes {
    /// Looks at the file of this name from now on. It has to be in WAL mode, and to stay open: the index is
    /// removed with the last connection.
    pub(super) fn of(file: &Path) -> io::Result<Self> {
        let mut index = file.as_os_str().to_owned();
        index.push("-shm");
        let index = Box::leak(Box::new(File::open(index)?));
        Ok(Self { index })
    }

    /// The version at this moment; none while it is being replaced.
    pub(crate) fn version(&self) -> Option<Version> {
        let mut bytes = [0; 2 * HEADER];
        self.index.read_exact_at(&mut bytes, 0).ok()?;
        let (first, second) = bytes.split_at(HEADER);
        // All zeros until the first transaction.
        let whole = first == second && first.iter().any(|byte| *byte != 0);
        whole.then(|| Version(first.try_into().expect("as long as a header")))
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{
        ConnectOptions, Executor, SqliteConnection,
        sqlite::{SqliteConnectOptions, SqliteJournalMode},
    };

    use super::*;

    async fn connect(file: &Path) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(file);
        let options = options.journal_mode(SqliteJournalMode::Wal);
        options.create_if_missing(true).connect().await.unwrap()
    }

    #[tokio::test]
    async fn each_commit_of_whichever_connection_makes_a_version_that_never_was() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("books.db");
        let mut one = connect(&file).await;
        let mut other = connect(&file).await;
        one.execute("CREATE TABLE books (id INTEGER PRIMARY KEY)")
            .await
            .unwrap();
        let changes = Changes::of(&file).unwrap();
        let mut seen = vec![changes.version().unwrap()];
        for round in 0..50 {
            let writer = if round % 2 == 0 { &mut one } else { &mut other };
            writer
                .execute("INSERT INTO books DEFAULT VALUES")
                .await
                .unwrap();
            if round % 10 == 5 {
                // The log starts again from its beginning.
                let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
                writer.execute(checkpoint).await.unwrap();
            }
            let version = changes.version().unwrap();
            assert!(!seen.contains(&version), "round {round}");
            seen.push(version);
        }
    }
}
