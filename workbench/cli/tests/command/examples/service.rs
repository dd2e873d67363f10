//! Small services that record the requests they receive: one that answers by a function, and one that forwards to a
//! real service.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request that a service received.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Method and path.
    pub(super) line: String,
    head: String,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// Reads the next request of a connection; `None` at its end.
    fn read(from: &mut impl BufRead) -> Option<Self> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if from.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let line = head.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let mut request = Self {
            line,
            head,
            body: Vec::new(),
        };
        let length = request.header("content-length");
        request.body = vec![0; length.map_or(0, |it| it.parse().unwrap())];
        from.read_exact(&mut request.body).ok()?;
        Some(request)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().skip(1);
        let mut fields = fields.filter_map(|line| line.split_once(": "));
        let field = fields.find(|(field, _)| field.eq_ignore_ascii_case(name));
        field.map(|(_, value)| value)
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

type Noted = Arc<Mutex<Vec<Request>>>;

/// It runs until the test's process ends.
pub(super) struct Service {
    address: SocketAddr,
    noted: Noted,
}

impl Service {
    /// Answers each request with a status and JSON.
    pub(super) fn answering(
        answer: impl Fn(&Request) -> (u16, serde_json::Value) + Send + Sync + 'static,
    ) -> Self {
        Self::start(move |mut socket, noted| {
            let mut requests = BufReader::new(socket.try_clone().ok()?);
            loop {
                let request = Request::read(&mut requests)?;
                let (status, body) = answer(&request);
                noted.lock().unwrap().push(request);
                let body = body.to_string();
                let length = body.len();
                write!(
                    socket,
                    "HTTP/1.1 {status} Answer\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
                )
                .ok()?;
            }
        })
    }

    /// Forwards requests to the service at a URL.
    pub(super) fn in_front_of(url: &str) -> Self {
        let behind = url.strip_prefix("http://").unwrap().to_owned();
        Self::start(move |mut socket, noted| {
            let mut requests = BufReader::new(socket.try_clone().ok()?);
            let mut behind = TcpStream::connect(&behind).ok()?;
            let mut answers = behind.try_clone().ok()?;
            std::thread::spawn(move || io::copy(&mut answers, &mut socket));
            while let Some(request) = Request::read(&mut requests) {
                let bytes = [request.head.as_bytes(), &request.body].concat();
                noted.lock().unwrap().push(request);
                behind.write_all(&bytes).ok()?;
            }
            behind.shutdown(std::net::Shutdown::Write).ok()
        })
    }

    fn start(serve: impl Fn(TcpStream, &Noted) -> Option<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let noted = Noted::default();
        let (serve, notes) = (Arc::new(serve), Arc::clone(&noted));
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let (serve, notes) = (Arc::clone(&serve), Arc::clone(&notes));
                std::thread::spawn(move || serve(socket.unwrap(), &notes));
            }
        });
        Self { address, noted }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, in order.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.noted.lock().unwrap().clone()
    }
}

/// Sends a request without a body. Returns the JSON of the response, `null` for an empty body.
pub(super) fn call(method: &str, url: &str) -> serde_json::Value {
    let (host, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let mut socket = TcpStream::connect(host).unwrap();
    let head = format!("{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    socket.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 2"), "{method} {url}: {answer}");
    if body.is_empty() {
        return serde_json::Value::Null;
    }
    serde_json::from_str(body).unwrap()
}
