//! The pattern sets of `data/detectors.json`, compiled once per process; single regexes on first use.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError},
};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use super::{
    DetectorId,
    gates::{Gates, required_literals},
};

const DETECTORS: &str = include_str!("../../data/detectors.json");

/// At most this many combinations of applicable patterns get gates of their own; a repository that needs more is
/// served by the gates over all patterns.
const MAX_CLASSES: usize = 64;

/// A regex that is compiled when it is first needed. ASCII classes: `unicode(false)` compiles about 80 times faster,
/// and the patterns were written for ASCII.
#[derive(Debug)]
pub(super) struct Pattern {
    source: String,
    fold: bool,
    compiled: OnceLock<Option<Regex>>,
    /// See [`required_literals`].
    pub(super) literals: Option<Vec<Vec<u8>>>,
}

impl Pattern {
    pub(super) fn new(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            fold: false,
            compiled: OnceLock::new(),
            literals: required_literals(source),
        }
    }

    /// The same, compared without case throughout.
    pub(super) fn folded(source: &str) -> Self {
        Self { fold: true, ..Self::new(source) }
    }

    /// The regex; `None` only for a pattern that does not compile, which a test excludes.
    pub(super) fn regex(&self) -> Option<&Regex> {
        self.compiled
            .get_or_init(|| {
                RegexBuilder::new(&self.source).unicode(false).case_insensitive(self.fold).build().ok()
            })
            .as_ref()
    }

    /// Whether it occurs in `text`.
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }
}

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawContent {
    files: Vec<String>,
    regex: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawDetector {
    files: Vec<String>,
    content: Vec<RawContent>,
    deps: Vec<String>,
    uses: Vec<String>,
    run: Vec<String>,
    image: Vec<String>,
    asset: Vec<String>,
    branch: Vec<String>,
    login: Vec<String>,
    tag: Vec<String>,
    topic: Vec<String>,
    values: Vec<String>,
}

/// What a content pattern is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A detector of the data file.
    Detector(DetectorId),
    /// A question of ours that is answered in the same pass.
    Extra(Extra),
}

/// Questions beyond the detectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extra {
    /// `kind: Secret`.
    K8sSecret,
    /// A secret consumed at run time.
    SecretUse,
    /// An own rule of a secret scanner.
    SecretRule,
    /// A hook that looks at branch names.
    BranchHook,
    /// A port that a container listens on.
    Port,
    /// HTTP route code.
    Route,
}

/// Questions that are answered in the same pass: for what, where, pattern.
const EXTRAS: &[(Owner, &[&str], &str)] = &[
    (Owner::Extra(Extra::K8sSecret), &["**/*.{yml,yaml}"], r#"(?m)^kind:\s*["']?Secret["']?\s*$"#),
    (
        Owner::Extra(Extra::SecretUse),
        &["**/*.{yml,yaml,tpl}"],
        r"\b(secretKeyRef|secretRef|secretName)\s*:|kind:\s*SecretStore",
    ),
    (
        Owner::Extra(Extra::SecretUse),
        &["**/*.{ts,tsx,js,jsx,mjs,cjs,py,go,rs,java,kt,rb,php,cs,ex,exs,scala,swift,sh}"],
        r#"(?:process\.env(?:\.|\[["'])|environ(?:\.get\(|\[)["']|[gG]et[eE]nv\(["']|env::var(?:_os)?\("|ENV(?:\.fetch\(|\[)["']|EnvironmentVariable\("|System\.get_env\(")\w*(?:SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?|DATABASE_URL|DSN)"#,
    ),
    (
        Owner::Extra(Extra::SecretRule),
        &[".gitleaks.toml", "gitleaks.toml", "**/.gitleaks.toml"],
        r"(?m)^\s*\[\[rules\]\]",
    ),
    (Owner::Extra(Extra::SecretRule), &[".trufflehog*.y*ml", "trufflehog*.y*ml"], r"(?m)^\s*detectors\s*:"),
    (
        Owner::Extra(Extra::SecretRule),
        &[".semgrep.y*ml", ".semgrep/**", "semgrep/**/*.y*ml"],
        r"(?im)^\s*-?\s*id:\s*\S*(?:secret|credential|token|password|api[-_]?key)",
    ),
    (
        Owner::Extra(Extra::BranchHook),
        &[
            ".husky/**",
            ".githooks/**",
            "lefthook.y*ml",
            ".lefthook.y*ml",
            ".pre-commit-config.yaml",
            "**/package.json",
            ".overcommit.yml",
        ],
        r"validate-branch-name|branch-name-lint|branchlint|git branch --show-current|git rev-parse --abbrev-ref HEAD|git symbolic-ref|no-commit-to-branch",
    ),
    (Owner::Extra(Extra::Port), &["**/*.{yml,yaml,tpl}"], r"(?m)^\s*-?\s*(?:containerPort|targetPort)\s*:"),
    (
        Owner::Extra(Extra::Route),
        &["**/*.{ts,js,mjs,py,go,rs,java,kt,rb,php,cs,ex,scala}"],
        r#"(?:app|router|server|api|r|e|mux)\.(?:get|post|put|patch|delete|GET|POST|PUT|DELETE|HandleFunc|Handle|route)\(\s*["'`]/|@(?:Get|Post|Put|Patch|Delete|Request)Mapping|\.route\("/|@(?:app|router|bp|blueprint)\.(?:route|get|post)"#,
    ),
    // Rust keeps its unit tests beside the code, where no file name tells.
    (Owner::Detector(DetectorId::Test), &["**/*.rs"], r"(?m)^\s*#\[(?:cfg\(test\)|test|tokio::test)"),
];

/// A content pattern and what it is for.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) owner: Owner,
    /// Position among the content patterns of its owner.
    pub(super) position: usize,
    pub(super) pattern: Pattern,
}

/// What a glob stands for.
#[derive(Clone, Copy, Debug)]
enum Target {
    File(DetectorId),
    Content(u16),
}

/// Patterns that are matched against CI steps.
#[derive(Debug)]
pub(super) struct StepPatterns {
    pub(super) uses: Vec<(DetectorId, Pattern)>,
    pub(super) run: Vec<(DetectorId, Pattern)>,
    pub(super) image: Vec<(DetectorId, Pattern)>,
    run_gates: Gates,
}

/// All pattern sets.
#[derive(Debug)]
pub(super) struct Patterns {
    globs: GlobSet,
    targets: Vec<Vec<Target>>,
    everywhere: Vec<u16>,
    pub(super) content: Vec<Content>,
    content_gates: Gates,
    classes: Mutex<HashMap<Vec<u16>, Arc<Gates>>>,
    dependencies: GlobSet,
    dependency_detectors: Vec<DetectorId>,
    names: Vec<(DetectorId, NameKind, Pattern)>,
    pub(super) steps: StepPatterns,
    non_product: Pattern,
    product_scoped: Vec<DetectorId>,
}

/// What applies to a path.
#[derive(Debug, Default)]
pub(super) struct Applicable {
    /// Detectors whose `files` globs match.
    pub(super) files: Vec<DetectorId>,
    /// Content patterns to try, ascending.
    pub(super) content: Vec<u16>,
}

/// The pattern sets of this build.
pub(super) fn patterns() -> &'static Patterns {
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
        for (owner, globs, regex) in EXTRAS {
            build.content(*owner, 0, globs, regex);
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
    pub(super) fn applicable(&self, path: &str) -> Applicable {
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
    pub(super) fn open(&self, applicable: &[u16], text: &[u8]) -> Vec<u16> {
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
    pub(super) fn dependency(&self, name: &str) -> Vec<DetectorId> {
        let mut found: Vec<_> =
            self.dependencies.matches(name).into_iter().map(|i| self.dependency_detectors[i]).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Tests, fixtures, examples, vendored files, build output, agent instructions.
    pub(super) fn is_non_product(&self, path: &str) -> bool {
        self.non_product.is_match(path.as_bytes())
    }

    /// Whether hits of `detector` in non-product paths are dropped.
    pub(super) fn is_product_scoped(&self, detector: DetectorId) -> bool {
        self.product_scoped.contains(&detector)
    }
}

impl StepPatterns {
    /// Detectors that a command meets.
    pub(super) fn run(&self, command: &str) -> Vec<DetectorId> {
        let open = self.run_gates.open(command.as_bytes()).into_iter();
        let matching =
            open.map(|i| &self.run[usize::from(i)]).filter(|(_, p)| p.is_match(command.as_bytes()));
        matching.map(|(id, _)| *id).collect()
    }
}

#[derive(Default)]
struct Build {
    globs: BTreeMap<String, Vec<Target>>,
    everywhere: Vec<u16>,
    content: Vec<Content>,
    deps: Vec<(DetectorId, String)>,
    names: Vec<(DetectorId, NameKind, Pattern)>,
    uses: Vec<(DetectorId, Pattern)>,
    run: Vec<(DetectorId, Pattern)>,
    image: Vec<(DetectorId, Pattern)>,
}

impl Build {
    fn add(&mut self, id: DetectorId, raw: RawDetector) {
        raw.files.iter().for_each(|glob| self.glob(glob, Target::File(id)));
        for (position, content) in raw.content.iter().enumerate() {
            let globs: Vec<&str> = content.files.iter().map(String::as_str).collect();
            self.content(Owner::Detector(id), position, &globs, &content.regex);
        }
        self.deps.extend(raw.deps.into_iter().map(|dep| (id, dep)));
        let pairs = |list: Vec<String>| list.into_iter().map(move |source| (id, Pattern::new(&source)));
        self.uses.extend(pairs(raw.uses));
        self.run.extend(pairs(raw.run));
        self.image.extend(pairs(raw.image));
        for (kind, list) in [
            (NameKind::Asset, raw.asset),
            (NameKind::Branch, raw.branch),
            (NameKind::Login, raw.login),
            (NameKind::Tag, raw.tag),
            (NameKind::Topic, raw.topic),
            (NameKind::Property, raw.values),
        ] {
            self.names.extend(pairs(list).map(|(id, pattern)| (id, kind, pattern)));
        }
    }

    fn content(&mut self, owner: Owner, position: usize, globs: &[&str], regex: &str) {
        let index = u16::try_from(self.content.len()).expect("a few hundred content patterns");
        self.content.push(Content { owner, position, pattern: Pattern::new(regex) });
        if globs.contains(&"**") {
            self.everywhere.push(index);
        } else {
            globs.iter().for_each(|glob| self.glob(glob, Target::Content(index)));
        }
    }

    fn glob(&mut self, glob: &str, target: Target) {
        for simple in expand(glob) {
            self.globs.entry(simple).or_default().push(target);
        }
    }

    fn finish(self, non_product: Pattern, scoped: Vec<String>) -> Patterns {
        let (globs, targets): (Vec<_>, Vec<_>) = self.globs.into_iter().unzip();
        let gates =
            |list: &[(DetectorId, Pattern)]| Gates::new(list.iter().map(|(_, p)| p.literals.as_deref()));
        Patterns {
            globs: glob_set(globs.iter().map(String::as_str), false),
            targets,
            everywhere: self.everywhere,
            content_gates: Gates::new(self.content.iter().map(|c| c.pattern.literals.as_deref())),
            content: self.content,
            classes: Mutex::new(HashMap::new()),
            dependencies: glob_set(self.deps.iter().map(|(_, dep)| dep.as_str()), true),
            dependency_detectors: self.deps.iter().map(|(id, _)| *id).collect(),
            names: self.names,
            steps: StepPatterns {
                run_gates: gates(&self.run),
                uses: self.uses,
                run: self.run,
                image: self.image,
            },
            non_product,
            product_scoped: DetectorId::ALL
                .iter()
                .copied()
                .filter(|id| scoped.iter().any(|s| s == id.as_str()))
                .collect(),
        }
    }
}

/// `names`: dependency names, where `*` spans `/` and case does not count; otherwise paths.
fn glob_set<'a>(globs: impl Iterator<Item = &'a str>, names: bool) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let glob = GlobBuilder::new(glob).literal_separator(!names).case_insensitive(names).build();
        set.add(glob.expect("every embedded glob compiles, by a test"));
    }
    set.build().expect("the embedded globs compile together, by a test")
}

/// Writes out `{a,b}` and `y*ml`, so that most globs become plain extensions and names, which a `GlobSet` looks up
/// in a table instead of running a regex.
fn expand(glob: &str) -> Vec<String> {
    if let Some((before, after)) = glob.split_once("y*ml") {
        return ["yml", "yaml"].iter().flat_map(|y| expand(&format!("{before}{y}{after}"))).collect();
    }
    let Some((before, rest)) = glob.split_once('{') else { return vec![glob.to_owned()] };
    let Some((choices, after)) = rest.split_once('}') else { return vec![glob.to_owned()] };
    choices.split(',').flat_map(|choice| expand(&format!("{before}{choice}{after}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_every_key_is_known() {
        let all = patterns();
        let lists = [&all.steps.uses, &all.steps.run, &all.steps.image];
        let mut patterns: Vec<&Pattern> = lists.iter().flat_map(|l| l.iter().map(|(_, p)| p)).collect();
        patterns.extend(all.content.iter().map(|c| &c.pattern));
        patterns.extend(all.names.iter().map(|(_, _, p)| p));
        patterns.push(&all.non_product);
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
