//! The OpenAPI document and its page. `openapi-3.1.schema.json` is the OpenAPI Initiative's own schema (Apache-2.0),
//! unchanged: <https://spec.openapis.org/oas/3.1/schema/2022-10-07>.

use serde_json::Value;

use crate::{exchange::operations, world::World};

#[tokio::test]
async fn the_document_is_openapi_3_1() {
    let world = World::new().await;
    let schema: Value = serde_json::from_str(include_str!("../fixtures/openapi-3.1.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> =
        validator.iter_errors(&world.api).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    for (name, schema) in world.api["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::meta::is_valid(schema), "{name}");
    }
}

#[tokio::test]
async fn references_lead_somewhere_and_ids_are_unique() {
    let world = World::new().await;
    let text = world.api.to_string();
    for part in text.split("\"$ref\":\"#").skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(world.api.pointer(pointer).is_some(), "{pointer}");
    }
    let mut ids: Vec<_> =
        operations(&world.api).into_iter().map(|(.., o)| o["operationId"].to_string()).collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert!(!ids.contains(&Value::Null.to_string()));
}

#[tokio::test]
async fn the_page_works_without_the_network() {
    let world = World::new().await;
    let redirect = world.get("/api/docs").anonymous().unchecked().send().await.expect(303);
    assert_eq!(redirect.header("location"), "/api/docs/");
    let page = world.get("/api/docs/").anonymous().unchecked().send().await.expect(200);
    assert!(page.header("content-security-policy").contains("script-src 'self';"));
    for part in page.text.split("src=\"").skip(1).chain(page.text.split("href=\"").skip(1)) {
        let asset = part.split('"').next().unwrap().trim_start_matches("./");
        assert!(!asset.contains("//"), "{asset} is not ours");
        world.get(format!("/api/docs/{asset}")).anonymous().unchecked().send().await.expect(200);
    }
    let script =
        world.get("/api/docs/swagger-initializer.js").anonymous().unchecked().send().await.expect(200);
    assert!(
        script.text.contains("/api/openapi.json") && !script.text.contains("petstore"),
        "{}",
        script.text
    );
    let missing = world.get("/api/docs/nothing.js").anonymous().unchecked().send().await.expect(404);
    assert_eq!(missing.json["code"], "no_route");
}
