//! IAM-006: deploy keys.

use rust_decimal::Decimal;
use scrutineer_core::{Gap, evidence::posture::DeployKey, ids::RepoName};

use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    contribution::Gathered,
    finding::Evidence,
    share::Share,
};

/// IAM-006. Keys of archived repositories are left out: they open nothing that could be written.
pub(super) fn read_only(subject: &OrgSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    if subject.org.settings.deploy_keys_enabled.ok() == Some(&false) {
        let seen = Evidence::new("GET /orgs/{org}#deploy_keys_enabled_for_repositories", false);
        return Ok(Outcome::passed("Deploy keys are disabled by policy.", [seen]));
    }
    let keys = Gathered::pages(subject.repositories.iter().filter(|r| !r.archived), |r| &r.deploy_keys);
    keys.complete()?;
    if keys.items.is_empty() {
        return Ok(Outcome::not_applicable("No repository has a deploy key."));
    }
    let enabled: Vec<_> = keys.items.into_iter().filter(|(_, key)| key.enabled).collect();
    let writable: Vec<_> = enabled.iter().filter(|(_, key)| !key.read_only).collect();
    let share = Share::of(writable.len(), enabled.len());
    if !writable.is_empty() {
        let (detail, seen) = (format!("{share} deploy keys can write."), writable.into_iter().map(named));
        return Ok(if share.at_most(limits.get("max_writable_percent")) {
            Outcome::warning(detail, seen)
        } else {
            Outcome::failed(detail, seen)
        });
    }
    let age = |key: &DeployKey| {
        Decimal::from(subject.org.observed_at.duration_since(key.created_at).as_hours()) / Decimal::from(24)
    };
    let old: Vec<_> = enabled.iter().filter(|(_, key)| age(key) > limits.get("max_age_days")).collect();
    let detail = format!("Enabled deploy keys: {}, all read-only; old ones: {}.", enabled.len(), old.len());
    Ok(if old.is_empty() {
        Outcome::passed(detail, enabled.iter().map(named))
    } else {
        Outcome::warning(detail, old.into_iter().map(named))
    })
}

fn named((repository, key): &(&RepoName, &DeployKey)) -> Evidence {
    let access = if key.read_only { "read-only" } else { "writable" };
    let day = key.created_at.strftime("%F");
    Evidence::new(repository.as_str(), format!("{}: {access}, created {day}", key.title))
}
