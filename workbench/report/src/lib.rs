//! Figures, HTML and terminal text of an analysis.

mod canvas;
mod comparison;
mod error;
mod figure;
mod findings;
#[cfg(test)]
mod fixture;
mod format;
mod html;
mod markdown;
mod names;
mod table;
mod tables;
mod text;
mod verdict;
mod write;

pub use error::ReportError;
pub use markdown::markdown;
pub use text::{TextOptions, text};
pub use write::{Written, write};

#[cfg(test)]
mod dump {
    #[test]
    fn dump() {
        for (name, analysis) in [
            ("single", crate::fixture::single()),
            ("five", crate::fixture::five_runs()),
            ("invalid", crate::fixture::invalid()),
            ("killed", crate::fixture::killed()),
            ("many", crate::fixture::many_long_labels()),
            ("hostile", crate::fixture::hostile()),
        ] {
            crate::write(
                &analysis,
                &std::path::Path::new("/tmp/report_dump").join(name),
            )
            .unwrap();
        }
    }
}
