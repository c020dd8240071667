//! The grammar's own tree, copied flat: for `ast:` rules, which name a grammar's kinds and fields.
//!
//! tree-sitter finds a node's parent by walking down from the root, so a rule that looks outward would cost more than
//! any counter sees. Here a parent is one step, and every step is counted.

use tree_sitter::{Tree, TreeCursor};

use super::{Id, Meter, NONE};

/// A node of a grammar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawNode {
    pub(crate) kind: u16,
    /// Field it fills in its parent, 0 = none.
    pub(crate) field: u16,
    pub(crate) named: bool,
    /// A comment, or what else the grammar allows anywhere.
    pub(crate) extra: bool,
    /// Not in the text: the parser put it there to go on.
    pub(crate) missing: bool,
    pub(crate) start: u32,
    pub(crate) end: u32,
    parent: Id,
    next: Id,
    previous: Id,
    /// Id after the last node below it.
    after: Id,
}

/// The grammar's tree of one text, nodes in preorder; 0 is the root.
#[derive(Clone, Debug)]
pub(crate) struct RawTree {
    pub(crate) nodes: Vec<RawNode>,
}

impl RawTree {
    pub(crate) fn new(tree: &Tree) -> Self {
        let mut raw = RawTree { nodes: Vec::with_capacity(tree.root_node().descendant_count()) };
        let mut cursor = tree.walk();
        let mut last = vec![raw.push(&cursor, NONE, NONE)];
        // `last[d]` is the latest node at depth d of the path to the cursor.
        loop {
            if cursor.goto_first_child() {
                let parent = *last.last().expect("the root is there");
                last.push(raw.push(&cursor, parent, NONE));
                continue;
            }
            loop {
                let done = last.pop().expect("the cursor has as many ancestors");
                raw.nodes[done as usize].after = raw.len();
                if cursor.goto_next_sibling() {
                    let parent = *last.last().expect("only the root has no sibling");
                    last.push(raw.push(&cursor, parent, done));
                    break;
                }
                if !cursor.goto_parent() {
                    return raw;
                }
            }
        }
    }

    fn len(&self) -> Id {
        Id::try_from(self.nodes.len()).expect("files are capped at 1 MiB")
    }

    fn push(&mut self, cursor: &TreeCursor<'_>, parent: Id, previous: Id) -> Id {
        let node = cursor.node();
        let offset = |byte: usize| u32::try_from(byte).expect("files are capped at 1 MiB");
        let id = self.len();
        if previous != NONE {
            self.nodes[previous as usize].next = id;
        }
        self.nodes.push(RawNode {
            kind: node.kind_id(),
            field: cursor.field_id().map_or(0, std::num::NonZeroU16::get),
            named: node.is_named(),
            extra: node.is_extra(),
            missing: node.is_missing(),
            start: offset(node.start_byte()),
            end: offset(node.end_byte()),
            parent,
            next: NONE,
            previous,
            after: id + 1,
        });
        id
    }

    pub(crate) fn node(&self, id: Id) -> &RawNode {
        &self.nodes[id as usize]
    }

    pub(crate) fn text<'s>(&self, src: &'s str, id: Id) -> &'s str {
        let node = self.node(id);
        src.get(node.start as usize..node.end as usize).unwrap_or("")
    }

    pub(crate) fn is_leaf(&self, id: Id) -> bool {
        self.node(id).after == id + 1
    }

    pub(crate) fn parent(&self, id: Id) -> Option<Id> {
        Some(self.node(id).parent).filter(|parent| *parent != NONE)
    }

    pub(crate) fn next(&self, id: Id) -> Option<Id> {
        Some(self.node(id).next).filter(|next| *next != NONE)
    }

    pub(crate) fn previous(&self, id: Id) -> Option<Id> {
        Some(self.node(id).previous).filter(|previous| *previous != NONE)
    }

    pub(crate) fn children(&self, id: Id) -> impl Iterator<Item = Id> + Clone + '_ {
        let first = (!self.is_leaf(id)).then_some(id + 1);
        std::iter::successors(first, |at| self.next(*at))
    }

    /// Ids of the node and of everything below it.
    pub(crate) fn span(&self, id: Id) -> std::ops::Range<Id> {
        id..self.node(id).after
    }

    /// Whether two nodes say the same: same leaves in the same order.
    pub(crate) fn same(&self, src: &str, one: Id, other: Id, meter: &Meter) -> bool {
        let leaves = |id: Id| self.span(id).filter(|at| self.is_leaf(*at) && !self.node(*at).extra);
        let (mut left, mut right) = (leaves(one), leaves(other));
        loop {
            if !meter.step() {
                return false;
            }
            match (left.next(), right.next()) {
                (None, None) => return true,
                (Some(a), Some(b))
                    if self.node(a).kind == self.node(b).kind && self.text(src, a) == self.text(src, b) => {}
                _ => return false,
            }
        }
    }
}
