//! PLAT-004: can members publish code?

use scrutineer_core::{Fact, Gap, evidence::org::OrgSettings};

use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    finding::Evidence,
};

/// PLAT-004.
pub(super) fn private_by_default(subject: &OrgSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let settings = &subject.org.settings;
    let (creates, seen) = creates_public(settings)?;
    if creates {
        return Ok(Outcome::failed("Members can create public repositories.", [seen]));
    }
    let changes = *settings.members_can_change_repo_visibility.known()?;
    let visibility = Evidence::new("GET /orgs/{org}#members_can_change_repo_visibility", changes);
    Ok(if changes {
        let detail = "Members cannot create public repositories, but repository admins can make one public.";
        Outcome::warning(detail, [seen, visibility])
    } else {
        Outcome::passed(
            "Members can neither create public repositories nor make one public.",
            [seen, visibility],
        )
    })
}

/// The flag; on hosts that do not send it, the older setting that says the same.
fn creates_public(settings: &OrgSettings) -> Result<(bool, Evidence), Gap> {
    let older = settings.members_allowed_repository_creation_type.ok();
    match (&settings.members_can_create_public_repositories, older) {
        (Fact::Known(creates), _) => {
            Ok((*creates, Evidence::new("GET /orgs/{org}#members_can_create_public_repositories", creates)))
        }
        (Fact::Unknown(_), Some(kind)) => {
            let seen = Evidence::new("GET /orgs/{org}#members_allowed_repository_creation_type", kind);
            Ok((kind == "all", seen))
        }
        (Fact::Unknown(gap), None) => Err(gap.clone()),
    }
}
