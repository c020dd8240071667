//! Where a value comes from: backward, on demand, inside one file.
//!
//! Asked only for the arguments of a sink, it follows names to their assignments, parameters to same-file callers (one
//! hop), objects to their fields and strings to what they interpolate. Sanitizers, comparisons and measures end the
//! trail. Budgets bound every question, so hostile nesting costs no more than a long argument.

use std::{cell::RefCell, collections::HashMap};

use crate::{
    tree::{Id, Module, Part, Shape},
    vocabulary::{self, Class, Term},
};

/// Steps along names, calls and fields.
const MAX_HOPS: u8 = 8;
/// Nested expressions.
const MAX_DEPTH: u16 = 64;
/// Nodes looked at for one question.
const MAX_NODES: u32 = 2_000;

/// A sensitive value that reached a sink.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'s> {
    /// The name as written.
    pub(crate) name: &'s str,
    pub(crate) term: &'static Term,
    /// Whether it came through a variable that does not say so itself.
    pub(crate) derived: bool,
}

/// Assignments and callers of one file, collected on the first question.
pub(crate) struct Flow<'m, 's> {
    module: &'m Module<'s>,
    assigned: HashMap<&'s str, Vec<(Id, Id)>>,
    called: HashMap<&'s str, Vec<Id>>,
    params: HashMap<&'s str, Vec<(Id, usize)>>,
    answers: RefCell<HashMap<(Id, u8), Option<Source<'s>>>>,
}

struct Question<'q> {
    classes: Class,
    accepts: &'q dyn Fn(&str) -> bool,
    nodes: u32,
    /// A whole record counts only where its fields are written out.
    records: bool,
    /// Whether a constructed object carries what it was built from: a store keeps it, a log prints its name.
    builds: bool,
}

impl<'m, 's> Flow<'m, 's> {
    pub(crate) fn new(module: &'m Module<'s>) -> Self {
        let mut flow = Flow {
            module,
            assigned: HashMap::new(),
            called: HashMap::new(),
            params: HashMap::new(),
            answers: RefCell::default(),
        };
        for assign in module.all(Shape::Assign).iter().chain(module.all(Shape::Update)) {
            for (target, value) in module.bindings(*assign) {
                flow.assign(target, value);
            }
        }
        for function in module.all(Shape::Function) {
            for (at, param) in module.params(*function).into_iter().enumerate() {
                flow.params.entry(module.param_name(param)).or_default().push((*function, at));
            }
        }
        for call in module.all(Shape::Call) {
            flow.called.entry(module.call_name(*call)).or_default().push(*call);
        }
        flow
    }

    fn assign(&mut self, target: Id, value: Id) {
        let module = self.module;
        match module.shape(target) {
            // Destructuring: the names say what they are themselves; `{ email: who }` renames.
            Shape::Object => {
                for pair in module.children(target).filter(|id| module.shape(*id) == Shape::Pair) {
                    if let Some(name) = module.value(pair) {
                        self.assigned.entry(module.leaf(name)).or_default().push((name, pair));
                    }
                }
            }
            Shape::Member | Shape::Index => {}
            _ => self.assigned.entry(module.leaf(target)).or_default().push((target, value)),
        }
    }

    /// Values that a name may hold at `at`: assignments before it in its function or outside, nearest last.
    pub(crate) fn values_of(&self, name: &str, at: Id) -> Vec<Id> {
        let Some(all) = self.assigned.get(name) else { return Vec::new() };
        let scopes = self.scopes(at);
        let visible = |target: Id| scopes.contains(&self.module.node(target).scope);
        let mut found: Vec<Id> = all
            .iter()
            .filter(|(target, _)| *target < at && visible(*target))
            .map(|(_, value)| *value)
            .collect();
        // A later assignment hides earlier ones often enough; two are kept for branches.
        if found.len() > 3 {
            found.drain(..found.len() - 3);
        }
        if found.is_empty() {
            found = all
                .iter()
                .filter(|(target, _)| self.module.node(*target).scope == 0)
                .map(|(_, v)| *v)
                .take(2)
                .collect();
        }
        found
    }

    fn scopes(&self, at: Id) -> Vec<Id> {
        let mut scopes = vec![self.module.node(at).scope];
        while let Some(&last) = scopes.last()
            && last != 0
            && scopes.len() < 64
        {
            scopes.push(self.module.node(last).scope);
        }
        scopes
    }

    /// The sensitive value of `classes` that reaches `node`, if any.
    pub(crate) fn reaches(&self, node: Id, classes: Class) -> Option<Source<'s>> {
        if let Some(known) = self.answers.borrow().get(&(node, classes.0)) {
            return *known;
        }
        let mut question = Question {
            classes,
            accepts: &vocabulary::is_sanitizer,
            nodes: 0,
            records: self.module.language.is_script(),
            builds: false,
        };
        let answer = self.trace(node, &mut question, 0, 0);
        self.answers.borrow_mut().insert((node, classes.0), answer);
        answer
    }

    /// As [`Self::reaches`], with the caller's idea of what ends the trail (encryption, hashing).
    pub(crate) fn reaches_unless(
        &self,
        node: Id,
        classes: Class,
        accepts: &dyn Fn(&str) -> bool,
    ) -> Option<Source<'s>> {
        let mut question = Question { classes, accepts, nodes: 0, records: false, builds: true };
        self.trace(node, &mut question, 0, 0)
    }

    fn trace(&self, node: Id, q: &mut Question<'_>, hops: u8, depth: u16) -> Option<Source<'s>> {
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
            Shape::Object
            | Shape::Array
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
        let (function, at) = self.params.get(name)?.iter().find(|(function, _)| scopes.contains(function))?;
        let callers =
            self.called.get(m.function_name(*function)).filter(|_| !m.function_name(*function).is_empty())?;
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
        if PROPAGATES.contains(&name) || macro_name.is_some_and(|name| name == "format" || name == "json") {
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

/// Calls that hand their argument or receiver on.
const PROPAGATES: &[&str] = &[
    "String",
    "str",
    "repr",
    "stringify",
    "dumps",
    "inspect",
    "format",
    "Sprintf",
    "Sprint",
    "Sprintln",
    "sprintf",
    "concat",
    "join",
    "toString",
    "ToString",
    "to_string",
    "to_s",
    "String.valueOf",
    "valueOf",
    "trim",
    "strip",
    "lower",
    "upper",
    "toLowerCase",
    "toUpperCase",
    "ToLower",
    "ToUpper",
    "clone",
    "as_str",
    "as_ref",
    "as_deref",
    "unwrap",
    "expect",
    "unwrap_or_default",
    "to_owned",
    "decode",
    "encode",
    "to_json",
    "ToJson",
    "json_encode",
    "Serialize",
    "print_r",
    "var_export",
    "Interpolate",
    "append",
    "String.format",
    "formatted",
    "util.inspect",
    "expose_secret",
    "Str",
    "Any",
    "Stringer",
    "Field",
    "with",
    "With",
    "kv",
    "keyValue",
    "value",
    "pformat",
    "vars",
    "dict",
    "model_dump",
    "Object.assign",
    "assign",
    "orElse",
    "get_or_insert",
    "of",
    "mapOf",
    "listOf",
    "asList",
    "to",
    "hashMapOf",
    "entry",
    "MarshalIndent",
    "Marshal",
    "string",
];
/// Propagators that write a record out field by field.
const SERIALIZES: &[&str] = &[
    "stringify",
    "dumps",
    "inspect",
    "to_json",
    "json_encode",
    "print_r",
    "var_export",
    "Marshal",
    "Serialize",
];
/// Calls and fields that tell something about a value without telling it.
const MEASURES: &[&str] = &[
    "length",
    "len",
    "size",
    "count",
    "Count",
    "Length",
    "isEmpty",
    "is_empty",
    "includes",
    "startsWith",
    "endsWith",
    "test",
    "match",
    "indexOf",
    "exists",
    "present?",
    "nil?",
    "empty?",
    "blank?",
    "typeof",
    "Boolean",
    "bool",
    "id",
    "hashCode",
];
/// Calls that read a field by name.
const ACCESSORS: &[&str] = &[
    "get",
    "Get",
    "fetch",
    "header",
    "getHeader",
    "Header",
    "FormValue",
    "PostFormValue",
    "getParameter",
    "input",
    "param",
    "Query",
    "query",
    "dig",
    "PostForm",
    "GetHeader",
];
