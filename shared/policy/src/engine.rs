//! One file, all rules: gate, parse, run. Everything that bounds the work stands here.

use std::{borrow::Cow, sync::Arc};

use crate::{
    bundle::RuleSetting,
    change::{RepoPath, SourceFile},
    config,
    facts::Code,
    gate::Gate,
    lang::Language,
    limits::Limits,
    project::Project,
    role::{Role, Roles, is_minified},
    rules::{Hit, Hits, Rule},
    suppress,
    text::Text,
    tree::{Lines, Meter, Module, Parsers, Shape, Stop},
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
    /// Steps that custom rules spent here, by index into [`Plan::rules`].
    pub(crate) spent: Vec<(usize, u64)>,
    /// Suppression comments.
    pub(crate) directives: Vec<suppress::Parsed>,
    pub(crate) analysed: bool,
}

impl Plan {
    pub(crate) fn new(rules: Vec<(Arc<Rule>, RuleSetting)>) -> Self {
        let gate = Gate::new(&rules);
        Plan { rules, gate }
    }

    /// Run every rule that can fire, except custom ones that have no budget left.
    pub(crate) fn analyse(
        &self,
        file: &SourceFile,
        project: &Project,
        parsers: &mut Parsers,
        budget: &Budget<'_>,
    ) -> Analysis {
        let path = file.path.as_str();
        let mut analysis = Analysis {
            path: file.path.clone(),
            findings: Vec::new(),
            skipped: Vec::new(),
            spent: Vec::new(),
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
        let open = self.gate.open(path, &source);
        let mut runs: Vec<Run<'_>> = self
            .rules
            .iter()
            .enumerate()
            .filter(|(at, (rule, _))| open[*at] && rule.reads(language))
            .filter_map(|(at, (rule, _))| {
                let informs = rule.in_roles(roles)?;
                Some(Run { at, rule, informs, hits: Hits::default(), spent: 0 })
            })
            .collect();
        if runs.is_empty() {
            return analysis;
        }
        let share = budget.limits.share(runs.iter().filter(|run| run.rule.custom).count());
        // After the shares are dealt, or they would depend on the order of files.
        runs.retain(|run| !(budget.over)(run.at));
        let text = Text::new(path, &source, language, roles);
        for run in &mut runs {
            run.text(&text, share, &mut analysis);
        }
        let script = only_script(path, &source);
        let module = tree(&script, language, &runs, parsers, &mut analysis);
        if let Some(module) = &module {
            let code = Code::new(module, path, project);
            run_code(&mut runs, &code, budget.limits, share, &mut analysis);
        }
        analysis.spent = runs.iter().filter(|run| run.spent > 0).map(|run| (run.at, run.spent)).collect();
        self.place(&source, module.as_ref(), runs, &mut analysis);
        analysis.directives = suppress::scan(&source, &script, language, module.as_ref(), parsers);
        analysis
    }

    fn place(&self, source: &str, module: Option<&Module<'_>>, runs: Vec<Run<'_>>, analysis: &mut Analysis) {
        if runs.iter().all(|run| run.hits.hits.is_empty()) {
            return;
        }
        // Naming what was found is no longer matching.
        if let Some(module) = module {
            module.meter.allow(u64::MAX);
        }
        let lines = Lines::new(source);
        let tests = module.map(test_regions).unwrap_or_default();
        for Run { at: rule, informs, hits, .. } in runs {
            if hits.capped {
                let reason = format!("{} has more findings here than are listed", self.rules[rule].0.id);
                skip(analysis, &reason, false);
            }
            for hit in hits.hits {
                let in_test = tests.iter().any(|region| region.contains(&hit.start));
                let Some(informs) = in_region(&self.rules[rule].0, in_test, informs) else { continue };
                let hit = if module.is_some_and(|module| in_documentation(module, hit.start)) {
                    softened(hit, self.rules[rule].0.tier)
                } else {
                    hit
                };
                let snippet = source.get(hit.start as usize..hit.end as usize).unwrap_or("");
                let snippet = hit.stand_in.clone().unwrap_or_else(|| snippet.chars().take(2_000).collect());
                let symbol = module.map(|module| symbol(module, hit.start)).unwrap_or_default();
                let (start, end) = (lines.position(hit.start), lines.position(hit.end));
                analysis.findings.push(Finding { rule, hit, informs, symbol, snippet, start, end });
            }
        }
    }
}

/// What the work on a file may cost.
pub(crate) struct Budget<'b> {
    pub(crate) limits: &'b Limits,
    /// Whether a custom rule has spent what it may in the whole verification.
    pub(crate) over: &'b dyn Fn(usize) -> bool,
}

/// One rule in one file.
struct Run<'r> {
    at: usize,
    rule: &'r Rule,
    informs: bool,
    hits: Hits,
    /// Steps, for custom rules.
    spent: u64,
}

impl Run<'_> {
    fn text(&mut self, text: &Text<'_>, share: u64, analysis: &mut Analysis) {
        if !self.rule.custom {
            self.rule.run_text(text, &mut self.hits);
            return;
        }
        text.meter.allow(share);
        self.rule.run_text(text, &mut self.hits);
        self.settle(share, &text.meter, analysis);
    }

    /// Count what a custom rule spent; what it found before it ran out is no result.
    fn settle(&mut self, share: u64, meter: &Meter, analysis: &mut Analysis) {
        self.spent += share - meter.left();
        if meter.is_out() {
            self.hits = Hits::default();
            let reason = format!("{} spent its budget of {share} steps: it was not applied", self.rule.id);
            skip(analysis, &reason, true);
        }
    }
}

/// Built-in rules share one budget, custom rules have one each, so that no organization's rule can starve the others.
fn run_code(runs: &mut [Run<'_>], code: &Code<'_, '_>, limits: &Limits, share: u64, analysis: &mut Analysis) {
    let meter = &code.module.meter;
    meter.allow_facts(limits.match_steps);
    let mut left = limits.match_steps;
    let mut stopped: Vec<&str> = Vec::new();
    for run in runs.iter_mut().filter(|run| !run.rule.custom && run.rule.needs_tree()) {
        let before = run.hits.clone();
        meter.allow(left);
        if stopped.is_empty() {
            run.rule.run_code(code, &mut run.hits);
        }
        left = meter.left();
        if meter.is_out() || meter.facts_are_out() || !stopped.is_empty() {
            run.hits = before;
            stopped.push(&run.rule.id);
        }
    }
    if !stopped.is_empty() {
        let list = stopped.join(", ");
        skip(
            analysis,
            &format!("the budget of {} steps ran out: not applied: {list}", limits.match_steps),
            true,
        );
    }
    let broken = meter.facts_are_out();
    meter.allow_facts(u64::MAX);
    for run in runs.iter_mut().filter(|run| run.rule.custom && run.rule.needs_tree()) {
        if broken {
            skip(analysis, &format!("{} was not applied: the facts are incomplete", run.rule.id), true);
            continue;
        }
        meter.allow(share);
        run.rule.run_code(code, &mut run.hits);
        run.settle(share, meter, analysis);
    }
}

fn tree<'s>(
    source: &'s str,
    language: Option<Language>,
    runs: &[Run<'_>],
    parsers: &mut Parsers,
    analysis: &mut Analysis,
) -> Option<Module<'s>> {
    let language = language.filter(|_| runs.iter().any(|run| run.rule.needs_tree()))?;
    let syntax = runs.iter().any(|run| run.rule.needs_syntax());
    match parsers.module(language, source, syntax) {
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
pub(crate) fn only_script<'s>(path: &str, source: &'s str) -> Cow<'s, str> {
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
    if path == crate::Baseline::PATH {
        return Some("the baseline: fingerprints, no code");
    }
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

/// Rust's `///` and `//!`: what stands there is an example for readers.
fn in_documentation(module: &Module<'_>, offset: u32) -> bool {
    if module.language != Language::Rust {
        return false;
    }
    let comments = module.all(Shape::Comment);
    let at = comments.partition_point(|id| module.node(*id).start <= offset);
    let Some(id) = at.checked_sub(1).map(|at| comments[at]) else { return false };
    let text = module.text(id);
    offset < module.node(id).end && (text.starts_with("///") || text.starts_with("//!"))
}

/// A finding that does not block.
fn softened(hit: Hit, tier: Tier) -> Hit {
    let tier = hit.tier.unwrap_or(tier).min(Tier::SoftBlock);
    Hit { tier: Some(tier), ..hit }
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
