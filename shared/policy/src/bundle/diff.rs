//! What changes for a repository when one policy takes the place of another. Rules are compared by what their findings
//! do, not by what the documents say: a rule that is named for the first time and does what it did before is no change.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
};

use serde::{Deserialize, Serialize};

use super::{Bundle, EffectivePolicy, Override, PackPolicy, Problem, resolve};
use crate::verdict::{Severity, Tier};

/// The difference between two bundles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BundleDiff {
    /// `id@version` of the first.
    pub before: String,
    /// `id@version` of the second.
    pub after: String,
    /// Rules that do something else, by id.
    pub rules: Vec<RuleChange>,
    /// Settings of packs and of the bundle.
    pub settings: Vec<SettingChange>,
}

/// A rule that does something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RuleChange {
    /// Its id.
    pub rule: String,
    /// In which direction.
    pub change: Change,
    /// Before; null when it did not run.
    pub before: Option<Standing>,
    /// After; null when it does not run any more.
    pub after: Option<Standing>,
}

/// A setting that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SettingChange {
    /// Its path, `config.pii.threshold`.
    pub setting: String,
    /// In which direction.
    pub change: Change,
    /// Before.
    pub before: String,
    /// After.
    pub after: String,
}

/// The direction of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleChangeKind)]
pub enum Change {
    /// It runs now.
    Added,
    /// It does not run any more.
    Removed,
    /// Its pack decides now, or only reports now.
    Moved,
    /// Its findings weigh more.
    Tightened,
    /// Its findings weigh less.
    Loosened,
    /// A rule of the organization's own says something else.
    Redefined,
}

/// What a rule's findings do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RuleStanding)]
pub struct Standing {
    /// Whether its pack decides.
    pub required: bool,
    /// Whether one finding keeps a change from being merged.
    pub blocks: bool,
    /// What a finding does to the score.
    #[schema(value_type = String)]
    pub tier: Tier,
    /// As shown.
    #[schema(value_type = String)]
    pub severity: Severity,
}

/// What an override would do to the rules of its repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing at all.
    None,
    /// More runs, or weighs more; nothing weighs less.
    Stricter,
    /// Something does not run any more, or weighs less.
    Softer,
}

/// Compares two bundles.
///
/// # Errors
/// The mistakes of the first one that does not hold.
pub fn diff(before: &Bundle, after: &Bundle) -> Result<BundleDiff, Vec<Problem>> {
    let (old, new) = (resolve(before)?, resolve(after)?);
    let mut rules = compare(&old, &new);
    let (old_texts, new_texts) = (own_rules(before, &old), own_rules(after, &new));
    let standing = standings(&new);
    for (rule, text) in new_texts {
        let redefined = old_texts.get(rule).is_some_and(|known| *known != text);
        if redefined && !rules.iter().any(|change| change.rule == rule) {
            let stands = standing.get(rule).copied();
            let change = Change::Redefined;
            rules.push(RuleChange { rule: rule.to_owned(), change, before: stands, after: stands });
        }
    }
    rules.sort_by(|a, b| a.rule.cmp(&b.rule));
    let settings = settings(&old, &new);
    Ok(BundleDiff { before: old.bundle, after: new.bundle, rules, settings })
}

impl EffectivePolicy {
    /// What `item` would do on its own.
    pub fn effect_of(&self, item: &Override) -> Effect {
        let (with, _) = self.with_overrides(std::slice::from_ref(item), "");
        let changes = compare(self, &with);
        let softer = |change: &RuleChange| {
            let required = |standing: &Option<Standing>| standing.is_some_and(|standing| standing.required);
            match change.change {
                Change::Removed | Change::Loosened => true,
                Change::Moved => required(&change.before),
                Change::Added | Change::Tightened | Change::Redefined => false,
            }
        };
        if changes.is_empty() {
            Effect::None
        } else if changes.iter().any(softer) {
            Effect::Softer
        } else {
            Effect::Stricter
        }
    }
}

/// The organization's own rules: id and text.
fn own_rules<'a>(bundle: &'a Bundle, policy: &'a EffectivePolicy) -> BTreeMap<&'a str, &'a str> {
    policy.custom.iter().map(|rule| rule.id.as_str()).zip(bundle.rules.iter().map(String::as_str)).collect()
}

/// Rules that run, and what their findings do.
fn standings(policy: &EffectivePolicy) -> BTreeMap<String, Standing> {
    let standing = |(rule, setting): (std::sync::Arc<crate::Rule>, super::RuleSetting)| {
        let pack = policy.packs.get(rule.pack())?;
        let (severity, tier) = setting.apply(rule.severity, rule.tier);
        let blocks = pack.required
            && (tier == Tier::HardBlock
                || (pack.fail_on_warning && matches!(tier, Tier::SoftBlock | Tier::Warn)));
        Some((rule.id.clone(), Standing { required: pack.required, blocks, tier, severity }))
    };
    policy.active().into_iter().filter_map(standing).collect()
}

fn compare(old: &EffectivePolicy, new: &EffectivePolicy) -> Vec<RuleChange> {
    let (old, new) = (standings(old), standings(new));
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let change = |id: &String| {
        let (before, after) = (old.get(id).copied(), new.get(id).copied());
        let change = match (before, after) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            (Some(before), Some(after)) if before.required != after.required => Change::Moved,
            (Some(before), Some(after)) => match after.weight().cmp(&before.weight()) {
                Ordering::Greater => Change::Tightened,
                Ordering::Less => Change::Loosened,
                Ordering::Equal => return None,
            },
        };
        Some(RuleChange { rule: id.clone(), change, before, after })
    };
    ids.into_iter().filter_map(change).collect()
}

impl Standing {
    fn weight(self) -> (bool, Tier, Severity) {
        (self.blocks, self.tier, self.severity)
    }
}

fn settings(old: &EffectivePolicy, new: &EffectivePolicy) -> Vec<SettingChange> {
    let mut changes = Vec::new();
    let packs: BTreeSet<&String> = old.packs.keys().chain(new.packs.keys()).collect();
    for id in packs {
        match (old.packs.get(id), new.packs.get(id)) {
            (Some(old), Some(new)) => pack_settings(id, old, new, &mut changes),
            (None, Some(new)) => {
                changes.push(setting(format!("policies.{id}"), Change::Added, "off", place(new.required)))
            }
            (Some(old), None) => {
                changes.push(setting(format!("policies.{id}"), Change::Removed, place(old.required), "off"))
            }
            (None, None) => {}
        }
    }
    if old.scope != new.scope {
        let name = |scope| match scope {
            super::Scope::ChangedFiles => "changed_files",
            super::Scope::ChangedLines => "changed_lines",
        };
        let change =
            if new.scope == super::Scope::ChangedFiles { Change::Tightened } else { Change::Loosened };
        changes.push(setting("scope", change, name(old.scope), name(new.scope)));
    }
    if old.allow_new_suppressions != new.allow_new_suppressions {
        let change = if new.allow_new_suppressions { Change::Loosened } else { Change::Tightened };
        let (before, after) = (old.allow_new_suppressions, new.allow_new_suppressions);
        changes.push(setting("allowNewSuppressions", change, before, after));
    }
    changes
}

fn pack_settings(id: &str, old: &PackPolicy, new: &PackPolicy, changes: &mut Vec<SettingChange>) {
    let direction = |tighter: bool| if tighter { Change::Tightened } else { Change::Loosened };
    if old.required != new.required {
        let (before, after) = (place(old.required), place(new.required));
        changes.push(setting(format!("policies.{id}"), Change::Moved, before, after));
    }
    if old.threshold != new.threshold {
        let change = direction(new.threshold > old.threshold);
        changes.push(setting(format!("config.{id}.threshold"), change, old.threshold, new.threshold));
    }
    if old.fail_on_warning != new.fail_on_warning {
        let change = direction(new.fail_on_warning);
        let (before, after) = (old.fail_on_warning, new.fail_on_warning);
        changes.push(setting(format!("config.{id}.failOnWarning"), change, before, after));
    }
}

fn place(required: bool) -> &'static str {
    if required { "required" } else { "optional" }
}

fn setting(
    name: impl Into<String>,
    change: Change,
    before: impl fmt::Display,
    after: impl fmt::Display,
) -> SettingChange {
    SettingChange { setting: name.into(), change, before: before.to_string(), after: after.to_string() }
}

impl Change {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Moved => "moved",
            Self::Tightened => "tightened",
            Self::Loosened => "loosened",
            Self::Redefined => "redefined",
        }
    }
}

/// `blocks`, `soft block`, `warns`, `reports`, with the place of its pack and the severity.
impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let does = match self.tier {
            _ if self.blocks => "blocks",
            Tier::HardBlock => "would block",
            Tier::SoftBlock => "soft block",
            Tier::Warn => "warns",
            Tier::Evaluate => "reports",
        };
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        write!(f, "{does} ({}, {severity})", place(self.required))
    }
}

/// For people: a line per change.
impl fmt::Display for BundleDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} → {}", self.before, self.after)?;
        if self.rules.is_empty() && self.settings.is_empty() {
            return writeln!(f, "no rule does anything else");
        }
        let names = self.rules.iter().map(|change| &change.rule);
        let names = names.chain(self.settings.iter().map(|change| &change.setting));
        let width = names.map(|name| name.chars().count()).max().unwrap_or_default();
        for SettingChange { setting, change, before, after } in &self.settings {
            writeln!(f, "{:<9}  {setting:<width$}  {before} → {after}", change.as_str())?;
        }
        for RuleChange { rule, change, before, after } in &self.rules {
            let mut line = format!("{:<9}  {rule:<width$}  ", change.as_str());
            match (before, after) {
                (Some(before), Some(after)) if before == after => write!(line, "{after}")?,
                (Some(before), Some(after)) => write!(line, "{before} → {after}")?,
                (None, Some(standing)) | (Some(standing), None) => write!(line, "{standing}")?,
                (None, None) => {}
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RuleState, built_in};

    fn default_bundle() -> Bundle {
        built_in("default").unwrap()
    }

    fn item(target: &str, state: RuleState) -> Override {
        Override { id: "1".into(), target: target.into(), state, expires: None }
    }

    #[test]
    fn a_bundle_does_not_differ_from_itself() {
        let same = diff(&default_bundle(), &default_bundle()).unwrap();
        assert_eq!((same.rules.len(), same.settings.len()), (0, 0));
        assert_eq!(same.to_string(), "default@1.0.0 → default@1.0.0\nno rule does anything else\n");
    }

    #[test]
    fn a_diff_there_is_the_mirror_of_the_diff_back() {
        let (a, b) = (default_bundle(), built_in("strict").unwrap());
        let (there, back) = (diff(&a, &b).unwrap(), diff(&b, &a).unwrap());
        assert!(!there.rules.is_empty());
        let mirrored = |change| match change {
            Change::Added => Change::Removed,
            Change::Removed => Change::Added,
            Change::Tightened => Change::Loosened,
            Change::Loosened => Change::Tightened,
            same => same,
        };
        for (there, back) in there.rules.iter().zip(&back.rules) {
            assert_eq!((&there.rule, mirrored(there.change)), (&back.rule, back.change));
            assert_eq!((there.before, there.after), (back.after, back.before));
        }
    }

    #[test]
    fn each_kind_of_change_is_told() {
        let mut before = default_bundle();
        let mut after = default_bundle();
        before.version = "1.1.0".into();
        after.version = "1.2.0".into();
        let rules = |yaml: &str| serde_saphyr::from_str::<super::super::PackConfig>(yaml).unwrap();
        before
            .config
            .insert("pii".into(), rules("{ruleOverrides: {pii/console-in-production: {state: block}}}"));
        after.config.insert(
            "pii".into(),
            rules("{threshold: 90, ruleOverrides: {pii/logged-sensitive-data: {state: warn}}}"),
        );
        after.policies.required.retain(|pack| pack != "quality");
        after.policies.optional.retain(|pack| pack != "starter" && pack != "security");
        after.policies.optional.push("quality".into());
        let told = diff(&before, &after).unwrap().to_string();
        for line in [
            "default@1.1.0 → default@1.2.0",
            "tightened  config.pii.threshold",
            "moved      policies.quality",
            "removed    policies.starter",
            "loosened   pii/console-in-production",
            "loosened   pii/logged-sensitive-data",
            "removed    security/",
        ] {
            assert!(told.contains(line), "{line}\n{told}");
        }
    }

    #[test]
    fn an_override_is_stricter_softer_or_nothing() {
        let mut bundle = default_bundle();
        bundle.policies.optional.retain(|pack| pack != "payments");
        let policy = resolve(&bundle).unwrap();
        let effect = |target: &str, state| policy.effect_of(&item(target, state));
        assert_eq!(effect("payments", RuleState::Warn), Effect::Stricter);
        assert_eq!(effect("payments", RuleState::Block), Effect::Stricter);
        assert_eq!(effect("payments", RuleState::Off), Effect::None);
        assert_eq!(effect("nothing", RuleState::Block), Effect::None);
        assert_eq!(effect("payments/anything", RuleState::Block), Effect::None);
        assert_eq!(effect("pii", RuleState::Off), Effect::Softer);
        assert_eq!(effect("pii", RuleState::Evaluate), Effect::Softer);
        assert_eq!(effect("pii/logged-sensitive-data", RuleState::Off), Effect::Softer);
        assert_eq!(effect("pii/logged-sensitive-data", RuleState::Warn), Effect::Softer);
        assert_eq!(effect("security", RuleState::Off), Effect::Softer);
    }
}
