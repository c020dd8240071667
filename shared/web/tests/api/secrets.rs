//! Tokens and credentials stand in no log, whatever is asked.

use std::{
    io,
    sync::{Arc, Mutex, OnceLock},
};

use serde_json::json;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::world::World;

/// A log.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// What the tests of this program logged so far: one subscriber for all, since callsites remember who listens.
pub(crate) fn listen() -> &'static Lines {
    static LINES: OnceLock<Lines> = OnceLock::new();
    LINES.get_or_init(|| {
        let lines = Lines::default();
        let ours = "scrutineer_web=trace,scrutineer_service=trace,scrutineer_github=trace,axum=trace,tower_http=trace";
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(ours))
            .with_ansi(false)
            .with_writer(lines.clone())
            .init();
        lines
    })
}

#[tokio::test]
async fn no_secret_is_logged_or_answered() {
    let world = World::new().await;
    let tenant = world.tenant("Acme").await;
    let at = format!("/api/customers/{}/connections", tenant.customer);
    let credential = |value: serde_json::Value| json!({"organization": "acme", "credential": value});
    let mut answers = String::new();
    for value in [
        json!({"kind": "token", "token": "ghp_canary_0001"}),
        json!("ghp_canary_0002"),
        json!({"kind": "ghp_canary_0003"}),
        json!({"kind": "token", "token": {"ghp_canary_0004": 1}}),
        json!({"kind": "github_app", "app_id": "canary!", "installation_id": 1, "private_key": "canary"}),
    ] {
        answers.push_str(&world.post(&at, credential(value)).send().await.text);
    }
    answers.push_str(&world.get("/api/checks?x=canary").token("scr_canary").send().await.text);
    answers.push_str(&world.get("/api/checks?severity=canary").unchecked().send().await.text);
    let log = String::from_utf8(listen().0.lock().unwrap().clone()).unwrap();
    assert!(log.contains(&format!("customer.id={}", tenant.customer)) && log.contains("answered"), "{log}");
    for text in [&log, &answers] {
        assert!(!text.contains("canary"), "{text}");
        assert!(!text.contains(&world.operator), "{text}");
    }
}
