//! The sources of an experiment. Each module reads one kind into a [`Draft`](super::draft::Draft).

pub(super) mod curl;
pub(super) mod har;
pub(super) mod jmx;
pub(super) mod openapi;
pub(super) mod starter;
pub(super) mod url;

use std::io::Read;
use std::path::Path;

use anyhow::Context;

/// Bytes of the largest document that is read.
const LONGEST_DOCUMENT: usize = 256 << 20;

/// The text of a source that is a file, or standard input where it is `-`.
fn read(path: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    if path == "-" {
        let limit = u64::try_from(LONGEST_DOCUMENT).unwrap_or(u64::MAX);
        let input = std::io::stdin().lock().take(limit).read_to_end(&mut bytes);
        input.context("cannot read standard input")?;
    } else {
        bytes = std::fs::read(path).with_context(|| format!("cannot read {path}"))?;
    }
    let text = String::from_utf8(bytes).with_context(|| format!("{path} is not UTF-8"))?;
    Ok(text.trim_start_matches('\u{FEFF}').to_owned())
}

/// The name of a file without its ending, after which an experiment may be named.
fn stem(path: &str) -> Option<&str> {
    Path::new(path).file_stem()?.to_str()
}
