//! The product in one process: the embedded services, the use cases over them, and the workers on the queues.
//!
//! What a newcomer gets wrong: there is no second code path. [`Runtime`] only decides which HTTP client the AWS SDK
//! talks to; everything from `Clients` on is what runs on AWS.

mod harness;
mod workers;

use std::{io, path::PathBuf, sync::Arc};

use scrutineer_aws::{Keys, Queue, Store};
use scrutineer_core::Clock;
use scrutineer_github::{AppKey, AppSettings, BaseUrl, BaseUrlError, GitHubApp, webhook::Secrets};
use scrutineer_service::{App, Settings};
use secrecy::SecretString;
use tempfile::TempDir;
use thiserror::Error;

use crate::local_aws::{self, Durability, LocalAws};

pub use harness::{Harness, Held};
pub use workers::{Plan, Workers};

/// Where a runtime keeps its data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Data {
    /// A directory that goes away with the runtime.
    #[default]
    Temporary,
    /// A directory that stays; created when it is not there.
    Dir(PathBuf),
}

/// How a runtime is opened. The defaults: a temporary directory, github.com, the machine's clock.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where its data is.
    pub data: Data,
    /// The API that connections without an address of their own talk to; named by the operator, so any address goes.
    pub github_api: Option<String>,
    /// Private hosts that a customer's `base_url` may name.
    pub allow_base_url: Vec<String>,
    /// Requests to GitHub at a time, 1 to 100.
    pub concurrency: usize,
    /// The GitHub App: its id or client id, and its private key in PEM.
    pub github_app: Option<(String, SecretString)>,
    /// Secrets that webhook deliveries may be signed with, the current one first.
    pub webhook_secrets: Vec<SecretString>,
    /// What an acknowledged write survives.
    pub durability: Durability,
    /// The only now.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data: Data::Temporary,
            github_api: None,
            allow_base_url: Vec::new(),
            concurrency: scrutineer_github::Settings::CONCURRENCY,
            github_app: None,
            webhook_secrets: Vec::new(),
            durability: Durability::Full,
            clock: Clock::system(),
        }
    }
}

/// Why a runtime cannot be opened. The texts are for the operator.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The data directory cannot be used.
    #[error(transparent)]
    Data(#[from] local_aws::OpenError),
    /// There is no place for a temporary directory.
    #[error("cannot create a temporary directory")]
    Temporary(#[source] io::Error),
    /// The address of the GitHub API is not one.
    #[error("--github-api: {0}")]
    GithubApi(#[source] BaseUrlError),
}

/// The product on one data directory.
pub struct Runtime {
    app: App,
    aws: LocalAws,
    concurrency: usize,
    /// Dropped last: the directory must outlive what is open in it.
    _temporary: Option<TempDir>,
}

impl Runtime {
    /// Opens the data directory and puts the use cases on it. Nothing runs until [`Runtime::start`].
    ///
    /// # Errors
    /// See [`OpenError`]; a data file that cannot be used is left as it is.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let github_api = match &options.github_api {
            Some(url) => BaseUrl::for_operator(url).map_err(OpenError::GithubApi)?,
            None => BaseUrl::github_com(),
        };
        let (dir, temporary) = match options.data {
            Data::Dir(dir) => (dir, None),
            Data::Temporary => {
                let made = tempfile::Builder::new().prefix("scrutineer-").tempdir();
                let made = made.map_err(OpenError::Temporary)?;
                (made.path().to_owned(), Some(made))
            }
        };
        let clock = options.clock.clone();
        let aws = LocalAws::open_with(
            dir,
            local_aws::Options { durability: options.durability, clock: clock.clone() },
        )?;
        let (clients, names) = (aws.clients(), LocalAws::settings());
        let concurrency = options.concurrency.clamp(1, 100);
        let github = options.github_app.map(|(issuer, key)| {
            let key = AppKey::pem(&issuer, key);
            let base_url = github_api.clone();
            GitHubApp::new(AppSettings { key, base_url, clock: clock.clone(), concurrency })
        });
        let app = App {
            store: Store::new(&clients, &names),
            queue: Queue::new(&clients, &names),
            keys: Keys::new(&clients, &names),
            providers: Arc::default(),
            policies: Arc::default(),
            github,
            webhooks: Secrets::new(options.webhook_secrets),
            clock,
            settings: Arc::new(Settings { github_api, allow_base_url: options.allow_base_url, concurrency }),
        };
        Ok(Self { app, aws, concurrency, _temporary: temporary })
    }

    /// The use cases.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The embedded services; their counters are for tests and benches.
    pub fn aws(&self) -> &LocalAws {
        &self.aws
    }

    /// Starts the workers, the sweep and the expiry of old items on the current tokio runtime.
    pub fn start(&self) -> Workers {
        let mut plan = Plan::for_this_machine();
        plan.repositories = plan.repositories.min(self.concurrency);
        Workers::start(&self.app, &self.aws, plan)
    }
}
