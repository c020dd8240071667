//! Streams the files of a default branch through a sink: never to disk, never whole in memory.
//!
//! Download → bounded channel → gunzip → tar → sink; everything behind the channel runs on a blocking thread, because
//! sinks match patterns. What a newcomer gets wrong: an archive is hostile input. It may be a bomb, name `../../x`,
//! or stop in the middle ([`untar`]).

mod download;
mod path;
mod untar;

use http::StatusCode;
use scrutineer_core::{
    Fact, Gap,
    evidence::snapshot::{SnapshotSink, SnapshotSummary, SnapshotTarget},
};

use crate::{
    client::{Arriving, Call, Client},
    error::Error,
};
use untar::Walk;

const TARBALL: &str = "GET /repos/{owner}/{repo}/tarball/{ref}";

/// Where the archive is had from.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// `Commit.tarballUrl`: no API request, but expired after 5 minutes for private repositories.
    Link(&'a str),
    /// One API request, answered by a redirect.
    Rest,
}

/// Streams `target` through `sink`; a damaged archive is fetched once more and read on where the first one broke off.
///
/// # Errors
/// When GitHub does not answer or nothing more can be asked now. An archive that cannot be had is a gap.
pub(crate) async fn read<S: SnapshotSink>(
    client: &Client,
    target: &SnapshotTarget,
    sink: S,
) -> Result<(S, Fact<SnapshotSummary>), Error> {
    let first = target.head.tarball_url.as_deref().map_or(Source::Rest, Source::Link);
    let mut walk = Walk::new(sink);
    let mut why = String::new();
    for source in [first, Source::Rest] {
        let archive = match open(client, target, source).await? {
            Ok(archive) => archive,
            Err(gap) => return Ok((walk.into_sink(), Fact::Unknown(gap))),
        };
        let (walked, outcome) = download::through(archive, walk).await?;
        walk = walked;
        match outcome {
            Ok(summary) => return Ok((walk.into_sink(), Fact::Known(summary))),
            Err(damage) => why = damage.to_string(),
        }
        tracing::debug!(repo = %target.repo, error = why, "archive broke off");
    }
    Ok((walk.into_sink(), Fact::Unknown(Gap::unavailable(format!("the archive is damaged: {why}")))))
}

/// Opens the archive; a link that does not work any more is replaced by the API's.
async fn open(
    client: &Client,
    target: &SnapshotTarget,
    source: Source<'_>,
) -> Result<Result<Arriving, Gap>, Error> {
    if let Source::Link(url) = source {
        match client.archive_at(url).await {
            Ok(archive) => return Ok(Ok(archive)),
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) => tracing::debug!(repo = %target.repo, error = %error, "archive link does not work"),
        }
    }
    let repo = &target.repo;
    let call = Call::get(TARBALL, &[repo.owner(), repo.name(), target.head.oid.as_str()]);
    match client.archive_of(&call).await {
        Ok(archive) => Ok(Ok(archive)),
        Err(Error::Refused { status, .. }) => Ok(Err(gap_of(status, client.holds(TARBALL)))),
        Err(error) => Err(error),
    }
}

fn gap_of(status: StatusCode, holds: Option<bool>) -> Gap {
    match status {
        StatusCode::CONFLICT => Gap::unsupported("the repository is empty"),
        StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS => Gap::unavailable("blocked (451)"),
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND if holds != Some(true) => Gap::forbidden("contents"),
        status => Gap::unavailable(format!("GitHub refuses the archive ({})", status.as_u16())),
    }
}
