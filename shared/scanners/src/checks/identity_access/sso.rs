//! IAM-002: single sign-on, and how many members it covers.

use scrutineer_core::Gap;

use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    checks::platform_arch::plan,
    finding::Evidence,
    share::Share,
};

/// Whether the plan offers single sign-on at all; an unreadable plan counts as offering it.
pub(super) fn applies(subject: &OrgSubject<'_>) -> bool {
    !plan::lacks_enterprise(subject.org)
}

/// IAM-002.
pub(super) fn configured(subject: &OrgSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let org = subject.org;
    if !applies(subject) {
        return Ok(Outcome::not_applicable("The organization's plan has no single sign-on."));
    }
    if plan::server_release(org).is_some() {
        return Err(Gap::unsupported(
            "a server's single sign-on is set for the whole server, not per organization",
        ));
    }
    let Some(provider) = org.security.saml.known()? else { return elsewhere(subject) };
    let members = org.members.known()?;
    let linked = Share { part: provider.external_identities, whole: members.total };
    let url = provider.sso_url.as_deref().unwrap_or("without an address");
    let seen = [
        Evidence::new("Organization.samlIdentityProvider.ssoUrl", url),
        Evidence::new("Organization.samlIdentityProvider.externalIdentities", provider.external_identities),
    ];
    let detail = format!("Single sign-on is configured; linked members: {linked}.");
    Ok(if linked.at_least(limits.get("min_linked_percent")) {
        Outcome::passed(detail, seen)
    } else {
        Outcome::warning(detail, seen)
    })
}

/// The organization has no provider of its own: its enterprise may.
fn elsewhere(subject: &OrgSubject<'_>) -> Result<Outcome, Gap> {
    let org = subject.org;
    if org.settings.managed_users.ok() == Some(&true) {
        let seen = Evidence::new("managed users", "accounts of the enterprise's identity provider");
        return Ok(Outcome::passed(
            "All accounts are managed by the enterprise's identity provider.",
            [seen],
        ));
    }
    if org.credential_authorizations.ok().is_some_and(|list| !list.is_empty()) {
        let seen =
            Evidence::new("GET /orgs/{org}/credential-authorizations", "credentials are authorized for SAML");
        let detail = "The enterprise has single sign-on; how many members are linked is not visible here.";
        return Ok(Outcome::warning(detail, [seen]));
    }
    // Off is only a failure where it could be on.
    plan::tier(org)?;
    let none = Evidence::new("Organization.samlIdentityProvider", "none");
    Ok(Outcome::failed("No identity provider is configured.", [none]))
}
