//! GraphQL `RepoPosture` as evidence.

use jiff::Timestamp;
use scrutineer_core::{
    Fact, Gap,
    evidence::{
        Page, RepoPosture,
        posture::{CodeownersError, Collaborator, DeployKey, Environment, EnvironmentRule},
    },
};
use serde::Deserialize;

use super::{branch, rules};
use crate::{
    client::Client,
    graphql::view::{Connection, View, map_page},
};

/// Fields that need nothing but `metadata:read`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plain {
    primary_language: Option<Name>,
    languages: Option<Connection<LanguageEdge>>,
    has_wiki_enabled: bool,
    has_discussions_enabled: bool,
    has_projects_enabled: bool,
    has_issues_enabled: bool,
    is_security_policy_enabled: Option<bool>,
    security_policy_url: Option<String>,
    homepage_url: Option<String>,
    merge_commit_allowed: bool,
    squash_merge_allowed: bool,
    rebase_merge_allowed: bool,
    auto_merge_allowed: bool,
    delete_branch_on_merge: bool,
    forking_allowed: bool,
    web_commit_signoff_required: bool,
    is_mirror: bool,
    is_template: bool,
    license_info: Option<License>,
    issue_templates: Option<Vec<IssueTemplate>>,
    pull_request_templates: Option<Vec<PullRequestTemplate>>,
    contributing_guidelines: Option<MaybeUrl>,
    code_of_conduct: Option<CodeOfConduct>,
    contact_links: Option<Vec<Url>>,
    repository_topics: Option<Connection<Topic>>,
    labels: Option<Connection<Name>>,
}

#[derive(Deserialize)]
pub(super) struct Name {
    pub(super) name: String,
}

#[derive(Deserialize)]
struct LanguageEdge {
    size: u64,
    node: Name,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct License {
    spdx_id: Option<String>,
}

#[derive(Deserialize)]
struct IssueTemplate {
    filename: String,
}

#[derive(Deserialize)]
struct PullRequestTemplate {
    filename: Option<String>,
}

#[derive(Deserialize)]
struct Url {
    url: String,
}

#[derive(Deserialize)]
struct MaybeUrl {
    url: Option<String>,
}

#[derive(Deserialize)]
struct CodeOfConduct {
    key: String,
}

#[derive(Deserialize)]
struct Topic {
    topic: Name,
}

#[derive(Deserialize)]
struct Codeowners {
    errors: Vec<CodeownersError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Discussion {
    created_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    title: String,
    read_only: bool,
    created_at: Timestamp,
    enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CollaboratorEdge {
    permission: String,
    permission_sources: Option<Vec<Source>>,
    node: Account,
}

#[derive(Deserialize)]
struct Account {
    login: String,
}

#[derive(Deserialize)]
struct Source {
    source: Typed,
}

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "__typename")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deployable {
    name: String,
    protection_rules: Option<Connection<Gate>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Gate {
    #[serde(rename = "type")]
    kind: String,
    prevent_self_review: Option<bool>,
}

/// Any connection of which only the total counts.
pub(crate) type Counted = Connection<serde::de::IgnoredAny>;

/// Reads one repository of the batch.
pub(crate) fn read(repo: &View<'_>, client: &Client) -> Result<RepoPosture, Gap> {
    let plain: Plain = repo.read()?;
    let default_branch = branch::read(repo, client)?;
    let codeowners: Fact<Option<Codeowners>> = match default_branch {
        Some(_) => repo.optional("codeowners", &[]).into(),
        // Without a commit there is no file, whatever may be read.
        None => Fact::Known(None),
    };
    let names = |connection: Option<Connection<Name>>| {
        connection.map(Connection::items).unwrap_or_default().into_iter().map(|item| item.name).collect()
    };
    let languages = plain.languages.map(Connection::items).unwrap_or_default();
    let topics = plain.repository_topics.map(Connection::items).unwrap_or_default();
    Ok(RepoPosture {
        default_branch,
        primary_language: plain.primary_language.map(|language| language.name),
        languages: languages.into_iter().map(|edge| (edge.node.name, edge.size)).collect(),
        has_wiki: plain.has_wiki_enabled,
        has_discussions: plain.has_discussions_enabled,
        has_projects: plain.has_projects_enabled,
        has_issues: plain.has_issues_enabled,
        vulnerability_alerts_enabled: repo.fact("hasVulnerabilityAlertsEnabled"),
        open_vulnerability_alerts: repo.fact::<Counted>("vulnerabilityAlerts").map(|alerts| alerts.total()),
        security_policy_enabled: plain.is_security_policy_enabled,
        security_policy_url: plain.security_policy_url,
        homepage_url: plain.homepage_url.filter(|url| !url.is_empty()),
        merge_commit_allowed: plain.merge_commit_allowed,
        squash_merge_allowed: plain.squash_merge_allowed,
        rebase_merge_allowed: plain.rebase_merge_allowed,
        auto_merge_allowed: plain.auto_merge_allowed,
        delete_branch_on_merge: plain.delete_branch_on_merge,
        forking_allowed: plain.forking_allowed,
        web_commit_signoff: plain.web_commit_signoff_required,
        is_mirror: plain.is_mirror,
        is_template: plain.is_template,
        license: plain.license_info.and_then(|license| license.spdx_id),
        codeowners_errors: codeowners.map(|found| found.map(|codeowners| codeowners.errors)),
        has_assurance: repo
            .optional::<serde::de::IgnoredAny>("assurance", &[])
            .map(|found| found.is_some())
            .into(),
        issue_templates: plain
            .issue_templates
            .unwrap_or_default()
            .into_iter()
            .map(|template| template.filename)
            .collect(),
        pull_request_templates: pull_request_templates(plain.pull_request_templates),
        contributing_url: plain.contributing_guidelines.and_then(|guidelines| guidelines.url),
        code_of_conduct: plain.code_of_conduct.map(|code| code.key),
        contact_links: plain.contact_links.unwrap_or_default().into_iter().map(|link| link.url).collect(),
        topics: topics.into_iter().map(|topic| topic.topic.name).collect(),
        labels: names(plain.labels),
        projects: repo.fact::<Counted>("projectsV2").map(|projects| projects.total()),
        discussions: repo.fact::<Connection<Discussion>>("discussions").map(newest),
        rulesets: repo.required("rulesets", &["bypassActors"]).map(|page| rules::rulesets(page, repo)).into(),
        deploy_keys: repo.fact::<Connection<Key>>("deployKeys").map(|keys| map_page(keys.page(), deploy_key)),
        outside_collaborators: repo.fact::<Connection<CollaboratorEdge>>("outside").map(collaborators),
        direct_collaborators: repo.fact::<Connection<CollaboratorEdge>>("direct").map(collaborators),
        environments: repo.fact::<Connection<Deployable>>("environments").map(environments),
    })
}

/// A template without a file name is the inherited default; it still is one.
fn pull_request_templates(templates: Option<Vec<PullRequestTemplate>>) -> Vec<String> {
    templates.unwrap_or_default().into_iter().filter_map(|template| template.filename).collect()
}

fn newest(discussions: Connection<Discussion>) -> (u64, Option<Timestamp>) {
    let page = discussions.page();
    (page.total, page.items.first().map(|discussion| discussion.created_at))
}

fn deploy_key(key: Key) -> DeployKey {
    DeployKey { title: key.title, read_only: key.read_only, created_at: key.created_at, enabled: key.enabled }
}

fn collaborators(edges: Connection<CollaboratorEdge>) -> Page<Collaborator> {
    map_page(edges.page(), |edge| Collaborator {
        login: edge.node.login,
        permission: edge.permission,
        sources: edge
            .permission_sources
            .unwrap_or_default()
            .into_iter()
            .map(|source| source.source.kind)
            .collect(),
    })
}

fn environments(environments: Connection<Deployable>) -> Page<Environment> {
    map_page(environments.page(), |environment| {
        let gates = environment.protection_rules.map(Connection::items).unwrap_or_default();
        let rule = |gate: Gate| EnvironmentRule {
            rule_type: gate.kind,
            prevent_self_review: gate.prevent_self_review.unwrap_or(false),
        };
        Environment { name: environment.name, rules: gates.into_iter().map(rule).collect() }
    })
}
