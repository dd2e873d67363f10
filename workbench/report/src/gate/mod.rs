//! The gate's report for people and for machines: terminal, Markdown, comment, JUnit, annotations.

mod audit;
mod comment;
mod concluded;
mod document;
#[cfg(test)]
pub(crate) mod fixture;
mod github;
mod junit;
mod no_verdict;
mod planning;
mod table;
mod words;

pub(crate) use concluded::{EXPLORATORY, concluded};
pub(crate) use document::level;

pub use audit::audit;
pub use comment::comment;
pub use document::document;
pub use github::annotations;
pub use junit::junit;
pub use no_verdict::{annotation_without_verdict, comment_without_verdict, junit_without_verdict};
pub use planning::plan;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_comment;
#[cfg(test)]
mod tests_junit;
