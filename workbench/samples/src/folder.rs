//! Folders named by the time of their making; never reused.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_same_second_are_told_apart() {
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
