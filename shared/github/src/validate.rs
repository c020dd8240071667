//! Proving a credential, and the budget it has left.

use jiff::{SignedDuration, Timestamp};
use scrutineer_core::{
    Permission,
    evidence::org::CredentialKind,
    ids::Login,
    provider::{Budget, Validation},
};
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    client::{Call, Client},
    error::Error,
    org::settings::ORG,
    permission,
};

const USER: &str = "GET /user";
const APP: &str = "GET /app";
const RATE_LIMIT: &str = "GET /rate_limit";

/// A server without rate limits answers 404; no plan of ours needs more than this.
const UNLIMITED: u64 = 1_000_000;

#[derive(Deserialize)]
struct User {
    login: String,
}

#[derive(Deserialize)]
struct App {
    slug: String,
}

#[derive(Deserialize)]
struct RateLimits {
    resources: Resources,
}

#[derive(Deserialize)]
struct Resources {
    core: Window,
    graphql: Option<Window>,
}

#[derive(Clone, Copy, Deserialize)]
struct Window {
    remaining: u64,
    reset: i64,
}

/// Asks for the organization and for whoever the credential belongs to.
pub(crate) async fn read(client: &Client, org: &Login) -> Result<Validation, Error> {
    // Kept, so that the scan that follows asks the same again for nothing.
    client.json::<IgnoredAny>(&Call::get(ORG, &[org.as_str()]).cached()).await?;
    let context = client.context();
    let actor = actor(client).await?;
    let missing = permission::PLAN.iter().filter(|key| context.lacks(key));
    let granted = match (context.auth.granted(), context.scopes()) {
        (Some(keys), _) => Some(keys.keys().cloned().collect()),
        (None, scopes) => scopes.map(<[String]>::to_vec),
    };
    Ok(Validation {
        kind: context.kind(),
        actor,
        granted,
        missing: missing.map(|key| Permission::new(key)).collect(),
    })
}

async fn actor(client: &Client) -> Result<String, Error> {
    let context = client.context();
    if context.auth.is_app() {
        return client.json::<App>(&Call::get(APP, &[]).by_app()).await.map(|app| app.slug);
    }
    // An installation token minted elsewhere has no user.
    if context.kind() == CredentialKind::AppInstallation {
        return Ok("a GitHub App installation".to_owned());
    }
    client.json::<User>(&Call::get(USER, &[])).await.map(|user| user.login)
}

/// What is left in this hour; asking costs nothing.
pub(crate) async fn budget(client: &Client) -> Result<Budget, Error> {
    let now = client.context().clock.now();
    match client.json::<RateLimits>(&Call::get(RATE_LIMIT, &[]).free()).await {
        Ok(limits) => {
            let core = limits.resources.core;
            let graphql = limits.resources.graphql.unwrap_or(core);
            Ok(Budget {
                rest_remaining: core.remaining,
                rest_resets_at: Timestamp::from_second(core.reset).unwrap_or(now),
                graphql_remaining: graphql.remaining,
                graphql_resets_at: Timestamp::from_second(graphql.reset).unwrap_or(now),
            })
        }
        Err(Error::Refused { status, .. }) if status == http::StatusCode::NOT_FOUND => {
            let resets_at = now + SignedDuration::from_hours(1);
            Ok(Budget {
                rest_remaining: UNLIMITED,
                rest_resets_at: resets_at,
                graphql_remaining: UNLIMITED,
                graphql_resets_at: resets_at,
            })
        }
        Err(error) => Err(error),
    }
}
