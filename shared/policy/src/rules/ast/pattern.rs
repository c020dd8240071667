//! Patterns: code with `$VARIABLES`, parsed by the same grammar and compared node by node.
//!
//! ast-grep's `smart` strictness: everything the pattern spells must be there; the code may have more punctuation and
//! comments between. `$A` is one node, `$$A` one node with or without a name, `$_` any node without remembering it,
//! `$$$A` any number of them.

use std::{borrow::Cow, collections::BTreeSet};

use crate::{
    lang::Language,
    rules::schema::Fault,
    tree::{Id, Meter, RawTree},
};

/// Characters of a pattern.
const MAX_PATTERN: usize = 4_096;
/// Stands for `$` where the grammar takes no `$` in a name; a letter nobody writes in code.
const STAND_IN: char = 'µ';
/// Parser callbacks a pattern may take.
const MAX_NESTING: u16 = 200;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    root: Goal,
}

#[derive(Clone, Debug)]
enum Goal {
    /// A metavariable; `None` does not remember.
    One(Option<String>),
    /// Any number of nodes.
    Many(Option<String>),
    Leaf {
        kind: u16,
        named: bool,
        text: String,
    },
    Inner {
        kind: u16,
        children: Vec<Goal>,
    },
}

/// What metavariables stand for: name and nodes.
pub(super) type Env<'p> = Vec<(&'p str, Vec<Id>)>;

/// What comparing one goal with one node says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Same,
    /// Look at the next node instead.
    Skip,
    Different,
}

/// The tree that is searched.
#[derive(Clone, Copy)]
pub(super) struct View<'t> {
    pub(super) src: &'t str,
    pub(super) raw: &'t RawTree,
    pub(super) meter: &'t Meter,
}

impl Pattern {
    /// Parse a pattern; with a selector, the first node of that kind in it.
    pub(super) fn compile(
        language: Language,
        code: &str,
        selector: Option<&BTreeSet<u16>>,
    ) -> Result<Self, Fault> {
        if code.len() > MAX_PATTERN {
            return Err(Fault::new(format!("a pattern has {} bytes; at most {MAX_PATTERN}", code.len())));
        }
        let text = prepared(language, code);
        // Some grammars want a statement to end.
        let whole = [Cow::Borrowed(text.as_str()), Cow::Owned(format!("{text};"))];
        let parsed = whole.iter().find_map(|text| Some((&**text, parse(language, text)?)));
        let Some((text, raw)) = parsed else {
            let hint = "write it as complete code, or give `context` and `selector`";
            return Err(Fault::new(format!("the pattern is no {} code: {hint}", language.key())));
        };
        let at = match selector {
            None => whole_of(language, &raw)?,
            Some(kinds) => {
                let mut ids = raw.span(0);
                let found = ids.find(|id| kinds.contains(&raw.node(*id).kind));
                found.ok_or_else(|| Fault::new("the selector names nothing in the context"))?
            }
        };
        let root = goal(language, text, &raw, at, 0)?;
        if matches!(root, Goal::Many(_)) {
            return Err(Fault::new("`$$$` alone is no pattern: a pattern is one node"));
        }
        Ok(Pattern { root })
    }

    /// The kind a node must have.
    pub(super) fn kind(&self) -> Option<u16> {
        match &self.root {
            Goal::Leaf { kind, .. } | Goal::Inner { kind, .. } => Some(*kind),
            Goal::One(_) | Goal::Many(_) => None,
        }
    }

    /// Whether the node is an instance; binds variables.
    pub(super) fn matches<'p>(&'p self, view: View<'_>, id: Id, env: &mut Env<'p>) -> bool {
        match &self.root {
            // As a whole it may be a comment, too.
            Goal::One(name) => bind(view, name.as_deref(), vec![id], env),
            root => compare(view, root, id, env) == Outcome::Same,
        }
    }
}

/// `$` as the grammar takes it, and what must stand before code.
fn prepared(language: Language, code: &str) -> String {
    let native = language.is_script() || language == Language::Java;
    let chars: Vec<char> = code.chars().collect();
    let mut text = String::with_capacity(code.len() + 8);
    if language == Language::Php && !code.contains("<?") {
        text.push_str("<?php ");
    }
    let mut at = 0;
    while at < chars.len() {
        let run = chars[at..].iter().take_while(|c| **c == '$').count();
        let after = chars.get(at + run);
        let names = after.is_some_and(|c| c.is_ascii_uppercase() || *c == '_') || run == 3;
        if run == 0 {
            text.push(chars[at]);
            at += 1;
        } else {
            let c = if names && !native { STAND_IN } else { '$' };
            text.extend(std::iter::repeat_n(c, run));
            at += run;
        }
    }
    text
}

fn parse(language: Language, text: &str) -> Option<RawTree> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&language.tables().parser).ok()?;
    let tree = parser.parse(text, None)?;
    let raw = RawTree::new(&tree);
    let broken = raw.nodes.iter().any(|node| node.kind == u16::MAX);
    (!broken).then_some(raw)
}

/// The node that the whole text is.
fn whole_of(language: Language, raw: &RawTree) -> Result<Id, Fault> {
    let real = |id: Id| {
        let present = move |id: &Id| !raw.node(*id).missing && raw.node(*id).start < raw.node(*id).end;
        raw.children(id).filter(present).collect::<Vec<Id>>()
    };
    let mut at = 0;
    let mut children = real(0);
    if language == Language::Php {
        children
            .retain(|id| language.tables().parser.node_kind_for_id(raw.node(*id).kind) != Some("php_tag"));
    }
    match children.len() {
        0 => return Err(Fault::new("the pattern is empty")),
        1 => {}
        count => return Err(Fault::new(format!("the pattern is {count} nodes; it must be one"))),
    }
    while let [only] = children[..] {
        at = only;
        children = real(only);
    }
    Ok(at)
}

fn goal(language: Language, text: &str, raw: &RawTree, id: Id, depth: u16) -> Result<Goal, Fault> {
    if depth > MAX_NESTING {
        return Err(Fault::new(format!("the pattern nests deeper than {MAX_NESTING}")));
    }
    let own = raw.text(text, id);
    let sigil = if language.is_script() || language == Language::Java { '$' } else { STAND_IN };
    if let Some(variable) = variable(own, sigil) {
        return Ok(variable);
    }
    let node = raw.node(id);
    if raw.is_leaf(id) {
        return Ok(Goal::Leaf { kind: node.kind, named: node.named, text: own.to_owned() });
    }
    let there = raw.children(id).filter(|child| !raw.node(*child).missing);
    let children = there.map(|child| goal(language, text, raw, child, depth + 1));
    Ok(Goal::Inner { kind: node.kind, children: children.collect::<Result<_, _>>()? })
}

fn variable(text: &str, sigil: char) -> Option<Goal> {
    let name = text.trim_start_matches(sigil);
    let sigils = text.chars().take_while(|c| *c == sigil).count();
    let plain = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    let kept = Some(name.to_owned()).filter(|name| !name.starts_with('_') && !name.is_empty());
    match (sigils, plain) {
        (1 | 2, true) if !name.is_empty() => Some(Goal::One(kept)),
        (3, true) => Some(Goal::Many(kept)),
        _ => None,
    }
}

fn compare<'p>(view: View<'_>, goal: &'p Goal, id: Id, env: &mut Env<'p>) -> Outcome {
    let node = view.raw.node(id);
    if !view.meter.step() {
        return Outcome::Different;
    }
    let found = |same: bool| if same { Outcome::Same } else { Outcome::Different };
    match goal {
        Goal::Leaf { kind, named, text } => {
            let length = (node.end - node.start) as usize;
            if *kind == node.kind && (!named || (length == text.len() && view.raw.text(view.src, id) == text))
            {
                Outcome::Same
            } else if node.extra || !node.named {
                Outcome::Skip
            } else {
                Outcome::Different
            }
        }
        Goal::One(_) | Goal::Many(_) if node.extra => Outcome::Skip,
        Goal::One(name) => found(bind(view, name.as_deref(), vec![id], env)),
        Goal::Many(_) => Outcome::Different,
        Goal::Inner { kind, .. } if *kind != node.kind => Outcome::Different,
        Goal::Inner { children, .. } => {
            let candidates: Vec<Id> = view.raw.children(id).collect();
            view.meter.charge(candidates.len() as u64);
            found(!candidates.is_empty() && compare_all(view, children, &candidates, env).is_some())
        }
    }
}

/// Children against children; `None` = they differ.
fn compare_all<'p>(view: View<'_>, goals: &'p [Goal], candidates: &[Id], env: &mut Env<'p>) -> Option<()> {
    let (mut goals, mut rest) = (goals, candidates);
    while let Some((goal, later)) = goals.split_first() {
        if let Goal::Many(name) = goal {
            // Punctuation after `$$$` in the pattern is not asked for again.
            let trivial = later.iter().take_while(|goal| matches!(goal, Goal::Leaf { named: false, .. }));
            let skipped = trivial.count();
            goals = &later[skipped..];
            let Some(next) = goals.first() else {
                let kept = rest.len().saturating_sub(skipped);
                return bind(view, name.as_deref(), rest[..kept].to_vec(), env).then_some(());
            };
            let taken = if matches!(next, Goal::Many(_)) {
                1.min(rest.len())
            } else {
                rest.iter().position(|id| compare(view, next, *id, &mut env.clone()) == Outcome::Same)?
            };
            if !bind(view, name.as_deref(), rest[..taken].to_vec(), env) {
                return None;
            }
            rest = &rest[taken..];
            continue;
        }
        loop {
            let (candidate, others) = rest.split_first()?;
            rest = others;
            match compare(view, goal, *candidate, env) {
                Outcome::Same => break,
                Outcome::Skip => {}
                Outcome::Different => return None,
            }
        }
        goals = later;
        // What follows `$$$` may be nothing at all.
        if rest.is_empty() {
            return goals.iter().all(|goal| matches!(goal, Goal::Many(_))).then_some(());
        }
    }
    // Smart: more of the same node may follow, e.g. a trailing comma or a return type.
    Some(())
}

fn bind<'p>(view: View<'_>, name: Option<&'p str>, nodes: Vec<Id>, env: &mut Env<'p>) -> bool {
    let Some(name) = name else { return true };
    let Some((_, known)) = env.iter().find(|(known, _)| *known == name) else {
        env.push((name, nodes));
        return true;
    };
    let named = |ids: &[Id]| ids.iter().copied().filter(|id| view.raw.node(*id).named).collect::<Vec<Id>>();
    // A single node need not be a named one.
    let (left, right) = if known.len() == 1 && nodes.len() == 1 {
        (known.clone(), nodes)
    } else {
        (named(known), named(&nodes))
    };
    left.len() == right.len()
        && left.iter().zip(&right).all(|(a, b)| view.raw.same(view.src, *a, *b, view.meter))
}
