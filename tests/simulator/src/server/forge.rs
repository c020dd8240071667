//! What tests do to a running GitHub: pull requests, pushes, installations, deliveries.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures::StreamExt as _;
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use super::auth::{Caller, TokenKind};
use super::simulator::{Shared, Simulator};
use crate::forge::checks::CheckRun;
use crate::forge::hook::{Attempt, Delivering, Pending, Target, sign};
use crate::forge::pull::{Change, Opening, Pull};
use crate::forge::{Forge, Sarif, required, resolve};
use crate::rest::{Ctx, events};
use crate::world::load::present;
use crate::world::{Repo, World};

/// How long GitHub waits for the answer to a delivery.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

type Http = Client<HttpConnector, Full<Bytes>>;

/// A pull request that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its number.
    pub number: u64,
    /// Its head.
    pub head: String,
}

/// What became of deliveries.
#[derive(Debug, Clone, Default)]
pub struct Delivered {
    /// Answered with 2xx.
    pub accepted: usize,
    /// Answered otherwise, or not at all.
    pub failed: usize,
    /// Lost on purpose.
    pub lost: usize,
    /// How long each answer took, sorted.
    pub took: Vec<std::time::Duration>,
}

impl Shared {
    /// Runs `f` with everything a route would have, as somebody who may do everything.
    fn as_itself<T>(&self, world: &World, f: impl FnOnce(&Ctx<'_>) -> T) -> T {
        let caller = Caller {
            kind: TokenKind::Installation,
            login: "octocat".to_owned(),
            permissions: BTreeSet::new(),
            budget: String::new(),
        };
        let installed = self.installed();
        f(&Ctx {
            world,
            forge: &self.forge,
            api: &self.base(),
            codeload: &self.codeload(),
            caller: &caller,
            path: "",
            params: BTreeMap::new(),
            query: BTreeMap::new(),
            body: &Value::Null,
            installed: &installed,
        })
    }

    /// Sends what waits, when deliveries are automatic.
    pub(crate) fn kick(self: &Arc<Self>) {
        let waiting = {
            let forge = self.forge();
            forge.hook.automatic && !forge.hook.pending.is_empty()
        };
        if waiting {
            let shared = self.clone();
            tokio::spawn(async move { drop(shared.deliver(Delivering::default()).await) });
        }
    }

    pub(crate) async fn deliver(&self, how: Delivering) -> Delivered {
        let (pending, target) = {
            let mut forge = self.forge();
            (std::mem::take(&mut forge.hook.pending), forge.hook.target.clone())
        };
        let Some(target) = target else { return Delivered::default() };
        let client: Http = Client::builder(TokioExecutor::new()).build_http();
        let attempts = futures::stream::iter(how.plan(pending)).map(|(delivery, lost)| {
            let (client, target) = (&client, &target);
            async move { (self.attempt(client, target, (delivery, lost)).await, lost) }
        });
        let mut report = Delivered::default();
        let mut attempts = attempts.buffer_unordered(how.at_once.max(1));
        while let Some((attempt, lost)) = attempts.next().await {
            match attempt.status_code {
                _ if lost => report.lost += 1,
                200..300 => report.accepted += 1,
                _ => report.failed += 1,
            }
            report.took.push(attempt.took);
            self.forge().hook.attempts.push(attempt);
        }
        report.took.sort();
        report
    }

    async fn attempt(&self, client: &Http, target: &Target, (delivery, lost): (Pending, bool)) -> Attempt {
        let started = Instant::now();
        let status_code = if lost { 0 } else { post(client, target, &delivery).await.unwrap_or(0) };
        let id = self.forge().next_id();
        Attempt { id, delivery, status_code, delivered_at: present(), took: started.elapsed() }
    }
}

/// One request as GitHub makes it; `None` without an answer.
async fn post(client: &Http, target: &Target, delivery: &Pending) -> Option<u16> {
    let body = delivery.payload.clone();
    let request = Request::post(target.url.parse::<Uri>().ok()?)
        .header("content-type", "application/json")
        .header("user-agent", "GitHub-Hookshot/simulator")
        .header("x-github-event", &delivery.event)
        .header("x-github-delivery", &delivery.guid)
        .header("x-github-hook-installation-target-type", "integration")
        .header("x-github-hook-installation-target-id", crate::rest::APP_ID.to_string())
        .header("x-hub-signature-256", sign(&target.secret, &body))
        .body(Full::new(body))
        .ok()?;
    let answered = async {
        let answer = client.request(request).await.ok()?;
        let status = answer.status().as_u16();
        answer.into_body().collect().await.ok()?;
        Some(status)
    };
    tokio::time::timeout(PATIENCE, answered).await.ok().flatten()
}

impl Simulator {
    /// Sends the App's webhooks to `url`, signed with `secret`. What happened before is not sent.
    pub fn hook(&self, url: &str, secret: &str) {
        let target = Target { url: url.to_owned(), secret: secret.to_owned() };
        self.shared.forge().hook.target = Some(target);
    }

    /// Sends deliveries as soon as they are there, one after the other, instead of on [`Simulator::deliver`].
    pub fn deliver_automatically(&self, automatic: bool) {
        self.shared.forge().hook.automatic = automatic;
    }

    /// Sends the deliveries that wait and returns when all are answered. What they cause waits for the next call.
    pub async fn deliver(&self, how: Delivering) -> Delivered {
        self.shared.deliver(how).await
    }

    /// Deliveries that wait.
    pub fn pending_deliveries(&self) -> Vec<Pending> {
        self.shared.forge().hook.pending.clone()
    }

    /// Queues a delivery of your own making; its `X-GitHub-Delivery`. Without a hook there is none.
    pub fn queue_delivery(&self, event: &str, payload: Value) -> Option<String> {
        let mut forge = self.shared.forge();
        let before = forge.hook.pending.len();
        forge.enqueue(event, payload);
        forge.hook.pending.get(before).map(|delivery| delivery.guid.clone())
    }

    /// Every attempt to deliver, the oldest first.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.shared.forge().hook.attempts.clone()
    }

    /// One repository, by `owner/name`.
    ///
    /// # Panics
    /// When the world has no such repository.
    pub fn repo(&self, full: &str) -> RepoHandle<'_> {
        RepoHandle::of(&self.shared, full).expect("the world has the repository, by owner/name")
    }

    /// `installation` with an action: `created`, `deleted`, `suspend`, `unsuspend`, `new_permissions_accepted`. While
    /// it is suspended the installation gets no tokens.
    pub fn installation_event(&self, org: &str, action: &str) {
        let world = self.shared.snapshot();
        match action {
            "suspend" => drop(self.shared.forge().suspended.insert(org.to_lowercase())),
            _ => drop(self.shared.forge().suspended.remove(&org.to_lowercase())),
        }
        let org = world.org(org).expect("the organization is there");
        let payload = self.shared.as_itself(&world, |ctx| events::installation(ctx, org, action));
        self.shared.forge().enqueue("installation", payload);
        self.shared.kick();
    }
}

impl Simulator {
    /// `installation_repositories` with an action, `added` or `removed`, and names of repositories.
    pub fn installation_repositories_event(&self, org: &str, action: &str, names: &[&str]) {
        let world = self.shared.snapshot();
        let org = world.org(org).expect("the organization is there");
        let payload =
            self.shared.as_itself(&world, |ctx| events::installation_repositories(ctx, org, action, names));
        self.shared.forge().enqueue("installation_repositories", payload);
        self.shared.kick();
    }
}

/// One repository of a running simulator. What is done here sends the webhooks that GitHub would send.
pub struct RepoHandle<'a> {
    shared: &'a Arc<Shared>,
    owner: String,
    name: String,
}

impl<'a> RepoHandle<'a> {
    /// The repository, if the world has it.
    pub(crate) fn of(shared: &'a Arc<Shared>, full: &str) -> Option<Self> {
        let (owner, name) = full.split_once('/')?;
        shared.world().repo(owner, name)?;
        Some(Self { shared, owner: owner.to_owned(), name: name.to_owned() })
    }

    fn with<T>(&self, f: impl FnOnce(&Ctx<'_>, &mut Forge, &Arc<Repo>) -> T) -> T {
        let world = self.shared.snapshot();
        let repo = world.repo(&self.owner, &self.name).expect("RepoHandle is made for a repository").clone();
        let done = self.shared.as_itself(&world, |ctx| {
            // Payloads are made from a locked forge; nothing below locks it again.
            let mut forge = self.shared.forge();
            f(ctx, &mut forge, &repo)
        });
        self.shared.kick();
        done
    }

    /// Opens a pull request: `pull_request` / `opened` and `check_suite` / `requested`.
    pub fn open(&self, opening: Opening) -> Opened {
        self.with(|ctx, forge, repo| {
            let full = repo.full_name();
            let state = forge.repo_mut(&full);
            let base_sha = state.note_head(repo);
            let known = repo.file.pull_requests.iter().filter_map(|pull| pull.number);
            let last = known.chain(state.pulls.keys().copied()).max().unwrap_or(0);
            let number = last.max(repo.file.pull_requests.len() as u64) + 1;
            let mut renames = BTreeMap::new();
            let tree = opening.change.apply(&repo.tree, &mut renames);
            let head = state.commit(&full, tree, &base_sha);
            let pull = Pull {
                number,
                title: opening.title,
                author: opening.author,
                fork: opening.fork,
                branch: format!("change-{number}"),
                base: opening.base.unwrap_or_else(|| repo.file.branch().to_owned()),
                base_sha,
                head: head.clone(),
                draft: opening.draft,
                open: true,
                merged: false,
                from: repo.tree.clone(),
                renames,
                created_at: present().to_string(),
            };
            state.pulls.insert(number, pull);
            announce(ctx, forge, (repo, number), "opened", json!({}));
            suite(ctx, forge, repo, &head);
            Opened { number, head }
        })
    }

    /// Pushes to the head of a pull request: `pull_request` / `synchronize` and `check_suite` / `requested`.
    pub fn push_to(&self, number: u64, change: &Change) -> String {
        self.with(|ctx, forge, repo| {
            let full = repo.full_name();
            let state = forge.repo_mut(&full);
            let pull = state.pulls.get(&number).expect("an opened pull request").clone();
            let mut renames = pull.renames.clone();
            let tree = change.apply(&state.commits[&pull.head].tree, &mut renames);
            let head = state.commit(&full, tree, &pull.head);
            if let Some(slot) = state.pulls.get_mut(&number) {
                (slot.head, slot.renames) = (head.clone(), renames);
            }
            let more = json!({"before": pull.head, "after": head});
            announce(ctx, forge, (repo, number), "synchronize", more);
            suite(ctx, forge, repo, &head);
            head
        })
    }

    /// Closes, reopens, merges or readies a pull request, or changes its base: `pull_request` with that action.
    /// `action` is `closed`, `reopened`, `merged`, `ready_for_review`, or `base:<branch>`.
    pub fn act(&self, number: u64, action: &str) {
        self.with(|ctx, forge, repo| {
            let state = forge.repo_mut(&repo.full_name());
            let pull = state.pulls.get_mut(&number).expect("an opened pull request");
            let mut more = json!({});
            let event = match action {
                "reopened" => {
                    pull.open = true;
                    "reopened"
                }
                "ready_for_review" => {
                    pull.draft = false;
                    "ready_for_review"
                }
                "merged" => {
                    (pull.open, pull.merged) = (false, true);
                    "closed"
                }
                action => match action.strip_prefix("base:") {
                    Some(base) => {
                        let from = std::mem::replace(&mut pull.base, base.to_owned());
                        more = json!({"changes": {"base": {"ref": {"from": from}, "sha": {"from": pull.base_sha}}}});
                        "edited"
                    }
                    None => {
                        pull.open = false;
                        "closed"
                    }
                },
            };
            announce(ctx, forge, (repo, number), event, more);
        });
    }

    /// Pushes to the default branch: `push` and `check_suite` / `requested`. Returns the new head.
    pub fn push(&self, change: &Change) -> String {
        let before = self.with(|_, forge, repo| forge.repo_mut(&repo.full_name()).note_head(repo));
        {
            let mut world = self.shared.world();
            let repo = world.repo_mut(&self.owner, &self.name).expect("RepoHandle is made for a repository");
            repo.commit_change(change);
        }
        self.with(|ctx, forge, repo| {
            let state = forge.repo_mut(&repo.full_name());
            let head = state.note_head(repo);
            if let Some(commit) = state.commits.get_mut(&head) {
                commit.parent = Some(before.clone());
            }
            let payload = events::push(ctx, repo, &before);
            forge.enqueue("push", payload);
            suite(ctx, forge, repo, &head);
            head
        })
    }

    /// Merges a pull request: its change lands on the default branch (`push`), then `pull_request` / `closed`.
    /// Required checks are not looked at; see [`RepoHandle::blockers`].
    pub fn merge(&self, number: u64) -> String {
        let change = self.with(|_, forge, repo| {
            let state = forge.repo(&repo.full_name()).expect("a repository with pull requests");
            let pull = &state.pulls[&number];
            Change::between(&pull.from, &state.commits[&pull.head].tree)
        });
        let head = self.push(&change);
        self.act(number, "merged");
        head
    }

    /// Gives the repository another name: `repository` / `renamed`. Its old name answers 301; this handle follows.
    pub fn rename(&mut self, to: &str) {
        let from = std::mem::replace(&mut self.name, to.to_owned());
        if let Some(org) = self.shared.world().org_mut(&self.owner) {
            org.rename_repo(&from, to);
        }
        self.with(|ctx, forge, repo| {
            forge.rename(&format!("{}/{from}", repo.owner), &repo.full_name());
            let changes = json!({"repository": {"name": {"from": from}}});
            forge.enqueue("repository", events::repository(ctx, repo, "renamed", changes));
        });
    }

    /// Makes another branch the default one: `repository` / `edited`. It has the same files.
    pub fn set_default_branch(&self, to: &str) {
        let from = self.with(|_, _, repo| repo.file.branch().to_owned());
        if let Some(repo) = self.shared.world().repo_mut(&self.owner, &self.name) {
            repo.set_default_branch(to);
        }
        self.with(|ctx, forge, repo| {
            let changes = json!({"default_branch": {"from": from}});
            forge.enqueue("repository", events::repository(ctx, repo, "edited", changes));
        });
    }

    /// Puts pull requests into the merge queue as one group: `merge_group` / `checks_requested`. Returns its head.
    pub fn queue(&self, numbers: &[u64]) -> String {
        self.with(|ctx, forge, repo| {
            let full = repo.full_name();
            let state = forge.repo_mut(&full);
            let base = state.note_head(repo);
            let mut tree = (*repo.tree).clone();
            for number in numbers {
                let pull = &state.pulls[number];
                let head = &state.commits[&pull.head].tree;
                tree = Change::between(&pull.from, head).apply(&tree, &mut BTreeMap::new());
            }
            let head = state.commit(&full, tree, &base);
            state.groups.insert(head.clone(), numbers.to_vec());
            let name = format!(
                "gh-readonly-queue/{}/pr-{}-{head}",
                repo.file.branch(),
                numbers.first().unwrap_or(&0)
            );
            let payload = events::merge_group(ctx, repo, (&head, &name));
            forge.enqueue("merge_group", payload);
            head
        })
    }

    /// Whether it has this pull request.
    pub fn has_pull(&self, number: u64) -> bool {
        self.with(|_, forge, repo| {
            forge.repo(&repo.full_name()).is_some_and(|state| state.pulls.contains_key(&number))
        })
    }

    /// Check runs of a commit, the oldest first.
    pub fn check_runs(&self, sha: &str) -> Vec<CheckRun> {
        self.with(|_, forge, repo| {
            let runs = forge.repo(&repo.full_name()).map_or(&[][..], |state| state.runs.as_slice());
            runs.iter().filter(|run| run.head_sha == sha).cloned().collect()
        })
    }

    /// Every check run of the repository, the oldest first.
    pub fn all_check_runs(&self) -> Vec<CheckRun> {
        self.with(|_, forge, repo| forge.repo(&repo.full_name()).map_or(vec![], |state| state.runs.clone()))
    }

    /// SARIF that was uploaded.
    pub fn sarifs(&self) -> Vec<Sarif> {
        self.with(|_, forge, repo| forge.repo(&repo.full_name()).map_or(vec![], |state| state.sarifs.clone()))
    }

    /// Switches code scanning on or off; off, uploads are refused with 403.
    pub fn set_code_scanning(&self, on: bool) {
        self.with(|_, forge, repo| forge.repo_mut(&repo.full_name()).code_scanning_off = !on);
    }

    /// Protects a branch, in the form `PUT …/protection` takes.
    pub fn protect(&self, branch: &str, protection: Value) {
        self.with(|_, forge, repo| {
            forge.repo_mut(&repo.full_name()).protection.insert(branch.to_owned(), protection)
        });
    }

    /// What a branch requires, by rulesets and by classic protection.
    pub fn required_checks(&self, branch: &str) -> Vec<String> {
        self.with(|_, forge, repo| {
            required::required(forge, repo, branch).into_iter().map(|(name, _)| name).collect()
        })
    }

    /// Required checks that stand in the way of merging, with the reason; empty when it may be merged.
    pub fn blockers(&self, number: u64) -> Vec<String> {
        self.with(|_, forge, repo| {
            let state = forge.repo(&repo.full_name()).expect("a repository with pull requests");
            let pull = state.pulls.get(&number).expect("an opened pull request");
            state.blockers(&required::required(forge, repo, &pull.base), &pull.head)
        })
    }

    /// As [`RepoHandle::blockers`] for a merge group, by its head.
    pub fn group_blockers(&self, head: &str) -> Vec<String> {
        self.with(|_, forge, repo| {
            let state = forge.repo(&repo.full_name()).expect("a repository with merge groups");
            state.blockers(&required::required(forge, repo, repo.file.branch()), head)
        })
    }

    /// Presses "Re-run" on a check run: `check_run` / `rerequested`.
    pub fn rerun(&self, id: u64) {
        self.press_button(id, "rerequested", Value::Null);
    }

    /// Presses a button of a check run: `check_run` / `requested_action`.
    pub fn press(&self, id: u64, identifier: &str) {
        self.press_button(id, "requested_action", json!({"identifier": identifier}));
    }

    fn press_button(&self, id: u64, action: &str, button: Value) {
        self.with(|ctx, forge, repo| {
            let run = forge.repo(&repo.full_name()).and_then(|state| state.run(&id.to_string()));
            let run = run.expect("a check run").clone();
            let mut payload =
                json!({"action": action, "check_run": crate::rest::run_json(ctx, forge, repo, &run)});
            if !button.is_null() {
                payload["requested_action"] = button;
            }
            let payload = events::enveloped(ctx, repo, payload);
            forge.enqueue("check_run", payload);
        });
    }

    /// Asks for all checks of a commit again: `check_suite` / `rerequested`.
    pub fn rerun_all(&self, sha: &str) {
        self.with(|ctx, forge, repo| {
            let mut payload = events::suite_requested(ctx, forge, repo, sha);
            payload["action"] = json!("rerequested");
            forge.enqueue("check_suite", payload);
        });
    }

    /// The content of a file at a commit or branch.
    pub fn read(&self, reference: &str, path: &str) -> Option<Vec<u8>> {
        self.with(|_, forge, repo| resolve(forge, repo, reference)?.1.read(path).map(<[u8]>::to_vec))
    }
}

fn announce(ctx: &Ctx<'_>, forge: &mut Forge, (repo, number): (&Repo, u64), action: &str, more: Value) {
    let pull = forge.repo(&repo.full_name()).and_then(|state| state.pulls.get(&number)).cloned();
    if let Some(pull) = pull {
        let payload = events::pull_request(ctx, forge, (repo, &pull), action, more);
        forge.enqueue("pull_request", payload);
    }
}

fn suite(ctx: &Ctx<'_>, forge: &mut Forge, repo: &Repo, sha: &str) {
    let payload = events::suite_requested(ctx, forge, repo, sha);
    forge.enqueue("check_suite", payload);
}
