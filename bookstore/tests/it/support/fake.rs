//! A service that takes requests and answers when the story wants it to, or never.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// A listener under the story's control.
pub(crate) struct Fake(TcpListener);

impl Fake {
    pub(crate) fn listen() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    /// Waits for a connection with a request on it.
    pub(crate) fn take_request(&self) -> Taken {
        let (mut connection, _) = self.0.accept().unwrap();
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            assert_eq!(connection.read(&mut byte).unwrap(), 1, "the request ended");
            head.push(byte[0]);
        }
        Taken {
            connection,
            head: String::from_utf8(head).unwrap(),
        }
    }
}

/// A request that waits for its answer.
pub(crate) struct Taken {
    connection: TcpStream,
    pub(crate) head: String,
}

impl Taken {
    pub(crate) fn answer(mut self, status: &str, body: &str) {
        write!(
            self.connection,
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
    }
}
