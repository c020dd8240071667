//! Models of persons without a word about how long they are kept.

use crate::{
    facts::Code,
    rules::Hits,
    tree::{Id, Shape},
    vocabulary::{self, Class},
};

const PERSONS: &[&str] = &[
    "user",
    "users",
    "profile",
    "profiles",
    "account",
    "accounts",
    "customer",
    "customers",
    "patient",
    "patients",
    "person",
    "employee",
    "employees",
    "applicant",
    "contact",
];
const KEEPS: &[&str] = &[
    "delete",
    "deleted",
    "deletion",
    "purge",
    "purged",
    "expire",
    "expires",
    "expiry",
    "expiration",
    "retention",
    "retain",
    "ttl",
    "soft",
    "anonymize",
    "anonymized",
    "anonymise",
    "erase",
    "erased",
    "erasure",
    "destroy",
    "gdpr",
    "archived",
    "archive",
    "paranoid",
    "discard",
    "softdelete",
    "softdeletes",
    "remove",
    "forget",
    "acts_as_paranoid",
];

pub(super) fn missing(code: &Code<'_, '_>, hits: &mut Hits) {
    if code.mentions(KEEPS) {
        return;
    }
    let m = code.module;
    for class in m.all(Shape::Class) {
        if is_person(m.class_name(*class)) && is_stored(code, *class) && personal_fields(code, *class) >= 2 {
            let at = m.child(*class, crate::tree::Part::Name).unwrap_or(*class);
            hits.at(code, at, message(m.class_name(*class)));
        }
    }
    for call in code.calls() {
        let defines = matches!(
            m.call_name(call),
            "Schema" | "define" | "pgTable" | "mysqlTable" | "sqliteTable" | "model" | "EntitySchema"
        );
        let named = |id: Id| m.string(id).map(str::to_owned).or_else(|| Some(m.leaf(id).to_owned()));
        let by_arg = m.args(call).first().and_then(|arg| named(*arg)).is_some_and(|name| is_person(&name));
        if defines && (by_arg || bound_to_person(code, call)) && personal_fields(code, call) >= 2 {
            hits.at(code, call, message("the user model"));
        }
    }
}

fn message(name: &str) -> String {
    format!("RETENTION: User data model {name} may lack retention/deletion policy")
}

fn is_person(name: &str) -> bool {
    let words = vocabulary::words(name);
    let kept: Vec<&String> = words
        .iter()
        .filter(|w| !matches!(w.as_str(), "schema" | "model" | "entity" | "document" | "table"))
        .collect();
    kept.last().is_some_and(|word| PERSONS.contains(&word.as_str()))
}

fn bound_to_person(code: &Code<'_, '_>, call: Id) -> bool {
    let m = code.module;
    let assign = m.ancestors(call).take(3).find(|up| m.shape(*up) == Shape::Assign);
    assign
        .and_then(|assign| m.bindings(assign).first().copied())
        .is_some_and(|(target, _)| is_person(m.leaf(target)))
}

/// Whether a class is kept in a database: by annotation, base class or tags.
fn is_stored(code: &Code<'_, '_>, class: Id) -> bool {
    let m = code.module;
    let annotated = m.annotations(class).into_iter().any(|a| {
        matches!(
            m.annotation_name(a),
            "Entity" | "Table" | "Schema" | "Document" | "ORM" | "entity" | "Column" | "derive"
        ) && (m.annotation_name(a) != "derive"
            || m.text(a).contains("FromRow")
            || m.text(a).contains("Queryable")
            || m.text(a).contains("Model"))
    });
    let node = m.node(class);
    let head: &str =
        m.src.get(node.start as usize..(node.end as usize).min(node.start as usize + 300)).unwrap_or("");
    let first = head.split(['{', '\n']).next().unwrap_or("");
    let derives = [
        "Model",
        "Base)",
        "ApplicationRecord",
        "ActiveRecord",
        "BaseEntity",
        "Document",
        "Authenticatable",
        "IdentityUser",
    ];
    let tagged = m.text(class).contains("gorm:\"")
        || m.text(class).contains("db:\"")
        || m.text(class).contains("bson:\"");
    annotated || derives.iter().any(|base| first.contains(base)) || tagged
}

fn personal_fields(code: &Code<'_, '_>, id: Id) -> usize {
    let m = code.module;
    let names = m.below(id).take(3_000).filter_map(|id| match m.shape(id) {
        Shape::Field => {
            let direct = m.param_name(id);
            let inner =
                m.child_of(id, Shape::Assign).or_else(|| m.below(id).find(|b| m.shape(*b) == Shape::Assign));
            Some(if direct.is_empty() {
                inner.and_then(|a| m.child(a, crate::tree::Part::Name)).map_or("", |n| m.leaf(n))
            } else {
                direct
            })
        }
        Shape::Assign => m
            .bindings(id)
            .first()
            .map(|(target, _)| m.leaf(*target))
            .or_else(|| m.values(id).next().map(|n| m.leaf(n))),
        Shape::Pair => Some(m.key(id)),
        Shape::Symbol | Shape::Str => m.string(id),
        _ => None,
    });
    let classes = Class::PERSONAL.or(Class::IDENTITY);
    let mut personal: Vec<&str> = names
        .filter(|name| vocabulary::term(name, "user").is_some_and(|term| classes.has(term.class)))
        .collect();
    personal.sort_unstable();
    personal.dedup();
    personal.len()
}
