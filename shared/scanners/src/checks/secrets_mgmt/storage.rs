//! SEC-005: where the running system gets its secrets from.

use scrutineer_core::Gap;

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    snapshot::{DetectorId, Hit, Snapshot},
};

/// What shows that a secret manager is used.
pub(super) fn managers(files: &Snapshot) -> Vec<Evidence> {
    let steps = files.ci().steps_with(DetectorId::Vault, &[]).map(|found| found.seen().evidence());
    files.detector(DetectorId::Vault).all().map(Hit::evidence).chain(steps).collect()
}

/// SEC-005.
pub(super) fn vault(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = subject.files.known()?;
    let plain: Vec<&Hit> =
        files.plaintext_secret_files().iter().chain(files.k8s_secret_manifests()).collect();
    if let Some(first) = plain.first() {
        let detail = format!("Secrets are tracked in plain text: {}, e.g. {}.", plain.len(), first.source());
        return Ok(Outcome::failed(detail, plain.into_iter().map(Hit::evidence)));
    }
    files.absent()?;
    let managers = managers(files);
    if let Some(first) = managers.first() {
        let detail =
            format!("Secrets come from a manager ({}: {}), none is tracked.", first.source, first.value);
        return Ok(Outcome::passed(detail, managers));
    }
    let uses = files.secret_uses();
    Ok(match uses.first() {
        Some(first) => {
            let detail = format!(
                "Secrets come from the platform alone, e.g. at {}, without a manager.",
                first.source()
            );
            Outcome::warning(detail, uses.iter().map(Hit::evidence))
        }
        None => Outcome::not_applicable("The repository consumes no secret."),
    })
}
