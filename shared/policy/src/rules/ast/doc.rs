//! The rule object as people write it, and its bounds.
//!
//! Read of ast-grep's format: `pattern` (text, or `context` with `selector`; strictness `smart`), `kind`, `regex`,
//! `nthChild`, `inside`, `has`, `precedes`, `follows` (each with `stopBy` and `field`), `all`, `any`, `not`. Not read,
//! and refused by name: `matches`, `range`, `constraints`, `utils`, `transform`, `fix`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Node, Nth, Pattern, Relation, Stop, Test};
use crate::{
    lang::Language,
    rules::{matcher::regex, schema::Fault},
};

/// Objects within objects.
const MAX_DEPTH: usize = 12;
/// Conditions of one rule.
const MAX_TESTS: usize = 200;

/// A rule object: every field that is set must hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct AstDoc {
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<PatternDoc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nth_child: Option<NthDoc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inside: Option<Box<RelationDoc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    has: Option<Box<RelationDoc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    precedes: Option<Box<RelationDoc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    follows: Option<Box<RelationDoc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<AstDoc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any: Option<Vec<AstDoc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not: Option<Box<AstDoc>>,
}

/// Code with `$VARIABLES`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum PatternDoc {
    Code(String),
    Placed(PlacedDoc),
}

/// Code that is only read in a context.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlacedDoc {
    context: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    selector: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    strictness: Option<String>,
}

/// A number, `2n+1`, `odd`, `even`, or an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum NthDoc {
    Number(i64),
    Formula(String),
    Full(NthObject),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NthObject {
    position: Box<NthDoc>,
    #[serde(default)]
    reverse: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of_rule: Option<Box<AstDoc>>,
}

/// A rule object for another node. serde cannot flatten and refuse unknown fields at once, so the fields stand again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct RelationDoc {
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_by: Option<StopDoc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<PatternDoc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nth_child: Option<NthDoc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inside: Option<Box<RelationDoc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    has: Option<Box<RelationDoc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    precedes: Option<Box<RelationDoc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    follows: Option<Box<RelationDoc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<AstDoc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any: Option<Vec<AstDoc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not: Option<Box<AstDoc>>,
}

/// `neighbor`, `end`, or a rule object at which to stop.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum StopDoc {
    Word(String),
    At(Box<AstDoc>),
}

/// What is left of the bounds of a rule while it is compiled.
struct Compiler {
    language: Language,
    tests: usize,
}

impl AstDoc {
    pub(super) fn compile(&self, language: Language) -> Result<Node, Fault> {
        Compiler { language, tests: 0 }.node(self, MAX_DEPTH)
    }
}

impl RelationDoc {
    fn object(&self) -> AstDoc {
        AstDoc {
            pattern: self.pattern.clone(),
            kind: self.kind.clone(),
            regex: self.regex.clone(),
            nth_child: self.nth_child.clone(),
            inside: self.inside.clone(),
            has: self.has.clone(),
            precedes: self.precedes.clone(),
            follows: self.follows.clone(),
            all: self.all.clone(),
            any: self.any.clone(),
            not: self.not.clone(),
        }
    }
}

impl Compiler {
    fn node(&mut self, doc: &AstDoc, depth: usize) -> Result<Node, Fault> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Fault::new(format!("rule objects nest deeper than {MAX_DEPTH}")));
        };
        let mut tests = Vec::new();
        if let Some(pattern) = &doc.pattern {
            tests.push(Test::Pattern(self.pattern(pattern).map_err(|fault| fault.under("pattern"))?));
        }
        if let Some(kind) = &doc.kind {
            tests.push(Test::Kind(self.kind(kind).map_err(|fault| fault.under("kind"))?));
        }
        if let Some(text) = &doc.regex {
            tests.push(Test::Regex(regex(text).map_err(|fault| fault.under("regex"))?));
        }
        if let Some(nth) = &doc.nth_child {
            tests.push(Test::Nth(self.nth(nth, depth).map_err(|fault| fault.under("nthChild"))?));
        }
        for (key, relation) in [
            ("inside", &doc.inside),
            ("has", &doc.has),
            ("precedes", &doc.precedes),
            ("follows", &doc.follows),
        ] {
            if let Some(relation) = relation {
                let relation = self.relation(key, relation, depth).map_err(|fault| fault.under(key))?;
                tests.push(match key {
                    "inside" => Test::Inside(relation),
                    "has" => Test::Has(relation),
                    "precedes" => Test::Precedes(relation),
                    _ => Test::Follows(relation),
                });
            }
        }
        for (key, list, test) in
            [("all", &doc.all, Test::All as fn(Vec<Node>) -> Test), ("any", &doc.any, Test::Any)]
        {
            if let Some(list) = list {
                tests.push(test(self.list(list, depth).map_err(|fault| fault.under(key))?));
            }
        }
        if let Some(not) = &doc.not {
            tests.push(Test::Not(self.node(not, depth).map_err(|fault| fault.under("not"))?));
        }
        self.tests += tests.len();
        if tests.is_empty() {
            return Err(Fault::new("a rule object is empty"));
        }
        if self.tests > MAX_TESTS {
            return Err(Fault::new(format!("more than {MAX_TESTS} conditions")));
        }
        let kinds = kinds(&tests);
        Ok(Node { tests, kinds })
    }

    fn list(&mut self, docs: &[AstDoc], depth: usize) -> Result<Vec<Node>, Fault> {
        if docs.is_empty() {
            return Err(Fault::new("the list is empty"));
        }
        let compiled = docs
            .iter()
            .enumerate()
            .map(|(at, doc)| self.node(doc, depth).map_err(|fault| fault.under(&format!("[{at}]"))));
        compiled.collect()
    }

    fn pattern(&self, doc: &PatternDoc) -> Result<Pattern, Fault> {
        match doc {
            PatternDoc::Code(code) => Pattern::compile(self.language, code, None),
            PatternDoc::Placed(placed) => {
                if placed.strictness.as_deref().is_some_and(|strictness| strictness != "smart") {
                    return Err(Fault::new("the only strictness here is `smart`").under("strictness"));
                }
                let selector = placed.selector.as_deref().map(|kind| self.kind(kind));
                let selector = selector.transpose().map_err(|fault| fault.under("selector"))?;
                Pattern::compile(self.language, &placed.context, selector.as_ref())
            }
        }
    }

    /// Numbers of a kind; a grammar may have several for one name.
    fn kind(&self, name: &str) -> Result<BTreeSet<u16>, Fault> {
        if name == "ERROR" {
            return Ok(BTreeSet::from([u16::MAX]));
        }
        let parser = &self.language.tables().parser;
        let named = |id: &u16| parser.node_kind_for_id(*id) == Some(name) && parser.node_kind_is_named(*id);
        let count = u16::try_from(parser.node_kind_count()).expect("tree-sitter numbers kinds with 16 bits");
        let found: BTreeSet<u16> = (0..count).filter(named).collect();
        if found.is_empty() {
            return Err(Fault::new(format!("`{name}` is no kind of {}", self.language.key())));
        }
        Ok(found)
    }

    fn relation(&mut self, key: &str, doc: &RelationDoc, depth: usize) -> Result<Relation, Fault> {
        let node = Box::new(self.node(&doc.object(), depth)?);
        let stop = match &doc.stop_by {
            None => Stop::Neighbor,
            Some(StopDoc::Word(word)) if word == "neighbor" => Stop::Neighbor,
            Some(StopDoc::Word(word)) if word == "end" => Stop::End,
            Some(StopDoc::Word(word)) => {
                let message = format!("`{word}` is neither `neighbor` nor `end` nor a rule object");
                return Err(Fault::new(message).under("stopBy"));
            }
            Some(StopDoc::At(doc)) => {
                Stop::At(Box::new(self.node(doc, depth).map_err(|fault| fault.under("stopBy"))?))
            }
        };
        if doc.field.is_some() && !matches!(key, "inside" | "has") {
            return Err(Fault::new(format!("`{key}` looks at siblings, which have no field")).under("field"));
        }
        let parser = &self.language.tables().parser;
        let field = doc.field.as_deref().map(|name| {
            let id = parser.field_id_for_name(name).map(std::num::NonZeroU16::get);
            let unknown = || Fault::new(format!("`{name}` is no field of {}", self.language.key()));
            id.ok_or_else(|| unknown().under("field"))
        });
        Ok(Relation { node, stop, field: field.transpose()? })
    }

    fn nth(&mut self, doc: &NthDoc, depth: usize) -> Result<Nth, Fault> {
        match doc {
            NthDoc::Number(position) if *position > 0 => {
                Ok(Nth { step: 0, offset: *position, reverse: false, of: None })
            }
            NthDoc::Number(_) => Err(Fault::new("positions count from 1")),
            NthDoc::Formula(text) => {
                let formula = formula(text).ok_or_else(|| {
                    Fault::new(format!("`{text}` is no position; write `3`, `2n+1`, `odd` or `even`"))
                });
                let (step, offset) = formula?;
                Ok(Nth { step, offset, reverse: false, of: None })
            }
            NthDoc::Full(full) => {
                if matches!(*full.position, NthDoc::Full(_)) {
                    return Err(Fault::new("a position is a number or a formula").under("position"));
                }
                let place = self.nth(&full.position, depth).map_err(|fault| fault.under("position"))?;
                let of = full.of_rule.as_ref().map(|doc| self.node(doc, depth).map(Box::new));
                let of = of.transpose().map_err(|fault| fault.under("ofRule"))?;
                Ok(Nth { reverse: full.reverse, of, ..place })
            }
        }
    }
}

/// CSS's An+B.
fn formula(text: &str) -> Option<(i64, i64)> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    match plain.as_str() {
        "odd" => return Some((2, 1)),
        "even" => return Some((2, 0)),
        _ => {}
    }
    let small = |value: i64| (-10_000..=10_000).contains(&value).then_some(value);
    let Some((step, offset)) = plain.split_once('n') else { return Some((0, small(plain.parse().ok()?)?)) };
    let step = match step {
        "" | "+" => 1,
        "-" => -1,
        number => small(number.parse().ok()?)?,
    };
    Some((step, if offset.is_empty() { 0 } else { small(offset.parse().ok()?)? }))
}

/// Kinds that can pass all tests.
fn kinds(tests: &[Test]) -> Option<BTreeSet<u16>> {
    let each = tests.iter().filter_map(|test| match test {
        Test::Pattern(pattern) => pattern.kind().map(|kind| BTreeSet::from([kind])),
        Test::Kind(kinds) => Some(kinds.clone()),
        Test::All(nodes) => nodes.iter().find_map(|node| node.kinds.clone()),
        Test::Any(nodes) => nodes
            .iter()
            .map(|node| node.kinds.clone())
            .collect::<Option<Vec<_>>>()
            .map(|sets| sets.into_iter().flatten().collect()),
        _ => None,
    });
    each.reduce(|a, b| a.intersection(&b).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::formula;

    #[test]
    fn positions_are_read_as_css_reads_them() {
        let cases = [
            ("3", Some((0, 3))),
            ("2n+1", Some((2, 1))),
            ("-n + 3", Some((-1, 3))),
            ("n", Some((1, 0))),
            ("even", Some((2, 0))),
            ("x", None),
            ("99999n", None),
        ];
        for (text, want) in cases {
            assert_eq!(formula(text), want, "{text}");
        }
    }
}
