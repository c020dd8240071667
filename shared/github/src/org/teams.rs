//! Teams and what they may do; a team with more than 100 repositories is read on by cursor.

use scrutineer_core::{
    Gap,
    evidence::{Page, org::Team},
};
use serde::Deserialize;
use serde_json::json;

use super::ask::Ask;
use crate::{
    error::Error,
    graphql::{MOST_PAGES, ORG_TEAMS, TEAM_REPOSITORIES, view::Connection},
    transport::Endpoint,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTeam {
    slug: String,
    review_request_delegation_enabled: Option<bool>,
    notification_setting: Option<String>,
    members: Option<Connection<Account>>,
    repositories: Option<Connection<Access>>,
}

#[derive(Deserialize)]
struct Access {
    permission: String,
    node: Named,
}

#[derive(Deserialize)]
struct Account {
    login: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// All teams.
pub(super) async fn read(ask: &Ask<'_>) -> Result<Result<Page<Team>, Gap>, Error> {
    let mut teams = Page::all(Vec::new());
    let mut after: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let variables = json!({ "org": ask.org, "after": after });
        let answer = ask.client.query_at(&ORG_TEAMS, variables, "/organization").await?;
        let found = match answer.view().at("organization").required::<Connection<WireTeam>>("teams", &[]) {
            Ok(found) => found,
            Err(gap) => return Ok(Err(gap)),
        };
        after = found.next();
        let page = found.page();
        teams.total = page.total;
        for team in page.items {
            teams.items.push(whole(ask, team).await?);
        }
        if after.is_none() {
            break;
        }
    }
    Ok(Ok(teams))
}

async fn whole(ask: &Ask<'_>, team: WireTeam) -> Result<Team, Error> {
    let next = team.repositories.as_ref().and_then(Connection::next);
    let first = team.repositories.map_or_else(|| Page::all(Vec::new()), Connection::page);
    let mut repositories = Page { items: accesses(first.items), total: first.total };
    if let Some(after) = next {
        read_on(ask, &team.slug, after, &mut repositories).await?;
    }
    let members = team.members.map_or_else(|| Page::all(Vec::new()), Connection::page);
    Ok(Team {
        slug: team.slug,
        members: members.total,
        logins: members.items.into_iter().map(|member| member.login).collect(),
        review_delegation: team.review_request_delegation_enabled.unwrap_or(false),
        notifications: team.notification_setting.map(|setting| setting == "NOTIFICATIONS_ENABLED"),
        repositories,
    })
}

fn accesses(edges: Vec<Access>) -> Vec<(String, String)> {
    edges.into_iter().map(|edge| (edge.node.name, edge.permission)).collect()
}

/// Adds the pages after the first; a page that cannot be had leaves the listing visibly incomplete.
async fn read_on(
    ask: &Ask<'_>,
    slug: &str,
    first: String,
    repositories: &mut Page<(String, String)>,
) -> Result<(), Error> {
    let mut after = Some(first);
    for _ in 0..MOST_PAGES {
        let Some(cursor) = after else { return Ok(()) };
        let variables = json!({ "org": ask.org, "slug": slug, "after": cursor });
        let answer = match ask.client.query(&TEAM_REPOSITORIES, variables, Endpoint::TRIES).await {
            Ok(answer) => answer,
            Err(error) if error.is_fatal() => return Err(error),
            Err(_) => return Ok(()),
        };
        let team = answer.view().at("organization").at("team");
        let Ok(found) = team.required::<Connection<Access>>("repositories", &[]) else { return Ok(()) };
        after = found.next();
        repositories.items.extend(accesses(found.items()));
    }
    Ok(())
}
