//! Verifications for whoever asks: what was judged, how, and why.

use scrutineer_aws::{
    Cursor,
    records::{Verification, VerificationState},
};
use scrutineer_core::{
    Failure,
    ids::{PullNumber, RepoName, Sha, VerificationId},
};
use scrutineer_policy::Verdict;

use super::{fan_out, sarif};
use crate::{App, messages::Cause, outbox, page::Page, text};

/// A page of a repository's verifications, newest first.
///
/// # Errors
/// Permanent `invalid_cursor`.
pub async fn list(
    app: &App,
    repo: &RepoName,
    limit: usize,
    cursor: Option<Cursor>,
) -> Result<Page<Verification>, Failure> {
    let range = Verification::of_repository(repo).descending();
    Ok(app.store.query(&range, limit, cursor.as_ref()).await?.into())
}

/// A verification with its verdict, where there is one.
///
/// # Errors
/// Permanent `not_found`.
pub async fn one(
    app: &App,
    repo: &RepoName,
    id: VerificationId,
) -> Result<(Verification, Option<Verdict>), Failure> {
    let found = app.store.get(&Verification::key_of(repo, id)).await?;
    let verification = found.ok_or_else(|| text::not_found("verification", id))?;
    let verdict = verification.result.as_ref().map(|result| result.unpack()).transpose()?;
    Ok((verification, verdict))
}

/// The SARIF report of a verification.
///
/// # Errors
/// Permanent `not_found`, also while it runs.
pub async fn sarif_of(app: &App, repo: &RepoName, id: VerificationId) -> Result<String, Failure> {
    let (verification, _) = one(app, repo, id).await?;
    sarif::log(app, &verification).await?.ok_or_else(|| sarif::no_report(id))
}

/// What is to be judged once more.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RerunRequest {
    /// The pull request.
    #[serde(default)]
    #[schema(value_type = Option<u64>)]
    pub pull_request: Option<PullNumber>,
    /// Or the commit.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub commit: Option<Sha>,
}

/// Has the latest verification of a pull request or commit made once more. Returns the one that is repeated.
///
/// # Errors
/// Permanent `invalid_rerun` when neither or both are named, `not_found` when nothing was verified there.
pub async fn rerun(app: &App, repo: &RepoName, request: &RerunRequest) -> Result<Verification, Failure> {
    if request.pull_request.is_some() == request.commit.is_some() {
        return Err(text::invalid_field("invalid_rerun", "/pull_request", "name a pull request or a commit"));
    }
    let known = latest(app, repo, request).await?;
    let known = known.ok_or_else(|| text::not_found("verification of this", repo))?;
    if known.state != VerificationState::Running {
        let message = crate::messages::VerifyChange {
            cause: Cause::Rerun,
            // A delivery would tell it from an earlier one; this is asked for anew.
            delivery: None,
            ..fan_out::again(&known)
        };
        outbox::send_all(app, &[message]).await?;
    }
    Ok(known)
}

/// Verifications looked through for a commit.
const LOOKED_THROUGH: usize = 200;

async fn latest(app: &App, repo: &RepoName, wanted: &RerunRequest) -> Result<Option<Verification>, Failure> {
    let page = list(app, repo, LOOKED_THROUGH, None).await?;
    let fits = |known: &Verification| {
        wanted.pull_request.is_some_and(|number| known.pull == Some(number))
            || wanted.commit.as_ref().is_some_and(|commit| known.sha == *commit)
    };
    Ok(page.items.into_iter().find(fits))
}
