//! GraphQL `RepoAssurance` as evidence.

use jiff::Timestamp;
use scrutineer_core::{
    Gap,
    evidence::{
        Page,
        assurance::{Assurance, AssuranceCommit, AssurancePull},
    },
};
use serde::Deserialize;

use super::activity::{Actor, GitActor, Signature, WireReview, author, review};
use crate::{
    client::Client,
    graphql::view::{Connection, View, map_page},
};

#[derive(Deserialize)]
struct Branch {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCommit {
    oid: String,
    committed_date: Timestamp,
    author: Option<GitActor>,
    signature: Option<Signature>,
    associated_pull_requests: Option<Connection<WirePull>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePull {
    number: u64,
    merged: bool,
    base_ref_name: String,
    author: Option<Actor>,
    reviews: Option<Connection<WireReview>>,
}

/// Reads one repository of the batch. Whatever was refused on the way leaves the whole unknown: half a history proves
/// nothing.
pub(crate) fn read(repo: &View<'_>, _: &Client) -> Result<Assurance, Gap> {
    let branch: Branch = repo.required("defaultBranchRef", &[])?;
    let history: Connection<WireCommit> =
        repo.at("defaultBranchRef").at("target").required("history", &[])?;
    let commits = repo.at("defaultBranchRef").at("target").at("history").at("nodes").items();
    if let Some(gap) = commits.first().and_then(|commit| commit.gap("associatedPullRequests", &[])) {
        return Err(gap);
    }
    Ok(Assurance { default_branch: branch.name, commit: history.items().into_iter().next().map(commit) })
}

fn commit(commit: WireCommit) -> AssuranceCommit {
    let pulls = commit.associated_pull_requests.map(Connection::items).unwrap_or_default();
    AssuranceCommit {
        oid: commit.oid,
        committed_at: commit.committed_date,
        author: commit.author.and_then(|author| author.user).map(|user| user.login),
        signature_valid: commit.signature.is_some_and(|signature| signature.is_valid),
        pull: pulls.into_iter().next().map(pull),
    }
}

fn pull(pull: WirePull) -> AssurancePull {
    AssurancePull {
        number: pull.number,
        merged: pull.merged,
        base: pull.base_ref_name,
        author: pull.author.map(author),
        reviews: pull.reviews.map_or_else(|| Page::all(Vec::new()), |page| map_page(page.page(), review)),
    }
}
