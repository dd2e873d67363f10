//! The server of a calibration: this program in its own process.
//!
//! Each connection has a thread, which reads a request, waits for the drawn time, and responds. The actual times are
//! logged and printed at the end, so that inexact sleeps do not count as measurement error.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use bookstore::Latency;
use rustix::time::{ClockId, clock_gettime};
use workbench_analysis::calibration::{Served, ServerLog};

use super::log;
use crate::exit::Exit;

/// How the server behaves. It ends, and prints its notes, when its standard input does.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
pub(super) struct Behaviour {
    /// What answers are delayed by, as in a fault of the bookstore; at once without it.
    #[arg(long)]
    pub(super) latency: Option<Latency>,
    /// How long after the first request the server stands still.
    #[arg(long, value_parser = workbench_plan::parse_duration, requires = "freeze_for")]
    pub(super) freeze_after: Option<Duration>,
    /// For how long.
    #[arg(long, value_parser = workbench_plan::parse_duration, requires = "freeze_after")]
    pub(super) freeze_for: Option<Duration>,
}

/// Seed of all draws.
const SEED: u64 = 1;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
/// Stack size of a connection's thread, of which there are hundreds.
const STACK: usize = 128 * 1024;

pub(super) fn serve(behaviour: Behaviour) -> anyhow::Result<Exit> {
    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))
        .context("cannot listen on a free port of this machine")?;
    let address = listener.local_addr()?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{address}")?;
    stdout.flush()?;
    let server = Arc::new(Server {
        behaviour,
        clock: Clock::new(),
        frozen: OnceLock::new(),
        connections: Mutex::new(Vec::new()),
    });
    let accepting = Arc::clone(&server);
    std::thread::spawn(move || accepting.accept(&listener));
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    stdout.write_all(&log::encode(&server.notes()))?;
    Ok(Exit::Pass)
}

struct Server {
    behaviour: Behaviour,
    clock: Clock,
    /// Set by the first request.
    frozen: OnceLock<Range<Instant>>,
    connections: Mutex<Vec<(TcpStream, JoinHandle<Vec<Served>>)>>,
}

impl Server {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for socket in listener.incoming() {
            // Otherwise the client sees a failed connection.
            let Ok(socket) = socket else {
                // Probably out of files: pauses to leave the processor to the measurement.
                std::thread::sleep(Duration::from_millis(10));
                continue;
            };
            let Ok(ours) = socket.try_clone() else {
                continue;
            };
            let server = Arc::clone(self);
            let thread = std::thread::Builder::new().stack_size(STACK);
            if let Ok(thread) = thread.spawn(move || server.converse(ours)) {
                let mut connections = self
                    .connections
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                connections.push((socket, thread));
            }
        }
    }

    /// Answers every request of a connection until it is closed.
    fn converse(&self, mut socket: TcpStream) -> Vec<Served> {
        let mut served = Vec::new();
        let mut request = Vec::new();
        let _ = socket.set_nodelay(true);
        while let Some((user, iteration)) = read(&mut socket, &mut request) {
            let read_at = self.awake();
            if let Some(latency) = self.behaviour.latency {
                let number = (u64::from(user) << 32) | u64::from(iteration);
                let due = read_at + latency.draw(SEED, number);
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
            }
            let answered_at = self.awake();
            if socket.write_all(ANSWER).is_err() {
                break;
            }
            served.push(Served {
                user,
                iteration,
                read_at: self.clock.utc_ns(read_at),
                answered_at: self.clock.utc_ns(answered_at),
            });
        }
        served
    }

    /// Now, or the end of the current standstill.
    fn awake(&self) -> Instant {
        let now = Instant::now();
        let (Some(after), Some(length)) = (self.behaviour.freeze_after, self.behaviour.freeze_for)
        else {
            return now;
        };
        let frozen = self
            .frozen
            .get_or_init(|| now + after..now + after + length);
        if !frozen.contains(&now) {
            return now;
        }
        std::thread::sleep(frozen.end - now);
        Instant::now()
    }

    /// The log, after every connection was closed.
    fn notes(&self) -> ServerLog {
        let mut connections = self
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut requests = Vec::new();
        for (socket, thread) in connections.drain(..) {
            // Fails where the client has closed it.
            let _ = socket.shutdown(Shutdown::Both);
            requests.extend(thread.join().unwrap_or_default());
        }
        let frozen = self.frozen.get();
        let used = clock_gettime(ClockId::ProcessCPUTime);
        ServerLog {
            requests,
            frozen: frozen.map(|it| self.clock.utc_ns(it.start)..self.clock.utc_ns(it.end)),
            processor_s: used.tv_sec as f64 + used.tv_nsec as f64 / 1e9,
        }
    }
}

/// Reads a request `GET /USER/ITERATION`; `None` at the end of the connection.
fn read(socket: &mut TcpStream, request: &mut Vec<u8>) -> Option<(u32, u32)> {
    request.clear();
    let mut buffer = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        match socket.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(bytes) => request.extend(&buffer[..bytes]),
        }
    }
    let path = std::str::from_utf8(request).ok()?.split(' ').nth(1)?;
    let mut numbers = path.split('/').skip(1).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Monotonic instants as UTC: the wall clock is read once.
struct Clock {
    start: Instant,
    start_utc_ns: i64,
}

impl Clock {
    fn new() -> Self {
        let start = Instant::now();
        let utc = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            start,
            start_utc_ns: nanoseconds(utc.unwrap_or_default()),
        }
    }

    fn utc_ns(&self, instant: Instant) -> i64 {
        self.start_utc_ns + nanoseconds(instant.saturating_duration_since(self.start))
    }
}

fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// Handle of the server's process.
pub(super) struct Process {
    child: std::process::Child,
    stdout: std::io::BufReader<std::process::ChildStdout>,
    pub(super) address: SocketAddr,
}

impl Process {
    /// Starts this program as a server.
    pub(super) fn start(behaviour: &[&str]) -> anyhow::Result<Self> {
        use std::io::BufRead;
        use std::os::unix::process::CommandExt;
        use std::process::{Command, Stdio};

        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let mut child = Command::new(program)
            .args(["calibrate", "serve"])
            .args(behaviour)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C must not reach the server.
            .process_group(0)
            .spawn()
            .context("cannot start the calibration's server")?;
        let stdout = child.stdout.take().expect("stdout was asked to be piped");
        let mut stdout = std::io::BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let address = line.trim().parse();
        Ok(Self {
            child,
            stdout,
            address: address.context("the calibration's server did not start")?,
        })
    }

    /// Ends the server and returns its log.
    pub(super) fn finish(mut self) -> anyhow::Result<ServerLog> {
        drop(self.child.stdin.take());
        let mut bytes = Vec::new();
        self.stdout.read_to_end(&mut bytes)?;
        self.child.wait()?;
        log::decode(&bytes)
    }
}
