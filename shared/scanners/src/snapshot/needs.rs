//! Which calls of its own a repository needs, decided after its files were seen.

use scrutineer_core::{
    Fact,
    evidence::{RepoEvidence, repo::DetailNeeds},
};

use super::{DetectorId, Snapshot};

/// Which of the per-repository calls the decisions about `repo` need.
pub fn detail_needs(repo: &RepoEvidence, files: &Fact<&Snapshot>) -> DetailNeeds {
    DetailNeeds {
        actions_secrets: files.ok().is_some_and(|files| !files.ci().secrets().is_empty()),
        default_setup: needs_default_setup(repo, files),
        rule_bypasses: needs_rule_bypasses(repo),
    }
}

fn needs_default_setup(repo: &RepoEvidence, files: &Fact<&Snapshot>) -> bool {
    let attached = repo.listing.default_setup_configuration.is_some();
    let workflow = files.ok().is_some_and(|files| {
        let mut steps = files.ci().steps_with(DetectorId::Sast, &[]);
        steps.any(|found| found.step.uses.as_deref().is_some_and(|u| u.starts_with("github/codeql-action/")))
    });
    let suites = repo.activity.ok().and_then(|activity| activity.head_suites.ok());
    let suite =
        suites.is_some_and(|s| s.iter().any(|s| s.app.as_deref() == Some("github-advanced-security")));
    !attached && !workflow && !suite
}

fn needs_rule_bypasses(repo: &RepoEvidence) -> bool {
    let Some(posture) = repo.posture.ok() else { return false };
    let Some(branch) = &posture.default_branch else { return false };
    let classic = matches!(branch.protection.ok(), Some(Some(_)));
    let ruled = branch.rules.ok().is_some_and(|rules| rules.iter().any(|rule| rule.enforcement == "ACTIVE"));
    let hidden = posture.rulesets.ok().is_some_and(|page| {
        page.items.iter().any(|set| set.enforcement == "ACTIVE" && set.bypass_actors.ok().is_none())
    });
    ruled && !classic && hidden
}
