//! Where a value comes from: backward, on demand, inside one file.
//!
//! Asked only for the arguments of a sink, it follows names to their assignments, parameters to same-file callers (one
//! hop), objects to their fields and strings to what they interpolate. Sanitizers, comparisons and measures end the
//! trail. Budgets bound every question, so hostile nesting costs no more than a long argument.

mod trace;
mod words;

use std::{cell::RefCell, collections::HashMap};

use crate::{
    tree::{Id, Module, Shape},
    vocabulary::{self, Class, Term},
};

/// Steps along names, calls and fields.
const MAX_HOPS: u8 = 8;
/// Nested expressions.
const MAX_DEPTH: u16 = 64;
/// Assignments of a name looked at, nearest first.
const MAX_ASSIGNMENTS: usize = 200;
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

/// An answer with what it cost: asked again it costs the same, so that no budget depends on who asked first.
type Answer<'s> = (Option<Source<'s>>, u64);

/// Assignments and callers of one file, collected on the first question.
pub(crate) struct Flow<'m, 's> {
    module: &'m Module<'s>,
    assigned: HashMap<&'s str, Vec<(Id, Id)>>,
    called: HashMap<&'s str, Vec<Id>>,
    /// Per name: the first assignments outside every function.
    global: HashMap<&'s str, Vec<Id>>,
    /// Position of a parameter, by its function and name.
    params: HashMap<(Id, &'s str), usize>,
    answers: RefCell<HashMap<(Id, u8), Answer<'s>>>,
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
            global: HashMap::new(),
            params: HashMap::new(),
            answers: RefCell::default(),
        };
        for assign in module.all(Shape::Assign).iter().chain(module.all(Shape::Update)) {
            for (target, value) in module.bindings(*assign) {
                flow.assign(target, value);
            }
        }
        for (name, all) in &mut flow.assigned {
            all.sort_unstable();
            let outside = all.iter().filter(|(target, _)| module.node(*target).scope == 0);
            flow.global.insert(name, outside.map(|(_, value)| *value).take(2).collect());
        }
        for function in module.all(Shape::Function) {
            for (at, param) in module.params(*function).into_iter().enumerate() {
                flow.params.entry((*function, module.param_name(param))).or_insert(at);
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
        let before = all.partition_point(|(target, _)| *target < at);
        let mut found: Vec<Id> = all[..before]
            .iter()
            .rev()
            .take(MAX_ASSIGNMENTS)
            .filter(|(target, _)| {
                self.module.meter.step() && scopes.contains(&self.module.node(*target).scope)
            })
            .map(|(_, value)| *value)
            // A later assignment hides earlier ones often enough; two are kept for branches.
            .take(3)
            .collect();
        found.reverse();
        if found.is_empty() {
            found = self.global.get(name).cloned().unwrap_or_default();
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
            self.module.meter.charge(known.1);
            return known.0;
        }
        let mut question = Question {
            classes,
            accepts: &vocabulary::is_sanitizer,
            nodes: 0,
            records: self.module.language.is_script(),
            builds: false,
        };
        let before = self.module.meter.left();
        // A record that came through a variable of another name is rarely one.
        let answer = self
            .trace(node, &mut question, 0, 0)
            .filter(|source| source.term.class != Class::RECORD || !source.derived);
        if !self.module.meter.is_out() {
            let cost = before - self.module.meter.left();
            self.answers.borrow_mut().insert((node, classes.0), (answer, cost));
        }
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
}
