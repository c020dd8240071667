//! What a pull request or a push changes.

use std::ops::RangeInclusive;

use scrutineer_core::ids::{PullNumber, RepoName, Sha};
use serde::Deserialize;
use url::Url;

use super::{MOST_FILES, PullReader, patch};
use crate::{
    client::Call,
    error::{self, Error},
};

/// Most files GitHub lists in a comparison.
const MOST_COMPARED: usize = 300;

/// What happened to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileStatus {
    /// It is new.
    Added,
    /// Its content or mode is another.
    Modified,
    /// It was elsewhere before, perhaps with other content.
    Renamed {
        /// Where.
        from: String,
    },
    /// It is a copy of another, perhaps with other content.
    Copied {
        /// Of which.
        from: String,
    },
    /// It is gone.
    Removed,
}

/// What is known of the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Diff {
    /// 1-based ranges of added or changed lines of the new text, sorted; empty when lines were only removed.
    Lines(Vec<RangeInclusive<u32>>),
    /// No line changed: renamed or another mode, a binary file, or an empty one. Its content tells which.
    None,
    /// The change is larger than GitHub shows: every line has to be taken for changed.
    TooLarge,
    /// A submodule is at another commit; there is nothing to read.
    Submodule,
}

/// One changed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    /// Where it is, or was when it is gone.
    pub path: String,
    /// What happened to it.
    pub status: FileStatus,
    /// The object with its content, or the commit of a submodule.
    pub blob: Option<Sha>,
    /// Lines added.
    pub additions: u64,
    /// Lines removed.
    pub deletions: u64,
    /// Which lines.
    pub diff: Diff,
}

/// The changed files of a pull request or a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFiles {
    /// The files, in GitHub's order.
    pub files: Vec<ChangedFile>,
    /// Whether there may be more than GitHub lists (3,000; 300 in a comparison).
    pub truncated: bool,
    /// The head this list is of, where it says so. It differs from the head that was asked about when somebody pushed
    /// meanwhile.
    pub head: Option<Sha>,
}

/// Two commits compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Their latest common ancestor: the base the files are compared with.
    pub merge_base: Sha,
    /// Commits of the head that the base lacks.
    pub ahead_by: u64,
    /// Commits of the base that the head lacks.
    pub behind_by: u64,
    /// What the head changes since the merge base.
    pub changed: ChangedFiles,
}

#[derive(Deserialize)]
struct WireFile {
    /// Null for some submodules.
    sha: Option<String>,
    filename: String,
    status: String,
    additions: u64,
    deletions: u64,
    changes: u64,
    patch: Option<String>,
    previous_filename: Option<String>,
    contents_url: Option<String>,
}

#[derive(Deserialize)]
struct WireComparison {
    merge_base_commit: WireCommit,
    ahead_by: u64,
    behind_by: u64,
    #[serde(default)]
    files: Vec<WireFile>,
}

#[derive(Deserialize)]
struct WireCommit {
    sha: Sha,
}

impl From<WireFile> for ChangedFile {
    fn from(wire: WireFile) -> Self {
        let diff = diff_of(&wire);
        let from = wire.previous_filename.unwrap_or_else(|| wire.filename.clone());
        let status = match wire.status.as_str() {
            "added" => FileStatus::Added,
            "removed" => FileStatus::Removed,
            "renamed" => FileStatus::Renamed { from },
            "copied" => FileStatus::Copied { from },
            _ => FileStatus::Modified,
        };
        Self {
            path: wire.filename,
            status,
            blob: wire.sha.and_then(|sha| sha.parse().ok()),
            additions: wire.additions,
            deletions: wire.deletions,
            diff,
        }
    }
}

fn diff_of(wire: &WireFile) -> Diff {
    match &wire.patch {
        Some(text) if patch::is_submodule(text) => Diff::Submodule,
        Some(text) => patch::changed_lines(text).map_or(Diff::TooLarge, Diff::Lines),
        None if wire.changes == 0 => Diff::None,
        None => Diff::TooLarge,
    }
}

/// The commit that the links of a listing name.
fn head_of(files: &[WireFile]) -> Option<Sha> {
    let link = Url::parse(files.iter().find_map(|file| file.contents_url.as_deref())?).ok()?;
    let (_, reference) = link.query_pairs().find(|(name, _)| name == "ref")?;
    reference.parse().ok()
}

fn listed(files: Vec<WireFile>, most: usize) -> ChangedFiles {
    let head = head_of(&files);
    let truncated = files.len() >= most;
    ChangedFiles { files: files.into_iter().map(Into::into).collect(), truncated, head }
}

impl PullReader {
    /// What a pull request changes compared with its merge base: one request for every 100 files.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]; GitHub's trouble.
    pub async fn changed_files(&self, repo: &RepoName, number: PullNumber) -> Result<ChangedFiles, Error> {
        let values = [repo.owner(), repo.name(), &number.to_string()];
        let call = Call::to("GET /repos/{owner}/{repo}/pulls/{pull_number}/files", &values);
        let files = self.client.pages::<WireFile>(&call.query("per_page=100")).await.map_err(error::named)?;
        Ok(listed(files, MOST_FILES))
    }

    /// What `head` changes compared with its merge base with `base`: for pushes and merge groups. One request.
    ///
    /// # Errors
    /// [`Error::NotFound`] when one of them is unknown; GitHub's trouble.
    pub async fn compare(&self, repo: &RepoName, base: &Sha, head: &Sha) -> Result<Comparison, Error> {
        let values = [repo.owner(), repo.name(), &format!("{base}...{head}")];
        // The first page has every file; the other pages are about commits.
        let call = Call::to("GET /repos/{owner}/{repo}/compare/{basehead}", &values).query("per_page=1");
        let wire: WireComparison = self.client.ask(&call).await?;
        let mut changed = listed(wire.files, MOST_COMPARED);
        changed.head = Some(head.clone());
        Ok(Comparison {
            merge_base: wire.merge_base_commit.sha,
            ahead_by: wire.ahead_by,
            behind_by: wire.behind_by,
            changed,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file(fields: serde_json::Value) -> ChangedFile {
        let mut wire = json!({
            "sha": "a".repeat(40), "filename": "a.ts", "status": "modified",
            "additions": 1, "deletions": 0, "changes": 1,
        });
        wire.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value::<WireFile>(wire).unwrap().into()
    }

    #[test]
    fn the_diff_says_what_is_known_of_the_lines() {
        assert_eq!(file(json!({"patch": "@@ -1 +1,2 @@\n a\n+b"})).diff, Diff::Lines(vec![2..=2]));
        assert_eq!(file(json!({"changes": 0, "additions": 0})).diff, Diff::None);
        assert_eq!(file(json!({"changes": 40_000})).diff, Diff::TooLarge);
        assert_eq!(
            file(json!({"patch": "@@ -1 +1 @@\n-Subproject commit a\n+Subproject commit b"})).diff,
            Diff::Submodule
        );
        assert_eq!(
            file(json!({"patch": "Binary files differ"})).diff,
            Diff::TooLarge,
            "unreadable: all lines"
        );
    }

    #[test]
    fn renames_say_where_from_and_unknown_states_are_modifications() {
        let renamed = file(json!({"status": "renamed", "previous_filename": "b.ts"}));
        assert_eq!(renamed.status, FileStatus::Renamed { from: "b.ts".into() });
        assert_eq!(file(json!({"status": "changed"})).status, FileStatus::Modified);
        assert_eq!(file(json!({"sha": null})).blob, None);
    }
}
