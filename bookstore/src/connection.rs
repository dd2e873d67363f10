//! Connections that are closed when their client keeps them waiting: for the rest of a request, for
//! an answer to be taken, or for anything at all. Otherwise they would pile up for as long as
//! somebody likes.
//!
//! Not left to hyper, whose time limit starts anew with every byte that nobody waits for, nor to
//! the handlers, which see a request only when its head is complete.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::{Instant, Sleep, sleep},
};

use crate::{
    limits::Limits,
    open_connections::{Client, OpenConnections, Place},
};

/// Accepts connections that are watched, so many at once.
pub(crate) struct WatchedListener {
    listener: TcpListener,
    limits: Limits,
    open: OpenConnections,
}

impl WatchedListener {
    pub(crate) fn new(listener: TcpListener, limits: Limits, connections: usize) -> Self {
        Self {
            listener,
            limits,
            open: OpenConnections::up_to(connections),
        }
    }
}

impl Listener for WatchedListener {
    type Io = Watched<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let place = self.open.enter().await;
        (Watched::new(stream, self.limits, place), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Whose turn it is on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Nothing has arrived since the last answer.
    Idle,
    /// A request has begun to arrive and is not answered yet.
    Asked,
    /// The client does not take its answer.
    Blocked,
}

/// A connection that fails when its time is over.
pub(crate) struct Watched<S> {
    stream: S,
    place: Place,
    turn: Turn,
    /// When the turn began.
    since: Instant,
    idle_limit: Duration,
    /// For a request from its first byte to its answer, and for an answer to be taken.
    asked_limit: Duration,
    /// Fires at the end of the turn or earlier, and is set anew only then: a busy connection costs
    /// two looks at the clock per request.
    alarm: Pin<Box<Sleep>>,
}

impl<S> Watched<S> {
    fn new(stream: S, limits: Limits, place: Place) -> Self {
        Self {
            stream,
            place,
            turn: Turn::Idle,
            since: Instant::now(),
            idle_limit: limits.idle,
            asked_limit: limits.body + limits.request,
            alarm: Box::pin(sleep(limits.idle)),
        }
    }

    /// The connection itself.
    pub(crate) fn stream(&self) -> &S {
        &self.stream
    }

    /// The client at its other end.
    pub(crate) fn client(&self) -> &Arc<Client> {
        self.place.client()
    }

    fn begin(&mut self, turn: Turn) {
        self.turn = turn;
        self.since = Instant::now();
    }

    /// Ready when the connection is to make room for another one, or the turn has lasted too long.
    fn poll_close(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        if self.client().poll_leave(context) {
            tracing::debug!(turn = ?self.turn, "closing a connection to make room");
            return Poll::Ready(io::ErrorKind::ConnectionAborted.into());
        }
        self.poll_end(context)
    }

    /// Ready when the turn has lasted too long.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let limit = match self.turn {
            Turn::Idle => self.idle_limit,
            Turn::Asked | Turn::Blocked => self.asked_limit,
        };
        let end = self.since + limit;
        if self.alarm.deadline() > end {
            self.alarm.as_mut().reset(end);
        }
        loop {
            ready!(self.alarm.as_mut().poll(context));
            if Instant::now() >= end {
                tracing::debug!(turn = ?self.turn, "closing a connection that keeps waiting");
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            self.alarm.as_mut().reset(end);
        }
    }

    fn watch_write(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match written {
            // An interim answer (100), or an answer to an earlier request.
            Poll::Ready(_) if self.client().is_at_work() => self.begin(Turn::Asked),
            Poll::Ready(_) => {
                self.begin(Turn::Idle);
                self.client().has_taken();
            }
            Poll::Pending => {
                if self.turn != Turn::Blocked {
                    self.begin(Turn::Blocked);
                }
                if !self.client().is_at_work() {
                    self.client().is_waited_for();
                }
                return self.poll_close(context).map(Err);
            }
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        match read {
            Poll::Ready(_) => {
                if self.turn == Turn::Idle {
                    self.begin(Turn::Asked);
                }
                read
            }
            Poll::Pending => self.poll_close(context).map(Err),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch_write(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.watch_write(written, context)
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    const SOON: Duration = Duration::from_millis(50);
    const NEVER: Duration = Duration::from_secs(3600);

    /// A watched connection over which ten bytes can be on their way, and the client's end of it.
    async fn connection(idle: Duration, asked: Duration) -> (Watched<DuplexStream>, DuplexStream) {
        connect_to(&OpenConnections::up_to(1), idle, asked).await
    }

    /// The same to a service that has others.
    async fn connect_to(
        open: &OpenConnections,
        idle: Duration,
        asked: Duration,
    ) -> (Watched<DuplexStream>, DuplexStream) {
        let (server, client) = duplex(10);
        let limits = Limits {
            request: asked,
            body: Duration::ZERO,
            idle,
            requests: 1,
        };
        (Watched::new(server, limits, open.enter().await), client)
    }

    fn assert_timed_out<T: std::fmt::Debug>(outcome: io::Result<T>) {
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_client_that_asks_nothing_is_left() {
        let (mut server, _client) = connection(SOON, NEVER).await;
        assert_timed_out(server.read_u8().await);
    }

    #[tokio::test]
    async fn one_more_client_gets_the_place_of_the_one_who_was_waited_for_longest() {
        let open = OpenConnections::up_to(3);
        let mut clients = Vec::new();
        for _ in 0..3 {
            clients.push(connect_to(&open, NEVER, NEVER).await);
            sleep(Duration::from_millis(2)).await;
        }
        // The first one's request is at work.
        let _at_work = clients[0].0.client().begin_work();
        let (fourth, _) = tokio::join!(connect_to(&open, NEVER, NEVER), async {
            let closed = clients[1].0.read_u8().await.unwrap_err();
            assert_eq!(closed.kind(), io::ErrorKind::ConnectionAborted);
            clients.remove(1);
        },);
        drop(fourth);
        for (server, client) in &mut clients {
            client.write_u8(b'?').await.unwrap();
            server.read_u8().await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_client_that_never_ends_its_request_is_left_however_often_it_sends_something() {
        let (mut server, mut client) = connection(NEVER, SOON).await;
        let dribble = tokio::spawn(async move {
            while client.write_u8(b'x').await.is_ok() {
                sleep(SOON / 10).await;
            }
        });
        loop {
            if let Err(error) = server.read_u8().await {
                assert_eq!(error.kind(), io::ErrorKind::TimedOut);
                break;
            }
        }
        drop(server);
        dribble.await.unwrap();
    }

    #[tokio::test]
    async fn a_client_that_does_not_take_its_answer_is_left() {
        let (mut server, mut client) = connection(NEVER, SOON).await;
        client.write_u8(b'?').await.unwrap();
        server.read_u8().await.unwrap();
        assert_timed_out(server.write_all(&[b'!'; 100]).await);
    }

    #[tokio::test]
    async fn a_client_that_is_answered_may_ask_again_and_again() {
        let (mut server, mut client) = connection(SOON * 8, SOON).await;
        let asks = tokio::spawn(async move {
            for _ in 0..3 {
                // All together longer than a connection may be idle.
                sleep(SOON * 4).await;
                client.write_u8(b'?').await.unwrap();
                client.read_u8().await.unwrap();
            }
            client
        });
        for _ in 0..3 {
            server.read_u8().await.unwrap();
            server.write_u8(b'!').await.unwrap();
        }
        let _client = asks.await.unwrap();
        assert_timed_out(server.read_u8().await);
    }
}
