//! `scrutineer serve`: the HTTP API and the workers on a data directory, until it is told to stop.

use std::{net::IpAddr, path::PathBuf, process::ExitCode, time::Duration};

use scrutineer_service::access;
use secrecy::ExposeSecret as _;

use crate::{
    cli::{Outcome, credential::secret_line, error::Error, output::print},
    runtime::{Data, Options, Runtime},
    server::Server,
};

/// What is under way may take this long after a signal; the rest is taken up at the next start.
const GRACE: Duration = Duration::from_secs(25);

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Directory for everything that is stored; created when it is not there. Keep it private: it holds the key that
    /// credentials are sealed with.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Port of the HTTP API; 0 for any free one.
    #[arg(long, value_name = "N", default_value_t = 8080)]
    port: u16,
    /// Address to listen on. The API speaks plain HTTP: put a TLS proxy before it when others shall reach it.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// API that connections without an address of their own talk to; github.com without it.
    #[arg(long, value_name = "URL")]
    github_api: Option<String>,
    /// Id or client id of the GitHub App that verifies pull requests.
    #[arg(long, value_name = "ID", requires = "app_key")]
    app_id: Option<String>,
    /// File with the App's private key, PEM.
    #[arg(long, value_name = "FILE", requires = "app_id")]
    app_key: Option<PathBuf>,
    /// File with a secret that webhook deliveries are signed with. Given twice, both are valid: the current one first,
    /// then the previous one, while it is rotated.
    #[arg(long, value_name = "FILE")]
    webhook_secret_file: Vec<PathBuf>,
    /// Host, not public, that a connection's address may name; may be given more than once.
    #[arg(long, value_name = "HOST")]
    allow_base_url: Vec<String>,
    /// Requests to GitHub at a time, per connection.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u8).range(1..=100))]
    concurrency: u8,
}

/// Serves until a signal.
pub(crate) async fn run(args: Args) -> Outcome {
    let mut stop = Stop::new()?;
    let secrets = args.webhook_secret_file.iter();
    let webhook_secrets =
        secrets.map(|file| secret_line("--webhook-secret-file", file)).collect::<Result<_, _>>()?;
    let github_app = match (args.app_id, &args.app_key) {
        (Some(id), Some(file)) => Some((id, secret_line("--app-key", file)?)),
        _ => None,
    };
    let runtime = Runtime::open(Options {
        github_app,
        data: Data::Dir(args.data),
        webhook_secrets,
        github_api: args.github_api,
        allow_base_url: args.allow_base_url,
        concurrency: args.concurrency.into(),
        ..Options::default()
    })?;
    // Listening first: a port that is taken must not cost the only sight of the token.
    let address = (args.bind, args.port).into();
    let server = Server::start(runtime.app().clone(), address)
        .await
        .map_err(|error| Error::tool(format!("cannot listen on {address}: {error}")))?;
    let mut text = format!("Listening on {url}\nAPI documentation: {url}/api/docs\n", url = server.url());
    if let Some(token) = access::bootstrap(runtime.app()).await? {
        text.push_str(&format!("Operator token, shown this once: {}\n", token.secret.expose_secret()));
    }
    print(&text)?;
    let workers = runtime.start();
    tracing::info!(address = %server.address(), "serving");
    stop.wait().await;
    tracing::info!("stopping");
    let (_, finished) = tokio::join!(server.stop(GRACE), workers.stop(GRACE));
    tracing::info!(finished, "stopped");
    Ok(ExitCode::SUCCESS)
}

/// The signals that end a process in good order.
pub(super) struct Stop {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Stop {
    /// Listens from now on.
    #[cfg(unix)]
    pub(super) fn new() -> Result<Self, Error> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())? })
    }

    /// Listens from now on.
    #[cfg(not(unix))]
    pub(super) fn new() -> Result<Self, Error> {
        Ok(Self {})
    }

    /// Waits for a signal.
    pub(super) async fn wait(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}
