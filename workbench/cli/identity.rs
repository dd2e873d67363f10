//! What a build is told apart by: its commit, and what differs from it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a build is made from, relative to a package of the workspace.
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

/// The commit that a package's folder stands at, `-dirty` and a digest of the differences behind it where sources
/// differ: two builds of one commit are not the same program. `None` outside of a repository.
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
        // Other commands of git may be at work.
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
