//! The index of a results folder: every run, series and comparison that is kept in it, on a page.
//!
//! `read` takes manifests, analyses and records of series from disk, and opens no samples: thousands of runs are a moment.
//! What cannot be read is listed with the reason. `page` makes the page of it.

mod page;
mod read;

use std::path::{Path, PathBuf};

use crate::error::ReportError;
use crate::write::write_file;

/// Name of the page in the results folder.
const INDEX_FILE: &str = "index.html";

/// Writes `index.html` into a results folder, and says how many runs it lists.
///
/// Commands on the page name the folder as it is given here.
///
/// # Errors
///
/// When the folder cannot be listed, or the page cannot be written.
pub fn write_index(results: &Path) -> Result<(PathBuf, usize), ReportError> {
    let index = read::index(results).map_err(|source| ReportError::File {
        what: "list",
        path: results.to_owned(),
        source,
    })?;
    let path = results.join(INDEX_FILE);
    write_file(&path, page::page(&index, results)?.as_bytes())?;
    Ok((path, index.runs()))
}
