//! Check runs in our words.

use jiff::Timestamp;
use scrutineer_core::ids::{AppId, CheckRunId, CheckSuiteId, Sha};

use super::Annotation;

/// How a check run ended.
///
/// GitHub lets a required check pass on `Success`, `Neutral` and `Skipped`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Conclusion {
    /// Nothing blocks.
    Success,
    /// A violation blocks. Never used for trouble of our own or GitHub's.
    Failure,
    /// Something to know, nothing that blocks.
    Neutral,
    /// Superseded.
    Cancelled,
    /// Did not run.
    Skipped,
    /// Took too long.
    TimedOut,
    /// Somebody has to do something first.
    ActionRequired,
}

impl Conclusion {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Neutral => "neutral",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
            Self::TimedOut => "timed_out",
            Self::ActionRequired => "action_required",
        }
    }

    pub(super) fn of(text: &str) -> Option<Self> {
        let all = [
            Self::Success,
            Self::Failure,
            Self::Neutral,
            Self::Cancelled,
            Self::Skipped,
            Self::TimedOut,
            Self::ActionRequired,
        ];
        all.into_iter().find(|one| one.as_str() == text)
    }
}

/// How far a check run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckState {
    /// It waits.
    Queued,
    /// It runs.
    InProgress,
    /// It ended.
    Completed {
        /// How.
        conclusion: Conclusion,
        /// When.
        at: Timestamp,
    },
}

/// What a check run shows. Texts longer than GitHub takes are cut, see [`super::cut`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckOutput {
    /// One line.
    pub title: String,
    /// Markdown.
    pub summary: String,
    /// More Markdown, below the summary.
    pub text: Option<String>,
}

/// A button on a check run, at most three; pressing it sends `check_run` / `requested_action`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckAction {
    /// At most 20 characters.
    pub label: String,
    /// At most 40 characters.
    pub description: String,
    /// At most 20 characters; comes back with the event.
    pub identifier: String,
}

/// A check run to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCheckRun {
    /// What a required check is matched by.
    pub name: String,
    /// The commit.
    pub head_sha: Sha,
    /// Our own id of it, to find it again.
    pub external_id: String,
    /// How far it is.
    pub state: CheckState,
    /// Since when it runs.
    pub started_at: Option<Timestamp>,
    /// Where its name leads.
    pub details_url: Option<String>,
    /// What it shows.
    pub output: Option<CheckOutput>,
}

/// A check run as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRunUpdate {
    /// How far it is.
    pub state: CheckState,
    /// Since when it runs; sent when a check run that was asked for again starts over.
    pub started_at: Option<Timestamp>,
    /// Our own id of it, when it changes.
    pub external_id: Option<String>,
    /// Where its name leads, when that changes.
    pub details_url: Option<String>,
    /// What it shows.
    pub output: CheckOutput,
    /// Every annotation, in an order that is the same on every try. GitHub appends; it never replaces.
    pub annotations: Vec<Annotation>,
    /// How many of them it has already: [`CheckRun::annotations`] of a check run that was found again.
    pub already_annotated: usize,
    /// Its buttons.
    pub actions: Vec<CheckAction>,
}

impl CheckRunUpdate {
    /// An update without annotations and buttons.
    pub fn new(state: CheckState, output: CheckOutput) -> Self {
        Self {
            state,
            started_at: None,
            external_id: None,
            details_url: None,
            output,
            annotations: Vec::new(),
            already_annotated: 0,
            actions: Vec::new(),
        }
    }
}

/// A check run as GitHub has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRun {
    /// Its id.
    pub id: CheckRunId,
    /// Its name.
    pub name: String,
    /// The commit.
    pub head_sha: Sha,
    /// Its creator's own id of it; `None` when empty.
    pub external_id: Option<String>,
    /// Whether it ended.
    pub completed: bool,
    /// How it ended; `None` while it runs, and for conclusions that are not ours (`stale`).
    pub conclusion: Option<Conclusion>,
    /// Since when it runs.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// How many annotations it has.
    pub annotations: usize,
    /// The title of what it shows.
    pub title: Option<String>,
    /// Where people see it.
    pub html_url: Option<String>,
    /// The App that created it.
    pub app_id: Option<AppId>,
    /// Its suite.
    pub suite: Option<CheckSuiteId>,
}

/// Which check runs of a commit are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckRunFilter {
    /// Only those with this name.
    pub name: Option<String>,
    /// Only those of this App.
    pub app: Option<AppId>,
}

impl CheckRunFilter {
    /// `filter=all`: an earlier try may have left more than one.
    pub(super) fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("filter", "all").append_pair("per_page", "100");
        if let Some(name) = &self.name {
            query.append_pair("check_name", name);
        }
        if let Some(app) = self.app {
            query.append_pair("app_id", &app.to_string());
        }
        query.finish()
    }
}

/// A check suite: the check runs of one App on one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckSuite {
    /// Its id.
    pub id: CheckSuiteId,
    /// The commit.
    pub head_sha: Sha,
    /// The branch, where there is one.
    pub head_branch: Option<String>,
    /// The App.
    pub app_id: Option<AppId>,
    /// Whether all its check runs ended.
    pub completed: bool,
    /// How it ended.
    pub conclusion: Option<Conclusion>,
}
