//! Questions that every language answers: what is called, on what, with which arguments, what is bound to what.

use super::{Id, Module, Part, Shape};

impl<'s> Module<'s> {
    /// The value behind parentheses, `await`, casts, interpolation and argument wrappers.
    pub(crate) fn unwrap(&self, id: Id) -> Id {
        let mut at = id;
        for _ in 0..32 {
            let inner = match self.shape(at) {
                Shape::Group | Shape::Interp | Shape::Statement | Shape::Body => {
                    // A struct literal is its body, a cast its value.
                    let named = self.child(at, Part::Value).or_else(|| self.child(at, Part::Body));
                    named.or_else(|| self.values(at).next())
                }
                Shape::Unary if self.text(at).starts_with(['&', '*']) => self.values(at).next(),
                Shape::Arg => self.values(at).last(),
                Shape::List if self.values(at).count() == 1 => self.values(at).next(),
                _ => None,
            };
            match inner {
                Some(inner) => at = inner,
                None => break,
            }
        }
        at
    }

    /// Children that are neither comments nor types.
    pub(crate) fn values(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        self.children(id).filter(|child| {
            let node = self.node(*child);
            !matches!(node.shape, Shape::Comment | Shape::Type | Shape::Modifiers)
                && (node.part != Part::Type || node.shape == Shape::Name)
        })
    }

    /// The last name of an expression: `a.b.email` → `email`, `user["email"]` → `email`; empty where there is none.
    pub(crate) fn leaf(&self, id: Id) -> &'s str {
        let id = self.unwrap(id);
        match self.shape(id) {
            Shape::Name | Shape::Shorthand | Shape::Symbol => {
                let text = self.text(id);
                let last = text.rsplit(['.', '\\']).next().unwrap_or(text);
                last.trim_start_matches(['@', '$', ':', '#', '&', '*']).trim_end_matches(':')
            }
            Shape::TypeName => {
                let text = self.text(id);
                let plain = text.split(['<', '[']).next().unwrap_or(text);
                plain.rsplit(['.', ':']).next().unwrap_or(plain).trim()
            }
            Shape::Variable | Shape::Declared => {
                self.children(id).next().map_or("", |inner| self.leaf(inner))
            }
            Shape::Member => self.property(id).map_or("", |property| self.leaf(property)),
            Shape::Index => self.index_key(id).unwrap_or(""),
            Shape::Param | Shape::Field => self.param_name(id),
            Shape::Str => self.string(id).unwrap_or(""),
            // Ruby reads a field by calling it.
            Shape::Call
                if self.language == crate::lang::Language::Ruby
                    && self.child_of(id, Shape::Args).is_none() =>
            {
                self.call_name(id)
            }
            _ => "",
        }
    }

    /// Property of a member access.
    pub(crate) fn property(&self, id: Id) -> Option<Id> {
        self.child(id, Part::Property)
            .or_else(|| self.child(id, Part::Name))
            .or_else(|| self.values(id).last())
    }

    /// Object of a member access, an index or a call.
    pub(crate) fn object(&self, id: Id) -> Option<Id> {
        match self.shape(id) {
            Shape::Member => {
                let first = self.child(id, Part::Object).or_else(|| self.child(id, Part::Value));
                first.or_else(|| self.values(id).next().filter(|first| self.property(id) != Some(*first)))
            }
            Shape::Index => self.child(id, Part::Object).or_else(|| self.values(id).next()),
            Shape::Call => self.receiver(id),
            _ => None,
        }
    }

    /// Key of `object[key]`, when it is a literal or a symbol.
    pub(crate) fn index_key(&self, id: Id) -> Option<&'s str> {
        let key = self.values(id).last().map(|key| self.last_inside(key))?;
        match self.shape(key) {
            Shape::Str => self.string(key),
            Shape::Symbol => Some(self.leaf(key)),
            _ => None,
        }
    }

    fn last_inside(&self, id: Id) -> Id {
        match self.shape(id) {
            Shape::Args | Shape::Other | Shape::Arg => {
                self.values(id).last().map_or(id, |inner| self.unwrap(inner))
            }
            _ => self.unwrap(id),
        }
    }

    /// Kotlin writes `f(x) { … }` as a call of a call; the inner one is the call, the block its last argument.
    fn called(&self, call: Id) -> Id {
        let first = self.children(call).next();
        let inner = first
            .filter(|first| self.shape(*first) == Shape::Call && self.child_of(call, Shape::Args).is_none());
        inner.filter(|_| self.language == crate::lang::Language::Kotlin).unwrap_or(call)
    }

    /// What a call calls.
    pub(crate) fn callee(&self, call: Id) -> Option<Id> {
        let call = self.called(call);
        if self.shape(call) == Shape::New {
            let named = self.child(call, Part::Callee).or_else(|| self.child(call, Part::Type));
            return named.or_else(|| self.children(call).next());
        }
        if let Some(callee) = self.child(call, Part::Callee) {
            return Some(callee);
        }
        let named = self.child(call, Part::Property).or_else(|| self.child(call, Part::Name));
        named.or_else(|| self.children(call).find(|child| self.shape(*child) != Shape::Args))
    }

    /// Name of what a call calls: `logger.info(…)` → `info`.
    pub(crate) fn call_name(&self, call: Id) -> &'s str {
        match self.shape(call) {
            Shape::Print => "echo",
            _ => self.callee(call).map_or("", |callee| self.leaf(callee)),
        }
    }

    /// What a call is called on: `logger.info(…)` → `logger`.
    pub(crate) fn receiver(&self, call: Id) -> Option<Id> {
        let call = self.called(call);
        if let Some(object) = self.child(call, Part::Object) {
            return Some(self.unwrap(object));
        }
        let callee = self.unwrap(self.child(call, Part::Callee).or_else(|| self.children(call).next())?);
        if matches!(self.shape(callee), Shape::Member | Shape::Index) {
            self.object(callee).map(|id| self.unwrap(id))
        } else {
            None
        }
    }

    /// Name of what a call is called on, empty for a plain function.
    pub(crate) fn receiver_name(&self, call: Id) -> &'s str {
        self.receiver(call).map_or("", |id| match self.shape(id) {
            Shape::Call | Shape::New => self.call_name(id),
            _ => self.leaf(id),
        })
    }

    /// Arguments, wrappers removed; named ones stay pairs. A trailing block or lambda is the last argument.
    pub(crate) fn args(&self, call: Id) -> Vec<Id> {
        if self.shape(call) == Shape::Print {
            return self.values(call).map(|id| self.unwrap(id)).collect();
        }
        let listed = self
            .children(self.called(call))
            .filter(|id| matches!(self.shape(*id), Shape::Args | Shape::Tokens));
        let mut args: Vec<Id> = listed
            .flat_map(|args| self.values(args))
            .map(|arg| if self.is_pair(arg) { arg } else { self.unwrap(arg) })
            .collect();
        let blocks =
            self.children(call).map(|id| self.unwrap(id)).filter(|id| self.shape(*id) == Shape::Function);
        args.extend(blocks);
        args.dedup();
        args
    }

    /// A name with a value: an object's pair, a named argument.
    pub(crate) fn is_pair(&self, id: Id) -> bool {
        match self.shape(id) {
            Shape::Pair | Shape::Shorthand => true,
            Shape::Arg => self.values(id).count() == 2,
            _ => false,
        }
    }

    /// Name of a pair.
    pub(crate) fn key(&self, pair: Id) -> &'s str {
        if self.shape(pair) == Shape::Shorthand {
            return self.leaf(pair);
        }
        let named = self.child(pair, Part::Key).or_else(|| self.child(pair, Part::Name));
        let named = named.or_else(|| self.child(pair, Part::Property)).or_else(|| self.values(pair).next());
        named.map_or("", |key| self.leaf(key))
    }

    /// Value of a pair; a shorthand is its own value.
    pub(crate) fn value(&self, pair: Id) -> Option<Id> {
        if self.shape(pair) == Shape::Shorthand {
            return Some(pair);
        }
        let value = self.child(pair, Part::Value).or_else(|| self.values(pair).nth(1));
        value.map(|id| self.unwrap(id))
    }

    /// Targets and values of an assignment, pairwise.
    pub(crate) fn bindings(&self, assign: Id) -> Vec<(Id, Id)> {
        let left = self.child(assign, Part::Left).or_else(|| self.child(assign, Part::Name));
        let Some(left) = left.or_else(|| self.values(assign).next()) else { return Vec::new() };
        let right = self.child(assign, Part::Right).or_else(|| self.child(assign, Part::Value));
        let right = right.or_else(|| self.values(assign).last().filter(|last| *last > left));
        let Some(right) = right else { return Vec::new() };
        if self.shape(left) == Shape::List && self.shape(right) == Shape::List {
            let values: Vec<Id> = self.values(right).collect();
            let targets: Vec<Id> = self.values(left).collect();
            let spread = values.len() == 1;
            let value_at = |at: usize| values.get(if spread { 0 } else { at }).copied();
            return targets
                .iter()
                .enumerate()
                .filter_map(|(at, t)| Some((*t, self.unwrap(value_at(at)?))))
                .collect();
        }
        vec![(self.unwrap(left), self.unwrap(right))]
    }

    /// Text of a string literal without its quotes; `None` when it interpolates.
    pub(crate) fn string(&self, id: Id) -> Option<&'s str> {
        match self.shape(id) {
            Shape::Str if self.children(id).next().is_none() => Some(self.string_text(id)),
            Shape::Symbol => Some(self.leaf(id)),
            _ => None,
        }
    }

    /// Text of a string without its quotes, interpolations as written.
    pub(crate) fn string_text(&self, id: Id) -> &'s str {
        let text = self.text(id);
        let open = text.find(['"', '\'', '`']).filter(|at| *at <= 3);
        let Some(open) = open else { return text };
        let prefix_fits =
            text[..open].bytes().all(|b| b.is_ascii_alphabetic() || b == b'@' || b == b'$' || b == b'#');
        if !prefix_fits {
            return text;
        }
        let body = &text[open..];
        let quote = &body[..1];
        let triple = quote.repeat(3);
        let (skip, end) =
            if body.len() >= 6 && body.starts_with(&triple) { (3, triple) } else { (1, quote.to_owned()) };
        let body = body[skip..].trim_end_matches('#');
        body.strip_suffix(end.as_str()).unwrap_or(body)
    }

    /// Operator of a binary expression.
    pub(crate) fn operator(&self, id: Id) -> &'s str {
        let mut values = self.values(id);
        let (Some(left), Some(right)) = (values.next(), values.next()) else { return "" };
        // Kotlin's infix functions are names between two values.
        if values.next().is_some() && self.shape(right) == Shape::Name {
            return self.text(right);
        }
        self.src.get(self.node(left).end as usize..self.node(right).start as usize).unwrap_or("").trim()
    }

    /// Whether a node is the literal `true` or `false`.
    pub(crate) fn boolean(&self, id: Id) -> Option<bool> {
        match self.shape(self.unwrap(id)) {
            Shape::True => Some(true),
            Shape::False => Some(false),
            // Kotlin's grammar has no node for them.
            Shape::Name if self.language == crate::lang::Language::Kotlin => match self.text(self.unwrap(id))
            {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            },
            Shape::Bool => Some(self.text(self.unwrap(id)).eq_ignore_ascii_case("true")),
            _ => None,
        }
    }

    /// Whether a node is the language's nothing.
    pub(crate) fn is_null(&self, id: Id) -> bool {
        let id = self.unwrap(id);
        self.shape(id) == Shape::Null
            || (self.language == crate::lang::Language::Kotlin && self.text(id) == "null")
    }

    /// Value of a whole number, `_` and suffixes ignored, products of numbers computed.
    pub(crate) fn number(&self, id: Id) -> Option<f64> {
        self.number_within(id, 8)
    }

    fn number_within(&self, id: Id, depth: u8) -> Option<f64> {
        let id = self.unwrap(id);
        match self.shape(id) {
            Shape::Number => {
                let digits: String =
                    self.text(id).chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
                digits.parse().ok()
            }
            Shape::Binary if depth > 0 => {
                let values: Vec<Id> = self.values(id).take(2).collect();
                let [left, right] = values[..] else { return None };
                let (left, right) =
                    (self.number_within(left, depth - 1)?, self.number_within(right, depth - 1)?);
                match self.operator(id) {
                    "*" => Some(left * right),
                    "+" => Some(left + right),
                    "/" if right != 0.0 => Some(left / right),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Name of a function: its own, else that of the variable, field or key it is bound to.
    pub(crate) fn function_name(&self, function: Id) -> &'s str {
        if let Some(name) = self.child(function, Part::Name) {
            return self.leaf(name);
        }
        let Some(parent) = self.parent(function) else { return "" };
        match self.shape(parent) {
            Shape::Assign => self.bindings(parent).first().map_or("", |(target, _)| self.leaf(*target)),
            Shape::Pair => self.key(parent),
            _ => "",
        }
    }

    /// Name of a class.
    pub(crate) fn class_name(&self, class: Id) -> &'s str {
        self.child(class, Part::Name).map_or("", |name| self.leaf(name))
    }

    /// Body of a function, class or catch.
    pub(crate) fn body(&self, id: Id) -> Option<Id> {
        let body = self.child(id, Part::Body).or_else(|| self.child_of(id, Shape::Body));
        let body = body.or_else(|| self.child_of(id, Shape::Block))?;
        Some(if self.shape(body) == Shape::Body {
            self.child_of(body, Shape::Block).unwrap_or(body)
        } else {
            body
        })
    }

    /// Parameters of a function.
    pub(crate) fn params(&self, function: Id) -> Vec<Id> {
        let lists = self.children(function).filter(|id| {
            let node = self.node(*id);
            node.shape == Shape::Params || (node.part == Part::Params && node.shape != Shape::Params)
        });
        lists
            .flat_map(|id| if self.shape(id) == Shape::Params { self.values(id).collect() } else { vec![id] })
            .collect()
    }

    /// Name of a parameter or field.
    pub(crate) fn param_name(&self, param: Id) -> &'s str {
        match self.shape(param) {
            Shape::Param | Shape::Field => {
                let named = self.child(param, Part::Name).or_else(|| self.child(param, Part::Left));
                let named =
                    named.or_else(|| self.values(param).find(|id| self.shape(*id) != Shape::TypeName));
                named.map_or("", |id| self.leaf(id))
            }
            _ => self.leaf(param),
        }
    }

    /// Annotations on a function, class, field or parameter, wherever its grammar puts them.
    pub(crate) fn annotations(&self, id: Id) -> Vec<Id> {
        let mut found: Vec<Id> = Vec::new();
        let own = self.children(id).flat_map(|child| self.annotations_in(child));
        found.extend(own);
        let Some(parent) = self.parent(id) else { return found };
        if self.shape(parent) == Shape::Decorated {
            found.extend(self.children(parent).filter(|id| self.shape(*id) == Shape::Annotation));
        } else {
            found.extend(self.annotations_before(parent, id));
        }
        found
    }

    fn annotations_in(&self, id: Id) -> Vec<Id> {
        match self.shape(id) {
            Shape::Annotation => vec![id],
            Shape::Modifiers => self.below(id).filter(|id| self.shape(*id) == Shape::Annotation).collect(),
            // PHP: attribute_list > attribute_group > attribute.
            Shape::Other if self.text(id).starts_with("#[") => {
                self.below(id).filter(|id| self.shape(*id) == Shape::Annotation).collect()
            }
            _ => Vec::new(),
        }
    }

    /// TypeScript and Rust put annotations before their subject, as siblings.
    fn annotations_before(&self, parent: Id, id: Id) -> Vec<Id> {
        let mut found = Vec::new();
        for sibling in self
            .children(parent)
            .take_while(|sibling| *sibling < id)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .take(12)
        {
            match self.shape(sibling) {
                Shape::Annotation => found.push(sibling),
                Shape::Modifiers => found.extend(self.annotations_in(sibling)),
                Shape::Comment => {}
                _ => break,
            }
        }
        found
    }

    /// Name of an annotation: `@UseGuards(X)` → `UseGuards`, `@app.post("/")` → `post`.
    pub(crate) fn annotation_name(&self, annotation: Id) -> &'s str {
        let call = self.annotation_call(annotation);
        if let Some(call) = call {
            return self.call_name(call);
        }
        let named = self.child(annotation, Part::Name).or_else(|| self.children(annotation).next());
        named.map_or("", |id| self.leaf(id))
    }

    fn annotation_call(&self, annotation: Id) -> Option<Id> {
        let inner = self.children(annotation).next()?;
        (self.shape(inner) == Shape::Call).then_some(inner)
    }

    /// Arguments of an annotation.
    pub(crate) fn annotation_args(&self, annotation: Id) -> Vec<Id> {
        self.args(self.annotation_call(annotation).unwrap_or(annotation))
    }
}
