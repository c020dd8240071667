//! Servers that are not GitHub, or not honest.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[allow(dead_code, unreachable_pub, reason = "each test file uses its part of the support")]
mod support;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use scrutineer_core::{
    Fact, Gap, Kind,
    evidence::snapshot::{Entry, Head, SnapshotSink, SnapshotTarget},
    provider::Provider,
};
use scrutineer_github::{BaseUrl, Credential, GitHub, Settings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const CANARY: &str = "ghp_canaryCANARYcanaryCANARYcanary01";

type Log = Arc<Mutex<Vec<String>>>;

/// A server that answers every request with what `answer` makes of its head.
async fn server(answer: impl Fn(&str, u16) -> Vec<u8> + Send + Sync + 'static) -> (String, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let log = Log::default();
    let (seen, answer) = (log.clone(), Arc::new(answer));
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (seen, answer) = (seen.clone(), answer.clone());
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.windows(4).any(|window| window == b"\r\n\r\n") {
                    match socket.read_buf(&mut head).await {
                        Ok(0) | Err(_) => return,
                        Ok(_) => {}
                    }
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                let reply = answer(&head, port);
                seen.lock().unwrap().push(head);
                let _ = socket.write_all(&reply).await;
            });
        }
    });
    (format!("http://127.0.0.1:{port}"), log)
}

fn reply(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let reply =
        format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n");
    let mut bytes = reply.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn github(base: &str) -> GitHub {
    let credential = Credential::Token(CANARY.to_owned().into());
    GitHub::new(Settings::new(credential, BaseUrl::for_operator(base).unwrap()))
}

const ORG: &[u8] = br#"{"login":"acme","node_id":"O_1","two_factor_requirement_enabled":true}"#;

fn is_org(head: &str) -> bool {
    head.starts_with("GET /orgs/acme HTTP")
}

#[tokio::test]
async fn the_token_never_reaches_another_origin() {
    let (other, other_log) = server(|_, _| reply("200 OK", "", b"[]")).await;
    let elsewhere = other.clone();
    let (base, log) = server(move |head, _| match head {
        head if is_org(head) => reply("200 OK", "", ORG),
        head if head.contains("/hooks") => {
            reply("302 Found", &format!("location: {elsewhere}/stolen\r\n"), b"")
        }
        _ => reply("200 OK", &format!("link: <{elsewhere}/next>; rel=\"next\"\r\n"), b"[]"),
    })
    .await;
    let github = github(&base);
    let evidence = github.org_evidence(&"acme".parse().unwrap()).await.unwrap();
    assert!(matches!(evidence.hooks.gap(), Some(Gap::Unavailable { .. })), "{:?}", evidence.hooks);
    assert!(matches!(evidence.custom_secret_patterns.gap(), Some(Gap::Unavailable { .. })));
    assert!(log.lock().unwrap().iter().any(|head| head.contains(CANARY)), "the API itself gets it");
    assert!(other_log.lock().unwrap().is_empty(), "{:?}", other_log.lock().unwrap());

    let head = Head {
        branch: "main".to_owned(),
        oid: "0123456789012345678901234567890123456789".parse().unwrap(),
        tarball_url: Some(format!("{other}/archive")),
    };
    let target = SnapshotTarget { repo: "acme/api".parse().unwrap(), head };
    let _ = github.snapshot(&target, Blind).await;
    let archive = other_log.lock().unwrap();
    assert!(!archive.is_empty() && archive.iter().all(|head| !head.contains(CANARY)), "{archive:?}");
}

struct Blind;

impl SnapshotSink for Blind {
    fn entry(&mut self, _: Entry<'_>) {}
}

#[tokio::test]
async fn pages_that_never_end_and_answers_without_end_become_gaps() {
    let (base, log) = server(|head, port| match head {
        head if is_org(head) => reply("200 OK", "", ORG),
        head if head.contains("/installations") => reply("200 OK", "", &vec![b' '; 33 * 1024 * 1024]),
        head if head.contains("/hooks") => {
            let link =
                format!("link: <http://127.0.0.1:{port}/orgs/acme/hooks?per_page=100>; rel=\"next\"\r\n");
            reply("200 OK", &link, b"[]")
        }
        _ => reply("200 OK", "", b"not json"),
    })
    .await;
    let evidence = github(&base).org_evidence(&"acme".parse().unwrap()).await.unwrap();
    for gap in
        [evidence.hooks.gap(), evidence.installations.gap(), evidence.members.gap(), evidence.teams.gap()]
    {
        assert!(matches!(gap, Some(Gap::Unavailable { .. })), "{gap:?}");
    }
    assert!(log.lock().unwrap().len() < 60);
}

#[tokio::test]
async fn unknown_enum_values_and_missing_optional_fields_are_evidence_not_errors() {
    let (base, _) = server(|head, _| match head {
        head if is_org(head) => reply("200 OK", "", ORG),
        head if head.contains("/actions/runners") => {
            let body =
                br#"{"total_count":1,"runners":[{"id":1,"name":"r","status":"hibernating","labels":null}]}"#;
            reply("200 OK", "", body)
        }
        head if head.contains("/actions/permissions ") => reply(
            "200 OK",
            "",
            br#"{"enabled_repositories":"galaxies","allowed_actions":null,"new_field":{}}"#,
        ),
        _ => reply("404 Not Found", "", br#"{"message":"Not Found"}"#),
    })
    .await;
    let evidence = github(&base).org_evidence(&"acme".parse().unwrap()).await.unwrap();
    assert!(!evidence.runners.self_hosted.known().unwrap().items[0].online);
    assert_eq!(evidence.actions.enabled_repositories, Fact::Known("galaxies".to_owned()));
    assert_eq!(evidence.actions.selected, Fact::Known(None));
}

#[tokio::test]
async fn a_graphql_rate_limit_in_a_200_is_deferred() {
    let (base, _) = server(|head, _| match head {
        head if is_org(head) => reply("200 OK", "", ORG),
        head if head.starts_with("POST") => reply(
            "200 OK",
            "",
            br#"{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#,
        ),
        _ => reply("404 Not Found", "", b"{}"),
    })
    .await;
    let failure = github(&base).org_evidence(&"acme".parse().unwrap()).await.unwrap_err();
    assert!(matches!(failure.kind, Kind::Deferred { .. }), "{failure:?}");
}

#[tokio::test]
async fn a_revoked_installation_token_is_replaced_once_and_no_more() {
    for (good, rejected) in [(2, false), (99, true)] {
        let minted = AtomicUsize::new(0);
        let (base, log) = server(move |head, _| match head {
            head if head.starts_with("POST /app") => {
                let n = minted.fetch_add(1, Ordering::Relaxed) + 1;
                let body = format!(
                    r#"{{"token":"ghs_{n}","expires_at":"2999-01-01T00:00:00Z","permissions":{{"metadata":"read"}}}}"#
                );
                reply("201 Created", "", body.as_bytes())
            }
            head if head.starts_with("GET /app/") => reply("200 OK", "", br#"{"permissions":{"metadata":"read"}}"#),
            head if is_org(head) && head.contains(&format!("Bearer ghs_{good}\r")) => reply("200 OK", "", ORG),
            head if head.starts_with("GET /app ") => reply("200 OK", "", br#"{"slug":"scanner"}"#),
            _ => reply("401 Unauthorized", "", b"{}"),
        })
        .await;
        let credential = Credential::App {
            app_id: "1".to_owned(),
            installation_id: 1,
            private_key: support::private_key().into(),
        };
        let github = GitHub::new(Settings::new(credential, BaseUrl::for_operator(&base).unwrap()));
        let validation = github.validate(&"acme".parse().unwrap()).await;
        assert_eq!(
            validation.err().and_then(|failure| failure.code()),
            rejected.then_some("credential_rejected")
        );
        let mints = log.lock().unwrap().iter().filter(|head| head.starts_with("POST /app")).count();
        assert_eq!(mints, 2);
    }
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_log_line_error_or_debug_text_holds_the_token_or_a_body() {
    let memory = Memory::default();
    let writer = memory.clone();
    let subscriber =
        tracing_subscriber::fmt().with_env_filter("trace").with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let (base, _) = server(|head, _| match head {
        head if is_org(head) => reply("200 OK", "", ORG),
        head if head.contains("/hooks") => reply("502 Bad Gateway", "", b"BODY-CANARY"),
        head if head.contains("/installations") => {
            reply("200 OK", "", br#"{"installations":["BODY-CANARY"]}"#)
        }
        _ => reply("403 Forbidden", "", br#"{"message":"BODY-CANARY"}"#),
    })
    .await;
    let github = github(&base);
    let evidence = github.org_evidence(&"acme".parse().unwrap()).await.unwrap();
    let failure = github.repositories(&evidence).await.unwrap_err();
    let mut text = format!("{github:?} {evidence:?} {failure} {failure:?} {:?}", failure.source);
    text.push_str(&String::from_utf8_lossy(&memory.0.lock().unwrap()));
    assert!(text.contains("tried again"), "the log was kept");
    assert!(!text.contains(CANARY) && !text.contains("BODY-CANARY"), "{text}");
}
