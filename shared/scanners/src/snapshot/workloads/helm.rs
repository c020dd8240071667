//! Helm templates, filled in from the chart's own `values.yaml` as far as paths into it go.
//!
//! This is not the Go template language: `if`, `with`, `range`, `else` and `end` are followed, `.Values` paths are
//! looked up, and anything else becomes a placeholder. Decisions ask whether a field is set, not for its value.

use crate::snapshot::yaml::{Node, Value};

/// What an expression that is not looked up becomes.
const PLACEHOLDER: &str = "from-template";
/// Deepest nesting of blocks.
const MAX_BLOCKS: usize = 64;
/// Longest text made of one template.
const MAX_FILLED: usize = 1024 * 1024;

/// A block that is open.
#[derive(Clone, Debug)]
struct Block<'a> {
    /// Its lines are taken.
    taken: bool,
    /// An earlier branch of it was taken.
    done: bool,
    /// What `.` is inside.
    dot: Option<&'a Node>,
}

/// Fills a template in.
pub(super) fn fill(template: &str, values: Option<&Node>) -> String {
    let mut out = String::new();
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut rest = template.lines();
    while let Some(line) = rest.next() {
        let mut line = line.to_owned();
        // An expression may span lines.
        while line.matches("{{").count() > line.matches("}}").count() {
            let Some(next) = rest.next() else { break };
            line.push_str(next.trim());
        }
        if out.len() > MAX_FILLED {
            break;
        }
        let trimmed = line.trim();
        let alone =
            trimmed.starts_with("{{") && trimmed.ends_with("}}") && trimmed.matches("{{").count() == 1;
        if alone && control(expression(trimmed), values, &mut blocks) {
            continue;
        }
        if blocks.iter().any(|block| !block.taken) {
            continue;
        }
        if alone {
            whole_line(&line, expression(trimmed), values, &blocks, &mut out);
        } else {
            out.push_str(&inline(&line, values, &blocks));
        }
        out.push('\n');
    }
    out
}

/// What stands between the braces.
fn expression(text: &str) -> &str {
    text.trim_start_matches("{{").trim_end_matches("}}").trim_start_matches('-').trim_end_matches('-').trim()
}

/// Follows a block; false for anything else.
fn control<'a>(expression: &str, values: Option<&'a Node>, blocks: &mut Vec<Block<'a>>) -> bool {
    let (word, condition) = expression.split_once(char::is_whitespace).unwrap_or((expression, ""));
    match word {
        "if" | "with" | "range" | "block" => {
            let value = lookup(condition, values, blocks);
            let taken = word == "block" || value.is_none_or(is_true);
            let dot = value.filter(|_| word == "with").or_else(|| blocks.last().and_then(|block| block.dot));
            if blocks.len() < MAX_BLOCKS {
                blocks.push(Block { taken, done: taken, dot });
            }
        }
        "define" => blocks.push(Block { taken: false, done: true, dot: None }),
        "else" => {
            if let Some(block) = blocks.last_mut() {
                block.taken = !block.done;
                block.done = true;
            }
        }
        "end" => drop(blocks.pop()),
        _ => return expression.starts_with("/*") || expression.starts_with('$') || word == "template",
    }
    true
}

fn is_true(node: &Node) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Scalar(text) => !matches!(text.as_str(), "" | "false" | "0"),
        Value::Seq(items) => !items.is_empty(),
        Value::Map(entries) => !entries.is_empty(),
    }
}

/// The value an expression is about: its only path into the values, or `.`.
fn lookup<'a>(expression: &str, values: Option<&'a Node>, blocks: &[Block<'a>]) -> Option<&'a Node> {
    let compares = ["eq ", "ne ", "not ", "or ", "and ", "gt ", "lt ", "has ", "empty "];
    if compares.iter().any(|word| expression.starts_with(word) || expression.contains(&format!("({word}"))) {
        return None;
    }
    let mut words = expression.split([' ', '|', '(', ')']).filter(|word| !word.is_empty());
    let path = words.find(|word| *word == "." || word.contains(".Values."));
    match path? {
        "." => blocks.last().and_then(|block| block.dot),
        path => {
            let at = path.find(".Values.")? + ".Values.".len();
            path[at..].split('.').try_fold(values?, |node, key| Some(node.get(key)))
        }
    }
}

/// A line that is one expression: a mapping put in its place, or nothing.
fn whole_line(line: &str, expression: &str, values: Option<&Node>, blocks: &[Block<'_>], out: &mut String) {
    let Some(node) = lookup(expression, values, blocks).filter(|node| is_true(node)) else { return };
    let spaces = |text: &str| text.split_whitespace().next().and_then(|word| word.parse::<usize>().ok());
    let indent = expression.rsplit_once("indent ").and_then(|(_, number)| spaces(number));
    let indent = indent.unwrap_or(line.len() - line.trim_start().len()).min(200);
    match &node.value {
        Value::Map(entries) => {
            for (key, value) in entries {
                out.push_str(&" ".repeat(indent));
                out.push_str(&format!("{}: {}\n", quoted(key), flow(value, 0)));
            }
        }
        Value::Seq(items) => {
            for item in items {
                out.push_str(&" ".repeat(indent));
                out.push_str(&format!("- {}\n", flow(item, 0)));
            }
        }
        _ => {}
    }
}

/// A line with expressions in it.
fn inline(line: &str, values: Option<&Node>, blocks: &[Block<'_>]) -> String {
    let mut filled = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, following)) = after.split_once("}}") else { break };
        filled.push_str(before);
        let expression = inside.trim_matches('-').trim();
        let control =
            ["if ", "else", "end", "with ", "range "].iter().any(|word| expression.starts_with(word));
        match lookup(expression, values, blocks).map(|node| &node.value) {
            _ if control => {}
            Some(Value::Scalar(text)) => {
                filled.extend(text.chars().filter(|c| !matches!(c, '"' | '\'' | '\n' | '#' | '{' | '}')));
            }
            Some(Value::Null) if before.trim_end().ends_with(':') && following.trim().is_empty() => {}
            Some(Value::Map(_) | Value::Seq(_)) if before.trim_end().ends_with(':') => {
                let node = lookup(expression, values, blocks).map(|node| flow(node, 0));
                filled.push_str(&node.unwrap_or_default());
            }
            _ => filled.push_str(PLACEHOLDER),
        }
        rest = following;
    }
    filled.push_str(rest);
    filled
}

fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// A value as YAML's flow style.
fn flow(node: &Node, depth: usize) -> String {
    match &node.value {
        _ if depth > 12 => "null".to_owned(),
        Value::Null => "null".to_owned(),
        Value::Scalar(text) if matches!(text.as_str(), "true" | "false") || text.parse::<i64>().is_ok() => {
            text.clone()
        }
        Value::Scalar(text) => quoted(text),
        Value::Seq(items) => {
            format!("[{}]", items.iter().map(|item| flow(item, depth + 1)).collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) => {
            let pair = |(key, value): &(String, Node)| format!("{}: {}", quoted(key), flow(value, depth + 1));
            format!("{{{}}}", entries.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
    }
}
