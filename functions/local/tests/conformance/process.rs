//! `LocalAws` as a process sees it: restarts, a second process, damaged and newer files, lost keys, sweeps.

use std::{fs, path::Path, time::Duration};

use aws_sdk_dynamodb::types::AttributeValue;
use scrutineer_aws::{Envelope, Keys, Message, Queue, QueueName, SealContext, Store, records::ScanCounters};
use scrutineer_core::{
    Clock, SignedDuration,
    ids::{ConnectionId, CustomerId, MessageId, ScanId},
};
use scrutineer_local::local_aws::{LocalAws, OpenError, Options};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

#[derive(Serialize, Deserialize)]
struct Job;

impl Message for Job {
    const QUEUE: QueueName = QueueName::Scans;
    const KIND: &'static str = "process_job";
}

fn queue(local: &LocalAws) -> Queue {
    Queue::new(&local.clients(), &LocalAws::settings())
}

async fn send_one(local: &LocalAws) {
    let envelope = Envelope::new(MessageId::new(&Clock::system()), &Job).unwrap();
    queue(local).send(vec![envelope]).await.unwrap();
}

fn data_file(dir: &Path) -> std::path::PathBuf {
    dir.join("scrutineer.db")
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let dir = TempDir::new().unwrap();
    let owner = SealContext {
        customer: CustomerId::new(&Clock::system()),
        connection: ConnectionId::new(&Clock::system()),
    };
    let scan = ScanId::new(&Clock::system());
    let sealed = {
        let local = LocalAws::open(dir.path()).unwrap();
        let (clients, settings) = (local.clients(), LocalAws::settings());
        Store::new(&clients, &settings).put(&ScanCounters::new(scan)).await.unwrap();
        send_one(&local).await;
        Keys::new(&clients, &settings).seal(&SecretString::from("secret"), owner).await.unwrap()
    };
    let local = LocalAws::open(dir.path()).unwrap();
    let (clients, settings) = (local.clients(), LocalAws::settings());
    assert!(Store::new(&clients, &settings).get(&ScanCounters::key_of(scan)).await.unwrap().is_some());
    assert_eq!(queue(&local).depth(QueueName::Scans).await.unwrap().ready, 1);
    let opened = Keys::new(&clients, &settings).open(&sealed, owner).await.unwrap();
    assert_eq!(opened.expose_secret(), "secret");
}

#[tokio::test]
async fn interrupted_work_is_ready_again_after_a_restart_and_not_counted() {
    let dir = TempDir::new().unwrap();
    for _ in 0..8 {
        let local = LocalAws::open(dir.path()).unwrap();
        if queue(&local).depth(QueueName::Scans).await.unwrap().total() == 0 {
            send_one(&local).await;
        }
        let received = queue(&local).receive(QueueName::Scans, 1, Duration::ZERO).await.unwrap();
        assert_eq!(received[0].receives, 1);
    }
}

#[test]
fn a_second_process_is_refused() {
    let dir = TempDir::new().unwrap();
    let first = LocalAws::open(dir.path()).unwrap();
    let error = LocalAws::open(dir.path()).unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    drop(first);
    LocalAws::open(dir.path()).unwrap();
}

/// Opens must fail and leave the data file as it is.
fn refused(dir: &Path) -> OpenError {
    let before = fs::read(data_file(dir)).unwrap();
    let error = LocalAws::open(dir).unwrap_err();
    assert_eq!(fs::read(data_file(dir)).unwrap(), before, "the file was touched");
    error
}

#[test]
fn a_file_that_is_no_database_is_reported_and_left_alone() {
    let dir = TempDir::new().unwrap();
    fs::write(data_file(dir.path()), "this is not a database ".repeat(500)).unwrap();
    let error = refused(dir.path());
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_reported_and_left_alone() {
    let dir = TempDir::new().unwrap();
    let local = LocalAws::open(dir.path()).unwrap();
    for _ in 0..50 {
        send_one(&local).await;
    }
    drop(local);
    let mut bytes = fs::read(data_file(dir.path())).unwrap();
    let from = bytes.len() / 3;
    for byte in &mut bytes[from..] {
        *byte ^= 0x5a;
    }
    fs::write(data_file(dir.path()), bytes).unwrap();
    let error = refused(dir.path());
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
}

#[test]
fn a_truncated_file_is_reported_and_left_alone() {
    let dir = TempDir::new().unwrap();
    drop(LocalAws::open(dir.path()).unwrap());
    let bytes = fs::read(data_file(dir.path())).unwrap();
    fs::write(data_file(dir.path()), &bytes[..bytes.len() / 2]).unwrap();
    let error = refused(dir.path());
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
}

fn pragma(dir: &Path, name: &str, value: i32) {
    let connection = rusqlite::Connection::open(data_file(dir)).unwrap();
    connection.pragma_update(None, name, value).unwrap();
}

#[test]
fn a_newer_file_is_reported_and_left_alone() {
    let dir = TempDir::new().unwrap();
    drop(LocalAws::open(dir.path()).unwrap());
    pragma(dir.path(), "user_version", 1000);
    let error = refused(dir.path());
    assert!(matches!(error, OpenError::Newer { .. }), "{error}");
}

#[test]
fn a_foreign_database_is_reported_and_left_alone() {
    let dir = TempDir::new().unwrap();
    rusqlite::Connection::open(data_file(dir.path())).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let error = refused(dir.path());
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
}

#[test]
fn a_lost_or_exchanged_key_is_reported() {
    let dir = TempDir::new().unwrap();
    drop(LocalAws::open(dir.path()).unwrap());
    let key = dir.path().join("master.key");
    let bytes = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    assert!(matches!(LocalAws::open(dir.path()).unwrap_err(), OpenError::WrongKey { .. }));
    assert!(!key.exists(), "no new key is made for old data");
    fs::write(&key, [1; 32]).unwrap();
    assert!(matches!(LocalAws::open(dir.path()).unwrap_err(), OpenError::WrongKey { .. }));
    fs::write(&key, bytes).unwrap();
    LocalAws::open(dir.path()).unwrap();
}

#[cfg(unix)]
#[test]
fn the_key_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TempDir::new().unwrap();
    drop(LocalAws::open(dir.path()).unwrap());
    let mode = fs::metadata(dir.path().join("master.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn expired_items_and_old_messages_are_swept() {
    let dir = TempDir::new().unwrap();
    let clock = Clock::manual(Clock::system().now());
    let options = Options { clock: clock.clone(), ..Options::default() };
    let local = LocalAws::open_with(dir.path(), options).unwrap();
    let (clients, settings) = (local.clients(), LocalAws::settings());
    let expired = Clock::system().now().as_second() - 60;
    for (sk, expires) in [("old", expired), ("young", expired + 86_400)] {
        let put = clients.dynamodb.put_item().table_name(&settings.table);
        let put =
            put.item("PK", AttributeValue::S("p".to_owned())).item("SK", AttributeValue::S(sk.to_owned()));
        put.item("expires", AttributeValue::N(expires.to_string())).send().await.unwrap();
    }
    send_one(&local).await;
    clock.advance(SignedDuration::from_hours(24 * 5));
    local.sweep().await;
    let left = clients.dynamodb.scan().table_name(&settings.table).send().await.unwrap();
    assert_eq!(
        left.items().iter().map(|item| item["SK"].as_s().unwrap().as_str()).collect::<Vec<_>>(),
        ["young"]
    );
    assert_eq!(queue(&local).depth(QueueName::Scans).await.unwrap().total(), 0);
}

#[tokio::test]
async fn a_clock_moved_by_hand_makes_delayed_messages_visible() {
    let dir = TempDir::new().unwrap();
    let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
    let options = Options { clock: clock.clone(), ..Options::default() };
    let local = LocalAws::open_with(dir.path(), options).unwrap();
    let envelope = Envelope::new(MessageId::new(&clock), &Job).unwrap().delayed(Duration::from_secs(900));
    queue(&local).send(vec![envelope]).await.unwrap();
    assert!(queue(&local).receive(QueueName::Scans, 1, Duration::ZERO).await.unwrap().is_empty());
    clock.advance(SignedDuration::from_secs(901));
    assert_eq!(queue(&local).receive(QueueName::Scans, 1, Duration::ZERO).await.unwrap().len(), 1);
}
