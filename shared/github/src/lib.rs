//! The only crate with octocrab: authentication, limits, evidence.
//!
//! [`GitHub`] implements [`scrutineer_core::provider::Provider`]. What a newcomer gets wrong: a call that is refused
//! is a gap in one piece of evidence, not an error; an error means that nothing more can be asked now. And a rate
//! limit is never slept through: it comes back as `Deferred` with the time at which it ends.

pub mod app;
mod auth;
mod base_url;
mod client;
mod context;
mod counter;
mod credential;
mod error;
mod etag;
mod graphql;
mod limits;
mod org;
mod permission;
mod provider;
mod reach;
mod repo;
mod snapshot;
mod transport;
mod validate;
pub mod webhook;

pub use app::{AppKey, AppSettings, GitHubApp};
pub use base_url::{BaseUrl, BaseUrlError};
pub use credential::Credential;
pub use error::Error;

use std::sync::Arc;

use scrutineer_core::Clock;

use context::Context;
use etag::Cache;

/// What a provider is made of.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What it authenticates with.
    pub credential: Credential,
    /// Where the API answers.
    pub base_url: BaseUrl,
    /// The only now.
    pub clock: Clock,
    /// Requests under way at once, 1 to 100 (GitHub's documented bound). See [`Settings::CONCURRENCY`].
    pub concurrency: usize,
}

impl Settings {
    /// A third of GitHub's bound: other tools share the credential's limit.
    pub const CONCURRENCY: usize = 32;

    /// Settings for a credential at an address, with the machine's clock.
    pub fn new(credential: Credential, base_url: BaseUrl) -> Self {
        Self { credential, base_url, clock: Clock::system(), concurrency: Self::CONCURRENCY }
    }
}

/// GitHub, seen with one credential. Clones share connections, token, limits, counts and cache.
#[derive(Clone, Debug)]
pub struct GitHub {
    client: client::Client,
}

impl GitHub {
    /// A provider. Sends nothing yet. Call it within a tokio runtime: its connections live there.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn new(settings: Settings) -> Self {
        let Settings { credential, base_url, clock, concurrency } = settings;
        let context =
            Arc::new(Context::new(base_url, clock, concurrency, auth::Authenticator::of(credential)));
        Self { client: client::Client::new(context) }
    }

    /// The same provider with what an earlier [`scrutineer_core::provider::Provider::save_cache`] packed; an
    /// unreadable cache is ignored.
    #[must_use]
    pub fn with_cache(self, packed: Option<Vec<u8>>) -> Self {
        if let Some(packed) = packed {
            self.client.context().with_cache(|cache| *cache = Cache::unpack(&packed));
        }
        self
    }
}
