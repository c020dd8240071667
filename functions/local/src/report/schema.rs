//! The JSON Schema of what `scan --format json` writes. Every object names its fields and admits no others, so the schema
//! and the report cannot drift apart unseen: a test validates real scans against it.

use scrutineer_scanners::{
    EvidenceKind, Status,
    benchmarks::{Band, State},
    category::CATEGORIES,
    compare::Direction,
};
use serde_json::{Value, json};

/// Where the schema is published, below the source folder of the book.
pub const FILE: &str = "reference/finding.schema.json";

/// The schema: a scan at its root, a finding under `$defs/finding`.
pub fn schema() -> Value {
    let mut root = object(
        "What `scrutineer scan --format json` writes.",
        json!({
            "scan": reference("scan"),
            "overall": number_or_null("Overall score in per cent, two decimals."),
            "coverage": number_or_null("Share of checks that could be decided, in per cent."),
            "scores": list("score"),
            "repositories": list("repository"),
            "findings": list("finding"),
            "github_requests": reference("requests"),
            "benchmarks": reference("benchmarks"),
            "comparison": reference("comparison"),
        }),
        &["benchmarks", "comparison"],
    );
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!("Scrutineer scan");
    root["$defs"] = json!({
        "finding": finding(),
        "evidence": object("Where something was seen, and what.", json!({
            "source": text(), "value": text(), "kind": words(&EvidenceKind::ALL.map(EvidenceKind::as_str)),
        }), &["kind"]),
        "gain": gain(),
        "scan": scan(),
        "profile": object("The profile that the scan used.", json!({
            "id": text(), "name": text(), "version": count(),
            "disabled_categories": texts(), "disabled_checks": texts(),
            "check_weights": { "type": "object", "additionalProperties": { "type": "number" } },
        }), &["check_weights"]),
        "score": score(),
        "repository": repository(),
        "counts": counts(),
        "requests": requests(),
        "benchmarks": object("The scan against public standards; absent until it is completed.", json!({
            "standards": list("standard"), "dora": reference("dora"),
        }), &[]),
        "standard": standard(),
        "states": states(),
        "control": control(),
        "dora": dora(),
        "metric": metric(),
        "comparison": comparison(),
        "delta": delta(),
        "move": moved(),
        "verdict": object("What a check said.", json!({"status": status(), "detail": text()}), &[]),
    });
    root
}

/// An object with exactly these fields, all required but those in `optional`.
fn object(description: &str, properties: Value, optional: &[&str]) -> Value {
    let names = properties.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    let required: Vec<_> = names.filter(|name| !optional.contains(name)).collect();
    json!({
        "description": description,
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn list(name: &str) -> Value {
    json!({ "type": "array", "items": reference(name) })
}

fn texts() -> Value {
    json!({ "type": "array", "items": text() })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn text_or_null(description: &str) -> Value {
    json!({ "type": ["string", "null"], "description": description })
}

fn time_or_null() -> Value {
    json!({ "type": ["string", "null"], "format": "date-time" })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn number_or_null(description: &str) -> Value {
    json!({ "type": ["number", "null"], "description": description })
}

fn words(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

fn status() -> Value {
    words(&Status::ALL.map(Status::as_str))
}

fn category() -> Value {
    words(&CATEGORIES.map(|category| category.key))
}

fn finding() -> Value {
    object(
        "What a check says about the organization or a repository.",
        json!({
            "check": { "type": "string", "pattern": "^[A-Z]+-[0-9]{3}$", "description": "Id of the check." },
            "name": { "type": "string", "description": "The good state that the check asks for." },
            "category": category(),
            "repository": text_or_null("`owner/name`; null for the organization itself."),
            "status": status(),
            "severity": words(&["critical", "high", "medium", "low", "info"]),
            "attested": { "type": "boolean", "description": "It rests on what a person answers for." },
            "detail": { "type": "string", "description": "One sentence that names the evidence." },
            "evidence": { "type": "array", "items": reference("evidence"), "maxItems": 10 },
            "gain": { "anyOf": [reference("gain"), { "type": "null" }] },
            "missing": { "type": "string", "description": "Status `error` only: what would let it be decided." },
        }),
        &["missing"],
    )
}

fn gain() -> Value {
    object(
        "What fixing it adds, in percentage points with two decimals.",
        json!({
            "category": { "type": "number", "minimum": 0 },
            "overall": { "type": "number", "minimum": 0 },
            "at_most": { "type": "boolean", "description": "Status `error`: if it turns out to be in place." },
        }),
        &[],
    )
}

fn scan() -> Value {
    object(
        "The scan itself.",
        json!({
            "id": text(),
            "organization": text(),
            "status": words(&["pending", "scanning", "completed", "failed", "cancelled"]),
            "created_at": { "type": "string", "format": "date-time" },
            "started_at": time_or_null(),
            "completed_at": time_or_null(),
            "seconds": number_or_null("From being taken up to its end."),
            "profile": reference("profile"),
            "repositories": object("Repositories by how they ended.", json!({
                "total": { "type": ["integer", "null"], "minimum": 0 },
                "done": count(), "failed": count(), "unchanged": count(),
            }), &[]),
            "warnings": texts(),
            "error": { "anyOf": [
                object("Why it failed.", json!({ "code": text(), "message": text() }), &[]),
                { "type": "null" },
            ] },
        }),
        &[],
    )
}

fn score() -> Value {
    object(
        "The score of a category.",
        json!({
            "category": text(),
            "name": text(),
            "weight": { "type": "number", "minimum": 0 },
            "score": { "type": "number", "minimum": 0 },
            "max_score": { "type": "number", "minimum": 0 },
            "percentage": number_or_null("Earned of possible, in per cent."),
            "coverage": number_or_null("Decided of all, in per cent."),
            "findings": reference("counts"),
        }),
        &[],
    )
}

fn repository() -> Value {
    object(
        "A repository in the scan.",
        json!({
            "name": text(),
            "status": words(&["queued", "done", "failed", "unchanged"]),
            "reason": text_or_null("Why it failed or was used again."),
            "head": text_or_null("The commit that was looked at."),
            "findings": { "anyOf": [reference("counts"), { "type": "null" }] },
        }),
        &[],
    )
}

fn counts() -> Value {
    let fields = Status::ALL.map(Status::as_str).into_iter().chain(["attested"]);
    let fields = fields.map(|name| (name.to_owned(), count()));
    object(
        "Findings by status; `attested` of the passed and warned ones.",
        Value::Object(fields.collect()),
        &["attested"],
    )
}

fn requests() -> Value {
    let map = json!({ "type": "object", "additionalProperties": count() });
    object("What GitHub was asked.", json!({ "total": count(), "by_endpoint": map, "by_kind": map }), &[])
}

fn states() -> Value {
    let fields = State::ALL.map(|state| (state.as_str().to_owned(), count()));
    object("Controls by state.", Value::Object(fields.into_iter().collect()), &[])
}

fn standard() -> Value {
    object(
        "A public standard, and how far the scan shows it to be met.",
        json!({
            "key": text(),
            "title": text(),
            "version": text(),
            "url": { "type": "string", "format": "uri" },
            "claim": text(),
            "states": reference("states"),
            "groups": { "type": "array", "items": object("A level, track or section.", json!({
                "name": text(), "states": reference("states"),
            }), &[]) },
            "controls": list("control"),
        }),
        &[],
    )
}

fn control() -> Value {
    object(
        "A control of a standard, with the findings behind its state.",
        json!({
            "id": text(),
            "title": text(),
            "group": text(),
            "state": words(&State::ALL.map(State::as_str)),
            "checks": { "type": "array", "items": object("The findings of one check.", json!({
                "check": text(), "part": { "type": "boolean" }, "counts": reference("counts"), "worst": texts(),
            }), &[]) },
            "note": text(),
        }),
        &["note"],
    )
}

fn dora() -> Value {
    object(
        "The four DORA metrics, and what they rest on.",
        json!({
            "window_days": count(),
            "deployments": count(),
            "repositories": count(),
            "unread": count(),
            "missing": text_or_null("Why the first unread repository could not be read."),
            "sampled": count(),
            "metrics": { "type": "array", "items": reference("metric"), "minItems": 4, "maxItems": 4 },
        }),
        &[],
    )
}

fn metric() -> Value {
    let bands: Vec<_> = Band::ALL.map(|band| json!(band.as_str())).into_iter().chain([Value::Null]).collect();
    object(
        "A DORA metric.",
        json!({
            "key": words(&["deployment_frequency", "lead_time_for_changes", "change_failure_rate", "time_to_restore"]),
            "title": text(),
            "definition": text(),
            "value": number_or_null("Null when there is not enough data."),
            "unit": words(&["per_day", "hours", "percent"]),
            "samples": count(),
            "band": { "enum": bands },
            "note": text_or_null("Why there is no value, or what it leaves out."),
        }),
        &[],
    )
}

fn comparison() -> Value {
    object(
        "What moved since an earlier scan; only with `--compare`.",
        json!({
            "scan": text(),
            "completed_at": time_or_null(),
            "profiles": { "anyOf": [
                { "type": "array", "items": text(), "minItems": 2, "maxItems": 2 },
                { "type": "null" },
            ], "description": "The profiles of both, when they differ." },
            "overall": reference("delta"),
            "coverage": reference("delta"),
            "categories": { "type": "array", "items": object("A category on both sides.", json!({
                "category": category(), "percentage": reference("delta"), "coverage": reference("delta"),
            }), &[]) },
            "appeared": texts(),
            "vanished": texts(),
            "unscanned": texts(),
            "moves": list("move"),
        }),
        &[],
    )
}

fn delta() -> Value {
    let number = || json!({ "type": ["number", "null"] });
    object(
        "A number on both sides.",
        json!({ "before": number(), "after": number(), "delta": number() }),
        &[],
    )
}

fn moved() -> Value {
    let verdict = || json!({ "anyOf": [reference("verdict"), { "type": "null" }] });
    object(
        "A check whose status moved.",
        json!({
            "repository": text_or_null("Null for the organization itself."),
            "check": text(),
            "direction": words(&Direction::ALL.map(Direction::as_str)),
            "before": verdict(),
            "after": verdict(),
        }),
        &[],
    )
}
