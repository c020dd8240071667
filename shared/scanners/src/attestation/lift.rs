//! What attestations make of a decision.

use super::{Claim, Claims, Verdict, is_attestable};
use crate::{
    check::{self, Outcome},
    finding::{Evidence, EvidenceKind},
};

/// The outcome with the attestations of its check taken into account.
pub(crate) fn lifted(check: &str, outcome: Outcome, claims: &Claims) -> Outcome {
    let all: Vec<&Claim> = claims.about(check).collect();
    let Some(best) = all.first() else { return outcome };
    let liftable = is_attestable(check) && outcome.is_by_absence();
    let outcome = match &best.verdict {
        Verdict::Accepted { expiring, pull, approved_by } if liftable => {
            let shown = best.attested(*pull, approved_by, outcome.into_verdict());
            if *expiring { Outcome::Warning(shown) } else { Outcome::Passed(shown) }
        }
        Verdict::Expired if liftable => outcome.map(|verdict| best.lapsed(verdict)),
        _ => outcome,
    };
    let refused = all.iter().filter_map(|claim| claim.refusal(liftable, &outcome));
    let refused: Vec<Evidence> = refused.collect();
    outcome.map(|verdict| with_refused(verdict, refused))
}

/// The refusals are kept before anything else would be cut away.
fn with_refused(mut verdict: check::Verdict, refused: Vec<Evidence>) -> check::Verdict {
    let room = crate::finding::Finding::MAX_EVIDENCE.saturating_sub(refused.len().min(3));
    verdict.evidence.truncate(room);
    verdict.evidence.extend(refused.into_iter().take(3));
    verdict
}

impl Claim {
    fn attested(&self, pull: u64, approved_by: &str, measured: check::Verdict) -> check::Verdict {
        let until = self.until.map(|date| date.to_string()).unwrap_or_default();
        let detail = format!("{} attests until {until}: {}", self.owner, self.statement);
        let kind = EvidenceKind::Attestation;
        let evidence = [
            Evidence::new(&self.source, format!("{}, until {until}: {}", self.owner, self.statement))
                .of(kind),
            Evidence::new(&self.evidence, "named as the proof; not fetched").of(kind),
            Evidence::new(format!("pull request #{pull}"), format!("approved by code owner {approved_by}"))
                .of(kind),
        ];
        check::Verdict::new(detail, evidence.into_iter().chain(measured.evidence))
    }

    fn lapsed(&self, measured: check::Verdict) -> check::Verdict {
        let until = self.until.map(|date| date.to_string()).unwrap_or_default();
        let detail = format!("The attestation expired on {until}. {}", measured.detail);
        check::Verdict { detail, ..measured }
    }

    /// Why it did not count, where it did not.
    fn refusal(&self, liftable: bool, outcome: &Outcome) -> Option<Evidence> {
        let why = match &self.verdict {
            Verdict::Rejected(why) => format!("attestation rejected: {why}"),
            Verdict::Expired => "attestation expired".to_owned(),
            Verdict::Accepted { .. } if !liftable && outcome.is_bad() => {
                "attestation rejected: what was measured says otherwise".to_owned()
            }
            Verdict::Accepted { .. } => return None,
        };
        // A file that does not hold says nothing about a check that is in place.
        if self.owner.is_empty() && !outcome.is_bad() {
            return None;
        }
        let source = if self.owner.is_empty() {
            self.source.clone()
        } else {
            format!("{} ({})", self.source, self.owner)
        };
        Some(Evidence::new(source, why).of(EvidenceKind::RejectedAttestation))
    }
}
