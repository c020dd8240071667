//! What the code of one file does, in words of no language: it logs, answers requests, stores, registers routes.
//!
//! Collected once per file and on demand: a rule that nobody triggers costs nothing.

mod bindings;
mod imports;
mod logging;
mod persistence;
mod responses;
mod routes;

use std::cell::OnceCell;

pub(crate) use imports::Import;
pub(crate) use logging::{LogCall, Sink};
pub(crate) use persistence::Write;
pub(crate) use routes::{Method, Route, same_path, segments};

use crate::{
    flow::Flow,
    project::Project,
    tree::{Id, Module, Shape},
    vocabulary,
};

/// The code of one file and what is known of it.
pub(crate) struct Code<'m, 's> {
    pub(crate) module: &'m Module<'s>,
    pub(crate) path: &'m str,
    pub(crate) project: &'m Project,
    flow: OnceCell<Flow<'m, 's>>,
    logs: OnceCell<Vec<LogCall>>,
    routes: OnceCell<Vec<Route>>,
    imports: OnceCell<Vec<Import<'s>>>,
    words: OnceCell<Vec<String>>,
    router_uses: OnceCell<Vec<Id>>,
    bindings: OnceCell<Vec<(Id, &'s str, Id)>>,
}

impl<'m, 's> Code<'m, 's> {
    pub(crate) fn new(module: &'m Module<'s>, path: &'m str, project: &'m Project) -> Self {
        Code {
            module,
            path,
            project,
            flow: OnceCell::new(),
            logs: OnceCell::new(),
            routes: OnceCell::new(),
            imports: OnceCell::new(),
            words: OnceCell::new(),
            router_uses: OnceCell::new(),
            bindings: OnceCell::new(),
        }
    }

    /// Facts are shared by rules: no rule pays for them alone.
    fn collect<T>(&self, facts: impl FnOnce() -> T) -> T {
        self.module.meter.aside(facts)
    }

    pub(crate) fn flow(&self) -> &Flow<'m, 's> {
        self.flow.get_or_init(|| self.collect(|| Flow::new(self.module)))
    }

    /// Calls that write to a log or to standard output.
    pub(crate) fn logs(&self) -> &[LogCall] {
        self.logs.get_or_init(|| self.collect(|| logging::collect(self)))
    }

    /// Routes that the file registers, with their middleware.
    pub(crate) fn routes(&self) -> &[Route] {
        self.routes.get_or_init(|| self.collect(|| routes::collect(self)))
    }

    /// Every name with the value it gets: assignments, defaults of parameters, pairs of objects, named arguments.
    /// Each with the node that binds them, in source order.
    pub(crate) fn bindings(&self) -> &[(Id, &'s str, Id)] {
        self.bindings.get_or_init(|| self.collect(|| bindings::collect(self.module)))
    }

    /// Calls that put middleware on a router.
    pub(crate) fn router_uses(&self) -> &[Id] {
        self.router_uses.get_or_init(|| self.collect(|| routes::uses(self)))
    }

    /// Names the file imports.
    pub(crate) fn imports(&self) -> &[Import<'s>] {
        self.imports.get_or_init(|| self.collect(|| imports::collect(self.module)))
    }

    /// Calls and constructions, in source order.
    pub(crate) fn calls(&self) -> impl Iterator<Item = Id> + '_ {
        self.module.all(Shape::Call).iter().chain(self.module.all(Shape::New)).copied()
    }

    /// Whether some identifier of the code (no comment, no string) has one of these words.
    pub(crate) fn mentions(&self, wanted: &[&str]) -> bool {
        let words = self.words.get_or_init(|| {
            let mut names: Vec<&str> = [Shape::Name, Shape::Shorthand, Shape::TypeName, Shape::Symbol]
                .iter()
                .flat_map(|shape| self.module.all(*shape))
                .map(|id| self.module.text(*id))
                .collect();
            names.sort_unstable();
            names.dedup();
            let mut words: Vec<String> = names.into_iter().flat_map(vocabulary::words).collect();
            words.sort_unstable();
            words.dedup();
            words
        });
        wanted.iter().any(|want| words.binary_search_by(|word| word.as_str().cmp(want)).is_ok())
    }

    /// Calls below a node.
    pub(crate) fn calls_below(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        self.module
            .below(id)
            .filter(|id| matches!(self.module.shape(*id), Shape::Call | Shape::New | Shape::Macro))
    }

    /// The last word of the name of what a call is called on, after following a chain of calls to its start.
    pub(crate) fn base_receiver(&self, call: Id) -> Option<Id> {
        let m = self.module;
        let mut at = m.receiver(call)?;
        for _ in 0..8 {
            match m.shape(at) {
                Shape::Call | Shape::New => match m.receiver(at) {
                    Some(next) => at = next,
                    None => break,
                },
                _ => break,
            }
        }
        Some(at)
    }

    pub(crate) fn response_of(&self, call: Id) -> Option<Vec<Id>> {
        responses::payload(self, call)
    }

    pub(crate) fn write_of(&self, call: Id) -> Option<Write> {
        persistence::write(self, call)
    }
}
