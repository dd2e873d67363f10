//! The gate's report for people and for machines: terminal, Markdown, comment, JUnit, annotations.

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

pub(crate) use concluded::{EXPLORATORY, concluded};
pub(crate) use document::level;

pub use audit::audit;
pub use comment::comment;
pub use document::document;
pub use github::annotations;
pub use junit::junit;
pub use no_verdict::{annotation_without_verdict, comment_without_verdict, junit_without_verdict};
pub use planning::plan;
