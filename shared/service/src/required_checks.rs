//! Required checks on the default branch: planned first, so that a dry run shows exactly what would change.
//!
//! A ruleset of our own is preferred: it can be removed without a trace. Where the branch has classic protection with
//! required checks, those are added to, never replaced. What GitHub requires already is left alone.

use scrutineer_aws::{AuditedWrite, records::AuditAction};
use scrutineer_core::{
    Failure,
    ids::{InstallationId, RepoName},
};
use scrutineer_github::app::{Enforcement, Protection, PullReader, RequiredCheck, Ruleset, RulesetDraft};
use serde::Serialize;

use crate::{
    App,
    audit::{self, By},
    policy,
};

/// The name of our ruleset.
const RULESET: &str = "Scrutineer required checks";

/// What would be changed, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Plan {
    /// The default branch.
    pub branch: String,
    /// Checks that the bundle wants required.
    pub wanted: Vec<String>,
    /// Those of them that merging waits for already.
    pub required: Vec<String>,
    /// How the others are added.
    pub change: Change,
    /// The same with the GitHub CLI, for whoever does it by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// How checks are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Everything is required already.
    Nothing,
    /// A ruleset of the repository is created.
    CreateRuleset,
    /// Our ruleset is brought up to date.
    UpdateRuleset,
    /// The branch's classic protection gets them besides its own.
    ExtendProtection,
}

/// What a plan was made from.
struct Found {
    plan: Plan,
    missing: Vec<RequiredCheck>,
    ruleset: Option<Ruleset>,
    protection: Option<Protection>,
}

/// What [`apply`] would do. Writes nothing.
///
/// # Errors
/// GitHub's trouble; permanent `permission_missing`.
pub async fn plan(app: &App, installation: InstallationId, repo: &RepoName) -> Result<Plan, Failure> {
    let reader = policy::installation(app, installation)?.reader();
    Ok(find(app, &reader, repo).await?.plan)
}

/// Sets up required checks. Run again it changes nothing.
///
/// # Errors
/// As [`plan`].
pub async fn apply(
    app: &App,
    installation: InstallationId,
    repo: &RepoName,
    by: &By,
) -> Result<Plan, Failure> {
    let installation = policy::installation(app, installation)?;
    let found = find(app, &installation.reader(), repo).await?;
    let writer = installation.writer();
    match (&found.plan.change, &found.ruleset, &found.protection) {
        (Change::Nothing, ..) => return Ok(found.plan),
        (Change::ExtendProtection, _, Some(protection)) => {
            writer.add_required_checks(repo, &found.plan.branch, (protection, &found.missing)).await?;
        }
        (Change::UpdateRuleset, Some(ruleset), _) => {
            writer.update_ruleset(repo, ruleset, &draft(&ruleset.checks, &found.missing)).await?;
        }
        _ => {
            writer.create_ruleset(repo, &draft(&[], &found.missing)).await?;
        }
    }
    let org = repo.owner().parse().map_err(Failure::transient)?;
    let names: Vec<&str> = found.missing.iter().map(|check| check.context.as_str()).collect();
    let entry = audit::draft(app, &org, by, AuditAction::SETTINGS_CHANGED, "required checks")
        .repository(repo)
        .detail("added", names.join(", "));
    app.store.write_audited(AuditedWrite::new(entry)).await?;
    Ok(found.plan)
}

async fn find(app: &App, reader: &PullReader, repo: &RepoName) -> Result<Found, Failure> {
    let wanted = policy::required_checks(app, repo).await?;
    let branch = reader.repository(repo).await?.default_branch.unwrap_or_else(|| "main".to_owned());
    let by_rules = reader.required_by_rules(repo, &branch).await?;
    let protection = reader.protection(repo, &branch).await?;
    let by_protection = protection.as_ref().and_then(|protection| protection.checks.clone());
    let has =
        |name: &str| by_rules.iter().chain(by_protection.iter().flatten()).any(|check| check.context == name);
    let (required, open): (Vec<String>, Vec<String>) = wanted.iter().cloned().partition(|name| has(name));
    let ruleset = match open.is_empty() {
        true => None,
        false => ours(reader, repo).await?,
    };
    let change = match (open.is_empty(), &ruleset, &by_protection) {
        (true, ..) => Change::Nothing,
        (_, Some(_), _) => Change::UpdateRuleset,
        (_, None, Some(_)) => Change::ExtendProtection,
        (_, None, None) => Change::CreateRuleset,
    };
    let command = (change != Change::Nothing).then(|| command(repo, &open));
    let missing = open.into_iter().map(|context| RequiredCheck { context, app_id: None }).collect();
    let plan = Plan { branch, wanted, required, change, command };
    Ok(Found { plan, missing, ruleset, protection })
}

async fn ours(reader: &PullReader, repo: &RepoName) -> Result<Option<Ruleset>, Failure> {
    let all = reader.rulesets(repo).await?;
    match all.iter().find(|ruleset| ruleset.of_repository && ruleset.name == RULESET) {
        Some(summary) => Ok(reader.ruleset(repo, summary.id).await?),
        None => Ok(None),
    }
}

fn draft(before: &[RequiredCheck], add: &[RequiredCheck]) -> RulesetDraft {
    RulesetDraft {
        name: RULESET.to_owned(),
        enforcement: Enforcement::Active,
        include: vec!["~DEFAULT_BRANCH".to_owned()],
        exclude: Vec::new(),
        checks: [before, add].concat(),
        strict: false,
    }
}

/// What creates the ruleset by hand.
fn command(repo: &RepoName, names: &[String]) -> String {
    let checks: Vec<_> = names.iter().map(|name| serde_json::json!({ "context": name })).collect();
    let body = serde_json::json!({
        "name": RULESET,
        "target": "branch",
        "enforcement": "active",
        "conditions": { "ref_name": { "include": ["~DEFAULT_BRANCH"], "exclude": [] } },
        "rules": [{
            "type": "required_status_checks",
            "parameters": {
                "strict_required_status_checks_policy": false,
                "required_status_checks": checks,
            },
        }],
    });
    format!("gh api --method POST repos/{repo}/rulesets --input - <<'JSON'\n{body}\nJSON")
}
