//! REPO-010: can a version be changed after the fact?

use scrutineer_core::{Fact, Gap, evidence::posture::Ruleset};

use super::rulesets;
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    snapshot::{DetectorId, Snapshot},
};

/// Tags as versions are commonly written; a ruleset that covers one of them covers version tags.
const VERSION_TAGS: [&str; 2] = ["refs/tags/v1.2.3", "refs/tags/1.2.3"];

/// Which of the two ways to change a tag are blocked.
#[derive(Clone, Copy, Default)]
struct Blocked {
    deletion: bool,
    update: bool,
}

/// REPO-010.
pub(super) fn protected(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let rulesets = subject.repo.posture.known()?.rulesets.known()?;
    let sets: Vec<&Ruleset> = rulesets.items.iter().filter(|set| covers_versions(set)).collect();
    let active = blocked(sets.iter().copied().filter(|set| set.enforcement == "ACTIVE"));
    let seen = || sets.iter().map(|set| Evidence::new(format!("ruleset \"{}\"", set.name), &set.enforcement));
    if active.deletion && active.update {
        return Ok(Outcome::passed("Version tags can neither be deleted nor moved.", seen()));
    }
    if no_versions(subject)? {
        return Ok(Outcome::not_applicable("The repository has no tag and no release workflow."));
    }
    if immutable(subject)? {
        let enforced =
            Evidence::new("GET /orgs/{org}/settings/immutable-releases#enforced_repositories", "all");
        return Ok(Outcome::passed("Immutable releases are enforced for all repositories.", [enforced]));
    }
    if !rulesets.is_complete() {
        return Err(Gap::Truncated);
    }
    let rehearsed = blocked(sets.iter().copied().filter(|set| set.enforcement == "EVALUATE"));
    Ok(if active.deletion {
        Outcome::warning("Version tags cannot be deleted, but moved.", seen())
    } else if active.update {
        Outcome::warning("Version tags cannot be moved, but deleted and made anew.", seen())
    } else if rehearsed.deletion || rehearsed.update {
        Outcome::warning("Rules for version tags are in evaluate mode: they block nothing.", seen())
    } else {
        Outcome::failed("No active ruleset keeps version tags from being deleted or moved.", [])
    })
}

fn covers_versions(set: &Ruleset) -> bool {
    VERSION_TAGS.iter().any(|tag| rulesets::applies(set, "TAG", tag, false))
}

fn blocked<'a>(sets: impl Iterator<Item = &'a Ruleset>) -> Blocked {
    sets.fold(Blocked::default(), |so_far, set| {
        let has = |kind: &str| set.rules.iter().any(|(rule, _)| rule == kind);
        Blocked { deletion: so_far.deletion || has("DELETION"), update: so_far.update || has("UPDATE") }
    })
}

/// `selected` names no repositories to us, so it decides neither way.
fn immutable(subject: &RepoSubject<'_>) -> Result<bool, Gap> {
    match &subject.org.immutable_releases {
        Fact::Known(set) if set == "selected" => Err(Gap::unsupported(
            "immutable releases are enforced for selected repositories, which are not listed",
        )),
        Fact::Known(set) => Ok(set == "all"),
        // Hosts without the feature cannot enforce it.
        Fact::Unknown(Gap::Unsupported { .. }) => Ok(false),
        Fact::Unknown(gap) => Err(gap.clone()),
    }
}

/// No tag, and nothing that would make one.
fn no_versions(subject: &RepoSubject<'_>) -> Result<bool, Gap> {
    if subject.repo.activity.known()?.tags.known()?.total > 0 {
        return Ok(false);
    }
    let files = subject.files.known()?;
    if releases(files) {
        return Ok(false);
    }
    files.absent()?;
    Ok(true)
}

fn releases(files: &Snapshot) -> bool {
    let started_by_tag = files.ci().readable().any(|workflow| {
        workflow.triggers.iter().any(|trigger| trigger.tags_only || trigger.event == "release")
    });
    started_by_tag || files.ci().steps_with(DetectorId::Publish, &[]).next().is_some()
}
