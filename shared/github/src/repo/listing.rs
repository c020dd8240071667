//! Every repository of the organization, with what organization-wide listings say about each.

use std::collections::BTreeMap;

use futures::try_join;
use jiff::Timestamp;
use scrutineer_core::{
    Fact, Gap,
    evidence::{
        OrgEvidence, RepoListing,
        repo::{CodeAlert, DependencyAlert, SecretAlert, SecurityAndAnalysis},
    },
    ids::RepoName,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::alerts::{self, ByRepo};
use crate::{
    client::{Call, Client},
    error::Error,
    graphql::{REPO_EMPTY, view::View},
    transport::Endpoint,
};

const REPOS: &str = "GET /orgs/{org}/repos";

/// Node ids in one call of `RepoEmpty`; GraphQL allows 100.
const IDS_AT_ONCE: usize = 100;

#[derive(Deserialize)]
struct WireRepo {
    full_name: RepoName,
    node_id: String,
    visibility: Option<String>,
    private: bool,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    disabled: bool,
    fork: bool,
    size: Option<u64>,
    default_branch: Option<String>,
    has_pages: Option<bool>,
    pushed_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    security_and_analysis: Option<WireSecurity>,
    #[serde(default)]
    custom_properties: Option<BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
struct WireSecurity {
    advanced_security: Option<Status>,
    code_security: Option<Status>,
    secret_scanning: Option<Status>,
    secret_scanning_push_protection: Option<Status>,
    secret_scanning_non_provider_patterns: Option<Status>,
    secret_scanning_delegated_bypass: Option<Status>,
    dependabot_security_updates: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    status: Option<String>,
}

/// Lists all repositories, sorted by name.
pub(crate) async fn read(client: &Client, org: &OrgEvidence) -> Result<Vec<RepoListing>, Error> {
    let login = org.login.as_str();
    let listing = Call::get(REPOS, &[login]).query("type=all&per_page=100").cached();
    let (repos, secrets, code, dependencies) = try_join!(
        client.pages::<WireRepo>(&listing),
        alerts::secrets(client, login),
        alerts::code(client, login),
        alerts::dependencies(client, login),
    )?;
    let empty = empty_ones(client, &repos).await?;
    let alerts = Alerts { secrets, code, dependencies };
    let setups = default_setups(org);
    let mut listings: Vec<RepoListing> = repos
        .into_iter()
        .map(|repo| {
            let mut listing = alerts.attach(listing_of(repo));
            listing.empty = empty.contains(&listing.node_id);
            listing.default_setup_configuration = setups.get(&listing.name).cloned();
            listing
        })
        .collect();
    listings.sort_by(|a, b| a.name.cmp(&b.name));
    // A repository created while pages were read moves others to the next page, where they are met again.
    listings.dedup_by(|a, b| a.name == b.name);
    Ok(listings)
}

struct Alerts {
    secrets: Fact<ByRepo<SecretAlert>>,
    code: Fact<ByRepo<CodeAlert>>,
    dependencies: Fact<ByRepo<DependencyAlert>>,
}

impl Alerts {
    fn attach(&self, listing: RepoListing) -> RepoListing {
        fn of<T: Clone>(all: &Fact<ByRepo<T>>, name: &RepoName) -> Fact<Vec<T>> {
            all.as_ref().map(|all| all.get(name).cloned().unwrap_or_default())
        }
        RepoListing {
            secret_alerts: of(&self.secrets, &listing.name),
            code_alerts: of(&self.code, &listing.name),
            dependency_alerts: of(&self.dependencies, &listing.name),
            ..listing
        }
    }
}

fn listing_of(repo: WireRepo) -> RepoListing {
    let unread = || Gap::unavailable("not read yet");
    let visibility =
        repo.visibility.unwrap_or_else(|| if repo.private { "private" } else { "public" }.to_owned());
    RepoListing {
        name: repo.full_name,
        node_id: repo.node_id,
        visibility,
        archived: repo.archived,
        fork: repo.fork,
        empty: false,
        disabled: repo.disabled,
        size_kib: repo.size.unwrap_or(0),
        default_branch: repo.default_branch.unwrap_or_default(),
        has_pages: repo.has_pages.unwrap_or(false),
        pushed_at: repo.pushed_at,
        updated_at: repo.updated_at,
        security_and_analysis: match repo.security_and_analysis {
            Some(security) => Fact::Known(security_of(&security)),
            None => Fact::Unknown(Gap::forbidden("administration")),
        },
        custom_properties: properties(repo.custom_properties.unwrap_or_default()),
        secret_alerts: Fact::Unknown(unread()),
        code_alerts: Fact::Unknown(unread()),
        dependency_alerts: Fact::Unknown(unread()),
        default_setup_configuration: None,
    }
}

fn security_of(wire: &WireSecurity) -> SecurityAndAnalysis {
    let on = |status: &Option<Status>| {
        status.as_ref().and_then(|status| status.status.as_deref()).map(|status| status == "enabled")
    };
    SecurityAndAnalysis {
        advanced_security: on(&wire.advanced_security),
        code_security: on(&wire.code_security),
        secret_scanning: on(&wire.secret_scanning),
        push_protection: on(&wire.secret_scanning_push_protection),
        non_provider_patterns: on(&wire.secret_scanning_non_provider_patterns),
        delegated_bypass: on(&wire.secret_scanning_delegated_bypass),
        dependabot_security_updates: on(&wire.dependabot_security_updates),
    }
}

/// Values of multi-select properties are lists; they are joined by commas.
fn properties(wire: BTreeMap<String, Value>) -> Vec<(String, String)> {
    let text = |value: Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Array(values) => {
            Some(values.iter().map(|value| value.as_str().unwrap_or_default()).collect::<Vec<_>>().join(","))
        }
        other => Some(other.to_string()),
    };
    wire.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
}

/// Repository → name of the attached configuration with code-scanning default setup.
fn default_setups(org: &OrgEvidence) -> BTreeMap<RepoName, String> {
    let configurations = org.security_configurations.ok().map_or(&[][..], Vec::as_slice);
    let with_setup =
        configurations.iter().filter(|configuration| configuration.code_scanning_default_setup == "enabled");
    let attached = with_setup.flat_map(|configuration| {
        configuration.repositories.iter().map(|name| (name.clone(), configuration.name.clone()))
    });
    attached.collect()
}

/// Node ids of repositories without a commit. Asked only for those of size 0, which includes small young ones.
async fn empty_ones(client: &Client, repos: &[WireRepo]) -> Result<Vec<String>, Error> {
    let candidates: Vec<&str> =
        repos.iter().filter(|repo| repo.size.unwrap_or(0) == 0).map(|repo| repo.node_id.as_str()).collect();
    let mut empty = Vec::new();
    for ids in candidates.chunks(IDS_AT_ONCE) {
        let answer = match client.query(&REPO_EMPTY, json!({ "ids": ids }), Endpoint::TRIES).await {
            Ok(answer) => answer,
            Err(error) if error.is_fatal() => return Err(error),
            // The posture of the repository says it again; here it would only save a call.
            Err(_) => continue,
        };
        let nodes = answer.view().at("nodes").items();
        empty.extend(nodes.iter().filter_map(empty_id));
    }
    Ok(empty)
}

fn empty_id(node: &View<'_>) -> Option<String> {
    let is_empty = node.fact::<bool>("isEmpty").ok().copied()?;
    if is_empty { node.fact::<String>("id").ok().cloned() } else { None }
}
