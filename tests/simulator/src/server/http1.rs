//! A listener and its connections. Stopping the server stops them all.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed on purpose")]
pub(crate) struct Hangup;

/// What a body may fail with.
pub(crate) type Out = UnsyncBoxBody<Bytes, Hangup>;

/// Serves `handle` on `address`; the address that was bound comes back.
pub(crate) async fn serve<H, F>(
    address: SocketAddr,
    handle: H,
) -> std::io::Result<(SocketAddr, JoinHandle<()>)>
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<Out>, Hangup>> + Send + 'static,
{
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    Ok((bound, tokio::spawn(accept(listener, handle))))
}

async fn accept<H, F>(listener: TcpListener, handle: H)
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<Out>, Hangup>> + Send + 'static,
{
    // Dropped with this task: no connection outlives the server.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        let handle = handle.clone();
        connections.spawn(async move {
            let _ = stream.set_nodelay(true);
            let service = service_fn(handle);
            // An error here is a client that left, or a fault that was asked for.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// A body that is sent whole.
pub(crate) fn whole(bytes: Bytes) -> Out {
    Full::new(bytes).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// The first half of a body, then the connection is cut.
pub(crate) fn half(bytes: &Bytes) -> Out {
    Half { head: Some(bytes.slice(..bytes.len() / 2)), length: bytes.len() as u64 }.boxed_unsync()
}

struct Half {
    head: Option<Bytes>,
    length: u64,
}

impl Body for Half {
    type Data = Bytes;
    type Error = Hangup;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Hangup>>> {
        Poll::Ready(Some(self.head.take().map(Frame::data).ok_or(Hangup)))
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.length)
    }
}
