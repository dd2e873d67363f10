//! The live page: what is served of it, and the thread that serves it.
//!
//! Whoever makes the runs only sends messages to that thread, which waits for nobody. A browser is told everything once, when
//! it connects, and then the news, as server-sent events.

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
/// News that a browser may be behind before it is told everything again. Our choice.
const NEWS: usize = 64;

/// When a browser that was disconnected comes again.
const RETRY: Duration = Duration::from_secs(1);

/// What happened, in order.
enum Message {
    Begin(Box<Course>),
    Second(usize, Box<Live>),
    Report {
        name: String,
        file: PathBuf,
    },
    /// A browser asks for everything and what follows.
    Connect(oneshot::Sender<Connected>),
    /// A browser asks for the file of a report, by its number.
    File(usize, oneshot::Sender<Option<PathBuf>>),
    End,
}

/// Everything so far, what follows, and what tells that the browser is still there.
struct Connected {
    state: String,
    news: broadcast::Receiver<News>,
    presence: mpsc::Sender<Infallible>,
}

/// The name of an event and its JSON.
type News = (&'static str, Arc<str>);

/// The page as the runs see it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Feed(mpsc::UnboundedSender<Message>);

impl Feed {
    /// Runs begin, whose seconds follow.
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

    /// A page that has gone has no readers either.
    fn send(&self, message: Message) {
        let _ = self.0.send(message);
    }
}

/// The thread that serves the page. Dropped, it tells browsers that this is the end, and waits for those that fetch the
/// report, but not for long.
pub(crate) struct Server {
    feed: Feed,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Begins to serve the page, and says where.
    ///
    /// # Errors
    /// When the address is taken, or not of this machine.
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
            // Users go first where there are too few processors. On Linux this is of the thread alone.
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
        // It goes on after whatever goes wrong with a connection.
        _ = axum::serve(listener, router).into_future() => {}
        () = broadcast(messages) => {}
    }
}

/// Keeps what there is to be told, and tells it, until the end.
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
        // Nobody may be listening.
        let _ = news.send(event);
    }
    // From here on it is gone when every browser is.
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

/// What `ask` makes of a way to answer is sent; gives the answer.
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
        // One that is too far behind is disconnected, comes again, and is told everything.
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
