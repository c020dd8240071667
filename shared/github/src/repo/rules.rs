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

/// `RuleParameters`: which fields there are depends on the type; unknown types are read as none.
#[derive(Deserialize)]
#[serde(tag = "__typename", rename_all_fields = "camelCase")]
enum Parameters {
    PullRequestParameters {
        required_approving_review_count: u64,
        dismiss_stale_reviews_on_push: bool,
        require_code_owner_review: bool,
        require_last_push_approval: bool,
        required_review_thread_resolution: bool,
        allowed_merge_methods: Option<Vec<String>>,
    },
    RequiredStatusChecksParameters {
        strict_required_status_checks_policy: bool,
        required_status_checks: Vec<StatusCheck>,
    },
    CodeScanningParameters {
        code_scanning_tools: Vec<Tool>,
    },
    WorkflowsParameters {
        workflows: Vec<Workflow>,
    },
    RequiredDeploymentsParameters {
        required_deployment_environments: Vec<String>,
    },
    #[serde(alias = "TagNamePatternParameters", alias = "CommitMessagePatternParameters")]
    BranchNamePatternParameters {
        operator: Option<String>,
        pattern: Option<String>,
        negate: Option<bool>,
    },
    FilePathRestrictionParameters {
        restricted_file_paths: Option<Vec<String>>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct StatusCheck {
    context: String,
}

#[derive(Deserialize)]
struct Tool {
    tool: String,
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
    match wire {
        None | Some(Parameters::Other) => RuleParameters::None,
        Some(Parameters::PullRequestParameters {
            required_approving_review_count,
            dismiss_stale_reviews_on_push,
            require_code_owner_review,
            require_last_push_approval,
            required_review_thread_resolution,
            allowed_merge_methods,
        }) => RuleParameters::PullRequest {
            approvals: required_approving_review_count,
            dismiss_stale: dismiss_stale_reviews_on_push,
            code_owner: require_code_owner_review,
            last_push: require_last_push_approval,
            threads: required_review_thread_resolution,
            merge_methods: allowed_merge_methods.unwrap_or_default(),
        },
        Some(Parameters::RequiredStatusChecksParameters {
            strict_required_status_checks_policy,
            required_status_checks,
        }) => RuleParameters::StatusChecks {
            strict: strict_required_status_checks_policy,
            contexts: required_status_checks.into_iter().map(|check| check.context).collect(),
        },
        Some(Parameters::CodeScanningParameters { code_scanning_tools }) => RuleParameters::CodeScanning {
            tools: code_scanning_tools.into_iter().map(|tool| tool.tool).collect(),
        },
        Some(Parameters::WorkflowsParameters { workflows }) => {
            RuleParameters::Workflows { paths: workflows.into_iter().map(|workflow| workflow.path).collect() }
        }
        Some(Parameters::RequiredDeploymentsParameters { required_deployment_environments }) => {
            RuleParameters::Deployments { environments: required_deployment_environments }
        }
        Some(other) => patterns(other),
    }
}

/// Parameters that only the rulesets' selection asks for; where the branch's selection leaves them out there is
/// nothing to read.
fn patterns(wire: Parameters) -> RuleParameters {
    match wire {
        Parameters::BranchNamePatternParameters {
            operator: Some(operator),
            pattern: Some(pattern),
            negate,
        } => RuleParameters::Pattern { operator, pattern, negate: negate.unwrap_or(false) },
        Parameters::FilePathRestrictionParameters { restricted_file_paths: Some(paths) } => {
            RuleParameters::FilePaths { paths }
        }
        _ => RuleParameters::None,
    }
}
