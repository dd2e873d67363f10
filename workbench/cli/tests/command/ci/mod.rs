//! The scripts of `workbench/ci` and the action that calls them. A forge on loopback takes the place of GitHub and
//! GitLab.

mod action;
mod comment;
mod forge;

use std::path::PathBuf;
use std::process::Command;

fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Bash with nothing of this process's environment but the path.
fn bash() -> Command {
    let mut command = Command::new("bash");
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap());
    command
}
