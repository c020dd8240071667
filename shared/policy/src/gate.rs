//! Which rules can fire in a file at all: a rule names literals it cannot do without, and one pass looks for all of them.

use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

use crate::{bundle::RuleSetting, rules::Rule};

/// Which rules can fire in a text, by the literals they cannot do without.
pub(crate) struct Gate {
    automaton: Option<AhoCorasick>,
    /// Per pattern: the (rule, group) pairs it satisfies.
    satisfies: Vec<Vec<(usize, usize)>>,
    /// Per rule: number of groups.
    groups: Vec<usize>,
}

impl Gate {
    pub(crate) fn new(rules: &[(Arc<Rule>, RuleSetting)]) -> Self {
        let mut patterns: Vec<String> = Vec::new();
        let mut satisfies: Vec<Vec<(usize, usize)>> = Vec::new();
        for (rule_at, (rule, _)) in rules.iter().enumerate() {
            for (group_at, group) in rule.gate.iter().enumerate() {
                for word in group {
                    let at = patterns.iter().position(|known| known == word).unwrap_or_else(|| {
                        patterns.push(word.clone());
                        satisfies.push(Vec::new());
                        patterns.len() - 1
                    });
                    satisfies[at].push((rule_at, group_at));
                }
            }
        }
        let mut builder = AhoCorasickBuilder::new();
        let built = builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard).build(&patterns);
        let groups = rules.iter().map(|(rule, _)| rule.gate.len()).collect();
        Gate { automaton: built.ok().filter(|_| !patterns.is_empty()), satisfies, groups }
    }

    /// Per rule, whether it can fire. The path counts as text: some frameworks route by it.
    pub(crate) fn open(&self, path: &str, text: &str) -> Vec<bool> {
        let mut missing: Vec<u64> = self.groups.iter().map(|count| (1_u64 << (*count).min(63)) - 1).collect();
        let Some(automaton) = &self.automaton else { return vec![true; missing.len()] };
        let mut seen = vec![false; self.satisfies.len()];
        for found in automaton.find_overlapping_iter(path).chain(automaton.find_overlapping_iter(text)) {
            let pattern = found.pattern().as_usize();
            if !std::mem::replace(&mut seen[pattern], true) {
                for (rule, group) in &self.satisfies[pattern] {
                    missing[*rule] &= !(1 << group);
                }
            }
        }
        missing.iter().map(|missing| *missing == 0).collect()
    }
}
