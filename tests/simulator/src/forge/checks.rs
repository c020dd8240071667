//! Check runs and suites, with GitHub's limits.

use serde_json::{Map, Value, json};

use super::RepoForge;
use crate::world::tree::Tree;

/// One check run.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct CheckRun {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// The commit.
    pub head_sha: String,
    /// Its creator's own id of it.
    pub external_id: String,
    /// `queued`, `in_progress` or `completed`.
    pub status: String,
    /// How it ended.
    pub conclusion: Option<String>,
    /// Since when it runs.
    pub started_at: Option<String>,
    /// When it ended.
    pub completed_at: Option<String>,
    /// Where its name leads.
    pub details_url: Option<String>,
    /// Title of what it shows.
    pub title: Option<String>,
    /// Summary of what it shows.
    pub summary: Option<String>,
    /// Text of what it shows.
    pub text: Option<String>,
    /// Annotations, as they were sent.
    pub annotations: Vec<Value>,
    /// Buttons, as they were sent.
    pub actions: Vec<Value>,
    /// How often it went to `completed`.
    pub completions: u32,
    /// Its suite.
    pub suite: u64,
}

/// One check suite: the check runs of the App on one commit.
#[derive(Debug, Clone)]
pub(crate) struct Suite {
    pub(crate) id: u64,
    pub(crate) head_sha: String,
    pub(crate) head_branch: Option<String>,
}

const STATES: [&str; 3] = ["queued", "in_progress", "completed"];
const CONCLUSIONS: [&str; 8] =
    ["action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out"];

/// Longest summary and text, in characters.
const LONGEST: usize = 65_535;

/// A breach of the API's rules, for the body of a 422.
pub(crate) type Breach = (String, Value);

fn breach(field: &str, message: &str) -> Breach {
    (
        format!("Invalid request.\n\n{message}"),
        json!([{"resource": "CheckRun", "code": "invalid", "field": field, "message": message}]),
    )
}

impl RepoForge {
    /// The suite of a commit, created when it is the first to be asked for.
    pub(crate) fn suite(&mut self, head_sha: &str, new_id: u64) -> u64 {
        if let Some(suite) = self.suites.iter().find(|suite| suite.head_sha == head_sha) {
            return suite.id;
        }
        let branch = self.pulls.values().find(|pull| pull.head == head_sha && pull.fork.is_none());
        let head_branch = branch.map(|pull| pull.branch.clone());
        self.suites.push(Suite { id: new_id, head_sha: head_sha.to_owned(), head_branch });
        new_id
    }

    pub(crate) fn run(&self, id: &str) -> Option<&CheckRun> {
        self.runs.get(self.index(id.parse().ok()?)?)
    }

    /// Where a check run is: ids only grow, so the list is sorted by them.
    pub(crate) fn index(&self, id: u64) -> Option<usize> {
        self.runs.binary_search_by_key(&id, |run| run.id).ok()
    }
}

impl CheckRun {
    /// A check run from the body of the request that creates it.
    pub(crate) fn create((id, suite): (u64, u64), body: &Value, tree: &Tree) -> Result<Self, Breach> {
        let text = |key: &str| body[key].as_str().map(str::to_owned);
        let name = text("name").filter(|name| !name.is_empty());
        let mut run = Self {
            id,
            name: name.ok_or_else(|| breach("name", "\"name\" wasn't supplied."))?,
            head_sha: text("head_sha").ok_or_else(|| breach("head_sha", "\"head_sha\" wasn't supplied."))?,
            external_id: String::new(),
            status: "queued".to_owned(),
            conclusion: None,
            started_at: None,
            completed_at: None,
            details_url: None,
            title: None,
            summary: None,
            text: None,
            annotations: vec![],
            actions: vec![],
            completions: 0,
            suite,
        };
        run.update(body, tree)?;
        Ok(run)
    }

    /// Changes it as the body says; nothing when the body breaks a rule.
    pub(crate) fn update(&mut self, body: &Value, tree: &Tree) -> Result<(), Breach> {
        let mut new = self.clone();
        new.state(body)?;
        for (key, slot) in [
            ("details_url", &mut new.details_url),
            ("started_at", &mut new.started_at),
            ("completed_at", &mut new.completed_at),
        ] {
            if let Some(text) = body[key].as_str() {
                *slot = Some(text.to_owned());
            }
        }
        if let Some(id) = body["external_id"].as_str() {
            id.clone_into(&mut new.external_id);
        }
        if let Some(name) = body["name"].as_str() {
            name.clone_into(&mut new.name);
        }
        if let Some(output) = body["output"].as_object() {
            new.show(output, tree)?;
        }
        if let Some(actions) = body["actions"].as_array() {
            if actions.len() > 3 {
                return Err(breach("actions", "Only 3 actions are allowed."));
            }
            new.actions.clone_from(actions);
        }
        *self = new;
        Ok(())
    }

    fn state(&mut self, body: &Value) -> Result<(), Breach> {
        let conclusion = body["conclusion"].as_str();
        if let Some(conclusion) = conclusion.filter(|text| !CONCLUSIONS.contains(text)) {
            return Err(breach("conclusion", &format!("{conclusion} is not a conclusion.")));
        }
        // A conclusion completes, whatever the status says.
        let status = if conclusion.is_some() { Some("completed") } else { body["status"].as_str() };
        match status {
            None => return Ok(()),
            Some(status) if !STATES.contains(&status) => {
                return Err(breach("status", &format!("{status} is not a status.")));
            }
            Some("completed") => {
                let conclusion = conclusion
                    .ok_or_else(|| breach("conclusion", "A completed check run needs a conclusion."))?;
                if self.status != "completed" {
                    self.completions += 1;
                }
                self.conclusion = Some(conclusion.to_owned());
                let now = crate::world::load::present().to_string();
                self.completed_at.get_or_insert(now);
            }
            // A check run that is asked for again starts over.
            Some(_) => (self.conclusion, self.completed_at) = (None, None),
        }
        self.status = status.unwrap_or("queued").to_owned();
        Ok(())
    }

    fn show(&mut self, output: &Map<String, Value>, tree: &Tree) -> Result<(), Breach> {
        let text = |key: &str| output.get(key).and_then(Value::as_str);
        for key in ["title", "summary"] {
            if text(key).is_none_or(str::is_empty) {
                return Err(breach("output", &format!("\"{key}\" wasn't supplied.")));
            }
        }
        for key in ["summary", "text"] {
            let count = text(key).map_or(0, |text| text.chars().count());
            if count > LONGEST {
                let message = format!("Only {LONGEST} characters are allowed; {count} were supplied.");
                return Err(breach(key, &message));
            }
        }
        let annotations = output.get("annotations").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if annotations.len() > 50 {
            let message = format!("No more than 50 items are allowed; {} were supplied.", annotations.len());
            return Err(breach("annotations", &message));
        }
        annotations.iter().try_for_each(|annotation| acceptable(annotation, tree))?;
        self.title = text("title").map(str::to_owned);
        self.summary = text("summary").map(str::to_owned);
        if let Some(text) = text("text") {
            self.text = Some(text.to_owned());
        }
        self.annotations.extend(annotations.iter().cloned());
        Ok(())
    }
}

fn acceptable(annotation: &Value, tree: &Tree) -> Result<(), Breach> {
    let bad = |message: &str| Err(breach("annotations", message));
    let path = annotation["path"].as_str().unwrap_or_default();
    if path.is_empty() || path.starts_with('/') || tree.get(path).is_none() {
        return bad(&format!("{path:?} is no file of the commit."));
    }
    let line = |key: &str| annotation[key].as_u64().filter(|line| *line > 0);
    let (Some(start), Some(end)) = (line("start_line"), line("end_line")) else {
        return bad("start_line and end_line must be positive.");
    };
    let lines = tree.read(path).map_or(u64::MAX, |text| text.split(|byte| *byte == b'\n').count() as u64);
    if end < start || end > lines {
        return bad(&format!("lines {start} to {end} are not in {path}, which has {lines}."));
    }
    let columns = annotation.get("start_column").is_some() || annotation.get("end_column").is_some();
    if columns && start != end {
        return bad("Columns are only allowed when start_line and end_line are the same.");
    }
    if !["notice", "warning", "failure"]
        .contains(&annotation["annotation_level"].as_str().unwrap_or_default())
    {
        return bad("annotation_level is not one of notice, warning, failure.");
    }
    let size = |key: &str| annotation[key].as_str().map_or(0, str::len);
    if size("message") == 0 || size("message") > 64 * 1024 || size("raw_details") > 64 * 1024 {
        return bad("message must be there, and message and raw_details at most 64 KB.");
    }
    if annotation["title"].as_str().map_or(0, |title| title.chars().count()) > 255 {
        return bad("title must have at most 255 characters.");
    }
    Ok(())
}
