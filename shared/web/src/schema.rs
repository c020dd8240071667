//! How the words of other crates are described in the OpenAPI document, and decimals in JSON.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, prelude::ToPrimitive};
use scrutineer_scanners::{
    EvidenceKind, Scope, Severity, Status, benchmarks::State, category::CATEGORIES, compare::Direction,
};
use scrutineer_service::records::{OverrideStatus, RepoState, ScanStatus};
use serde::Serializer;
use utoipa::openapi::{Object, ObjectBuilder, Type};

fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

/// Severities.
pub(crate) fn severity() -> Object {
    use Severity::{Critical, High, Info, Low, Medium};
    let all = [Critical, High, Medium, Low, Info].map(|severity| serde_json::to_value(severity).ok());
    words(all.iter().flatten().filter_map(|value| value.as_str()))
}

/// What a check looks at.
pub(crate) fn scope() -> Object {
    let all = [Scope::Org, Scope::Repo].map(|scope| serde_json::to_value(scope).ok());
    words(all.iter().flatten().filter_map(|value| value.as_str()))
}

/// Statuses of findings.
pub(crate) fn status() -> Object {
    words(Status::ALL.map(Status::as_str))
}

/// How far a control is met.
pub(crate) fn control_state() -> Object {
    words(State::ALL.map(State::as_str))
}

/// Ways a check moves between two scans.
pub(crate) fn direction() -> Object {
    words(Direction::ALL.map(Direction::as_str))
}

/// Keys of categories.
pub(crate) fn category() -> Object {
    words(CATEGORIES.map(|category| category.key))
}

/// Statuses of scans.
pub(crate) fn scan_status() -> Object {
    use ScanStatus::{Cancelled, Completed, Failed, Pending, Scanning};
    words([Pending, Scanning, Completed, Failed, Cancelled].map(ScanStatus::as_str))
}

/// Statuses of overrides.
pub(crate) fn override_status() -> Object {
    words(OverrideStatus::ALL.map(OverrideStatus::as_str))
}

/// Where a repository stands in a scan.
pub(crate) fn repo_state() -> Object {
    use RepoState::{Done, Failed, Queued, Unchanged};
    words([Queued, Done, Failed, Unchanged].map(RepoState::as_str))
}

/// A decimal as a JSON number. Two decimals survive the way through a binary float.
pub(crate) fn number<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_some(&value.to_f64())
}

/// As [`number`], null for none.
pub(crate) fn maybe_number<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_some(&value.and_then(|value| value.to_f64()))
}

/// Decimals by name, as JSON numbers.
pub(crate) fn numbers<S: Serializer>(
    values: &BTreeMap<String, Decimal>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(values.iter().map(|(name, value)| (name, value.to_f64())))
}

/// Kinds of evidence.
pub(crate) fn evidence_kind() -> Object {
    words(EvidenceKind::ALL.map(EvidenceKind::as_str))
}
