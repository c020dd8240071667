//! SEC-010: can the use of a secret be seen afterwards, on both sides?

use scrutineer_core::Gap;

use super::storage;
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    snapshot::{DetectorId, Hit},
};

/// SEC-010.
pub(super) fn trail(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let org = subject.org;
    let readable = org.audit_log.ok() == Some(&true);
    let platform = readable.then(|| Evidence::new("GET /orgs/{org}/audit-log", "readable"));
    let streamed = org.audit_streams.ok().is_some_and(|list| list.iter().any(|s| s.enabled && !s.paused));
    let stream =
        streamed.then(|| Evidence::new("GET /enterprises/{enterprise}/audit-log/streams", "enabled"));
    let manager = match stream {
        Some(stream) => vec![stream],
        None => audited(subject)?,
    };
    let unseen = org.audit_log.gap().map(|gap| format!(" ({gap})")).unwrap_or_default();
    Ok(match (platform, manager.first().cloned()) {
        (Some(platform), Some(first)) => {
            let detail =
                format!("The audit log is readable, and the other side is evidenced by {}.", first.source);
            Outcome::passed(detail, std::iter::once(platform).chain(manager))
        }
        (Some(platform), None) => {
            let detail =
                "The audit log is readable, but no auditing of a secret manager and no stream is in sight.";
            Outcome::warning(detail, [platform]).by_absence()
        }
        (None, Some(first)) => {
            let detail = format!(
                "Auditing is configured ({}), but the audit log was not readable{unseen}.",
                first.source
            );
            Outcome::warning(detail, manager)
        }
        (None, None) => {
            let detail = format!(
                "The audit log was not readable{unseen}, and no auditing of a secret manager is in sight."
            );
            Outcome::failed(detail, [])
        }
    })
}

/// Auditing that infrastructure code switches on for the manager in use; code that writes its own audit log is
/// not it.
fn audited(subject: &RepoSubject<'_>) -> Result<Vec<Evidence>, Gap> {
    let files = subject.files.known()?;
    let infra = |hit: &&Hit| [".tf", ".yml", ".yaml"].iter().any(|end| hit.path.ends_with(end));
    let hits: Vec<Evidence> =
        files.detector(DetectorId::AuditLogCode).content.iter().filter(infra).map(Hit::evidence).collect();
    if hits.is_empty() {
        files.absent()?;
        return Ok(hits);
    }
    Ok(hits.into_iter().chain(storage::managers(files)).collect())
}
