//! Rules as reporting descriptors, with the properties GitHub's code scanning reads.

use std::sync::Arc;

use super::{
    Context,
    log::{Configuration, Descriptor, Driver, Help, Level, RuleProperties, Text},
};
use crate::{
    EffectivePolicy, RuleState,
    catalogue::{cwe, suppress_with},
    rules::{self, Rule},
    verdict::{PackVerdict, Severity, Tier},
};

/// A rule of a run, and what the policy says about it.
pub(super) struct Listed {
    pub(super) rule: Arc<Rule>,
    built_in: bool,
    enabled: bool,
    tier: Tier,
}

/// Packs whose findings are about upkeep, not about an attack.
const UPKEEP: &[&str] = &["quality", "starter"];

/// Every rule of the packs, those that are switched off included: a result may come from an override.
pub(super) fn of_packs(policy: &EffectivePolicy, packs: &[&PackVerdict]) -> Vec<Listed> {
    let built_in = rules::all().iter().map(|rule| (rule, true));
    let custom = policy.custom.iter().map(|rule| (rule, false));
    let mine = |(rule, _): &(&Arc<Rule>, bool)| packs.iter().any(|pack| pack.pack == rule.pack());
    let listed = |(rule, built_in): (&Arc<Rule>, bool)| {
        let setting = policy.setting(rule);
        Listed {
            rule: Arc::clone(rule),
            built_in,
            enabled: setting.state != Some(RuleState::Off),
            tier: setting.apply(rule.severity, rule.tier).1,
        }
    };
    built_in.chain(custom).filter(mine).map(listed).collect()
}

pub(super) fn driver(rules: &[Listed], policy: &EffectivePolicy, context: Context<'_>) -> Driver {
    Driver {
        name: "ISL Policy Packs",
        full_name: format!("ISL Policy Packs {} under {}", context.version, policy.bundle),
        organization: "Scrutineer",
        version: context.version.to_owned(),
        semantic_version: context.version.to_owned(),
        information_uri: env!("CARGO_PKG_REPOSITORY"),
        rules: rules.iter().map(|listed| descriptor(listed, context)).collect(),
    }
}

fn descriptor(listed: &Listed, context: Context<'_>) -> Descriptor {
    let rule = &listed.rule;
    Descriptor {
        id: rule.id.clone(),
        name: pascal(&rule.id),
        short_description: Text::new(&rule.title),
        full_description: Text::new(&rule.rationale),
        help: help(rule),
        help_uri: listed.built_in.then(|| format!("{}/{}.md", context.rule_pages, rule.id)),
        default_configuration: Configuration { enabled: listed.enabled, level: Level::of(listed.tier) },
        properties: properties(rule),
    }
}

fn help(rule: &Rule) -> Help {
    let suppress = suppress_with(&rule.id);
    let references = rule.references.join(", ");
    let mut text = format!("{}\n\nFix: {}\n\nSuppress: {suppress}", rule.rationale, rule.fix);
    let mut markdown = format!("{}\n\n**Fix.** {}\n\n**Suppress.** `{suppress}`", rule.rationale, rule.fix);
    if !references.is_empty() {
        text.push_str(&format!("\n\nReferences: {references}"));
        markdown.push_str(&format!("\n\n**References.** {references}"));
    }
    Help { text, markdown }
}

fn properties(rule: &Rule) -> RuleProperties {
    let security = !UPKEEP.contains(&rule.pack());
    let area = if security { "security" } else { "maintainability" };
    let mut tags = vec![area.to_owned(), rule.pack().to_owned()];
    tags.extend(
        rule.references
            .iter()
            .filter_map(|reference| cwe(reference))
            .map(|number| format!("external/cwe/cwe-{number:03}")),
    );
    tags.dedup();
    RuleProperties {
        tags,
        // What a tier means: a rule blocks because it is right.
        precision: if rule.tier == Tier::HardBlock { "high" } else { "medium" },
        problem_severity: match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "recommendation",
        },
        // GitHub's scale: from 7.0 high, from 4.0 medium, below it low.
        security_severity: security.then_some(match rule.tier {
            Tier::HardBlock => "8.0",
            Tier::SoftBlock => "5.5",
            Tier::Warn | Tier::Evaluate => "3.0",
        }),
        tier: rule.tier,
    }
}

/// `pii/logged-sensitive-data` → `PiiLoggedSensitiveData`.
fn pascal(id: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    id.split(['/', '-']).filter_map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_what_github_shows() {
        for rule in rules::all() {
            let listed = Listed { rule: Arc::clone(rule), built_in: true, enabled: true, tier: rule.tier };
            let shown = descriptor(&listed, Context::default());
            assert_ne!(shown.name, shown.id);
            assert!(shown.help.markdown.contains("isl-ignore"), "{}", rule.id);
            assert!(shown.help_uri.is_some_and(|uri| uri.ends_with(&format!("{}.md", rule.id))));
            let security = shown.properties.tags.contains(&"security".to_owned());
            assert_eq!(shown.properties.security_severity.is_some(), security, "{}", rule.id);
        }
        assert_eq!(pascal("pii/logged-sensitive-data"), "PiiLoggedSensitiveData");
    }
}
