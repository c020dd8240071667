//! GraphQL `OrgSettings`, and the security inventory over REST.

use futures::{StreamExt, TryStreamExt, stream, try_join};
use scrutineer_core::{
    Fact, Gap,
    evidence::{
        org::{
            CustomPattern, IdentityProvider, IpAllowList, OrgRuleset, OrgSecurity, ProfileRepo,
            SecurityConfiguration,
        },
        snapshot::Head,
    },
    ids::RepoName,
};
use serde::Deserialize;
use serde_json::json;

use super::ask::Ask;
use crate::{
    client::Call,
    error::Error,
    graphql::{
        ORG_SETTINGS,
        view::{Connection, View},
    },
    repo::{branch, posture::Counted},
};

const CONFIGURATIONS: &str = "GET /orgs/{org}/code-security/configurations";
const DEFAULTS: &str = "GET /orgs/{org}/code-security/configurations/defaults";
const ATTACHED: &str = "GET /orgs/{org}/code-security/configurations/{configuration_id}/repositories";
const PATTERNS: &str = "GET /orgs/{org}/secret-scanning/custom-patterns";
const IMMUTABLE: &str = "GET /orgs/{org}/settings/immutable-releases";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AllowListEntry {
    allow_list_value: String,
    is_active: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Saml {
    sso_url: Option<String>,
    external_identities: Option<Counted>,
}

#[derive(Deserialize)]
struct Domain {
    domain: String,
}

#[derive(Deserialize)]
struct WireRuleset {
    name: String,
    target: Option<String>,
    enforcement: String,
    rules: Option<Connection<Rule>>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct WireConfiguration {
    id: u64,
    name: String,
    advanced_security: Option<String>,
    secret_scanning: Option<String>,
    code_scanning_default_setup: Option<String>,
}

#[derive(Deserialize)]
struct Default {
    default_for_new_repos: Option<String>,
    configuration: Option<Id>,
}

#[derive(Deserialize)]
struct Id {
    id: u64,
}

#[derive(Deserialize)]
struct Attached {
    repository: AttachedRepo,
}

#[derive(Deserialize)]
struct AttachedRepo {
    full_name: RepoName,
}

#[derive(Deserialize)]
struct Pattern {
    state: Option<String>,
    push_protection_enabled: Option<bool>,
}

#[derive(Deserialize)]
struct Immutable {
    enforced_repositories: String,
}

/// What REST tells about the organization's security features.
pub(super) struct Inventory {
    pub(super) configurations: Fact<Vec<SecurityConfiguration>>,
    pub(super) patterns: Fact<Vec<CustomPattern>>,
    pub(super) immutable_releases: Fact<String>,
}

/// Reads the inventory.
pub(super) async fn inventory(ask: &Ask<'_>) -> Result<Inventory, Error> {
    let (configurations, patterns, immutable) =
        try_join!(configurations(ask), ask.list::<Pattern>(PATTERNS), ask.one::<Immutable>(IMMUTABLE))?;
    let pattern = |wire: Pattern| CustomPattern {
        // Servers before the state existed list published patterns only.
        published: wire.state.is_none_or(|state| state == "published"),
        push_protection: wire.push_protection_enabled.unwrap_or(false),
    };
    Ok(Inventory {
        configurations,
        patterns: patterns.map(|found| found.into_iter().map(pattern).collect()),
        immutable_releases: immutable.map(|found| found.enforced_repositories),
    })
}

async fn configurations(ask: &Ask<'_>) -> Result<Fact<Vec<SecurityConfiguration>>, Error> {
    let (found, defaults) =
        try_join!(ask.list::<WireConfiguration>(CONFIGURATIONS), ask.one::<Vec<Default>>(DEFAULTS))?;
    let (found, defaults) = match (found, defaults) {
        (Fact::Known(found), Fact::Known(defaults)) => (found, defaults),
        (Fact::Unknown(gap), _) | (_, Fact::Unknown(gap)) => return Ok(Fact::Unknown(gap)),
    };
    let with_repositories = stream::iter(found).map(|wire| attached(ask, wire)).buffered(4);
    let configurations: Vec<Fact<SecurityConfiguration>> = with_repositories.try_collect().await?;
    let configurations: Result<Vec<SecurityConfiguration>, Gap> =
        configurations.into_iter().map(|fact| fact.known().cloned()).collect();
    Ok(Fact::from(configurations)
        .map(|found| found.into_iter().map(|one| with_default(one, &defaults)).collect()))
}

async fn attached(ask: &Ask<'_>, wire: WireConfiguration) -> Result<Fact<SecurityConfiguration>, Error> {
    let call = Call::get(ATTACHED, &[ask.org, &wire.id.to_string()]).query("per_page=100").cached();
    let repositories = ask.client.fact(ATTACHED, ask.client.pages::<Attached>(&call)).await?;
    let unset = || "not_set".to_owned();
    Ok(repositories.map(|repositories| SecurityConfiguration {
        id: wire.id,
        name: wire.name,
        advanced_security: wire.advanced_security.unwrap_or_else(unset),
        secret_scanning: wire.secret_scanning.unwrap_or_else(unset),
        code_scanning_default_setup: wire.code_scanning_default_setup.unwrap_or_else(unset),
        default_for_new_repos: None,
        repositories: repositories.into_iter().map(|attached| attached.repository.full_name).collect(),
    }))
}

fn with_default(configuration: SecurityConfiguration, defaults: &[Default]) -> SecurityConfiguration {
    let id = configuration.id;
    let mine =
        defaults.iter().find(|default| default.configuration.as_ref().is_some_and(|found| found.id == id));
    let default_for_new_repos = mine.and_then(|default| default.default_for_new_repos.clone());
    SecurityConfiguration { default_for_new_repos, ..configuration }
}

/// Reads `OrgSettings`; without any answer every fact has the same gap.
pub(super) async fn graphql(ask: &Ask<'_>) -> Result<OrgSecurity, Error> {
    let asked = ask.client.query_at(&ORG_SETTINGS, json!({ "org": ask.org }), "/organization").await;
    let answer = match asked {
        Ok(answer) => answer,
        Err(error) if error.is_fatal() => return Err(error),
        Err(error) => return Ok(all_unknown(&error.gap(None))),
    };
    let org = answer.view().at("organization");
    if org.is_null() {
        return Ok(all_unknown(&org.own_gap()));
    }
    Ok(security_of(ask, &org))
}

fn security_of(ask: &Ask<'_>, org: &View<'_>) -> OrgSecurity {
    let count = |key: &str| org.fact::<Counted>(key).map(|found| found.total());
    let domains = org.required::<Option<Connection<Domain>>>("domains", &[]);
    OrgSecurity {
        node_id: org.fact("id"),
        requires_two_factor: match org.optional::<bool>("requiresTwoFactorAuthentication", &[]) {
            Ok(Some(required)) => Fact::Known(required),
            Ok(None) => Fact::Unknown(Gap::forbidden("organization_administration")),
            Err(gap) => Fact::Unknown(gap),
        },
        ip_allow_list: ip_allow_list(org).into(),
        saml: org
            .optional::<Saml>("samlIdentityProvider", &[])
            .map(|saml| saml.map(identity_provider))
            .into(),
        is_verified: org.fact("isVerified"),
        members_can_fork_private: org.fact("membersCanForkPrivateRepositories"),
        web_commit_signoff: org.fact("webCommitSignoffRequired"),
        projects: count("projectsV2"),
        domains: Fact::from(domains).map(|found| {
            found.map(Connection::items).unwrap_or_default().into_iter().map(|domain| domain.domain).collect()
        }),
        rulesets: org.fact::<Connection<WireRuleset>>("rulesets").map(rulesets),
        dot_github: profile(ask, org, "dotGithub", ".github").into(),
        dot_github_private: profile(ask, org, "dotGithubPrivate", ".github-private").into(),
    }
}

fn ip_allow_list(org: &View<'_>) -> Result<IpAllowList, Gap> {
    let enabled: String = org.required("ipAllowListEnabledSetting", &[])?;
    let for_apps: String = org.required("ipAllowListForInstalledAppsEnabledSetting", &[])?;
    let entries: Connection<AllowListEntry> = org.required("ipAllowListEntries", &[])?;
    Ok(IpAllowList {
        enabled: enabled == "ENABLED",
        applies_to_apps: for_apps == "ENABLED",
        entries: entries.items().into_iter().map(|entry| (entry.allow_list_value, entry.is_active)).collect(),
    })
}

fn identity_provider(saml: Saml) -> IdentityProvider {
    IdentityProvider {
        sso_url: saml.sso_url,
        external_identities: saml.external_identities.map_or(0, |identities| identities.total()),
    }
}

fn rulesets(found: Connection<WireRuleset>) -> Vec<OrgRuleset> {
    let ruleset = |wire: WireRuleset| OrgRuleset {
        name: wire.name,
        target: wire.target,
        enforcement: wire.enforcement,
        rules: wire
            .rules
            .map(Connection::items)
            .unwrap_or_default()
            .into_iter()
            .map(|rule| rule.kind)
            .collect(),
    };
    found.items().into_iter().map(ruleset).collect()
}

/// A repository that does not exist is null, with an error that says so on some hosts.
fn profile(ask: &Ask<'_>, org: &View<'_>, key: &str, name: &str) -> Result<Option<ProfileRepo>, Gap> {
    let repo = org.at(key);
    if repo.is_null() {
        let missing = repo.faults().iter().all(|fault| fault.kind == "NOT_FOUND");
        return if missing { Ok(None) } else { Err(repo.own_gap()) };
    }
    let full = format!("{}/{name}", ask.org);
    let name: RepoName =
        full.parse().map_err(|_| Gap::unavailable("GitHub answered something unreadable"))?;
    let default = repo.at("defaultBranchRef");
    let head: Option<Head> = if default.is_null() { None } else { Some(branch::head(&default)?) };
    Ok(Some(ProfileRepo { name, head }))
}

fn all_unknown(gap: &Gap) -> OrgSecurity {
    let unknown = || gap.clone();
    OrgSecurity {
        node_id: Fact::Unknown(unknown()),
        requires_two_factor: Fact::Unknown(unknown()),
        ip_allow_list: Fact::Unknown(unknown()),
        saml: Fact::Unknown(unknown()),
        is_verified: Fact::Unknown(unknown()),
        members_can_fork_private: Fact::Unknown(unknown()),
        web_commit_signoff: Fact::Unknown(unknown()),
        projects: Fact::Unknown(unknown()),
        domains: Fact::Unknown(unknown()),
        rulesets: Fact::Unknown(unknown()),
        dot_github: Fact::Unknown(unknown()),
        dot_github_private: Fact::Unknown(unknown()),
    }
}
