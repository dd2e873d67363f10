//! The gate's report for people and for machines: terminal, Markdown, JUnit, annotations.

mod audit;
#[cfg(test)]
mod fixture;
mod github;
mod junit;
mod markdown;
mod table;
mod text;
mod words;

pub use audit::{audit_markdown, audit_text};
pub use github::annotations;
pub use junit::junit;
pub use markdown::markdown;
pub use text::text;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_junit;
