//! A scripted server that counts requests and bytes on its sockets.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use polars_core::prelude::DataFrame;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, MutexGuard};
use workbench_load::{
    BookstoreCommand, FinishedRun, Live, LoadError, RunDirectory, RunOptions, StopReason,
    StopSignal,
};
use workbench_samples::{CheckStatus, Tool};

/// Bytes and requests on the server's sockets.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) read: AtomicU64,
    pub(crate) written: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) scrapes: AtomicU64,
}

/// A running server. It ends with the runtime of its test.
pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
    pub(crate) traffic: Arc<Traffic>,
}

impl Stub {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let traffic = Arc::new(Traffic::default());
        let shared = Arc::clone(&traffic);
        tokio::spawn(async move {
            loop {
                let Ok((socket, _)) = listener.accept().await else {
                    // A test has temporarily used all file descriptors.
                    tokio::task::yield_now().await;
                    continue;
                };
                shared.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(socket, Arc::clone(&shared)));
            }
        });
        Self { address, traffic }
    }

    /// A signal after this number of requests.
    pub(crate) fn stop_after(&self, requests: u64) -> StopSignal {
        let stop = StopSignal::new();
        let (traffic, stopper) = (Arc::clone(&self.traffic), stop.clone());
        tokio::spawn(async move {
            while traffic.requests.load(Ordering::SeqCst) < requests {
                tokio::task::yield_now().await;
            }
            stopper.stop(StopReason::Interrupted);
        });
        stop
    }
}

async fn serve(mut socket: TcpStream, traffic: Arc<Traffic>) -> Option<()> {
    loop {
        let path = read_request(&mut socket, &traffic).await?;
        traffic.requests.fetch_add(1, Ordering::SeqCst);
        match path.as_str() {
            "/trickle" => {
                let start = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc";
                write(&mut socket, &traffic, start).await?;
                tokio::time::sleep(Duration::from_millis(100)).await;
                write(&mut socket, &traffic, b"def").await?;
            }
            "/slow" => {
                tokio::time::sleep(Duration::from_millis(1_500)).await;
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                write(&mut socket, &traffic, answer).await?;
            }
            "/redirect" => {
                let answer = b"HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n";
                write(&mut socket, &traffic, answer).await?;
            }
            "/unchanged" => {
                let answer = b"HTTP/1.1 304 Not Modified\r\n\r\n";
                write(&mut socket, &traffic, answer).await?;
            }
            "/half" => {
                let start = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc\n";
                write(&mut socket, &traffic, start).await?;
                std::future::pending::<()>().await;
            }
            "/hang" => std::future::pending().await,
            "/metrics" => {
                traffic.scrapes.fetch_add(1, Ordering::SeqCst);
                let text = "# TYPE books gauge\nbooks{shelf=\"a\"} 7\nodd one\nsold_total 1e3 1395066363000\n";
                let length = text.len();
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{text}");
                write(&mut socket, &traffic, answer.as_bytes()).await?;
            }
            "/drop" => return None,
            "/garbage" => {
                write(&mut socket, &traffic, b"this is no HTTP\r\n\r\n").await?;
                return None;
            }
            "/close" => {
                let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";
                write(&mut socket, &traffic, answer).await?;
                return None;
            }
            "/crossed" => {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                write(&mut socket, &traffic, answer).await?;
                // The close crosses the next request: it was read, but is not answered.
                read_request(&mut socket, &traffic).await?;
                return None;
            }
            "/crash" => {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                write(&mut socket, &traffic, answer).await?;
                // The next request was accepted and processed.
                read_request(&mut socket, &traffic).await?;
                tokio::time::sleep(Duration::from_millis(200)).await;
                return None;
            }
            "/break" => {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                write(&mut socket, &traffic, answer).await?;
                read_request(&mut socket, &traffic).await?;
                tokio::time::sleep(Duration::from_millis(30)).await;
                return None;
            }
            "/endless" => {
                let start = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
                write(&mut socket, &traffic, start).await?;
                loop {
                    write(&mut socket, &traffic, &b"1\r\na\r\n".repeat(10_000)).await?;
                }
            }
            "/idle" => {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                write(&mut socket, &traffic, answer).await?;
                let late = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n";
                write(&mut socket, &traffic, late).await?;
                return None;
            }
            "/interim" => {
                let interim = b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n";
                write(&mut socket, &traffic, interim).await?;
                tokio::time::sleep(Duration::from_millis(100)).await;
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                write(&mut socket, &traffic, answer).await?;
            }
            "/long" => {
                let mut answer = b"HTTP/1.1 200 OK\r\n".to_vec();
                answer.extend(b"set-cookie: a=b\r\n".repeat(2_000));
                answer.extend(b"transfer-encoding: chunked\r\n\r\n");
                for _ in 0..100 {
                    answer.extend(b"10000\r\n");
                    answer.extend([b'x'; 0x1_0000]);
                    answer.extend(b"\r\n");
                }
                answer.extend(b"0\r\ntrailer: a\r\n\r\n");
                write(&mut socket, &traffic, &answer).await?;
            }
            "/fail" => {
                let answer = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";
                write(&mut socket, &traffic, answer).await?;
            }
            _ => {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                write(&mut socket, &traffic, answer).await?;
            }
        }
    }
}

async fn write(socket: &mut TcpStream, traffic: &Traffic, bytes: &[u8]) -> Option<()> {
    // Counted first, because the client may have read all of it before this task continues.
    traffic
        .written
        .fetch_add(bytes.len() as u64, Ordering::SeqCst);
    socket.write_all(bytes).await.ok()
}

/// Reads one request with its body. Returns its path.
async fn read_request(socket: &mut TcpStream, traffic: &Traffic) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
        traffic.read.fetch_add(1, Ordering::SeqCst);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .lines()
        .filter_map(|line| {
            line.to_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        })
        .next()
        .unwrap_or(0);
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.ok()?;
    traffic.read.fetch_add(length as u64, Ordering::SeqCst);
    head.split(' ').nth(1).map(str::to_owned)
}

/// Goose's stop switch is global to the process, so only one run may be active.
pub(crate) async fn one_run_at_a_time() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

/// An experiment against one service called `stub`.
pub(crate) fn experiment(address: SocketAddr, load: &str, steps: &str) -> workbench_plan::Plan {
    let text = format!(
        "name: stubbed\nquestion: Does the load room keep its promises?\nseed: 1\ntimeout: 300ms\n\
         target:\n  urls: {{ stub: \"http://{address}\" }}\n{load}\n\
         scenarios:\n  - name: only\n    steps:\n{steps}\n"
    );
    workbench_plan::parse(&text, Path::new("stubbed.yaml")).unwrap()
}

/// Runs a plan in `results`.
pub(crate) async fn run(
    plan: &workbench_plan::Plan,
    results: &Path,
    stop: &StopSignal,
) -> Result<FinishedRun, LoadError> {
    run_observed(plan, results, stop, |_| {}).await
}

/// Runs a plan in `results` with an observer, called once per second.
pub(crate) async fn run_observed(
    plan: &workbench_plan::Plan,
    results: &Path,
    stop: &StopSignal,
    observer: impl Fn(&Live) + Send + 'static,
) -> Result<FinishedRun, LoadError> {
    let options = RunOptions {
        directory: RunDirectory::create(results, &plan.name)?,
        series: None,
        together: None,
        start_at: None,
        segment: None,
        bookstore: BookstoreCommand {
            program: "/nonexistent".into(),
            arguments: Vec::new(),
        },
        tool: Tool {
            name: "test".into(),
            version: "0".into(),
            commit: None,
        },
        insecure: false,
        stop: stop.clone(),
        observer: Box::new(observer),
        exchanges: None,
    };
    workbench_load::run(plan, options).await
}

/// All samples of a run.
pub(crate) fn samples(run: &FinishedRun) -> DataFrame {
    let batches = workbench_samples::sample_batches(&run.directory.join("samples")).unwrap();
    let frames = batches
        .iter()
        .map(|batch| batch.read(&workbench_samples::column::ALL).unwrap());
    frames
        .reduce(|above, below| above.vstack(&below).unwrap())
        .unwrap()
}

/// A column of whole numbers.
pub(crate) fn numbers(samples: &DataFrame, column: &str) -> Vec<u64> {
    let column = samples.column(column).unwrap();
    let column = column
        .cast(&polars_core::prelude::DataType::UInt64)
        .unwrap();
    column.u64().unwrap().into_no_null_iter().collect()
}

/// A column of texts; `-` for null.
pub(crate) fn texts(samples: &DataFrame, column: &str) -> Vec<String> {
    let column = samples.column(column).unwrap();
    let column = column
        .cast(&polars_core::prelude::DataType::String)
        .unwrap();
    let texts = column.str().unwrap().iter();
    texts.map(|word| word.unwrap_or("-").to_owned()).collect()
}

/// The finding of a check of the run.
pub(crate) fn finding<'a>(run: &'a FinishedRun, name: &str) -> &'a str {
    let mut checks = run.validity.checks.iter();
    &checks.find(|check| check.name == name).unwrap().finding
}

/// The outcome of a check of the run; `None` where there is no such check.
pub(crate) fn check(run: &FinishedRun, name: &str) -> Option<CheckStatus> {
    let mut checks = run.validity.checks.iter();
    checks
        .find(|check| check.name == name)
        .map(|check| check.status)
}
