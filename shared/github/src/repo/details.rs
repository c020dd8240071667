//! The calls that only some repositories need.

use futures::try_join;
use jiff::Timestamp;
use scrutineer_core::{
    Fact, Gap,
    evidence::{
        RepoDetails, RepoListing,
        repo::{DefaultSetup, DetailNeeds},
    },
};
use serde::Deserialize;

use crate::{
    client::{Call, Client},
    error::Error,
};

const SECRETS: &str = "GET /repos/{owner}/{repo}/actions/secrets";
const DEFAULT_SETUP: &str = "GET /repos/{owner}/{repo}/code-scanning/default-setup";
const RULE_SUITES: &str = "GET /repos/{owner}/{repo}/rulesets/rule-suites";

#[derive(Deserialize)]
struct Secret {
    name: String,
    updated_at: Timestamp,
}

#[derive(Deserialize)]
struct Setup {
    state: String,
    languages: Option<Vec<String>>,
    query_suite: Option<String>,
}

#[derive(Deserialize)]
struct Suite {
    actor_name: Option<String>,
}

/// Makes the calls that are needed.
pub(crate) async fn read(
    client: &Client,
    repo: &RepoListing,
    needs: DetailNeeds,
) -> Result<RepoDetails, Error> {
    let place = [repo.name.owner(), repo.name.name()];
    let (actions_secrets, default_setup, rule_bypasses) = try_join!(
        when(needs.actions_secrets, secrets(client, &place)),
        when(needs.default_setup, default_setup(client, &place)),
        when(needs.rule_bypasses, rule_bypasses(client, &place)),
    )?;
    Ok(RepoDetails { actions_secrets, default_setup, rule_bypasses })
}

async fn when<T>(
    needed: bool,
    asking: impl Future<Output = Result<Fact<T>, Error>>,
) -> Result<Fact<T>, Error> {
    if needed { asking.await } else { Ok(Fact::Unknown(Gap::unavailable("not asked for this repository"))) }
}

async fn secrets(client: &Client, place: &[&str]) -> Result<Fact<Vec<(String, Timestamp)>>, Error> {
    let call = Call::get(SECRETS, place).query("per_page=100");
    let found = client.fact(SECRETS, client.pages_in::<Secret>(&call, "secrets")).await?;
    Ok(found.map(|secrets| secrets.into_iter().map(|secret| (secret.name, secret.updated_at)).collect()))
}

/// 403 and 404 with the permission held mean that code security is off for the repository, so nothing is set up.
async fn default_setup(client: &Client, place: &[&str]) -> Result<Fact<DefaultSetup>, Error> {
    let call = Call::get(DEFAULT_SETUP, place);
    let found = client.fact(DEFAULT_SETUP, client.json::<Setup>(&call)).await?;
    Ok(match found {
        Fact::Unknown(Gap::Unsupported { .. }) => Fact::Known(DefaultSetup::default()),
        found => found.map(|setup| DefaultSetup {
            configured: setup.state == "configured",
            languages: setup.languages.unwrap_or_default(),
            query_suite: setup.query_suite,
        }),
    })
}

async fn rule_bypasses(client: &Client, place: &[&str]) -> Result<Fact<Vec<String>>, Error> {
    let query = "rule_suite_result=bypass&time_period=month&per_page=100";
    let call = Call::get(RULE_SUITES, place).query(query);
    let found = client.fact(RULE_SUITES, client.pages::<Suite>(&call)).await?;
    Ok(found.map(|suites| suites.into_iter().filter_map(|suite| suite.actor_name).collect()))
}
