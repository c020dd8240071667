//! GraphQL `RepoActivity` as evidence.

use jiff::Timestamp;
use scrutineer_core::{
    Fact, Gap,
    evidence::{
        Page, RepoActivity,
        activity::{
            Author, Commit, Deployment, HeadStatus, HeadSuite, MergedPull, OpenPull, Release, Review, Run,
            Suite, Tag,
        },
    },
};
use serde::Deserialize;

use super::posture::{Counted, Name};
use crate::{
    client::Client,
    graphql::view::{Connection, View, map_page},
};

#[derive(Deserialize)]
pub(super) struct Actor {
    #[serde(rename = "__typename")]
    kind: Option<String>,
    pub(super) login: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Merged {
    number: u64,
    created_at: Timestamp,
    merged_at: Option<Timestamp>,
    additions: u64,
    deletions: u64,
    changed_files: u64,
    base_ref_name: String,
    head_ref_name: String,
    author: Option<Actor>,
    merged_by: Option<Actor>,
    status_check_rollup: Option<State>,
    reviews: Option<Connection<WireReview>>,
}

#[derive(Deserialize)]
struct State {
    state: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireReview {
    state: String,
    submitted_at: Option<Timestamp>,
    author: Option<Actor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Open {
    number: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    is_draft: bool,
    head_ref_name: String,
    author: Option<Actor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Updated {
    updated_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRelease {
    tag_name: String,
    is_draft: bool,
    is_prerelease: bool,
    created_at: Timestamp,
    published_at: Option<Timestamp>,
    description: Option<String>,
    tag_commit: Option<Signed>,
    release_assets: Option<Connection<Name>>,
}

#[derive(Deserialize)]
struct Signed {
    signature: Option<Signature>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Signature {
    pub(super) is_valid: bool,
}

#[derive(Deserialize)]
struct WireTag {
    name: String,
    target: Option<TagTarget>,
}

#[derive(Deserialize)]
struct TagTarget {
    tagger: Option<Tagger>,
}

#[derive(Deserialize)]
struct Tagger {
    date: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDeployment {
    environment: Option<String>,
    created_at: Timestamp,
    task: Option<String>,
    r#ref: Option<Name>,
    latest_status: Option<DeploymentStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeploymentStatus {
    state: String,
    created_at: Timestamp,
}

#[derive(Deserialize)]
struct Status {
    contexts: Vec<StatusContext>,
}

#[derive(Deserialize)]
struct StatusContext {
    context: String,
    state: String,
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireHeadSuite {
    app: Option<App>,
    conclusion: Option<String>,
    check_runs: Option<Connection<CheckRun>>,
}

#[derive(Deserialize)]
struct App {
    slug: String,
}

#[derive(Deserialize)]
struct CheckRun {
    name: String,
    title: Option<String>,
    conclusion: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCommit {
    oid: String,
    committed_date: Timestamp,
    author: Option<GitActor>,
    signature: Option<Signature>,
}

#[derive(Deserialize)]
pub(super) struct GitActor {
    pub(super) user: Option<Actor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSuite {
    status: String,
    conclusion: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    app: Option<App>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRun {
    event: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    file: Option<RunFile>,
    workflow: Name,
}

#[derive(Deserialize)]
struct RunFile {
    path: String,
}

/// Reads one repository of the batch.
pub(crate) fn read(repo: &View<'_>, _: &Client) -> Result<RepoActivity, Gap> {
    let head = Tip::of(repo);
    Ok(RepoActivity {
        merged: merged(repo),
        open: repo.fact::<Connection<Open>>("open").map(|pulls| map_page(pulls.page(), open)),
        stale_issues: repo
            .fact::<Connection<Updated>>("staleIssues")
            .map(|issues| map_page(issues.page(), |issue| issue.updated_at)),
        debt_issues: repo.fact::<Counted>("debtIssues").map(|issues| issues.total()),
        releases: repo
            .fact::<Connection<WireRelease>>("releases")
            .map(|found| map_page(found.page(), release)),
        tags: repo.fact::<Connection<WireTag>>("tags").map(|found| map_page(found.page(), tag)),
        branches: repo
            .fact::<Connection<Name>>("branches")
            .map(|found| map_page(found.page(), |branch| branch.name)),
        deployments: repo
            .fact::<Connection<WireDeployment>>("deployments")
            .map(|found| map_page(found.page(), deployment)),
        head_statuses: head.statuses(),
        head_suites: head.suites(),
        commits: head.commits(),
    })
}

pub(super) fn author(actor: Actor) -> Author {
    let is_bot = actor.kind.as_deref() == Some("Bot");
    Author { login: actor.login.trim_end_matches("[bot]").to_owned(), is_bot }
}

/// Merged pull requests; the state of their checks is a fact of its own, because it needs a permission of its own.
fn merged(repo: &View<'_>) -> Fact<Page<MergedPull>> {
    const ROLLUP: &str = "statusCheckRollup";
    let pulls: Result<Connection<Merged>, Gap> = repo.required("merged", &[ROLLUP]);
    let hidden = repo.gap("merged", &[]);
    Fact::from(pulls).map(|pulls| map_page(pulls.page(), |pull| merged_pull(pull, hidden.as_ref())))
}

fn merged_pull(pull: Merged, hidden: Option<&Gap>) -> MergedPull {
    let checks = pull.status_check_rollup.map(|rollup| rollup.state);
    MergedPull {
        number: pull.number,
        created_at: pull.created_at,
        // Every merged pull request has a date; an old import without one was merged when it was opened.
        merged_at: pull.merged_at.unwrap_or(pull.created_at),
        additions: pull.additions,
        deletions: pull.deletions,
        changed_files: pull.changed_files,
        base: pull.base_ref_name,
        head: pull.head_ref_name,
        author: pull.author.map(author),
        merged_by: pull.merged_by.map(|actor| actor.login),
        checks: match hidden {
            Some(gap) if checks.is_none() => Fact::Unknown(gap.clone()),
            _ => Fact::Known(checks),
        },
        reviews: pull
            .reviews
            .map_or_else(|| Page::all(Vec::new()), |reviews| map_page(reviews.page(), review)),
    }
}

pub(super) fn review(review: WireReview) -> Review {
    Review { state: review.state, submitted_at: review.submitted_at, author: review.author.map(author) }
}

fn open(pull: Open) -> OpenPull {
    OpenPull {
        number: pull.number,
        created_at: pull.created_at,
        updated_at: pull.updated_at,
        is_draft: pull.is_draft,
        head: pull.head_ref_name,
        author: pull.author.map(author),
    }
}

fn release(release: WireRelease) -> Release {
    let signature = release.tag_commit.and_then(|commit| commit.signature);
    let assets = release.release_assets.map_or_else(|| Page::all(Vec::new()), Connection::page);
    Release {
        tag: release.tag_name,
        is_draft: release.is_draft,
        is_prerelease: release.is_prerelease,
        created_at: release.created_at,
        published_at: release.published_at,
        description_chars: release.description.map_or(0, |text| text.chars().count() as u64),
        signed_commit: signature.is_some_and(|signature| signature.is_valid),
        assets: map_page(assets, |asset| asset.name),
    }
}

fn tag(tag: WireTag) -> Tag {
    let tagger = tag.target.and_then(|target| target.tagger);
    Tag { name: tag.name, tagged_at: tagger.and_then(|tagger| tagger.date) }
}

fn deployment(deployment: WireDeployment) -> Deployment {
    Deployment {
        environment: deployment.environment.unwrap_or_default(),
        created_at: deployment.created_at,
        task: deployment.task,
        git_ref: deployment.r#ref.map(|name| name.name),
        latest_status: deployment.latest_status.map(|status| (status.state, status.created_at)),
    }
}

/// The head commit of the default branch, or why it cannot be seen.
enum Tip<'a> {
    Commit(View<'a>),
    Empty,
    Hidden(Gap),
}

impl<'a> Tip<'a> {
    fn of(repo: &View<'a>) -> Self {
        let branch = repo.at("defaultBranchRef");
        let commit = branch.at("target");
        let below = ["status", "headSuites", "history"];
        match repo.gap("defaultBranchRef", &below) {
            Some(gap) => Self::Hidden(gap),
            None if branch.is_null() => Self::Empty,
            None if commit.is_null() => Self::Hidden(Gap::forbidden("contents")),
            None => Self::Commit(commit),
        }
    }

    fn read<T>(&self, empty: T, f: impl FnOnce(&View<'a>) -> Result<T, Gap>) -> Fact<T> {
        match self {
            Self::Commit(commit) => f(commit).into(),
            Self::Empty => Fact::Known(empty),
            Self::Hidden(gap) => Fact::Unknown(gap.clone()),
        }
    }

    fn statuses(&self) -> Fact<Vec<HeadStatus>> {
        self.read(Vec::new(), |commit| {
            let status = commit.optional::<Status>("status", &[])?;
            let contexts = status.map(|status| status.contexts).unwrap_or_default();
            let status =
                |StatusContext { context, state, description }| HeadStatus { context, state, description };
            Ok(contexts.into_iter().map(status).collect())
        })
    }

    fn suites(&self) -> Fact<Vec<HeadSuite>> {
        self.read(Vec::new(), |commit| {
            let suites = commit.required::<Connection<WireHeadSuite>>("headSuites", &[])?;
            Ok(suites.items().into_iter().map(head_suite).collect())
        })
    }

    fn commits(&self) -> Fact<Page<Commit>> {
        self.read(Page::all(Vec::new()), |commit| {
            let history = commit.required::<Connection<WireCommit>>("history", &["checkSuites"])?;
            let places = commit.at("history").at("nodes").items();
            let mut suites = places.iter().filter(|place| !place.is_null()).map(|place| suites(place).into());
            let silence = || Fact::Unknown(Gap::unavailable("GitHub answered nothing for checkSuites"));
            Ok(map_page(history.page(), |commit| {
                history_commit(commit, suites.next().unwrap_or_else(silence))
            }))
        })
    }
}

fn head_suite(suite: WireHeadSuite) -> HeadSuite {
    let runs = suite.check_runs.map(Connection::items).unwrap_or_default();
    HeadSuite {
        app: suite.app.map(|app| app.slug),
        conclusion: suite.conclusion,
        runs: runs.into_iter().map(|run| (run.name, run.title, run.conclusion)).collect(),
    }
}

/// The check suites of the commit at this place.
fn suites(commit: &View<'_>) -> Result<Vec<Suite>, Gap> {
    let found = commit.required::<Connection<WireSuite>>("checkSuites", &["workflowRun"])?;
    let places = commit.at("checkSuites").at("nodes").items();
    let places = places.into_iter().filter(|place| !place.is_null());
    Ok(found.items().into_iter().zip(places).map(|(wire, place)| suite(wire, &place)).collect())
}

fn history_commit(commit: WireCommit, suites: Fact<Vec<Suite>>) -> Commit {
    Commit {
        oid: commit.oid,
        committed_at: commit.committed_date,
        author: commit.author.and_then(|author| author.user).map(|user| user.login),
        signature_valid: commit.signature.is_some_and(|signature| signature.is_valid),
        suites,
    }
}

fn suite(suite: WireSuite, place: &View<'_>) -> Suite {
    let run = place.optional::<WireRun>("workflowRun", &[]);
    Suite {
        status: suite.status,
        conclusion: suite.conclusion,
        app: suite.app.map(|app| app.slug),
        created_at: suite.created_at,
        updated_at: suite.updated_at,
        run: Fact::from(run).map(|run| run.map(workflow_run)),
    }
}

fn workflow_run(run: WireRun) -> Run {
    Run {
        event: run.event,
        path: run.file.map(|file| file.path),
        workflow: run.workflow.name,
        created_at: run.created_at,
        updated_at: run.updated_at,
    }
}
