//! The served part of GitHub's schema, as the checker and the executor need it.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use graphql_parser::query::{Type as AstType, Value as AstValue};
use graphql_parser::schema::{Definition, Field as AstField, TypeDefinition, parse_schema};
use serde_json::{Map, Value, json};

/// The schema in GraphQL's own language.
pub(crate) const SDL: &str = include_str!("github.graphql");

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::parse(SDL));

/// The one schema.
pub(crate) fn schema() -> &'static Schema {
    &SCHEMA
}

/// Types by name.
pub(crate) struct Schema {
    types: HashMap<String, Kind>,
}

pub(crate) enum Kind {
    Object(Fields),
    Interface(Fields),
    Union(Vec<String>),
    Enum,
    Scalar,
    Input,
}

type Fields = HashMap<String, FieldDef>;

pub(crate) struct FieldDef {
    pub(crate) ty: Ty,
    /// Argument → default value; `None` when it has none.
    pub(crate) args: BTreeMap<String, Option<Value>>,
}

#[derive(Debug, Clone)]
pub(crate) enum Ty {
    Named(String),
    List(Box<Ty>),
    NonNull(Box<Ty>),
}

impl Ty {
    /// The type's name without lists and non-nulls.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::List(inner) | Self::NonNull(inner) => inner.name(),
        }
    }

    pub(crate) fn is_connection(&self) -> bool {
        self.name().ends_with("Connection")
    }

    pub(crate) fn is_non_null(&self) -> bool {
        matches!(self, Self::NonNull(_))
    }
}

impl Schema {
    fn parse(sdl: &str) -> Self {
        let document =
            parse_schema::<String>(sdl).expect("the served schema parses, a test holds it against GitHub's");
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            Definition::TypeDefinition(definition) => Some(kind(definition)),
            _ => None,
        });
        Self { types: types.collect() }
    }

    pub(crate) fn field(&self, ty: &str, field: &str) -> Option<&FieldDef> {
        match self.types.get(ty)? {
            Kind::Object(fields) | Kind::Interface(fields) => fields.get(field),
            _ => None,
        }
    }

    pub(crate) fn is_composite(&self, ty: &str) -> bool {
        matches!(self.types.get(ty), Some(Kind::Object(_) | Kind::Interface(_) | Kind::Union(_)))
    }

    pub(crate) fn knows(&self, ty: &str) -> bool {
        self.types.contains_key(ty)
    }

    /// Whether an object of type `object` is one of `condition`. Interfaces are open: the checker has seen to it that
    /// the condition is a type at all, so an object matches an interface when it has all of its fields.
    pub(crate) fn is_a(&self, object: &str, condition: &str) -> bool {
        if object == condition {
            return true;
        }
        match self.types.get(condition) {
            Some(Kind::Union(members)) => members.iter().any(|member| member == object),
            Some(Kind::Interface(fields)) => fields.keys().all(|field| self.field(object, field).is_some()),
            _ => false,
        }
    }

    /// Whether the type exists as an object type.
    pub(crate) fn is_object(&self, ty: &str) -> bool {
        matches!(self.types.get(ty), Some(Kind::Object(_)))
    }
}

fn kind(definition: TypeDefinition<'_, String>) -> (String, Kind) {
    match definition {
        TypeDefinition::Object(object) => (object.name, Kind::Object(fields(object.fields))),
        TypeDefinition::Interface(interface) => (interface.name, Kind::Interface(fields(interface.fields))),
        TypeDefinition::Union(union) => (union.name, Kind::Union(union.types)),
        TypeDefinition::Enum(definition) => (definition.name, Kind::Enum),
        TypeDefinition::Scalar(scalar) => (scalar.name, Kind::Scalar),
        TypeDefinition::InputObject(input) => (input.name, Kind::Input),
    }
}

fn fields(fields: Vec<AstField<'_, String>>) -> Fields {
    let define = |field: AstField<'_, String>| {
        let args =
            field.arguments.iter().map(|arg| (arg.name.clone(), arg.default_value.as_ref().map(constant)));
        (field.name.clone(), FieldDef { ty: ty(&field.field_type), args: args.collect() })
    };
    fields.into_iter().map(define).collect()
}

fn ty(ast: &AstType<'_, String>) -> Ty {
    match ast {
        AstType::NamedType(name) => Ty::Named(name.clone()),
        AstType::ListType(inner) => Ty::List(Box::new(ty(inner))),
        AstType::NonNullType(inner) => Ty::NonNull(Box::new(ty(inner))),
    }
}

/// A literal as JSON; a variable in it is null.
pub(crate) fn constant(value: &AstValue<'_, String>) -> Value {
    literal(value, &Map::new())
}

/// A literal as JSON, variables filled in.
pub(crate) fn literal(value: &AstValue<'_, String>, variables: &Map<String, Value>) -> Value {
    match value {
        AstValue::Variable(name) => variables.get(name).cloned().unwrap_or(Value::Null),
        AstValue::Int(number) => json!(number.as_i64()),
        AstValue::Float(number) => json!(number),
        AstValue::String(text) => json!(text),
        AstValue::Enum(name) => json!(name),
        AstValue::Boolean(value) => json!(value),
        AstValue::Null => Value::Null,
        AstValue::List(items) => items.iter().map(|item| literal(item, variables)).collect(),
        AstValue::Object(map) => {
            Value::Object(map.iter().map(|(key, item)| (key.clone(), literal(item, variables))).collect())
        }
    }
}
