//! The node loop: one pass over the tree, every step counted.

use super::{
    Found, Node, Nth, Relation, Stop, Test,
    pattern::{Env, View},
};
use crate::tree::{Id, Meter, RawTree};

/// Characters of a metavariable's text in a message.
const MAX_SHOWN: usize = 60;

pub(super) fn all(node: &Node, src: &str, raw: &RawTree, meter: &Meter) -> Vec<Found> {
    let view = View { src, raw, meter };
    let mut found = Vec::new();
    let Some(kinds) = &node.kinds else { return found };
    for (id, candidate) in (0..).zip(&raw.nodes) {
        if !kinds.contains(&candidate.kind) || candidate.missing {
            continue;
        }
        let mut env = Env::new();
        if holds(node, view, id, &mut env) {
            let vars = env.iter().map(|(name, nodes)| ((*name).to_owned(), shown(view, nodes)));
            found.push(Found { start: candidate.start, end: candidate.end, vars: vars.collect() });
        }
        if meter.is_out() {
            break;
        }
    }
    found
}

fn shown(view: View<'_>, nodes: &[Id]) -> String {
    let (Some(first), Some(last)) = (nodes.first(), nodes.last()) else { return String::new() };
    let range = view.raw.node(*first).start as usize..view.raw.node(*last).end as usize;
    let text = view.src.get(range).unwrap_or("");
    let line = text.lines().next().unwrap_or("");
    if line.len() == text.len() && line.chars().count() <= MAX_SHOWN {
        return text.to_owned();
    }
    format!("{}…", line.chars().take(MAX_SHOWN).collect::<String>())
}

fn holds<'p>(node: &'p Node, view: View<'_>, id: Id, env: &mut Env<'p>) -> bool {
    if !view.meter.step() || node.kinds.as_ref().is_some_and(|kinds| !kinds.contains(&view.raw.node(id).kind))
    {
        return false;
    }
    node.tests.iter().all(|test| passes(test, view, id, env)) && !view.meter.is_out()
}

fn passes<'p>(test: &'p Test, view: View<'_>, id: Id, env: &mut Env<'p>) -> bool {
    match test {
        Test::Pattern(pattern) => attempt(env, |env| pattern.matches(view, id, env)),
        Test::Kind(kinds) => kinds.contains(&view.raw.node(id).kind),
        Test::Regex(regex) => {
            let text = view.raw.text(view.src, id);
            view.meter.read(text.len()) && regex.is_match(text)
        }
        Test::Nth(nth) => is_nth(nth, view, id),
        Test::Inside(relation) => inside(relation, view, id, env),
        Test::Has(relation) => has(relation, view, id, env),
        Test::Precedes(relation) => beside(relation, view, id, env, RawTree::next),
        Test::Follows(relation) => beside(relation, view, id, env, RawTree::previous),
        Test::All(nodes) => nodes.iter().all(|node| holds(node, view, id, env)),
        Test::Any(nodes) => nodes.iter().any(|node| attempt(env, |env| holds(node, view, id, env))),
        Test::Not(node) => !holds(node, view, id, &mut env.clone()),
    }
}

/// What a failed attempt bound is forgotten.
fn attempt<'p>(env: &mut Env<'p>, test: impl FnOnce(&mut Env<'p>) -> bool) -> bool {
    let known = env.len();
    let passed = test(env);
    if !passed {
        env.truncate(known);
    }
    passed
}

fn inside<'p>(relation: &'p Relation, view: View<'_>, id: Id, env: &mut Env<'p>) -> bool {
    let mut below = id;
    while let Some(up) = view.raw.parent(below) {
        if !view.meter.step() {
            return false;
        }
        let in_field = relation.field.is_none_or(|field| view.raw.node(below).field == field);
        if in_field && attempt(env, |env| holds(&relation.node, view, up, env)) {
            return true;
        }
        if stops(&relation.stop, view, up) {
            return false;
        }
        below = up;
    }
    false
}

fn has<'p>(relation: &'p Relation, view: View<'_>, id: Id, env: &mut Env<'p>) -> bool {
    let in_field = |child: &Id| relation.field.is_none_or(|field| view.raw.node(*child).field == field);
    for child in view.raw.children(id).filter(in_field) {
        let mut at = child;
        let end = view.raw.span(child).end;
        while at < end {
            if attempt(env, |env| holds(&relation.node, view, at, env)) {
                return true;
            }
            if view.meter.is_out() {
                return false;
            }
            // Where it stops, nothing below is looked at.
            at = if stops(&relation.stop, view, at) { view.raw.span(at).end } else { at + 1 };
        }
    }
    false
}

fn beside<'p>(
    relation: &'p Relation,
    view: View<'_>,
    id: Id,
    env: &mut Env<'p>,
    step: fn(&RawTree, Id) -> Option<Id>,
) -> bool {
    let mut at = id;
    while let Some(sibling) = step(view.raw, at) {
        if attempt(env, |env| holds(&relation.node, view, sibling, env)) {
            return true;
        }
        if stops(&relation.stop, view, sibling) || view.meter.is_out() {
            return false;
        }
        at = sibling;
    }
    false
}

fn stops(stop: &Stop, view: View<'_>, id: Id) -> bool {
    match stop {
        Stop::Neighbor => true,
        Stop::End => false,
        Stop::At(node) => holds(node, view, id, &mut Env::new()),
    }
}

fn is_nth(nth: &Nth, view: View<'_>, id: Id) -> bool {
    let Some(parent) = view.raw.parent(id) else { return false };
    let counts = |sibling: &Id| {
        view.meter.step()
            && view.raw.node(*sibling).named
            && nth.of.as_ref().is_none_or(|node| holds(node, view, *sibling, &mut Env::new()))
    };
    let siblings: Vec<Id> = view.raw.children(parent).filter(counts).collect();
    let Some(at) = siblings.iter().position(|sibling| *sibling == id) else { return false };
    let at = if nth.reverse { siblings.len() - at } else { at + 1 };
    let Ok(at) = i64::try_from(at) else { return false };
    let distance = at - nth.offset;
    match nth.step {
        0 => distance == 0,
        step => distance % step == 0 && distance / step >= 0,
    }
}
