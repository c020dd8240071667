//! The policy that holds for a repository: its organization's pinned bundle, and the repository's overrides.
//!
//! A bundle is compiled once per process and kept for 5 minutes at most. Which one is pinned is asked every time: that is
//! one small read, and a roll back takes effect everywhere at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use scrutineer_aws::records::{Org, Override as OverrideRecord, Pin};
use scrutineer_core::{
    Failure,
    ids::{Login, RepoName},
};
use scrutineer_policy::{EffectivePolicy, Override, resolve};

use crate::{App, bundles, orgs, overrides, text};

/// How long a compiled bundle is kept.
const MAX_AGE: SignedDuration = SignedDuration::from_mins(5);
/// Most organizations kept; beyond it the cache starts anew.
const MAX_KEPT: usize = 256;

/// Compiled bundles, by organization.
#[derive(Default)]
pub struct Policies {
    kept: Mutex<HashMap<Login, Kept>>,
}

#[derive(Clone)]
struct Kept {
    revision: u64,
    since: Timestamp,
    policy: Arc<EffectivePolicy>,
}

impl Policies {
    /// Drops what is kept of an organization.
    pub(crate) fn forget(&self, org: &Login) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(org);
    }

    fn get(&self, org: &Login, revision: u64, now: Timestamp) -> Option<Arc<EffectivePolicy>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |kept: &&Kept| kept.revision == revision && now.duration_since(kept.since) < MAX_AGE;
        kept.get(org).filter(fresh).map(|kept| Arc::clone(&kept.policy))
    }

    fn keep(&self, org: &Login, entry: Kept) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(org.clone(), entry);
    }
}

/// What holds for a repository.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The organization's policy, without the overrides.
    pub policy: Arc<EffectivePolicy>,
    /// The pin that it comes from; none for the default.
    pub pin: Option<Pin>,
    /// What the organization decides for itself: what a check says while GitHub is away, for one.
    pub org: Org,
    /// The repository's overrides that hold now, in the order in which they were asked for; the last one wins.
    pub overrides: Vec<Override>,
    /// Overrides whose end was noticed just now: they are told once.
    pub expired: Vec<OverrideRecord>,
}

impl Effective {
    /// What a reader of this one verification should know: the overrides that are over since just now.
    pub fn notices(&self) -> impl Iterator<Item = String> {
        self.expired.iter().map(|record| text::override_over(&record.target, record.expires_at))
    }
}

/// What holds for `repository` of `org`. Overrides whose time is over are marked as such, with their audit entry, by
/// whoever sees it first; a second run finds nothing to mark.
///
/// # Errors
/// Permanent `bundle_invalid` when the pinned bundle names what this version of the product does not have; transient
/// when the store does not answer.
pub async fn effective(app: &App, org: &Login, repository: &RepoName) -> Result<Effective, Failure> {
    let (policy, pin) = policy(app, org).await?;
    let settings = orgs::settings(app, org).await?;
    let (overrides, expired) = overrides::in_force(app, repository, &policy).await?;
    Ok(Effective { policy, pin, org: settings, overrides, expired })
}

/// The pinned policy of an organization.
///
/// # Errors
/// As for [`effective`].
pub async fn policy(app: &App, org: &Login) -> Result<(Arc<EffectivePolicy>, Option<Pin>), Failure> {
    let pin = bundles::current_pin(app, org).await?;
    let revision = pin.as_ref().map_or(0, |pin| pin.revision);
    let now = app.clock.now();
    if let Some(policy) = app.policies.get(org, revision, now) {
        return Ok((policy, pin));
    }
    let pinned = bundles::pinned(app, org).await?;
    let revision = pinned.revision();
    let resolved = tokio::task::spawn_blocking(move || resolve(&pinned.bundle));
    let policy = match resolved.await.map_err(Failure::transient)? {
        Ok(policy) => Arc::new(policy),
        Err(problems) => return Err(text::bundle_invalid(&problems)),
    };
    app.policies.keep(org, Kept { revision, since: now, policy: Arc::clone(&policy) });
    Ok((policy, pinned.pin))
}
