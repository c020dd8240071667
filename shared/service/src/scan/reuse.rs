//! Reusing the previous result of a repository that did not change.
//!
//! Unchanged means: the same head commit, the same settings, alerts and organization, no activity since, the same
//! checks, and a profile of the same effect. Ages (of a key, of a pull request) move on by themselves, so a result older than a week is evaluated anew.

use std::collections::HashMap;

use scrutineer_aws::records::{RepoScan, RepoState, Scan};
use scrutineer_core::{
    Fact, Failure, SignedDuration,
    evidence::{OrgEvidence, RepoListing, RepoPosture},
    ids::{RepoName, ScanId},
};
use scrutineer_scanners::attestation::AssuranceSource;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Shared;
use crate::App;

/// Longest time a result is reused.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a repository's result was computed from; equal fingerprints give equal results.
///
/// `updated_at` and `pushed_at` of the listing stand for its activity. Download links are left out: they change with
/// every answer.
pub(crate) fn fingerprint(
    scan: &Scan,
    shared: &Shared,
    listing: &RepoListing,
    posture: &Fact<RepoPosture>,
) -> Result<String, Failure> {
    let mut posture = posture.clone();
    if let Fact::Known(posture) = &mut posture
        && let Some(branch) = &mut posture.default_branch
        && let Fact::Known(head) = &mut branch.head
    {
        head.tarball_url = None;
    }
    #[derive(Serialize)]
    struct Parts<'a> {
        checks: (&'a str, usize),
        categories: &'a [String],
        profile: &'a str,
        org: String,
        assurance: Option<AssuranceSource>,
        listing: &'a RepoListing,
        posture: &'a Fact<RepoPosture>,
    }
    let parts = Parts {
        checks: (env!("CARGO_PKG_VERSION"), scrutineer_scanners::registry::checks().count()),
        categories: &scan.options.categories,
        profile: &scan.profile.fingerprint,
        org: org_fingerprint(&shared.org)?,
        assurance: shared.docs.assurance(),
        listing,
        posture: &posture,
    };
    digest(&parts)
}

/// What repository checks read of the organization: everything but its people, tokens and the time.
fn org_fingerprint(org: &OrgEvidence) -> Result<String, Failure> {
    digest(&(
        (&org.settings, &org.actions, &org.security_configurations, &org.custom_secret_patterns),
        (&org.actions_secrets, &org.private_registries, &org.property_schema, &org.immutable_releases),
        (&org.audit_log, &org.secret_audit_log, &org.audit_streams, &org.platform, &org.installations),
    ))
}

fn digest(value: &impl Serialize) -> Result<String, Failure> {
    let bytes = serde_json::to_vec(value).map_err(Failure::transient)?;
    // 128 bits are plenty against accidents, and the row stays small.
    Ok(hex::encode(&Sha256::digest(bytes)[..16]))
}

/// Results of the previous scan that may be reused, by repository.
pub(crate) async fn previous(
    app: &App,
    scan: &Scan,
    repositories: &[RepoName],
) -> Result<HashMap<RepoName, RepoScan>, Failure> {
    let Some(previous) = scan.previous else { return Ok(HashMap::new()) };
    let rows = rows_of(app, previous, repositories).await?;
    let oldest = super::observed_at(scan).checked_sub(MAX_AGE).map_err(Failure::transient)?;
    Ok(rows
        .into_iter()
        .filter(|row| row.findings_in.is_some() && row.evaluated_at >= oldest)
        .map(|row| (row.repository.clone(), row))
        .collect())
}

/// Rows of `repositories` in `scan`, those that exist.
pub(crate) async fn rows_of(
    app: &App,
    scan: ScanId,
    repositories: &[RepoName],
) -> Result<Vec<RepoScan>, Failure> {
    let keys: Vec<_> = repositories.iter().map(|repo| RepoScan::key_of(scan, repo)).collect();
    Ok(app.store.get_many(&keys).await?)
}

/// The row of an unchanged repository: it refers to the findings of the scan that evaluated it.
pub(crate) fn unchanged_row(scan: &Scan, previous: &RepoScan) -> RepoScan {
    RepoScan {
        scan: scan.id,
        state: RepoState::Unchanged,
        reason: Some(format!("unchanged since it was evaluated at {}", previous.evaluated_at)),
        requests: Default::default(),
        ..previous.clone()
    }
}
