//! What happened in a repository: pull requests by people, and whether anything is shipped.

use jiff::SignedDuration;
use scrutineer_core::{
    Gap,
    evidence::{
        Page,
        activity::{Author, MergedPull, Review},
    },
};

use crate::{
    check::RepoSubject,
    finding::Evidence,
    snapshot::{DetectorId, Hit, NameKind, Snapshot, name_matches},
};

/// Pull requests that decisions about habits look at, newest first.
const NEWEST: usize = 30;

/// Half a year: a production deployment within it shows a service that its files do not show.
const DEPLOYED_WITHIN: SignedDuration = SignedDuration::from_hours(180 * 24);

/// Whether something was deployed to production within half a year.
pub(super) fn deployed(subject: &RepoSubject<'_>) -> Result<bool, Gap> {
    let deployments = subject.repo.activity.known()?.deployments.known()?;
    let recent = |at| subject.repo.observed_at.duration_since(at) <= DEPLOYED_WITHIN;
    let production = |name: &str| name.to_ascii_lowercase().contains("prod");
    Ok(deployments.items.iter().any(|d| production(&d.environment) && recent(d.created_at)))
}

/// Runs of a workflow on the last commits, newest first: age in days, and whether each succeeded. An error when none
/// was seen and some could not be read.
pub(super) fn runs_of(subject: &RepoSubject<'_>, path: &str) -> Result<Vec<(i64, bool)>, Gap> {
    let mut runs = Vec::new();
    let mut unread = None;
    for commit in &subject.repo.activity.known()?.commits.known()?.items {
        let Some(suites) = commit.suites.ok() else {
            unread = unread.or_else(|| commit.suites.gap().cloned());
            continue;
        };
        for suite in suites {
            unread = unread.or_else(|| suite.run.gap().cloned());
            let run = suite.run.ok().and_then(Option::as_ref);
            let run = run.filter(|run| run.path.as_deref() == Some(path));
            let succeeded = suite.conclusion.as_deref() == Some("SUCCESS");
            runs.extend(run.map(|run| (run.created_at, succeeded)));
        }
    }
    runs.sort_unstable_by(|a, b| b.cmp(a));
    let age = |at| subject.repo.observed_at.duration_since(at).as_hours() / 24;
    match unread {
        Some(gap) if runs.is_empty() => Err(gap),
        _ => Ok(runs.into_iter().map(|(at, succeeded)| (age(at), succeeded)).collect()),
    }
}

/// Whether an account is a machine's.
pub(super) fn is_bot(author: &Author) -> bool {
    let named = |id| name_matches(id, NameKind::Login, &author.login);
    author.is_bot || named(DetectorId::DepBotLogin) || named(DetectorId::BotLogin)
}

/// The newest merged pull requests by people.
pub(super) fn merged_by_people<'a>(subject: &'a RepoSubject<'_>) -> Result<Vec<&'a MergedPull>, Gap> {
    let merged = subject.repo.activity.known()?.merged.known()?;
    let mut pulls: Vec<&MergedPull> =
        merged.items.iter().filter(|pull| !pull.author.as_ref().is_some_and(is_bot)).collect();
    pulls.sort_by_key(|pull| std::cmp::Reverse((pull.merged_at, pull.number)));
    pulls.truncate(NEWEST);
    Ok(pulls)
}

/// Reviews by people other than the author.
pub(super) fn reviews_by_others(pull: &MergedPull) -> impl Iterator<Item = &Review> {
    let author = pull.author.as_ref().map(|author| &author.login);
    pull.reviews.items.iter().filter(move |review| {
        review.author.as_ref().is_some_and(|by| !is_bot(by) && Some(&by.login) != author)
    })
}

/// A pull request as evidence.
pub(super) fn pull(pull: &MergedPull, value: impl ToString) -> Evidence {
    Evidence::new(format!("pull request #{}", pull.number), value)
}

/// Whether a page may lack something that decides.
pub(super) fn is_partial<T>(page: &Page<T>) -> bool {
    !page.is_complete()
}

/// What shows that something is released or deployed; an error when releases would tell and cannot be read.
pub(super) fn shipped(subject: &RepoSubject<'_>, files: &Snapshot) -> Result<Option<Evidence>, Gap> {
    let kinds = ["service", "library", "app", "ships"];
    let shown = files.profile().because.iter().find(|(kind, _)| kinds.contains(kind));
    if let Some((kind, path)) = shown {
        return Ok(Some(Hit::at(path, 0, format!("profile: {kind}")).evidence()));
    }
    let activity = subject.repo.activity.known()?;
    let releases = activity.releases.known()?;
    if let Some(newest) = releases.items.iter().find(|release| !release.is_draft) {
        return Ok(Some(Evidence::new("Repository.releases", &newest.tag)));
    }
    let deployments = activity.deployments.known()?;
    let real = deployments.items.iter().find(|deployment| deployment.environment != "github-pages");
    if real.is_none() {
        files.absent()?;
    }
    Ok(real.map(|newest| Evidence::new("Repository.deployments", &newest.environment)))
}
