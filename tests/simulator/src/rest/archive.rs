//! Archives: a redirect to another origin, and what is found there.

use http::StatusCode;

use super::{Body, Ctx, Reply};
use crate::digest;
use crate::world::Repo;

/// The address of a commit's archive; a private repository's carries a token of its own.
pub(crate) fn archive_url(codeload: &str, repo: &Repo, oid: &str) -> String {
    let url = format!("{codeload}/codeload/{}/legacy.tar.gz/{oid}", repo.full_name());
    if repo.is_public() { url } else { format!("{url}?token={}", archive_token(repo, oid)) }
}

fn archive_token(repo: &Repo, oid: &str) -> String {
    digest::oid(&["archive", &repo.full_name(), oid])[..29].to_uppercase()
}

pub(crate) fn redirect(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    if repo.is_empty() {
        return Reply::error(StatusCode::CONFLICT, "Git Repository is empty.");
    }
    let wanted = ctx.param("ref").trim_start_matches("refs/heads/");
    let head = repo.head();
    let known = wanted.is_empty() || wanted == repo.file.branch() || wanted == "HEAD" || wanted == head;
    if !known && (1..repo.file.commits.len()).all(|n| repo.commit(n) != wanted) {
        return Reply::not_found();
    }
    let mut reply = Reply::json(serde_json::Value::Null);
    reply.status = StatusCode::FOUND;
    reply.headers.push(("location", archive_url(ctx.codeload, repo, &head)));
    reply.body = Body::Bytes(bytes::Bytes::new());
    reply
}

/// `owner/name/legacy.tar.gz/oid` on the archive host. The path and its token are all the authority there is.
pub(crate) fn serve_archive(
    world: &crate::world::World,
    path: &str,
    token: Option<&str>,
) -> Option<bytes::Bytes> {
    let mut parts = path.strip_prefix("/codeload/")?.split('/');
    let repo = world.repo(parts.next()?, parts.next()?)?;
    if parts.next()? != "legacy.tar.gz" {
        return None;
    }
    let oid = parts.next()?;
    if !repo.is_public() && token != Some(&archive_token(repo, oid)) {
        return None;
    }
    if let Some(archive) = &repo.archive {
        return Some(archive.clone());
    }
    let folder = format!("{}-{}-{}", repo.owner, repo.name, oid.get(..7).unwrap_or(oid));
    repo.tree.tarball(&folder).ok()
}
