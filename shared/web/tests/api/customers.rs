//! Customers: created, listed, edited, deleted.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_customer_lives() {
    let world = World::new().await;
    let made = world.post("/api/customers", json!({"name": "Acme, Inc."})).send().await.expect(201);
    assert_eq!(made.json["slug"], "acme-inc");
    let at = made.header("location").to_owned();
    let read = world.get(&at).send().await.expect(200);
    assert_eq!(read.json, made.json);
    let renamed = world.call("PATCH", &at).json(json!({"name": "Acme"})).send().await.expect(200);
    assert_eq!((&renamed.json["slug"], &renamed.json["version"]), (&json!("acme"), &json!(2)));
    world.call("PUT", &at).json(json!({"name": "Acme Two"})).send().await.expect(200);
    // The short names of before are free again.
    world.post("/api/customers", json!({"name": "Acme"})).send().await.expect(201);
    world.call("DELETE", &at).send().await.expect(204);
    world.get(&at).send().await.expect(404);
}

#[tokio::test]
async fn an_edit_may_name_its_version() {
    let world = World::new().await;
    let made = world.post("/api/customers", json!({"name": "Acme"})).send().await.expect(201);
    let at = made.header("location").to_owned();
    let tag = world.get(&at).send().await.header("etag").to_owned();
    let edit = |name: &str| world.call("PATCH", &at).json(json!({"name": name})).header("if-match", &tag);
    let edited = edit("One").send().await.expect(200);
    let late = edit("Two").send().await.expect(412);
    assert_eq!(late.json["code"], "version_mismatch");
    let current = edited.header("etag").to_owned();
    world
        .call("PATCH", &at)
        .json(json!({"name": "Two"}))
        .header("if-match", current)
        .send()
        .await
        .expect(200);
}

#[tokio::test]
async fn lists_go_page_by_page() {
    let world = World::new().await;
    for name in ["Delta", "alpha", "Charlie", "bravo", "echo"] {
        world.post("/api/customers", json!({"name": name})).send().await.expect(201);
    }
    let (mut names, mut next, mut pages) = (Vec::new(), "/api/customers?limit=2".to_owned(), 0);
    loop {
        let page = world.get(&next).send().await.expect(200);
        pages += 1;
        names.extend(
            page.json["items"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned()),
        );
        let link = page.header("link");
        if page.json["next"].is_null() {
            assert_eq!(link, "");
            break;
        }
        next = link.strip_prefix('<').unwrap().split('>').next().unwrap().to_owned();
        assert!(next.contains("limit=2") && link.ends_with("; rel=\"next\""), "{link}");
    }
    assert_eq!(names, ["alpha", "bravo", "Charlie", "Delta", "echo"]);
    assert_eq!(pages, 3);
    for query in ["limit=0", "limit=201", "limit=x", "cursor=x", "limits=1"] {
        let refused = world.get(format!("/api/customers?{query}")).send().await.expect(422);
        assert_eq!(
            refused.json["errors"][0]["parameter"],
            query.split('=').next().unwrap(),
            "{}",
            refused.text
        );
    }
}
