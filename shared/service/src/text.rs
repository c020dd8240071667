//! Sentences that a user of the API or the command line reads. Nothing here carries a secret or a source error.

use std::fmt::Display;

use jiff::Timestamp;
use scrutineer_core::{Failure, Kind, ids::ScanId};
use scrutineer_policy::Problem;

/// Separates the JSON path from the reason in the public text of a field failure.
const AT: &str = " at ";

/// A request field that does not hold: 422, with the JSON path.
pub fn invalid_field(code: &'static str, path: &str, why: &str) -> Failure {
    Failure::permanent(code, format!("{why}{AT}{path}"))
}

/// The JSON path and the reason of a text made by [`invalid_field`].
pub fn field_of(public: &str) -> Option<(&str, &str)> {
    let (why, path) = public.rsplit_once(AT)?;
    path.starts_with('/').then_some((path, why))
}

/// Nothing by that name, or nothing the caller may see: 404 either way.
pub fn not_found(what: &'static str, id: impl Display) -> Failure {
    Failure::permanent("not_found", format!("there is no {what} {id}"))
}

/// Another scan of the connection is still running: 409.
pub fn scan_active(id: impl Display) -> Failure {
    Failure::permanent(
        "scan_active",
        format!("scan {id} of this connection is still active; wait for it or cancel it"),
    )
}

/// The scan that a text made by [`scan_active`] names.
pub fn active_scan_of(public: &str) -> Option<ScanId> {
    public.strip_prefix("scan ")?.split(' ').next()?.parse().ok()
}

/// The caller edits a version that is not the latest one: 412.
pub fn version_mismatch(current: u64) -> Failure {
    Failure::permanent(
        "version_mismatch",
        format!("it was changed meanwhile and is at version {current} now; read it and try again"),
    )
}

/// Scans of two organizations have nothing to compare: 422.
pub fn different_organizations(one: impl Display, other: impl Display) -> Failure {
    Failure::permanent(
        "different_organizations",
        format!("one scan is of {one}, the other of {other}; only scans of one organization can be compared"),
    )
}

/// A scan that is not completed has no scores and not all findings: 409.
pub fn not_completed(scan: ScanId, status: impl Display) -> Failure {
    Failure::permanent("scan_not_completed", format!("scan {scan} is {status}; this needs a completed scan"))
}

/// Somebody else was faster by a moment: 409.
pub fn changed_meanwhile() -> Failure {
    Failure::permanent("conflict", "somebody else changed it meanwhile; read it and try again")
}

/// The name is taken: 409.
pub fn name_taken(name: &str) -> Failure {
    Failure::permanent("name_taken", format!("a customer with the short name `{name}` exists already"))
}

/// The version of a bundle is taken by other content: 409.
pub fn version_published(version: impl Display) -> Failure {
    Failure::permanent(
        "version_published",
        format!(
            "version {version} is published with other content and does not change; use the next version"
        ),
    )
}

/// There is no such bundle to pin: 422.
pub fn unknown_bundle(path: &str, name: &str) -> Failure {
    let name: String = name.chars().take(80).collect();
    invalid_field("unknown_bundle", path, &format!("there is no bundle `{name}` here; publish it first"))
}

/// What an organization pinned names something that this version of the product does not have.
pub fn bundle_invalid(problems: &[Problem]) -> Failure {
    let first = problems
        .first()
        .map_or_else(String::new, |problem| format!(" (`{}`: {})", problem.pointer(), problem.detail()));
    Failure::permanent(
        "bundle_invalid",
        format!("the pinned policy bundle does not hold{first}; publish and pin a corrected version"),
    )
}

/// Somebody asks a second time before the first request was decided: 409.
pub fn override_pending(id: impl Display, target: &str) -> Failure {
    Failure::permanent(
        "override_pending",
        format!("override {id} of `{target}` waits for its approval; withdraw it to ask anew"),
    )
}

/// Enough is enough: 409.
pub fn too_many_overrides(limit: usize) -> Failure {
    Failure::permanent(
        "too_many_overrides",
        format!("a repository has at most {limit} overrides at a time; withdraw one, or change the bundle"),
    )
}

/// There is nothing left to decide: 409.
pub fn override_decided(status: &str) -> Failure {
    Failure::permanent("override_decided", format!("the override is {status}; ask for a new one"))
}

/// An approved departure has come to its end.
pub fn override_over(target: &str, at: Option<Timestamp>) -> String {
    let day = at.map_or_else(String::new, |at| format!(" on {}", at.strftime("%Y-%m-%d")));
    format!("the override of `{target}` ended{day}; what the bundle says holds again")
}

/// Nobody approves what they asked for: 403.
pub fn own_request() -> Failure {
    Failure::permanent("own_request", "somebody other than who asked for it must decide; you can withdraw it")
}

/// Why a job was given up for good.
pub(crate) fn given_up(failure: &Failure) -> String {
    match &failure.kind {
        Kind::Transient => {
            let tries = crate::consume::MAX_DELIVERIES;
            format!("it failed {tries} times in a row; the log says why")
        }
        Kind::Deferred { .. } => "the rate limit stayed exhausted for a day".to_owned(),
        Kind::Permanent { public, .. } => public.clone(),
    }
}

/// The scan ended while work for it was under way.
pub fn scan_over(status: impl Display) -> String {
    format!("the scan is {status}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrutineer_core::Clock;

    #[test]
    fn texts_give_back_what_they_were_made_of() {
        let scan = ScanId::new(&Clock::system());
        assert_eq!(active_scan_of(&scan_active(scan).public_text()), Some(scan));
        let failure = invalid_field("invalid_name", "/name", "a name at least");
        assert_eq!(field_of(&failure.public_text()), Some(("/name", "a name at least")));
    }
}
