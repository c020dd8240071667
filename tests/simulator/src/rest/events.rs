//! Payloads of webhook deliveries.

use serde_json::{Value, json};

use super::objects::account;
use super::{Ctx, apps, checks, pulls, repos};
use crate::digest;
use crate::forge::Forge;
use crate::forge::pull::Pull;
use crate::world::{Org, Repo};

impl Forge {
    /// Queues a delivery, unless nobody listens.
    pub(crate) fn enqueue(&mut self, event: &str, payload: Value) {
        if self.hook.target.is_none() {
            return;
        }
        self.hook.made += 1;
        let id = digest::oid(&["delivery", &self.hook.made.to_string()]);
        let guid = format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..32]);
        let delivery = crate::forge::hook::Pending {
            guid,
            event: event.to_owned(),
            payload: payload.to_string().into(),
            redelivery: false,
        };
        self.hook.pending.push(delivery);
    }
}

/// With what every payload about a repository carries.
pub(crate) fn enveloped(ctx: &Ctx<'_>, repo: &Repo, mut payload: Value) -> Value {
    payload["repository"] = repos::minimal(ctx, repo);
    payload["organization"] = account(ctx, &repo.owner);
    if payload["sender"].is_null() {
        payload["sender"] = account(ctx, "octocat");
    }
    let id = ctx.world.org(&repo.owner).map(|org| super::installation_id(org));
    payload["installation"] = json!({"id": id, "node_id": "MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uMQ=="});
    payload
}

/// `pull_request`; `more` are the fields that only this action has.
pub(crate) fn pull_request(
    ctx: &Ctx<'_>,
    forge: &Forge,
    (repo, pull): (&Repo, &Pull),
    action: &str,
    more: Value,
) -> Value {
    let mut payload = json!({
        "action": action, "number": pull.number, "pull_request": pulls::whole(ctx, forge, repo, pull),
        "sender": account(ctx, &pull.author),
    });
    if let (Value::Object(payload), Value::Object(more)) = (&mut payload, more) {
        payload.extend(more);
    }
    enveloped(ctx, repo, payload)
}

/// `check_suite` / `requested` for the commit.
pub(crate) fn suite_requested(ctx: &Ctx<'_>, forge: &mut Forge, repo: &Repo, sha: &str) -> Value {
    let full = repo.full_name();
    let (id, state) = forge.fresh(&full);
    let suite = state.suite(sha, id);
    let suite = state.suites.iter().find(|one| one.id == suite).cloned();
    let suite = suite.map(|suite| checks::suite_json(ctx, forge, repo, &suite));
    enveloped(ctx, repo, json!({"action": "requested", "check_suite": suite}))
}

/// `push` to the default branch.
pub(crate) fn push(ctx: &Ctx<'_>, repo: &Repo, before: &str) -> Value {
    let after = repo.head();
    let payload = json!({
        "ref": format!("refs/heads/{}", repo.file.branch()), "before": before, "after": after, "created": false,
        "deleted": false, "forced": false, "base_ref": null, "commits": [], "head_commit": null,
        "compare": format!("https://github.com/{}/compare/{before}...{after}", repo.full_name()),
        "pusher": {"name": "octocat", "email": "octocat@users.noreply.github.com"},
    });
    enveloped(ctx, repo, payload)
}

/// `merge_group` / `checks_requested`.
pub(crate) fn merge_group(ctx: &Ctx<'_>, repo: &Repo, (head, name): (&str, &str)) -> Value {
    let base = repo.head();
    let person = json!({"name": "octocat", "email": "octocat@users.noreply.github.com"});
    let payload = json!({"action": "checks_requested", "merge_group": {
        "head_sha": head, "head_ref": format!("refs/heads/{name}"), "base_sha": base,
        "base_ref": format!("refs/heads/{}", repo.file.branch()),
        "head_commit": {"id": head, "tree_id": head, "message": "Merge", "timestamp": "2026-01-01T00:00:00Z",
            "author": person, "committer": person},
    }});
    enveloped(ctx, repo, payload)
}

/// `repository`; `changes` as GitHub writes them.
pub(crate) fn repository(ctx: &Ctx<'_>, repo: &Repo, action: &str, changes: Value) -> Value {
    enveloped(ctx, repo, json!({"action": action, "changes": changes}))
}

fn stub(repo: &std::sync::Arc<Repo>) -> Value {
    json!({"id": repo.id, "node_id": repo.node_id(), "name": repo.name, "full_name": repo.full_name(), "private": !repo.is_public()})
}

/// `installation_repositories` / `added` or `removed`.
pub(crate) fn installation_repositories(ctx: &Ctx<'_>, org: &Org, action: &str, names: &[&str]) -> Value {
    let named = |repo: &&std::sync::Arc<Repo>| names.iter().any(|name| name.eq_ignore_ascii_case(&repo.name));
    let listed: Vec<Value> = org.repos.values().filter(named).map(stub).collect();
    let none: Vec<Value> = Vec::new();
    let (added, removed) = if action == "added" { (listed, none) } else { (none, listed) };
    json!({
        "action": action, "installation": apps::installation(ctx, org), "repository_selection": "selected",
        "repositories_added": added, "repositories_removed": removed, "requester": null, "sender": account(ctx, "octocat"),
    })
}

/// `installation` with every repository of the organization.
pub(crate) fn installation(ctx: &Ctx<'_>, org: &Org, action: &str) -> Value {
    let repositories: Vec<Value> = org.repos.values().map(stub).collect();
    json!({
        "action": action, "installation": apps::installation(ctx, org), "repositories": repositories, "requester": null,
        "sender": account(ctx, "octocat"),
    })
}
