//! Platform clients, one per connection. Another platform is one crate beside `github` and one arm here.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use scrutineer_aws::records::{Connection, HttpCache};
use scrutineer_core::{Failure, ids::ConnectionId};
use scrutineer_github::{BaseUrl, GitHub};

use crate::{App, connections, text};

/// Most clients kept; beyond it the map starts anew (a client is cheap, its rate-limit memory is not vital).
const MAX_KEPT: usize = 256;

/// Clients that are kept so that the workers of one process share rate limits, tokens and connections.
#[derive(Default)]
pub struct Providers {
    /// By connection; the version tells a changed credential.
    kept: Mutex<HashMap<ConnectionId, (u64, Arc<GitHub>)>>,
}

impl Providers {
    /// The client of `connection`, with its conditional-request cache loaded.
    ///
    /// # Errors
    /// Permanent `invalid_base_url` or `credential_unreadable`.
    pub async fn of(&self, app: &App, connection: &Connection) -> Result<Arc<GitHub>, Failure> {
        if let Some(kept) = self.kept(connection) {
            return Ok(kept);
        }
        let base_url = match &connection.base_url {
            Some(url) => BaseUrl::for_known_customer(url, &app.settings.allow_base_url)
                .map_err(|error| text::invalid_field("invalid_base_url", "/base_url", &error.to_string()))?,
            None => app.settings.github_api.clone(),
        };
        let cache = match app.store.get(&HttpCache::key_of(connection.id)).await? {
            // A cache that cannot be read costs requests, nothing else.
            Some(row) => row.cache.unpack::<Vec<u8>>().ok(),
            None => None,
        };
        let credential = connections::open(app, connection).await?;
        let settings = scrutineer_github::Settings {
            base_url,
            credential,
            concurrency: app.settings.concurrency,
            clock: app.clock.clone(),
        };
        let client = Arc::new(GitHub::new(settings).with_cache(cache));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        // Two workers may have built one at once: the first wins, so that both count in one place.
        let entry = kept.entry(connection.id).or_insert_with(|| (connection.version, client.clone()));
        if entry.0 != connection.version {
            *entry = (connection.version, client);
        }
        Ok(entry.1.clone())
    }

    fn kept(&self, connection: &Connection) -> Option<Arc<GitHub>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&connection.id).filter(|(version, _)| *version == connection.version).map(|(_, c)| c.clone())
    }
}
