//! Selectors: rules as data. They match facts (a call, a binding, a route…), so one rule reads every language.

mod doc;
mod select;

use std::collections::BTreeSet;

pub(super) use doc::MatchDoc;
use regex::Regex;

use super::{Hit, Hits};
use crate::{facts::Code, text::Text, tree::Id, vocabulary::Class};

/// A compiled selector.
#[derive(Clone, Debug)]
pub(crate) enum Matcher {
    Call(CallSelector),
    Binding(BindingSelector),
    Route(RouteSelector),
    Comment(Regex),
    String(StringSelector),
    EmptyCatch,
    Annotation(Vec<String>),
    /// Over the lines of any file.
    Line(Regex),
    Any(Vec<Matcher>),
    All(Vec<Matcher>),
    Not(Box<Matcher>),
    Inside(Box<Matcher>),
    Has(Box<Matcher>),
}

#[derive(Clone, Debug)]
pub(crate) struct CallSelector {
    names: Vec<String>,
    receivers: Vec<String>,
    arg: Option<ArgSelector>,
}

#[derive(Clone, Debug)]
pub(crate) struct ArgSelector {
    at: Option<usize>,
    classes: Class,
    literal: Option<Regex>,
    unless: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct BindingSelector {
    words: Vec<Vec<String>>,
    name: Option<Regex>,
    boolean: Option<bool>,
    string: Option<Regex>,
    above: Option<f64>,
    below: Option<f64>,
}

#[derive(Clone, Debug)]
pub(crate) struct RouteSelector {
    methods: Vec<String>,
    path: Option<Regex>,
    without: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct StringSelector {
    regex: Option<Regex>,
    luhn: bool,
    min_entropy: f64,
}

/// A matched node and what `$NAME` stands for.
type Match = (Id, String);

impl Matcher {
    /// Whether it reads text, not code.
    pub(crate) fn is_text(&self) -> bool {
        match self {
            Matcher::Line(_) => true,
            Matcher::Any(parts) | Matcher::All(parts) => parts.iter().all(Matcher::is_text),
            Matcher::Not(inner) | Matcher::Inside(inner) | Matcher::Has(inner) => inner.is_text(),
            _ => false,
        }
    }

    pub(crate) fn run(&self, code: &Code<'_, '_>, message: &str, hits: &mut Hits) {
        for (id, name) in self.select(code) {
            hits.at(code, id, message.replace("$NAME", &name));
        }
    }

    pub(crate) fn run_text(&self, text: &Text<'_>, message: &str, hits: &mut Hits) {
        let mut offset = 0;
        for line in text.src.split_inclusive('\n') {
            // A line longer than this is no line somebody wrote.
            if line.len() <= 4_096 {
                for (start, end) in self.spans(line) {
                    let at = |byte: usize| u32::try_from(offset + byte).unwrap_or(u32::MAX);
                    hits.push(Hit::new(
                        at(start),
                        at(end),
                        message.replace("$NAME", line.get(start..end).unwrap_or("")),
                    ));
                }
            }
            offset += line.len();
        }
    }

    fn spans(&self, line: &str) -> Vec<(usize, usize)> {
        match self {
            Matcher::Line(regex) => regex.find_iter(line).map(|found| (found.start(), found.end())).collect(),
            Matcher::Any(parts) => parts.iter().flat_map(|part| part.spans(line)).collect(),
            Matcher::All(parts) => {
                let positive = parts.iter().find(|part| !matches!(part, Matcher::Not(_)));
                let holds = parts.iter().all(|part| match part {
                    Matcher::Not(inner) => inner.spans(line).is_empty(),
                    other => !other.spans(line).is_empty(),
                });
                if holds { positive.map(|part| part.spans(line)).unwrap_or_default() } else { Vec::new() }
            }
            _ => Vec::new(),
        }
    }

    fn select(&self, code: &Code<'_, '_>) -> Vec<Match> {
        match self {
            Matcher::Call(selector) => selector.select(code),
            Matcher::Binding(selector) => selector.select(code),
            Matcher::Route(selector) => selector.select(code),
            Matcher::Comment(regex) => select::comments(code, regex),
            Matcher::String(selector) => selector.select(code),
            Matcher::EmptyCatch => select::empty_catches(code),
            Matcher::Annotation(names) => select::annotations(code, names),
            Matcher::Any(parts) => parts.iter().flat_map(|part| part.select(code)).collect(),
            Matcher::All(parts) => all(code, parts),
            Matcher::Line(_) | Matcher::Not(_) | Matcher::Inside(_) | Matcher::Has(_) => Vec::new(),
        }
    }
}

/// Whether a node stays, given the nodes of another part.
type Keeps = fn(&Code<'_, '_>, Id, &BTreeSet<Id>) -> bool;

/// Nodes of the first positive part that every other part agrees with.
fn all(code: &Code<'_, '_>, parts: &[Matcher]) -> Vec<Match> {
    let positive = |part: &Matcher| !matches!(part, Matcher::Not(_) | Matcher::Inside(_) | Matcher::Has(_));
    let Some(first) = parts.iter().position(positive) else { return Vec::new() };
    let mut found = parts[first].select(code);
    for (_, part) in parts.iter().enumerate().filter(|(at, _)| *at != first) {
        let (inner, keeps): (&Matcher, Keeps) = match part {
            Matcher::Not(inner) => (inner, |code, id, set| !set.contains(&id) && !below(code, id, set)),
            Matcher::Inside(inner) => {
                (inner, |code, id, set| code.module.ancestors(id).any(|up| set.contains(&up)))
            }
            Matcher::Has(inner) => (inner, below),
            same => (same, |_, id, set| set.contains(&id)),
        };
        let set: BTreeSet<Id> = inner.select(code).into_iter().map(|(id, _)| id).collect();
        found.retain(|(id, _)| keeps(code, *id, &set));
    }
    found
}

fn below(code: &Code<'_, '_>, id: Id, set: &BTreeSet<Id>) -> bool {
    let end = code.module.node(id).end;
    set.range(id + 1..).next().is_some_and(|next| code.module.node(*next).start < end)
}
