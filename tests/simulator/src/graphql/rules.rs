//! Branch protection and rulesets.

use globset::Glob;
use serde_json::{Map, Value, json};

use super::Scope;
use super::node::Args;
use super::repo::RepoObject;
use super::schema::schema;
use crate::digest;
use crate::world::repo_file::{Rule, Ruleset};
use crate::world::{Org, Repo};

/// The classic rule of the default branch.
pub(crate) fn protection(repo: &Repo) -> Option<Value> {
    let mut rule = repo.file.protection.clone()?;
    rule.entry("pattern").or_insert(json!(repo.file.branch()));
    rule.insert("id".into(), json!(digest::node_id("BPR", repo.id)));
    for list in ["bypassForcePushAllowances", "bypassPullRequestAllowances"] {
        if let Some(count) = rule.get(list).and_then(Value::as_u64) {
            rule.insert(list.into(), json!({"$items": [], "totalCount": count}));
        }
    }
    Some(Value::Object(rule))
}

/// The classic rule as it binds whoever pushes.
pub(crate) fn update_rule(repo: &Repo) -> Value {
    let Some(rule) = protection(repo) else { return Value::Null };
    let contexts = rule["requiredStatusChecks"].as_array().cloned().unwrap_or_default();
    json!({
        "pattern": rule["pattern"],
        "allowsForcePushes": rule["allowsForcePushes"].as_bool().unwrap_or(false),
        "allowsDeletions": rule["allowsDeletions"].as_bool().unwrap_or(false),
        "requiredApprovingReviewCount": rule["requiredApprovingReviewCount"],
        "requiresCodeOwnerReviews": rule["requiresCodeOwnerReviews"].as_bool().unwrap_or(false),
        "requiresSignatures": rule["requiresCommitSignatures"].as_bool().unwrap_or(false),
        "requiresLinearHistory": rule["requiresLinearHistory"].as_bool().unwrap_or(false),
        "requiresConversationResolution": rule["requiresConversationResolution"].as_bool().unwrap_or(false),
        "requiredStatusCheckContexts": contexts.iter().map(|check| check["context"].clone()).collect::<Value>(),
    })
}

/// Rulesets defined at the organization.
pub(crate) fn org_rulesets(scope: &Scope, org: &Org) -> Value {
    let source = Source { scope, login: &org.file.login, repo: None };
    org.file.rulesets.iter().map(|ruleset| source.ruleset(ruleset)).collect()
}

/// Rulesets of the repository and, unless the caller declines, those of the organization that reach it.
pub(crate) fn repo_rulesets(object: &RepoObject, args: &Args) -> Value {
    let parents = args.get("includeParents").and_then(Value::as_bool).unwrap_or(true);
    let all = reaching(object).into_iter().filter(|(source, _)| parents || source.repo.is_some());
    all.map(|(source, ruleset)| source.ruleset(ruleset)).collect()
}

/// Rules of active rulesets that apply to the default branch.
pub(crate) fn branch_rules(object: &RepoObject) -> Value {
    let active = reaching(object).into_iter().filter(|(_, ruleset)| {
        ruleset.enforcement == "ACTIVE"
            && ruleset.target == "BRANCH"
            && matches(ruleset, object.repo.file.branch())
    });
    let rules = active.flat_map(|(source, ruleset)| {
        let named = source.brief(ruleset);
        ruleset.rules.iter().map(move |item| {
            let mut value = rule(item);
            value["repositoryRuleset"] = named.clone();
            value
        })
    });
    rules.collect()
}

fn reaching(object: &RepoObject) -> Vec<(Source<'_>, &Ruleset)> {
    let (scope, login) = (&*object.scope, object.org.file.login.as_str());
    let own = object
        .repo
        .file
        .rulesets
        .iter()
        .map(|ruleset| (Source { scope, login, repo: Some(&object.repo) }, ruleset));
    let inherited = object.org.file.rulesets.iter().filter(|ruleset| {
        ruleset.repositories.iter().any(|pattern| pattern == "~ALL" || glob(pattern, &object.repo.name))
    });
    own.chain(inherited.map(|ruleset| (Source { scope, login, repo: None }, ruleset))).collect()
}

fn matches(ruleset: &Ruleset, branch: &str) -> bool {
    let full = format!("refs/heads/{branch}");
    let hit = |pattern: &String| match pattern.as_str() {
        "~ALL" | "~DEFAULT_BRANCH" => true,
        pattern => glob(pattern, &full) || glob(pattern, branch),
    };
    ruleset.include.iter().any(hit) && !ruleset.exclude.iter().any(hit)
}

fn glob(pattern: &str, text: &str) -> bool {
    Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(text))
}

struct Source<'a> {
    scope: &'a Scope,
    login: &'a str,
    /// None: the organization.
    repo: Option<&'a Repo>,
}

impl Source<'_> {
    fn id(&self, ruleset: &Ruleset) -> u64 {
        let place = self.repo.map_or_else(|| self.login.to_owned(), Repo::full_name);
        digest::database_id("ruleset", &format!("{place}/{}", ruleset.name))
    }

    fn brief(&self, ruleset: &Ruleset) -> Value {
        let id = self.id(ruleset);
        let source = match self.repo {
            Some(repo) => {
                json!({"__typename": "Repository", "id": repo.node_id(), "nameWithOwner": repo.full_name()})
            }
            None => json!({"__typename": "Organization", "id": self.login, "login": self.login}),
        };
        json!({
            "id": digest::node_id("RRS", id),
            "databaseId": id,
            "name": ruleset.name,
            "target": ruleset.target,
            "enforcement": ruleset.enforcement,
            "source": source,
        })
    }

    fn ruleset(&self, ruleset: &Ruleset) -> Value {
        let mut value = self.brief(ruleset);
        let mut conditions = json!({"refName": {"include": ruleset.include, "exclude": ruleset.exclude}});
        if self.repo.is_none() {
            let names = json!({"include": ruleset.repositories, "exclude": [], "protected": false});
            conditions["repositoryName"] = names;
        }
        value["conditions"] = conditions;
        value["rules"] = ruleset.rules.iter().map(rule).collect();
        // Only callers who could change the ruleset see who may bypass it.
        value["bypassActors"] = match self.scope.permissions.contains("administration:write") {
            true => ruleset.bypass.iter().map(bypass).collect(),
            false => Value::Null,
        };
        value
    }
}

fn bypass(actor: &Map<String, Value>) -> Value {
    let mut actor = actor.clone();
    actor.entry("bypassMode").or_insert(json!("ALWAYS"));
    actor.insert("id".into(), json!("RBA_1"));
    Value::Object(actor)
}

fn rule(rule: &Rule) -> Value {
    let kind = type_name(&rule.kind);
    let parameters = if schema().is_object(&kind) {
        let mut parameters = rule.parameters.clone();
        parameters.insert("__typename".into(), json!(kind));
        Value::Object(parameters)
    } else {
        Value::Null
    };
    json!({"id": format!("RRU_{}", rule.kind), "type": rule.kind, "parameters": parameters})
}

/// `PULL_REQUEST` → `PullRequestParameters`.
fn type_name(rule: &str) -> String {
    let words = rule.split('_').map(|word| {
        let (head, tail) = word.split_at(1.min(word.len()));
        format!("{head}{}", tail.to_lowercase())
    });
    words.collect::<String>() + "Parameters"
}
