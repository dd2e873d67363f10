//! Experiment files: YAML text to [`Plan`], and back; and tables of printed tests, which are YAML too.
//!
//! The text is read twice: once for its meaning, into the `format` structs, and once for the positions of its parts
//! (`source`). `resolve` turns the structs into a plan and walks the positions alongside, so that every
//! mistake is reported where it was made.

mod duration;
mod encoding;
mod foreign;
pub(crate) mod format;
mod injected;
mod published;
mod rate;
mod request;
mod resolve;
mod schema;
mod source;
mod structure;
mod threshold;
mod url;

pub(crate) use duration::canonical_limit;
pub use duration::{DurationError, format_duration};
pub use published::{parse_published, read_published};
pub use schema::json_schema;
pub use url::BaseUrlError;

pub(crate) use format::PlanFile;
pub(crate) use url::without_password;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::diagnostic::nearest;
use crate::error::{Mistake, PlanError};
use crate::plan::Plan;
use encoding::Unreadable;
use source::{Node, Source};

/// Reads an experiment file, and checks the files that it names.
///
/// # Errors
/// The file cannot be read, or something in it is wrong; then the error says what and where.
pub fn read(path: &Path) -> Result<Plan, PlanError> {
    plan_in(&text_of(path)?, path, Files::Loaded)
}

/// Reads a YAML file that is not an experiment into what serde makes of it.
///
/// Mistakes are reported as those of experiments are, with their place and the nearest right word.
///
/// # Errors
/// The file cannot be read, or something in it is wrong; then the error says what and where.
pub fn read_settings<T: DeserializeOwned>(path: &Path) -> Result<T, PlanError> {
    structure::read(&Source::new(&text_of(path)?), |settings, _| Ok(settings))
        .map_err(|mistakes| invalid(path, mistakes))
}

fn invalid(path: &Path, mistakes: Vec<Mistake>) -> PlanError {
    PlanError::Invalid {
        path: path.to_owned(),
        mistakes,
    }
}

fn text_of(path: &Path) -> Result<String, PlanError> {
    encoding::text_of(path).map_err(|refused| match refused {
        Unreadable::NotText(reason) => PlanError::NotText {
            path: path.to_owned(),
            reason,
        },
        Unreadable::Io(source) => PlanError::Unreadable {
            path: path.to_owned(),
            suggestion: (source.kind() == io::ErrorKind::NotFound)
                .then(|| similar_file(path))
                .flatten(),
            source,
        },
    })
}

/// Turns the text of an experiment file into a plan; `path` is for messages, for the default name, and for the folder of
/// the files that the experiment names, which are not looked at.
///
/// # Errors
/// Something in the text is wrong; the error says what and where.
pub fn parse(text: &str, path: &Path) -> Result<Plan, PlanError> {
    plan_in(text, path, Files::Named)
}

/// How the files that an experiment names are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Files {
    /// They are read, so that what is wrong with them is a mistake in the experiment.
    Loaded,
    /// They are not read, and may be missing.
    Named,
    /// As `Named`, for an edited copy of a valid experiment.
    Edited,
}

/// The plan of an edited copy of a valid file.
///
/// # Errors
/// The edited file is not a valid experiment.
pub(crate) fn edited(file: PlanFile, path: &Path) -> Result<Plan, PlanError> {
    let source = Source::new("");
    let plan = resolve::resolve(file, &Node::nowhere(), &source, path, Files::Edited);
    plan.map_err(|mistakes| invalid(path, mistakes))
}

fn plan_in(text: &str, path: &Path, files: Files) -> Result<Plan, PlanError> {
    let source = Source::new(text);
    structure::read(&source, |file, root| {
        resolve::resolve(file, root, &source, path, files)
    })
    .map_err(|mistakes| invalid(path, mistakes))
}

/// Reads a time as experiment files write it: `100ms`, `10s`, `1m30s`, `1h`.
///
/// # Errors
/// The text is not a time, has no unit, or is longer than 365 days; the error says what would be right.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// assert_eq!(workbench_plan::parse_duration("1m30s"), Ok(Duration::from_secs(90)));
/// ```
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    duration::parse_duration(text).map_err(|diagnostic| DurationError(diagnostic.message))
}

/// A file in the same folder whose name is nearly the same.
fn similar_file(path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    let listed = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let names: Vec<String> = std::fs::read_dir(listed)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".yaml") || name.ends_with(".yml"))
        .collect();
    let near = nearest(
        path.file_name()?.to_str()?,
        names.iter().map(String::as_str),
    )?;
    Some(folder.join(near))
}
