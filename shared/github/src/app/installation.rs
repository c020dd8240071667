//! The App and its installations.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use scrutineer_core::{
    Clock,
    ids::{AppId, InstallationId, Login},
    provider::RequestCounts,
};
use serde::Deserialize;

use super::{AppKey, CheckWriter, PullReader};
use crate::{
    Settings,
    auth::Authenticator,
    base_url::BaseUrl,
    client::{Call, Client},
    context::Context,
    error::Error,
};

/// What the App is made of.
#[derive(Clone, Debug)]
pub struct AppSettings {
    /// What it proves itself with.
    pub key: AppKey,
    /// Where the API answers.
    pub base_url: BaseUrl,
    /// The only now.
    pub clock: Clock,
    /// Requests under way at once for one installation, 1 to 100.
    pub concurrency: usize,
}

impl AppSettings {
    /// Settings for a key at an address, with the machine's clock.
    pub fn new(key: AppKey, base_url: BaseUrl) -> Self {
        Self { key, base_url, clock: Clock::system(), concurrency: Settings::CONCURRENCY }
    }
}

/// The App. Clones share everything.
#[derive(Clone, Debug)]
pub struct GitHubApp {
    pub(super) client: Client,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    settings: AppSettings,
    installations: Mutex<HashMap<InstallationId, Installation>>,
}

/// The App as GitHub describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AppInfo {
    /// Its id.
    pub id: AppId,
    /// Its name in addresses and in `slug[bot]`.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What it asks for: permission key → level.
    pub permissions: BTreeMap<String, String>,
    /// The events it receives.
    pub events: Vec<String>,
}

/// An installation as GitHub describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationInfo {
    /// The installation.
    pub id: InstallationId,
    /// Where it is installed; `None` for an enterprise.
    pub account: Option<Login>,
    /// Whether that is an organization.
    pub is_organization: bool,
    /// What it was granted: permission key → level.
    pub permissions: BTreeMap<String, String>,
    /// Whether it covers every repository.
    pub covers_all: bool,
    /// Since when it may do nothing.
    pub suspended_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct WireInstallation {
    id: InstallationId,
    account: Option<WireAccount>,
    permissions: BTreeMap<String, String>,
    repository_selection: String,
    suspended_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct WireAccount {
    login: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl From<WireInstallation> for InstallationInfo {
    fn from(wire: WireInstallation) -> Self {
        let (login, kind) = wire.account.map_or((None, None), |account| (account.login, account.kind));
        Self {
            id: wire.id,
            account: login.and_then(|login| login.parse().ok()),
            is_organization: kind.as_deref() == Some("Organization"),
            permissions: wire.permissions,
            covers_all: wire.repository_selection == "all",
            suspended_at: wire.suspended_at,
        }
    }
}

impl GitHubApp {
    /// The App. Sends nothing yet. Call it within a tokio runtime: its connections live there.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn new(settings: AppSettings) -> Self {
        let client = client(&settings, Authenticator::app(settings.key.clone()));
        Self { client, inner: Arc::new(Inner { settings, installations: Mutex::default() }) }
    }

    /// One installation; the same one every time, so that its token, limits and counts are shared. Sends nothing.
    pub fn installation(&self, id: InstallationId) -> Installation {
        let mut known = self.inner.installations.lock().unwrap_or_else(PoisonError::into_inner);
        let settings = &self.inner.settings;
        let fresh = || Installation {
            id,
            client: client(settings, Authenticator::enforcing(settings.key.clone(), id)),
        };
        known.entry(id).or_insert_with(fresh).clone()
    }

    /// Drops what is kept of an installation that was removed.
    pub fn forget(&self, id: InstallationId) {
        self.inner.installations.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// The App itself.
    ///
    /// # Errors
    /// [`Error::CredentialRejected`] when the key does not fit the App.
    pub async fn app(&self) -> Result<AppInfo, Error> {
        self.client.ask(&Call::get("GET /app", &[])).await
    }

    /// Every installation.
    ///
    /// # Errors
    /// As [`GitHubApp::app`].
    pub async fn installations(&self) -> Result<Vec<InstallationInfo>, Error> {
        let call = Call::get("GET /app/installations", &[]).query("per_page=100");
        let all: Vec<WireInstallation> = self.client.pages(&call).await?;
        Ok(all.into_iter().map(Into::into).collect())
    }

    /// One installation as it is now; `None` when it was removed.
    ///
    /// # Errors
    /// As [`GitHubApp::app`].
    pub async fn installation_info(&self, id: InstallationId) -> Result<Option<InstallationInfo>, Error> {
        let call = Call::to("GET /app/installations/{installation_id}", &[&id.to_string()]);
        found(self.client.ask::<WireInstallation>(&call).await)
    }

    /// The installation on an organization; `None` when there is none.
    ///
    /// # Errors
    /// As [`GitHubApp::app`].
    pub async fn org_installation(&self, org: &Login) -> Result<Option<InstallationInfo>, Error> {
        let call = Call::to("GET /orgs/{org}/installation", &[org.as_str()]);
        found(self.client.ask::<WireInstallation>(&call).await)
    }

    /// What the App itself asked since the last call of this function.
    pub fn take_requests(&self) -> RequestCounts {
        self.client.context().counter.take()
    }
}

/// One installation. Clones share token, limits and counts.
#[derive(Clone, Debug)]
pub struct Installation {
    id: InstallationId,
    client: Client,
}

impl Installation {
    /// Its id.
    pub fn id(&self) -> InstallationId {
        self.id
    }

    /// What may only read.
    pub fn reader(&self) -> PullReader {
        PullReader::new(self.client.clone())
    }

    /// What may write.
    pub fn writer(&self) -> CheckWriter {
        CheckWriter::new(self.client.clone())
    }

    /// Uses a new token from the next request on: after more permissions were granted.
    pub fn renew_token(&self) {
        self.client.context().auth.renew();
    }

    /// Permissions of the token in use, with their levels; `None` before the first request.
    pub fn granted(&self) -> Option<BTreeMap<String, String>> {
        self.client.context().auth.granted().map(|granted| (*granted).clone())
    }

    /// What was asked since the last call of this function, by reader and writer together. Minting a token counts.
    pub fn take_requests(&self) -> RequestCounts {
        self.client.context().counter.take()
    }
}

fn client(settings: &AppSettings, auth: Authenticator) -> Client {
    let context = Context::new(settings.base_url.clone(), settings.clock.clone(), settings.concurrency, auth);
    Client::new(Arc::new(context))
}

/// Nothing there is an answer, too.
pub(super) fn found<T, U: From<T>>(answer: Result<T, Error>) -> Result<Option<U>, Error> {
    match answer {
        Ok(found) => Ok(Some(found.into())),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
