//! SQS: sending, receiving, batches, queues.

use std::collections::HashMap;

use aws_sdk_sqs::{
    Client,
    error::ProvideErrorMetadata as _,
    types::{
        ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message,
        MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName, SendMessageBatchRequestEntry,
    },
};

use crate::{
    checks,
    suite::{Report, Target, refused, unique},
};

/// A queue of its own for one check.
pub(crate) struct TestQueue {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) url: String,
}

impl TestQueue {
    pub(crate) async fn new(target: &Target) -> Self {
        Self::with(target, &[]).await
    }

    pub(crate) async fn with(target: &Target, attributes: &[(QueueAttributeName, &str)]) -> Self {
        let client = target.clients.sqs.clone();
        let name = unique("conformance");
        let attributes: HashMap<_, _> =
            attributes.iter().map(|(name, value)| (name.clone(), (*value).to_owned())).collect();
        let call = client.create_queue().queue_name(&name);
        let call = if attributes.is_empty() { call } else { call.set_attributes(Some(attributes)) };
        let url = call.send().await.unwrap().queue_url.unwrap();
        Self { client, name, url }
    }

    pub(crate) async fn send(&self, body: &str) -> String {
        let answer = self.client.send_message().queue_url(&self.url).message_body(body).send().await;
        answer.unwrap().message_id.unwrap()
    }

    pub(crate) async fn receive(&self, max: i32, wait: i32) -> Vec<Message> {
        self.client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(max)
            .wait_time_seconds(wait)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await
            .unwrap()
            .messages
            .unwrap_or_default()
    }

    pub(crate) async fn receive_one(&self) -> Message {
        let mut messages = self.receive(1, 2).await;
        assert_eq!(messages.len(), 1);
        messages.remove(0)
    }

    pub(crate) async fn delete(&self, message: &Message) {
        let handle = message.receipt_handle.clone().unwrap();
        self.client.delete_message().queue_url(&self.url).receipt_handle(handle).send().await.unwrap();
    }

    pub(crate) async fn set_visibility(&self, message: &Message, seconds: i32) {
        let handle = message.receipt_handle.clone().unwrap();
        let call = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(handle);
        call.visibility_timeout(seconds).send().await.unwrap();
    }

    /// Ready, in flight, delayed.
    pub(crate) async fn counts(&self) -> (String, String, String) {
        use QueueAttributeName as Name;
        let names = [
            Name::ApproximateNumberOfMessages,
            Name::ApproximateNumberOfMessagesNotVisible,
            Name::ApproximateNumberOfMessagesDelayed,
        ];
        let call = self.client.get_queue_attributes().queue_url(&self.url);
        let answer = call.set_attribute_names(Some(names.to_vec())).send().await.unwrap();
        let mut attributes = answer.attributes.unwrap();
        let [ready, flight, delayed] = names.map(|name| attributes.remove(&name).unwrap());
        (ready, flight, delayed)
    }

    pub(crate) async fn arn(&self) -> String {
        let call = self.client.get_queue_attributes().queue_url(&self.url);
        let answer = call.attribute_names(QueueAttributeName::QueueArn).send().await.unwrap();
        answer.attributes.unwrap()[&QueueAttributeName::QueueArn].clone()
    }
}

pub(crate) fn entry(id: &str, body: &str) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().unwrap()
}

pub(crate) fn counts(ready: u32, flight: u32, delayed: u32) -> (String, String, String) {
    (ready.to_string(), flight.to_string(), delayed.to_string())
}

pub(crate) async fn run(target: &Target, report: &mut Report) {
    checks!(
        "sqs",
        target,
        report,
        [
            a_message_arrives_as_sent,
            a_deleted_message_is_gone,
            deleting_twice_is_harmless,
            a_broken_handle_is_refused,
            control_characters_are_refused,
            an_empty_body_is_refused,
            a_body_of_256_kilobytes_is_the_limit,
            ten_messages_are_one_batch,
            eleven_messages_are_refused,
            an_empty_batch_is_refused,
            one_id_twice_in_a_batch_is_refused,
            a_batch_beyond_256_kilobytes_is_refused,
            a_bad_entry_fails_alone,
            a_receive_takes_at_most_ten,
            message_attributes_arrive,
        ]
    );
    checks!(
        "sqs",
        target,
        report,
        [
            a_batch_of_deletions_reports_each,
            a_batch_of_visibilities_reports_each,
            counts_follow_the_messages,
            a_purge_empties_the_queue,
            a_missing_queue_is_named_as_such,
            a_queue_is_found_by_name,
            queues_are_listed_by_prefix,
            creating_again_is_harmless,
            creating_with_other_attributes_is_refused,
            attributes_change,
            an_unknown_attribute_is_refused,
            a_deleted_queue_is_gone,
        ]
    );
}

async fn a_message_arrives_as_sent(target: Target) {
    let queue = TestQueue::new(&target).await;
    let id = queue.send("{\"text\": \"grüße 🚀\"}").await;
    let message = queue.receive_one().await;
    assert_eq!(
        (message.message_id.as_deref(), message.body.as_deref()),
        (Some(id.as_str()), Some("{\"text\": \"grüße 🚀\"}"))
    );
    let attributes = message.attributes.unwrap();
    assert_eq!(attributes[&MessageSystemAttributeName::ApproximateReceiveCount], "1");
    assert!(attributes.contains_key(&MessageSystemAttributeName::SentTimestamp));
    assert_eq!(message.md5_of_body.as_deref().map(str::len), Some(32));
}

async fn a_deleted_message_is_gone(target: Target) {
    let queue = TestQueue::new(&target).await;
    queue.send("a").await;
    let message = queue.receive_one().await;
    queue.set_visibility(&message, 30).await;
    queue.delete(&message).await;
    assert_eq!(queue.counts().await, counts(0, 0, 0));
}

async fn deleting_twice_is_harmless(target: Target) {
    let queue = TestQueue::new(&target).await;
    queue.send("a").await;
    let message = queue.receive_one().await;
    queue.delete(&message).await;
    queue.delete(&message).await;
}

async fn a_broken_handle_is_refused(target: Target) {
    let queue = TestQueue::new(&target).await;
    let answer = queue.client.delete_message().queue_url(&queue.url).receipt_handle("nonsense").send().await;
    assert!(refused(answer).into_service_error().is_receipt_handle_is_invalid());
}

async fn control_characters_are_refused(target: Target) {
    let queue = TestQueue::new(&target).await;
    let answer = queue.client.send_message().queue_url(&queue.url).message_body("a\u{1}").send().await;
    assert!(refused(answer).into_service_error().is_invalid_message_contents());
}

async fn an_empty_body_is_refused(target: Target) {
    let queue = TestQueue::new(&target).await;
    let answer = queue.client.send_message().queue_url(&queue.url).message_body("").send().await;
    refused(answer);
}

async fn a_body_of_256_kilobytes_is_the_limit(target: Target) {
    let queue = TestQueue::with(&target, &[(QueueAttributeName::MaximumMessageSize, "262144")]).await;
    queue.send(&"x".repeat(262_144)).await;
    let body = "x".repeat(262_145);
    let answer = queue.client.send_message().queue_url(&queue.url).message_body(body).send().await;
    assert_eq!(refused(answer).into_service_error().code(), Some("InvalidParameterValue"));
}

async fn ten_messages_are_one_batch(target: Target) {
    let queue = TestQueue::new(&target).await;
    let entries = (0..10).map(|number| entry(&number.to_string(), &format!("body {number}"))).collect();
    let answer =
        queue.client.send_message_batch().queue_url(&queue.url).set_entries(Some(entries)).send().await;
    let answer = answer.unwrap();
    assert_eq!((answer.successful.len(), answer.failed.len()), (10, 0));
    assert_eq!(queue.receive(10, 1).await.len(), 10);
}

async fn eleven_messages_are_refused(target: Target) {
    let queue = TestQueue::new(&target).await;
    let entries = (0..11).map(|number| entry(&number.to_string(), "x")).collect();
    let answer =
        queue.client.send_message_batch().queue_url(&queue.url).set_entries(Some(entries)).send().await;
    assert!(refused(answer).into_service_error().is_too_many_entries_in_batch_request());
}

async fn an_empty_batch_is_refused(target: Target) {
    let queue = TestQueue::new(&target).await;
    let answer =
        queue.client.send_message_batch().queue_url(&queue.url).set_entries(Some(Vec::new())).send().await;
    assert!(refused(answer).into_service_error().is_empty_batch_request());
}

async fn one_id_twice_in_a_batch_is_refused(target: Target) {
    let queue = TestQueue::new(&target).await;
    let entries = vec![entry("a", "x"), entry("a", "y")];
    let answer =
        queue.client.send_message_batch().queue_url(&queue.url).set_entries(Some(entries)).send().await;
    assert!(refused(answer).into_service_error().is_batch_entry_ids_not_distinct());
}

async fn a_batch_beyond_256_kilobytes_is_refused(target: Target) {
    let queue = TestQueue::new(&target).await;
    let entries = (0..5).map(|number| entry(&number.to_string(), &"x".repeat(250_000))).collect();
    let answer =
        queue.client.send_message_batch().queue_url(&queue.url).set_entries(Some(entries)).send().await;
    assert!(refused(answer).into_service_error().is_batch_request_too_long());
}

async fn a_bad_entry_fails_alone(target: Target) {
    let queue = TestQueue::new(&target).await;
    let entries = vec![entry("good", "x"), entry("bad", "a\u{1}")];
    let answer =
        queue.client.send_message_batch().queue_url(&queue.url).set_entries(Some(entries)).send().await;
    let answer = answer.unwrap();
    assert_eq!((answer.successful.len(), answer.failed.len()), (1, 1));
    assert_eq!((answer.failed[0].id.as_str(), answer.failed[0].sender_fault), ("bad", true));
}

async fn a_receive_takes_at_most_ten(target: Target) {
    let queue = TestQueue::new(&target).await;
    let receive =
        |max| queue.client.receive_message().queue_url(&queue.url).max_number_of_messages(max).send();
    assert!(receive(10).await.is_ok());
    refused(receive(11).await);
    refused(receive(0).await);
}

async fn message_attributes_arrive(target: Target) {
    let queue = TestQueue::new(&target).await;
    let value = MessageAttributeValue::builder().data_type("String").string_value("v").build().unwrap();
    let send = queue.client.send_message().queue_url(&queue.url).message_body("a");
    send.message_attributes("name", value).send().await.unwrap();
    let receive = queue.client.receive_message().queue_url(&queue.url).message_attribute_names("All");
    let message = receive.wait_time_seconds(1).send().await.unwrap().messages.unwrap().remove(0);
    assert_eq!(message.message_attributes.unwrap()["name"].string_value(), Some("v"));
}

async fn a_batch_of_deletions_reports_each(target: Target) {
    let queue = TestQueue::new(&target).await;
    queue.send("a").await;
    let message = queue.receive_one().await;
    let entry = |id: &str, handle: &str| {
        DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle).build().unwrap()
    };
    let answer = queue
        .client
        .delete_message_batch()
        .queue_url(&queue.url)
        .entries(entry("good", message.receipt_handle.as_deref().unwrap()))
        .entries(entry("bad", "nonsense"))
        .send()
        .await
        .unwrap();
    assert_eq!((answer.successful[0].id.as_str(), answer.failed[0].id.as_str()), ("good", "bad"));
    assert_eq!(answer.failed[0].code, "ReceiptHandleIsInvalid");
}

async fn a_batch_of_visibilities_reports_each(target: Target) {
    let queue = TestQueue::new(&target).await;
    queue.send("a").await;
    let message = queue.receive_one().await;
    let entry = |id: &str, handle: &str| {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(id).receipt_handle(handle);
        entry.visibility_timeout(0).build().unwrap()
    };
    let answer = queue
        .client
        .change_message_visibility_batch()
        .queue_url(&queue.url)
        .entries(entry("good", message.receipt_handle.as_deref().unwrap()))
        .entries(entry("bad", "nonsense"))
        .send()
        .await
        .unwrap();
    assert_eq!((answer.successful[0].id.as_str(), answer.failed[0].id.as_str()), ("good", "bad"));
    assert_eq!(queue.receive(1, 1).await.len(), 1, "visible again");
}

async fn counts_follow_the_messages(target: Target) {
    let queue = TestQueue::new(&target).await;
    queue.send("a").await;
    queue.send("b").await;
    let late = queue.client.send_message().queue_url(&queue.url).message_body("c").delay_seconds(600);
    late.send().await.unwrap();
    assert_eq!(queue.counts().await, counts(2, 0, 1));
    let message = queue.receive_one().await;
    assert_eq!(queue.counts().await, counts(1, 1, 1));
    queue.delete(&message).await;
    assert_eq!(queue.counts().await, counts(1, 0, 1));
}

async fn a_purge_empties_the_queue(target: Target) {
    let queue = TestQueue::new(&target).await;
    queue.send("a").await;
    queue.client.purge_queue().queue_url(&queue.url).send().await.unwrap();
    assert_eq!(queue.counts().await, counts(0, 0, 0));
}

async fn a_missing_queue_is_named_as_such(target: Target) {
    let queue = TestQueue::new(&target).await;
    let url = queue.url.replace(&queue.name, "no-such-queue");
    let sent = queue.client.send_message().queue_url(&url).message_body("a").send().await;
    assert!(refused(sent).into_service_error().is_queue_does_not_exist());
    let received = queue.client.receive_message().queue_url(&url).send().await;
    assert!(refused(received).into_service_error().is_queue_does_not_exist());
}

async fn a_queue_is_found_by_name(target: Target) {
    let queue = TestQueue::new(&target).await;
    let found = queue.client.get_queue_url().queue_name(&queue.name).send().await.unwrap();
    assert_eq!(found.queue_url.as_deref(), Some(queue.url.as_str()));
    let missing = queue.client.get_queue_url().queue_name("no-such-queue").send().await;
    assert!(refused(missing).into_service_error().is_queue_does_not_exist());
}

async fn queues_are_listed_by_prefix(target: Target) {
    let queue = TestQueue::new(&target).await;
    let listed = queue.client.list_queues().queue_name_prefix(&queue.name).send().await.unwrap();
    assert_eq!(listed.queue_urls(), std::slice::from_ref(&queue.url));
}

async fn creating_again_is_harmless(target: Target) {
    let queue = TestQueue::with(&target, &[(QueueAttributeName::VisibilityTimeout, "77")]).await;
    let again = queue.client.create_queue().queue_name(&queue.name);
    let again = again.attributes(QueueAttributeName::VisibilityTimeout, "77").send().await.unwrap();
    assert_eq!(again.queue_url.as_deref(), Some(queue.url.as_str()));
}

async fn creating_with_other_attributes_is_refused(target: Target) {
    let queue = TestQueue::with(&target, &[(QueueAttributeName::VisibilityTimeout, "77")]).await;
    let again = queue.client.create_queue().queue_name(&queue.name);
    let again = again.attributes(QueueAttributeName::VisibilityTimeout, "78").send().await;
    assert!(refused(again).into_service_error().is_queue_name_exists());
}

async fn attributes_change(target: Target) {
    let queue = TestQueue::new(&target).await;
    let set = queue.client.set_queue_attributes().queue_url(&queue.url);
    set.attributes(QueueAttributeName::VisibilityTimeout, "45").send().await.unwrap();
    let all = queue.client.get_queue_attributes().queue_url(&queue.url);
    let all = all.attribute_names(QueueAttributeName::All).send().await.unwrap().attributes.unwrap();
    assert_eq!(all[&QueueAttributeName::VisibilityTimeout], "45");
    assert!(all[&QueueAttributeName::QueueArn].ends_with(&queue.name));
}

async fn an_unknown_attribute_is_refused(target: Target) {
    let queue = TestQueue::new(&target).await;
    let set = queue.client.set_queue_attributes().queue_url(&queue.url);
    refused(set.attributes(QueueAttributeName::from("Nonsense"), "1").send().await);
}

async fn a_deleted_queue_is_gone(target: Target) {
    let queue = TestQueue::new(&target).await;
    queue.client.delete_queue().queue_url(&queue.url).send().await.unwrap();
    let sent = queue.client.send_message().queue_url(&queue.url).message_body("a").send().await;
    assert!(refused(sent).into_service_error().is_queue_does_not_exist());
}
