//! The gate's report for people and for machines: terminal, page, Markdown, comment, JUnit, annotations.

mod audit;
mod comment;
mod concluded;
mod document;
mod github;
mod junit;
mod no_verdict;
mod planning;
mod table;
mod terms;
mod verdict;

pub(crate) use concluded::{EXPLORATORY, concluded};
pub(crate) use document::level;
pub(crate) use verdict::stored_verdict;

pub use audit::audit;
pub use comment::comment;
pub use document::document;
pub use github::annotations;
pub use junit::junit;
pub use no_verdict::{annotation_without_verdict, comment_without_verdict, junit_without_verdict};
pub use planning::plan;
pub use verdict::{Made, VERDICT_FILE, VERDICT_PAGE, page, write_verdict};
