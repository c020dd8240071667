//! Check runs as the API reads and writes them.

use jiff::Timestamp;
use scrutineer_core::ids::{AppId, CheckRunId, CheckSuiteId, Sha};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Annotation, CheckAction, CheckOutput, CheckRun, CheckRunUpdate, CheckState, CheckSuite, Conclusion,
    LONGEST_TEXT, NewCheckRun, annotation::cut,
};
use crate::webhook::wire::Id;

#[derive(Deserialize)]
pub(super) struct WireRun {
    id: CheckRunId,
    name: String,
    head_sha: Sha,
    external_id: Option<String>,
    status: String,
    conclusion: Option<String>,
    started_at: Option<Timestamp>,
    completed_at: Option<Timestamp>,
    output: Option<WireOutput>,
    html_url: Option<String>,
    app: Option<Id<AppId>>,
    check_suite: Option<Id<CheckSuiteId>>,
}

#[derive(Deserialize)]
struct WireOutput {
    title: Option<String>,
    #[serde(default)]
    annotations_count: usize,
}

#[derive(Deserialize)]
pub(super) struct WireSuite {
    id: CheckSuiteId,
    head_sha: Sha,
    head_branch: Option<String>,
    app: Option<Id<AppId>>,
    status: Option<String>,
    conclusion: Option<String>,
}

impl From<WireRun> for CheckRun {
    fn from(wire: WireRun) -> Self {
        let (title, annotations) =
            wire.output.map_or((None, 0), |output| (output.title, output.annotations_count));
        Self {
            id: wire.id,
            name: wire.name,
            head_sha: wire.head_sha,
            external_id: wire.external_id.filter(|id| !id.is_empty()),
            completed: wire.status == "completed",
            conclusion: wire.conclusion.as_deref().and_then(Conclusion::of),
            started_at: wire.started_at,
            completed_at: wire.completed_at,
            annotations,
            title,
            html_url: wire.html_url,
            app_id: wire.app.map(|app| app.id),
            suite: wire.check_suite.map(|suite| suite.id),
        }
    }
}

impl From<WireSuite> for CheckSuite {
    fn from(wire: WireSuite) -> Self {
        Self {
            id: wire.id,
            head_sha: wire.head_sha,
            head_branch: wire.head_branch,
            app_id: wire.app.map(|app| app.id),
            completed: wire.status.as_deref() == Some("completed"),
            conclusion: wire.conclusion.as_deref().and_then(Conclusion::of),
        }
    }
}

/// The body that creates a check run.
pub(super) fn creation(new: &NewCheckRun) -> Value {
    let mut body = Map::new();
    body.insert("name".into(), json!(new.name));
    body.insert("head_sha".into(), json!(new.head_sha));
    body.insert("external_id".into(), json!(new.external_id));
    state(&mut body, new.state);
    put(&mut body, "started_at", new.started_at.map(seconds));
    put(&mut body, "details_url", new.details_url.as_deref());
    put(&mut body, "output", new.output.as_ref().map(|shown| output(shown, &[])));
    Value::Object(body)
}

/// The body that appends annotations and leaves the check run as far as it is.
pub(super) fn annotating(update: &CheckRunUpdate, batch: &[Annotation]) -> Value {
    json!({ "output": output(&update.output, batch) })
}

/// The body that appends the last annotations and says how far the check run is.
pub(super) fn finishing(update: &CheckRunUpdate, batch: &[Annotation]) -> Value {
    let mut body = Map::new();
    state(&mut body, update.state);
    put(&mut body, "started_at", update.started_at.map(seconds));
    put(&mut body, "external_id", update.external_id.as_deref());
    put(&mut body, "details_url", update.details_url.as_deref());
    body.insert("output".into(), output(&update.output, batch));
    if !update.actions.is_empty() {
        body.insert("actions".into(), update.actions.iter().take(3).map(action).collect());
    }
    Value::Object(body)
}

fn put(body: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body.insert(key.to_owned(), value.into());
    }
}

fn state(body: &mut Map<String, Value>, state: CheckState) {
    match state {
        CheckState::Queued => drop(body.insert("status".into(), json!("queued"))),
        CheckState::InProgress => drop(body.insert("status".into(), json!("in_progress"))),
        CheckState::Completed { conclusion, at } => {
            body.insert("status".into(), json!("completed"));
            body.insert("conclusion".into(), json!(conclusion.as_str()));
            body.insert("completed_at".into(), json!(seconds(at)));
        }
    }
}

fn output(shown: &CheckOutput, batch: &[Annotation]) -> Value {
    let mut output = Map::new();
    output.insert("title".into(), json!(cut(&shown.title, 255)));
    output.insert("summary".into(), json!(cut(&shown.summary, LONGEST_TEXT)));
    put(&mut output, "text", shown.text.as_ref().map(|text| cut(text, LONGEST_TEXT)));
    if !batch.is_empty() {
        output.insert("annotations".into(), batch.iter().map(Annotation::wire).collect());
    }
    Value::Object(output)
}

fn action(action: &CheckAction) -> Value {
    json!({
        "label": cut(&action.label, 20),
        "description": cut(&action.description, 40),
        "identifier": cut(&action.identifier, 20),
    })
}

/// GitHub reads times in whole seconds.
fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
