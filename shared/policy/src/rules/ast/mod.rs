//! `ast:` rules: ast-grep's rule object over the grammar's own tree, so rules written for that tool read code here too.
//!
//! Not ast-grep's crates: their relational rules cannot be interrupted inside one node, and their scanner obeys
//! `ast-grep-ignore` comments, with which an author silences the gate. Here every step is counted ([`Meter`]), the loop
//! is ours, and only our suppression comments count. What of the format is read stands in `doc.rs`.

mod doc;
mod find;
mod pattern;

use std::collections::BTreeSet;

pub(super) use doc::AstDoc;
use regex::Regex;

use self::pattern::Pattern;
use crate::{
    lang::Language,
    rules::schema::Fault,
    tree::{Meter, RawTree},
};

/// An `ast:` rule, compiled for each language of its rule.
#[derive(Clone, Debug)]
pub(crate) struct AstRule {
    variants: Vec<(Language, Node)>,
}

/// Tests that one node must pass, in the order in which ast-grep applies them.
#[derive(Clone, Debug)]
struct Node {
    tests: Vec<Test>,
    /// Kinds that can pass; `None` = any.
    kinds: Option<BTreeSet<u16>>,
}

#[derive(Clone, Debug)]
enum Test {
    Pattern(Pattern),
    Kind(BTreeSet<u16>),
    Regex(Regex),
    Nth(Nth),
    Inside(Relation),
    Has(Relation),
    Precedes(Relation),
    Follows(Relation),
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Node),
}

/// Another node, and how far to look for it.
#[derive(Clone, Debug)]
struct Relation {
    node: Box<Node>,
    stop: Stop,
    field: Option<u16>,
}

#[derive(Clone, Debug)]
enum Stop {
    Neighbor,
    End,
    At(Box<Node>),
}

/// The (step·n + offset)th of its named siblings, from 1.
#[derive(Clone, Debug)]
struct Nth {
    step: i64,
    offset: i64,
    reverse: bool,
    of: Option<Box<Node>>,
}

/// What an `ast:` rule matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Metavariables with their text, shortened.
    pub(super) vars: Vec<(String, String)>,
}

impl AstRule {
    /// Compile for every language of the rule.
    pub(super) fn compile(doc: &AstDoc, languages: &[Language]) -> Result<Self, Fault> {
        if languages.is_empty() {
            return Err(Fault::new("`ast` reads code: say in which `languages`"));
        }
        let compile = |language: &Language| {
            let node = doc.compile(*language)?;
            if node.kinds.is_none() {
                return Err(Fault::new(format!(
                    "in {}: any node could match; say `kind` or `pattern` beside the other conditions",
                    language.key()
                )));
            }
            Ok((*language, node))
        };
        Ok(AstRule { variants: languages.iter().map(compile).collect::<Result<_, _>>()? })
    }

    /// Every match in a tree, in source order; incomplete when the meter runs out.
    pub(super) fn find(&self, language: Language, src: &str, raw: &RawTree, meter: &Meter) -> Vec<Found> {
        let variant = self.variants.iter().find(|(own, _)| *own == language);
        variant.map_or_else(Vec::new, |(_, node)| find::all(node, src, raw, meter))
    }
}
