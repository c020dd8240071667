//! What a message names, as it is now.

use scrutineer_core::ids::{PullNumber, RepoName, Sha};
use scrutineer_github::app::{Pull, PullReader, PullState};

use crate::messages::Subject;

/// What is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// As it stands in keys: `PR#7`, `REF#refs/heads/main`.
    pub(super) subject: String,
    /// The commit whose check runs are awaited.
    pub(super) head: Sha,
    /// Where configuration and earlier versions of files come from.
    pub(super) base: Sha,
    /// The git reference that code scanning shows the results under.
    pub(super) reference: String,
    /// What of the repository is judged.
    pub(super) reading: Reading,
}

/// What of the repository is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// The files of a pull request.
    Pull(PullNumber),
    /// What the head changes compared with the base.
    Comparison,
    /// Everything: code scanning closes the alerts of files that a report leaves out.
    Whole,
}

impl Target {
    /// The pull request, when it is one.
    pub(super) fn pull(&self) -> Option<PullNumber> {
        match self.reading {
            Reading::Pull(number) => Some(number),
            Reading::Comparison | Reading::Whole => None,
        }
    }
}

/// What a message is about.
pub(super) enum Found {
    /// Something to judge.
    Target(Target),
    /// A pull request that is not open any more.
    Ended {
        /// As it stands in keys.
        subject: String,
    },
    /// Several pull requests, or none: each gets its own message.
    Pulls(Vec<PullNumber>),
}

/// Looks it up: one request for a pull request, none for commits that the message names in full.
///
/// # Errors
/// GitHub's trouble; [`scrutineer_github::Error::NotFound`] when it is gone.
pub(super) async fn find(
    reader: &PullReader,
    repo: &RepoName,
    subject: &Subject,
) -> Result<Found, scrutineer_github::Error> {
    Ok(match subject {
        Subject::Pull(number) => of_pull(reader.pull(repo, *number).await?),
        Subject::Head { pulls, .. } if !pulls.is_empty() => Found::Pulls(pulls.clone()),
        // The list is empty for pull requests from forks.
        Subject::Head { sha, .. } => {
            let pulls = reader.pulls_for_commit(repo, sha).await?;
            let open = pulls.into_iter().filter(|pull| pull.state == PullState::Open);
            Found::Pulls(open.filter(|pull| pull.head.sha == *sha).map(|pull| pull.number).collect())
        }
        Subject::MergeGroup { sha, base, reference } => Found::Target(Target {
            subject: format!("REF#{reference}"),
            head: sha.clone(),
            base: base.clone(),
            reference: reference.clone(),
            reading: Reading::Comparison,
        }),
        Subject::Branch { name, sha } => Found::Target(Target {
            subject: format!("REF#refs/heads/{name}"),
            head: sha.clone(),
            base: sha.clone(),
            reference: format!("refs/heads/{name}"),
            reading: Reading::Whole,
        }),
    })
}

/// How a pull request stands in keys.
pub(super) fn subject_of(number: PullNumber) -> String {
    format!("PR#{number}")
}

fn of_pull(pull: Pull) -> Found {
    let subject = subject_of(pull.number);
    if pull.state != PullState::Open {
        return Found::Ended { subject };
    }
    Found::Target(Target {
        subject,
        head: pull.head.sha,
        base: pull.base.sha,
        reference: format!("refs/pull/{}/head", pull.number),
        reading: Reading::Pull(pull.number),
    })
}
