//! A service on a port: hyper's server, as `axum::serve` runs it, with the time limits and the limit of
//! connections that `axum::serve` does not offer.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    serve::Listener,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

use crate::platform::{
    connections::{Connection, Connections},
    limits::Limits,
};

pub(crate) struct Server {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts to accept requests, on so many connections at once.
    pub(crate) fn start(
        listener: TcpListener,
        router: Router,
        limits: Limits,
        connections: usize,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let connections = Connections::up_to(connections);
        let task = tokio::spawn(serve(listener, router, limits, connections, stopped));
        Self { stop, task }
    }

    /// Accepts no more requests, and waits for those in flight, however long they take.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "a server has failed");
        }
    }
}

async fn serve(
    mut listener: TcpListener,
    router: Router,
    limits: Limits,
    connections: Arc<Connections>,
    mut stopped: oneshot::Receiver<()>,
) {
    // HTTP/1 only: a client of HTTP/2 may have hundreds of requests at once on a connection.
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.request_awaited())
        // Answers are small: to copy a body behind its head costs less than to write both from where they are.
        .writev(false);
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = async {
            let accepted = Listener::accept(&mut listener).await;
            (accepted, connections.enter().await)
        };
        let ((stream, address), place) = tokio::select! {
            accepted = accepted => accepted,
            _ = &mut stopped => break,
        };
        // Without it small answers wait for the client's acknowledgement of earlier ones.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let mut stream = TimeoutStream::<TcpStream>::new(stream);
        stream.set_write_timeout(Some(limits.answer_awaited()));
        let (router, connection) = (router.clone(), Arc::clone(&place.connection));
        let service = service_fn(move |request| {
            answer(router.clone(), Arc::clone(&connection), address, request)
        });
        let served = http.serve_connection(TokioIo::new(Box::pin(stream)), service);
        let served = graceful.watch(served);
        tokio::spawn(async move {
            tokio::select! {
                biased;
                ended = served => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection has failed");
                },
                () = place.connection.chosen() => {}
            }
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn answer(
    router: Router,
    connection: Arc<Connection>,
    address: SocketAddr,
    request: Request<Incoming>,
) -> Result<axum::response::Response, std::convert::Infallible> {
    let at_work = connection.begin_work().await;
    let mut request = request.map(|body| at_work.watch(Body::new(body)));
    request.extensions_mut().insert(ConnectInfo(address));
    router.oneshot(request).await
}
