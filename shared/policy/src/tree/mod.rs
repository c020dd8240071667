//! The neutral syntax tree: one shape vocabulary for all languages.
//!
//! The grammar's tree is copied once into flat nodes; rules never see a grammar. Where a grammar names no field, the
//! accessors fall back on position (a callee is the first child), so a caller must ask through them and never count
//! children itself.

mod access;
mod lines;
mod lower;
mod meter;
mod raw;

pub(crate) use lines::Lines;
pub(crate) use lower::{Parsers, Stop};
pub(crate) use meter::Meter;
pub(crate) use raw::RawTree;

use crate::lang::Language;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Shape {
    /// Anything without a meaning of its own; its children count.
    Other,
    /// Not in the tree, nor anything below it.
    Skip,
    /// Not in the tree; its children are its parent's.
    Splice,
    /// A type: in the tree, nothing below it.
    Type,
    /// A type that names something constructed or extended: a leaf.
    TypeName,
    Name,
    /// PHP `$name`: a name around a name.
    Variable,
    /// Ruby `:name`.
    Symbol,
    Null,
    True,
    False,
    /// `true` or `false` by its text.
    Bool,
    Number,
    /// A string; children are interpolated expressions.
    Str,
    /// Adjacent strings.
    Concat,
    Regex,
    Interp,
    Call,
    New,
    /// Rust `name!(…)`.
    Macro,
    /// Rust tokens of a macro that was not parsed again.
    Tokens,
    /// `echo` and `print` statements.
    Print,
    Args,
    /// An argument: one child is the value, two are name and value.
    Arg,
    Member,
    Index,
    Object,
    Array,
    /// Go `a, b` on either side of `=`.
    List,
    Pair,
    /// `{ name }`: key and value in one.
    Shorthand,
    Spread,
    Assign,
    /// `+=` and its like.
    Update,
    /// Kotlin `name: Type` of a declaration.
    Declared,
    Function,
    Params,
    Param,
    Class,
    /// A declared member of a type.
    Field,
    Block,
    Body,
    If,
    Ternary,
    Try,
    Catch,
    Throw,
    Return,
    Binary,
    Unary,
    /// Parentheses, `await`, casts: the value is that of the child.
    Group,
    Statement,
    Comment,
    Annotation,
    /// Holds annotations beside what they annotate.
    Modifiers,
    /// Python: decorators and the definition they decorate.
    Decorated,
    Import,
    Debugger,
    Pass,
}

/// What a node is to its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Part {
    None,
    Callee,
    Args,
    Object,
    Property,
    Left,
    Right,
    Key,
    Value,
    Name,
    Body,
    Params,
    Condition,
    Then,
    Else,
    Type,
    Source,
    Operator,
}

/// Index of a node; 0 is the root.
pub(crate) type Id = u32;
/// No node.
const NONE: Id = u32::MAX;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) shape: Shape,
    pub(crate) part: Part,
    pub(crate) start: u32,
    pub(crate) end: u32,
    parent: Id,
    first: Id,
    next: Id,
    /// The function around it (0 = none). A function's own scope is the one outside.
    pub(crate) scope: Id,
}

/// The tree of one file.
pub(crate) struct Module<'s> {
    pub(crate) language: Language,
    pub(crate) src: &'s str,
    pub(crate) nodes: Vec<Node>,
    /// The grammar's own tree, where a rule asked for it.
    pub(crate) raw: Option<RawTree>,
    /// Every step through the tree is charged here.
    pub(crate) meter: Meter,
    /// Ids by shape, in source order.
    index: Vec<Vec<Id>>,
}

impl<'s> Module<'s> {
    fn new(language: Language, src: &'s str, nodes: Vec<Node>) -> Self {
        let mut index = vec![Vec::new(); Shape::Pass as usize + 1];
        for (id, node) in nodes.iter().enumerate() {
            index[node.shape as usize].push(u32::try_from(id).expect("files are capped at 1 MiB"));
        }
        Module { language, src, nodes, raw: None, meter: Meter::default(), index }
    }

    /// Every node of a shape, in source order.
    pub(crate) fn all(&self, shape: Shape) -> &[Id] {
        &self.index[shape as usize]
    }

    pub(crate) fn node(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    pub(crate) fn shape(&self, id: Id) -> Shape {
        self.node(id).shape
    }

    pub(crate) fn text(&self, id: Id) -> &'s str {
        let node = self.node(id);
        self.src.get(node.start as usize..node.end as usize).unwrap_or("")
    }

    pub(crate) fn parent(&self, id: Id) -> Option<Id> {
        let parent = self.node(id).parent;
        (parent != NONE).then_some(parent)
    }

    pub(crate) fn children(&self, id: Id) -> Children<'_> {
        Children { nodes: &self.nodes, meter: &self.meter, next: self.node(id).first }
    }

    /// The child that is `part` of its parent.
    pub(crate) fn child(&self, id: Id, part: Part) -> Option<Id> {
        self.children(id).find(|child| self.node(*child).part == part)
    }

    /// The child of a shape.
    pub(crate) fn child_of(&self, id: Id, shape: Shape) -> Option<Id> {
        self.children(id).find(|child| self.shape(*child) == shape)
    }

    /// Ancestors, nearest first; at most 400, so that nested input cannot make a query quadratic.
    pub(crate) fn ancestors(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        std::iter::successors(self.parent(id), |id| self.parent(*id).filter(|_| self.meter.step())).take(400)
    }

    /// Nodes below, in source order: nodes stand in preorder, so whatever has a parent at or after `id` is below it.
    pub(crate) fn below(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        let first = id + 1;
        (first..u32::try_from(self.nodes.len()).unwrap_or(NONE))
            .take_while(move |next| self.node(*next).parent >= id && self.meter.step())
    }
}

/// Children of a node, in source order.
pub(crate) struct Children<'m> {
    nodes: &'m [Node],
    meter: &'m Meter,
    next: Id,
}

impl Iterator for Children<'_> {
    type Item = Id;

    fn next(&mut self) -> Option<Id> {
        let id = self.next;
        if id == NONE || !self.meter.step() {
            return None;
        }
        self.next = self.nodes[id as usize].next;
        Some(id)
    }
}
