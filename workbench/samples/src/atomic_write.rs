//! Atomic writes: files that appear complete or not at all.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Writes a file, which can be read meanwhile, under a temporary name and gives it its own name once it is complete.
///
/// A reader sees the previous content or the new one, never a part of it, even if the process is killed. The file is
/// not synced: that would use the disk while the system under test is measured, and the kernel keeps the data of a
/// killed process.
pub(crate) fn replace_with<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    let temporary = temporary_name(path);
    let result = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&temporary)
        .map_err(E::from)
        .and_then(|mut file| write(&mut file))
        .and_then(|()| fs::rename(&temporary, path).map_err(E::from));
    if result.is_err() {
        // The first error is returned, not one of the clean-up.
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// Replaces a file's content in one step: readers see the old or the new content, never a part of it.
///
/// # Errors
/// An I/O error; the old content is then untouched.
pub fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    replace_with(path, |file| file.write_all(content))
}

/// Replaces a file's content where there is no room for a second file.
///
/// A reader may see a part of it. If the file cannot be extended, the old content stays.
pub(crate) fn overwrite(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).open(path)?;
    let longer = (content.len() as u64).saturating_sub(file.seek(SeekFrom::End(0))?);
    // Extends the file with spaces first, which keeps the old content valid. Mostly the file's last block has room.
    file.write_all(&b" ".repeat(usize::try_from(longer).unwrap_or(usize::MAX)))?;
    file.rewind()?;
    file.write_all(content)?;
    file.set_len(content.len() as u64)
}

fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_overwritten_by_shorter_and_longer_content() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        replace_file(&path, b"old").unwrap();
        for content in [b"shorter than".as_slice(), b"new"] {
            overwrite(&path, content).unwrap();
            assert_eq!(fs::read(&path).unwrap(), content);
        }
        assert!(overwrite(&directory.path().join("none"), b"new").is_err());
    }

    #[test]
    fn a_failed_write_leaves_the_old_content_and_no_temporary_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        replace_file(&path, b"old").unwrap();

        let result: io::Result<()> = replace_with(&path, |file| {
            io::Write::write_all(file, b"ne")?;
            Err(io::Error::other("disk full"))
        });

        assert_eq!(result.unwrap_err().to_string(), "disk full");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
