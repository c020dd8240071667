//! The GitHub App: pull requests read, check runs and SARIF written, required checks set up.
//!
//! [`GitHubApp`] speaks for the App (installations, deliveries), [`Installation`] for one installation. What an
//! installation may do is handed out as two types: [`PullReader`] cannot write, [`CheckWriter`] can. Whoever must not
//! write (a replay, a dry run) is given a reader, and then nothing in its reach writes.
//!
//! ```no_run
//! # use scrutineer_github::{AppKey, AppSettings, BaseUrl, GitHubApp, Error};
//! # use scrutineer_core::ids::{InstallationId, PullNumber, RepoName};
//! # async fn example(key: AppKey, at: BaseUrl, repo: RepoName) -> Result<(), Error> {
//! let app = GitHubApp::new(AppSettings::new(key, at));
//! let installation = app.installation(InstallationId::new(7));
//! let pull = installation.reader().pull(&repo, PullNumber::new(12)).await?;
//! let changed = installation.reader().changed_files(&repo, pull.number).await?;
//! # Ok(()) }
//! ```
//!
//! What a newcomer gets wrong:
//! - Every method returns [`crate::Error`], which becomes a [`scrutineer_core::Failure`] in one place: GitHub's trouble
//!   (5xx, timeouts, lost answers) is `Transient`, a rate limit is `Deferred`, a refusal is `Permanent`
//!   (`permission_missing`, `not_found_on_github`, `refused_by_github`). None of them says anything about the code.
//! - Creating a check run and appending annotations is never repeated here, because a lost answer does not tell whether
//!   it happened. The caller looks with [`PullReader::check_runs`] before it tries again, and goes on from
//!   [`CheckRun::annotations`].
//! - Requests, tokens and limits belong to the installation: [`GitHubApp::installation`] gives the same one every time.

mod annotation;
mod blob;
mod change;
mod check;
mod check_wire;
mod deliveries;
mod installation;
mod key;
mod patch;
mod pull;
mod reader;
mod required;
mod sarif;
mod tree;
mod writer;

pub use annotation::{Annotation, AnnotationLevel, cut};
pub use blob::{Blob, BlobAt};
pub use change::{ChangedFile, ChangedFiles, Comparison, Diff, FileStatus};
pub use check::{
    CheckAction, CheckOutput, CheckRun, CheckRunFilter, CheckRunUpdate, CheckState, CheckSuite, Conclusion,
    NewCheckRun,
};
pub use deliveries::FailedDelivery;
pub use installation::{AppInfo, AppSettings, GitHubApp, Installation, InstallationInfo};
pub use key::AppKey;
pub use pull::{Pull, PullState};
pub use reader::{Membership, PullReader};
pub use required::{Enforcement, Protection, RequiredCheck, Ruleset, RulesetDraft, RulesetSummary};
pub use sarif::{SarifId, SarifStatus, SarifUpload};
pub use writer::CheckWriter;

/// Most files GitHub lists for a pull request.
pub const MOST_FILES: usize = 3_000;

/// Most annotations in one request.
pub const ANNOTATIONS_AT_ONCE: usize = 50;

/// Longest summary and text of a check run, in characters.
pub const LONGEST_TEXT: usize = 65_535;
