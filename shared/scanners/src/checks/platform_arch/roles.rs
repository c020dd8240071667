//! PLAT-009: are there roles between "write" and "admin"?

use scrutineer_core::Gap;

use super::plan;
use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    finding::Evidence,
};

/// PLAT-009.
pub(super) fn custom(subject: &OrgSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let org = subject.org;
    if plan::lacks_enterprise(org) {
        return Ok(Outcome::not_applicable("The organization's plan has no custom roles."));
    }
    let repository = org.repository_roles.ok().into_iter().flatten().map(|role| {
        Evidence::new(
            "GET /orgs/{org}/custom-repository-roles",
            format!("{} ({})", role.name, role.base_role),
        )
    });
    let own = |source: &str| {
        source.eq_ignore_ascii_case("organization") || source.eq_ignore_ascii_case("enterprise")
    };
    let organization = org.organization_roles.ok().into_iter().flatten().filter(|role| own(&role.source));
    let organization =
        organization.map(|role| Evidence::new("GET /orgs/{org}/organization-roles", &role.name));
    let seen: Vec<Evidence> = repository.chain(organization).collect();
    if seen.is_empty() {
        org.repository_roles.known()?;
        org.organization_roles.known()?;
        return Ok(Outcome::failed("Only GitHub's built-in roles exist.", []));
    }
    Ok(Outcome::passed(format!("Custom roles defined: {}.", seen.len()), seen))
}
