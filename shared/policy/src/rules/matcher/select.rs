//! What each selector finds.

use regex::Regex;
use scrutineer_secrets::entropy;

use super::{BindingSelector, CallSelector, Match, RouteSelector, StringSelector};
use crate::{
    checks::luhn,
    facts::Code,
    rules::ast::AstRule,
    tree::{Id, Shape},
    vocabulary,
};

impl CallSelector {
    pub(super) fn select(&self, code: &Code<'_, '_>) -> Vec<(Id, String)> {
        let m = code.module;
        let macros = m.all(Shape::Macro).iter().copied();
        code.calls()
            .chain(macros)
            .filter(|call| self.names.is_empty() || self.names.iter().any(|name| name == m.call_name(*call)))
            .filter(|call| {
                self.receivers.is_empty() || self.receivers.iter().any(|name| name == m.receiver_name(*call))
            })
            .filter_map(|call| Some((call, self.argument(code, call)?)))
            .collect()
    }

    /// What `$NAME` stands for, when the arguments fit.
    fn argument(&self, code: &Code<'_, '_>, call: Id) -> Option<String> {
        let m = code.module;
        let Some(selector) = &self.arg else { return Some(m.call_name(call).to_owned()) };
        let args = m.args(call);
        let looked_at: Vec<Id> = match selector.at {
            Some(at) => args.get(at).copied().into_iter().collect(),
            None => args,
        };
        looked_at.into_iter().find_map(|arg| {
            if let Some(regex) = &selector.literal {
                return m.string(arg).filter(|text| regex.is_match(text)).map(str::to_owned);
            }
            let ends = |name: &str| {
                vocabulary::is_sanitizer(name) || selector.unless.iter().any(|want| want == name)
            };
            code.flow().reaches_unless(arg, selector.classes, &ends).map(|source| source.name.to_owned())
        })
    }
}

impl BindingSelector {
    pub(super) fn select(&self, code: &Code<'_, '_>) -> Vec<(Id, String)> {
        let mut found = Vec::new();
        for (at, name, value) in code.bindings() {
            if self.names(name) && self.holds(code, *value) {
                found.push((*at, (*name).to_owned()));
            }
        }
        found
    }

    fn names(&self, name: &str) -> bool {
        let words = vocabulary::words(name);
        let by_words = self.words.is_empty() || self.words.contains(&words);
        by_words && self.name.as_ref().is_none_or(|regex| regex.is_match(name))
    }

    fn holds(&self, code: &Code<'_, '_>, value: Id) -> bool {
        let m = code.module;
        let boolean = self.boolean.is_none_or(|want| m.boolean(value) == Some(want));
        let string =
            self.string.as_ref().is_none_or(|regex| m.string(value).is_some_and(|text| regex.is_match(text)));
        let number = m.number(value);
        let above = self.above.is_none_or(|limit| number.is_some_and(|n| n > limit));
        let below = self.below.is_none_or(|limit| number.is_some_and(|n| n < limit));
        boolean && string && above && below
    }
}

impl RouteSelector {
    pub(super) fn select(&self, code: &Code<'_, '_>) -> Vec<(Id, String)> {
        let fits = |route: &&crate::facts::Route| {
            let method = format!("{:?}", route.method).to_ascii_uppercase();
            let by_method = self.methods.is_empty() || self.methods.contains(&method);
            by_method && self.path.as_ref().is_none_or(|regex| regex.is_match(&route.path))
        };
        let lacks = |route: &&crate::facts::Route| {
            self.without.iter().all(|name| match name.as_str() {
                "auth" => !route.has_auth(code),
                "limit" => !route.has_limit(code),
                word => {
                    let words = vocabulary::words(word);
                    let sequence: Vec<&str> = words.iter().map(String::as_str).collect();
                    !route.has(code, &[&sequence])
                }
            })
        };
        code.routes()
            .iter()
            .filter(fits)
            .filter(lacks)
            .map(|route| (route.node, route.path.clone()))
            .collect()
    }
}

impl StringSelector {
    pub(super) fn select(&self, code: &Code<'_, '_>) -> Vec<(Id, String)> {
        let m = code.module;
        let fits = |text: &str| {
            self.regex.as_ref().is_none_or(|regex| regex.is_match(text))
                && (!self.luhn || luhn(text))
                && entropy(text.as_bytes()) >= self.min_entropy
        };
        let strings = m.all(Shape::Str).iter().copied();
        let affordable = |text: &&str| text.len() <= 2_048 && m.meter.read(text.len());
        strings
            .filter_map(|id| {
                m.string(id).filter(affordable).filter(|text| fits(text)).map(|text| (id, text.to_owned()))
            })
            .collect()
    }
}

pub(super) fn comments(code: &Code<'_, '_>, regex: &Regex) -> Vec<(Id, String)> {
    let m = code.module;
    let comments = m.all(Shape::Comment).iter().copied();
    comments
        .filter(|id| m.meter.read(m.text(*id).len()))
        .filter_map(|id| regex.find(m.text(id)).map(|found| (id, found.as_str().to_owned())))
        .collect()
}

pub(super) fn empty_catches(code: &Code<'_, '_>) -> Vec<(Id, String)> {
    let m = code.module;
    let empty = |id: &Id| m.body(*id).is_none_or(|body| m.children(body).next().is_none());
    m.all(Shape::Catch).iter().copied().filter(empty).map(|id| (id, "catch".to_owned())).collect()
}

pub(super) fn annotations(code: &Code<'_, '_>, names: &[String]) -> Vec<(Id, String)> {
    let m = code.module;
    let named = |id: &Id| names.iter().any(|name| name == m.annotation_name(*id));
    m.all(Shape::Annotation)
        .iter()
        .copied()
        .filter(named)
        .map(|id| (id, m.annotation_name(id).to_owned()))
        .collect()
}

/// Matches of an `ast:` rule; `$NAME` is the beginning of what was matched.
pub(super) fn syntax(code: &Code<'_, '_>, rule: &AstRule) -> Vec<Match> {
    let m = code.module;
    let Some(raw) = &m.raw else { return Vec::new() };
    let found = rule.find(m.language, m.src, raw, &m.meter);
    found
        .into_iter()
        .map(|at| {
            let text = m.src.get(at.start as usize..at.end as usize).unwrap_or("");
            let name = text.lines().next().unwrap_or("").chars().take(60).collect();
            Match { start: at.start, end: at.end, name, vars: at.vars }
        })
        .collect()
}
