//! Completions for shells.

use clap::Command;
use clap_complete::Shell;

use crate::exit::Exit;
use crate::outcome;

/// Print completions for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench completions bash > ~/.local/share/bash-completion/completions/workbench
  workbench completions zsh > ~/.zfunc/_workbench          ~/.zfunc must be in $fpath
  workbench completions fish > ~/.config/fish/completions/workbench.fish")]
pub(crate) struct Arguments {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, mut command: Command) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "workbench", &mut script);
    outcome::print(&String::from_utf8(script)?)?;
    Ok(Exit::Pass)
}
