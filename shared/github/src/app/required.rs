//! Required checks: rulesets, and classic branch protection where there is one.
//!
//! What a newcomer gets wrong: `PUT …/protection` replaces everything it does not name. A protection that has required
//! checks is therefore only patched; one without them is sent back as it was read, with the checks added.

use scrutineer_core::ids::{AppId, RepoName, RulesetId};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{CheckWriter, PullReader, installation::found};
use crate::{
    client::Call,
    error::{self, Error},
};

const RULE: &str = "required_status_checks";

/// A check that has to pass before merging.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequiredCheck {
    /// The check run's name.
    pub context: String,
    /// The App that has to report it; any when `None`.
    pub app_id: Option<AppId>,
}

/// Whether a ruleset is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// It is.
    Active,
    /// It only reports what it would have done (Enterprise Cloud).
    Evaluate,
    /// It is not.
    Disabled,
}

/// A ruleset as listings show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesetSummary {
    /// Its id.
    pub id: RulesetId,
    /// Its name.
    pub name: String,
    /// Whether it is enforced.
    pub enforcement: Enforcement,
    /// Whether it belongs to the repository, not to its organization.
    pub of_repository: bool,
}

/// A ruleset as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruleset {
    /// What listings show of it.
    pub summary: RulesetSummary,
    /// The branches it is for: patterns, `~DEFAULT_BRANCH`, `~ALL`.
    pub include: Vec<String>,
    /// The branches it is not for.
    pub exclude: Vec<String>,
    /// The checks it requires.
    pub checks: Vec<RequiredCheck>,
    /// Whether a branch must be up to date.
    pub strict: bool,
    /// Its other rules and its bypass actors, kept when it is updated.
    kept: Kept,
}

#[derive(Clone, Debug, PartialEq)]
struct Kept {
    rules: Vec<Value>,
    bypass_actors: Option<Value>,
}

/// A ruleset as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesetDraft {
    /// Its name.
    pub name: String,
    /// Whether it is enforced.
    pub enforcement: Enforcement,
    /// The branches it is for.
    pub include: Vec<String>,
    /// The branches it is not for.
    pub exclude: Vec<String>,
    /// The checks it requires.
    pub checks: Vec<RequiredCheck>,
    /// Whether a branch must be up to date.
    pub strict: bool,
}

/// Classic protection of a branch, as far as it is about checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Protection {
    /// The checks it requires; `None` when it is not about checks.
    pub checks: Option<Vec<RequiredCheck>>,
    /// Whether a branch must be up to date.
    pub strict: bool,
    raw: Value,
}

#[derive(Deserialize)]
struct WireSummary {
    id: RulesetId,
    name: String,
    enforcement: String,
    source_type: Option<String>,
}

#[derive(Deserialize)]
struct WireRuleset {
    #[serde(flatten)]
    summary: WireSummary,
    conditions: Option<WireConditions>,
    #[serde(default)]
    rules: Vec<Value>,
    bypass_actors: Option<Value>,
}

#[derive(Deserialize)]
struct WireConditions {
    ref_name: Option<WirePatterns>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WirePatterns {
    include: Vec<String>,
    exclude: Vec<String>,
}

impl Enforcement {
    fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Evaluate => "evaluate",
            Self::Disabled => "disabled",
        }
    }
}

impl From<WireSummary> for RulesetSummary {
    fn from(wire: WireSummary) -> Self {
        let enforcement = match wire.enforcement.as_str() {
            "active" => Enforcement::Active,
            "evaluate" => Enforcement::Evaluate,
            _ => Enforcement::Disabled,
        };
        let of_repository = wire.source_type.as_deref() == Some("Repository");
        Self { id: wire.id, name: wire.name, enforcement, of_repository }
    }
}

impl From<WireRuleset> for Ruleset {
    fn from(wire: WireRuleset) -> Self {
        let patterns = wire.conditions.and_then(|conditions| conditions.ref_name).unwrap_or_default();
        let (ours, others): (Vec<Value>, Vec<Value>) =
            wire.rules.into_iter().partition(|rule| rule["type"] == RULE);
        let strict = ours
            .iter()
            .any(|rule| rule["parameters"]["strict_required_status_checks_policy"] == Value::Bool(true));
        Self {
            summary: wire.summary.into(),
            include: patterns.include,
            exclude: patterns.exclude,
            checks: ours.iter().flat_map(checks_of_rule).collect(),
            strict,
            kept: Kept { rules: others, bypass_actors: wire.bypass_actors },
        }
    }
}

impl PullReader {
    /// Rulesets that apply to a repository, those of its organization among them.
    ///
    /// # Errors
    /// [`Error::NotFound`]; GitHub's trouble.
    pub async fn rulesets(&self, repo: &RepoName) -> Result<Vec<RulesetSummary>, Error> {
        let call = Call::to("GET /repos/{owner}/{repo}/rulesets", &[repo.owner(), repo.name()]);
        let call = call.query("includes_parents=true&per_page=100");
        let all: Vec<WireSummary> = self.client.pages(&call).await.map_err(error::named)?;
        Ok(all.into_iter().map(Into::into).collect())
    }

    /// One ruleset; `None` when it is gone.
    ///
    /// # Errors
    /// GitHub's trouble.
    pub async fn ruleset(&self, repo: &RepoName, id: RulesetId) -> Result<Option<Ruleset>, Error> {
        let values = [repo.owner(), repo.name(), &id.to_string()];
        let call = Call::to("GET /repos/{owner}/{repo}/rulesets/{ruleset_id}", &values);
        found(self.client.ask::<WireRuleset>(&call).await)
    }

    /// Checks that rulesets require on a branch, whichever ruleset says so. Classic protection is not among them.
    ///
    /// # Errors
    /// [`Error::NotFound`]; GitHub's trouble.
    pub async fn required_by_rules(
        &self,
        repo: &RepoName,
        branch: &str,
    ) -> Result<Vec<RequiredCheck>, Error> {
        let values = [repo.owner(), repo.name(), branch];
        let call =
            Call::to("GET /repos/{owner}/{repo}/rules/branches/{branch}", &values).query("per_page=100");
        let rules: Vec<Value> = self.client.pages(&call).await.map_err(error::named)?;
        let rules = rules.iter().filter(|rule| rule["type"] == RULE);
        Ok(merged(&[], &rules.flat_map(checks_of_rule).collect::<Vec<_>>()))
    }

    /// Classic protection of a branch; `None` when it has none.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the permission `administration`; GitHub's trouble.
    pub async fn protection(&self, repo: &RepoName, branch: &str) -> Result<Option<Protection>, Error> {
        let values = [repo.owner(), repo.name(), branch];
        let call = Call::to("GET /repos/{owner}/{repo}/branches/{branch}/protection", &values);
        found(self.client.ask::<Value>(&call).await)
    }
}

impl CheckWriter {
    /// Creates a ruleset of the repository that requires checks. Sent once: look with [`PullReader::rulesets`] before
    /// trying again.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the permission `administration:write`, [`Error::Invalid`] when the name is taken;
    /// GitHub's trouble.
    pub async fn create_ruleset(&self, repo: &RepoName, draft: &RulesetDraft) -> Result<Ruleset, Error> {
        let call = Call::to("POST /repos/{owner}/{repo}/rulesets", &[repo.owner(), repo.name()]);
        let body = ruleset_body(draft, None);
        self.client.ask::<WireRuleset>(&call.carrying(&body)).await.map(Into::into)
    }

    /// Makes a ruleset what `draft` says; its rules that are not about checks and its bypass actors stay.
    ///
    /// # Errors
    /// As [`CheckWriter::create_ruleset`]; [`Error::NotFound`] when it is gone.
    pub async fn update_ruleset(
        &self,
        repo: &RepoName,
        current: &Ruleset,
        draft: &RulesetDraft,
    ) -> Result<Ruleset, Error> {
        let values = [repo.owner(), repo.name(), &current.summary.id.to_string()];
        let call = Call::to("PUT /repos/{owner}/{repo}/rulesets/{ruleset_id}", &values);
        let body = ruleset_body(draft, Some(&current.kept));
        self.client.ask::<WireRuleset>(&call.carrying(&body).repeatable()).await.map(Into::into)
    }

    /// Adds required checks to the classic protection of a branch, which must have one; nothing else of it changes.
    /// Returns the checks it requires now. Checks that are required already cost no request.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the permission `administration:write`; GitHub's trouble.
    pub async fn add_required_checks(
        &self,
        repo: &RepoName,
        branch: &str,
        (current, add): (&Protection, &[RequiredCheck]),
    ) -> Result<Vec<RequiredCheck>, Error> {
        let values = [repo.owner(), repo.name(), branch];
        let wanted = current.with(add);
        match &current.checks {
            Some(before) if *before == wanted => {}
            Some(_) => {
                let call = Call::to(
                    "PATCH /repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks",
                    &values,
                );
                let body = json!({ "strict": current.strict, "checks": checks_body(&wanted) });
                self.client.tell(&call.carrying(&body).repeatable()).await?;
            }
            None => {
                let call = Call::to("PUT /repos/{owner}/{repo}/branches/{branch}/protection", &values);
                self.client
                    .tell(&call.carrying(&protection_body(&current.raw, &wanted)).repeatable())
                    .await?;
            }
        }
        Ok(wanted)
    }
}

impl Protection {
    /// The checks it would require with these added: what a dry run shows.
    pub fn with(&self, add: &[RequiredCheck]) -> Vec<RequiredCheck> {
        merged(self.checks.as_deref().unwrap_or_default(), add)
    }
}

impl From<Value> for Protection {
    fn from(raw: Value) -> Self {
        let required = &raw[RULE];
        let checks = required.is_object().then(|| {
            let checks = required["checks"].as_array().map_or(&[][..], Vec::as_slice);
            let checks: Vec<RequiredCheck> =
                checks.iter().filter_map(|check| required_check(check, "app_id")).collect();
            // Servers before `checks` have `contexts` only.
            let contexts = required["contexts"].as_array().map_or(&[][..], Vec::as_slice);
            let contexts: Vec<RequiredCheck> = contexts
                .iter()
                .filter_map(|context| {
                    Some(RequiredCheck { context: context.as_str()?.to_owned(), app_id: None })
                })
                .collect();
            merged(&checks, &contexts)
        });
        Self { checks, strict: required["strict"] == Value::Bool(true), raw }
    }
}

/// A check is the same when its name is: requiring one name from two Apps would never be met.
fn merged(before: &[RequiredCheck], add: &[RequiredCheck]) -> Vec<RequiredCheck> {
    let mut merged = before.to_vec();
    for check in add {
        if !merged.iter().any(|known| known.context == check.context) {
            merged.push(check.clone());
        }
    }
    merged
}

fn checks_of_rule(rule: &Value) -> Vec<RequiredCheck> {
    let checks = rule["parameters"][RULE].as_array().map_or(&[][..], Vec::as_slice);
    checks.iter().filter_map(|check| required_check(check, "integration_id")).collect()
}

fn required_check(check: &Value, app: &str) -> Option<RequiredCheck> {
    // -1 and null mean any App.
    let app_id = check[app].as_u64().map(AppId::new);
    Some(RequiredCheck { context: check["context"].as_str()?.to_owned(), app_id })
}

fn ruleset_body(draft: &RulesetDraft, kept: Option<&Kept>) -> Value {
    let checks = draft.checks.iter().map(|check| match check.app_id {
        Some(app) => json!({ "context": check.context, "integration_id": app }),
        None => json!({ "context": check.context }),
    });
    let rule = json!({ "type": RULE, "parameters": {
        "strict_required_status_checks_policy": draft.strict,
        "do_not_enforce_on_create": true,
        (RULE): checks.collect::<Vec<_>>(),
    }});
    let mut rules = kept.map_or_else(Vec::new, |kept| kept.rules.clone());
    rules.push(rule);
    let mut body = json!({
        "name": draft.name,
        "target": "branch",
        "enforcement": draft.enforcement.as_str(),
        "conditions": { "ref_name": { "include": draft.include, "exclude": draft.exclude } },
        "rules": rules,
    });
    if let Some(actors) = kept.and_then(|kept| kept.bypass_actors.clone()) {
        body["bypass_actors"] = actors;
    }
    body
}

fn checks_body(checks: &[RequiredCheck]) -> Value {
    let check = |check: &RequiredCheck| match check.app_id {
        Some(app) => json!({ "context": check.context, "app_id": app }),
        None => json!({ "context": check.context }),
    };
    checks.iter().map(check).collect()
}

/// A protection as it was read, in the form it is written, with required checks.
fn protection_body(raw: &Value, checks: &[RequiredCheck]) -> Value {
    let mut body = Map::new();
    let contexts: Vec<Value> = Vec::new();
    body.insert(RULE.into(), json!({ "strict": false, "contexts": contexts, "checks": checks_body(checks) }));
    body.insert("enforce_admins".into(), raw["enforce_admins"]["enabled"].clone());
    body.insert("required_pull_request_reviews".into(), reviews_body(&raw["required_pull_request_reviews"]));
    body.insert("restrictions".into(), actors_body(&raw["restrictions"]));
    let switches = [
        "required_linear_history",
        "allow_force_pushes",
        "allow_deletions",
        "block_creations",
        "required_conversation_resolution",
        "lock_branch",
        "allow_fork_syncing",
    ];
    for switch in switches {
        if let Some(enabled) = raw[switch]["enabled"].as_bool() {
            body.insert(switch.into(), json!(enabled));
        }
    }
    Value::Object(body)
}

fn reviews_body(raw: &Value) -> Value {
    if !raw.is_object() {
        return Value::Null;
    }
    let mut body = Map::new();
    let same = [
        "dismiss_stale_reviews",
        "require_code_owner_reviews",
        "required_approving_review_count",
        "require_last_push_approval",
    ];
    for key in same {
        if !raw[key].is_null() {
            body.insert(key.into(), raw[key].clone());
        }
    }
    for key in ["dismissal_restrictions", "bypass_pull_request_allowances"] {
        if raw[key].is_object() {
            body.insert(key.into(), actors_body(&raw[key]));
        }
    }
    Value::Object(body)
}

/// People by login, teams and Apps by slug.
fn actors_body(raw: &Value) -> Value {
    if !raw.is_object() {
        return Value::Null;
    }
    let names = |list: &str, name: &str| -> Vec<Value> {
        let items = raw[list].as_array().map_or(&[][..], Vec::as_slice);
        items.iter().map(|item| item[name].clone()).collect()
    };
    json!({ "users": names("users", "login"), "teams": names("teams", "slug"), "apps": names("apps", "slug") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(context: &str) -> RequiredCheck {
        RequiredCheck { context: context.to_owned(), app_id: Some(AppId::new(7)) }
    }

    #[test]
    fn checks_are_added_and_none_goes() {
        let protection = Protection::from(json!({ "required_status_checks": {
            "strict": true, "contexts": ["ci", "legacy"], "checks": [{ "context": "ci", "app_id": -1 }],
        }}));
        let names: Vec<_> = protection.with(&[check("isl-pii-check"), check("ci")]).into_iter().collect();
        let any = |context: &str| RequiredCheck { context: context.to_owned(), app_id: None };
        assert_eq!(names, [any("ci"), any("legacy"), check("isl-pii-check")]);
        assert!(protection.strict);
    }

    #[test]
    fn a_protection_without_checks_is_sent_back_as_it_was_read() {
        let raw = json!({
            "url": "https://api.github.com/x",
            "enforce_admins": { "url": "u", "enabled": true },
            "required_pull_request_reviews": {
                "url": "u", "dismiss_stale_reviews": true, "require_code_owner_reviews": false,
                "required_approving_review_count": 2, "require_last_push_approval": false,
                "dismissal_restrictions": { "url": "u", "users": [{ "login": "alice" }], "teams": [{ "slug": "core" }], "apps": [] },
            },
            "restrictions": { "url": "u", "users": [], "teams": [{ "slug": "ops" }], "apps": [{ "slug": "bot" }] },
            "required_linear_history": { "enabled": true },
            "allow_force_pushes": { "enabled": false },
            "required_signatures": { "url": "u", "enabled": true },
        });
        let body = protection_body(&raw, &[check("isl-pii-check")]);
        assert_eq!(
            body,
            json!({
                "required_status_checks": { "strict": false, "contexts": [], "checks": [{ "context": "isl-pii-check", "app_id": 7 }] },
                "enforce_admins": true,
                "required_pull_request_reviews": {
                    "dismiss_stale_reviews": true, "require_code_owner_reviews": false,
                    "required_approving_review_count": 2, "require_last_push_approval": false,
                    "dismissal_restrictions": { "users": ["alice"], "teams": ["core"], "apps": [] },
                },
                "restrictions": { "users": [], "teams": ["ops"], "apps": ["bot"] },
                "required_linear_history": true,
                "allow_force_pushes": false,
            })
        );
    }

    #[test]
    fn a_ruleset_keeps_its_other_rules() {
        let wire = json!({
            "id": 3, "name": "ISL", "enforcement": "active", "source_type": "Repository", "target": "branch",
            "conditions": { "ref_name": { "include": ["~DEFAULT_BRANCH"], "exclude": [] } },
            "bypass_actors": [{ "actor_id": 1, "actor_type": "OrganizationAdmin", "bypass_mode": "always" }],
            "rules": [
                { "type": "deletion" },
                { "type": RULE, "parameters": { "strict_required_status_checks_policy": true,
                    (RULE): [{ "context": "old", "integration_id": 7 }] } },
            ],
        });
        let ruleset: Ruleset = serde_json::from_value::<WireRuleset>(wire).unwrap().into();
        assert_eq!((ruleset.checks.as_slice(), ruleset.strict), (&[check("old")][..], true));
        let draft = RulesetDraft {
            name: "ISL".into(),
            enforcement: Enforcement::Active,
            include: ruleset.include.clone(),
            exclude: vec![],
            checks: vec![check("new")],
            strict: false,
        };
        let body = ruleset_body(&draft, Some(&ruleset.kept));
        assert_eq!(body["rules"][0], json!({ "type": "deletion" }));
        assert_eq!(body["rules"].as_array().unwrap().len(), 2);
        assert_eq!(body["bypass_actors"][0]["actor_type"], "OrganizationAdmin");
    }
}
