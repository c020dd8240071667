//! Names and the values they get.

use crate::tree::{Id, Module, Part, Shape};

/// The binding node, the name, the value.
pub(super) fn collect<'s>(m: &Module<'s>) -> Vec<(Id, &'s str, Id)> {
    let mut found = Vec::new();
    for assign in m.all(Shape::Assign) {
        for (target, value) in m.bindings(*assign) {
            found.push((*assign, m.leaf(target), value));
        }
    }
    for param in m.all(Shape::Param) {
        let value = m.child(*param, Part::Value).or_else(|| m.child(*param, Part::Right));
        found.extend(value.map(|value| (*param, m.param_name(*param), m.unwrap(value))));
    }
    for shape in [Shape::Pair, Shape::Arg] {
        for pair in m.all(shape).iter().filter(|id| m.is_pair(**id)) {
            found.extend(m.value(*pair).map(|value| (*pair, m.key(*pair), value)));
        }
    }
    found.sort_by_key(|(at, _, _)| *at);
    found
}
