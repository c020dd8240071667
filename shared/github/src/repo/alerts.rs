//! Organization-wide alert listings, grouped by repository.

use std::collections::BTreeMap;

use futures::try_join;
use jiff::Timestamp;
use scrutineer_core::{
    Fact,
    evidence::repo::{CodeAlert, DependencyAlert, SecretAlert},
    ids::RepoName,
};
use serde::Deserialize;

use crate::{
    client::{Call, Client},
    error::Error,
};

const SECRETS: &str = "GET /orgs/{org}/secret-scanning/alerts";
const CODE: &str = "GET /orgs/{org}/code-scanning/alerts";
const DEPENDENCIES: &str = "GET /orgs/{org}/dependabot/alerts";

/// Alerts of each repository that has any.
pub(super) type ByRepo<T> = BTreeMap<RepoName, Vec<T>>;

#[derive(Deserialize)]
struct Repository {
    full_name: RepoName,
}

#[derive(Deserialize)]
struct WireSecret {
    number: u64,
    secret_type: Option<String>,
    validity: Option<String>,
    publicly_leaked: Option<bool>,
    repository: Repository,
}

#[derive(Deserialize)]
struct WireCode {
    number: u64,
    state: Option<String>,
    rule: Rule,
    tool: Tool,
    created_at: Timestamp,
    dismissed_reason: Option<String>,
    dismissed_comment: Option<String>,
    repository: Repository,
}

#[derive(Deserialize)]
struct Rule {
    security_severity_level: Option<String>,
}

#[derive(Deserialize)]
struct Tool {
    name: Option<String>,
}

#[derive(Deserialize)]
struct WireDependency {
    number: u64,
    security_vulnerability: Vulnerability,
    dependency: Dependency,
    created_at: Timestamp,
    repository: Repository,
}

#[derive(Deserialize)]
struct Vulnerability {
    severity: String,
}

#[derive(Deserialize)]
struct Dependency {
    package: Option<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

fn group<T>(alerts: impl IntoIterator<Item = (RepoName, T)>) -> ByRepo<T> {
    let mut by_repo = ByRepo::new();
    for (repo, alert) in alerts {
        by_repo.entry(repo).or_insert_with(Vec::new).push(alert);
    }
    by_repo
}

/// Open secret-scanning alerts; `hide_secret` keeps the secrets themselves at GitHub.
pub(super) async fn secrets(client: &Client, org: &str) -> Result<Fact<ByRepo<SecretAlert>>, Error> {
    let call = Call::get(SECRETS, &[org]).query("state=open&hide_secret=true&per_page=100").cached();
    let found = client.fact(SECRETS, client.pages::<WireSecret>(&call)).await?;
    Ok(found.map(|alerts| group(alerts.into_iter().map(secret))))
}

fn secret(alert: WireSecret) -> (RepoName, SecretAlert) {
    let read = SecretAlert {
        number: alert.number,
        secret_type: alert.secret_type.unwrap_or_default(),
        validity: alert.validity.unwrap_or_else(|| "unknown".to_owned()),
        publicly_leaked: alert.publicly_leaked.unwrap_or(false),
    };
    (alert.repository.full_name, read)
}

/// Open code-scanning alerts of severity critical and high, then dismissed ones; the API takes one severity a call.
pub(super) async fn code(client: &Client, org: &str) -> Result<Fact<ByRepo<CodeAlert>>, Error> {
    let page = |query: &str| Call::get(CODE, &[org]).query(&format!("{query}&per_page=100")).cached();
    let calls =
        [page("state=open&severity=critical"), page("state=open&severity=high"), page("state=dismissed")];
    let [critical, high, dismissed] = &calls;
    let all = async {
        let (mut all, high, dismissed) = try_join!(
            client.pages::<WireCode>(critical),
            client.pages::<WireCode>(high),
            client.pages::<WireCode>(dismissed),
        )?;
        all.extend(high);
        all.extend(dismissed);
        Ok(all)
    };
    Ok(client.fact(CODE, all).await?.map(|alerts| group(alerts.into_iter().map(code_alert))))
}

fn code_alert(alert: WireCode) -> (RepoName, CodeAlert) {
    let read = CodeAlert {
        number: alert.number,
        state: alert.state.unwrap_or_default(),
        severity: alert.rule.security_severity_level,
        tool: alert.tool.name.unwrap_or_default(),
        created_at: alert.created_at,
        dismissed_reason: alert.dismissed_reason,
        has_dismissed_comment: alert.dismissed_comment.is_some_and(|comment| !comment.trim().is_empty()),
    };
    (alert.repository.full_name, read)
}

/// Open Dependabot alerts of severity critical and high.
pub(super) async fn dependencies(client: &Client, org: &str) -> Result<Fact<ByRepo<DependencyAlert>>, Error> {
    let call =
        Call::get(DEPENDENCIES, &[org]).query("state=open&severity=critical,high&per_page=100").cached();
    let found = client.fact(DEPENDENCIES, client.pages::<WireDependency>(&call)).await?;
    Ok(found.map(|alerts| group(alerts.into_iter().map(dependency))))
}

fn dependency(alert: WireDependency) -> (RepoName, DependencyAlert) {
    let read = DependencyAlert {
        number: alert.number,
        severity: alert.security_vulnerability.severity,
        package: alert.dependency.package.map(|package| package.name).unwrap_or_default(),
        created_at: alert.created_at,
    };
    (alert.repository.full_name, read)
}
