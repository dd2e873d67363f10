//! A checksum of a Parquet file as a whole, kept in its own metadata.
//!
//! Pages as Polars writes them have none: damaged ones may be read as other values, and a damaged footer may ask for any amount of
//! memory, which ends the process. So a file is checked before Polars sees it. The checksum is that of the file with
//! [`UNSET`] in its own place. Files that were written before there were checksums are read without.
//!
//! # References
//! CRC-32 of ISO 3309 (that of gzip): it finds every damage of up to 32 bits in a row, and any other but one in 4·10⁹.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

use memchr::memmem;

/// Key of the checksum in the file's metadata.
pub(crate) const KEY: &str = "workbench.crc32";
/// What a file is written with: eight hexadecimal digits.
pub(crate) const UNSET: &str = "00000000";

/// What stands between key and value: in Thrift's compact protocol, the next field, which is text, and its length.
const BETWEEN: [u8; 2] = [0x18, 0x08];
/// The metadata are among the last bytes of a file; these are many times as many.
const TAIL: u64 = 1 << 18;

/// Writes the checksum of a complete file into it. The file is open for reading, too.
pub(crate) fn seal(file: &mut File) -> io::Result<()> {
    let place = place(file)?.ok_or_else(|| io::Error::other("there is no place for a checksum"))?;
    let sum = checksum(file, place)?;
    file.seek(SeekFrom::Start(place))?;
    file.write_all(sum.as_bytes())
}

/// Whether a file is as it was written. `None` if it has no checksum.
pub(crate) fn is_intact(file: &mut File) -> io::Result<Option<bool>> {
    let Some(place) = place(file)? else {
        return Ok(None);
    };
    let mut stored = [0; UNSET.len()];
    file.seek(SeekFrom::Start(place))?;
    file.read_exact(&mut stored)?;
    Ok(Some(checksum(file, place)?.as_bytes() == stored))
}

/// Where the checksum stands.
fn place(file: &mut File) -> io::Result<Option<u64>> {
    let length = file.seek(SeekFrom::End(0))?;
    let start = length.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    let key = [KEY.as_bytes(), &BETWEEN].concat();
    let place = memmem::rfind(&tail, &key).map(|at| at + key.len());
    let is_whole = |place: &usize| place + UNSET.len() <= tail.len();
    Ok(place.filter(is_whole).map(|place| start + place as u64))
}

/// The checksum of a file in which [`UNSET`] stands at `place`.
fn checksum(file: &mut File, place: u64) -> io::Result<String> {
    let mut sum = crc32fast::Hasher::new();
    file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    add(&mut sum, (&mut reader).take(place))?;
    sum.update(UNSET.as_bytes());
    reader.seek_relative(UNSET.len() as i64)?;
    add(&mut sum, reader)?;
    Ok(format!("{:08x}", sum.finalize()))
}

fn add(sum: &mut crc32fast::Hasher, mut bytes: impl BufRead) -> io::Result<()> {
    loop {
        let read = bytes.fill_buf()?;
        if read.is_empty() {
            return Ok(());
        }
        sum.update(read);
        let count = read.len();
        bytes.consume(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_of(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        file
    }

    fn with_place(before: usize, after: usize) -> Vec<u8> {
        let key = [KEY.as_bytes(), &BETWEEN, UNSET.as_bytes()].concat();
        [vec![7; before], key, vec![9; after]].concat()
    }

    #[test]
    fn a_sealed_file_is_intact_until_a_byte_of_it_changes() {
        for (before, after) in [(0, 0), (100, 20), (300_000, 5), (70_000, 70_000)] {
            let mut file = file_of(&with_place(before, after));
            seal(&mut file).unwrap();
            assert_eq!(is_intact(&mut file).unwrap(), Some(true));
            for at in [0, before / 2, before + 20, before + 24 + after] {
                let mut byte = [0];
                file.seek(SeekFrom::Start(at as u64)).unwrap();
                file.read_exact(&mut byte).unwrap();
                for (byte, is_intact_now) in [(byte[0] ^ 4, Some(false)), (byte[0], Some(true))] {
                    file.seek(SeekFrom::Start(at as u64)).unwrap();
                    file.write_all(&[byte]).unwrap();
                    let found = is_intact(&mut file).unwrap();
                    // A damaged key is none.
                    assert!(
                        found == is_intact_now || found.is_none() && at < before + 17,
                        "{at}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_file_without_a_place_has_no_checksum_and_cannot_be_sealed() {
        let mut file = file_of(b"PAR1 workbench.crc32 PAR1");
        assert_eq!(is_intact(&mut file).unwrap(), None);
        assert!(seal(&mut file).is_err());
    }
}
