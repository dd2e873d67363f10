//! Where a password comes from: a file, a variable, a terminal, or another program. Never an
//! argument, which everybody on the machine may read.

use std::{
    io::{BufRead, IsTerminal},
    path::Path,
};

use anyhow::{Context, ensure};

use super::password::Password;

/// The variable that holds the password.
const VARIABLE: &str = "BOOKSTORE_ADMIN_PASSWORD";

/// The password that the process was started with, if any: the file's, else the variable's.
pub(crate) fn given_password(file: Option<&Path>) -> anyhow::Result<Option<Password>> {
    if let Some(file) = file {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the admin password from {}", file.display()))?;
        let line = text.lines().next().unwrap_or_default();
        let password = Password::chosen(line);
        return password
            .map(Some)
            .with_context(|| format!("the admin password in {} is refused", file.display()));
    }
    match std::env::var(VARIABLE) {
        Ok(text) => Password::chosen(&text)
            .map(Some)
            .with_context(|| format!("the admin password in {VARIABLE} is refused")),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {VARIABLE}")),
    }
}

/// Asks for a new password at the terminal, twice; else it is the first line of standard input.
pub(crate) fn typed_password() -> anyhow::Result<Password> {
    let text = if std::io::stdin().is_terminal() {
        let typed = rpassword::prompt_password("New admin password: ")?;
        let repeated = rpassword::prompt_password("The same again: ")?;
        ensure!(
            typed == repeated,
            "the two are different; nothing was changed"
        );
        typed
    } else {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        read.context("cannot read the password from standard input")?;
        line.trim_end_matches(['\n', '\r']).to_owned()
    };
    Password::chosen(&text).context("nothing was changed")
}
