//! Files of a commit, and blobs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::objects::HTML;
use super::{Ctx, Reply};
use crate::forge::{blob_oid, resolve};
use crate::world::tree::{Entry, Tree};

/// GitHub answers the content of files up to 1 MB here.
const MOST_BYTES: usize = 1024 * 1024;

pub(crate) fn contents(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let reference = ctx.query.get("ref").map_or("HEAD", String::as_str);
    let resolved = resolve(&ctx.forge(), repo, reference);
    let Some((sha, tree)) = resolved else {
        return Reply::error(
            http::StatusCode::NOT_FOUND,
            &format!("No commit found for the ref {reference}"),
        );
    };
    let path = ctx.param("path").trim_end_matches('/');
    match tree.get(path) {
        Some(entry) => Reply::json(item(ctx, (&sha, path), entry, true)),
        None => folder(ctx, &sha, &tree, path),
    }
}

fn folder(ctx: &Ctx<'_>, sha: &str, tree: &Tree, path: &str) -> Reply {
    let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
    let inside = tree.paths().filter(|one| one.starts_with(&prefix));
    let files = inside.filter(|one| !one[prefix.len()..].contains('/'));
    let files: Vec<Value> =
        files.filter_map(|one| Some(item(ctx, (sha, one), tree.get(one)?, false))).collect();
    if files.is_empty() { Reply::not_found() } else { Reply::json(Value::Array(files)) }
}

fn item(ctx: &Ctx<'_>, (sha, path): (&str, &str), entry: &Entry, with_content: bool) -> Value {
    let full = ctx.repo().map(|repo| repo.full_name()).unwrap_or_default();
    let url = format!("{}/repos/{full}/contents/{path}?ref={sha}", ctx.api);
    let html = format!("{HTML}/{full}/blob/{sha}/{path}");
    let git = format!("{}/repos/{full}/git/blobs/{}", ctx.api, crate::forge::entry_oid(entry));
    let (kind, size) = match entry {
        Entry::File { content, .. } => ("file", content.len()),
        Entry::Link { target } => ("symlink", target.len()),
        Entry::Submodule { .. } => ("submodule", 0),
    };
    let mut json = json!({
        "type": kind, "size": size, "name": path.rsplit('/').next(), "path": path, "sha": crate::forge::entry_oid(entry),
        "url": url, "git_url": git, "html_url": html, "download_url": html,
        "_links": {"self": url, "git": git, "html": html},
    });
    match entry {
        Entry::File { content, .. } if with_content && content.len() <= MOST_BYTES => {
            json["encoding"] = json!("base64");
            json["content"] = json!(lines(content));
        }
        Entry::File { .. } if with_content => {
            json["encoding"] = json!("none");
            json["content"] = json!("");
        }
        Entry::Link { target } if with_content => json["target"] = json!(target),
        Entry::Submodule { .. } => json["submodule_git_url"] = json!("https://github.com/acme/module.git"),
        _ => {}
    }
    json
}

/// Base64 in lines of 60 characters, as GitHub sends it.
fn lines(content: &[u8]) -> String {
    let text = STANDARD.encode(content);
    let lines = text.as_bytes().chunks(60).map(|line| String::from_utf8_lossy(line).into_owned() + "\n");
    lines.collect()
}

pub(crate) fn blob(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let wanted = ctx.param("file_sha");
    let forge = ctx.forge();
    let commits = forge.repo(&repo.full_name()).into_iter().flat_map(|state| state.commits.values());
    let trees = std::iter::once(repo.tree.clone()).chain(commits.map(|commit| commit.tree.clone()));
    for tree in trees {
        let found = tree.files().find(|(_, content)| blob_oid(content) == wanted);
        if let Some((_, content)) = found {
            return Reply::json(json!({
                "sha": wanted, "node_id": format!("B_{wanted}"), "size": content.len(), "encoding": "base64",
                "url": format!("{}/repos/{}/git/blobs/{wanted}", ctx.api, repo.full_name()), "content": lines(content),
            }));
        }
    }
    Reply::not_found()
}

/// The tree of a commit, whole: GitHub lists folders as well, which nobody here asks for.
pub(crate) fn tree(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let Some((sha, tree)) = resolve(&ctx.forge(), repo, ctx.param("tree_sha")) else {
        return Reply::not_found();
    };
    let full = repo.full_name();
    let entries = tree.paths().filter_map(|path| {
        let entry = tree.get(path)?;
        let (mode, kind) = match entry {
            Entry::File { mode, .. } if mode & 0o111 != 0 => ("100755", "blob"),
            Entry::File { .. } => ("100644", "blob"),
            Entry::Link { .. } => ("120000", "blob"),
            Entry::Submodule { .. } => ("160000", "commit"),
        };
        Some(json!({ "path": path, "mode": mode, "type": kind, "sha": crate::forge::entry_oid(entry) }))
    });
    let entries: Vec<Value> = entries.collect();
    let url = format!("{}/repos/{full}/git/trees/{sha}", ctx.api);
    Reply::json(json!({ "sha": sha, "url": url, "tree": entries, "truncated": false }))
}
