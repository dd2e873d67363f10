//! A load in a closed loop, as cheap as it can be: requests are written as bytes, and of an answer
//! only the status and the length are read.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{calls::Call, process::Server};

/// What one measurement has found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
    /// Processor time of whoever answered.
    pub(crate) processor: Duration,
}

/// Numbers requests through all rounds, so that each order is a new customer's.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Asks for as long as told, over so many connections.
pub(crate) fn run_load(
    server: &Server,
    url: &str,
    call: &Call,
    connections: usize,
    time: Duration,
) -> anyhow::Result<Round> {
    let address: SocketAddr = url.trim_start_matches("http://").parse()?;
    let (request, status) = (call.request, call.status);
    // One thread, so that the load leaves the rest of the machine to the services.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut streams = Vec::new();
        for _ in 0..connections {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            streams.push(stream);
        }
        let processor_before = server.processor_time()?;
        let started = Instant::now();
        let requests = Arc::new(AtomicU64::new(0));
        let mut clients = JoinSet::new();
        for mut stream in streams {
            let requests = Arc::clone(&requests);
            clients.spawn(async move {
                let mut answer = Vec::with_capacity(16 * 1024);
                while started.elapsed() < time {
                    let n = NEXT.fetch_add(1, Ordering::Relaxed);
                    let bytes = render(request(n));
                    let actual = ask(&mut stream, &bytes, &mut answer).await?;
                    ensure!(
                        actual == status,
                        "{actual} instead of {status}: {}",
                        String::from_utf8_lossy(&answer)
                    );
                    requests.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            });
        }
        while let Some(client) = clients.join_next().await {
            client??;
        }
        Ok(Round {
            requests: requests.load(Ordering::Relaxed),
            elapsed: started.elapsed(),
            processor: server.processor_time()? - processor_before,
        })
    })
}

fn render((target, body): (String, Option<String>)) -> Vec<u8> {
    let mut text = format!("{target} HTTP/1.1\r\nhost: bookstore\r\n");
    if let Some(body) = &body {
        text += "content-type: application/json\r\ncontent-length: ";
        text += &body.len().to_string();
        text += "\r\n";
    }
    text += "\r\n";
    text += body.as_deref().unwrap_or_default();
    text.into_bytes()
}

/// Asks and waits for the whole answer; its status.
async fn ask(stream: &mut TcpStream, request: &[u8], answer: &mut Vec<u8>) -> anyhow::Result<u16> {
    stream.write_all(request).await?;
    answer.clear();
    let (status, length) = loop {
        ensure!(stream.read_buf(answer).await? > 0, "closed too early");
        if let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head = std::str::from_utf8(&answer[..end])?;
            let status = head.get(9..12).context("no status")?.parse()?;
            let body: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .context("no length")?
                .parse()?;
            break (status, end + 4 + body);
        }
    };
    while answer.len() < length {
        ensure!(stream.read_buf(answer).await? > 0, "closed too early");
    }
    Ok(status)
}
