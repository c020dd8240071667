//! IAM-001: a second factor for everyone.

use scrutineer_core::{Fact, Gap, evidence::OrgEvidence};

use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    contribution::Gathered,
    finding::Evidence,
};

/// IAM-001.
pub(super) fn two_factor(subject: &OrgSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let org = subject.org;
    let (required, seen) = required(org)?;
    if required {
        return Ok(Outcome::passed("Two-factor authentication is required.", [seen]));
    }
    if org.settings.managed_users.ok() == Some(&true) {
        let managed = Evidence::new("managed users", "accounts of the enterprise's identity provider");
        let detail = "It is not required here; accounts are managed by the enterprise's identity provider.";
        return Ok(Outcome::warning(detail, [seen, managed]));
    }
    let lacking = lacking(subject)?;
    if lacking.is_empty() {
        return Ok(Outcome::warning("It is not required, but everyone has it today.", [seen]));
    }
    let detail = format!("It is not required, and accounts without a second factor: {}.", lacking.len());
    let names = lacking.into_iter().map(|login| Evidence::new("without two-factor authentication", login));
    Ok(Outcome::failed(detail, std::iter::once(seen).chain(names)))
}

/// Two interfaces tell it; one that hides it does not count as "no".
fn required(org: &OrgEvidence) -> Result<(bool, Evidence), Gap> {
    let rest = "GET /orgs/{org}#two_factor_requirement_enabled";
    match (&org.settings.two_factor_required, org.security.requires_two_factor.ok()) {
        (Fact::Known(required), _) => Ok((*required, Evidence::new(rest, required))),
        (Fact::Unknown(_), Some(required)) => {
            Ok((*required, Evidence::new("Organization.requiresTwoFactorAuthentication", required)))
        }
        (Fact::Unknown(gap), None) => Err(gap.clone()),
    }
}

/// Accounts without a second factor: the owner's listing, else what the member list shows.
fn lacking(subject: &OrgSubject<'_>) -> Result<Vec<String>, Gap> {
    let listing = &subject.org.without_two_factor;
    if let Fact::Known(logins) = listing {
        return Ok(logins.iter().map(ToString::to_string).collect());
    }
    let members = subject.org.members.known()?;
    let without = members.items.iter().filter(|m| m.two_factor.ok() == Some(&false));
    let without: Vec<String> = without.map(|m| m.login.to_string()).collect();
    if !without.is_empty() {
        return Ok(without);
    }
    // Nobody lacks it as far as members show; outside collaborators and hidden members may.
    let hidden = members.items.iter().find_map(|m| m.two_factor.gap());
    let outside = Gathered::pages(subject.repositories, |r| &r.outside_collaborators);
    let settled =
        members.is_complete() && hidden.is_none() && outside.gap.is_none() && outside.items.is_empty();
    match listing {
        Fact::Unknown(gap) if !settled => Err(gap.clone()),
        _ => Ok(vec![]),
    }
}
