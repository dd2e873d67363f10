//! A service that answers immediately and records its requests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// It runs until the test's process ends.
pub(crate) struct Stub {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    pub(crate) fn start() -> Self {
        Self::start_for(usize::MAX)
    }

    /// Fails at its request of this number: it closes all connections and accepts no more.
    pub(crate) fn start_for(life: usize) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), life)
    }

    /// The same at a free address.
    pub(crate) fn start_at(address: SocketAddr, life: usize) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                if noted.lock().unwrap().len() >= life {
                    break;
                }
                let noted = Arc::clone(&noted);
                std::thread::spawn(move || serve(socket.unwrap(), &noted, life));
            }
        });
        Self { address, asked }
    }

    /// An experiment of one user who sends `request` to the service `stub` for this time.
    pub(crate) fn experiment(&self, name: &str, request: &str, hold: &str) -> String {
        format!(
            "name: {name}\nquestion: Does the series go on?\n\
             target:\n  urls: {{ stub: \"http://{}\" }}\n  reset: [ POST stub/reset ]\n\
             threads:\n  - {{ start: 1, hold: {hold} }}\n\
             scenarios:\n  - name: one\n    steps:\n      - request: {request}\n",
            self.address
        )
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of requests it received.
    pub(crate) fn requests(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// Methods and paths, in order. Consecutive duplicates are left out.
    pub(crate) fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.dedup();
        asked
    }
}

/// Paths that begin with `/fail` are answered with a 500, those with `/hang` never.
fn serve(socket: TcpStream, noted: &Mutex<Vec<String>>, life: usize) -> Option<()> {
    let mut reader = BufReader::new(socket.try_clone().ok()?);
    let mut socket = socket;
    loop {
        let mut line = || {
            let mut line = String::new();
            (reader.read_line(&mut line).ok()? > 0).then(|| line.trim_end().to_owned())
        };
        let first = line()?;
        let mut length = 0;
        loop {
            let header = line()?;
            if header.is_empty() {
                break;
            }
            if let Some(given) = header.strip_prefix("content-length: ") {
                length = given.parse().ok()?;
            }
        }
        reader.read_exact(&mut vec![0; length]).ok()?;
        let words: Vec<&str> = first.split(' ').take(2).collect();
        let status = if words[1].starts_with("/fail") {
            "500 Internal Server Error"
        } else {
            "200 OK"
        };
        let mut noted = noted.lock().unwrap();
        noted.push(words.join(" "));
        if noted.len() >= life {
            return None;
        }
        drop(noted);
        if words[1].starts_with("/hang") {
            // Until the client disconnects.
            reader.read_exact(&mut [0]).ok()?;
        }
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok");
        socket.write_all(answer.as_bytes()).ok()?;
    }
}
