//! PLAT-006: does the organization say how to report a vulnerability?

use scrutineer_core::Gap;

use crate::check::{OrgSubject, Outcome, Thresholds};

/// PLAT-006.
pub(super) fn security_policy(subject: &OrgSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let Some(policy) = subject.docs.security_policy().known()?.as_ref().copied() else {
        return Ok(Outcome::failed("Neither .github nor .github-private holds a SECURITY.md.", []));
    };
    let (place, seen) = (policy.hit.source(), [policy.hit.evidence()]);
    Ok(match &policy.channel {
        Some(channel) => Outcome::passed(format!("{place} names a way to report: {channel}."), seen),
        None => Outcome::warning(format!("{place} exists, but names no way to report."), seen),
    })
}
