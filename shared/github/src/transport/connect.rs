//! hyper's client with our connector: TLS by rustls on aws-lc-rs, addresses guarded by [`crate::reach`].

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use octocrab::OctoBody;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};

use crate::reach::{GuardedConnector, GuardedResolver, Reach};

/// The client at the bottom of the stack.
pub(crate) type Hyper = Client<HttpsConnector<GuardedConnector>, OctoBody>;

/// TCP connection including TLS on a healthy network takes well under a second.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Loading the machine's root certificates takes some 20 ms, so it is done once.
static TLS: LazyLock<ClientConfig> = LazyLock::new(|| {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = || {
        ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("aws-lc-rs supports TLS 1.2 and 1.3")
    };
    // Without root certificates https fails at the handshake; plain http to a named host still works.
    let with_roots = match builder().with_native_roots() {
        Ok(with_roots) => with_roots,
        Err(error) => {
            tracing::warn!(error = %error, "no root certificates found on this machine");
            builder().with_root_certificates(RootCertStore::empty())
        }
    };
    with_roots.with_no_client_auth()
});

/// A client whose connections stay within `reach`.
pub(crate) fn client(reach: Reach) -> Hyper {
    let mut tcp = HttpConnector::new_with_resolver(GuardedResolver::new(reach.clone()));
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(TLS.clone())
        .https_or_http()
        .enable_http1()
        .wrap_connector(GuardedConnector::new(tcp, reach));
    Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector)
}
