//! Selectors as people write them, and their bounds.

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::{ArgSelector, BindingSelector, CallSelector, Matcher, RouteSelector, StringSelector};
use crate::vocabulary::Class;

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
    pub(crate) fn compile(&self) -> Result<Matcher, String> {
        self.within(MAX_DEPTH)
    }

    fn within(&self, depth: usize) -> Result<Matcher, String> {
        if depth == 0 {
            return Err(format!("selectors nest deeper than {MAX_DEPTH}"));
        }
        let list =
            |docs: &[MatchDoc]| docs.iter().map(|doc| doc.within(depth - 1)).collect::<Result<Vec<_>, _>>();
        let boxed = |doc: &MatchDoc| doc.within(depth - 1).map(Box::new);
        let mut found: Vec<Matcher> = Vec::new();
        found.extend(self.call.as_ref().map(CallDoc::compile).transpose()?.map(Matcher::Call));
        found.extend(self.binding.as_ref().map(BindingDoc::compile).transpose()?.map(Matcher::Binding));
        found.extend(self.route.as_ref().map(RouteDoc::compile).transpose()?.map(Matcher::Route));
        found.extend(self.comment.as_deref().map(regex).transpose()?.map(Matcher::Comment));
        found.extend(self.string.as_ref().map(StringDoc::compile).transpose()?.map(Matcher::String));
        found.extend(self.catch.map(|CatchDoc::Empty| Matcher::EmptyCatch));
        found.extend(self.annotation.clone().map(Matcher::Annotation));
        found.extend(self.regex.as_deref().map(regex).transpose()?.map(Matcher::Line));
        found.extend(self.any.as_deref().map(list).transpose()?.map(Matcher::Any));
        found.extend(self.all.as_deref().map(list).transpose()?.map(Matcher::All));
        found.extend(self.not.as_deref().map(boxed).transpose()?.map(Matcher::Not));
        found.extend(self.inside.as_deref().map(boxed).transpose()?.map(Matcher::Inside));
        found.extend(self.has.as_deref().map(boxed).transpose()?.map(Matcher::Has));
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err("a selector is empty".to_owned()),
            _ => Err("a selector has several kinds; put them under `all` or `any`".to_owned()),
        }
    }
}

fn regex(text: &str) -> Result<Regex, String> {
    if text.len() > MAX_REGEX {
        return Err(format!("a regular expression has {} characters; at most {MAX_REGEX}", text.len()));
    }
    let built = RegexBuilder::new(text).size_limit(MAX_PROGRAM).build();
    built.map_err(|error| {
        error.to_string().lines().last().unwrap_or("not a regular expression").trim().to_owned()
    })
}

impl CallDoc {
    fn compile(&self) -> Result<CallSelector, String> {
        if self.name.is_empty() && self.receiver.is_empty() && self.arg.is_none() {
            return Err("`call` says nothing about the call".to_owned());
        }
        let arg = self.arg.as_ref().map(ArgDoc::compile).transpose()?;
        Ok(CallSelector { names: self.name.clone(), receivers: self.receiver.clone(), arg })
    }
}

impl ArgDoc {
    fn compile(&self) -> Result<ArgSelector, String> {
        let mut classes = Class(0);
        for name in &self.class {
            classes = classes.or(match name.as_str() {
                "personal" => Class::PERSONAL,
                "identity" => Class::IDENTITY,
                "password" => Class::PASSWORD,
                "secret" => Class::SECRET,
                "payment" => Class::PAYMENT,
                other => {
                    return Err(format!(
                        "`{other}` is no class; known: personal, identity, password, secret, payment"
                    ));
                }
            });
        }
        let literal = self.literal.as_deref().map(regex).transpose()?;
        if literal.is_none() && self.class.is_empty() {
            return Err("`arg` needs `class` or `literal`".to_owned());
        }
        Ok(ArgSelector { at: self.at, classes, literal, unless: self.unless.clone() })
    }
}

impl BindingDoc {
    fn compile(&self) -> Result<BindingSelector, String> {
        if self.words.is_empty() && self.name.is_none() {
            return Err("`binding` needs `words` or `name`".to_owned());
        }
        let value = self.value.clone().unwrap_or_default();
        Ok(BindingSelector {
            words: self.words.clone(),
            name: self.name.as_deref().map(regex).transpose()?,
            boolean: value.bool,
            string: value.string.as_deref().map(regex).transpose()?,
            above: value.above,
            below: value.below,
        })
    }
}

impl RouteDoc {
    fn compile(&self) -> Result<RouteSelector, String> {
        let methods: Vec<String> = self.method.iter().map(|method| method.to_ascii_uppercase()).collect();
        Ok(RouteSelector {
            methods,
            path: self.path.as_deref().map(regex).transpose()?,
            without: self.without.clone(),
        })
    }
}

impl StringDoc {
    fn compile(&self) -> Result<StringSelector, String> {
        if self.regex.is_none() && !self.luhn {
            return Err("`string` needs `regex` or `luhn`".to_owned());
        }
        Ok(StringSelector {
            regex: self.regex.as_deref().map(regex).transpose()?,
            luhn: self.luhn,
            min_entropy: self.min_entropy,
        })
    }
}
