//! Policy, runners and secrets of GitHub Actions.

use futures::try_join;
use jiff::Timestamp;
use scrutineer_core::{
    Fact,
    evidence::{
        Page,
        org::{ActionsPolicy, OrgSecret, Runner, RunnerGroup, Runners, SelectedActions},
    },
};
use serde::Deserialize;

use super::ask::Ask;
use crate::{client::Call, error::Error};

const PERMISSIONS: &str = "GET /orgs/{org}/actions/permissions";
const SELECTED: &str = "GET /orgs/{org}/actions/permissions/selected-actions";
const WORKFLOW: &str = "GET /orgs/{org}/actions/permissions/workflow";
const RETENTION: &str = "GET /orgs/{org}/actions/permissions/artifact-and-log-retention";
const FORK_APPROVAL: &str = "GET /orgs/{org}/actions/permissions/fork-pr-contributor-approval";
const RUNNERS: &str = "GET /orgs/{org}/actions/runners";
const GROUPS: &str = "GET /orgs/{org}/actions/runner-groups";
const HOSTED: &str = "GET /orgs/{org}/actions/hosted-runners";
const SECRETS: &str = "GET /orgs/{org}/actions/secrets";
const REGISTRIES: &str = "GET /orgs/{org}/private-registries";

#[derive(Clone, Deserialize)]
struct Permissions {
    enabled_repositories: String,
    allowed_actions: Option<String>,
    sha_pinning_required: Option<bool>,
}

#[derive(Deserialize)]
struct Selected {
    #[serde(default)]
    github_owned_allowed: bool,
    #[serde(default)]
    verified_allowed: bool,
    #[serde(default)]
    patterns_allowed: Vec<String>,
}

#[derive(Deserialize)]
struct Workflow {
    default_workflow_permissions: String,
}

#[derive(Deserialize)]
struct Retention {
    days: u64,
}

#[derive(Deserialize)]
struct ForkApproval {
    approval_policy: String,
}

#[derive(Deserialize)]
struct WireRunner {
    name: String,
    status: String,
    #[serde(default)]
    ephemeral: bool,
    runner_group_id: Option<u64>,
}

#[derive(Deserialize)]
struct Counted {
    total_count: u64,
}

#[derive(Deserialize)]
struct WireSecret {
    name: String,
    visibility: String,
    updated_at: Timestamp,
}

#[derive(Deserialize)]
struct Registry {
    registry_type: String,
}

/// What workflows may do.
pub(super) async fn policy(ask: &Ask<'_>) -> Result<ActionsPolicy, Error> {
    let ((permissions, selected), workflow, retention, fork) = try_join!(
        permissions(ask),
        ask.one::<Workflow>(WORKFLOW),
        ask.one::<Retention>(RETENTION),
        ask.one::<ForkApproval>(FORK_APPROVAL),
    )?;
    Ok(ActionsPolicy {
        enabled_repositories: permissions.clone().map(|found| found.enabled_repositories),
        allowed_actions: permissions.clone().map(|found| found.allowed_actions),
        sha_pinning_required: permissions.map(|found| found.sha_pinning_required.unwrap_or(false)),
        selected,
        default_workflow_permissions: workflow.map(|found| found.default_workflow_permissions),
        retention_days: retention.map(|found| found.days),
        fork_approval: fork.map(|found| found.approval_policy),
    })
}

/// The list of allowed actions exists only where actions are selected; otherwise GitHub answers 409.
async fn permissions(ask: &Ask<'_>) -> Result<(Fact<Permissions>, Fact<Option<SelectedActions>>), Error> {
    let permissions = ask.one::<Permissions>(PERMISSIONS).await?;
    let selected = match &permissions {
        Fact::Unknown(gap) => Fact::Unknown(gap.clone()),
        Fact::Known(found) if found.allowed_actions.as_deref() != Some("selected") => Fact::Known(None),
        Fact::Known(_) => ask.one::<Selected>(SELECTED).await?.map(|selected| {
            Some(SelectedActions {
                github_owned: selected.github_owned_allowed,
                verified: selected.verified_allowed,
                patterns: selected.patterns_allowed,
            })
        }),
    };
    Ok((permissions, selected))
}

/// Where workflows run.
pub(super) async fn runners(ask: &Ask<'_>) -> Result<Runners, Error> {
    let (self_hosted, groups, hosted) = try_join!(
        ask.list_in::<WireRunner>(RUNNERS, "runners"),
        ask.list_in(GROUPS, "runner_groups"),
        hosted(ask)
    )?;
    Ok(Runners {
        self_hosted: self_hosted.map(|runners| Page::all(runners.into_iter().map(runner).collect())),
        hosted,
        groups: groups.map(|groups: Vec<RunnerGroup>| groups),
    })
}

fn runner(wire: WireRunner) -> Runner {
    Runner {
        name: wire.name,
        online: wire.status == "online",
        ephemeral: wire.ephemeral,
        group: wire.runner_group_id,
    }
}

/// Only the number counts.
async fn hosted(ask: &Ask<'_>) -> Result<Fact<u64>, Error> {
    let call = Call::get(HOSTED, &[ask.org]).query("per_page=1").cached();
    Ok(ask.client.fact(HOSTED, ask.client.json::<Counted>(&call)).await?.map(|found| found.total_count))
}

/// Names and dates of the organization's secrets.
pub(super) async fn secrets(ask: &Ask<'_>) -> Result<Fact<Vec<OrgSecret>>, Error> {
    let secret = |wire: WireSecret| OrgSecret {
        name: wire.name,
        visibility: wire.visibility,
        updated_at: wire.updated_at,
    };
    Ok(ask
        .list_in::<WireSecret>(SECRETS, "secrets")
        .await?
        .map(|found| found.into_iter().map(secret).collect()))
}

/// Types of private registries.
pub(super) async fn private_registries(ask: &Ask<'_>) -> Result<Fact<Vec<String>>, Error> {
    let found = ask.list_in::<Registry>(REGISTRIES, "configurations").await?;
    Ok(found.map(|registries| registries.into_iter().map(|registry| registry.registry_type).collect()))
}
