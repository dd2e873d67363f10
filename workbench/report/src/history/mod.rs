//! A history for people: terminal, Markdown and a page with figures.

mod document;
mod tables;
pub(crate) mod terms;

use std::path::Path;

use workbench_analysis::history::History;

pub use document::document;

use crate::document::html_page;
use crate::error::ReportError;
use crate::write::write_file;

/// Writes the history as a page that needs no other file.
///
/// # Errors
/// When the file cannot be written, or a figure or the page cannot be made.
pub fn write_page(history: &History, file: &Path) -> Result<(), ReportError> {
    let page = html_page(&document::with_figures(history))?;
    write_file(file, page.as_bytes())
}
