//! Calls that keep values: an ORM's save, a collection's insert, SQL.

use std::{collections::HashSet, sync::LazyLock};

use super::Code;
use crate::tree::{Id, Shape};

/// A call that stores something.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    /// What is stored.
    pub(crate) values: Vec<Id>,
}

const VERBS: &[&str] = &[
    "save",
    "create",
    "insert",
    "update",
    "upsert",
    "insertOne",
    "insertMany",
    "updateOne",
    "findByIdAndUpdate",
    "findOneAndUpdate",
    "createMany",
    "bulkCreate",
    "insert_one",
    "insert_many",
    "update_one",
    "objects.create",
    "create!",
    "update!",
    "insert_all",
    "Create",
    "Save",
    "Insert",
    "Updates",
    "Update",
    "persist",
    "saveAndFlush",
    "saveAll",
    "Add",
    "AddAsync",
    "InsertOne",
    "InsertOneAsync",
    "SaveAsync",
    "add",
    "forceCreate",
    "firstOrCreate",
    "updateOrCreate",
    "bulk_create",
    "get_or_create",
    "update_or_create",
    "put",
    "putItem",
    "put_item",
    "store",
    "merge",
    "insertGetId",
    "new",
    "build",
];
/// Verbs that store only when called on something that is a store.
const VAGUE: &[&str] = &[
    "add", "Add", "AddAsync", "put", "store", "merge", "update", "Update", "create", "Create", "save",
    "Save", "insert", "Insert", "new", "build",
];
const QUERIES: &[&str] = &[
    "query",
    "execute",
    "exec",
    "Exec",
    "ExecContext",
    "Query",
    "QueryRow",
    "raw",
    "$executeRaw",
    "prepare",
    "executeUpdate",
    "statement",
    "ExecuteAsync",
    "executemany",
    "bind",
];
/// Words that name a store.
const STORES: &[&str] = &[
    "db",
    "database",
    "repo",
    "repository",
    "repositories",
    "model",
    "models",
    "collection",
    "dao",
    "store",
    "prisma",
    "mongoose",
    "session",
    "context",
    "em",
    "manager",
    "table",
    "entity",
    "orm",
    "knex",
    "users",
    "user",
    "customer",
    "customers",
    "patient",
    "patients",
    "employee",
    "employees",
    "account",
    "accounts",
    "person",
    "persons",
    "profile",
    "profiles",
    "member",
    "members",
    "tx",
    "objects",
    "sequelize",
    "applicant",
    "applicants",
    "client",
    "query",
];

fn is_verb(name: &str) -> bool {
    static SET: LazyLock<HashSet<&str>> = LazyLock::new(|| VERBS.iter().copied().collect());
    SET.contains(name)
}

pub(super) fn write(code: &Code<'_, '_>, call: Id) -> Option<Write> {
    let m = code.module;
    let name = m.call_name(call);
    if !QUERIES.contains(&name) && !is_verb(name) {
        return None;
    }
    let args = m.args(call);
    if QUERIES.contains(&name) {
        let text = |call: Id| {
            let mut args = m.args(call).into_iter();
            args.find_map(|arg| matches!(m.shape(arg), Shape::Str | Shape::Concat).then(|| m.text(arg)))
        };
        // `query("INSERT …").bind(value)`: the statement stands further up the chain.
        let up_chain = || {
            let on = std::iter::successors(m.receiver(call), |on| m.receiver(*on)).take(12);
            on.filter(|on| matches!(m.shape(*on), Shape::Call | Shape::Macro)).find_map(text)
        };
        let sql = if name == "bind" { up_chain() } else { text(call) };
        let sql = sql?.to_ascii_lowercase();
        let writes = sql.contains("insert into") || (sql.contains("update ") && sql.contains(" set "));
        return writes.then_some(Write { values: args });
    }
    if !is_verb(name) || m.shape(call) == Shape::New {
        return None;
    }
    let store = is_store(code, call);
    if VAGUE.contains(&name) && !store {
        return None;
    }
    let mut values = args;
    if values.is_empty() {
        // `user.save()`: what was put into the object before.
        values.extend(m.receiver(call));
    }
    Some(Write { values })
}

fn is_store(code: &Code<'_, '_>, call: Id) -> bool {
    let m = code.module;
    let mut at = m.receiver(call);
    for _ in 0..5 {
        let Some(node) = at else { return false };
        let name = match m.shape(node) {
            Shape::Call | Shape::New => m.call_name(node),
            _ => m.leaf(node),
        };
        let words = crate::vocabulary::words(name);
        if words.last().is_some_and(|word| STORES.contains(&word.as_str())) {
            return true;
        }
        at = m.object(node).map(|id| m.unwrap(id)).filter(|next| *next != node);
    }
    false
}
