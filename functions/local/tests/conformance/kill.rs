//! `kill -9` at random moments: what was acknowledged is there after a restart, nothing is there twice.
//!
//! The writer is this test binary itself, started again with the role in its environment.

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use scrutineer_aws::{
    Condition, Envelope, Message, Queue, QueueName, Store, Transaction, Update,
    records::{ScanCounters, Slug, SlugGuard},
};
use scrutineer_core::{
    Clock,
    ids::{CustomerId, MessageId, ScanId},
};
use scrutineer_local::local_aws::{Durability, LocalAws, Options};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

/// Tells the writer its directory.
const DIRECTORY: &str = "CONFORMANCE_WRITER_DIRECTORY";
/// Lives of the writer.
const LIVES: u32 = 5;

#[derive(Serialize, Deserialize)]
struct Job(String);

impl Message for Job {
    const QUEUE: QueueName = QueueName::RepositoryScans;
    const KIND: &'static str = "kill_job";
}

fn scan() -> ScanId {
    "00000000-0000-7000-8000-000000000001".parse().unwrap()
}

fn open(dir: &Path) -> LocalAws {
    LocalAws::open_with(dir, Options { durability: Durability::Normal, ..Options::default() }).unwrap()
}

/// Not a test of its own: the process that is killed. Writes for ever and prints what was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writer() {
    let Some(dir) = env::var_os(DIRECTORY) else { return };
    let local = open(Path::new(&dir));
    let (clients, settings) = (local.clients(), LocalAws::settings());
    let (store, queue) = (Store::new(&clients, &settings), Queue::new(&clients, &settings));
    let key = ScanCounters::key_of(scan());
    let _ = store.put_new(&ScanCounters::new(scan())).await;
    let clock = Clock::system();
    loop {
        let id = MessageId::new(&clock);
        queue.send(vec![Envelope::new(id, &Job(id.to_string())).unwrap()]).await.unwrap();
        println!("sent {id}");
        let slug = Slug::from_name(&id.to_string()).unwrap();
        let record = SlugGuard { slug, customer: CustomerId::new(&clock) };
        let add = Update::new().add("done", 1);
        store
            .transact(Transaction::new().put_new(&record).update(&key, add, Condition::none()))
            .await
            .unwrap();
        println!("wrote {id}");
    }
}

/// Runs the writer until it has acknowledged `lines` writes, then kills it; returns what it acknowledged.
fn live_and_die(dir: &Path, lines: u32) -> Vec<String> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "kill::writer", "--nocapture", "--quiet"])
        .env(DIRECTORY, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    while acknowledged.len() < lines as usize {
        let line = output.next().expect("the writer ended by itself").unwrap();
        acknowledged.extend(Some(line).filter(|line| is_whole(line)));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // Written to the pipe between the last line that was read and the kill: acknowledged as well.
    acknowledged.extend(output.map_while(Result::ok).filter(|line| is_whole(line)));
    acknowledged
}

/// An acknowledgement that was not cut by the kill: a word and a UUID.
fn is_whole(line: &str) -> bool {
    let id = line.strip_prefix("sent ").or_else(|| line.strip_prefix("wrote "));
    id.is_some_and(|id| id.parse::<MessageId>().is_ok() && id.len() == 36)
}

#[tokio::test]
async fn acknowledged_writes_survive_kill_9() {
    let dir = TempDir::new().unwrap();
    let mut acknowledged = Vec::new();
    for life in 0..LIVES {
        // A different number each time, so that the kill falls into different steps.
        acknowledged.extend(live_and_die(dir.path(), 11 + 8 * life));
    }
    let local = open(dir.path());
    let (clients, settings) = (local.clients(), LocalAws::settings());
    let (store, queue) = (Store::new(&clients, &settings), Queue::new(&clients, &settings));
    let mut messages = Vec::new();
    loop {
        let batch = queue.receive(QueueName::RepositoryScans, 10, Duration::ZERO).await.unwrap();
        if batch.is_empty() {
            break;
        }
        messages.extend(batch.iter().map(|message| message.envelope().unwrap().id().to_string()));
    }
    let distinct: BTreeSet<&String> = messages.iter().collect();
    assert_eq!(distinct.len(), messages.len(), "a message is there twice");
    let sent = acknowledged.iter().filter_map(|line| line.strip_prefix("sent "));
    let lost: Vec<&str> = sent.filter(|id| !messages.iter().any(|there| there == id)).collect();
    assert!(lost.is_empty(), "lost messages: {lost:?}");
    let wrote: Vec<&str> = acknowledged.iter().filter_map(|line| line.strip_prefix("wrote ")).collect();
    for id in &wrote {
        let key = SlugGuard::key_of(&Slug::from_name(id).unwrap());
        assert!(store.get(&key).await.unwrap().is_some(), "lost record {id}");
    }
    // The record and its count are one transaction; of the last one of each life the answer may be lost.
    let done = store.get(&ScanCounters::key_of(scan())).await.unwrap().unwrap().done;
    let (least, most) = (wrote.len() as u64, wrote.len() as u64 + u64::from(LIVES));
    assert!((least..=most).contains(&done), "{done} counted, {least} acknowledged");
}
