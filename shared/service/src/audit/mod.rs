//! The audit log of an organization: who changed what, and what was judged.
//!
//! [`draft`] begins an entry; [`append`] writes one that stands alone, and configuration goes with its entry through
//! `Store::write_audited`. [`read`] lists, [`chain`] verifies.

pub mod chain;
pub mod read;

use scrutineer_aws::{
    AuditedWrite,
    records::{AuditAction, AuditDraft, AuditEntry, AuditHead},
};
use scrutineer_core::{
    Actor, Failure,
    ids::{AuditId, Login},
};

use crate::App;

/// Who does something, and which request it came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// The request, as in the service's log.
    pub request_id: Option<String>,
}

impl By {
    /// A part of the service: `verifier`, `sweeper`.
    pub fn system(part: &'static str) -> Self {
        Self { actor: Actor::system(part), request_id: None }
    }
}

/// An entry to be: `by` did `action` to `subject`, now.
pub fn draft(app: &App, org: &Login, by: &By, action: AuditAction, subject: impl Into<String>) -> AuditDraft {
    AuditDraft {
        id: AuditId::new(&app.clock),
        org: org.clone(),
        at: app.clock.now(),
        actor: by.actor.clone(),
        action,
        subject: subject.into(),
        repository: None,
        detail: Default::default(),
        request_id: by.request_id.clone(),
    }
}

/// Appends an entry of its own: four write units for one of usual size. Run twice, it stands there twice; put it into
/// the transaction that decides (`Store::write_audited`) where that matters.
///
/// # Errors
/// Transient when the store does not answer or others were faster in every try; then nothing was appended.
pub async fn append(app: &App, draft: AuditDraft) -> Result<AuditEntry, Failure> {
    Ok(app.store.write_audited(AuditedWrite::new(draft)).await?)
}

/// Where the log ends; `None` when it is empty.
///
/// # Errors
/// When the store does not answer.
pub async fn head(app: &App, org: &Login) -> Result<Option<AuditHead>, Failure> {
    Ok(app.store.get(&AuditHead::key_of(org)).await?)
}
