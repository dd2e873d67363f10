//! The identity of a build: its commit, and a digest of the changes since.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The sources of a build, relative to a package of the workspace.
pub(crate) const SOURCES: [&str; 9] = [
    "../analysis/src",
    "../cli/src",
    "../load/src",
    "../plan/src",
    "../report/src",
    "../report/templates",
    "../samples/src",
    "../statistics/src",
    "../../Cargo.lock",
];

/// The commit of a package's folder. If sources differ from it, `-dirty` and a digest of the differences are appended,
/// so that different builds of one commit have different identities. `None` outside of a repository.
pub(crate) fn of(package: &Path) -> Option<String> {
    let commit = git(package, &["rev-parse", "--short=12", "HEAD"], b"")?;
    let with_sources = |arguments: &[&'static str]| {
        let there = SOURCES
            .into_iter()
            .filter(|source| package.join(source).exists());
        let arguments: Vec<&str> = arguments
            .iter()
            .copied()
            .chain(["--"])
            .chain(there)
            .collect();
        git(package, &arguments, b"")
    };
    let changed = with_sources(&["status", "--porcelain", "--untracked-files=all"])?;
    if changed.is_empty() {
        return Some(commit);
    }
    let difference = with_sources(&["diff", "HEAD"])?;
    let digest = git(
        package,
        &["hash-object", "--stdin"],
        format!("{changed}\n{difference}").as_bytes(),
    )?;
    let digest = digest.get(..8)?;
    Some(format!("{commit}-dirty.{digest}"))
}

/// The file that changes with every commit.
pub(crate) fn log(package: &Path) -> Option<PathBuf> {
    let log = git(package, &["rev-parse", "--git-path", "logs/HEAD"], b"")?;
    Some(package.join(log)).filter(|log| log.exists())
}

fn git(directory: &Path, arguments: &[&str], input: &[u8]) -> Option<String> {
    let mut git = Command::new("git")
        .current_dir(directory)
        .args(arguments)
        // Other git commands may be running.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    git.stdin.take()?.write_all(input).ok()?;
    let output = git.wait_with_output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned();
    output.status.success().then_some(text)
}
