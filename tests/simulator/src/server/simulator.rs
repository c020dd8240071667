//! The running simulator: three listeners over one world.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::auth::{Caller, EVERYTHING, Tokens, normalized};
use super::faults::{Fault, Faults};
use super::limits::Limits;
use super::log::{Log, RequestLog};
use super::{admin, api, codeload, http1};
use crate::digest;
use crate::forge::Forge;
use crate::rest::Mint;
use crate::world::World;
use crate::world::load::present;

/// What the three listeners share.
pub(crate) struct Shared {
    world: Mutex<World>,
    tokens: Mutex<Tokens>,
    limits: Mutex<Limits>,
    /// What requests change.
    pub(crate) forge: Mutex<Forge>,
    installed: Mutex<BTreeSet<String>>,
    token_lifetime: Mutex<SignedDuration>,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    requests: AtomicU64,
    addresses: OnceLock<Addresses>,
}

#[derive(Debug, Clone, Copy)]
struct Addresses {
    api: SocketAddr,
    codeload: SocketAddr,
    admin: SocketAddr,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn new(world: World) -> Self {
        Self {
            world: Mutex::new(world),
            tokens: Mutex::default(),
            limits: Mutex::default(),
            forge: Mutex::default(),
            installed: Mutex::new(normalized(EVERYTHING.iter().copied())),
            token_lifetime: Mutex::new(SignedDuration::from_hours(1)),
            faults: Faults::default(),
            log: Log::default(),
            requests: AtomicU64::new(0),
            addresses: OnceLock::new(),
        }
    }

    /// The world as it is now, cheap to take.
    pub(crate) fn snapshot(&self) -> World {
        self.world().clone()
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// What requests change, locked until the guard is dropped.
    pub(crate) fn forge(&self) -> MutexGuard<'_, Forge> {
        lock(&self.forge)
    }

    /// The budgets, as far as the faults leave any.
    pub(crate) fn limits(&self) -> MutexGuard<'_, Limits> {
        lock(&self.limits)
    }

    pub(crate) fn installed(&self) -> BTreeSet<String> {
        lock(&self.installed).clone()
    }

    pub(crate) fn caller(&self, authorization: Option<&str>) -> Result<Caller, &'static str> {
        let mut caller = lock(&self.tokens).caller(authorization, present())?;
        let withdrawn = self.faults.withdrawn();
        caller.permissions.retain(|key| !withdrawn.contains(key.split(':').next().unwrap_or(key)));
        Ok(caller)
    }

    /// Makes the installation token that a route decided on; the body of its answer.
    pub(crate) fn mint(&self, installation: &str, mint: Mint) -> Value {
        let expires = present() + *lock(&self.token_lifetime);
        let expires = expires.round(jiff::Unit::Second).unwrap_or(expires);
        let token = lock(&self.tokens).installation(installation, mint.permissions, expires);
        json!({
            "token": token,
            "expires_at": expires,
            "permissions": mint.granted,
            "repository_selection": "all",
        })
    }

    /// Switches a fault on, here and in the budgets.
    pub(crate) fn set_fault(&self, fault: Fault) {
        if let Fault::Exhausted { reset_in } = &fault {
            let seconds = i64::try_from(*reset_in).unwrap_or(i64::MAX);
            self.limits().exhaust(Some(present() + SignedDuration::from_secs(seconds)));
        }
        self.faults.set(fault);
    }

    pub(crate) fn clear_faults(&self) {
        self.limits().exhaust(None);
        self.faults.clear();
    }

    pub(crate) fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        digest::oid(&["request", &number.to_string()])[..24].to_uppercase()
    }

    fn url(&self, pick: fn(&Addresses) -> SocketAddr) -> String {
        self.addresses.get().map(|addresses| format!("http://{}", pick(addresses))).unwrap_or_default()
    }

    pub(crate) fn base(&self) -> String {
        self.url(|addresses| addresses.api)
    }

    pub(crate) fn codeload(&self) -> String {
        self.url(|addresses| addresses.codeload)
    }
}

/// Where to listen; port 0 takes a free one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Listen {
    /// Port of the API.
    pub port: u16,
    /// Port of the admin interface.
    pub admin_port: u16,
}

/// Why the simulator did not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on 127.0.0.1")]
pub struct StartError(#[from] std::io::Error);

/// A running simulator; it stops when it is dropped.
pub struct Simulator {
    pub(super) shared: Arc<Shared>,
    listeners: Vec<JoinHandle<()>>,
}

/// The faults of a running simulator.
pub struct FaultSwitch<'a>(&'a Shared);

impl FaultSwitch<'_> {
    /// Switches a fault on, in place of an earlier one of its kind.
    pub fn set(&self, fault: Fault) {
        self.0.set_fault(fault);
    }

    /// Switches everything off.
    pub fn clear(&self) {
        self.0.clear_faults();
    }

    /// What is on.
    pub fn active(&self) -> Vec<Fault> {
        self.0.faults.active()
    }
}

impl Simulator {
    /// Serves `world` on free ports of 127.0.0.1.
    ///
    /// # Errors
    /// [`StartError`] when no port can be had.
    pub async fn start(world: World) -> Result<Self, StartError> {
        Self::start_on(world, Listen::default()).await
    }

    /// Serves `world` on the given ports of 127.0.0.1.
    ///
    /// # Errors
    /// [`StartError`] when a port is taken.
    pub async fn start_on(world: World, listen: Listen) -> Result<Self, StartError> {
        let shared = Arc::new(Shared::new(world));
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let state = shared.clone();
        let (api, first) =
            http1::serve(at(listen.port), move |request| api::handle(state.clone(), request)).await?;
        let state = shared.clone();
        let (archives, second) =
            http1::serve(at(0), move |request| codeload::handle(state.clone(), request)).await?;
        let state = shared.clone();
        let (admin, third) =
            http1::serve(at(listen.admin_port), move |request| admin::handle(state.clone(), request)).await?;
        let _ = shared.addresses.set(Addresses { api, codeload: archives, admin });
        Ok(Self { shared, listeners: vec![first, second, third] })
    }

    /// Serves a generated organization of `repos` small repositories.
    ///
    /// # Errors
    /// As [`Simulator::start`].
    pub async fn synthetic(org: &str, repos: usize) -> Result<Self, StartError> {
        Self::start(World::synthetic(org, repos)).await
    }

    /// `http://127.0.0.1:port` of the API; GraphQL is at `/graphql` below it.
    pub fn base_url(&self) -> String {
        self.shared.base()
    }

    /// `http://127.0.0.1:port` of the admin interface.
    pub fn admin_url(&self) -> String {
        self.shared.url(|addresses| addresses.admin)
    }

    /// `http://127.0.0.1:port` of the archive host, another origin than the API.
    pub fn archive_url(&self) -> String {
        self.shared.codeload()
    }

    /// A personal access token with exactly these permission keys (`administration`, `contents:read`, `admin:org`).
    pub fn token<'k>(&self, permissions: impl IntoIterator<Item = &'k str>) -> String {
        lock(&self.shared.tokens).personal("octocat", permissions)
    }

    /// A personal access token that may read everything a personal token can read.
    pub fn full_token(&self) -> String {
        self.token(EVERYTHING.iter().copied())
    }

    /// An installation token with exactly these permission keys, as minted for the App.
    pub fn installation_token<'k>(&self, permissions: impl IntoIterator<Item = &'k str>) -> String {
        let expires = present() + *lock(&self.shared.token_lifetime);
        lock(&self.shared.tokens).installation("1", normalized(permissions), expires)
    }

    /// An installation token with every read permission.
    pub fn full_installation_token(&self) -> String {
        self.installation_token(EVERYTHING.iter().copied())
    }

    /// Makes a token of your choice good for these permissions.
    pub fn accept_token<'k>(&self, token: &str, permissions: impl IntoIterator<Item = &'k str>) {
        lock(&self.shared.tokens).add(token, "octocat", permissions);
    }

    /// Revokes a token; it answers 401 from now on.
    pub fn revoke_token(&self, token: &str) -> bool {
        lock(&self.shared.tokens).revoke(token)
    }

    /// Every permission key that [`Simulator::full_token`] holds.
    pub fn all_permissions() -> Vec<&'static str> {
        EVERYTHING.to_vec()
    }

    /// Grants the App's installations what verifying pull requests and setting up required checks takes.
    pub fn grant_enforcement(&self) {
        self.grant_installation([
            "metadata",
            "checks:write",
            "contents",
            "pull_requests",
            "security_events:write",
            "members",
            "administration:write",
        ]);
    }

    /// What the App's installations are granted from now on; tokens already minted keep what they have.
    pub fn grant_installation<'k>(&self, permissions: impl IntoIterator<Item = &'k str>) {
        *lock(&self.shared.installed) = normalized(permissions);
    }

    /// How long installation tokens live from now on; GitHub's last an hour.
    pub fn set_token_lifetime(&self, seconds: i64) {
        *lock(&self.shared.token_lifetime) = SignedDuration::from_secs(seconds);
    }

    /// The hourly limits from now on: REST requests and GraphQL points. What was spent is forgotten.
    pub fn set_limits(&self, core: u64, graphql: u64) {
        let mut limits = self.shared.limits();
        limits.reset();
        (limits.core, limits.graphql) = (core, graphql);
    }

    /// From now on the App's JWTs must be signed by the private key of this public one (DER).
    pub fn set_app_key(&self, public_key: &[u8]) {
        lock(&self.shared.tokens).app_key = Some(public_key.to_vec());
    }

    /// The App's id, for the JWT's `iss`.
    pub fn app_id(&self) -> u64 {
        crate::rest::APP_ID
    }

    /// The id of the App's installation on `org`.
    pub fn installation_id(&self, org: &str) -> Option<u64> {
        self.shared.world().org(org).map(|org| crate::rest::installation_id(org))
    }

    /// Every request since the start or the last reset.
    pub fn requests(&self) -> Vec<RequestLog> {
        self.shared.log.all()
    }

    /// Requests by kind and operation, and their `total`.
    pub fn counters(&self) -> BTreeMap<String, u64> {
        self.shared.log.counters()
    }

    /// Forgets the requests.
    pub fn reset_counters(&self) {
        self.shared.log.clear();
    }

    /// The faults.
    pub fn faults(&self) -> FaultSwitch<'_> {
        FaultSwitch(&self.shared)
    }

    /// The world, for changing it: `sim.world().lock()`.
    pub fn world(&self) -> WorldHandle<'_> {
        WorldHandle(&self.shared)
    }

    /// Runs until the process is told to stop.
    pub async fn run(mut self) {
        for listener in std::mem::take(&mut self.listeners) {
            let _ = listener.await;
        }
    }
}

/// The world of a running simulator.
pub struct WorldHandle<'a>(&'a Shared);

impl<'a> WorldHandle<'a> {
    /// Locks the world; requests that arrive meanwhile wait.
    pub fn lock(&self) -> MutexGuard<'a, World> {
        self.0.world()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.listeners.iter().for_each(JoinHandle::abort);
    }
}
