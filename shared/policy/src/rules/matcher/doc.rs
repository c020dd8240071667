//! Selectors as people write them, and their bounds.

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::{ArgSelector, BindingSelector, CallSelector, Matcher, RouteSelector, StringSelector};
use crate::{
    lang::Language,
    rules::{
        ast::{AstDoc, AstRule},
        schema::Fault,
    },
    vocabulary::Class,
};

/// Characters of a regular expression.
const MAX_REGEX: usize = 500;
/// Compiled size of a regular expression.
const MAX_PROGRAM: usize = 1 << 20;
/// Selectors within selectors.
const MAX_DEPTH: usize = 8;

/// One selector: exactly one field is set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct MatchDoc {
    /// A call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<CallDoc>,
    /// A name that gets a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<BindingDoc>,
    /// A registered route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<RouteDoc>,
    /// A comment with this regular expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// A string literal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub string: Option<StringDoc>,
    /// `catch: empty`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catch: Option<CatchDoc>,
    /// An annotation, attribute or decorator of one of these names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotation: Option<Vec<String>>,
    /// A rule object in ast-grep's format, over the grammar's own tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ast: Option<Box<AstDoc>>,
    /// A regular expression over each line of any file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// One of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any: Option<Vec<MatchDoc>>,
    /// The first, where the others hold for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<Vec<MatchDoc>>,
    /// Within `all`: it neither is nor contains this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not: Option<Box<MatchDoc>>,
    /// Within `all`: it stands in this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside: Option<Box<MatchDoc>>,
    /// Within `all`: it contains this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has: Option<Box<MatchDoc>>,
}

/// A call, by the name of what is called, of what it is called on, and by an argument.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct CallDoc {
    /// `info` of `logger.info(…)`; one of these.
    pub name: Vec<String>,
    /// `logger` of `logger.info(…)`; one of these.
    pub receiver: Vec<String>,
    /// What some argument must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arg: Option<ArgDoc>,
}

/// An argument.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct ArgDoc {
    /// Position from 0; any when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<usize>,
    /// Value classes that reach it: `personal`, `identity`, `password`, `secret`, `payment`.
    pub class: Vec<String>,
    /// A literal with this regular expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub literal: Option<String>,
    /// Functions that make the value harmless, besides the known ones.
    pub unless: Vec<String>,
}

/// A name and its value.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct BindingDoc {
    /// The name's words, whole: `[[skip, auth]]` is `skipAuth`, `SKIP_AUTH`, `skip-auth`.
    pub words: Vec<Vec<String>>,
    /// The name's regular expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<ValueDoc>,
}

/// A literal value.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct ValueDoc {
    /// `true` or `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bool: Option<bool>,
    /// A string with this regular expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub string: Option<String>,
    /// A number greater than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above: Option<f64>,
    /// A number less than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
}

/// A route.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct RouteDoc {
    /// `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `ANY`; all when left out.
    pub method: Vec<String>,
    /// The path's regular expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What its chain lacks: `auth`, `limit`, or the name of a middleware.
    pub without: Vec<String>,
}

/// A string literal.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct StringDoc {
    /// Its regular expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// Its digits pass the Luhn test.
    pub luhn: bool,
    /// Shannon entropy, bits per character.
    pub min_entropy: f64,
}

/// Which catches.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CatchDoc {
    /// Nothing in the body, not even a comment.
    Empty,
}

impl MatchDoc {
    pub(crate) fn compile(&self, languages: &[Language]) -> Result<Matcher, Fault> {
        let matcher = self.within(MAX_DEPTH, languages)?;
        if matcher.is_condition() {
            return Err(Fault::new(
                "`not`, `inside` and `has` are conditions: put them under `all` with a selector",
            ));
        }
        if !matcher.is_text() && matcher.reads_lines() {
            return Err(Fault::new(
                "`regex` reads lines of text and cannot be combined with selectors of code",
            ));
        }
        Ok(matcher)
    }

    fn within(&self, depth: usize, languages: &[Language]) -> Result<Matcher, Fault> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Fault::new(format!("selectors nest deeper than {MAX_DEPTH}")));
        };
        let list = |docs: &[MatchDoc]| {
            let each = docs.iter().enumerate();
            each.map(|(at, doc)| {
                doc.within(depth, languages).map_err(|fault| fault.under(&format!("[{at}]")))
            })
            .collect::<Result<Vec<_>, _>>()
        };
        let boxed = |doc: &MatchDoc| doc.within(depth, languages).map(Box::new);
        let named = |key: &'static str| move |fault: Fault| fault.under(key);
        let mut found: Vec<Matcher> = Vec::new();
        if let Some(doc) = &self.call {
            found.push(Matcher::Call(doc.compile().map_err(named("call"))?));
        }
        if let Some(doc) = &self.binding {
            found.push(Matcher::Binding(doc.compile().map_err(named("binding"))?));
        }
        if let Some(doc) = &self.route {
            found.push(Matcher::Route(doc.compile().map_err(named("route"))?));
        }
        if let Some(text) = &self.comment {
            found.push(Matcher::Comment(regex(text).map_err(named("comment"))?));
        }
        if let Some(doc) = &self.string {
            found.push(Matcher::String(doc.compile().map_err(named("string"))?));
        }
        if let Some(doc) = &self.ast {
            found.push(Matcher::Ast(AstRule::compile(doc, languages).map_err(named("ast"))?));
        }
        if let Some(text) = &self.regex {
            found.push(Matcher::Line(regex(text).map_err(named("regex"))?));
        }
        found.extend(self.catch.map(|CatchDoc::Empty| Matcher::EmptyCatch));
        found.extend(self.annotation.clone().map(Matcher::Annotation));
        if let Some(docs) = &self.any {
            let parts = list(docs).map_err(named("any"))?;
            if parts.is_empty() || parts.iter().any(Matcher::is_condition) {
                return Err(Fault::new("`any` lists selectors, not conditions").under("any"));
            }
            found.push(Matcher::Any(parts));
        }
        if let Some(docs) = &self.all {
            let parts = list(docs).map_err(named("all"))?;
            if parts.iter().all(Matcher::is_condition) {
                return Err(Fault::new("`all` needs a selector beside its conditions").under("all"));
            }
            found.push(Matcher::All(parts));
        }
        found.extend(self.not.as_deref().map(boxed).transpose().map_err(named("not"))?.map(Matcher::Not));
        found.extend(
            self.inside.as_deref().map(boxed).transpose().map_err(named("inside"))?.map(Matcher::Inside),
        );
        found.extend(self.has.as_deref().map(boxed).transpose().map_err(named("has"))?.map(Matcher::Has));
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(Fault::new("a selector is empty")),
            _ => Err(Fault::new("a selector has several kinds; put them under `all` or `any`")),
        }
    }
}

/// A pattern within its bounds. The `regex` crate knows no backtracking, so its time is linear in the text.
pub(crate) fn regex(text: &str) -> Result<Regex, Fault> {
    if text.len() > MAX_REGEX {
        let message = format!("a regular expression has {} characters; at most {MAX_REGEX}", text.len());
        return Err(Fault::new(message));
    }
    let built = RegexBuilder::new(text).size_limit(MAX_PROGRAM).build();
    built.map_err(|error| {
        let text = error.to_string();
        Fault::new(text.lines().last().unwrap_or("not a regular expression").trim())
    })
}

impl CallDoc {
    fn compile(&self) -> Result<CallSelector, Fault> {
        if self.name.is_empty() && self.receiver.is_empty() && self.arg.is_none() {
            return Err(Fault::new("`call` says nothing about the call"));
        }
        let arg = self.arg.as_ref().map(ArgDoc::compile).transpose().map_err(|f| f.under("arg"))?;
        Ok(CallSelector { names: self.name.clone(), receivers: self.receiver.clone(), arg })
    }
}

impl ArgDoc {
    fn compile(&self) -> Result<ArgSelector, Fault> {
        let mut classes = Class(0);
        for name in &self.class {
            classes = classes.or(match name.as_str() {
                "personal" => Class::PERSONAL,
                "identity" => Class::IDENTITY,
                "password" => Class::PASSWORD,
                "secret" => Class::SECRET,
                "payment" => Class::PAYMENT,
                other => {
                    let known = "personal, identity, password, secret, payment";
                    return Err(Fault::new(format!("`{other}` is no class; known: {known}")).under("class"));
                }
            });
        }
        let literal = self.literal.as_deref().map(regex).transpose().map_err(|f| f.under("literal"))?;
        if literal.is_none() && self.class.is_empty() {
            return Err(Fault::new("`arg` needs `class` or `literal`"));
        }
        Ok(ArgSelector { at: self.at, classes, literal, unless: self.unless.clone() })
    }
}

impl BindingDoc {
    fn compile(&self) -> Result<BindingSelector, Fault> {
        if self.words.is_empty() && self.name.is_none() {
            return Err(Fault::new("`binding` needs `words` or `name`"));
        }
        let value = self.value.clone().unwrap_or_default();
        Ok(BindingSelector {
            words: self.words.clone(),
            name: self.name.as_deref().map(regex).transpose().map_err(|f| f.under("name"))?,
            boolean: value.bool,
            string: value.string.as_deref().map(regex).transpose().map_err(|f| f.under("value.string"))?,
            above: value.above,
            below: value.below,
        })
    }
}

impl RouteDoc {
    fn compile(&self) -> Result<RouteSelector, Fault> {
        let methods: Vec<String> = self.method.iter().map(|method| method.to_ascii_uppercase()).collect();
        Ok(RouteSelector {
            methods,
            path: self.path.as_deref().map(regex).transpose().map_err(|f| f.under("path"))?,
            without: self.without.clone(),
        })
    }
}

impl StringDoc {
    fn compile(&self) -> Result<StringSelector, Fault> {
        if self.regex.is_none() && !self.luhn {
            return Err(Fault::new("`string` needs `regex` or `luhn`"));
        }
        Ok(StringSelector {
            regex: self.regex.as_deref().map(regex).transpose().map_err(|f| f.under("regex"))?,
            luhn: self.luhn,
            min_entropy: self.min_entropy,
        })
    }
}
