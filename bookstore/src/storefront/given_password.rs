//! Where a password comes from: a file, a variable, a terminal, or another program. Never an
//! argument, which everybody on the machine may read.

use std::{
    io::{BufRead, IsTerminal},
    path::Path,
};

use anyhow::{Context, ensure};

use super::password::Password;
use crate::platform::secret::first_line_or_variable;

/// The variable that holds the password.
const VARIABLE: &str = "BOOKSTORE_ADMIN_PASSWORD";

/// The password that the process was started with, if any: the file's, else the variable's.
pub(crate) fn given_password(file: Option<&Path>) -> anyhow::Result<Option<Password>> {
    let password = |text: &str| Ok(Password::chosen(text)?);
    first_line_or_variable(file, VARIABLE, password)
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
