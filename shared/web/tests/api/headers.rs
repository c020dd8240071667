//! Entity tags, request ids, security headers.

use crate::world::World;

#[tokio::test]
async fn a_copy_that_is_still_good_is_not_sent_again() {
    let world = World::new().await;
    let tenant = world.tenant("Acme").await;
    for at in ["/api/checks".to_owned(), format!("/api/scans/{}/findings?limit=2", tenant.completed)] {
        let first = world.get(&at).send().await.expect(200);
        let tag = first.header("etag").to_owned();
        let second = world.get(&at).header("if-none-match", &tag).send().await.expect(304);
        assert_eq!((second.text.as_str(), second.header("etag")), ("", tag.as_str()));
        world.get(&at).header("if-none-match", "\"other\"").send().await.expect(200);
    }
}

#[tokio::test]
async fn answers_carry_a_request_id_and_are_neither_kept_nor_framed() {
    let world = World::new().await;
    for at in ["/api/checks", "/api/health", "/api/nothing", "/elsewhere"] {
        let answer = world.get(at).unchecked().send().await;
        assert_eq!(answer.header("x-request-id").len(), 36, "{at}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
    }
    let named = world.get("/api/health").header("x-request-id", "client-0001").send().await;
    assert_eq!(named.header("x-request-id"), "client-0001");
    let hostile = world.get("/api/health").header("x-request-id", "<script>alert(1)").send().await;
    assert_eq!(hostile.header("x-request-id").len(), 36);
}
