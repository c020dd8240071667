//! REPO-009: branch names.

use rust_decimal::Decimal;
use scrutineer_core::{Gap, evidence::posture::RuleParameters};

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    share::Share,
    snapshot::{DetectorId, NameKind, TopicId, name_matches},
};

/// REPO-009.
pub(super) fn branches(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = subject.files.known()?;
    let branches = subject.repo.activity.known()?.branches.known()?;
    if Decimal::from(branches.total) < limits.get("min_branches") {
        return Ok(Outcome::not_applicable(format!("The repository has {} branches.", branches.total)));
    }
    let rulesets = subject.repo.posture.known()?.rulesets.known()?;
    if let Some((name, pattern)) = rulesets.items.iter().find_map(enforced) {
        let detail = format!("Ruleset \"{name}\" enforces branch names: {pattern}.");
        return Ok(Outcome::passed(detail, [Evidence::new(format!("ruleset \"{name}\""), pattern)]));
    }
    if let Some(check) = files.branch_name_checks().first() {
        let seen = files.branch_name_checks().iter().map(crate::snapshot::Hit::evidence);
        return Ok(Outcome::passed(format!("{} checks branch names.", check.source()), seen));
    }
    let follows = |name: &&String| name_matches(DetectorId::BranchName, NameKind::Branch, name);
    let (good, odd): (Vec<&String>, Vec<&String>) = branches.items.iter().partition(follows);
    let share = Share::of(good.len(), branches.items.len());
    if share.at_least(limits.get("min_following_percent")) {
        let detail = format!("No rule enforces branch names, but {share} follow a convention.");
        return Ok(Outcome::warning(detail, odd.into_iter().map(unusual)));
    }
    let own = files.topic(TopicId::Branching);
    let of_org = subject.docs.topic(TopicId::Branching);
    if let Some(found) = own.or(of_org.ok().copied().flatten()) {
        let detail = format!("{} describes branches, but no rule enforces names.", found.hit.source());
        return Ok(Outcome::warning(detail, [found.hit.evidence()]));
    }
    files.absent()?;
    of_org.known()?;
    if !rulesets.is_complete() {
        return Err(Gap::Truncated);
    }
    let detail = format!("Branch names are neither enforced nor described, and {share} follow a convention.");
    Ok(Outcome::failed(detail, odd.into_iter().map(unusual)))
}

fn unusual(name: &String) -> Evidence {
    Evidence::new("branch", name)
}

/// Name and pattern of an active ruleset that limits branch names.
fn enforced(set: &scrutineer_core::evidence::posture::Ruleset) -> Option<(&str, String)> {
    let active = set.enforcement == "ACTIVE" && set.target.as_deref() == Some("BRANCH");
    let (_, parameters) = set.rules.iter().find(|(kind, _)| active && kind == "BRANCH_NAME_PATTERN")?;
    let pattern = match parameters {
        RuleParameters::Pattern { operator, pattern, negate } => {
            format!("{}{} {pattern}", if *negate { "not " } else { "" }, operator.to_ascii_lowercase())
        }
        _ => "pattern not shown".to_owned(),
    };
    Some((&set.name, pattern))
}
