//! Figures, HTML, Markdown and terminal text of an analysis.
//!
//! [`document`] is a report as plain data, from which terminal text and Markdown are rendered; [`write`] leaves the same as
//! a self-contained page, with its figures beside it. A [`Figure`] is plain data as well: panels with axes and series, which
//! one renderer draws as SVG, and from that as PNG.

pub mod calibration;
mod chart;
mod document;
mod error;
mod exchange;
mod figure;
mod figures;
mod findings;
#[cfg(test)]
#[path = "../tests/reports/fixture/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "most of it is for the tests of what is public"
)]
mod fixture;
mod format;
pub mod gate;
mod groups;
pub mod history;
mod index;
mod judgement;
mod live;
mod names;
mod published;
mod requests;
mod runs;
mod scalability;
mod section;
mod steady;
mod study;
mod table;
mod write;

pub use document::{Detail, Document, TextOptions};
pub use error::ReportError;
pub use exchange::{ExchangeCount, ShownExchanges, exchange_text, exchanges_text};
pub use figure::Figure;
pub use figures::figures;
pub use format::quoted;
pub use index::write_index;
pub use judgement::many_errors;
pub use live::live_page;
pub use published::published;
pub use write::{COMPARISONS_FOLDER, REPORT_FILE, Written, document, page, write};
