//! A service as it is served: what every request goes through on its way to a handler, and a server
//! that finishes what it began.

use std::{
    convert::Infallible,
    future::{self, Ready},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    http::{HeaderValue, header},
    response::Response,
    serve::{IncomingStream, Listener, ListenerExt},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use crate::{
    connection::{Watched, WatchedListener},
    limits::{Gate, Limits},
    metrics::Metrics,
    observe,
    open_connections::Client,
};

/// A service with all that its requests go through before they get to a handler, and answers after
/// it. Around axum's router, not in layers of it: a layer is copied for every request with all that
/// is inside of it.
#[derive(Clone)]
pub(crate) struct Complete {
    way: Arc<Way>,
    router: Router,
    /// Of the connection that it serves, if handlers are told.
    address: Option<SocketAddr>,
    /// At the other end of the connection that it serves.
    client: Option<Arc<Client>>,
}

/// What they go through.
pub(crate) struct Way {
    pub(crate) draining: Draining,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) gate: Gate,
    /// Whether handlers are told the clients' addresses.
    pub(crate) tells_clients: bool,
}

impl Complete {
    pub(crate) fn new(way: Way, router: Router) -> Self {
        Self {
            way: Arc::new(way),
            router,
            address: None,
            client: None,
        }
    }
}

/// Makes the service of a connection.
impl<L> tower_service::Service<IncomingStream<'_, L>> for Complete
where
    L: Listener<Addr = SocketAddr, Io = Watched<TcpStream>>,
{
    type Response = Self;
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, connection: IncomingStream<'_, L>) -> Self::Future {
        let mut service = self.clone();
        service.client = Some(Arc::clone(connection.io().client()));
        if self.way.tells_clients {
            service.address = Some(*connection.remote_addr());
        }
        future::ready(Ok(service))
    }
}

impl tower_service::Service<Request> for Complete {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    /// As axum's router, it is always ready.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let Self {
            way,
            mut router,
            address,
            client,
        } = self.clone();
        let at_work = client.as_ref().map(Client::begin_work);
        if let Some(at_work) = &at_work {
            request = request.map(|body| at_work.watch(body));
        }
        if let Some(address) = address {
            request.extensions_mut().insert(ConnectInfo(address));
        }
        Box::pin(async move {
            let _at_work = at_work;
            let handled = async |request| match router.call(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let limited = |request| way.gate.pass(request, handled);
            let observed = |request| observe::observe(&way.metrics, request, limited);
            Ok(way.draining.send_away(request, observed).await)
        })
    }
}

/// Whether the process was asked to stop and only serves until everybody has gone elsewhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draining(Arc<AtomicBool>);

impl Draining {
    /// From now on no service of the process is ready.
    pub(crate) fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Sends clients elsewhere while the process drains: readiness ends, and so does each
    /// connection with its next answer. A connection that is kept until the server closes it may be
    /// closed under a request.
    async fn send_away<F: Future<Output = Response>>(
        &self,
        mut request: Request,
        next: impl FnOnce(Request) -> F,
    ) -> Response {
        if self.has_begun() {
            request.extensions_mut().insert(Stopping);
        }
        let mut response = next(request).await;
        if self.has_begun() {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        response
    }
}

/// Goes with a request that arrives while the process drains.
#[derive(Clone, Debug)]
pub(crate) struct Stopping;

/// A service that accepts requests.
pub(crate) struct Server {
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Starts to accept requests, on so many connections at once.
    pub(crate) fn start(
        listener: TcpListener,
        service: Complete,
        limits: Limits,
        connections: usize,
    ) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let listener = WatchedListener::new(listener, limits, connections).tap_io(|connection| {
            // Without it small answers wait for the client's acknowledgement of earlier ones.
            if let Err(error) = connection.stream().set_nodelay(true) {
                tracing::debug!(%error, "cannot set TCP_NODELAY");
            }
        });
        let server = axum::serve(listener, service).with_graceful_shutdown(async {
            // A sender that is gone means the same as one that has sent.
            let _ = stopped.await;
        });
        let task = tokio::spawn(async move { server.await });
        Self { stop, task }
    }

    /// Accepts no more requests, and waits for those in flight, however long they take.
    pub(crate) async fn stop(self) {
        // Fails only when the server has ended by itself.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "a server has failed");
        }
    }
}
