//! JavaScript, TypeScript and TSX: one table of kinds, two grammars.

use super::{Grammar, Language};
use crate::tree::Shape;

pub(super) const JAVASCRIPT: Grammar = Grammar {
    language: Language::JavaScript,
    key: "javascript",
    extensions: &["js", "jsx", "mjs", "cjs"],
    parser: || tree_sitter_javascript::LANGUAGE.into(),
    kinds: SCRIPT,
};

pub(super) const TYPESCRIPT: Grammar = Grammar {
    language: Language::TypeScript,
    key: "typescript",
    // Components: only their scripts are read, see `engine.rs`.
    extensions: &["ts", "mts", "cts", "vue", "svelte"],
    parser: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    kinds: TYPED,
};

pub(super) const TSX: Grammar = Grammar {
    language: Language::Tsx,
    key: "tsx",
    extensions: &["tsx"],
    parser: || tree_sitter_typescript::LANGUAGE_TSX.into(),
    kinds: TYPED,
};

macro_rules! script_kinds {
    ($($extra:tt)*) => {
        &[
            ("identifier", Shape::Name),
            ("property_identifier", Shape::Name),
            ("private_property_identifier", Shape::Name),
            ("shorthand_property_identifier", Shape::Shorthand),
            ("shorthand_property_identifier_pattern", Shape::Shorthand),
            ("this", Shape::Name),
            ("super", Shape::Name),
            ("undefined", Shape::Null),
            ("null", Shape::Null),
            ("true", Shape::True),
            ("false", Shape::False),
            ("number", Shape::Number),
            ("string", Shape::Str),
            ("template_string", Shape::Str),
            ("string_fragment", Shape::Skip),
            ("escape_sequence", Shape::Skip),
            ("regex", Shape::Regex),
            ("template_substitution", Shape::Interp),
            ("call_expression", Shape::Call),
            ("new_expression", Shape::New),
            ("arguments", Shape::Args),
            ("member_expression", Shape::Member),
            ("subscript_expression", Shape::Index),
            ("object", Shape::Object),
            ("object_pattern", Shape::Object),
            ("array", Shape::Array),
            ("array_pattern", Shape::Array),
            ("pair", Shape::Pair),
            ("pair_pattern", Shape::Pair),
            ("spread_element", Shape::Spread),
            ("variable_declarator", Shape::Assign),
            ("assignment_expression", Shape::Assign),
            ("augmented_assignment_expression", Shape::Update),
            ("function_declaration", Shape::Function),
            ("function_expression", Shape::Function),
            ("generator_function", Shape::Function),
            ("generator_function_declaration", Shape::Function),
            ("arrow_function", Shape::Function),
            ("method_definition", Shape::Function),
            ("formal_parameters", Shape::Params),
            ("assignment_pattern", Shape::Param),
            ("class_declaration", Shape::Class),
            ("class", Shape::Class),
            ("statement_block", Shape::Block),
            ("class_body", Shape::Block),
            ("if_statement", Shape::If),
            ("ternary_expression", Shape::Ternary),
            ("try_statement", Shape::Try),
            ("catch_clause", Shape::Catch),
            ("throw_statement", Shape::Throw),
            ("return_statement", Shape::Return),
            ("binary_expression", Shape::Binary),
            ("unary_expression", Shape::Unary),
            ("parenthesized_expression", Shape::Group),
            ("await_expression", Shape::Group),
            ("expression_statement", Shape::Statement),
            ("comment", Shape::Comment),
            ("html_comment", Shape::Comment),
            ("decorator", Shape::Annotation),
            ("import_statement", Shape::Import),
            ("debugger_statement", Shape::Debugger),
            ("jsx_text", Shape::Skip),
            ("jsx_attribute", Shape::Pair),
            ("empty_statement", Shape::Skip),
            $($extra)*
        ]
    };
}

const SCRIPT: &[(&str, Shape)] = script_kinds! { ("field_definition", Shape::Assign) };

const TYPED: &[(&str, Shape)] = script_kinds! {
    ("public_field_definition", Shape::Assign),
    ("enum_assignment", Shape::Assign),
    ("required_parameter", Shape::Param),
    ("optional_parameter", Shape::Param),
    ("as_expression", Shape::Group),
    ("satisfies_expression", Shape::Group),
    ("non_null_expression", Shape::Group),
    ("abstract_class_declaration", Shape::Class),
    ("type_annotation", Shape::Type),
    ("type_arguments", Shape::Type),
    ("type_parameters", Shape::Type),
    ("interface_declaration", Shape::Type),
    ("type_alias_declaration", Shape::Type),
    ("abstract_method_signature", Shape::Type),
    ("method_signature", Shape::Type),
    ("function_signature", Shape::Type),
    ("predefined_type", Shape::Type),
    ("type_identifier", Shape::TypeName),
    ("generic_type", Shape::Type),
    ("accessibility_modifier", Shape::Skip)
};
