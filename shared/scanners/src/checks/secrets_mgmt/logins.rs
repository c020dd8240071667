//! SEC-009: how pipelines log in to clouds and registries.

use scrutineer_core::Gap;

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    snapshot::{CiStep, DetectorId, Hit, Snapshot, Step},
};

/// Inputs of login actions that carry a stored key.
const KEY_INPUTS: [&str; 8] = [
    "aws-access-key-id",
    "aws-secret-access-key",
    "creds",
    "client-secret",
    "credentials_json",
    "service_account_key",
    "password",
    "token",
];

/// Inputs of the cloud login actions that ask for a short-lived identity; without one they use a stored key.
const IDENTITY_INPUTS: [(&str, &[&str]); 3] = [
    ("aws-actions/configure-aws-credentials", &["role-to-assume"]),
    ("azure/login", &["client-id"]),
    ("google-github-actions/auth", &["workload_identity_provider"]),
];

/// SEC-009.
pub(super) fn short_lived(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = subject.files.known()?;
    let (short, stored) = (short_lived_logins(files), stored_keys(files));
    let seen = || stored.iter().chain(&short).map(Hit::evidence);
    match (short.first(), stored.first()) {
        (Some(short), Some(stored)) => {
            let detail = format!(
                "Both styles: short-lived at {}, a stored key at {}.",
                short.source(),
                stored.source()
            );
            return Ok(Outcome::warning(detail, seen()));
        }
        (None, Some(first)) => {
            let detail = format!("Pipelines log in with stored keys only, e.g. at {}.", first.source());
            return Ok(Outcome::failed(detail, seen()));
        }
        _ => files.absent()?,
    }
    if files.ci().truncated {
        return Err(Gap::Truncated);
    }
    Ok(match short.first() {
        Some(first) => {
            let detail =
                format!("Short-lived logins: {}, e.g. at {}; no stored key.", short.len(), first.source());
            Outcome::passed(detail, seen())
        }
        None => Outcome::not_applicable("No pipeline logs in anywhere."),
    })
}

/// Logins by OIDC, trusted publishing or App token.
pub(super) fn short_lived_logins(files: &Snapshot) -> Vec<Hit> {
    let actions = files.ci().steps_with(DetectorId::Oidc, &[]).filter(|found| is_short_lived(found.step));
    let mut logins: Vec<Hit> = actions.map(|found| found.seen()).collect();
    let trusted = files.ci().steps_with(DetectorId::Publish, &[]).filter(is_trusted_publishing);
    for hit in trusted.map(|found| found.seen()) {
        if !logins.contains(&hit) {
            logins.push(hit);
        }
    }
    logins
}

/// A publish step in a job that may ask for an OIDC token and reads no stored secret.
fn is_trusted_publishing(found: &CiStep<'_>) -> bool {
    found.job.permissions.writes("id-token") && found.job.secrets.is_empty()
}

fn is_short_lived(step: &Step) -> bool {
    let uses = step.uses.as_deref().unwrap_or_default();
    let asked = IDENTITY_INPUTS.iter().find(|(action, _)| action.eq_ignore_ascii_case(uses));
    let identity = asked.is_none_or(|(_, inputs)| inputs.iter().any(|input| step.input(input).is_some()));
    identity && !carries_key(step)
}

/// App-token actions take a private key by design and hand out a token that lives for an hour.
fn carries_key(step: &Step) -> bool {
    KEY_INPUTS.iter().any(|input| step.input(input).is_some_and(|value| value.contains("secrets.")))
}

/// Stored keys: named like one anywhere in a workflow, or given to a login action.
fn stored_keys(files: &Snapshot) -> Vec<Hit> {
    let mut keys = files.detector(DetectorId::StaticCloudCred).content.clone();
    let given = files.ci().steps_with(DetectorId::Oidc, &[]).filter(|found| carries_key(found.step));
    for hit in given.map(|found| found.seen()) {
        let known = |key: &Hit| key.path == hit.path && key.line.abs_diff(hit.line) <= NEAR_LINES;
        if !keys.iter().any(known) {
            keys.push(hit);
        }
    }
    keys
}

/// A key's input stands at most this many lines below its step.
const NEAR_LINES: u64 = 12;
