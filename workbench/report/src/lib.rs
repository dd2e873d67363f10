//! Figures, HTML, Markdown and terminal text of an analysis.
//!
//! [`document`] is a report as plain data, from which terminal text and Markdown are rendered; [`write`] leaves the same as
//! a self-contained page, with its figures beside it. A [`Figure`] is plain data as well: panels with axes and series, which
//! one renderer draws as SVG, and from that as PNG.

mod alike;
mod between;
pub mod calibration;
mod chart;
mod comparison;
mod document;
mod error;
mod exchange;
mod figure;
mod figures;
mod findings;
#[cfg(test)]
#[path = "../tests/reports/fixture/mod.rs"]
#[expect(dead_code, reason = "most of it is for the tests of what is public")]
mod fixture;
mod format;
pub mod gate;
pub mod history;
mod index;
mod live;
mod names;
mod published;
mod scalability;
mod section;
mod steady;
mod table;
mod tables;
mod verdict;
mod worth;
mod write;

pub use document::{Detail, Document, TextOptions};
pub use error::ReportError;
pub use exchange::{ExchangeCount, ShownExchanges, exchange_text, exchanges_text};
pub use figure::Figure;
pub use figures::figures;
pub use index::write_index;
pub use live::live_page;
pub use published::published;
pub use verdict::many_errors;
pub use write::{COMPARISONS_FOLDER, REPORT_FILE, Written, document, page, write};
