//! What a verification must know about its organization, over [`crate::effective`], [`crate::bundles`] and
//! [`crate::orgs`].

use scrutineer_aws::records::OnTrouble;
use scrutineer_core::{
    Failure,
    ids::{InstallationId, Login, RepoName},
};
use scrutineer_github::app::Installation;
use scrutineer_policy::{EffectivePolicy, resolve};
use sha2::{Digest, Sha256};

use crate::{
    App,
    audit::By,
    bundles,
    effective::{self, Effective},
    orgs, text,
};

/// Everything that decides besides the code, in 32 hex digits.
pub(crate) fn fingerprint(effective: &Effective, evaluate: bool) -> String {
    let mut digest = Sha256::new();
    digest.update(effective.policy.bundle.as_bytes());
    digest.update([u8::from(evaluate)]);
    for one in &effective.overrides {
        digest.update(format!("{}/{:?}/{:?};", one.id, one.state, one.expires));
    }
    hex::encode(&digest.finalize()[..16])
}

/// The App's installation.
///
/// # Errors
/// Permanent `github_app_off` when no App is set up.
pub(crate) fn installation(app: &App, id: InstallationId) -> Result<Installation, Failure> {
    app.github.as_ref().map(|github| github.installation(id)).ok_or_else(off)
}

/// No App is set up.
pub(crate) fn off() -> Failure {
    Failure::permanent("github_app_off", "no GitHub App is set up: give its id and private key")
}

/// What a check says when a change could not be judged.
pub(crate) async fn on_trouble(app: &App, org: &Login) -> Result<OnTrouble, Failure> {
    Ok(orgs::settings(app, org).await?.on_trouble)
}

/// What holds for a repository now.
pub(crate) async fn effective(app: &App, repo: &RepoName) -> Result<Effective, Failure> {
    effective::effective(app, &owner(repo)?, repo).await
}

/// The policy of a bundle as verifications name it, `id@version`.
pub(crate) async fn of_version(app: &App, repo: &RepoName, bundle: &str) -> Result<EffectivePolicy, Failure> {
    let org = owner(repo)?;
    let document = match bundles::named(app, &org, bundle).await {
        // The organization's own bundles are known by their version.
        Err(failure) if failure.code() == Some("not_found") => {
            let version = bundle.rsplit('@').next().unwrap_or(bundle);
            bundles::named(app, &org, version).await?
        }
        other => other?,
    };
    let resolved = tokio::task::spawn_blocking(move || resolve(&document));
    resolved.await.map_err(Failure::transient)?.map_err(|problems| text::bundle_invalid(&problems))
}

/// Check-run names that the bundle wants required.
pub(crate) async fn required_checks(app: &App, repo: &RepoName) -> Result<Vec<String>, Failure> {
    let policy = effective(app, repo).await?.policy;
    Ok(policy.packs.values().filter(|pack| pack.required).map(|pack| pack.check.clone()).collect())
}

/// Pins the default bundle where none is pinned. Somebody who pins at the same moment wins.
pub(crate) async fn ensure_pinned(app: &App, org: &Login, by: &By) -> Result<(), Failure> {
    if bundles::current_pin(app, org).await?.is_some() {
        return Ok(());
    }
    let wanted = bundles::Wanted::BuiltIn("default".to_owned());
    match bundles::put(app, org, by, wanted, Some(0)).await {
        Ok(_) => Ok(()),
        Err(bundles::Refused::Failed(failure)) if failure.code() == Some("version_mismatch") => Ok(()),
        Err(bundles::Refused::Failed(failure)) => Err(failure),
        Err(bundles::Refused::Invalid(problems)) => Err(text::bundle_invalid(&problems)),
    }
}

fn owner(repo: &RepoName) -> Result<Login, Failure> {
    repo.owner().parse().map_err(Failure::transient)
}
