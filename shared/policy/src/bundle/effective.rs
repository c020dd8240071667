//! The policy the engine runs with: every question a bundle leaves open is answered here.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Bundle, Override, PackConfig, Problem, RuleState, Scope};
use crate::{
    rules::{self, Rule},
    verdict::{Severity, Tier},
};

/// Threshold of a pack that states none: no hard block and at most six warnings.
const DEFAULT_THRESHOLD: u32 = 70;
/// Custom rules per organization.
const MAX_CUSTOM: usize = 200;

/// What holds for one verification.
#[derive(Clone, Debug)]
pub struct EffectivePolicy {
    /// `id@version` of the bundle.
    pub bundle: String,
    /// Enabled packs by id.
    pub packs: BTreeMap<String, PackPolicy>,
    /// What of a change is judged.
    pub scope: Scope,
    /// Whether suppressions added by the change count.
    pub allow_new_suppressions: bool,
    pub(crate) custom: Vec<Arc<Rule>>,
}

/// What holds for one pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackPolicy {
    /// Whether it decides.
    pub required: bool,
    /// Check-run name.
    pub check: String,
    /// Whether soft blocks and warnings block.
    pub fail_on_warning: bool,
    /// Score below which it does not ship.
    pub threshold: u32,
    /// State of rules without their own.
    pub state: Option<RuleState>,
    /// By rule id.
    pub rules: BTreeMap<String, RuleSetting>,
}

/// What holds for one rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleSetting {
    /// State; `None` = as the rule itself says.
    pub state: Option<RuleState>,
    /// Severity; `None` = as the rule itself says.
    pub severity: Option<Severity>,
}

/// Check a bundle and answer its open questions.
///
/// # Errors
/// Every mistake, by its path: unknown packs, rules and check names, thresholds out of range, custom rules that do not
/// compile or fail their own examples.
pub fn resolve(bundle: &Bundle) -> Result<EffectivePolicy, Vec<Problem>> {
    let mut problems = Vec::new();
    let custom = custom_rules(bundle, &mut problems);
    let known = known_packs(&custom);
    check_names(bundle, &known, &mut problems);
    let mut packs = BTreeMap::new();
    for (required, list, at) in
        [(true, &bundle.policies.required, "required"), (false, &bundle.policies.optional, "optional")]
    {
        for (index, pack) in list.iter().enumerate() {
            if !known.contains(pack.as_str()) {
                problems.push(Problem::new(format!("policies.{at}[{index}]"), unknown("pack", pack, &known)));
                continue;
            }
            let config = bundle.config.get(pack).cloned().unwrap_or_default();
            if config.enabled != Some(false) {
                packs.entry(pack.clone()).or_insert_with(|| pack_policy(pack, required, &config));
            }
        }
    }
    for (pack, config) in &bundle.config {
        check_config(pack, config, &custom, &mut problems);
    }
    if !problems.is_empty() {
        problems.sort();
        return Err(problems);
    }
    let id = bundle.id.as_deref().or(bundle.org.as_deref()).unwrap_or("custom");
    Ok(EffectivePolicy {
        bundle: format!("{id}@{}", bundle.version),
        packs,
        scope: bundle.scope,
        allow_new_suppressions: bundle.allow_new_suppressions,
        custom,
    })
}

fn custom_rules(bundle: &Bundle, problems: &mut Vec<Problem>) -> Vec<Arc<Rule>> {
    if bundle.rules.len() > MAX_CUSTOM {
        problems.push(Problem::new(
            "rules",
            format!("{} rules; at most {MAX_CUSTOM} are allowed", bundle.rules.len()),
        ));
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let mut compiled = Vec::new();
    for (index, text) in bundle.rules.iter().enumerate() {
        match rules::compile_custom(text) {
            Ok(rule) if !seen.insert(rule.id.clone()) => {
                problems
                    .push(Problem::new(format!("rules[{index}]"), format!("`{}` is defined twice", rule.id)));
            }
            Ok(rule) => compiled.push(Arc::new(rule)),
            Err(mut found) => {
                found
                    .iter_mut()
                    .for_each(|p| p.at = format!("rules[{index}] {}", p.at).trim_end().to_owned());
                problems.append(&mut found);
            }
        }
    }
    compiled
}

fn known_packs(custom: &[Arc<Rule>]) -> BTreeSet<String> {
    let own = custom.iter().map(|rule| rule.pack().to_owned());
    rules::packs().map(str::to_owned).chain(own).collect()
}

fn check_names(bundle: &Bundle, known: &BTreeSet<String>, problems: &mut Vec<Problem>) {
    for (list, at) in [(&bundle.checks.required, "required"), (&bundle.checks.optional, "optional")] {
        for (index, name) in list.iter().enumerate() {
            let pack = name.strip_prefix("isl-").and_then(|rest| rest.strip_suffix("-check"));
            if !pack.is_some_and(|pack| known.contains(pack)) {
                let message = format!("`{name}` names no pack; check names are `isl-<pack>-check`");
                problems.push(Problem::new(format!("checks.{at}[{index}]"), message));
            }
        }
    }
}

fn check_config(pack: &str, config: &PackConfig, custom: &[Arc<Rule>], problems: &mut Vec<Problem>) {
    let known = known_packs(custom);
    if !known.contains(pack) {
        problems.push(Problem::new(format!("config.{pack}"), unknown("pack", pack, &known)));
        return;
    }
    if config.threshold.is_some_and(|threshold| threshold > 100) {
        problems
            .push(Problem::new(format!("config.{pack}.threshold"), "a threshold is a score from 0 to 100"));
    }
    let rules: BTreeSet<String> = rules::all()
        .iter()
        .chain(custom)
        .filter(|rule| rule.pack() == pack)
        .map(|rule| rule.id.clone())
        .collect();
    for rule in config.rule_overrides.keys().filter(|rule| !rules.contains(*rule)) {
        problems
            .push(Problem::new(format!("config.{pack}.ruleOverrides.{rule}"), unknown("rule", rule, &rules)));
    }
}

fn unknown(what: &str, name: &str, known: &BTreeSet<String>) -> String {
    let list: Vec<&str> = known.iter().map(String::as_str).collect();
    format!("unknown {what} `{name}`; known: {}", list.join(", "))
}

fn pack_policy(pack: &str, required: bool, config: &PackConfig) -> PackPolicy {
    let rules = config
        .rule_overrides
        .iter()
        .map(|(id, rule)| {
            let state = rule.state.or((rule.enabled == Some(false)).then_some(RuleState::Off));
            (id.clone(), RuleSetting { state, severity: rule.severity })
        })
        .collect();
    PackPolicy {
        required,
        check: format!("isl-{pack}-check"),
        fail_on_warning: config.fail_on_warning.unwrap_or(false),
        threshold: config.threshold.unwrap_or(DEFAULT_THRESHOLD),
        state: config.state,
        rules,
    }
}

impl EffectivePolicy {
    /// The policy with a repository's approved overrides that are valid on `today`, and a note for each.
    pub(crate) fn with_overrides(
        &self,
        overrides: &[Override],
        today: &str,
    ) -> (EffectivePolicy, Vec<String>) {
        let mut policy = self.clone();
        let mut notes = Vec::new();
        for item in overrides {
            if !today.is_empty() && item.expires.as_deref().is_some_and(|day| day < today) {
                notes.push(format!(
                    "override {} of `{}` expired on {}",
                    item.id,
                    item.target,
                    item.expires.as_deref().unwrap_or("")
                ));
                continue;
            }
            let applied = match item.target.split_once('/') {
                Some((pack, _)) => policy.override_rule(pack, item),
                None => policy.override_pack(item),
            };
            let effect = if applied { "is in effect" } else { "names nothing that runs here" };
            notes.push(format!("override {} of `{}` {effect}", item.id, item.target));
        }
        (policy, notes)
    }

    fn override_rule(&mut self, pack: &str, item: &Override) -> bool {
        let Some(pack) = self.packs.get_mut(pack) else { return false };
        pack.rules.entry(item.target.clone()).or_default().state = Some(item.state);
        true
    }

    fn override_pack(&mut self, item: &Override) -> bool {
        if item.state == RuleState::Off {
            return self.packs.remove(&item.target).is_some();
        }
        let known = known_packs(&self.custom).contains(&item.target);
        if known {
            let pack = self
                .packs
                .entry(item.target.clone())
                .or_insert_with(|| pack_policy(&item.target, false, &PackConfig::default()));
            pack.state = Some(item.state);
        }
        known
    }

    /// Rules that run, each with its setting.
    pub(crate) fn active(&self) -> Vec<(Arc<Rule>, RuleSetting)> {
        let mut active = Vec::new();
        for rule in rules::all().iter().chain(&self.custom) {
            let setting = self.setting(rule);
            if self.packs.contains_key(rule.pack()) && setting.state != Some(RuleState::Off) {
                active.push((Arc::clone(rule), setting));
            }
        }
        active
    }

    /// What holds for a rule; the rule's own word where its pack does not run.
    pub(crate) fn setting(&self, rule: &Rule) -> RuleSetting {
        let Some(pack) = self.packs.get(rule.pack()) else { return RuleSetting::default() };
        let own = pack.rules.get(&rule.id).copied().unwrap_or_default();
        RuleSetting { state: own.state.or(pack.state), ..own }
    }

    /// A rule that is known here, built in or custom.
    pub fn rule(&self, id: &str) -> Option<Arc<Rule>> {
        rules::all().iter().chain(&self.custom).find(|rule| rule.id == id).map(Arc::clone)
    }

    /// Run a pack that the bundle leaves out, without letting it decide. `None` = there is no such pack, else whether
    /// that changed anything.
    pub(crate) fn opt_in(&mut self, pack: &str) -> Option<bool> {
        if !known_packs(&self.custom).contains(pack) {
            return None;
        }
        let new = !self.packs.contains_key(pack);
        if new {
            self.packs.insert(pack.to_owned(), pack_policy(pack, false, &PackConfig::default()));
        }
        Some(new)
    }

    /// Set a rule's state where its pack runs.
    pub(crate) fn set_state(&mut self, rule: &Rule, state: RuleState) {
        if let Some(pack) = self.packs.get_mut(rule.pack()) {
            pack.rules.entry(rule.id.clone()).or_default().state = Some(state);
        }
    }
}

impl RuleSetting {
    /// Severity and tier of a finding under this setting.
    pub(crate) fn apply(self, severity: Severity, tier: Tier) -> (Severity, Tier) {
        let tier = match self.state {
            Some(RuleState::Evaluate | RuleState::Off) => Tier::Evaluate,
            Some(RuleState::Warn) => tier.min(Tier::Warn),
            // What a role or the rule itself only informs about is not raised to a block.
            Some(RuleState::Block) if tier != Tier::Evaluate => Tier::HardBlock,
            _ => tier,
        };
        let tier = match self.severity {
            Some(Severity::Info) => Tier::Evaluate,
            Some(Severity::Warning) => tier.min(Tier::Warn),
            Some(Severity::Error) if self.state.is_none() && tier != Tier::Evaluate => Tier::HardBlock,
            _ => tier,
        };
        (self.severity.unwrap_or(severity), tier)
    }
}
