//! How fast `LocalAws` is: the figures are printed, only an order of magnitude is asserted.

use std::time::{Duration, Instant};

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

use crate::dynamodb::join_all;

#[derive(Serialize, Deserialize)]
struct Job(u32);

impl Message for Job {
    const QUEUE: QueueName = QueueName::RepositoryScans;
    const KIND: &'static str = "performance_job";
}

fn rate(count: usize, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}

/// Sends, receives and acknowledges `count` messages with four consumers; returns both rates.
async fn queue_rates(queue: &Queue, count: usize) -> (f64, f64) {
    let clock = Clock::system();
    let envelopes =
        (0..count).map(|number| Envelope::new(MessageId::new(&clock), &Job(number as u32)).unwrap());
    let began = Instant::now();
    queue.send(envelopes.collect()).await.unwrap();
    let sent = rate(count, began);
    let began = Instant::now();
    let consumers = (0..4).map(|_| async {
        let mut taken = 0;
        loop {
            let batch = queue.receive(QueueName::RepositoryScans, 10, Duration::ZERO).await.unwrap();
            if batch.is_empty() {
                return taken;
            }
            taken += batch.len();
            let receipts: Vec<_> = batch.into_iter().map(|message| message.receipt).collect();
            queue.delete(QueueName::RepositoryScans, &receipts).await.unwrap();
        }
    });
    assert_eq!(join_all(consumers).await.into_iter().sum::<usize>(), count);
    (sent, rate(count, began))
}

/// Transactions of one put and one counter, `width` at a time.
async fn transaction_rate(store: &Store, count: usize, width: usize) -> f64 {
    let clock = Clock::system();
    let scan = ScanId::new(&clock);
    store.put(&ScanCounters::new(scan)).await.unwrap();
    let began = Instant::now();
    let lanes = (0..width).map(|lane| {
        let clock = clock.clone();
        async move {
            for number in 0..count / width {
                let slug = Slug::from_name(&format!("perf {lane} {number} {scan}")).unwrap();
                let record = SlugGuard { slug, customer: CustomerId::new(&clock) };
                let add = Update::new().add("done", 1);
                let transaction = Transaction::new().put_new(&record).update(
                    &ScanCounters::key_of(scan),
                    add,
                    Condition::none(),
                );
                store.transact(transaction).await.unwrap();
            }
        }
    });
    join_all(lanes).await;
    rate(count, began)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rates_are_of_the_right_order() {
    for durability in [Durability::Full, Durability::Normal] {
        let dir = TempDir::new().unwrap();
        let options = Options { durability, ..Options::default() };
        let local = LocalAws::open_with(dir.path(), options).unwrap();
        let (clients, settings) = (local.clients(), LocalAws::settings());
        let (sent, done) = queue_rates(&Queue::new(&clients, &settings), 500).await;
        let store = Store::new(&clients, &settings);
        let (alone, together) =
            (transaction_rate(&store, 60, 1).await, transaction_rate(&store, 120, 8).await);
        println!(
            "{durability:?}: send {sent:.0}/s, receive+delete {done:.0}/s, transaction {alone:.0}/s alone, \
             {together:.0}/s by eight"
        );
        // Far below what an idle machine does: a loaded test machine must not fail.
        assert!(sent > 50.0 && done > 50.0 && alone > 5.0 && together > 5.0);
    }
}

#[tokio::test]
async fn write_units_are_counted_as_billed() {
    let dir = TempDir::new().unwrap();
    let local = LocalAws::open(dir.path()).unwrap();
    let store = Store::new(&local.clients(), &LocalAws::settings());
    let scan = ScanId::new(&Clock::system());
    store.put(&ScanCounters::new(scan)).await.unwrap();
    assert_eq!(local.write_units(), 1, "one started KB");
    let update = Update::new().add("done", 1);
    store
        .transact(Transaction::new().update(&ScanCounters::key_of(scan), update, Condition::none()))
        .await
        .unwrap();
    assert_eq!(local.write_units(), 3, "double in a transaction");
    store.get(&ScanCounters::key_of(scan)).await.unwrap();
    assert_eq!(local.write_units(), 3, "reads are free of write units");
}
