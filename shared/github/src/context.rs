//! What all layers of one provider share.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use http::HeaderMap;
use scrutineer_core::{Clock, Timestamp, evidence::org::CredentialKind};

use crate::{
    auth::Authenticator, base_url::BaseUrl, counter::Counter, etag::Cache, graphql::batch::BatchSize,
    limits::Limits, permission,
};

/// Shared by the layers and the calls above them.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) base: BaseUrl,
    pub(crate) clock: Clock,
    pub(crate) concurrency: usize,
    pub(crate) counter: Counter,
    pub(crate) limits: Limits,
    pub(crate) cache: Mutex<Cache>,
    /// Milliseconds since the epoch; `i64::MAX` = never.
    reused_since: AtomicI64,
    pub(crate) auth: Authenticator,
    /// `x-oauth-scopes` of the first answer that had one: only classic tokens get it.
    scopes: OnceLock<Vec<String>>,
    owner: AtomicBool,
    /// Permissions whose GraphQL fields were refused and took their parent with them.
    refused: Mutex<BTreeSet<&'static str>>,
    /// Posture: 14 points for 25 repositories.
    pub(crate) posture_batch: BatchSize,
    /// Activity: 8 points for 10 repositories.
    pub(crate) activity_batch: BatchSize,
    /// Assurance: three connections each, so 1 point for 49 repositories.
    pub(crate) assurance_batch: BatchSize,
}

impl Context {
    pub(crate) fn new(base: BaseUrl, clock: Clock, concurrency: usize, auth: Authenticator) -> Self {
        Self {
            base,
            clock,
            concurrency: concurrency.clamp(1, 100),
            counter: Counter::default(),
            limits: Limits::default(),
            cache: Mutex::new(Cache::default()),
            reused_since: AtomicI64::new(i64::MAX),
            auth,
            scopes: OnceLock::new(),
            owner: AtomicBool::new(false),
            refused: Mutex::default(),
            posture_batch: BatchSize::new(25),
            activity_batch: BatchSize::new(10),
            assurance_batch: BatchSize::new(49),
        }
    }

    /// Notes the scopes of a classic token.
    pub(crate) fn note_scopes(&self, headers: &HeaderMap) {
        let Some(text) = headers.get("x-oauth-scopes").and_then(|value| value.to_str().ok()) else { return };
        self.scopes.get_or_init(|| {
            text.split(',').map(str::trim).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
        });
    }

    /// Scopes of a classic token, once an answer named them.
    pub(crate) fn scopes(&self) -> Option<&[String]> {
        self.scopes.get().map(Vec::as_slice)
    }

    /// The kind of the credential: its prefix, or for tokens without a known prefix whether scopes were named.
    pub(crate) fn kind(&self) -> CredentialKind {
        match self.auth.kind() {
            CredentialKind::ClassicPat if !self.auth.has_known_prefix() && self.scopes().is_none() => {
                CredentialKind::FineGrainedPat
            }
            kind => kind,
        }
    }

    /// Whether the credential holds a permission (App key); `None` where that cannot be known. A classic token's
    /// scope is needed but not enough (its owner must be allowed, too), and for what is public not even needed.
    pub(crate) fn holds(&self, key: &str) -> Option<bool> {
        match (self.auth.granted(), self.scopes()) {
            (Some(granted), _) => Some(granted.contains_key(key) || key == "metadata"),
            (None, Some(scopes)) if !permission::scopes_suffice(scopes, key) => {
                if permission::is_of_repository(key) {
                    None
                } else {
                    Some(false)
                }
            }
            (None, Some(_)) if self.owner.load(Ordering::Relaxed) => Some(true),
            (None, _) => None,
        }
    }

    /// Whether the credential is known to lack a permission of the request plan.
    pub(crate) fn lacks(&self, key: &str) -> bool {
        match (self.auth.granted(), self.scopes()) {
            (Some(granted), _) => !granted.contains_key(key) && key != "metadata",
            (None, Some(scopes)) => !permission::scopes_suffice(scopes, key),
            (None, None) => false,
        }
    }

    /// Notes that the credential sees what only owners of the organization see.
    pub(crate) fn note_owner(&self) {
        self.owner.store(true, Ordering::Relaxed);
    }

    /// Runs `f` on the permissions known to be refused.
    pub(crate) fn with_refused<T>(&self, f: impl FnOnce(&mut BTreeSet<&'static str>) -> T) -> T {
        f(&mut self.refused.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Stored answers read at or after this time are used without asking.
    pub(crate) fn reused_since(&self) -> Option<Timestamp> {
        let since = self.reused_since.load(Ordering::Relaxed);
        Some(Timestamp::from_millisecond(since).unwrap_or(Timestamp::MAX))
    }

    /// Sets [`Context::reused_since`].
    pub(crate) fn reuse_since(&self, at: Timestamp) {
        self.reused_since.store(at.as_millisecond(), Ordering::Relaxed);
    }

    /// Runs `f` on the conditional-request cache.
    pub(crate) fn with_cache<T>(&self, f: impl FnOnce(&mut Cache) -> T) -> T {
        f(&mut self.cache.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
