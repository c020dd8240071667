//! `.github/scrutineer.yml`: what a repository asks for by itself. It may run more and be stricter; to soften anything
//! takes an override that somebody approved.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    EffectivePolicy, Problem, RuleState,
    rules::{self, Rule},
    verdict::Tier,
};

/// The settings file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepositorySettings {
    /// Format, 1.
    pub version: u32,
    /// Packs to run besides those of the bundle. They report; they do not decide.
    #[serde(default)]
    pub packs: Vec<String>,
    /// States by rule id, each stricter than the bundle's.
    #[serde(default)]
    pub rules: BTreeMap<String, RuleState>,
}

impl RepositorySettings {
    /// Where it stands in a repository.
    pub const PATH: &'static str = ".github/scrutineer.yml";

    /// Read a settings file.
    ///
    /// # Errors
    /// When it is not YAML of this format.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let settings: Self =
            serde_saphyr::from_str(text).map_err(|error| rules::syntax(&error, Self::PATH))?;
        if settings.version != 1 {
            let message = format!("version {} is not known; this is version 1", settings.version);
            return Err(Problem::new(format!("{} version", Self::PATH), message));
        }
        Ok(settings)
    }

    /// The policy with what the repository asks for, and a notice for each change and each refusal.
    ///
    /// # Errors
    /// Packs and rules that do not exist.
    pub fn apply(&self, policy: &EffectivePolicy) -> Result<(EffectivePolicy, Vec<String>), Vec<Problem>> {
        let (mut policy, mut notices, mut problems) = (policy.clone(), Vec::new(), Vec::new());
        for (index, pack) in self.packs.iter().enumerate() {
            match policy.opt_in(pack) {
                Some(true) => notices.push(format!("`{pack}` runs because {} asks for it", Self::PATH)),
                Some(false) => {}
                None => problems.push(Problem::new(
                    format!("{} packs[{index}]", Self::PATH),
                    format!("there is no pack `{pack}`"),
                )),
            }
        }
        for (id, state) in &self.rules {
            let Some(rule) = policy.rule(id) else {
                let at = format!("{} rules.{id}", Self::PATH);
                problems.push(Problem::new(at, format!("there is no rule `{id}`")));
                continue;
            };
            if *state > effective_state(&policy, &rule) {
                policy.set_state(&rule, *state);
            } else if *state < effective_state(&policy, &rule) {
                notices.push(format!(
                    "{}: `{id}` stays as the bundle has it; to soften a rule takes an approved override",
                    Self::PATH
                ));
            }
        }
        if problems.is_empty() { Ok((policy, notices)) } else { Err(problems) }
    }
}

/// What a rule does now; its own tier where no state is set.
fn effective_state(policy: &EffectivePolicy, rule: &Rule) -> RuleState {
    policy.setting(rule).state.unwrap_or(match rule.tier {
        Tier::HardBlock => RuleState::Block,
        Tier::SoftBlock | Tier::Warn => RuleState::Warn,
        Tier::Evaluate => RuleState::Evaluate,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{built_in, resolve};

    fn applied(text: &str) -> Result<(EffectivePolicy, Vec<String>), Vec<Problem>> {
        let mut bundle = built_in("default").expect("built in");
        bundle.policies.optional.clear();
        let policy = resolve(&bundle).expect("valid");
        RepositorySettings::parse(text).map_err(|problem| vec![problem])?.apply(&policy)
    }

    #[test]
    fn a_repository_may_run_more_and_be_stricter() {
        let (policy, notices) =
            applied("version: 1\npacks: [payments]\nrules: { pii/console-in-production: block }\n")
                .expect("valid");
        assert!(policy.packs.contains_key("payments") && !policy.packs["payments"].required);
        let setting = policy.packs["pii"].rules["pii/console-in-production"];
        assert_eq!(setting.state, Some(RuleState::Block));
        assert_eq!(notices.len(), 1);
    }

    #[test]
    fn a_repository_cannot_soften() {
        let (policy, notices) =
            applied("version: 1\nrules: { pii/logged-sensitive-data: off }\n").expect("valid");
        assert!(!policy.packs["pii"].rules.contains_key("pii/logged-sensitive-data"));
        assert!(notices[0].contains("override"), "{notices:?}");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, part) in [
            ("version: 2\n", "version 2"),
            ("version: 1\npacks: [nope]\n", "no pack `nope`"),
            ("version: 1\nrules: { pii/nope: block }\n", "no rule `pii/nope`"),
            ("version: 1\nextra: 1\n", "extra"),
            ("[", ""),
        ] {
            let problems = applied(text).expect_err(text);
            assert!(problems[0].message.contains(part), "{problems:?}");
            assert!(problems[0].at.contains(".github/scrutineer.yml"), "{problems:?}");
        }
    }
}
