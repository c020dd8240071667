//! Benchmarks in words: what the readable formats share.

use scrutineer_scanners::benchmarks::{Benchmarks, CheckResult, Control, Metric, Standard, State};

use super::plain::plain;

/// States in words, in the order of the columns.
pub(super) const COLUMNS: [&str; 6] = ["Met", "Partly", "Not met", "Unknown", "N/A", "Not assessed"];

/// How many controls of a standard are in each state.
pub(super) fn numbers(standard: &Standard) -> [String; 6] {
    State::ALL.map(|state| standard.states.count(state).to_string())
}

pub(super) fn state_name(state: State) -> &'static str {
    COLUMNS[State::ALL.iter().position(|known| *known == state).unwrap_or(0)]
}

/// `1.20 per day (elite), 108 deployments`, or why there is none.
pub(super) fn measured(metric: &Metric) -> String {
    let note = metric.note.as_deref().unwrap_or_default();
    let Some(value) = metric.value else { return plain(note) };
    let unit = match metric.unit {
        "percent" => "%",
        "per_day" => "per day",
        other => other,
    };
    let band = metric.band.map(|band| format!(" ({})", band.as_str())).unwrap_or_default();
    let rest = if note.is_empty() { String::new() } else { format!("; {}", plain(note)) };
    format!("{value} {unit}{band}{rest}")
}

/// What the DORA metrics rest on.
pub(super) fn basis(found: &Benchmarks) -> String {
    let dora = &found.dora;
    format!(
        "{} production deployments of {} repositories in {} days",
        dora.deployments, dora.repositories, dora.window_days
    )
}

/// The controls that say something: those with findings behind them.
pub(super) fn assessed(standard: &Standard) -> impl Iterator<Item = &Control> {
    standard.controls.iter().filter(|control| control.state != State::NotAssessed)
}

/// `DEP-001: 3 passed, 1 failed (acme/web)`.
pub(super) fn behind(result: &CheckResult) -> String {
    let counts = result.counts;
    let parts = [
        (counts.passed, "passed"),
        (counts.warning, "warning"),
        (counts.failed, "failed"),
        (counts.error, "error"),
        (counts.not_applicable, "not applicable"),
    ];
    let parts: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    let part = if result.part { ", evidence for a part" } else { "" };
    let worst =
        if result.worst.is_empty() { String::new() } else { format!(" ({})", result.worst.join(", ")) };
    format!("{}: {}{worst}{part}", result.check, parts.join(", "))
}
