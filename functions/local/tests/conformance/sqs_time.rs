//! SQS: what time does to a message. Visibility, delay, redrive, long polling, competing consumers.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};

use crate::{
    checks,
    dynamodb::join_all,
    sqs::{TestQueue, counts, entry},
    suite::{Report, Target, refused, wait},
};

pub(crate) async fn run(target: &Target, report: &mut Report) {
    checks!(
        "sqs",
        target,
        report,
        [
            a_received_message_is_hidden_until_its_timeout,
            a_visibility_of_zero_returns_it_at_once,
            a_longer_visibility_hides_it_longer,
            changing_a_visible_message_is_refused,
            an_old_handle_deletes_nothing,
            a_delayed_message_waits,
            the_queues_delay_applies_to_all,
            a_delay_beyond_900_seconds_is_refused,
            a_message_received_too_often_goes_to_the_dead_letters,
            an_empty_long_poll_waits_for_its_time,
            a_send_wakes_a_long_poll,
            a_delay_that_ends_wakes_a_long_poll,
            the_queues_wait_time_applies_to_all,
            competing_consumers_share_without_duplicates,
        ]
    );
}

fn receives(message: &Message) -> &str {
    &message.attributes.as_ref().unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount]
}

async fn a_received_message_is_hidden_until_its_timeout(target: Target) {
    let queue = TestQueue::with(&target, &[(QueueAttributeName::VisibilityTimeout, "1")]).await;
    queue.send("a").await;
    queue.receive_one().await;
    assert!(queue.receive(1, 0).await.is_empty());
    wait(Duration::from_millis(1200)).await;
    let again = queue.receive_one().await;
    assert_eq!(receives(&again), "2");
}

async fn a_visibility_of_zero_returns_it_at_once(target: Target) {
    let queue = TestQueue::new(&target).await;
    queue.send("a").await;
    let message = queue.receive_one().await;
    queue.set_visibility(&message, 0).await;
    assert_eq!(receives(&queue.receive_one().await), "2");
}

async fn a_longer_visibility_hides_it_longer(target: Target) {
    let queue = TestQueue::with(&target, &[(QueueAttributeName::VisibilityTimeout, "1")]).await;
    queue.send("a").await;
    let message = queue.receive_one().await;
    queue.set_visibility(&message, 30).await;
    wait(Duration::from_millis(1300)).await;
    assert!(queue.receive(1, 0).await.is_empty());
}

async fn changing_a_visible_message_is_refused(target: Target) {
    let queue = TestQueue::new(&target).await;
    queue.send("a").await;
    let message = queue.receive_one().await;
    queue.set_visibility(&message, 0).await;
    wait(Duration::from_millis(50)).await;
    let handle = message.receipt_handle.unwrap();
    let call = queue.client.change_message_visibility().queue_url(&queue.url).receipt_handle(handle);
    assert!(refused(call.visibility_timeout(5).send().await).into_service_error().is_message_not_inflight());
}

async fn an_old_handle_deletes_nothing(target: Target) {
    let queue = TestQueue::new(&target).await;
    queue.send("a").await;
    let first = queue.receive_one().await;
    queue.set_visibility(&first, 0).await;
    queue.receive_one().await;
    queue.delete(&first).await;
    assert_eq!(queue.counts().await, counts(0, 1, 0));
}

async fn a_delayed_message_waits(target: Target) {
    let queue = TestQueue::new(&target).await;
    let send = queue.client.send_message().queue_url(&queue.url).message_body("a").delay_seconds(1);
    send.send().await.unwrap();
    assert!(queue.receive(1, 0).await.is_empty());
    wait(Duration::from_millis(1200)).await;
    assert_eq!(queue.receive(1, 1).await.len(), 1);
}

async fn the_queues_delay_applies_to_all(target: Target) {
    let queue = TestQueue::with(&target, &[(QueueAttributeName::DelaySeconds, "600")]).await;
    queue.send("a").await;
    let now = queue.client.send_message().queue_url(&queue.url).message_body("b").delay_seconds(0);
    now.send().await.unwrap();
    assert_eq!(queue.counts().await, counts(1, 0, 1));
}

async fn a_delay_beyond_900_seconds_is_refused(target: Target) {
    let queue = TestQueue::new(&target).await;
    let send = queue.client.send_message().queue_url(&queue.url).message_body("a").delay_seconds(901);
    refused(send.send().await);
}

async fn a_message_received_too_often_goes_to_the_dead_letters(target: Target) {
    let dead = TestQueue::new(&target).await;
    let policy = format!(r#"{{"deadLetterTargetArn": "{}", "maxReceiveCount": "2"}}"#, dead.arn().await);
    let queue = TestQueue::with(&target, &[(QueueAttributeName::RedrivePolicy, &policy)]).await;
    let id = queue.send("poison").await;
    for _ in 0..2 {
        let message = queue.receive_one().await;
        queue.set_visibility(&message, 0).await;
    }
    assert!(queue.receive(1, 0).await.is_empty());
    let buried = dead.receive_one().await;
    assert_eq!((buried.message_id.as_deref(), buried.body.as_deref()), (Some(id.as_str()), Some("poison")));
    assert_eq!(queue.counts().await, counts(0, 0, 0));
}

async fn an_empty_long_poll_waits_for_its_time(target: Target) {
    let queue = TestQueue::new(&target).await;
    let began = Instant::now();
    assert!(queue.receive(1, 1).await.is_empty());
    assert!(began.elapsed() >= Duration::from_millis(900), "{:?}", began.elapsed());
}

async fn a_send_wakes_a_long_poll(target: Target) {
    let queue = TestQueue::new(&target).await;
    let began = Instant::now();
    let send = async {
        wait(Duration::from_millis(300)).await;
        queue.send("a").await;
    };
    let (messages, ()) = tokio::join!(queue.receive(1, 10), send);
    assert_eq!(messages.len(), 1);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

async fn a_delay_that_ends_wakes_a_long_poll(target: Target) {
    let queue = TestQueue::new(&target).await;
    let send = queue.client.send_message().queue_url(&queue.url).message_body("a").delay_seconds(1);
    send.send().await.unwrap();
    let began = Instant::now();
    assert_eq!(queue.receive(1, 10).await.len(), 1);
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

async fn the_queues_wait_time_applies_to_all(target: Target) {
    let queue = TestQueue::with(&target, &[(QueueAttributeName::ReceiveMessageWaitTimeSeconds, "1")]).await;
    let began = Instant::now();
    let answer = queue.client.receive_message().queue_url(&queue.url).send().await.unwrap();
    assert!(answer.messages.unwrap_or_default().is_empty());
    assert!(began.elapsed() >= Duration::from_millis(900), "{:?}", began.elapsed());
}

async fn competing_consumers_share_without_duplicates(target: Target) {
    const MESSAGES: usize = 100;
    let queue = TestQueue::new(&target).await;
    for first in (0..MESSAGES).step_by(10) {
        let entries =
            (first..first + 10).map(|number| entry(&number.to_string(), &number.to_string())).collect();
        let send = queue.client.send_message_batch().queue_url(&queue.url).set_entries(Some(entries));
        assert!(send.send().await.unwrap().failed.is_empty());
    }
    let consumers = (0..4).map(|_| async {
        let mut bodies = Vec::new();
        loop {
            let messages = queue.receive(10, 0).await;
            if messages.is_empty() {
                return bodies;
            }
            for message in messages {
                queue.delete(&message).await;
                bodies.push(message.body.unwrap());
            }
        }
    });
    let bodies: Vec<String> = join_all(consumers).await.into_iter().flatten().collect();
    let distinct: HashSet<&String> = bodies.iter().collect();
    assert_eq!((bodies.len(), distinct.len()), (MESSAGES, MESSAGES));
}
