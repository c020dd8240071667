//! One file, all rules: gate, parse, run. Everything that bounds the work stands here.

use std::{borrow::Cow, sync::Arc};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

use crate::{
    bundle::RuleSetting,
    change::{RepoPath, SourceFile},
    config,
    facts::Code,
    lang::Language,
    project::Project,
    role::{Role, Roles, is_minified},
    rules::{Hit, Hits, Rule},
    text::Text,
    tree::{Lines, Module, Parsers, Shape, Stop},
    verdict::{Skipped, Tier},
};

/// Bytes of a file that is analysed.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// Nodes of a tree that is analysed; an ordinary file of 1 MiB has a quarter of it.
const MAX_NODES: usize = 2_000_000;

/// The rules of one verification with their gate.
pub(crate) struct Plan {
    pub(crate) rules: Vec<(Arc<Rule>, RuleSetting)>,
    gate: Gate,
}

/// Which rules can fire in a text, by the literals they cannot do without.
struct Gate {
    automaton: Option<AhoCorasick>,
    /// Per pattern: the (rule, group) pairs it satisfies.
    satisfies: Vec<Vec<(usize, usize)>>,
    /// Per rule: number of groups.
    groups: Vec<usize>,
}

impl Gate {
    fn new(rules: &[(Arc<Rule>, RuleSetting)]) -> Self {
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
    fn open(&self, path: &str, text: &str) -> Vec<bool> {
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

/// One finding in one file, with everything the verdict needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// Index into [`Plan::rules`].
    pub(crate) rule: usize,
    pub(crate) hit: Hit,
    /// The role of the file makes it information.
    pub(crate) informs: bool,
    pub(crate) symbol: String,
    pub(crate) snippet: String,
    pub(crate) start: (u32, u32),
    pub(crate) end: (u32, u32),
}

/// What a file gave.
#[derive(Clone, Debug)]
pub(crate) struct Analysis {
    path: RepoPath,
    pub(crate) findings: Vec<Finding>,
    pub(crate) skipped: Vec<Skipped>,
    /// The text as analysed, for suppression comments.
    pub(crate) directives: Vec<crate::suppress::Parsed>,
    pub(crate) analysed: bool,
}

impl Plan {
    pub(crate) fn new(rules: Vec<(Arc<Rule>, RuleSetting)>) -> Self {
        let gate = Gate::new(&rules);
        Plan { rules, gate }
    }

    /// Run every rule that can fire.
    pub(crate) fn analyse(&self, file: &SourceFile, project: &Project, parsers: &mut Parsers) -> Analysis {
        let path = file.path.as_str();
        let mut analysis = Analysis {
            path: file.path.clone(),
            findings: Vec::new(),
            skipped: Vec::new(),
            directives: Vec::new(),
            analysed: false,
        };
        let Some(source) = readable(file, &mut analysis) else { return analysis };
        let roles = Roles::of(path, &source);
        if let Some(reason) = by_design(path, &source, roles) {
            skip(&mut analysis, reason, false);
            return analysis;
        }
        analysis.analysed = true;
        let language = Language::of_path(path);
        let text = Text::new(path, &source, language, roles);
        let open = self.gate.open(path, &source);
        let runs: Vec<(usize, &Rule, bool)> = self
            .rules
            .iter()
            .enumerate()
            .filter(|(at, (rule, _))| open[*at] && rule.reads(language))
            .filter_map(|(at, (rule, _))| Some((at, &**rule, rule.in_roles(roles)?)))
            .collect();
        if runs.is_empty() {
            return analysis;
        }
        let mut found: Vec<(usize, bool, Hits)> = Vec::new();
        for (at, rule, informs) in &runs {
            let mut hits = Hits::default();
            rule.run_text(&text, &mut hits);
            found.push((*at, *informs, hits));
        }
        let script = only_script(path, &source);
        let module = tree(&script, language, &runs, parsers, &mut analysis);
        if let Some(module) = &module {
            let code = Code::new(module, path, project);
            for ((_, rule, _), (_, _, hits)) in runs.iter().zip(&mut found) {
                rule.run_code(&code, hits);
            }
        }
        self.place(&source, module.as_ref(), found, &mut analysis);
        analysis.directives = crate::suppress::scan(&source);
        analysis
    }

    fn place(
        &self,
        source: &str,
        module: Option<&Module<'_>>,
        found: Vec<(usize, bool, Hits)>,
        analysis: &mut Analysis,
    ) {
        if found.iter().all(|(_, _, hits)| hits.hits.is_empty()) {
            return;
        }
        let lines = Lines::new(source);
        let tests = module.map(test_regions).unwrap_or_default();
        for (rule, informs, hits) in found {
            if hits.capped {
                let reason = format!("{} has more findings here than are listed", self.rules[rule].0.id);
                skip(analysis, &reason, false);
            }
            for hit in hits.hits {
                let in_test = tests.iter().any(|region| region.contains(&hit.start));
                let Some(informs) = in_region(&self.rules[rule].0, in_test, informs) else { continue };
                let snippet = source.get(hit.start as usize..hit.end as usize).unwrap_or("");
                let snippet = hit.stand_in.clone().unwrap_or_else(|| snippet.chars().take(2_000).collect());
                let symbol = module.map(|module| symbol(module, hit.start)).unwrap_or_default();
                let (start, end) = (lines.position(hit.start), lines.position(hit.end));
                analysis.findings.push(Finding { rule, hit, informs, symbol, snippet, start, end });
            }
        }
    }
}

fn tree<'s>(
    source: &'s str,
    language: Option<Language>,
    runs: &[(usize, &Rule, bool)],
    parsers: &mut Parsers,
    analysis: &mut Analysis,
) -> Option<Module<'s>> {
    let language = language.filter(|_| runs.iter().any(|(_, rule, _)| rule.needs_tree()))?;
    match parsers.module(language, source) {
        Ok(module) if module.nodes.len() > MAX_NODES => {
            skip(analysis, "too many syntax nodes: only text rules were applied", true);
            None
        }
        Ok(module) => Some(module),
        Err(Stop::Budget) => {
            skip(analysis, "the parser's step budget ran out: only text rules were applied", true);
            None
        }
    }
}

fn skip(analysis: &mut Analysis, reason: &str, incomplete: bool) {
    analysis.skipped.push(Skipped { path: analysis.path.clone(), reason: reason.to_owned(), incomplete });
}

/// The file as text; what cannot be one is skipped with its reason.
fn readable<'f>(file: &'f SourceFile, analysis: &mut Analysis) -> Option<Cow<'f, str>> {
    let path = file.path.as_str();
    let known = Language::of_path(path).is_some() || config::is_config(path);
    let head = &file.bytes[..file.bytes.len().min(8_192)];
    if head.contains(&0) {
        skip(analysis, "binary: it contains NUL bytes", known);
        return None;
    }
    if file.bytes.len() > MAX_BYTES {
        analysis.skipped.push(too_large(&file.path, head, file.bytes.len() as u64));
        return None;
    }
    match std::str::from_utf8(&file.bytes) {
        Ok(text) => Some(Cow::Borrowed(text)),
        Err(_) => {
            skip(analysis, "not UTF-8: bytes that are none were read as `?`", false);
            Some(Cow::Owned(replace_invalid(&file.bytes)))
        }
    }
}

/// Why a file beyond [`MAX_BYTES`] is not analysed, by its first bytes.
pub(crate) fn too_large(path: &RepoPath, head: &[u8], bytes: u64) -> Skipped {
    let text = String::from_utf8_lossy(head);
    let known = Language::of_path(path.as_str()).is_some() || config::is_config(path.as_str());
    let (reason, incomplete) = if head.contains(&0) {
        ("binary: it contains NUL bytes".to_owned(), known)
    } else if let Some(reason) = by_design(path.as_str(), &text, Roles::of(path.as_str(), &text)) {
        (reason.to_owned(), false)
    } else {
        (format!("larger than 1 MiB ({bytes} bytes)"), known)
    };
    Skipped { path: path.clone(), reason, incomplete }
}

/// One `?` per invalid byte: offsets stay.
fn replace_invalid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    text
}

/// Of a component file only its scripts, everything else blanked: offsets stay.
fn only_script<'s>(path: &str, source: &'s str) -> Cow<'s, str> {
    if !(path.ends_with(".vue") || path.ends_with(".svelte")) {
        return Cow::Borrowed(source);
    }
    let mut bytes: Vec<u8> = source.bytes().map(|byte| if byte == b'\n' { byte } else { b' ' }).collect();
    let mut at = 0;
    while let Some(open) = source[at..].find("<script").map(|found| at + found) {
        let Some(start) = source[open..].find('>').map(|found| open + found + 1) else { break };
        let end = source[start..].find("</script").map_or(source.len(), |found| start + found);
        bytes[start..end].copy_from_slice(&source.as_bytes()[start..end]);
        at = end;
    }
    Cow::Owned(String::from_utf8(bytes).unwrap_or_default())
}

fn by_design(path: &str, source: &str, roles: Roles) -> Option<&'static str> {
    if roles.has(Role::Vendored) {
        return Some("vendored: somebody else's code");
    }
    if roles.has(Role::Generated) {
        return Some("generated: judge what it is generated from");
    }
    if is_minified(path, source) && !config::is_config(path) {
        return Some("minified");
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let lock = matches!(
        name,
        "package-lock.json"
            | "yarn.lock"
            | "pnpm-lock.yaml"
            | "Cargo.lock"
            | "poetry.lock"
            | "composer.lock"
            | "Gemfile.lock"
            | "go.sum"
    );
    lock.then_some("lock file: checksums look like secrets and are none")
}

/// Rust keeps its unit tests beside the code: `#[cfg(test)] mod tests`, `#[test] fn`.
fn test_regions(module: &Module<'_>) -> Vec<std::ops::Range<u32>> {
    if module.language != Language::Rust {
        return Vec::new();
    }
    let marks = |id: &u32| {
        let text = module.text(*id);
        text.starts_with("#[cfg(") && text.contains("test")
            || text.starts_with("#[test]")
            || text.contains("::test")
    };
    let marked = module.all(Shape::Modifiers).iter().copied().filter(marks);
    marked
        .filter_map(|id| {
            let parent = module.parent(id)?;
            let subject =
                module.children(parent).find(|next| *next > id && module.shape(*next) != Shape::Modifiers)?;
            Some(module.node(subject).start..module.node(subject).end)
        })
        .collect()
}

/// What a rule does with a finding in a test region: `None` = nothing, else whether it only informs.
fn in_region(rule: &Rule, in_test: bool, informs: bool) -> Option<bool> {
    if !in_test {
        return Some(informs);
    }
    if rule.off.contains(&Role::Test) {
        return None;
    }
    // A rule that says nothing about tests still does not block in them.
    Some(true)
}

/// Names of the functions and classes around an offset, outermost first.
fn symbol(module: &Module<'_>, offset: u32) -> String {
    let holds = |id: &u32| {
        let node = module.node(*id);
        node.start <= offset && offset < node.end
    };
    let mut around: Vec<u32> = [Shape::Class, Shape::Function]
        .iter()
        .flat_map(|shape| module.all(*shape))
        .copied()
        .filter(holds)
        .collect();
    around.sort_unstable();
    let named = around.into_iter().map(|id| match module.shape(id) {
        Shape::Class => module.class_name(id),
        _ => module.function_name(id),
    });
    named.filter(|name| !name.is_empty()).take(8).collect::<Vec<_>>().join(".")
}

/// The tier of a finding before any setting.
pub(crate) fn own_tier(rule: &Rule, finding: &Finding) -> Tier {
    if finding.informs { Tier::Evaluate } else { finding.hit.tier.unwrap_or(rule.tier) }
}
