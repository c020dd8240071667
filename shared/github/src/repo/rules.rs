//! Rulesets and the rules that apply to a branch.

use scrutineer_core::{
    Fact, Gap,
    evidence::{
        Page,
        posture::{BranchRule, BypassActor, RuleParameters, Ruleset},
    },
};
use serde::Deserialize;

use crate::graphql::view::{Connection, View, map_page};

/// A rule as it applies to a branch.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireBranchRule {
    #[serde(rename = "type")]
    kind: String,
    repository_ruleset: Option<RulesetRef>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RulesetRef {
    database_id: Option<u64>,
    enforcement: String,
}

/// A ruleset with its rules.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireRuleset {
    database_id: Option<u64>,
    name: String,
    target: Option<String>,
    enforcement: String,
    source: Source,
    conditions: Option<Conditions>,
    bypass_actors: Option<Connection<Actor>>,
    rules: Option<Connection<Rule>>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "__typename")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Conditions {
    ref_name: Option<RefName>,
}

#[derive(Deserialize)]
struct RefName {
    include: Vec<String>,
    exclude: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Actor {
    bypass_mode: Option<String>,
    organization_admin: Option<bool>,
    enterprise_owner: Option<bool>,
    deploy_key: Option<bool>,
    repository_role_name: Option<String>,
    actor: Option<Source>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: String,
    parameters: Option<Parameters>,
}

/// `RuleParameters`: which fields there are depends on the type and on what the document selects of it. Each type is
/// told by a field only it has; a type GitHub adds later has none of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    // PullRequestParameters
    required_approving_review_count: Option<u64>,
    dismiss_stale_reviews_on_push: Option<bool>,
    require_code_owner_review: Option<bool>,
    require_last_push_approval: Option<bool>,
    required_review_thread_resolution: Option<bool>,
    allowed_merge_methods: Option<Vec<String>>,
    // RequiredStatusChecksParameters
    strict_required_status_checks_policy: Option<bool>,
    required_status_checks: Option<Vec<StatusCheck>>,
    // CodeScanningParameters
    code_scanning_tools: Option<Vec<Tool>>,
    // WorkflowsParameters
    workflows: Option<Vec<Workflow>>,
    // RequiredDeploymentsParameters
    required_deployment_environments: Option<Vec<String>>,
    // BranchNamePatternParameters, TagNamePatternParameters, CommitMessagePatternParameters
    operator: Option<String>,
    pattern: Option<String>,
    negate: Option<bool>,
    // FilePathRestrictionParameters
    restricted_file_paths: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct StatusCheck {
    context: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tool {
    tool: String,
    security_alerts_threshold: String,
}

#[derive(Deserialize)]
struct Workflow {
    path: String,
}

/// Rules that apply to a branch.
pub(super) fn branch_rules(rules: Connection<WireBranchRule>) -> Vec<BranchRule> {
    let rule = |rule: WireBranchRule| {
        let (ruleset_id, enforcement) = match rule.repository_ruleset {
            Some(ruleset) => (ruleset.database_id, ruleset.enforcement),
            // GitHub lists only rules in force here; the ruleset itself may be hidden.
            None => (None, "ACTIVE".to_owned()),
        };
        BranchRule { rule_type: rule.kind, enforcement, ruleset_id, parameters: parameters(rule.parameters) }
    };
    rules.items().into_iter().map(rule).collect()
}

/// Rulesets of a repository and those it inherits.
pub(super) fn rulesets(found: Connection<WireRuleset>, repo: &View<'_>) -> Page<Ruleset> {
    let places = repo.at("rulesets").at("nodes").items();
    let mut hidden =
        places.iter().filter(|place| !place.is_null()).map(|place| place.gap("bypassActors", &[]));
    map_page(found.page(), |ruleset| read(ruleset, hidden.next().flatten()))
}

fn read(ruleset: WireRuleset, hidden: Option<Gap>) -> Ruleset {
    let conditions = ruleset.conditions.and_then(|conditions| conditions.ref_name);
    let (include, exclude) = conditions.map(|names| (names.include, names.exclude)).unwrap_or_default();
    let rules = ruleset.rules.map(Connection::items).unwrap_or_default();
    let bypass_actors = match (hidden, ruleset.bypass_actors) {
        (Some(gap), _) => Fact::Unknown(gap),
        (None, Some(actors)) => Fact::Known(map_page(actors.page(), bypass_actor)),
        (None, None) => {
            let why = "GitHub shows bypass lists only to callers who may edit the ruleset";
            Fact::Unknown(Gap::unsupported(why))
        }
    };
    Ruleset {
        id: ruleset.database_id,
        name: ruleset.name,
        target: ruleset.target,
        enforcement: ruleset.enforcement,
        source: ruleset.source.kind,
        include,
        exclude,
        bypass_actors,
        rules: rules.into_iter().map(|rule| (rule.kind, parameters(rule.parameters))).collect(),
    }
}

fn bypass_actor(actor: Actor) -> BypassActor {
    BypassActor {
        mode: actor.bypass_mode.unwrap_or_else(|| "ALWAYS".to_owned()),
        is_owner: actor.organization_admin == Some(true) || actor.enterprise_owner == Some(true),
        is_deploy_key: actor.deploy_key == Some(true),
        repository_role: actor.repository_role_name,
        actor: actor.actor.map(|actor| actor.kind),
    }
}

fn parameters(wire: Option<Parameters>) -> RuleParameters {
    let Some(wire) = wire else { return RuleParameters::None };
    if let Some(approvals) = wire.required_approving_review_count {
        return RuleParameters::PullRequest {
            approvals,
            dismiss_stale: wire.dismiss_stale_reviews_on_push == Some(true),
            code_owner: wire.require_code_owner_review == Some(true),
            last_push: wire.require_last_push_approval == Some(true),
            threads: wire.required_review_thread_resolution == Some(true),
            merge_methods: wire.allowed_merge_methods.unwrap_or_default(),
        };
    }
    if let Some(checks) = wire.required_status_checks {
        return RuleParameters::StatusChecks {
            strict: wire.strict_required_status_checks_policy == Some(true),
            contexts: checks.into_iter().map(|check| check.context).collect(),
        };
    }
    if let (Some(operator), Some(pattern)) = (wire.operator, wire.pattern) {
        return RuleParameters::Pattern { operator, pattern, negate: wire.negate == Some(true) };
    }
    if let Some(tools) = wire.code_scanning_tools {
        let tool = |tool: Tool| (tool.tool, tool.security_alerts_threshold.to_ascii_lowercase());
        return RuleParameters::CodeScanning { tools: tools.into_iter().map(tool).collect() };
    }
    if let Some(workflows) = wire.workflows {
        return RuleParameters::Workflows {
            paths: workflows.into_iter().map(|workflow| workflow.path).collect(),
        };
    }
    match (wire.required_deployment_environments, wire.restricted_file_paths) {
        (Some(environments), _) => RuleParameters::Deployments { environments },
        (None, Some(paths)) => RuleParameters::FilePaths { paths },
        (None, None) => RuleParameters::None,
    }
}
