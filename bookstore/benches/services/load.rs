//! A load in a closed loop, as cheap as it can be: requests are written as bytes, and of an answer
//! only the status and the length are read.

use std::{
    collections::HashMap,
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

use crate::{
    calls::{Call, Request},
    process::Server,
};

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

/// Has so many customers do it again and again for that time, each over connections of its own.
pub(crate) fn run_load(
    server: &Server,
    call: &Call,
    customers: usize,
    time: Duration,
) -> anyhow::Result<Round> {
    let requests = call.requests;
    // One thread, so that the load leaves the rest of the machine to the services.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut all_streams = Vec::new();
        for _ in 0..customers {
            let mut streams = HashMap::new();
            for Request { service, .. } in requests(0) {
                let url = server.url(service)?;
                let address: SocketAddr = url.trim_start_matches("http://").parse()?;
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                streams.insert(service, stream);
            }
            all_streams.push(streams);
        }
        let processor_before = server.processor_time()?;
        let started = Instant::now();
        let done = Arc::new(AtomicU64::new(0));
        let mut clients = JoinSet::new();
        for mut streams in all_streams {
            let done = Arc::clone(&done);
            clients.spawn(async move {
                let mut answer = Vec::with_capacity(16 * 1024);
                while started.elapsed() < time {
                    for request in requests(NEXT.fetch_add(1, Ordering::Relaxed)) {
                        let stream = streams.get_mut(request.service).context("no connection")?;
                        let actual = ask(stream, &render(&request), &mut answer).await?;
                        ensure!(
                            actual == request.status,
                            "{actual} instead of {}: {}",
                            request.status,
                            String::from_utf8_lossy(&answer)
                        );
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            });
        }
        while let Some(client) = clients.join_next().await {
            client??;
        }
        Ok(Round {
            requests: done.load(Ordering::Relaxed),
            elapsed: started.elapsed(),
            processor: server.processor_time()? - processor_before,
        })
    })
}

fn render(Request { target, body, .. }: &Request) -> Vec<u8> {
    let mut text = format!("{target} HTTP/1.1\r\nhost: bookstore\r\n");
    if let Some(body) = body {
        text += "content-type: application/json\r\ncontent-length: ";
        text += &body.len().to_string();
        text += "\r\n";
    }
    // A post without a body has a length, too.
    if body.is_none() && target.starts_with("POST") {
        text += "content-length: 0\r\n";
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
