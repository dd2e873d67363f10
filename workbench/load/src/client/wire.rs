//! A socket that counts its bytes, and the TLS stream over it.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// Bytes read and written by one user, who uses one socket at a time.
#[derive(Debug, Default)]
pub(super) struct Crossed {
    read: AtomicU64,
    written: AtomicU64,
    /// Why TLS failed the last time that it did.
    tls_failure: Mutex<Option<String>>,
}

impl Crossed {
    /// Bytes read, bytes written.
    pub(super) fn so_far(&self) -> (u64, u64) {
        let read = self.read.load(Ordering::Relaxed);
        (read, self.written.load(Ordering::Relaxed))
    }

    /// Notes why TLS failed.
    pub(super) fn note_tls_failure(&self, error: &io::Error) {
        let failure = self.tls_failure.lock();
        *failure.unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
    }

    /// Why TLS failed the last time that it did.
    pub(super) fn tls_failure(&self) -> Option<String> {
        let failure = self.tls_failure.lock();
        failure.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Not atomic as a whole: only the user's own thread counts.
    fn count(counter: &AtomicU64, bytes: usize) {
        let before = counter.load(Ordering::Relaxed);
        counter.store(before + bytes as u64, Ordering::Relaxed);
    }
}

/// Whether TLS is the cause of an error.
pub(super) fn is_of_tls(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(|cause| cause.is::<rustls::Error>())
}

/// Passes a result on, and notes why TLS failed where that is its error.
fn noted<T>(tls: &TlsStream<Wire>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
    if let Poll::Ready(Err(error)) = &result
        && is_of_tls(error)
    {
        tls.get_ref().0.crossed.note_tls_failure(error);
    }
    result
}

/// A TCP stream whose bytes are counted.
#[derive(Debug)]
pub(super) struct Wire {
    tcp: TcpStream,
    crossed: Arc<Crossed>,
}

impl Wire {
    pub(super) fn new(tcp: TcpStream, crossed: Arc<Crossed>) -> Self {
        Self { tcp, crossed }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = room.filled().len();
        ready!(Pin::new(&mut this.tcp).poll_read(context, room))?;
        Crossed::count(&this.crossed.read, room.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.tcp).poll_write(context, bytes))?;
        Crossed::count(&this.crossed.written, written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(context)
    }
}

/// A connection's bytes, encrypted or in the clear.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(Wire),
    Tls(Box<TlsStream<Wire>>),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(wire) => Pin::new(wire).poll_read(context, room),
            Self::Tls(tls) => {
                let read = Pin::new(&mut *tls).poll_read(context, room);
                noted(tls, read)
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(wire) => Pin::new(wire).poll_write(context, bytes),
            Self::Tls(tls) => {
                let written = Pin::new(&mut *tls).poll_write(context, bytes);
                noted(tls, written)
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(wire) => Pin::new(wire).poll_flush(context),
            Self::Tls(tls) => {
                let flushed = Pin::new(&mut *tls).poll_flush(context);
                noted(tls, flushed)
            }
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(wire) => Pin::new(wire).poll_shutdown(context),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(context),
        }
    }
}
