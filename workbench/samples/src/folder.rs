//! Folders named by their creation time; never reused.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// Creates `<parent>/<UTC time>-<short id>`, with `parent` where it is missing.
///
/// Names sort by time; the id tells folders of the same second apart.
///
/// # Errors
///
/// When the folder cannot be made; the error does not name it.
pub fn create_dated_folder(parent: &Path) -> io::Result<PathBuf> {
    std::fs::create_dir_all(parent)?;
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut id = std::process::id();
    loop {
        let path = parent.join(format!("{time}-{:04x}", id & 0xffff));
        match std::fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => id = id.wrapping_add(1),
            Err(error) => return Err(error),
        }
    }
}

/// Name of the folder of a segment, in that of its run. Names sort by number.
#[must_use]
pub fn segment_folder(number: u32, of: u32) -> String {
    let width = of.to_string().len();
    format!("segment-{number:0width$}-of-{of}")
}

/// The folders of segments in that of their run, in order; none of a run that was made in one.
///
/// # Errors
///
/// An I/O error.
pub fn segment_folders(run: &Path) -> io::Result<Vec<PathBuf>> {
    if !run.is_dir() {
        return Ok(Vec::new());
    }
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(run)? {
        let entry = entry?;
        let is_segment = entry.file_name().to_str().is_some_and(is_segment_name);
        if is_segment && entry.path().is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

fn is_segment_name(name: &str) -> bool {
    let numbers = name
        .strip_prefix("segment-")
        .and_then(|it| it.split_once("-of-"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    numbers.is_some_and(|(number, of)| is_number(number) && is_number(of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_same_second_have_different_names() {
        let parent = tempfile::tempdir().unwrap();
        let parent = parent.path().join("results/experiment");
        let made: Vec<_> = (0..20)
            .map(|_| create_dated_folder(&parent).unwrap())
            .collect();
        assert!(made.iter().all(|folder| folder.is_dir()));
        let distinct: std::collections::HashSet<_> = made.iter().collect();
        assert_eq!(distinct.len(), 20);
    }
}
