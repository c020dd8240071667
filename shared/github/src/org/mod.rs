//! Evidence about the organization: some thirty calls, each failing alone into its own gap.

mod access;
mod actions;
mod ask;
mod people;
mod security;
pub(crate) mod settings;
mod teams;

use futures::try_join;
use scrutineer_core::{
    Fact, Gap,
    evidence::{
        OrgEvidence,
        org::{ApiVersions, CredentialKind, OrgSecurity, OrgSettings},
    },
    ids::Login,
};

use crate::{
    client::{Call, Client},
    error::Error,
    transport::API_VERSION,
};
use ask::Ask;

/// Reads the organization. The first call shows the credential's kind, permissions and the plan, so that calls it can
/// never answer are not made.
///
/// # Errors
/// When the organization itself cannot be read, or nothing more can be asked now.
pub(crate) async fn read(client: &Client, org: &Login) -> Result<OrgEvidence, Error> {
    let observed_at = client.context().clock.now();
    let first = settings::read(client, org).await?;
    let ask = Ask {
        client,
        org: org.as_str(),
        node_id: first.node_id,
        kind: client.context().kind(),
        plan: first.settings.plan.ok().cloned(),
    };
    let (security, people, policy, access, inventory) = try_join!(
        Box::pin(security::graphql(&ask)),
        Box::pin(people::read(&ask, observed_at)),
        Box::pin(policy(&ask)),
        Box::pin(access::read(&ask)),
        Box::pin(security::inventory(&ask)),
    )?;
    let credential_authorizations = people::credential_authorizations(&ask, &security).await?;
    Ok(OrgEvidence {
        observed_at,
        login: org.clone(),
        platform: first.platform,
        api_versions: policy.api_versions,
        credential: ask.kind,
        settings: settings_with(first.settings, &security),
        security,
        members: people.members,
        without_two_factor: people.without_two_factor,
        teams: people.teams,
        actions: policy.actions,
        runners: policy.runners,
        security_configurations: inventory.configurations,
        custom_secret_patterns: inventory.patterns,
        repository_roles: access.repository_roles,
        organization_roles: access.organization_roles,
        installations: access.installations,
        hooks: access.hooks,
        actions_secrets: policy.secrets,
        private_registries: policy.private_registries,
        property_schema: access.property_schema,
        immutable_releases: inventory.immutable_releases,
        audit_log: access.audit_log,
        secret_audit_log: access.secret_audit_log,
        audit_streams: audit_streams(ask.kind),
        fine_grained_tokens: access.fine_grained_tokens,
        credential_authorizations,
        copilot_seats: access.copilot_seats,
        migrations: access.migrations,
    })
}

/// GraphQL shows the two-factor requirement to some callers whom REST does not show it.
fn settings_with(settings: OrgSettings, security: &OrgSecurity) -> OrgSettings {
    let two_factor_required = match (settings.two_factor_required, &security.requires_two_factor) {
        (Fact::Unknown(_), Fact::Known(required)) => Fact::Known(*required),
        (rest, _) => rest,
    };
    OrgSettings { two_factor_required, ..settings }
}

struct Policy {
    api_versions: Fact<ApiVersions>,
    actions: scrutineer_core::evidence::org::ActionsPolicy,
    runners: scrutineer_core::evidence::org::Runners,
    secrets: Fact<Vec<scrutineer_core::evidence::org::OrgSecret>>,
    private_registries: Fact<Vec<String>>,
}

async fn policy(ask: &Ask<'_>) -> Result<Policy, Error> {
    let (api_versions, actions, runners, secrets, private_registries) = try_join!(
        api_versions(ask),
        actions::policy(ask),
        actions::runners(ask),
        actions::secrets(ask),
        actions::private_registries(ask),
    )?;
    Ok(Policy { api_versions, actions, runners, secrets, private_registries })
}

async fn api_versions(ask: &Ask<'_>) -> Result<Fact<ApiVersions>, Error> {
    const VERSIONS: &str = "GET /versions";
    let call = Call::get(VERSIONS, &[]).cached();
    let offered = ask.client.fact(VERSIONS, ask.client.json::<Vec<String>>(&call)).await?;
    Ok(offered.map(|mut offered| {
        offered.sort();
        ApiVersions { pinned: API_VERSION.to_owned(), offered }
    }))
}

/// Streams belong to the enterprise, whose name no organization endpoint tells.
fn audit_streams<T>(kind: CredentialKind) -> Fact<T> {
    Fact::Unknown(Gap::unsupported(match kind {
        CredentialKind::ClassicPat => {
            "audit-log streams belong to the enterprise, which the organization does not name"
        }
        CredentialKind::AppInstallation | CredentialKind::FineGrainedPat => {
            "only a classic token of an enterprise owner can read audit-log streams"
        }
    }))
}
