//! A standard, its controls, and how far findings show each to be met.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::Summary;
use crate::{registry, score::Counts};

/// How far a control is met, as far as the findings of this scan show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Every finding behind it passed.
    Met,
    /// Some passed or warned, or the checks are evidence for a part of it only.
    Partly,
    /// No finding behind it passed.
    NotMet,
    /// What could be read is in order, but not everything could be read.
    Unknown,
    /// It has no object here.
    NotApplicable,
    /// No check of this scan is evidence for it.
    NotAssessed,
}

impl State {
    /// Every state, in display order.
    pub const ALL: [Self; 6] =
        [Self::Met, Self::Partly, Self::NotMet, Self::Unknown, Self::NotApplicable, Self::NotAssessed];

    /// The state as it stands in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Partly => "partly",
            Self::NotMet => "not_met",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
            Self::NotAssessed => "not_assessed",
        }
    }
}

/// Controls by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct States([u64; 6]);

impl States {
    /// The controls counted by state.
    pub fn of<'a>(controls: impl IntoIterator<Item = &'a Control>) -> Self {
        let mut states = Self::default();
        for control in controls {
            states.0[control.state as usize] += 1;
        }
        states
    }

    /// Controls in `state`.
    pub fn count(self, state: State) -> u64 {
        self.0[state as usize]
    }

    /// All controls.
    pub fn total(self) -> u64 {
        self.0.iter().sum()
    }
}

impl Serialize for States {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(State::ALL.map(|state| (state.as_str(), self.count(state))))
    }
}

/// A standard and how far the scan shows it to be met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standard {
    /// Key, e.g. `osps`.
    pub key: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// The edition that the controls are taken from.
    pub version: &'static str,
    /// Where it is published.
    pub url: &'static str,
    /// What is claimed, in a sentence; and why no more.
    pub claim: String,
    /// All controls by state.
    pub states: States,
    /// Its levels, tracks or sections.
    pub groups: Vec<Group>,
    /// Its controls, in its own order.
    pub controls: Vec<Control>,
}

/// A level, track or section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Name, e.g. `Level 1`.
    pub name: &'static str,
    /// Its controls by state.
    pub states: States,
}

/// A control of a standard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Control {
    /// Its id in the standard.
    pub id: &'static str,
    /// What it asks for, in our words.
    pub title: &'static str,
    /// The level, track or section it belongs to.
    pub group: &'static str,
    /// How far it is met.
    pub state: State,
    /// The findings behind the state, by check.
    pub checks: Vec<CheckResult>,
    /// Why the state is what it is, where the findings alone do not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The findings of one check, as evidence for a control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckResult {
    /// Id of the check.
    pub check: &'static str,
    /// The check is evidence for a part of the control only.
    pub part: bool,
    /// Its findings by status.
    #[serde(serialize_with = "crate::score::named_counts")]
    pub counts: Counts,
    /// The first few repositories where it failed or warned.
    pub worst: Vec<String>,
}

/// A row of a standard's table: id, title, group.
pub(super) type Row = (&'static str, &'static str, &'static str);

/// The controls of a table, each with the checks whose references begin with `prefix` and its id.
pub(super) fn controls(table: &[Row], prefix: &str, summary: &Summary) -> Vec<Control> {
    let mut mapped = by_reference(prefix);
    table
        .iter()
        .map(|(id, title, group)| {
            let checks = mapped.remove(*id).unwrap_or_default();
            control((id, title, group), &checks, summary)
        })
        .collect()
}

/// Checks by the control that their references name: `prefix` and the id, with a remark such as `(part)` behind it.
pub(super) fn by_reference(prefix: &str) -> BTreeMap<String, Vec<(&'static str, bool)>> {
    let mut mapped: BTreeMap<String, Vec<(&'static str, bool)>> = BTreeMap::new();
    for (_, check) in registry::checks() {
        for reference in check.references.iter().filter_map(|text| text.strip_prefix(prefix)) {
            let (id, remark) = split(reference);
            let part = ["part", "only when", "observed"].iter().any(|word| remark.contains(word));
            mapped.entry(id.to_owned()).or_default().push((check.id, part));
        }
    }
    mapped
}

/// The id and what is said about it: `Source L4 (part)` is `Source L4` and `(part)`.
fn split(reference: &str) -> (&str, &str) {
    let end = [" (", " only"].iter().filter_map(|mark| reference.find(mark)).min().unwrap_or(reference.len());
    reference.split_at(end)
}

pub(super) fn control(row: Row, mapped: &[(&'static str, bool)], summary: &Summary) -> Control {
    let (id, title, group) = row;
    let checks: Vec<_> = mapped
        .iter()
        .filter_map(|&(check, part)| {
            let tally = summary.checks.get(check)?;
            Some(CheckResult { check, part, counts: tally.counts, worst: tally.worst.clone() })
        })
        .collect();
    Control { id, title, group, state: state(&checks), checks, note: None }
}

/// Failed somewhere and passed nowhere is not met; in order wherever it was read, but not read everywhere, is unknown.
fn state(checks: &[CheckResult]) -> State {
    let mut sum = Counts::default();
    checks.iter().for_each(|check| sum.add(&check.counts));
    let part = checks.iter().any(|check| check.part);
    match (sum.passed, sum.warning, sum.failed, sum.error) {
        (0, 0, 0, 0) if sum.not_applicable > 0 => State::NotApplicable,
        (0, 0, 0, 0) => State::NotAssessed,
        (0, 0, 0, _) => State::Unknown,
        (_, 0, 0, 0) if part => State::Partly,
        (_, 0, 0, 0) => State::Met,
        (_, 0, 0, _) => State::Unknown,
        (0, 0, _, _) => State::NotMet,
        _ => State::Partly,
    }
}

/// The groups of `controls`, in their order.
pub(super) fn groups(controls: &[Control]) -> Vec<Group> {
    let mut names: Vec<&'static str> = Vec::new();
    for control in controls {
        if !names.contains(&control.group) {
            names.push(control.group);
        }
    }
    let of = |name| States::of(controls.iter().filter(move |control| control.group == name));
    names.into_iter().map(|name| Group { name, states: of(name) }).collect()
}
