//! The HTTP API of the shared router, served by hyper in this process.

use std::{io, net::SocketAddr, time::Duration};

use scrutineer_service::App;
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

/// A server that answers until it is stopped; dropping it ends it at once.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    closing: CancellationToken,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Listens on `address` (port 0: any free one) and answers for `app`.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(app: App, address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let closing = CancellationToken::new();
        let closed = closing.clone().cancelled_owned();
        let serve = axum::serve(listener, scrutineer_web::router(app)).with_graceful_shutdown(closed);
        Ok(Self { address, closing, task: tokio::spawn(async move { serve.await }) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://address:port`, with loopback for "every address".
    pub fn url(&self) -> String {
        let mut shown = self.address;
        if shown.ip().is_unspecified() {
            shown.set_ip(if shown.is_ipv4() {
                [127, 0, 0, 1].into()
            } else {
                [0, 0, 0, 0, 0, 0, 0, 1].into()
            });
        }
        format!("http://{shown}")
    }

    /// Takes no more connections and lets open requests finish for at most `within`.
    pub async fn stop(mut self, within: Duration) {
        self.closing.cancel();
        let _ = timeout(within, &mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.closing.cancel();
        self.task.abort();
    }
}
