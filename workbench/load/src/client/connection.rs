//! One HTTP/1.1 connection and one attempt at a request on it.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustix::io::Errno;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use workbench_samples::ErrorKind;

use super::endpoint::Endpoint;
use super::meter::{Meter, Metered};

/// Bytes are metered next to the socket; under TLS the response's first byte is seen above it.
type Stream = Either<Metered<TcpStream>, Metered<TlsStream<Metered<TcpStream>>>>;

/// An open connection, driven by whoever uses it.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Driver,
    /// Counts bytes on the wire.
    wire: Arc<Meter>,
    /// Sees the first byte of a response; the same as `wire` without TLS.
    response: Arc<Meter>,
}

/// hyper's half of the connection; it must not be polled once it has finished.
#[derive(Debug)]
struct Driver {
    connection: http1::Connection<TokioIo<Stream>, Full<Bytes>>,
    finished: bool,
}

impl Driver {
    fn drive(&mut self, context: &mut std::task::Context<'_>) {
        if !self.finished && Pin::new(&mut self.connection).poll(context).is_ready() {
            self.finished = true;
        }
    }
}

/// One attempt at a request; keeps what was measured even when it is abandoned half-way.
pub(crate) struct Attempt {
    connect: Connect,
    meters: Option<Meters>,
}

/// How far connecting has come.
enum Connect {
    /// An open connection is reused.
    Reused,
    Begun(Instant),
    Done(Duration),
}

struct Meters {
    wire: Arc<Meter>,
    response: Arc<Meter>,
    read_before: u64,
    written_before: u64,
}

impl Attempt {
    pub(crate) fn new() -> Self {
        Self {
            connect: Connect::Reused,
            meters: None,
        }
    }

    /// Sends the request, on `connection` where it still stands, and reads the whole response.
    pub(crate) async fn run(
        &mut self,
        connection: Option<Connection>,
        endpoint: &Endpoint,
        request: Request<Full<Bytes>>,
    ) -> Result<(u16, Connection), ErrorKind> {
        let mut connection = match reusable(connection).await {
            Some(connection) => {
                self.watch(
                    &connection,
                    connection.wire.read(),
                    connection.wire.written(),
                );
                connection
            }
            None => {
                let begun = Instant::now();
                self.connect = Connect::Begun(begun);
                let opened = Connection::open(endpoint).await;
                self.connect = Connect::Done(begun.elapsed());
                let opened = opened?;
                // A new connection's handshake belongs to the request that needed it.
                self.watch(&opened, 0, 0);
                opened
            }
        };
        let status = connection.exchange(request).await?;
        Ok((status, connection))
    }

    fn watch(&mut self, connection: &Connection, read_before: u64, written_before: u64) {
        connection.response.arm();
        self.meters = Some(Meters {
            wire: Arc::clone(&connection.wire),
            response: Arc::clone(&connection.response),
            read_before,
            written_before,
        });
    }

    /// TCP and TLS, up to `ended` where that was given up; zero when the connection was reused.
    pub(crate) fn connect(&self, ended: Instant) -> Duration {
        match self.connect {
            Connect::Reused => Duration::ZERO,
            Connect::Begun(begun) => ended - begun,
            Connect::Done(connect) => connect,
        }
    }

    /// When the first byte of the response came.
    pub(crate) fn first_byte(&self) -> Option<Instant> {
        self.meters.as_ref()?.response.first_read()
    }

    pub(crate) fn bytes_sent(&self) -> u64 {
        let meters = self.meters.as_ref();
        meters.map_or(0, |meters| meters.wire.written() - meters.written_before)
    }

    pub(crate) fn bytes_received(&self) -> u64 {
        let meters = self.meters.as_ref();
        meters.map_or(0, |meters| meters.wire.read() - meters.read_before)
    }
}

/// The connection, unless the other side has closed it since its last use.
async fn reusable(connection: Option<Connection>) -> Option<Connection> {
    let mut connection = connection?;
    let usable = poll_fn(|context| {
        connection.driver.drive(context);
        if connection.driver.finished {
            return Poll::Ready(false);
        }
        connection
            .sender
            .poll_ready(context)
            .map(|ready| ready.is_ok())
    })
    .await;
    usable.then_some(connection)
}

impl Connection {
    async fn open(endpoint: &Endpoint) -> Result<Self, ErrorKind> {
        let tcp = TcpStream::connect(endpoint.addresses.as_slice())
            .await
            .map_err(|error| not_connected(&error))?;
        // Requests are small and wait for their answers: never hold one back to fill a packet.
        tcp.set_nodelay(true).map_err(|_| ErrorKind::Connect)?;
        let wire = Meter::new();
        let tcp = Metered::new(tcp, Arc::clone(&wire));
        let (stream, response) = match &endpoint.tls {
            None => (Either::Left(tcp), Arc::clone(&wire)),
            Some((config, name)) => {
                let connector = TlsConnector::from(Arc::clone(config));
                let tls = connector
                    .connect(name.clone(), tcp)
                    .await
                    .map_err(|_| ErrorKind::Tls)?;
                let response = Meter::new();
                let stream = Either::Right(Metered::new(tls, Arc::clone(&response)));
                (stream, response)
            }
        };
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|_| ErrorKind::Connect)?;
        Ok(Self {
            sender,
            driver: Driver {
                connection,
                finished: false,
            },
            wire,
            response,
        })
    }

    /// Sends one request and reads its response to the last byte.
    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<u16, ErrorKind> {
        let Self { sender, driver, .. } = self;
        let mut answer = pin!(sender.send_request(request));
        let response = poll_fn(|context| {
            driver.drive(context);
            answer.as_mut().poll(context)
        })
        .await
        .map_err(|error| classify(&error))?;
        let status = response.status().as_u16();
        drain(response.into_body(), driver).await?;
        Ok(status)
    }
}

async fn drain(mut body: Incoming, driver: &mut Driver) -> Result<(), ErrorKind> {
    while !body.is_end_stream() {
        let frame = poll_fn(|context| {
            driver.drive(context);
            Pin::new(&mut body).poll_frame(context)
        })
        .await;
        match frame {
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(classify(&error)),
            None => break,
        }
    }
    Ok(())
}

/// Whether it was the target that could not be connected to, or this machine that could not connect.
fn not_connected(error: &io::Error) -> ErrorKind {
    match Errno::from_io_error(error) {
        Some(Errno::CONNREFUSED) => ErrorKind::Refused,
        // Files of this process and of the system, ports, memory.
        Some(
            Errno::MFILE
            | Errno::NFILE
            | Errno::ADDRNOTAVAIL
            | Errno::ADDRINUSE
            | Errno::AGAIN
            | Errno::NOBUFS
            | Errno::NOMEM,
        ) => ErrorKind::Generator,
        _ => ErrorKind::Connect,
    }
}

/// What a failure after connecting means to a reader of the results.
fn classify(error: &hyper::Error) -> ErrorKind {
    if error.is_parse() {
        ErrorKind::Protocol
    } else {
        ErrorKind::Reset
    }
}
