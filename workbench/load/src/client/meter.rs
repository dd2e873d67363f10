//! Bytes and first-byte times, measured where they cross the socket.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What has crossed a [`Metered`] stream.
///
/// A connection lives in one task at a time; the atomics only make that safe to say.
#[derive(Debug)]
pub(crate) struct Meter {
    epoch: Instant,
    read: AtomicU64,
    written: AtomicU64,
    /// Nanoseconds since `epoch` of the first read since [`Meter::arm`]; [`ARMED`] until then.
    first_read_ns: AtomicU64,
}

/// Waiting for the first byte.
const ARMED: u64 = u64::MAX;

impl Meter {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            epoch: Instant::now(),
            read: AtomicU64::new(0),
            written: AtomicU64::new(0),
            first_read_ns: AtomicU64::new(0),
        })
    }

    /// Bytes read since the stream was made.
    pub(crate) fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Bytes written since the stream was made.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// From now on the next read counts as the first byte.
    pub(crate) fn arm(&self) {
        self.first_read_ns.store(ARMED, Ordering::Relaxed);
    }

    /// When the first byte came after [`Meter::arm`].
    pub(crate) fn first_read(&self) -> Option<Instant> {
        match self.first_read_ns.load(Ordering::Relaxed) {
            ARMED => None,
            nanoseconds => Some(self.epoch + std::time::Duration::from_nanos(nanoseconds)),
        }
    }

    fn on_read(&self, bytes: usize) {
        if self.first_read_ns.load(Ordering::Relaxed) == ARMED {
            let nanoseconds = u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(ARMED - 1);
            self.first_read_ns.store(nanoseconds, Ordering::Relaxed);
        }
        self.read.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// A stream that notes in its [`Meter`] what crosses it.
#[derive(Debug)]
pub(crate) struct Metered<S> {
    stream: S,
    meter: Arc<Meter>,
}

impl<S> Metered<S> {
    pub(crate) fn new(stream: S, meter: Arc<Meter>) -> Self {
        Self { stream, meter }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let read = buffer.filled().len() - before;
        if read > 0 {
            self.meter.on_read(read);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> Metered<S> {
    fn count(&self, polled: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(written)) = polled {
            self.meter
                .written
                .fetch_add(*written as u64, Ordering::Relaxed);
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.count(&polled);
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.count(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
