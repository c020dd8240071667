//! The programming languages, one file each: extensions, grammar and what its node kinds mean.
//!
//! ADD A LANGUAGE: one file with a [`Grammar`], its crate, and one line in [`GRAMMARS`]. Nothing else in this crate
//! names a node kind: rules see only the neutral [`Shape`]s.

mod csharp;
mod go;
mod java;
mod javascript;
mod kotlin;
mod php;
mod python;
mod ruby;
mod rust;

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::tree::{Part, Shape};

/// A language that code is parsed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// JavaScript, with JSX.
    JavaScript,
    /// TypeScript.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
    /// Python 3.
    Python,
    /// Go.
    Go,
    /// Java.
    Java,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
    /// C#.
    CSharp,
    /// Rust.
    Rust,
    /// Kotlin.
    Kotlin,
}

impl Language {
    /// The language of a path, by its extension.
    pub fn of_path(path: &str) -> Option<Language> {
        let name = path.rsplit('/').next()?;
        let (stem, ext) = name.rsplit_once('.')?;
        let ext = ext.to_ascii_lowercase();
        if stem.is_empty() {
            return None;
        }
        GRAMMARS.iter().find(|g| g.extensions.contains(&ext.as_str())).map(|g| g.language)
    }

    /// Every language, in a fixed order.
    pub fn all() -> impl Iterator<Item = Language> {
        GRAMMARS.iter().map(|g| g.language)
    }

    /// Its key in rule files, e.g. `typescript`.
    pub fn key(self) -> &'static str {
        self.grammar().key
    }

    /// The language of a key.
    pub fn from_key(key: &str) -> Option<Language> {
        GRAMMARS.iter().find(|g| g.key == key).map(|g| g.language)
    }

    /// A file name in this language, for examples.
    pub fn sample_path(self) -> String {
        format!("src/sample.{}", self.grammar().extensions[0])
    }

    /// JavaScript and its typed dialects share idioms.
    pub fn is_script(self) -> bool {
        matches!(self, Language::JavaScript | Language::TypeScript | Language::Tsx)
    }

    pub(crate) fn grammar(self) -> &'static Grammar {
        GRAMMARS[self as usize]
    }

    pub(crate) fn tables(self) -> &'static Tables {
        TABLES[self as usize].get_or_init(|| Tables::new(self.grammar()))
    }
}

/// What the engine knows of a language.
pub(crate) struct Grammar {
    pub(crate) language: Language,
    pub(crate) key: &'static str,
    /// Lower case, without the dot; the first one names sample files.
    pub(crate) extensions: &'static [&'static str],
    pub(crate) parser: fn() -> tree_sitter::Language,
    /// Node kind → shape. A named kind that is absent is [`Shape::Other`].
    pub(crate) kinds: &'static [(&'static str, Shape)],
}

/// In the order of [`Language`].
const GRAMMARS: [&Grammar; 11] = [
    &javascript::JAVASCRIPT,
    &javascript::TYPESCRIPT,
    &javascript::TSX,
    &python::GRAMMAR,
    &go::GRAMMAR,
    &java::GRAMMAR,
    &ruby::GRAMMAR,
    &php::GRAMMAR,
    &csharp::GRAMMAR,
    &rust::GRAMMAR,
    &kotlin::GRAMMAR,
];

static TABLES: [OnceLock<Tables>; 11] = [const { OnceLock::new() }; 11];

/// A grammar with its names resolved to the numbers of the parser.
pub(crate) struct Tables {
    pub(crate) parser: tree_sitter::Language,
    shapes: Vec<Shape>,
    parts: Vec<Part>,
}

impl Tables {
    fn new(grammar: &Grammar) -> Self {
        let parser = (grammar.parser)();
        let shapes = (0..parser.node_kind_count())
            .map(|id| {
                let id = u16::try_from(id).expect("tree-sitter numbers kinds with 16 bits");
                let kind = parser.node_kind_for_id(id).unwrap_or("");
                if !parser.node_kind_is_named(id) {
                    // Kotlin's literals are keywords without a node of their own.
                    return match kind {
                        "true" => Shape::True,
                        "false" => Shape::False,
                        "null" => Shape::Null,
                        _ => Shape::Skip,
                    };
                }
                grammar.kinds.iter().find(|(name, _)| *name == kind).map_or(Shape::Other, |(_, shape)| *shape)
            })
            .collect();
        let parts = (0..=parser.field_count())
            .map(|id| {
                let id = u16::try_from(id).expect("tree-sitter numbers fields with 16 bits");
                parser.field_name_for_id(id).map_or(Part::None, part_of_field)
            })
            .collect();
        Tables { parser, shapes, parts }
    }

    pub(crate) fn shape(&self, kind: u16) -> Shape {
        // What could not be parsed (kind 65535) is looked through, not skipped.
        self.shapes.get(usize::from(kind)).copied().unwrap_or(Shape::Statement)
    }

    pub(crate) fn part(&self, field: Option<u16>) -> Part {
        field.map_or(Part::None, |id| self.parts.get(usize::from(id)).copied().unwrap_or(Part::None))
    }
}

/// Field names of all grammars; synonyms meet here, so that a rule asks for "the object" in any language.
fn part_of_field(name: &str) -> Part {
    match name {
        "function" | "constructor" | "macro" => Part::Callee,
        "arguments" => Part::Args,
        "object" | "operand" | "receiver" | "scope" | "path" | "expression" => Part::Object,
        "property" | "field" | "attribute" | "method" => Part::Property,
        "left" | "pattern" => Part::Left,
        "right" => Part::Right,
        "key" => Part::Key,
        "value" | "default_value" => Part::Value,
        "name" => Part::Name,
        "body" => Part::Body,
        "parameters" | "parameter" => Part::Params,
        "condition" => Part::Condition,
        "consequence" => Part::Then,
        "alternative" => Part::Else,
        "type" | "return_type" | "type_parameters" | "type_arguments" | "result" | "returns" => Part::Type,
        "source" | "module_name" => Part::Source,
        "operator" => Part::Operator,
        _ => Part::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_in_a_table_exists_in_its_grammar() {
        for grammar in GRAMMARS {
            // JavaScript's dialects share one table; each kind must be in one of them.
            let dialects = GRAMMARS.iter().filter(|g| {
                g.language == grammar.language || (g.language.is_script() && grammar.language.is_script())
            });
            let parsers: Vec<tree_sitter::Language> = dialects.map(|g| (g.parser)()).collect();
            for (kind, _) in grammar.kinds {
                assert!(
                    parsers.iter().any(|p| p.id_for_node_kind(kind, true) != 0),
                    "{}: {kind}",
                    grammar.key
                );
            }
        }
    }

    #[test]
    fn order_of_grammars_is_order_of_languages() {
        for (index, grammar) in GRAMMARS.iter().enumerate() {
            assert_eq!(grammar.language as usize, index);
        }
    }
}
