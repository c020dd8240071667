//! Which calls of its own a repository needs, decided after its files were seen.

use scrutineer_core::{
    Fact,
    evidence::{RepoEvidence, repo::DetailNeeds},
};

use super::{Snapshot, default_setup::must_ask};

/// Which of the per-repository calls the decisions about `repo` need.
pub fn detail_needs(repo: &RepoEvidence, files: &Fact<&Snapshot>) -> DetailNeeds {
    DetailNeeds {
        actions_secrets: files.ok().is_some_and(|files| !files.ci().secrets().is_empty()),
        default_setup: must_ask(repo, files),
        rule_bypasses: needs_rule_bypasses(repo),
    }
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
