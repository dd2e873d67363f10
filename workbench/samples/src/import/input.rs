//! Reads a file as lines. Its own thread reads, hashes and, for gzip, decompresses it. Long, because reader and thread share
//! the chunks.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use encoding_rs_io::DecodeReaderBytesBuilder;
use flate2::read::MultiGzDecoder;
use memchr::memchr;
use sha2::{Digest, Sha256};

use super::Watch;
use super::error::ImportError;
use crate::origin::OriginFile;

/// Bytes of a read, and of the beginning by which a format is detected.
const CHUNK: usize = 1 << 20;
/// Chunks that wait to be parsed.
const WAITING: usize = 4;
/// Longest line. The rest of a longer one is skipped.
const LONGEST_LINE: usize = 16 << 20;
/// Most lines of a quoted field. A longer one was never closed.
const MOST_LINES: usize = 100;

/// Interval of checking for a stop while waiting for input.
const PATIENCE: Duration = Duration::from_millis(50);

/// The name of standard input as a file.
const STDIN: &str = "-";

/// The lines of one file.
pub(super) struct Input {
    path: PathBuf,
    chunks: Option<Receiver<io::Result<Vec<u8>>>>,
    reader: Option<JoinHandle<io::Result<(OriginFile, bool)>>>,
    chunk: Vec<u8>,
    position: usize,
    /// A line that reaches over the end of a chunk.
    carried: Vec<u8>,
    line: Line,
    /// Number of the line, from 1.
    number: u64,
    /// Lines that were joined to the one before and must be read again.
    returned: Vec<(u64, Vec<u8>)>,
    /// When the file was last written; now for what is no file.
    pub(super) modified_ns: i64,
    /// The last line of the file has no line end.
    pub(super) unfinished: bool,
    stop: Arc<AtomicBool>,
}

/// Where the bytes of the current line are.
enum Line {
    Chunk(std::ops::Range<usize>),
    Carried,
}

impl Input {
    /// Opens a file, or standard input for `-`.
    pub(super) fn open(path: &Path, watch: &Watch) -> Result<Self, ImportError> {
        let cannot = |source| ImportError::Read {
            path: path.to_owned(),
            source,
        };
        let mut modified = SystemTime::now();
        let source: Box<dyn Read + Send> = if path.as_os_str() == STDIN {
            Box::new(io::stdin())
        } else {
            let metadata = fs::metadata(path).map_err(cannot)?;
            if metadata.is_dir() {
                return Err(ImportError::Directory {
                    path: path.to_owned(),
                });
            }
            if metadata.is_file() {
                modified = metadata.modified().unwrap_or(modified);
            }
            // Opened in the reading thread, because opening a pipe without a writer blocks.
            Box::new(Opened {
                path: path.to_owned(),
                file: if metadata.is_file() {
                    Some(File::open(path).map_err(cannot)?)
                } else {
                    None
                },
            })
        };
        let (chunks, received) = sync_channel(WAITING);
        let name = path.display().to_string();
        let progress = Arc::clone(&watch.bytes);
        let reader = std::thread::Builder::new()
            .name("import: read".to_owned())
            .spawn(move || read(source, name, &progress, &chunks))
            .map_err(cannot)?;
        let since_epoch = modified.duration_since(SystemTime::UNIX_EPOCH);
        let mut input = Self {
            path: path.to_owned(),
            chunks: Some(received),
            reader: Some(reader),
            chunk: Vec::new(),
            position: 0,
            carried: Vec::new(),
            line: Line::Chunk(0..0),
            number: 0,
            returned: Vec::new(),
            modified_ns: since_epoch.map_or(0, |since| since.as_nanos() as i64),
            unfinished: false,
            stop: Arc::clone(&watch.stop),
        };
        input.refill()?;
        Ok(input)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The first bytes, up to a megabyte.
    pub(super) fn beginning(&self) -> &[u8] {
        &self.chunk[self.position..]
    }

    /// Goes on to the next line; false at the end.
    pub(super) fn advance(&mut self) -> Result<bool, ImportError> {
        if let Some((number, line)) = self.returned.pop() {
            self.number = number;
            self.carried = line;
            self.line = Line::Carried;
            return Ok(true);
        }
        self.number += 1;
        let mut is_carried = false;
        loop {
            if let Some(length) = memchr(b'\n', &self.chunk[self.position..]) {
                let (from, to) = (self.position, self.position + length);
                self.position = to + 1;
                if is_carried {
                    self.carry(from, to);
                    self.line = Line::Carried;
                } else {
                    self.line = Line::Chunk(from..to);
                }
                return Ok(true);
            }
            if !is_carried {
                self.carried.clear();
                is_carried = true;
            }
            self.carry(self.position, self.chunk.len());
            self.position = self.chunk.len();
            if !self.refill()? {
                self.line = Line::Carried;
                let has_line = !self.carried.is_empty();
                self.unfinished |= has_line;
                return Ok(has_line);
            }
        }
    }

    fn carry(&mut self, from: usize, to: usize) {
        let room = LONGEST_LINE.saturating_sub(self.carried.len());
        let to = to.min(from + room);
        self.carried.extend_from_slice(&self.chunk[from..to]);
    }

    fn refill(&mut self) -> Result<bool, ImportError> {
        let Some(chunks) = &self.chunks else {
            return Ok(false);
        };
        let received = loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(ImportError::Interrupted);
            }
            match chunks.recv_timeout(PATIENCE) {
                Err(RecvTimeoutError::Timeout) => {}
                received => break received,
            }
        };
        match received {
            Ok(Ok(chunk)) => {
                self.chunk = chunk;
                self.position = 0;
                Ok(true)
            }
            Ok(Err(source)) => Err(ImportError::Read {
                path: self.path.clone(),
                source,
            }),
            Err(_) => {
                self.chunks = None;
                Ok(false)
            }
        }
    }

    /// The current line, without its end.
    pub(super) fn line(&self) -> &[u8] {
        let line = match &self.line {
            Line::Chunk(range) => &self.chunk[range.clone()],
            Line::Carried => &self.carried,
        };
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    /// The current line's number, from 1; of several lines that are one record, the first one's.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Whether the current line is longer than any that is read.
    pub(super) fn is_too_long(&self) -> bool {
        self.line().len() >= LONGEST_LINE
    }

    /// Joins following lines to the current one until its quoted fields are closed. Returns false if they never are;
    /// the following lines are then read separately.
    pub(super) fn join_quoted(
        &mut self,
        is_closed: impl Fn(&[u8]) -> bool,
    ) -> Result<bool, ImportError> {
        let first = self.number;
        let mut joined = self.line().to_vec();
        let mut taken: Vec<(u64, Vec<u8>)> = Vec::new();
        while taken.len() < MOST_LINES && joined.len() < LONGEST_LINE && self.advance()? {
            let line = self.line();
            joined.push(b'\n');
            joined.extend_from_slice(line);
            taken.push((self.number, line.to_vec()));
            if memchr(b'"', self.line()).is_some() && is_closed(&joined) {
                // Numbering continues after the joined lines.
                let last = self.number;
                self.carried = joined;
                self.line = Line::Carried;
                self.number = last;
                return Ok(true);
            }
        }
        taken.reverse();
        self.returned.extend(taken);
        self.number = first;
        Ok(false)
    }

    /// The record of the file after it was read to its end, and whether its compressed data end early.
    pub(super) fn finish(mut self) -> Result<(OriginFile, bool), ImportError> {
        // The rest is read for the hash.
        while self.refill()? {}
        let reader = self.reader.take().expect("a file is finished once");
        let read = reader
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the thread that reads it has panicked")));
        read.map_err(|source| ImportError::Read {
            path: self.path.clone(),
            source,
        })
    }
}

/// Whether a line holds a byte that no text has.
pub(super) fn has_nul(line: &[u8]) -> bool {
    memchr(0, line).is_some()
}

/// Whether a line may have quoted fields.
pub(super) fn has_quote(line: &[u8]) -> bool {
    memchr(b'"', line).is_some()
}

/// Whether a line has fields after all.
pub(super) fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// A file that is opened when it is read.
struct Opened {
    path: PathBuf,
    file: Option<File>,
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(File::open(&self.path)?),
        };
        file.read(buffer)
    }
}

/// Hashes what passes, and counts it.
struct Hashed<'a, R> {
    source: R,
    hash: Sha256,
    bytes: u64,
    progress: &'a AtomicU64,
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.bytes += count as u64;
        self.progress.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

fn read(
    source: Box<dyn Read + Send>,
    name: String,
    progress: &AtomicU64,
    chunks: &SyncSender<io::Result<Vec<u8>>>,
) -> io::Result<(OriginFile, bool)> {
    let mut source = Hashed {
        source,
        hash: Sha256::new(),
        bytes: 0,
        progress,
    };
    let mut first = chunk_of(&mut source)?;
    let sent = if first.starts_with(&[0x1F, 0x8B]) {
        let packed = io::Cursor::new(std::mem::take(&mut first)).chain(&mut source);
        send_all(utf8(MultiGzDecoder::new(packed)), chunks)
    } else {
        let text = io::Cursor::new(std::mem::take(&mut first)).chain(&mut source);
        send_all(utf8(text), chunks)
    };
    let is_cut = sent.unwrap_or_else(|error| {
        // The receiver has ended with its own error.
        let _ = chunks.send(Err(error));
        false
    });
    let file = OriginFile {
        path: name,
        bytes: source.bytes,
        sha256: hexadecimal(&source.hash.finalize()),
    };
    Ok((file, is_cut))
}

/// The text without its byte order mark, converted from UTF-16 if the mark says so. PowerShell redirects output as
/// UTF-16.
fn utf8(source: impl Read) -> impl Read {
    DecodeReaderBytesBuilder::new()
        .utf8_passthru(true)
        .strip_bom(true)
        .build(source)
}

/// Returns whether the source ended early, as the file of a killed tool does.
fn send_all(mut source: impl Read, chunks: &SyncSender<io::Result<Vec<u8>>>) -> io::Result<bool> {
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = source.by_ref().take(CHUNK as u64).read_to_end(&mut chunk);
        let is_cut = match read {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => true,
            read => {
                read?;
                false
            }
        };
        let is_over = chunk.is_empty();
        if is_over || chunks.send(Ok(chunk)).is_err() || is_cut {
            return Ok(is_cut);
        }
    }
}

/// As many bytes as make a chunk, fewer only at the end.
fn chunk_of(source: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut chunk = Vec::with_capacity(CHUNK);
    source.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)?;
    Ok(chunk)
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// The SHA-256 of a file, as an import of it records it.
///
/// # Errors
/// An I/O error.
pub fn sha256_of(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = File::open(path)?;
    loop {
        let chunk = chunk_of(&mut file)?;
        if chunk.is_empty() {
            return Ok(hexadecimal(&hash.finalize()));
        }
        hash.update(&chunk);
    }
}
