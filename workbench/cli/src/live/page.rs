//! The live page and its server thread.
//!
//! The runs only send messages to that thread, which never blocks them. A browser gets the whole state when it
//! connects, and then changes as server-sent events.

mod guard;
mod state;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use axum::extract::{self, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use futures::stream;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc, oneshot};
use workbench_load::Live;

use super::{Address, Course};
use crate::outcome;
use state::Page;

/// How long the end of the command waits for browsers to fetch the report. Our choice.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most unread events of a browser. If there are more, it reconnects and gets the whole state. Our choice.
const NEWS: usize = 64;

/// Time after which a disconnected browser reconnects.
const RETRY: Duration = Duration::from_secs(1);

/// Messages to the server thread.
enum Message {
    Begin(Box<Course>),
    Second(usize, Box<Live>),
    Report {
        name: String,
        file: PathBuf,
    },
    /// A browser connects.
    Connect(oneshot::Sender<Connected>),
    /// A browser asks for the file of a report, by its number.
    File(usize, oneshot::Sender<Option<PathBuf>>),
    End,
}

/// The current state, the following events, and a guard that lives as long as the connection.
struct Connected {
    state: String,
    news: broadcast::Receiver<News>,
    presence: mpsc::Sender<Infallible>,
}

/// The name of an event and its JSON.
type News = (&'static str, Arc<str>);

/// The sending side of the page. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Feed(mpsc::UnboundedSender<Message>);

impl Feed {
    /// Announces runs; their seconds follow.
    pub(crate) fn begin(&self, course: &Course) {
        self.send(Message::Begin(Box::new(course.clone())));
    }

    /// The newest second of a run, named by its place.
    pub(crate) fn second(&self, side: usize, live: &Live) {
        self.send(Message::Second(side, Box::new(live.clone())));
    }

    /// A report was written.
    pub(crate) fn report(&self, name: &str, file: &Path) {
        self.send(Message::Report {
            name: name.to_owned(),
            file: file.to_owned(),
        });
    }

    /// An ended page has no readers, so errors are ignored.
    fn send(&self, message: Message) {
        let _ = self.0.send(message);
    }
}

/// The server thread. When dropped, it sends the end event, and waits up to [`PATIENCE`] for browsers that fetch the
/// report.
pub(crate) struct Server {
    feed: Feed,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts the server, and prints the page's URL.
    ///
    /// # Errors
    /// The address is in use, or not one of this machine.
    pub(crate) fn start(address: &Address) -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind(address.socket);
        let listener = listener
            .with_context(|| format!("cannot serve the live page at {}", address.socket))?;
        listener.set_nonblocking(true)?;
        let bound = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (feed, messages) = mpsc::unbounded_channel();
        let feed = Feed(feed);
        let router = router(feed.clone(), bound, address.name.clone());
        let thread = std::thread::Builder::new().name("live page".to_owned());
        let thread = thread.spawn(move || {
            // Users have priority if there are too few processors. On Linux, niceness is per thread.
            #[cfg(target_os = "linux")]
            let _ = rustix::process::nice(5);
            runtime.block_on(serve(listener, router, messages));
        })?;
        outcome::note(&format!("live page: {}", url(bound)));
        Ok(Self {
            feed,
            thread: Some(thread),
        })
    }

    pub(crate) fn feed(&self) -> Feed {
        self.feed.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.feed.send(Message::End);
        if let Some(thread) = self.thread.take() {
            // It ends by itself; a panic of it has been printed.
            let _ = thread.join();
        }
    }
}

/// An address that a browser of this machine reaches.
fn url(bound: SocketAddr) -> String {
    let ip = match bound.ip() {
        ip if !ip.is_unspecified() => ip,
        std::net::IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    format!("http://{}/", SocketAddr::new(ip, bound.port()))
}

fn router(feed: Feed, bound: SocketAddr, name: Option<String>) -> Router {
    let guard = Arc::new(guard::Guard::new(bound, name));
    Router::new()
        .route("/", get(|| async { Html(workbench_report::live_page()) }))
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
        .route("/events", get(events))
        .route("/reports/{number}", get(report))
        .layer(middleware::from_fn_with_state(guard, guard::guard))
        .with_state(feed)
}

async fn serve(
    listener: std::net::TcpListener,
    router: Router,
    messages: mpsc::UnboundedReceiver<Message>,
) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    tokio::select! {
        // It continues after errors of single connections.
        _ = axum::serve(listener, router).into_future() => {}
        () = broadcast(messages) => {}
    }
}

/// Keeps the state, and sends events, until the end.
async fn broadcast(mut messages: mpsc::UnboundedReceiver<Message>) {
    let mut page = Page::default();
    let (news, _) = broadcast::channel(NEWS);
    let (presence, mut gone) = mpsc::channel(1);
    while let Some(message) = messages.recv().await {
        let event = match message {
            Message::Begin(course) => page.begin(&course),
            Message::Second(side, live) => page.second(side, &live),
            Message::Report { name, file } => page.report(name, file),
            Message::End => {
                let _ = news.send(page.end());
                break;
            }
            Message::Connect(asker) => {
                let _ = asker.send(Connected {
                    state: page.state(),
                    news: news.subscribe(),
                    presence: presence.clone(),
                });
                continue;
            }
            Message::File(number, asker) => {
                let _ = asker.send(page.file(number));
                continue;
            }
        };
        // There may be no receivers.
        let _ = news.send(event);
    }
    // From here on it ends when every browser has disconnected.
    drop(presence);
    let fetched = async {
        loop {
            tokio::select! {
                _ = gone.recv() => break,
                message = messages.recv() => match message {
                    Some(Message::File(number, asker)) => {
                        let _ = asker.send(page.file(number));
                    }
                    Some(_) => {}
                    None => break,
                },
            }
        }
    };
    let _ = tokio::time::timeout(PATIENCE, fetched).await;
}

/// Sends the message that `ask` builds from a reply channel, and returns the reply.
async fn ask<T>(feed: &Feed, ask: impl FnOnce(oneshot::Sender<T>) -> Message) -> Option<T> {
    let (asker, answer) = oneshot::channel();
    feed.send(ask(asker));
    answer.await.ok()
}

async fn events(State(feed): State<Feed>) -> Response {
    let Some(connected) = ask(&feed, Message::Connect).await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let Connected {
        state,
        news,
        presence,
    } = connected;
    let first = Event::default().event("state").retry(RETRY).data(state);
    let first = stream::iter([Ok::<_, Infallible>(first)]);
    let later = stream::unfold((news, presence), |(mut news, presence)| async move {
        // A browser that is too far behind is disconnected, reconnects, and gets the whole state.
        let (name, data) = news.recv().await.ok()?;
        let event = Event::default().event(name).data(&*data);
        Some((Ok(event), (news, presence)))
    });
    let events = stream::StreamExt::chain(first, later);
    Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response()
}

async fn report(State(feed): State<Feed>, extract::Path(number): extract::Path<usize>) -> Response {
    let file = ask(&feed, |asker| Message::File(number, asker)).await;
    let Some(file) = file.flatten() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match tokio::fs::read(file).await {
        Ok(page) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}
