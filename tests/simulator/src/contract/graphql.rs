//! GraphQL: documents and answers against the published schema.

use apollo_compiler::ast::{Definition, Document, Type};
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::Value;

use super::{ContractError, package, read};

/// The published schema.
pub struct GraphqlContract {
    schema: Valid<Schema>,
}

impl GraphqlContract {
    /// Reads the installed schema.
    ///
    /// # Errors
    /// [`ContractError::Missing`] or [`ContractError::Unreadable`].
    pub fn load() -> Result<Self, ContractError> {
        let file = package("graphql-schema", "schema.graphql");
        let text = read(&file)?;
        let unreadable = |reason: String| ContractError::Unreadable { file: file.clone(), reason };
        let mut document = Document::parse(text, &file).map_err(|error| unreadable(error.to_string()))?;
        without_duplicates(&mut document);
        let schema = document.to_schema_validate().map_err(|error| unreadable(error.to_string()))?;
        Ok(Self { schema })
    }

    /// The document, if GitHub would execute it.
    ///
    /// # Errors
    /// The compiler's findings.
    pub fn check_document(&self, document: &str) -> Result<Valid<ExecutableDocument>, String> {
        ExecutableDocument::parse_and_validate(&self.schema, document, "document.graphql")
            .map_err(|error| error.to_string())
    }

    /// Whether an answer without errors has the shape and the values that the document's types promise.
    ///
    /// # Errors
    /// The breaches, one per line.
    pub fn check_response(&self, document: &str, body: &Value) -> Result<(), String> {
        let document = self.check_document(document)?;
        let operation = document.operations.get(None).map_err(|_| "more than one operation".to_owned())?;
        let mut broken = Vec::new();
        self.selection(&operation.selection_set, &body["data"], ("", true), &mut broken);
        broken.truncate(20);
        if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
    }

    /// Whether everything that `sdl` defines is defined the same way in the published schema.
    ///
    /// # Errors
    /// The differences, one per line.
    pub fn check_subset(&self, sdl: &str) -> Result<(), String> {
        let document = Document::parse(sdl, "served.graphql").map_err(|error| error.to_string())?;
        let mut broken = Vec::new();
        for definition in &document.definitions {
            let (name, fields) = match definition {
                Definition::ObjectTypeDefinition(ty) => (&ty.name, &ty.fields),
                Definition::InterfaceTypeDefinition(ty) => (&ty.name, &ty.fields),
                _ => continue,
            };
            for field in fields {
                let Ok(published) = self.schema.type_field(name, &field.name) else {
                    broken.push(format!("{name}.{} is not published", field.name));
                    continue;
                };
                if published.ty != field.ty {
                    broken.push(format!("{name}.{} is {} and not {}", field.name, published.ty, field.ty));
                }
                let unknown = field.arguments.iter().filter(|argument| {
                    published.argument_by_name(&argument.name).is_none_or(|known| known.ty != argument.ty)
                });
                broken.extend(
                    unknown.map(|argument| format!("{name}.{}({}:) differs", field.name, argument.name)),
                );
            }
        }
        if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
    }

    fn selection(
        &self,
        set: &SelectionSet,
        object: &Value,
        (path, complete): (&str, bool),
        broken: &mut Vec<String>,
    ) {
        if object.is_null() {
            return;
        }
        for item in &set.selections {
            match item {
                Selection::Field(field) => {
                    let key = field.response_key();
                    let path = format!("{path}.{key}");
                    match object.get(key.as_str()) {
                        Some(value) => self.value(&field.definition.ty, field, (value, &path), broken),
                        None if complete => broken.push(format!("{path} is missing")),
                        None => {}
                    }
                }
                // The object's type is not always in the answer: what a fragment selects may be absent.
                Selection::InlineFragment(fragment) => {
                    self.selection(&fragment.selection_set, object, (path, false), broken);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn value(&self, ty: &Type, field: &Field, (value, path): (&Value, &str), broken: &mut Vec<String>) {
        if value.is_null() {
            if ty.is_non_null() {
                broken.push(format!("{path} is null, its type is {ty}"));
            }
            return;
        }
        if ty.is_list() {
            let Some(items) = value.as_array() else { return broken.push(format!("{path} is no list")) };
            for (index, item) in items.iter().enumerate() {
                self.value(ty.item_type(), field, (item, &format!("{path}[{index}]")), broken);
            }
            return;
        }
        let name = ty.inner_named_type();
        match self.schema.types.get(name) {
            Some(ExtendedType::Enum(definition)) => {
                let known = value.as_str().is_some_and(|value| definition.values.contains_key(value));
                if !known {
                    broken.push(format!("{path} is {value}, which is no {name}"));
                }
            }
            Some(ExtendedType::Scalar(_)) => {
                if !is_scalar(name, value) {
                    broken.push(format!("{path} is {value}, which is no {name}"));
                }
            }
            _ => self.selection(&field.selection_set, value, (path, true), broken),
        }
    }
}

/// The published schema defines a few fields twice, which the compiler refuses.
fn without_duplicates(document: &mut Document) {
    for definition in &mut document.definitions {
        if let Definition::ObjectTypeDefinition(ty) = definition {
            let mut seen = std::collections::HashSet::new();
            let ty = ty.make_mut();
            ty.fields.retain(|field| seen.insert(field.name.clone()));
        }
    }
}

fn is_scalar(name: &str, value: &Value) -> bool {
    let text = value.as_str();
    match name {
        "Int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "Float" => value.is_number(),
        "Boolean" => value.is_boolean(),
        "DateTime" | "GitTimestamp" => {
            text.is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok() && text.len() == 20)
        }
        "URI" => text.is_some_and(|text| url::Url::parse(text).is_ok() || !text.contains(' ')),
        "GitObjectID" => {
            text.is_some_and(|text| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
        }
        _ => value.is_string(),
    }
}
