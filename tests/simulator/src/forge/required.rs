//! Which checks a branch requires, and whether a pull request may be merged.

use serde_json::{Map, Value, json};

use super::{Forge, RepoForge};
use crate::world::Repo;
use crate::world::repo_file::Ruleset;

pub(crate) const RULE: &str = "required_status_checks";

/// A check that has to pass: its name, and the App that has to report it.
pub(crate) type Required = (String, Option<u64>);

/// What GitHub lets a required check end in.
const PASSING: [&str; 3] = ["success", "neutral", "skipped"];

/// The rulesets of a repository: those of its fixture in REST's words, and those that were created.
pub(crate) fn rulesets(forge: &Forge, repo: &Repo) -> Vec<Value> {
    let created = forge.repo(&repo.full_name()).map_or(&[][..], |state| state.rulesets.as_slice());
    let fixture =
        repo.file.rulesets.iter().enumerate().map(|(index, ruleset)| of_fixture(repo, index, ruleset));
    fixture
        .filter(|ours| !created.iter().any(|other| other["id"] == ours["id"]))
        .chain(created.iter().cloned())
        .collect()
}

fn of_fixture(repo: &Repo, index: usize, ruleset: &Ruleset) -> Value {
    let id = crate::digest::database_id("ruleset", &format!("{}#{index}", repo.full_name()));
    let rules: Vec<Value> = ruleset.rules.iter().map(rest_rule).collect();
    json!({
        "id": id, "name": ruleset.name, "target": ruleset.target.to_lowercase(), "source_type": "Repository",
        "source": repo.full_name(), "enforcement": ruleset.enforcement.to_lowercase(), "bypass_actors": [],
        "conditions": {"ref_name": {"include": ruleset.include, "exclude": ruleset.exclude}}, "rules": rules,
        "node_id": format!("RRS_{id}"), "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z",
    })
}

/// GraphQL writes `requiredStatusChecks`, REST `required_status_checks`.
fn rest_rule(rule: &crate::world::repo_file::Rule) -> Value {
    let kind = rule.kind.to_lowercase();
    if rule.parameters.is_empty() {
        return json!({"type": kind});
    }
    let parameters: Map<String, Value> =
        rule.parameters.iter().map(|(key, value)| (snake(key), snake_keys(value))).collect();
    let mut rule = json!({"type": kind, "parameters": parameters});
    // The one enumeration that REST writes in lower case.
    if let Some(methods) = rule["parameters"].get_mut("allowed_merge_methods").and_then(Value::as_array_mut) {
        methods
            .iter_mut()
            .for_each(|method| *method = json!(method.as_str().unwrap_or_default().to_lowercase()));
    }
    rule
}

fn snake_keys(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (snake(key), snake_keys(value))).collect(),
        Value::Array(items) => items.iter().map(snake_keys).collect(),
        other => other.clone(),
    }
}

fn snake(text: &str) -> String {
    let mut snake = String::new();
    for letter in text.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// Whether an active ruleset is for this branch.
pub(crate) fn applies(ruleset: &Value, repo: &Repo, branch: &str) -> bool {
    let matches = |key: &str| {
        let patterns = ruleset["conditions"]["ref_name"][key].as_array();
        patterns.into_iter().flatten().filter_map(Value::as_str).any(|pattern| match pattern {
            "~ALL" => true,
            "~DEFAULT_BRANCH" => branch == repo.file.branch(),
            pattern => globset::Glob::new(pattern)
                .is_ok_and(|glob| glob.compile_matcher().is_match(format!("refs/heads/{branch}"))),
        })
    };
    ruleset["target"] == "branch"
        && ruleset["enforcement"] == "active"
        && matches("include")
        && !matches("exclude")
}

/// What a branch requires, by rulesets and by classic protection.
pub(crate) fn required(forge: &Forge, repo: &Repo, branch: &str) -> Vec<Required> {
    let mut required: Vec<Required> = Vec::new();
    for ruleset in rulesets(forge, repo).iter().filter(|ruleset| applies(ruleset, repo, branch)) {
        let rules = ruleset["rules"].as_array().into_iter().flatten().filter(|rule| rule["type"] == RULE);
        let checks = rules.flat_map(|rule| rule["parameters"][RULE].as_array().into_iter().flatten());
        required.extend(checks.filter_map(|check| named(check, "integration_id")));
    }
    if let Some(protection) = protection(forge, repo, branch) {
        let checks = protection[RULE]["checks"].as_array().into_iter().flatten();
        required.extend(checks.filter_map(|check| named(check, "app_id")));
    }
    required.sort();
    required.dedup();
    required
}

fn named(check: &Value, app: &str) -> Option<Required> {
    Some((check["context"].as_str()?.to_owned(), check[app].as_u64()))
}

/// Classic protection of a branch: what was written, or what the fixture says of the default branch.
pub(crate) fn protection(forge: &Forge, repo: &Repo, branch: &str) -> Option<Value> {
    let written = forge.repo(&repo.full_name()).and_then(|state| state.protection.get(branch));
    if let Some(written) = written {
        return Some(written.clone());
    }
    let rule = repo.file.protection.as_ref().filter(|_| branch == repo.file.branch())?;
    let is = |key: &str| rule.get(key).and_then(Value::as_bool).unwrap_or(false);
    let mut protection = json!({
        "enforce_admins": is("isAdminEnforced"),
        "required_linear_history": is("requiresLinearHistory"),
        "allow_force_pushes": is("allowsForcePushes"),
        "allow_deletions": is("allowsDeletions"),
        "required_conversation_resolution": is("requiresConversationResolution"),
    });
    if is("requiresApprovingReviews") {
        protection["required_pull_request_reviews"] = json!({
            "dismiss_stale_reviews": is("dismissesStaleReviews"),
            "require_code_owner_reviews": is("requiresCodeOwnerReviews"),
            "required_approving_review_count": rule.get("requiredApprovingReviewCount").cloned().unwrap_or(json!(1)),
            "require_last_push_approval": is("requireLastPushApproval"),
        });
    }
    if is("requiresStatusChecks") {
        let contexts =
            rule.get("requiredStatusCheckContexts").and_then(Value::as_array).cloned().unwrap_or_default();
        let checks: Vec<Value> =
            contexts.into_iter().map(|context| json!({"context": context, "app_id": null})).collect();
        protection[RULE] = json!({"strict": is("requiresStrictStatusChecks"), "checks": checks});
    }
    Some(protection)
}

impl RepoForge {
    /// Required checks that a commit does not pass, with what stands in the way of each.
    pub(crate) fn blockers(&self, required: &[Required], sha: &str) -> Vec<String> {
        let blocker = |(name, app): &Required| {
            let ours = app.is_none_or(|app| app == crate::rest::APP_ID);
            let latest = self.runs.iter().rfind(|run| ours && run.head_sha == sha && run.name == *name);
            match latest.map(|run| run.conclusion.as_deref()) {
                None => Some(format!("{name}: expected")),
                Some(None) => Some(format!("{name}: in progress")),
                Some(Some(conclusion)) if PASSING.contains(&conclusion) => None,
                Some(Some(conclusion)) => Some(format!("{name}: {conclusion}")),
            }
        };
        required.iter().filter_map(blocker).collect()
    }
}
