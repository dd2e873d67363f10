//! Figures, HTML, Markdown and terminal text of an analysis.
//!
//! [`write`] leaves a self-contained page and its figures in a folder, [`text`] is for a terminal and
//! [`markdown`] for pull requests. All of them show the same tables, made once as data; a figure is
//! likewise computed first and drawn afterwards, as SVG and as PNG by the same code.
//!
//! Figures are lettered in Inter, which is bundled in `fonts/` beside its licence, so that a machine
//! without fonts draws the same as any other.

mod alike;
mod between;
pub mod calibration;
mod canvas;
mod comparison;
mod error;
mod exchange;
mod figure;
mod findings;
#[cfg(test)]
mod fixture;
mod format;
pub mod gate;
mod html;
mod markdown;
mod names;
mod published;
mod scalability;
mod steady;
mod table;
mod tables;
mod text;
mod verdict;
mod worth;
mod write;

pub use error::ReportError;
pub use markdown::{markdown, published_markdown};
pub use text::{
    ExchangeCount, ShownExchanges, TextOptions, exchange_text, exchanges_text, published_text, text,
};
pub use verdict::many_errors;
pub use write::{Written, write};
