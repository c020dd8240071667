//! One step backward from an expression, by its shape.

use super::{
    Flow, MAX_DEPTH, MAX_HOPS, MAX_NODES, Question, Source,
    words::{ACCESSORS, MEASURES, PROPAGATES, SERIALIZES},
};
use crate::{
    tree::{Id, Module, Part, Shape},
    vocabulary::{self, Class},
};

impl<'s> Flow<'_, 's> {
    pub(super) fn trace(&self, node: Id, q: &mut Question<'_>, hops: u8, depth: u16) -> Option<Source<'s>> {
        q.nodes += 1;
        if hops > MAX_HOPS || depth > MAX_DEPTH || q.nodes > MAX_NODES {
            return None;
        }
        let m = self.module;
        let deeper = depth + 1;
        match m.shape(node) {
            Shape::Name | Shape::Variable | Shape::Shorthand | Shape::Declared => {
                self.trace_name(node, q, hops, deeper)
            }
            Shape::Member | Shape::Index => self.trace_member(node, q, hops, deeper),
            Shape::Call | Shape::New | Shape::Macro => self.trace_call(node, q, hops, deeper),
            Shape::Binary => self.trace_binary(node, q, hops, deeper),
            Shape::Ternary => {
                let condition = m.child(node, Part::Condition).or_else(|| m.values(node).next());
                let mut branches = m.values(node).filter(|id| Some(*id) != condition);
                branches.find_map(|id| self.trace(id, q, hops, deeper))
            }
            Shape::Pair => self.trace_pair(node, q, hops, deeper),
            Shape::Arg if m.is_pair(node) => self.trace_pair(node, q, hops, deeper),
            Shape::Str => self.trace_string(node, q, hops, deeper),
            Shape::Function => {
                let body = m.body(node).or_else(|| m.values(node).last())?;
                let last = if m.shape(body) == Shape::Block { m.values(body).last()? } else { body };
                self.trace(last, q, hops, deeper)
            }
            // `password = %value` of tracing macros, `password = value` as a named argument.
            Shape::Assign => {
                let bindings = m.bindings(node);
                let (target, value) = bindings.first()?;
                self.trace_named((m.leaf(*target), *value), q, hops, deeper)
            }
            Shape::Object => self.trace_object(node, q, hops, deeper),
            Shape::Array
            | Shape::List
            | Shape::Spread
            | Shape::Concat
            | Shape::Group
            | Shape::Interp
            | Shape::Arg
            | Shape::Args
            | Shape::Statement
            | Shape::Return
            | Shape::Body
            | Shape::Update => m.values(node).find_map(|id| self.trace(id, q, hops, deeper)),
            _ => None,
        }
    }

    /// `{ ...body, password: 'XXX' }`: what is spread and then set to something harmless is not in the object.
    fn trace_object(&self, node: Id, q: &mut Question<'_>, hops: u8, depth: u16) -> Option<Source<'s>> {
        let m = self.module;
        m.values(node).find_map(|id| {
            let found = self.trace(id, q, hops, depth)?;
            let later = |pair: &Id| m.is_pair(*pair) && m.key(*pair) == found.name;
            let replaced = m.shape(id) == Shape::Spread
                && m.values(node)
                    .filter(|pair| *pair > id)
                    .filter(later)
                    .any(|pair| m.value(pair).is_some_and(|value| value != pair && self.is_clean(value, q)));
            (!replaced).then_some(found)
        })
    }

    fn named(&self, name: &'s str, owner: &str, q: &Question<'_>) -> Option<Source<'s>> {
        let term = vocabulary::term(name, owner)?;
        let wanted = q.classes.has(term.class) && (term.class != Class::RECORD || q.records);
        wanted.then_some(Source { name, term, derived: false })
    }

    fn trace_name(&self, node: Id, q: &mut Question<'_>, hops: u8, depth: u16) -> Option<Source<'s>> {
        let m = self.module;
        let name = m.leaf(node);
        let values = self.values_of(name, node);
        if let Some(found) = self.named(name, "", q) {
            let cleaned = !values.is_empty() && values.iter().all(|value| self.is_clean(*value, q));
            return (!cleaned).then_some(found);
        }
        let found = values.iter().rev().find_map(|value| self.trace(*value, q, hops + 1, depth));
        let found = found.or_else(|| self.trace_param(node, q, hops, depth));
        found.map(|source| Source { derived: true, ..source })
    }

    /// A value that a sensitive name got, but that is not sensitive: a literal, a measure, a sanitized value.
    fn is_clean(&self, value: Id, q: &Question<'_>) -> bool {
        let m = self.module;
        let value = m.unwrap(value);
        match m.shape(value) {
            Shape::Call => (q.accepts)(m.call_name(value)) || (q.accepts)(m.receiver_name(value)),
            Shape::True | Shape::False | Shape::Bool | Shape::Null | Shape::Number | Shape::Unary => true,
            Shape::Str => m.children(value).next().is_none(),
            Shape::Function => true,
            _ => false,
        }
    }

    /// One hop: what same-file callers pass for a parameter.
    fn trace_param(&self, node: Id, q: &mut Question<'_>, hops: u8, depth: u16) -> Option<Source<'s>> {
        if hops > 3 {
            return None;
        }
        let m = self.module;
        let name = m.leaf(node);
        let scopes = self.scopes(node);
        let (function, at) =
            scopes.iter().find_map(|scope| Some((*scope, self.params.get(&(*scope, name))?)))?;
        let callers =
            self.called.get(m.function_name(function)).filter(|_| !m.function_name(function).is_empty())?;
        callers.iter().take(8).find_map(|call| {
            let args = m.args(*call);
            let arg = args.get(*at).filter(|arg| **arg != node)?;
            self.trace(*arg, q, hops.max(3) + 1, depth)
        })
    }

    fn trace_member(&self, node: Id, q: &mut Question<'_>, hops: u8, depth: u16) -> Option<Source<'s>> {
        let m = self.module;
        let object = m.object(node)?;
        let owner = m.leaf(object);
        let name = m.leaf(node);
        let constant = name.len() > 1
            && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
            && owner.starts_with(|c: char| c.is_ascii_uppercase());
        if is_environment(m, object) || constant {
            return None;
        }
        if let Some(found) = self.named(name, owner, q) {
            return (found.term.class != Class::RECORD || q.records).then_some(found);
        }
        // A field of an object built in this file.
        let object = m.unwrap(object);
        if m.shape(object) == Shape::Name || m.shape(object) == Shape::Variable {
            let field = self
                .values_of(m.leaf(object), node)
                .into_iter()
                .rev()
                .find_map(|value| self.field(value, name));
            let found = field.and_then(|value| self.trace(value, q, hops + 1, depth));
            return found.map(|source| Source { derived: true, ..source });
        }
        None
    }

    fn field(&self, value: Id, name: &str) -> Option<Id> {
        let m = self.module;
        let object = m.unwrap(value);
        let mut pairs = m.children(object).filter(|id| m.is_pair(*id));
        pairs
            .find(|pair| m.key(*pair) == name && !name.is_empty())
            .and_then(|pair| m.value(pair))
            .filter(|v| *v != value)
    }

    fn trace_call(&self, call: Id, q: &mut Question<'_>, hops: u8, depth: u16) -> Option<Source<'s>> {
        let m = self.module;
        let name = m.call_name(call);
        let receiver = m.receiver(call);
        let macro_name = if m.shape(call) == Shape::Macro { Some(name) } else { None };
        if (q.accepts)(name) || (q.accepts)(m.receiver_name(call)) || MEASURES.contains(&name) {
            return None;
        }
        if PROPAGATES.contains(&name)
            || macro_name.is_some_and(|name| matches!(name, "format" | "json" | "vec"))
        {
            let inside = receiver.and_then(|id| self.trace(id, q, hops, depth));
            let records = q.records;
            q.records |= SERIALIZES.contains(&name);
            let found =
                inside.or_else(|| m.args(call).into_iter().find_map(|arg| self.trace(arg, q, hops, depth)));
            q.records = records;
            return found;
        }
        if q.builds
            && (m.shape(call) == Shape::New
                || name.starts_with(|c: char| c.is_ascii_uppercase()) && receiver.is_none())
        {
            let built = m.args(call).into_iter().chain(m.child_of(call, Shape::Object));
            return built.collect::<Vec<_>>().into_iter().find_map(|part| self.trace(part, q, hops, depth));
        }
        if name == "replace" || name == "substring" || name == "slice" || name == "substr" || name == "gsub" {
            return None;
        }
        let args = m.args(call);
        if ACCESSORS.contains(&name)
            && let Some(key) = args.first().and_then(|arg| m.string(*arg))
        {
            let environment = receiver.is_some_and(|id| is_environment(m, id));
            return if environment {
                None
            } else {
                self.named(key, m.receiver_name(call), q).or_else(|| header(key, q))
            };
        }
        // `getEmail()`, `email()`: an accessor without arguments is its noun.
        let noun = name.strip_prefix("get").or_else(|| name.strip_prefix("Get")).unwrap_or(name);
        let accessor =
            args.is_empty() && (m.language != crate::lang::Language::Python || name.starts_with("get"));
        if accessor {
            self.named(noun, m.receiver_name(call), q).filter(|s| s.term.class != Class::RECORD)
        } else {
            None
        }
    }

    fn trace_binary(&self, node: Id, q: &mut Question<'_>, hops: u8, depth: u16) -> Option<Source<'s>> {
        let m = self.module;
        let operator = m.operator(node);
        match operator {
            "+" | "." | "||" | "??" | "?:" | "or" | "<<" | "to" => {
                m.values(node).collect::<Vec<_>>().into_iter().find_map(|id| self.trace(id, q, hops, depth))
            }
            "%" => {
                let formats = m.values(node).next().is_some_and(|left| m.shape(m.unwrap(left)) == Shape::Str);
                if formats {
                    m.values(node).nth(1).and_then(|right| self.trace(right, q, hops, depth))
                } else {
                    None
                }
            }
            "&&" | "and" => m.values(node).last().and_then(|right| self.trace(right, q, hops, depth)),
            _ => None,
        }
    }

    fn trace_pair(&self, pair: Id, q: &mut Question<'_>, hops: u8, depth: u16) -> Option<Source<'s>> {
        let m = self.module;
        let value = m.value(pair)?;
        if m.shape(pair) == Shape::Shorthand {
            return self.trace_name(pair, q, hops, depth);
        }
        self.trace_named((m.key(pair), value), q, hops, depth)
    }

    /// A value under a name: what it is, else what its name says while nothing says otherwise.
    fn trace_named(
        &self,
        (name, value): (&'s str, Id),
        q: &mut Question<'_>,
        hops: u8,
        depth: u16,
    ) -> Option<Source<'s>> {
        let m = self.module;
        if let Some(found) = self.trace(value, q, hops, depth) {
            return Some(found);
        }
        let opaque = match m.shape(value) {
            Shape::Name | Shape::Variable => {
                let values = self.values_of(m.leaf(value), value);
                values.is_empty() || !values.iter().all(|value| self.is_clean(*value, q))
            }
            Shape::Member | Shape::Index => !MEASURES.contains(&m.leaf(value)),
            _ => false,
        };
        if opaque { self.named(name, "", q).filter(|s| s.term.class != Class::RECORD) } else { None }
    }

    fn trace_string(&self, node: Id, q: &mut Question<'_>, hops: u8, depth: u16) -> Option<Source<'s>> {
        let m = self.module;
        // An object inside a string is written as its name, not field by field.
        let records = std::mem::replace(&mut q.records, false);
        let found = m.children(node).find_map(|id| self.trace(id, q, hops, depth));
        let found = found.or_else(|| {
            if m.language == crate::lang::Language::Kotlin {
                let mut inline =
                    m.text(node).split('$').skip(1).map(|rest| {
                        rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("")
                    });
                return inline.find_map(|name| self.named(name, "", q));
            }
            if m.language != crate::lang::Language::Rust {
                return None;
            }
            // Rust names its values inside the string: `{email}`, `{email:?}`.
            let text = m.string_text(node);
            let mut inline = text.split('{').skip(1).filter_map(|rest| rest.split(['}', ':']).next());
            inline.find_map(|name| self.named(name, "", q))
        });
        q.records = records;
        found
    }
}

fn header<'s>(key: &'s str, q: &Question<'_>) -> Option<Source<'s>> {
    let secret = key.eq_ignore_ascii_case("authorization") && q.classes.has(Class::SECRET);
    let term = vocabulary::term("credentials", "")?;
    secret.then_some(Source { name: key, term, derived: false })
}

/// `process.env`, `ENV`, `os.environ`: names there speak of configuration, e.g. `PWD`.
fn is_environment(m: &Module<'_>, object: Id) -> bool {
    matches!(m.leaf(object), "env" | "ENV" | "environ" | "_ENV" | "Environment")
}
