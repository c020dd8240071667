//! GraphQL over the world: the documents a client sends are parsed, checked and really executed.
//!
//! The schema ([`schema`]) drives everything: what it lacks is refused with GitHub's wording, its types decide how a
//! value is completed and how far a null reaches. What the fixtures do not say takes the type's natural default.

mod check;
mod connection;
mod execute;
mod history;
mod node;
mod org;
mod permissions;
mod repo;
mod repo_lists;
mod root;
mod rules;
pub(crate) mod schema;
mod values;

use std::collections::BTreeSet;
use std::sync::Arc;

use graphql_parser::query::{
    Definition, Document, OperationDefinition, SelectionSet, VariableDefinition, parse_query,
};
use serde_json::{Map, Value, json};

use crate::world::World;

/// Everything a resolver may look at.
pub(crate) struct Scope {
    pub(crate) world: World,
    /// Commits that are not the default branch's head.
    pub(crate) shared: Arc<crate::server::simulator::Shared>,
    /// `http://host:port` of the archive host.
    pub(crate) codeload: String,
    pub(crate) viewer: String,
    /// Permission keys of the token; `administration:write` shows bypass lists.
    pub(crate) permissions: BTreeSet<String>,
    /// Ends in "integration" or "personal access token".
    pub(crate) refusal: &'static str,
}

/// A request body that was understood so far that its cost is known.
pub(crate) struct Prepared {
    document: Document<'static, String>,
    variables: Map<String, Value>,
    operation: usize,
    pub(crate) cost: check::Cost,
}

/// Where the budget stands, for `rateLimit`.
pub(crate) struct Rate {
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    pub(crate) used: u64,
    pub(crate) reset_at: String,
}

/// The operation's name as the client wrote it, without executing anything.
pub(crate) fn operation_name(body: &Value) -> Option<String> {
    if let Some(name) = body.get("operationName").and_then(Value::as_str) {
        return Some(name.to_owned());
    }
    let document: Document<'_, String> = parse_query(body.get("query")?.as_str()?).ok()?;
    document.definitions.iter().find_map(|definition| match definition {
        Definition::Operation(OperationDefinition::Query(query)) => query.name.clone(),
        Definition::Operation(OperationDefinition::Mutation(mutation)) => mutation.name.clone(),
        _ => None,
    })
}

/// Parses and checks a request; `Err` is the response body GitHub would send.
pub(crate) fn prepare(body: &Value) -> Result<Prepared, Value> {
    let refuse = |message: String| json!({"errors": [{"message": message}]});
    let text = body.get("query").and_then(Value::as_str);
    let text =
        text.ok_or_else(|| refuse("A query attribute must be specified and must be a string.".into()))?;
    let document = parse_query::<String>(text).map_err(|error| refuse(error.to_string()))?.into_static();
    let variables = body.get("variables").and_then(Value::as_object).cloned().unwrap_or_default();
    let wanted = body.get("operationName").and_then(Value::as_str);
    let operation =
        find_operation(&document, wanted).ok_or_else(|| refuse("An operation name is required".into()))?;
    let mut prepared = Prepared { document, variables, operation, cost: check::Cost::default() };
    let (selection, declared) = prepared.query().ok_or_else(|| refuse("Only queries are served".into()))?;
    let variables = with_defaults(&prepared.variables, declared);
    let checked = check::check(&prepared.document, selection, &variables);
    prepared.variables = variables;
    match checked {
        Ok(cost) => Ok(Prepared { cost, ..prepared }),
        Err(errors) => Err(json!({"errors": errors})),
    }
}

/// Runs a prepared request: `{"data": …}` and, where something was refused, `"errors"`.
pub(crate) fn execute(prepared: &Prepared, scope: &Arc<Scope>, rate: &Rate) -> Value {
    let Some((selection, _)) = prepared.query() else { return json!({"data": null}) };
    let root = root::Root::new(scope.clone(), rate, prepared.cost);
    execute::run(&prepared.document, selection, &prepared.variables, (scope, root))
}

impl Prepared {
    fn query(&self) -> Option<(&SelectionSet<'static, String>, &[VariableDefinition<'static, String>])> {
        match self.document.definitions.get(self.operation)? {
            Definition::Operation(OperationDefinition::Query(query)) => {
                Some((&query.selection_set, &query.variable_definitions))
            }
            Definition::Operation(OperationDefinition::SelectionSet(set)) => Some((set, &[])),
            _ => None,
        }
    }
}

fn find_operation(document: &Document<'static, String>, wanted: Option<&str>) -> Option<usize> {
    let mut operations =
        document.definitions.iter().enumerate().filter_map(|(index, definition)| match definition {
            Definition::Operation(OperationDefinition::Query(query)) => Some((index, query.name.as_deref())),
            Definition::Operation(OperationDefinition::Mutation(mutation)) => {
                Some((index, mutation.name.as_deref()))
            }
            Definition::Operation(_) => Some((index, None)),
            Definition::Fragment(_) => None,
        });
    match wanted {
        Some(_) => operations.find(|(_, name)| *name == wanted).map(|(index, _)| index),
        None => operations.next().filter(|_| operations.next().is_none()).map(|(index, _)| index),
    }
}

fn with_defaults(
    given: &Map<String, Value>,
    declared: &[VariableDefinition<'static, String>],
) -> Map<String, Value> {
    let mut variables = given.clone();
    for variable in declared {
        if let (false, Some(default)) = (variables.contains_key(&variable.name), &variable.default_value) {
            variables.insert(variable.name.clone(), schema::constant(default));
        }
    }
    variables
}
