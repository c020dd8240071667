//! IAM-003 and IAM-012: how many owners, and how they get in when single sign-on is down.

use rust_decimal::Decimal;
use scrutineer_core::{Gap, evidence::org::Member};

use super::sso;
use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    finding::Evidence,
    share::Share,
    snapshot::{TopicId, TopicKind},
};

/// The owners, and how many members there are.
fn owners<'a>(subject: &OrgSubject<'a>) -> Result<(Vec<&'a Member>, u64), Gap> {
    let members = subject.org.members.known()?;
    if !members.is_complete() {
        return Err(Gap::Truncated);
    }
    let owners: Vec<&Member> = members.items.iter().filter(|m| m.is_owner).collect();
    if owners.is_empty() {
        // Every organization has one: the listing hides roles from this credential.
        return Err(Gap::forbidden("members"));
    }
    Ok((owners, members.total))
}

fn named<'a>(owners: &'a [&'a Member]) -> impl Iterator<Item = Evidence> + 'a {
    owners.iter().map(|owner| Evidence::new("owner", &owner.login))
}

/// IAM-003.
pub(super) fn ratio(subject: &OrgSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let (owners, members) = owners(subject)?;
    let count = owners.len();
    let share = Share { part: count as u64, whole: members };
    let detail = format!("{share} members are owners.");
    if count == 1 {
        return Ok(Outcome::warning(
            "A single owner: nobody else can recover the organization.",
            named(&owners),
        ));
    }
    let small = Decimal::from(members) < limits.get("small_org_members")
        && Decimal::from(count) <= limits.get("small_org_owners");
    Ok(if small || share.at_most(limits.get("max_admin_ratio")) {
        Outcome::passed(detail, named(&owners))
    } else if share.at_most(limits.get("warn_admin_ratio")) {
        Outcome::warning(detail, named(&owners))
    } else {
        Outcome::failed(detail, named(&owners))
    })
}

/// IAM-012.
pub(super) fn break_glass(subject: &OrgSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let (owners, _) = owners(subject)?;
    let count = Decimal::from(owners.len());
    let fewest = limits.get("min_owners");
    if count >= fewest && !sso::applies(subject) {
        let detail = format!("No single sign-on to be locked out by, and {count} owners.");
        return Ok(Outcome::not_applicable(detail));
    }
    let topic = subject.docs.topic(TopicId::BreakGlass);
    let documented = topic.known()?.as_ref().copied();
    if count > limits.get("too_many_owners") {
        return Ok(Outcome::failed(format!("{count} owners hold the keys."), named(&owners)));
    }
    let stub = documented.is_some_and(|found| found.kind == TopicKind::Stub);
    let what = match documented {
        Some(found) if stub => format!("emergency access is only linked to in {}", found.hit.source()),
        Some(found) => format!("emergency access is described in {}", found.hit.source()),
        None => "emergency access is described nowhere".to_owned(),
    };
    let detail = format!("Owners: {count}; {what}.");
    let seen = documented.map(|found| found.hit.evidence()).into_iter().chain(named(&owners));
    let enough = count >= fewest && count <= limits.get("max_owners");
    Ok(match documented {
        Some(_) if enough && !stub => Outcome::passed(detail, seen),
        None if count < fewest => Outcome::failed(detail, seen),
        // The number of owners is fine; what is missing is the document.
        _ if enough => Outcome::warning(detail, seen).by_absence(),
        _ => Outcome::warning(detail, seen),
    })
}
