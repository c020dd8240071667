//! Examples of a rule, run as tests: every bad one must be found, no good one may be.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Rule, RuleDoc};
use crate::{
    ChangeSet,
    bundle::RuleSetting,
    change::SourceFile,
    engine::{Budget, Plan, own_tier},
    lang::Language,
    limits::Limits,
    project::Project,
    tree::Parsers,
    verdict::Tier,
};

/// Examples by language.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Examples(pub(crate) Vec<Group>);

/// Examples that hold in each of some languages.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// As in a rule; `text` for rules that read text.
    pub(crate) languages: Vec<String>,
    #[serde(default)]
    pub(crate) bad: Vec<Example>,
    #[serde(default)]
    pub(crate) good: Vec<Example>,
}

/// One example: code, or code with its surroundings.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Example {
    Code(String),
    Placed(Placed),
}

/// Code at a path, in a repository.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Placed {
    code: String,
    #[serde(default)]
    path: Option<String>,
    /// Other files of the repository.
    #[serde(default)]
    with: std::collections::BTreeMap<String, String>,
    /// How many findings, where more than one is the point.
    #[serde(default)]
    count: Option<usize>,
    /// The strongest tier, where it is the point.
    #[serde(default)]
    tier: Option<Tier>,
}

/// An example that did not come out as it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExampleFailure {
    /// Rule id.
    pub rule: String,
    /// Which example: `bad[2] in python`.
    pub example: String,
    /// What happened instead.
    pub what: String,
}

#[derive(Deserialize)]
struct ExampleDoc {
    examples: Examples,
}

impl Examples {
    pub(crate) fn count_bad(&self) -> usize {
        self.0.iter().map(|group| group.bad.len()).sum()
    }

    pub(crate) fn count_good(&self) -> usize {
        self.0.iter().map(|group| group.good.len()).sum()
    }

    /// Run all examples.
    pub(crate) fn run(&self, rule: &Rule) -> Vec<ExampleFailure> {
        let plan = Plan::new(vec![(Arc::new(rule.clone()), RuleSetting::default())]);
        let mut failures = Vec::new();
        for (at_group, group) in self.0.iter().enumerate() {
            for name in &group.languages {
                for sample in samples(name) {
                    let all = group
                        .bad
                        .iter()
                        .map(|e| (true, e))
                        .enumerate()
                        .chain(group.good.iter().map(|e| (false, e)).enumerate());
                    for (at, (bad, example)) in all {
                        if let Some(what) = example.check(&plan, rule, &sample, bad) {
                            let kind = if bad { "bad" } else { "good" };
                            failures.push(ExampleFailure {
                                rule: rule.id.clone(),
                                example: format!("examples[{at_group}].{kind}[{at}] in {}", sample.0),
                                what,
                            });
                        }
                    }
                }
            }
        }
        failures
    }
}

/// Name and file for each language a name stands for.
fn samples(name: &str) -> Vec<(String, String)> {
    match super::schema::languages(&[name.to_owned()]) {
        Ok(languages) => {
            languages.into_iter().map(|l: Language| (l.key().to_owned(), l.sample_path())).collect()
        }
        Err(_) => vec![(name.to_owned(), "notes/sample.txt".to_owned())],
    }
}

impl Example {
    fn check(&self, plan: &Plan, rule: &Rule, sample: &(String, String), bad: bool) -> Option<String> {
        let (code, path, want) = match self {
            Example::Code(code) => (code, sample.1.clone(), None),
            Example::Placed(placed) => {
                let path = placed.path.clone().unwrap_or_else(|| sample.1.clone());
                let path = match (path.strip_suffix(".*"), sample.1.rsplit_once('.')) {
                    (Some(stem), Some((_, ext))) => format!("{stem}.{ext}"),
                    _ => path,
                };
                (&placed.code, path, placed.count)
            }
        };
        let file = SourceFile::new(&path, code.as_bytes());
        let mut change = ChangeSet { files: vec![file.clone()], ..ChangeSet::default() };
        if let Example::Placed(placed) = self {
            change.context =
                placed.with.iter().map(|(path, text)| SourceFile::new(path, text.as_bytes())).collect();
        }
        let limits = Limits::default();
        let budget = Budget { limits: &limits, over: &|_| false };
        let analysis = plan.analyse(&file, &Project::of(&change), &mut Parsers::default(), &budget);
        let found = analysis.findings.len();
        let list = || {
            analysis
                .findings
                .iter()
                .map(|f| format!("{}:{} {}", f.start.0, f.start.1, f.hit.message))
                .collect::<Vec<_>>()
                .join("; ")
        };
        let wrong_count = match (bad, want) {
            (true, Some(want)) => found != want,
            (true, None) => found == 0,
            (false, _) => found != 0,
        };
        if wrong_count {
            let skipped: Vec<&str> = analysis.skipped.iter().map(|s| s.reason.as_str()).collect();
            return Some(format!("{found} findings ({}){}: {}", list(), skipped.join(", "), code.trim()));
        }
        let want = match self {
            Example::Placed(Placed { tier: Some(tier), .. }) => *tier,
            _ => return None,
        };
        let strongest = analysis.findings.iter().map(|finding| own_tier(rule, finding)).max();
        (strongest != Some(want))
            .then(|| format!("the strongest tier is {strongest:?}, not {want:?}: {}", code.trim()))
    }
}

/// Run the examples of rule documents: path and text of each. For `rules test DIR` and for our own tests.
pub fn test_rules<'t>(documents: impl IntoIterator<Item = (&'t str, &'t str)>) -> Vec<ExampleFailure> {
    let mut failures = Vec::new();
    for (path, text) in documents {
        let mut fail = |what: String| {
            failures.push(ExampleFailure { rule: path.to_owned(), example: String::new(), what })
        };
        let (head, tail) = text.split_once("\n---\n").unwrap_or((text, ""));
        let doc: RuleDoc = match serde_saphyr::from_str(head) {
            Ok(doc) => doc,
            Err(error) => {
                fail(error.to_string());
                continue;
            }
        };
        let built_in =
            super::native::find(&doc.id).is_some() || super::all().iter().any(|rule| rule.id == doc.id);
        let rule = match doc.compile(built_in) {
            Ok(rule) => rule,
            Err(problems) => {
                problems.into_iter().for_each(|p| fail(format!("{}: {}", p.at, p.message)));
                continue;
            }
        };
        let examples = match (doc.examples, tail) {
            (Some(examples), _) => Ok(examples),
            (None, tail) => serde_saphyr::from_str(tail).map(|doc: ExampleDoc| doc.examples),
        };
        match examples {
            Ok(examples) => failures.extend(examples.run(&rule)),
            Err(error) => fail(error.to_string()),
        }
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_changes_no_example() {
        for (path, text) in crate::sources() {
            let (head, tail) = text.split_once("\n---\n").unwrap_or((text, ""));
            let doc: RuleDoc = serde_saphyr::from_str(head).expect("tested elsewhere");
            let mut rule = doc.compile(true).expect("tested elsewhere");
            rule.gate.clear();
            let examples: ExampleDoc = serde_saphyr::from_str(tail).expect("tested elsewhere");
            let failures = examples.examples.run(&rule);
            assert!(failures.is_empty(), "{path} ungated: {failures:?}");
        }
    }

    #[test]
    fn native_functions_and_rule_files_belong_together() {
        let ids: Vec<&str> = super::super::native::NATIVE.iter().map(|(id, _)| *id).collect();
        assert!(ids.is_sorted(), "the table is searched by halves");
        for id in ids {
            assert!(super::super::all().iter().any(|rule| rule.id == id), "{id} has no file under packs/");
        }
    }
}
