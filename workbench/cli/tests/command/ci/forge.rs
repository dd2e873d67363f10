//! A forge that keeps the comments of one pull request, with the API of GitHub and of GitLab.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// Comments on the pull request 7 of `owner/shop` (GitHub), and on the merge request 7 of the project 5 (GitLab).
pub(super) struct Forge {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Ids and texts.
    comments: Vec<(u64, String)>,
    /// The status of every response, or of responses to requests that change something.
    refuses: Option<u16>,
    lets_read: bool,
    /// Methods and paths with queries.
    asked: Vec<String>,
    /// The last request's credentials.
    credentials: String,
}

impl Forge {
    pub(super) fn start(comments: &[&str]) -> Self {
        let state = State {
            comments: (1..)
                .zip(comments.iter().map(|it| (*it).to_owned()))
                .collect(),
            ..State::default()
        };
        let state = Arc::new(Mutex::new(state));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                serve(socket.unwrap(), &mut shared.lock().unwrap());
            }
        });
        Self { address, state }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn refuse(&self, status: u16) {
        self.state.lock().unwrap().refuses = Some(status);
    }

    /// As for the token of a pull request from a fork.
    pub(super) fn refuse_writes(&self, status: u16) {
        self.state.lock().unwrap().lets_read = true;
        self.refuse(status);
    }

    pub(super) fn comments(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        state
            .comments
            .iter()
            .map(|(_, text)| text.clone())
            .collect()
    }

    /// Requests since the last call.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }

    pub(super) fn credentials(&self) -> String {
        self.state.lock().unwrap().credentials.clone()
    }
}

fn serve(socket: TcpStream, state: &mut State) -> Option<()> {
    let mut reader = BufReader::new(socket.try_clone().ok()?);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let mut length = 0;
    loop {
        let header = line()?;
        let Some((name, value)) = header.split_once(": ") else {
            break;
        };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" | "private-token" => state.credentials = header,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (method, path) = first.strip_suffix(" HTTP/1.1")?.split_once(' ')?;
    state.asked.push(format!("{method} {path}"));
    let lets = state.lets_read && method == "GET";
    let (status, answer) = match state.refuses.filter(|_| !lets) {
        Some(status) => (status, json!({ "message": "100 % refused" })),
        None => answer(state, method, path, &body),
    };
    let answer = answer.to_string();
    let head = format!(
        "HTTP/1.1 {status} So\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        if status == 204 { 0 } else { answer.len() }
    );
    let mut socket = socket;
    socket.write_all(head.as_bytes()).ok()?;
    if status != 204 {
        socket.write_all(answer.as_bytes()).ok()?;
    }
    Some(())
}

fn answer(state: &mut State, method: &str, path: &str, body: &[u8]) -> (u16, Value) {
    const LISTS: [&str; 2] = [
        "/repos/owner/shop/issues/7/comments",
        "/projects/5/merge_requests/7/notes",
    ];
    const ONES: [(&str, &str); 2] = [
        ("/repos/owner/shop/issues/comments/", "PATCH"),
        ("/projects/5/merge_requests/7/notes/", "PUT"),
    ];
    let missing = (404, json!({ "message": "Not Found" }));
    let text = || {
        let body: Value = serde_json::from_slice(body).unwrap();
        body["body"].as_str().unwrap().to_owned()
    };
    let shown = |(id, body): &(u64, String)| json!({ "id": id, "body": body });
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if LISTS.contains(&path) {
        if method == "GET" {
            let page = query.strip_prefix("per_page=100&page=").unwrap();
            let before = (page.parse::<usize>().unwrap() - 1) * 100;
            let page = state.comments.iter().skip(before).take(100);
            return (200, page.map(shown).collect());
        }
        assert_eq!(method, "POST");
        let id = state.comments.iter().map(|(id, _)| id + 1).max();
        state.comments.push((id.unwrap_or(1), text()));
        return (201, shown(state.comments.last().unwrap()));
    }
    for (prefix, update) in ONES {
        let Some(id) = path.strip_prefix(prefix) else {
            continue;
        };
        let id: u64 = id.parse().unwrap();
        let Some(place) = state.comments.iter().position(|(it, _)| *it == id) else {
            return missing;
        };
        if method == "DELETE" {
            state.comments.remove(place);
            return (204, Value::Null);
        }
        assert_eq!(method, update);
        state.comments[place].1 = text();
        return (200, shown(&state.comments[place]));
    }
    missing
}
