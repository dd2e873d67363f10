//! What can go wrong while a report is made.

use std::path::PathBuf;

/// Why a report could not be made; each completes “failed to …”.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A folder could not be created.
    #[error("create {}", path.display())]
    CreateDirectory {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A folder could not be listed.
    #[error("list {}", path.display())]
    List {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("write {}", path.display())]
    Write {
        /// The file.
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
