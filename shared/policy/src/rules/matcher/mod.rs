//! Selectors: rules as data. They match facts (a call, a binding, a route…), so one rule reads every language.

mod doc;
mod select;

pub(super) use doc::{MatchDoc, regex};
use regex::Regex;

use super::{Hit, Hits, ast::AstRule};
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
    Ast(AstRule),
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

/// What was matched, by place: selectors of facts and of syntax meet there.
#[derive(Clone, Debug)]
struct Match {
    start: u32,
    end: u32,
    /// What `$NAME` stands for.
    name: String,
    /// What the metavariables of an `ast:` rule stand for.
    vars: Vec<(String, String)>,
}

impl Match {
    fn message(&self, template: &str) -> String {
        let mut message = template.to_owned();
        // Longer names first: `$ARGS` is not `$ARG` and an `S`.
        let mut vars: Vec<&(String, String)> = self.vars.iter().collect();
        vars.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        for (name, text) in vars {
            message = message.replace(&format!("${name}"), text);
        }
        message.replace("$NAME", &self.name)
    }
}

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

    /// Whether some part reads lines.
    fn reads_lines(&self) -> bool {
        match self {
            Matcher::Line(_) => true,
            Matcher::Any(parts) | Matcher::All(parts) => parts.iter().any(Matcher::reads_lines),
            Matcher::Not(inner) | Matcher::Inside(inner) | Matcher::Has(inner) => inner.reads_lines(),
            _ => false,
        }
    }

    /// Whether some part reads the grammar's own tree.
    pub(crate) fn reads_syntax(&self) -> bool {
        match self {
            Matcher::Ast(_) => true,
            Matcher::Any(parts) | Matcher::All(parts) => parts.iter().any(Matcher::reads_syntax),
            Matcher::Not(inner) | Matcher::Inside(inner) | Matcher::Has(inner) => inner.reads_syntax(),
            _ => false,
        }
    }

    /// A condition on what another selector found.
    fn is_condition(&self) -> bool {
        matches!(self, Matcher::Not(_) | Matcher::Inside(_) | Matcher::Has(_))
    }

    pub(crate) fn run(&self, code: &Code<'_, '_>, message: &str, hits: &mut Hits) {
        for found in self.select(code) {
            hits.push(Hit::new(found.start, found.end, found.message(message)));
        }
    }

    pub(crate) fn run_text(&self, text: &Text<'_>, message: &str, hits: &mut Hits) {
        if !self.is_text() {
            return;
        }
        let mut offset = 0;
        for line in text.src.split_inclusive('\n') {
            // A line longer than this is no line somebody wrote.
            if line.len() <= 4_096 && text.meter.read(line.len()) {
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
                let positive = parts.iter().find(|part| !part.is_condition());
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
        let placed = |found: Vec<(Id, String)>| {
            let place = |(id, name): (Id, String)| {
                let node = code.module.node(id);
                Match { start: node.start, end: node.end, name, vars: Vec::new() }
            };
            found.into_iter().map(place).collect()
        };
        match self {
            Matcher::Call(selector) => placed(selector.select(code)),
            Matcher::Binding(selector) => placed(selector.select(code)),
            Matcher::Route(selector) => placed(selector.select(code)),
            Matcher::Comment(regex) => placed(select::comments(code, regex)),
            Matcher::String(selector) => placed(selector.select(code)),
            Matcher::EmptyCatch => placed(select::empty_catches(code)),
            Matcher::Annotation(names) => placed(select::annotations(code, names)),
            Matcher::Ast(rule) => select::syntax(code, rule),
            Matcher::Any(parts) => parts.iter().flat_map(|part| part.select(code)).collect(),
            Matcher::All(parts) => all(code, parts),
            Matcher::Line(_) | Matcher::Not(_) | Matcher::Inside(_) | Matcher::Has(_) => Vec::new(),
        }
    }
}

/// Matches of the first selector that every other part agrees with.
fn all(code: &Code<'_, '_>, parts: &[Matcher]) -> Vec<Match> {
    let Some(first) = parts.iter().position(|part| !part.is_condition()) else { return Vec::new() };
    let mut found = parts[first].select(code);
    for (_, part) in parts.iter().enumerate().filter(|(at, _)| *at != first) {
        if found.is_empty() {
            break;
        }
        match part {
            Matcher::Not(inner) => {
                let places = Places::new(&inner.select(code));
                found.retain(|at| !places.has(at) && !places.below(at));
            }
            Matcher::Inside(inner) => {
                let places = Places::new(&inner.select(code));
                found.retain(|at| places.around(at));
            }
            Matcher::Has(inner) => {
                let places = Places::new(&inner.select(code));
                found.retain(|at| places.below(at));
            }
            same => {
                let others = same.select(code);
                let places = Places::new(&others);
                found.retain(|at| places.has(at));
                for at in &mut found {
                    let twin = others.iter().find(|other| (other.start, other.end) == (at.start, at.end));
                    at.vars.extend(twin.map(|twin| twin.vars.clone()).unwrap_or_default());
                }
            }
        }
    }
    found
}

/// Places of nodes of one tree: any two lie apart or one in the other.
struct Places {
    /// Sorted.
    ranges: Vec<(u32, u32)>,
    /// The farthest end among the ranges up to each.
    reach: Vec<u32>,
}

impl Places {
    fn new(found: &[Match]) -> Self {
        let mut ranges: Vec<(u32, u32)> = found.iter().map(|at| (at.start, at.end)).collect();
        ranges.sort_unstable();
        let mut far = 0;
        let reach = ranges.iter().map(|(_, end)| {
            far = far.max(*end);
            far
        });
        let reach = reach.collect();
        Places { ranges, reach }
    }

    fn has(&self, at: &Match) -> bool {
        self.ranges.binary_search(&(at.start, at.end)).is_ok()
    }

    /// Whether one of them lies within, and is not the same.
    fn below(&self, at: &Match) -> bool {
        let first = self.ranges.partition_point(|range| range.0 < at.start);
        let mut inner = self.ranges[first..].iter().take_while(|range| range.0 < at.end);
        inner.any(|range| range.1 <= at.end && *range != (at.start, at.end))
    }

    /// Whether one of them lies around, and is not the same.
    fn around(&self, at: &Match) -> bool {
        let before = self.ranges.partition_point(|range| range.0 < at.start);
        let outer = before > 0 && self.reach[before - 1] >= at.end;
        let mut beside = self.ranges[before..].iter().take_while(|range| range.0 == at.start);
        outer || beside.any(|range| range.1 > at.end)
    }
}
