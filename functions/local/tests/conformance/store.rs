//! `Store`, `Queue` and `Keys`: what the use cases rely on, on whatever implements AWS.

use std::time::Duration;

use scrutineer_aws::{
    AwsError, Condition, Cursor, Envelope, Keys, Message, Packed, Queue, QueueName, Record as _, SealContext,
    Store, Transaction, Update,
    records::{FindingCounts, Outbox, RepoEvidence, ScanCounters, ScanScore, Slug, SlugGuard},
};
use scrutineer_core::{
    Clock,
    ids::{ConnectionId, CustomerId, MessageId, ScanId},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    checks,
    dynamodb::join_all,
    suite::{Report, Target},
};

pub(crate) async fn run(target: &Target, report: &mut Report) {
    checks!(
        "store",
        target,
        report,
        [
            a_record_reads_as_written,
            a_taken_key_says_who_has_it,
            counters_add_up,
            an_update_of_nothing_is_refused,
            a_transaction_names_the_failed_operation,
            a_result_counts_once_however_often_it_is_delivered,
            a_repeated_transaction_token_applies_once,
            lists_come_in_pages,
            a_foreign_cursor_is_refused,
            a_large_payload_is_split_and_joined,
            a_batch_writes_and_deletes_many,
            contended_transactions_all_go_through,
        ]
    );
    checks!(
        "store",
        target,
        report,
        [
            messages_go_round,
            large_sends_are_split,
            a_postponed_message_counts_its_hops,
            a_secret_opens_for_its_owner_only,
            a_large_secret_is_refused_before_it_is_sent,
        ]
    );
}

fn store(target: &Target) -> Store {
    Store::new(&target.clients, &target.settings)
}

fn scan_id() -> ScanId {
    ScanId::new(&Clock::system())
}

fn score(scan: ScanId, number: usize) -> ScanScore {
    ScanScore {
        scan,
        category: format!("category-{number:03}"),
        score: "12.50".parse().unwrap(),
        max_score: 20.into(),
        percentage: Some("62.50".parse().unwrap()),
        coverage: None,
        weight: "0.1".parse().unwrap(),
        findings: FindingCounts { passed: 3, ..FindingCounts::default() },
    }
}

fn guard(name: &str) -> SlugGuard {
    SlugGuard { slug: Slug::from_name(name).unwrap(), customer: CustomerId::new(&Clock::system()) }
}

/// Values that do not compress (xorshift).
fn noise(length: usize) -> Vec<u32> {
    let mut state = 0x2545_f491_u32;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    (0..length).map(next).collect()
}

fn evidence(scan: ScanId, name: &str, length: usize) -> RepoEvidence {
    RepoEvidence {
        scan,
        repository: name.parse().unwrap(),
        evidence: Packed::pack(&noise(length)).unwrap(),
        expires_at: "2099-01-01T00:00:00Z".parse().unwrap(),
    }
}

fn conflict(result: Result<(), AwsError>) -> scrutineer_aws::Conflict {
    result.unwrap_err().conflict().unwrap()
}

async fn a_record_reads_as_written(target: Target) {
    let store = store(&target);
    let written = score(scan_id(), 1);
    store.put(&written).await.unwrap();
    assert_eq!(store.get(&written.key()).await.unwrap(), Some(written.clone()));
    store.delete(&written.key()).await.unwrap();
    assert_eq!(store.get(&written.key()).await.unwrap(), None);
}

async fn a_taken_key_says_who_has_it(target: Target) {
    let store = store(&target);
    let name = crate::suite::unique("taken");
    let (first, second) = (guard(&name), guard(&name));
    store.put_new(&first).await.unwrap();
    let there = conflict(store.put_new(&second).await).existing::<SlugGuard>().unwrap();
    assert_eq!(there, Some(first));
}

async fn counters_add_up(target: Target) {
    let store = store(&target);
    let scan = scan_id();
    store.put(&ScanCounters::new(scan)).await.unwrap();
    let key = ScanCounters::key_of(scan);
    let update = || Update::new().set("total", 2).add("done", 1).add_in("requests", "graphql", 3);
    store.update(&key, update(), Condition::none()).await.unwrap();
    let after = store.update(&key, update(), Condition::is("done", 1)).await.unwrap();
    assert_eq!((after.done, after.requests["graphql"], after.is_complete()), (2, 6, true));
    let refused = store.update(&key, update(), Condition::is("done", 1)).await.unwrap_err();
    assert_eq!(refused.conflict().unwrap().existing::<ScanCounters>().unwrap(), Some(after));
}

async fn an_update_of_nothing_is_refused(target: Target) {
    let update = Update::new().add("done", 1);
    let refused = store(&target).update(&ScanCounters::key_of(scan_id()), update, Condition::none()).await;
    assert_eq!(refused.unwrap_err().conflict().unwrap().existing::<ScanCounters>().unwrap(), None);
}

async fn a_transaction_names_the_failed_operation(target: Target) {
    let store = store(&target);
    let (free, taken) = (guard(&crate::suite::unique("free")), guard(&crate::suite::unique("taken")));
    store.put(&taken).await.unwrap();
    let transaction = Transaction::new().put_new(&free).put_new(&taken);
    let failed = conflict(store.transact(transaction).await);
    assert_eq!((failed.op, failed.existing::<SlugGuard>().unwrap()), (1, Some(taken)));
    assert_eq!(store.get(&free.key()).await.unwrap(), None);
}

async fn a_result_counts_once_however_often_it_is_delivered(target: Target) {
    let store = store(&target);
    let scan = scan_id();
    store.put(&ScanCounters::new(scan)).await.unwrap();
    let key = ScanCounters::key_of(scan);
    for delivery in 0..3 {
        let transaction = Transaction::new().put_new(&score(scan, 1)).update(
            &key,
            Update::new().add("done", 1),
            Condition::none(),
        );
        let outcome = store.transact(transaction).await;
        assert_eq!(outcome.is_ok(), delivery == 0);
    }
    assert_eq!(store.get(&key).await.unwrap().unwrap().done, 1);
}

async fn a_repeated_transaction_token_applies_once(target: Target) {
    let store = store(&target);
    let (scan, token) = (scan_id(), Clock::system().new_uuid());
    store.put(&ScanCounters::new(scan)).await.unwrap();
    let key = ScanCounters::key_of(scan);
    for _ in 0..2 {
        let update = Update::new().add("done", 1);
        store
            .transact(Transaction::new().idempotent(token).update(&key, update, Condition::none()))
            .await
            .unwrap();
    }
    assert_eq!(store.get(&key).await.unwrap().unwrap().done, 1);
}

async fn lists_come_in_pages(target: Target) {
    let store = store(&target);
    let scan = scan_id();
    let all: Vec<ScanScore> = (0..7).map(|number| score(scan, number)).collect();
    store.put_all(&all).await.unwrap();
    let range = ScanScore::of_scan(scan);
    let first = store.query(&range, 3, None).await.unwrap();
    let second = store.query(&range, 3, first.next.as_ref()).await.unwrap();
    let third = store.query(&range, 3, second.next.as_ref()).await.unwrap();
    assert_eq!([first.records, second.records, third.records].concat(), all);
    assert_eq!(third.next, None);
    let last = store.query(&range.clone().descending(), 1, None).await.unwrap();
    assert_eq!(last.records, all[6..]);
    assert_eq!(store.query_all(&range).await.unwrap(), all);
}

async fn a_foreign_cursor_is_refused(target: Target) {
    let store = store(&target);
    let scan = scan_id();
    store.put_all(&[score(scan, 1), score(scan, 2)]).await.unwrap();
    let next = store.query(&ScanScore::of_scan(scan), 1, None).await.unwrap().next.unwrap();
    for cursor in [next, Cursor::new("nonsense")] {
        let answer = store.query(&ScanScore::of_scan(scan_id()), 1, Some(&cursor)).await;
        assert!(matches!(answer, Err(AwsError::InvalidCursor)));
    }
}

async fn a_large_payload_is_split_and_joined(target: Target) {
    let store = store(&target);
    let large = evidence(scan_id(), "acme/large", 300_000);
    assert!(large.evidence.len() > 1_000_000, "{}", large.evidence.len());
    store.put_new(&large).await.unwrap();
    assert!(store.put_new(&large).await.is_err());
    let read = store.get(&large.key()).await.unwrap().unwrap();
    assert_eq!(read.evidence.unpack::<Vec<u32>>().unwrap(), noise(300_000));
    let too_large = evidence(large.scan, "acme/too-large", 1_000_000);
    assert!(matches!(store.put(&too_large).await, Err(AwsError::TooLarge { .. })));
}

async fn a_batch_writes_and_deletes_many(target: Target) {
    let store = store(&target);
    let scan = scan_id();
    let all: Vec<ScanScore> = (0..60).map(|number| score(scan, number)).collect();
    store.put_all(&all).await.unwrap();
    let keys: Vec<_> = all.iter().map(ScanScore::key).collect();
    assert_eq!(store.get_many(&keys).await.unwrap().len(), 60);
    store.delete_all(&keys[..59]).await.unwrap();
    assert_eq!(store.get_many(&keys).await.unwrap(), all[59..]);
}

async fn contended_transactions_all_go_through(target: Target) {
    let store = store(&target);
    let scan = scan_id();
    store.put(&ScanCounters::new(scan)).await.unwrap();
    let key = ScanCounters::key_of(scan);
    let results = (0..20).map(|number| {
        let (store, key) = (&store, &key);
        async move {
            let update = Update::new().add("done", 1);
            let transaction =
                Transaction::new().put_new(&score(scan, number)).update(key, update, Condition::none());
            store.transact(transaction).await.unwrap();
        }
    });
    join_all(results).await;
    assert_eq!(store.get(&key).await.unwrap().unwrap().done, 20);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Job {
    text: String,
}

impl Message for Job {
    const QUEUE: QueueName = QueueName::Scans;
    const KIND: &'static str = "conformance_job";
}

fn job(text: impl Into<String>) -> Envelope {
    Envelope::new(MessageId::new(&Clock::system()), &Job { text: text.into() }).unwrap()
}

async fn messages_go_round(target: Target) {
    let queue = Queue::new(&target.clients, &target.settings);
    let sent: Vec<Envelope> = (0..23).map(|number| job(number.to_string())).collect();
    queue.send(sent.clone()).await.unwrap();
    let mut received = Vec::new();
    while received.len() < sent.len() {
        let batch = queue.receive(QueueName::Scans, 10, Duration::from_secs(2)).await.unwrap();
        assert!(!batch.is_empty());
        let receipts: Vec<_> = batch.iter().map(|message| message.receipt.clone()).collect();
        received.extend(batch.into_iter().map(|message| message.envelope().unwrap().id()));
        queue.delete(QueueName::Scans, &receipts).await.unwrap();
    }
    received.sort();
    let mut ids: Vec<_> = sent.iter().map(Envelope::id).collect();
    ids.sort();
    assert_eq!(received, ids);
    assert_eq!(queue.depth(QueueName::Scans).await.unwrap().total(), 0);
}

async fn large_sends_are_split(target: Target) {
    let queue = Queue::new(&target.clients, &target.settings);
    queue.send((0..4).map(|_| job("x".repeat(150_000))).collect()).await.unwrap();
    let mut count = 0;
    while count < 4 {
        let batch = queue.receive(QueueName::Scans, 10, Duration::from_secs(2)).await.unwrap();
        assert!(!batch.is_empty());
        count += batch.len();
        let receipts: Vec<_> = batch.into_iter().map(|message| message.receipt).collect();
        queue.delete(QueueName::Scans, &receipts).await.unwrap();
    }
    let refused = queue.send(vec![job("x".repeat(300_000))]).await;
    assert!(matches!(refused, Err(AwsError::TooLarge { .. })));
}

async fn a_postponed_message_counts_its_hops(target: Target) {
    let queue = Queue::new(&target.clients, &target.settings);
    let sent = job("later").hop(Duration::from_secs(1));
    let row = Outbox::new(&sent, "2026-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(row.envelope().unwrap(), sent);
    queue.send(vec![row.envelope().unwrap()]).await.unwrap();
    assert!(queue.receive(QueueName::Scans, 1, Duration::ZERO).await.unwrap().is_empty());
    let received = queue.receive(QueueName::Scans, 1, Duration::from_secs(5)).await.unwrap().remove(0);
    let envelope = received.envelope().unwrap();
    assert_eq!((envelope.id(), envelope.hops(), received.receives), (sent.id(), 1, 1));
    assert_eq!(envelope.open::<Job>().unwrap(), Some(Job { text: "later".to_owned() }));
    queue.delete(QueueName::Scans, &[received.receipt]).await.unwrap();
}

fn owner() -> SealContext {
    SealContext {
        customer: CustomerId::new(&Clock::system()),
        connection: ConnectionId::new(&Clock::system()),
    }
}

async fn a_secret_opens_for_its_owner_only(target: Target) {
    let keys = Keys::new(&target.clients, &target.settings);
    let owner = owner();
    let sealed = keys.seal(&SecretString::from("ghp_canary"), owner).await.unwrap();
    assert_eq!(keys.open(&sealed, owner).await.unwrap().expose_secret(), "ghp_canary");
    let thief = SealContext { customer: CustomerId::new(&Clock::system()), ..owner };
    assert!(matches!(keys.open(&sealed, thief).await, Err(AwsError::NotSealedHere { .. })));
}

async fn a_large_secret_is_refused_before_it_is_sent(target: Target) {
    let keys = Keys::new(&target.clients, &target.settings);
    let refused = keys.seal(&SecretString::from("x".repeat(4097)), owner()).await;
    assert!(matches!(refused, Err(AwsError::TooLarge { limit: 4096, .. })));
}
