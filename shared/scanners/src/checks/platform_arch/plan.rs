//! PLAT-003, and the question other checks ask: does the plan offer the enterprise controls?

use scrutineer_core::{
    Fact, Gap,
    evidence::{OrgEvidence, org::Platform},
};

use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    finding::Evidence,
};

/// What a plan offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tier {
    /// `free`.
    Free,
    /// `team`, `business`.
    Team,
    /// `enterprise`, `business_plus`, or a server of one's own.
    Enterprise,
}

/// The tier, and what showed it.
pub(crate) fn tier(org: &OrgEvidence) -> Result<(Tier, Evidence), Gap> {
    if let Some(version) = server_release(org) {
        return Ok((Tier::Enterprise, Evidence::new("GET /meta#installed_version", version)));
    }
    match &org.settings.plan {
        Fact::Known(plan) => named(plan).map(|tier| (tier, Evidence::new("GET /orgs/{org}#plan.name", plan))),
        Fact::Unknown(gap) => inferred(org).map(|proof| (Tier::Enterprise, proof)).ok_or_else(|| gap.clone()),
    }
}

/// Whether the organization is known to lack the enterprise controls; an unreadable plan is not.
pub(crate) fn lacks_enterprise(org: &OrgEvidence) -> bool {
    matches!(tier(org), Ok((Tier::Free | Tier::Team, _)))
}

/// The release of a GitHub Enterprise Server.
pub(crate) fn server_release(org: &OrgEvidence) -> Option<&str> {
    match org.platform.ok() {
        Some(Platform::Ghes { version }) => Some(version),
        _ => None,
    }
}

fn named(plan: &str) -> Result<Tier, Gap> {
    match plan {
        "free" => Ok(Tier::Free),
        "team" | "business" => Ok(Tier::Team),
        "enterprise" | "business_plus" => Ok(Tier::Enterprise),
        _ => Err(Gap::unsupported("the plan is not one this build knows")),
    }
}

/// An answer that only Enterprise Cloud gives. Empty answers prove nothing: some hosts give them on any plan.
fn inferred(org: &OrgEvidence) -> Option<Evidence> {
    let answered = |endpoint: &str| Evidence::new(endpoint, "answered, which only Enterprise Cloud does");
    let authorized = org.credential_authorizations.ok().is_some_and(|list| !list.is_empty());
    let streamed = org.audit_streams.ok().is_some_and(|list| !list.is_empty());
    if authorized {
        Some(answered("GET /orgs/{org}/credential-authorizations"))
    } else if org.audit_log.ok() == Some(&true) {
        Some(answered("GET /orgs/{org}/audit-log"))
    } else if matches!(org.security.saml.ok(), Some(Some(_))) {
        Some(answered("Organization.samlIdentityProvider"))
    } else {
        streamed.then(|| answered("GET /enterprises/{enterprise}/audit-log/streams"))
    }
}

/// PLAT-003.
pub(super) fn enterprise_features(subject: &OrgSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let (tier, proof) = tier(subject.org)?;
    let proof = [proof];
    Ok(match tier {
        Tier::Enterprise => Outcome::passed("The organization has the enterprise controls.", proof),
        Tier::Team => {
            Outcome::warning("The organization is on a team plan, without the enterprise controls.", proof)
        }
        Tier::Free => {
            Outcome::failed("The organization is on the free plan, without the enterprise controls.", proof)
        }
    })
}
