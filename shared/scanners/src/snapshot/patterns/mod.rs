//! The pattern sets of `data/detectors.json`, compiled once per process; single regexes on first use.

mod build;
mod extras;
mod globs;
mod pattern;

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use self::{build::Build, extras::EXTRAS, globs::Globs};
use super::{DetectorId, gates::Gates, notes::NOTES, operations};

pub(in crate::snapshot) use extras::{Content, Extra, Owner};
pub(in crate::snapshot) use pattern::Pattern;

const DETECTORS: &str = include_str!("../../../data/detectors.json");

/// At most this many combinations of applicable patterns get gates of their own; a repository that needs more is
/// served by the gates over all patterns.
const MAX_CLASSES: usize = 64;

/// A kind of name that detectors match outside the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// File name of a release asset.
    Asset,
    /// Branch name.
    Branch,
    /// Login.
    Login,
    /// Tag name.
    Tag,
    /// Repository topic.
    Topic,
    /// Name of a custom property.
    Property,
}

/// What a glob stands for.
#[derive(Clone, Copy, Debug)]
enum Target {
    File(DetectorId),
    Content(u16),
}

/// Patterns that are matched against CI steps.
#[derive(Debug)]
pub(in crate::snapshot) struct StepPatterns {
    pub(in crate::snapshot) uses: Vec<(DetectorId, Pattern)>,
    pub(in crate::snapshot) run: Vec<(DetectorId, Pattern)>,
    pub(in crate::snapshot) image: Vec<(DetectorId, Pattern)>,
    run_gates: Gates,
}

/// All pattern sets.
#[derive(Debug)]
pub(in crate::snapshot) struct Patterns {
    globs: Globs,
    targets: Vec<Vec<Target>>,
    everywhere: Vec<u16>,
    pub(in crate::snapshot) content: Vec<Content>,
    content_gates: Gates,
    classes: Mutex<HashMap<Vec<u16>, Arc<Gates>>>,
    dependencies: Globs,
    dependency_detectors: Vec<DetectorId>,
    names: Vec<(DetectorId, NameKind, Pattern)>,
    pub(in crate::snapshot) steps: StepPatterns,
    non_product: Pattern,
    product_scoped: Vec<DetectorId>,
}

/// What applies to a path.
#[derive(Debug, Default)]
pub(in crate::snapshot) struct Applicable {
    /// Detectors whose `files` globs match.
    pub(in crate::snapshot) files: Vec<DetectorId>,
    /// Content patterns to try, ascending.
    pub(in crate::snapshot) content: Vec<u16>,
}

/// The pattern sets of this build.
pub(in crate::snapshot) fn patterns() -> &'static Patterns {
    static PATTERNS: LazyLock<Patterns> = LazyLock::new(Patterns::load);
    &PATTERNS
}

/// Whether `name` meets a pattern that `detector` has for names of this kind.
pub fn name_matches(detector: DetectorId, kind: NameKind, name: &str) -> bool {
    let mut of_kind = patterns().names.iter().filter(|(id, k, _)| *id == detector && *k == kind);
    of_kind.any(|(_, _, pattern)| pattern.is_match(name.as_bytes()))
}

impl Patterns {
    fn load() -> Self {
        let mut raw: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(DETECTORS).expect("the embedded detectors are JSON, which a test asserts");
        let text = |value: Option<serde_json::Value>| value.and_then(|v| v.as_str().map(str::to_owned));
        let non_product = Pattern::new(&text(raw.remove("_non_product")).unwrap_or_default());
        let scoped: Vec<String> = raw
            .remove("_product_scoped")
            .and_then(|value| serde_json::from_value(value).ok())
            .expect("the embedded detectors list the product-scoped ones, which a test asserts");
        let mut build = Build::default();
        for (owner, globs, regex) in EXTRAS.iter().chain(NOTES).chain(operations::NOTES) {
            build.content(*owner, globs, regex);
        }
        for id in DetectorId::ALL {
            let value =
                raw.remove(id.as_str()).expect("every detector id is in the embedded data, by a test");
            build.add(
                *id,
                serde_json::from_value(value).expect("the embedded detectors are well-formed, by a test"),
            );
        }
        build.finish(non_product, scoped)
    }

    /// What applies to `path`.
    pub(in crate::snapshot) fn applicable(&self, path: &str) -> Applicable {
        let mut found = Applicable { files: Vec::new(), content: self.everywhere.clone() };
        for index in self.globs.matches(path) {
            for target in &self.targets[index] {
                match target {
                    Target::File(id) => found.files.push(*id),
                    Target::Content(content) => found.content.push(*content),
                }
            }
        }
        found.files.sort_unstable();
        found.files.dedup();
        found.content.sort_unstable();
        found.content.dedup();
        found
    }

    /// Which of the applicable content patterns can match `text`.
    pub(in crate::snapshot) fn open(&self, applicable: &[u16], text: &[u8]) -> Vec<u16> {
        let own = {
            let mut classes = self.classes.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(gates) = classes.get(applicable) {
                Some(Arc::clone(gates))
            } else if classes.len() < MAX_CLASSES {
                let of = |index: &u16| self.content[usize::from(*index)].pattern.literals.as_deref();
                let gates = Arc::new(Gates::new(applicable.iter().map(of)));
                classes.insert(applicable.to_vec(), Arc::clone(&gates));
                Some(gates)
            } else {
                None
            }
        };
        match own {
            Some(gates) => gates.open(text).into_iter().map(|i| applicable[usize::from(i)]).collect(),
            None => {
                let open = self.content_gates.open(text);
                open.into_iter().filter(|index| applicable.binary_search(index).is_ok()).collect()
            }
        }
    }

    /// Detectors that a dependency of this name meets.
    pub(in crate::snapshot) fn dependency(&self, name: &str) -> Vec<DetectorId> {
        let mut found: Vec<_> = self
            .dependencies
            .matches(&name.to_ascii_lowercase())
            .map(|i| self.dependency_detectors[i])
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Tests, fixtures, examples, vendored files, build output, agent instructions.
    pub(in crate::snapshot) fn is_non_product(&self, path: &str) -> bool {
        self.non_product.is_match(path.as_bytes())
    }

    /// Whether hits of `detector` in non-product paths are dropped.
    pub(in crate::snapshot) fn is_product_scoped(&self, detector: DetectorId) -> bool {
        self.product_scoped.contains(&detector)
    }
}

impl StepPatterns {
    /// Detectors that a command meets.
    pub(in crate::snapshot) fn run(&self, command: &str) -> Vec<DetectorId> {
        let open = self.run_gates.open(command.as_bytes()).into_iter();
        let matching =
            open.map(|i| &self.run[usize::from(i)]).filter(|(_, p)| p.is_match(command.as_bytes()));
        matching.map(|(id, _)| *id).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{build::expand, *};

    #[test]
    fn every_pattern_compiles_and_every_key_is_known() {
        let all = patterns();
        let lists = [&all.steps.uses, &all.steps.run, &all.steps.image];
        let mut patterns: Vec<&Pattern> = lists.iter().flat_map(|l| l.iter().map(|(_, p)| p)).collect();
        patterns.extend(all.content.iter().map(|c| &c.pattern));
        patterns.extend(all.names.iter().map(|(_, _, p)| p));
        patterns.push(&all.non_product);
        patterns.extend(all.globs.complex().iter().chain(all.dependencies.complex()));
        for pattern in &patterns {
            assert!(pattern.regex().is_some(), "{}", pattern.source);
        }
        let raw: BTreeMap<String, serde_json::Value> = serde_json::from_str(DETECTORS).unwrap();
        let keys: Vec<_> = raw.keys().filter(|k| !k.starts_with('_')).collect();
        assert_eq!(keys.len(), 82);
        assert_eq!(DetectorId::ALL.len(), 82);
        assert_eq!(all.product_scoped.len(), 38);
    }

    #[test]
    fn few_content_patterns_are_without_a_gate() {
        let open: Vec<_> = patterns().content.iter().filter(|c| c.pattern.literals.is_none()).collect();
        let shown: Vec<_> = open.iter().map(|c| (c.owner, &c.pattern.source)).collect();
        assert!(open.len() <= 12, "{shown:#?}");
    }

    #[test]
    fn globs_are_written_out() {
        assert_eq!(expand("a/*.{yml,yaml}"), ["a/*.yml", "a/*.yaml"]);
        assert_eq!(expand("**/x.y*ml"), ["**/x.yml", "**/x.yaml"]);
        assert_eq!(expand("{a,b}/{c,d}"), ["a/c", "a/d", "b/c", "b/d"]);
    }

    #[test]
    fn paths_meet_detectors() {
        let found = patterns().applicable("deploy/Dockerfile");
        assert!(found.files.contains(&DetectorId::Dockerfile));
        assert!(patterns().applicable(".github/workflows/ci.yml").files.contains(&DetectorId::CiConfig));
        assert!(patterns().is_non_product("tests/fixtures/x.yml"));
        assert!(!patterns().is_non_product("src/contest.rs"));
        assert!(patterns().dependency("github.com/gin-gonic/gin").contains(&DetectorId::WebFramework));
        assert!(patterns().dependency("@sentry/node").contains(&DetectorId::ErrorTracking));
    }

    #[test]
    fn names_meet_detectors() {
        assert!(name_matches(DetectorId::SignAsset, NameKind::Asset, "tool.tar.gz.asc"));
        assert!(!name_matches(DetectorId::SignAsset, NameKind::Asset, "tool.tar.gz"));
        assert!(name_matches(DetectorId::BranchName, NameKind::Branch, "feature/x"));
        assert!(name_matches(DetectorId::BotLogin, NameKind::Login, "deploy-bot"));
    }
}
