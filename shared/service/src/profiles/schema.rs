//! How a profile's settings are described in the OpenAPI document; the types are those of the scanners, which know
//! nothing of HTTP.

use rust_decimal::{Decimal, prelude::ToPrimitive};
use scrutineer_scanners::Profile;
use utoipa::openapi::{Object, ObjectBuilder, Schema, Type, schema::AdditionalProperties};

fn number(most: Option<Decimal>) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Number)
        .minimum(Some(0))
        .maximum(most.and_then(|most| most.to_i64()))
        .build()
}

fn boolean() -> Object {
    ObjectBuilder::new().schema_type(Type::Boolean).build()
}

fn map_of(description: &str, entry: Object) -> Object {
    ObjectBuilder::new()
        .description(Some(description))
        .schema_type(Type::Object)
        .additional_properties(Some(Schema::from(entry)))
        .build()
}

fn entry(weight: Decimal) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("enabled", boolean())
        .property("weight", number(Some(weight)))
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
}

/// Settings by category.
pub fn categories() -> Object {
    let description = "By category key: whether its checks run, and its weight in the overall score (0 to 1)";
    map_of(description, entry(Profile::MAX_CATEGORY_WEIGHT).build())
}

/// Settings by check.
pub fn checks() -> Object {
    let thresholds = map_of("By key of the threshold", number(None));
    let description =
        "By check id: whether it runs, its weight in its category (0 to 10), and its thresholds";
    map_of(description, entry(Profile::MAX_CHECK_WEIGHT).property("thresholds", thresholds).build())
}
