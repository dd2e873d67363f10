//! `workbench open`: writes the index of a results folder, and opens it in the browser.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

use crate::exit::Exit;
use crate::outcome;

/// Write the index of all results, and open it in the browser.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench open
  workbench open /tmp/results

RESULTS/index.html lists every run with its conclusion and key figures, every series and every comparison, and links to \
their reports. Choose runs there for the command that compares them. It is a file of its own: no server, no network. \
Without a browser, as in an SSH session, only its path is printed.")]
pub(crate) struct Arguments {
    /// Folder that holds the results of all experiments.
    #[arg(value_name = "RESULTS", default_value = "results")]
    results: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let results = &arguments.results;
    let (page, runs) = workbench_report::write_index(results)
        .with_context(|| format!("cannot write the index of {}", results.display()))?;
    let plural = if runs == 1 { "" } else { "s" };
    outcome::print(&format!("{runs} run{plural}: {}\n", page.display()))?;
    if let Err(why) = show(&page) {
        outcome::note(&format!("not opened in a browser: {why}"));
    }
    Ok(Exit::Pass)
}

/// Opens a page with the desktop's default program, which returns at once.
fn show(page: &Path) -> Result<(), String> {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        let has_display = |name| std::env::var_os(name).is_some_and(|it| !it.is_empty());
        if !has_display("DISPLAY") && !has_display("WAYLAND_DISPLAY") {
            return Err("there is no display".to_owned());
        }
        "xdg-open"
    };
    let page = std::path::absolute(page).map_err(|error| error.to_string())?;
    let status = Command::new(program)
        .arg(page)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} ended with {status}")),
        Err(error) => Err(format!("{program}: {error}")),
    }
}
