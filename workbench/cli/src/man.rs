//! Manual pages.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::Command;
use clap_mangen::Man;

use crate::exit::Exit;
use crate::outcome;

/// Print the manual page, or write a page for each verb.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench man | man -l -
  workbench man --output ~/.local/share/man/man1     then: man workbench-compare")]
pub(crate) struct Arguments {
    /// Folder to write the pages of the program and of each verb to; made if it is not there.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, command: Command) -> anyhow::Result<Exit> {
    let Some(folder) = &arguments.output else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        outcome::print(&String::from_utf8(page)?)?;
        return Ok(Exit::Pass);
    };
    let written =
        fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written.with_context(|| format!("cannot write manual pages to {}", folder.display()))?;
    Ok(Exit::Pass)
}
