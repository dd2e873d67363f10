//! What can go wrong while a report is made.

use std::path::PathBuf;

/// Why a report could not be made; each completes “failed to …”.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A folder could not be created or listed, or a file not be written.
    #[error("{what} {}", path.display())]
    File {
        /// `create`, `list` or `write`.
        what: &'static str,
        /// The folder or file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A figure could not be drawn.
    #[error("draw figure {figure}: {reason}")]
    Draw {
        /// Name of the figure.
        figure: String,
        /// What the drawing library said; its error type is not one of the standard library's.
        reason: String,
    },
    /// The page could not be filled in.
    #[error("fill in the report page")]
    Page {
        /// What the template engine said.
        source: askama::Error,
    },
}
