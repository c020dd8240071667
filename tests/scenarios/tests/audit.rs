//! The audit log: nothing is lost or doubled when many append at once, and what was done to it shows.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use std::collections::BTreeSet;

use scrutineer_aws::{
    AuditedWrite, Condition, Keys, Queue, Store,
    records::{AuditAction, AuditEntry, Org},
};
use scrutineer_core::{Clock, SignedDuration, ids::Login};
use scrutineer_local::{
    local_aws::LocalAws,
    runtime::{Options, Runtime},
};
use scrutineer_service::{
    App,
    audit::{
        self, By,
        chain::{Chain, Noted},
        read::{AuditFilter, Order},
    },
};
use tokio::task::JoinSet;

fn acme() -> Login {
    "acme".parse().unwrap()
}

fn runtime(clock: Clock) -> Runtime {
    Runtime::open(Options { clock, ..Options::default() }).unwrap()
}

async fn append(app: &App, subject: impl Into<String>) -> AuditEntry {
    let by = By::system("test");
    audit::append(app, audit::draft(app, &acme(), &by, AuditAction::POLICY_EVALUATED, subject)).await.unwrap()
}

/// The whole log, read in small pages.
async fn log(app: &App, filter: &AuditFilter, order: Order) -> Vec<AuditEntry> {
    let mut entries = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = audit::read::page(app, &acme(), filter, order, (7, cursor.as_deref())).await.unwrap();
        entries.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return entries;
        }
    }
}

async fn assert_whole(app: &App, entries: usize) {
    let head = audit::head(app, &acme()).await.unwrap().unwrap();
    let mut chain = Chain::default().ending_at(Noted { sequence: head.sequence, hash: head.hash });
    for entry in log(app, &AuditFilter::default(), Order::OldestFirst).await {
        chain.push(entry);
    }
    assert_eq!(chain.end(), (entries as u64, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_neither_fork_nor_lose_an_entry() {
    let runtime = runtime(Clock::system());
    let mut under_way = JoinSet::new();
    for number in 0..50 {
        let app = runtime.app().clone();
        under_way.spawn(async move { append(&app, format!("number {number}")).await.subject });
    }
    let appended: BTreeSet<String> = under_way.join_all().await.into_iter().collect();
    assert_eq!(appended.len(), 50);
    assert_whole(runtime.app(), 50).await;
}

/// Stores of their own do not take turns: that is how processes meet.
#[tokio::test(flavor = "multi_thread")]
async fn processes_that_append_at_once_try_again_until_each_had_its_turn() {
    let runtime = runtime(Clock::system());
    let mut under_way = JoinSet::new();
    for number in 0..20 {
        let (clients, names) = (runtime.aws().clients(), LocalAws::settings());
        let app = App {
            store: Store::new(&clients, &names),
            queue: Queue::new(&clients, &names),
            keys: Keys::new(&clients, &names),
            ..runtime.app().clone()
        };
        under_way.spawn(async move { append(&app, format!("number {number}")).await.sequence });
    }
    let numbers: BTreeSet<u64> = under_way.join_all().await.into_iter().collect();
    assert_eq!(numbers, (1..=20).collect());
    assert_whole(runtime.app(), 20).await;
}

#[tokio::test]
async fn an_entry_costs_four_write_units() {
    let runtime = runtime(Clock::system());
    let app = runtime.app();
    let before = runtime.aws().write_units();
    let by = By {
        actor: scrutineer_core::Actor::system("verifier"),
        request_id: Some(app.clock.new_uuid().to_string()),
    };
    let draft =
        audit::draft(app, &acme(), &by, AuditAction::POLICY_EVALUATED, app.clock.new_uuid().to_string())
            .repository(&"acme-corporation/payments-service".parse().unwrap())
            .detail("bundle", "acme@12.10.3")
            .detail("head", "a".repeat(40))
            .detail("verdict", "NO_SHIP")
            .detail(
                "packs",
                "auth 100, intent 100, payments 100, pii 55, quality 85, rate-limit 100, security 70",
            )
            .detail("blocking", 12);
    audit::append(app, draft).await.unwrap();
    assert_eq!(runtime.aws().write_units() - before, 4);
}

#[tokio::test]
async fn configuration_and_its_entry_are_written_both_or_not_at_all() {
    let runtime = runtime(Clock::system());
    let app = runtime.app();
    let org = Org { version: 1, ..Org::defaults(acme()) };
    let write = || {
        let draft =
            audit::draft(app, &acme(), &By::system("test"), AuditAction::SETTINGS_CHANGED, "settings");
        AuditedWrite::new(draft).put_new(&org)
    };
    app.store.write_audited(write()).await.unwrap();
    let refused = app.store.write_audited(write()).await.unwrap_err().conflict().unwrap();
    assert_eq!(refused.op, 0);
    assert_whole(app, 1).await;
    let key = Org::key_of(&acme());
    let draft = audit::draft(app, &acme(), &By::system("test"), AuditAction::SETTINGS_CHANGED, "settings");
    app.store
        .write_audited(AuditedWrite::new(draft).delete(&key, Condition::is("version", 1)))
        .await
        .unwrap();
    assert_eq!(app.store.get(&key).await.unwrap(), None);
    assert_whole(app, 2).await;
}

#[tokio::test]
async fn a_log_is_read_in_both_directions_filtered_and_by_time() {
    let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
    let runtime = runtime(clock.clone());
    let app = runtime.app();
    let repository = "acme/api".parse().unwrap();
    for number in 1..=30_u64 {
        let action =
            if number % 10 == 0 { AuditAction::BUNDLE_PINNED } else { AuditAction::POLICY_EVALUATED };
        let draft = audit::draft(app, &acme(), &By::system("test"), action, format!("number {number}"));
        let draft = if number % 3 == 0 { draft.repository(&repository) } else { draft };
        audit::append(app, draft).await.unwrap();
        clock.advance(SignedDuration::from_hours(1));
    }
    let numbers = async |filter: AuditFilter, order| -> Vec<u64> {
        log(app, &filter, order).await.into_iter().map(|entry| entry.sequence).collect()
    };
    let all = AuditFilter::default();
    assert_eq!(numbers(all.clone(), Order::OldestFirst).await, (1..=30).collect::<Vec<_>>());
    assert_eq!(numbers(all.clone(), Order::NewestFirst).await, (1..=30).rev().collect::<Vec<_>>());
    let pinned = AuditFilter { actions: vec!["bundle".into()], ..all.clone() };
    assert_eq!(numbers(pinned, Order::NewestFirst).await, [30, 20, 10]);
    let both = AuditFilter {
        repository: Some("Acme/API".parse().unwrap()),
        actor: Some("system:test".into()),
        from: Some("2026-01-01T05:00:00Z".parse().unwrap()),
        to: Some("2026-01-01T11:00:00Z".parse().unwrap()),
        ..all.clone()
    };
    assert_eq!(numbers(both, Order::OldestFirst).await, [6, 9]);
    let never = AuditFilter { from: Some("2027-01-01T00:00:00Z".parse().unwrap()), ..all };
    assert_eq!(numbers(never, Order::OldestFirst).await, [] as [u64; 0]);
}
