//! Shows long text on a terminal in a pager.

use std::io::{self, IsTerminal, Write};
use std::process::{Command, Stdio};

use crate::outcome;

/// What a shell exits with where it does not find the command, or may not run it (POSIX, Shell Command Language, 2.8.2).
const NOT_RUN: [i32; 2] = [126, 127];

/// Prints text, on a terminal through the pager unless that is not wanted.
pub(super) fn print(text: &str, without_pager: bool) -> anyhow::Result<()> {
    if !without_pager && io::stdout().is_terminal() {
        let pager = std::env::var("PAGER").unwrap_or_else(|_| usual().to_owned());
        if !pager.trim().is_empty() && page(text, &pager) {
            return Ok(());
        }
    }
    outcome::print(text)
}

/// The default pager of the system; empty if there is none.
fn usual() -> &'static str {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&path).any(|folder| folder.join("less").is_file());
    if is_there { "less -R" } else { "" }
}

/// Whether the pager has shown the text.
fn page(text: &str, pager: &str) -> bool {
    // The pager handles the terminal's input, Ctrl-C included.
    let _ = ctrlc::set_handler(|| {});
    let mut command = Command::new("sh");
    command.args(["-c", pager]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // As git does: colours, no pager for what fits, and the text stays when it ends.
        command.env("LESS", "FRX");
    }
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    if let Some(mut input) = child.stdin.take() {
        // A pager may be left before the end.
        let _ = input.write_all(text.as_bytes());
    }
    let status = child.wait();
    status.is_ok_and(|status| !status.code().is_some_and(|code| NOT_RUN.contains(&code)))
}
