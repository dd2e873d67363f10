//! A scripted server, and a user who sends requests to it.

use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use workbench_samples::ErrorKind;

use crate::client::*;

/// A service and the requests it received.
pub(in crate::client) struct Server {
    pub(in crate::client) endpoint: Arc<Endpoint>,
    pub(in crate::client) requests: Arc<Mutex<Vec<String>>>,
}

/// Answers each request by its path. An empty response means none.
pub(super) async fn server(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let (asked, answer) = (Arc::clone(&requests), Arc::new(answer));
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, Arc::clone(&asked), Arc::clone(&answer)));
        }
    });
    let endpoint = Endpoint {
        service: "shop".into(),
        addresses: vec![address],
        tls: None,
        prefix: String::new(),
        host: address.to_string(),
        version: workbench_plan::HttpVersion::Http1,
    };
    Server {
        endpoint: Arc::new(endpoint),
        requests,
    }
}

async fn serve(
    mut socket: TcpStream,
    asked: Arc<Mutex<Vec<String>>>,
    answer: Arc<impl Fn(&str) -> Vec<u8>>,
) -> Option<()> {
    loop {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(socket.read_u8().await.ok()?);
        }
        let head = String::from_utf8(request).unwrap();
        let length = head.split("content-length: ").nth(1);
        let length = length.map_or(0, |rest| {
            rest.split("\r\n").next().unwrap().parse().unwrap()
        });
        let mut body = vec![0; length];
        socket.read_exact(&mut body).await.ok()?;
        let path = parsed_request::target(head.as_bytes()).to_owned();
        asked
            .lock()
            .unwrap()
            .push(head + &String::from_utf8(body).unwrap());
        socket.write_all(&answer(&path)).await.ok()?;
    }
}

impl Server {
    /// Requests without their headers, in order.
    pub(super) fn lines(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let lines = requests.iter().map(|request| request.split(" HTTP").next());
        lines.map(|line| line.unwrap().to_owned()).collect()
    }
}

pub(in crate::client) fn client(keeps_cookies: bool) -> Client {
    Client::new(2, keeps_cookies)
}

pub(in crate::client) const PLAIN: Terms<'static> = Terms {
    timeout: Duration::from_secs(600),
    wanted: Wanted::Nothing,
    copy: false,
    expected: &[],
    redirects: 0,
};

/// Sends a request to the first of these services, as a step does. The body follows the headers after an empty line.
pub(in crate::client) async fn ask(
    client: &mut Client,
    services: &[&Server],
    line: &str,
    headers: &str,
    terms: &Terms<'_>,
) -> Measurement {
    let services: Vec<_> = services.iter().map(|it| Arc::clone(&it.endpoint)).collect();
    let mut cookies = String::new();
    let target = parsed_request::target(line.as_bytes());
    client.write_cookies(&services[0], target, &mut cookies);
    if !cookies.is_empty() {
        cookies = format!("cookie: {cookies}\r\n");
    }
    let host = &services[0].host;
    let (headers, body) = headers
        .split_once("\r\n\r\n")
        .unwrap_or((headers.trim_end(), ""));
    let headers = if headers.is_empty() {
        String::new()
    } else {
        format!("{headers}\r\n")
    };
    let bytes = format!("{line} HTTP/1.1\r\nhost: {host}\r\n{headers}{cookies}\r\n{body}");
    let request = Request {
        bytes: bytes.as_bytes(),
        is_head: line.starts_with("HEAD"),
        is_idempotent: !line.starts_with("POST"),
    };
    let route = Route {
        services: &services,
        replica: 0,
        service: 0,
    };
    let mut measured = Measurement::nothing(ErrorKind::Censored);
    let now = Instant::now();
    client
        .send(route, &request, terms, now, &mut measured)
        .await;
    measured
}
