//! One cursor pass from the grammar's tree to ours.
//!
//! The parse budget is counted in parser steps, not in seconds: the same bytes stop at the same step on every machine.

use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, ParseState, Parser, Tree, TreeCursor};

use super::{Id, Module, NONE, Node, Part, RawTree, Shape};
use crate::lang::{Language, Tables};

/// Progress callbacks a parse may take; tree-sitter calls every 100 parser operations. An ordinary file takes one for
/// 35 bytes. What takes many more is ambiguous to the grammar, and then the parser's memory grows with every step:
/// 130 KB of `A<` in C# took more than 6 GB before 100,000 of them.
fn parse_steps(bytes: usize) -> u32 {
    u32::try_from(bytes / 8).unwrap_or(u32::MAX).saturating_add(2_000).min(100_000)
}

/// Rust macros whose tokens are expressions that matter.
const EXPRESSION_MACROS: &[&str] = &[
    "assert",
    "bail",
    "dbg",
    "debug",
    "ensure",
    "eprint",
    "eprintln",
    "error",
    "event",
    "expect",
    "format",
    "info",
    "json",
    "log",
    "panic",
    "print",
    "println",
    "query",
    "span",
    "todo",
    "trace",
    "unimplemented",
    "unreachable",
    "vec",
    "warn",
    "write",
    "writeln",
    "anyhow",
];

/// Why a file has no tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The parse budget ran out.
    Budget,
}

/// One parser, reused for file after file.
#[derive(Default)]
pub(crate) struct Parsers {
    parser: Option<(Language, Parser)>,
}

impl Parsers {
    /// Parse and lower. Broken code still gives a tree: whatever could be read is in it.
    pub(crate) fn module<'s>(
        &mut self,
        language: Language,
        src: &'s str,
        raw: bool,
    ) -> Result<Module<'s>, Stop> {
        let tree = self.parse(language, src)?;
        let tables = language.tables();
        let mut lowering = Lowering { tables, nodes: Vec::with_capacity(src.len() / 6 + 1), base: 0 };
        lowering.nodes.push(root(src));
        lowering.walk(&mut tree.walk(), 0);
        if language == Language::Rust {
            self.expand_macros(src, &mut lowering.nodes)?;
        }
        let module = Module::new(language, src, lowering.nodes);
        Ok(Module { raw: raw.then(|| RawTree::new(&tree)), ..module })
    }

    fn parse(&mut self, language: Language, src: &str) -> Result<Tree, Stop> {
        if matches!(language, Language::CSharp | Language::Java) && is_ambiguous(src) {
            return Err(Stop::Budget);
        }
        if self.parser.as_ref().is_none_or(|(current, _)| *current != language) {
            let mut parser = Parser::new();
            parser.set_language(&language.tables().parser).expect("grammars are built for this tree-sitter");
            self.parser = Some((language, parser));
        }
        let (_, parser) = self.parser.as_mut().expect("set above");
        let bytes = src.as_bytes();
        let budget = parse_steps(bytes.len());
        let mut steps = 0;
        let mut progress = |_: &ParseState| {
            steps += 1;
            if steps > budget { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = ParseOptions::new().progress_callback(&mut progress);
        let tree =
            parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options));
        if tree.is_none() {
            parser.reset();
        }
        tree.ok_or(Stop::Budget)
    }

    /// Arguments of printing macros become expressions; they are appended after their file's nodes.
    fn expand_macros(&mut self, src: &str, nodes: &mut Vec<Node>) -> Result<(), Stop> {
        let known = nodes.len();
        let macros: Vec<Id> = (0..known)
            .filter(|id| nodes[*id].shape == Shape::Tokens && is_expression_macro(src, nodes, *id))
            .filter_map(|id| u32::try_from(id).ok())
            .collect();
        if macros.is_empty() {
            return Ok(());
        }
        let mut rebuilt = Vec::with_capacity(nodes.len() * 2);
        std::mem::swap(nodes, &mut rebuilt);
        let old = rebuilt;
        let mut renumber = vec![0; old.len()];
        let mut at = 0;
        while at < old.len() {
            let id = u32::try_from(at).expect("capped");
            let new = u32::try_from(nodes.len()).expect("capped");
            renumber[at] = new;
            let mut node = old[at];
            node.parent = if at == 0 { NONE } else { renumber[node.parent as usize] };
            node.scope = renumber[node.scope as usize];
            (node.first, node.next) = (NONE, NONE);
            at += 1;
            if macros.binary_search(&id).is_ok() {
                node.shape = Shape::Args;
                nodes.push(node);
                self.expand(src, nodes, new)?;
                while at < old.len() && old[at].start < node.end {
                    at += 1;
                }
            } else {
                nodes.push(node);
            }
        }
        link(nodes);
        Ok(())
    }

    fn expand(&mut self, src: &str, nodes: &mut Vec<Node>, args: Id) -> Result<(), Stop> {
        let (start, end) = (nodes[args as usize].start, nodes[args as usize].end);
        let tokens = src.get(start as usize..end as usize).unwrap_or("");
        let before = src.get(..start as usize).unwrap_or("").trim_end();
        let tokens = if before.ends_with("json!") { plain_json(tokens) } else { plain_sigils(tokens) };
        let tree = self.parse(Language::Rust, &tokens)?;
        let mut lowering =
            Lowering { tables: Language::Rust.tables(), nodes: std::mem::take(nodes), base: start };
        let mut cursor = tree.walk();
        // source_file > expression_statement > tuple | parentheses: its children are the arguments.
        for _ in 0..3 {
            let alone = cursor.node().named_child_count() == 1;
            let wraps = matches!(cursor.node().kind(), "source_file" | "expression_statement");
            if !(wraps && alone && cursor.goto_first_child()) {
                break;
            }
        }
        let scope = lowering.nodes[args as usize].scope;
        lowering.below(&mut cursor, args, scope);
        *nodes = lowering.nodes;
        Ok(())
    }
}

/// Angle brackets that open and never close, within one statement. Each may begin a type argument or a comparison, and
/// the grammars of C# and Java keep both readings of every one: memory runs out before any count of steps.
fn is_ambiguous(src: &str) -> bool {
    const MOST: u32 = 200;
    let mut open = 0_u32;
    src.bytes().any(|byte| {
        match byte {
            b'<' => open += 1,
            b'>' => open = open.saturating_sub(1),
            b';' | b'{' | b'}' => open = 0,
            _ => {}
        }
        open > MOST
    })
}

/// `json!({"key": value})` is no expression, `(["key", value])` is one of the same length.
fn plain_json(tokens: &str) -> String {
    let mut quoted = false;
    let mut before = ' ';
    let tokens = tokens.chars().map(|c| {
        quoted ^= c == '"' && before != '\\';
        before = c;
        match c {
            '{' if !quoted => '[',
            '}' if !quoted => ']',
            ':' if !quoted => ',',
            other => other,
        }
    });
    tokens.collect()
}

/// `%value` and `?value` of tracing macros are not expressions; the sigil goes, the length stays.
fn plain_sigils(tokens: &str) -> String {
    let mut before = '(';
    let mut open = 0_usize;
    let mut plain: String = tokens
        .chars()
        .map(|c| {
            let sigil = (c == '%' || c == '?') && matches!(before, '(' | ',' | '=');
            if !c.is_whitespace() {
                before = c;
            }
            open += usize::from(c == '(');
            if sigil { ' ' } else { c }
        })
        .collect();
    if plain.starts_with(['[', '{']) && plain.len() > 1 && plain.is_ascii() {
        plain.replace_range(0..1, "(");
        plain.replace_range(plain.len() - 1.., ")");
    }
    plain
}

fn is_expression_macro(src: &str, nodes: &[Node], tokens: usize) -> bool {
    let parent = nodes[tokens].parent;
    if parent == NONE || nodes[parent as usize].shape != Shape::Macro {
        return false;
    }
    let call = src.get(nodes[parent as usize].start as usize..nodes[tokens].start as usize).unwrap_or("");
    let name = call.trim_end().trim_end_matches('!').rsplit("::").next().unwrap_or("").trim();
    EXPRESSION_MACROS.contains(&name)
}

fn root(src: &str) -> Node {
    let end = u32::try_from(src.len()).expect("files are capped at 1 MiB");
    Node {
        shape: Shape::Other,
        part: Part::None,
        start: 0,
        end,
        parent: NONE,
        first: NONE,
        next: NONE,
        scope: 0,
    }
}

/// First and next links from parents, for nodes in preorder.
fn link(nodes: &mut [Node]) {
    let mut last = vec![NONE; nodes.len()];
    for at in 1..nodes.len() {
        let id = u32::try_from(at).expect("capped");
        let parent = nodes[at].parent as usize;
        match last[parent] {
            NONE => nodes[parent].first = id,
            before => nodes[before as usize].next = id,
        }
        last[parent] = id;
    }
}

struct Lowering<'t> {
    tables: &'t Tables,
    nodes: Vec<Node>,
    /// Added to every offset.
    base: u32,
}

impl Lowering<'_> {
    fn walk(&mut self, cursor: &mut TreeCursor<'_>, parent: Id) {
        self.below(cursor, parent, 0);
        link(&mut self.nodes);
    }

    /// Copy what is below the cursor's node, iteratively: input may nest 200,000 deep.
    fn below(&mut self, cursor: &mut TreeCursor<'_>, parent: Id, scope: Id) {
        let mut stack = vec![(parent, scope)];
        if !cursor.goto_first_child() {
            return;
        }
        loop {
            let (parent, scope) = *stack.last().expect("popped only with its level");
            if self.tables.shape(cursor.node().kind_id()) == Shape::Splice {
                if cursor.goto_first_child() {
                    stack.push((parent, scope));
                    continue;
                }
            } else if let Some(id) = self.copy(cursor, parent, scope) {
                let node = self.nodes[id as usize];
                if descends(node.shape) && cursor.goto_first_child() {
                    stack.push((id, if node.shape == Shape::Function { id } else { scope }));
                    continue;
                }
            }
            while !cursor.goto_next_sibling() {
                stack.pop();
                if stack.is_empty() || !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    fn copy(&mut self, cursor: &TreeCursor<'_>, parent: Id, scope: Id) -> Option<Id> {
        let node = cursor.node();
        let shape = self.tables.shape(node.kind_id());
        if shape == Shape::Skip {
            return None;
        }
        let part = self.tables.part(cursor.field_id().map(std::num::NonZeroU16::get));
        if part == Part::Operator {
            return None;
        }
        let offset = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX).saturating_add(self.base);
        let (start, end) = (offset(node.start_byte()), offset(node.end_byte()));
        let id = u32::try_from(self.nodes.len()).ok()?;
        self.nodes.push(Node { shape, part, start, end, parent, first: NONE, next: NONE, scope });
        Some(id)
    }
}

/// Leaves of our tree that have children in the grammar's.
fn descends(shape: Shape) -> bool {
    !matches!(
        shape,
        Shape::Type
            | Shape::TypeName
            | Shape::Comment
            | Shape::Name
            | Shape::Number
            | Shape::Import
            | Shape::Symbol
    )
}
