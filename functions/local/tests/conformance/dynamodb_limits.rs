//! DynamoDB: what it refuses, and where it cuts.

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata as _,
    types::{AttributeValue, PutRequest, WriteRequest},
};

use crate::{
    checks,
    dynamodb::{Table, item, key, n, s},
    suite::{Report, Target, refused},
};

pub(crate) async fn run(target: &Target, report: &mut Report) {
    checks!(
        "dynamodb",
        target,
        report,
        [
            a_page_ends_at_one_megabyte,
            an_item_holds_400_kilobytes_and_no_more,
            twenty_six_writes_are_refused,
            one_key_twice_in_a_batch_is_refused,
            an_empty_key_is_refused,
            an_empty_set_is_refused,
            a_reserved_word_is_refused,
            an_unused_placeholder_is_refused,
            one_hundred_operations_are_one_transaction,
            one_hundred_and_one_operations_are_refused,
        ]
    );
}

fn writes(count: usize, distinct: usize) -> Vec<WriteRequest> {
    let put = |number: usize| {
        let put = PutRequest::builder().set_item(Some(key("batch", &(number % distinct).to_string())));
        WriteRequest::builder().put_request(put.build().unwrap()).build()
    };
    (0..count).map(put).collect()
}

async fn a_page_ends_at_one_megabyte(target: Target) {
    let table = Table::new(&target).await;
    for number in 0..4 {
        let fields = [("pk", s("big")), ("sk", s(number.to_string())), ("body", s("x".repeat(390_000)))];
        table.put(item(fields)).await;
    }
    let query = table
        .client
        .query()
        .table_name(&table.name)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", s("big"));
    let first = query.clone().send().await.unwrap();
    assert!((2..=3).contains(&first.count), "{}", first.count);
    let rest = query.set_exclusive_start_key(first.last_evaluated_key).send().await.unwrap();
    assert_eq!((first.count + rest.count, rest.last_evaluated_key), (4, None));
}

async fn an_item_holds_400_kilobytes_and_no_more(target: Target) {
    let table = Table::new(&target).await;
    let put = |bytes: usize| {
        let fields = [("pk", s("a")), ("sk", s("1")), ("body", s("x".repeat(bytes)))];
        table.client.put_item().table_name(&table.name).set_item(Some(item(fields))).send()
    };
    // 10 bytes of names and keys stand beside the body.
    put(400 * 1024 - 10).await.unwrap();
    let error = refused(put(400 * 1024 - 9).await).into_service_error();
    assert_eq!(error.code(), Some("ValidationException"));
}

async fn twenty_six_writes_are_refused(target: Target) {
    let table = Table::new(&target).await;
    let answer = table.client.batch_write_item().request_items(&table.name, writes(26, 26)).send().await;
    assert_eq!(refused(answer).into_service_error().code(), Some("ValidationException"));
}

async fn one_key_twice_in_a_batch_is_refused(target: Target) {
    let table = Table::new(&target).await;
    let answer = table.client.batch_write_item().request_items(&table.name, writes(2, 1)).send().await;
    assert_eq!(refused(answer).into_service_error().code(), Some("ValidationException"));
}

async fn an_empty_key_is_refused(target: Target) {
    let table = Table::new(&target).await;
    let answer = table.client.put_item().table_name(&table.name).set_item(Some(key("a", ""))).send().await;
    assert_eq!(refused(answer).into_service_error().code(), Some("ValidationException"));
}

async fn an_empty_set_is_refused(target: Target) {
    let table = Table::new(&target).await;
    let fields = [("pk", s("a")), ("sk", s("1")), ("set", AttributeValue::Ss(Vec::new()))];
    let answer = table.client.put_item().table_name(&table.name).set_item(Some(item(fields))).send().await;
    assert_eq!(refused(answer).into_service_error().code(), Some("ValidationException"));
}

async fn a_reserved_word_is_refused(target: Target) {
    let table = Table::new(&target).await;
    let answer =
        table.update(key("a", "1"), "SET total = :n").expression_attribute_values(":n", n(1)).send().await;
    assert_eq!(refused(answer).into_service_error().code(), Some("ValidationException"));
}

async fn an_unused_placeholder_is_refused(target: Target) {
    let table = Table::new(&target).await;
    let answer = table
        .update(key("a", "1"), "SET color = :n")
        .expression_attribute_values(":n", n(1))
        .expression_attribute_values(":m", n(1))
        .send()
        .await;
    assert_eq!(refused(answer).into_service_error().code(), Some("ValidationException"));
}

async fn one_hundred_operations_are_one_transaction(target: Target) {
    let table = Table::new(&target).await;
    let ops = (0..100).map(|number| table.put_op(key("tx", &number.to_string()), None)).collect();
    table.client.transact_write_items().set_transact_items(Some(ops)).send().await.unwrap();
    assert!(table.get(key("tx", "99")).await.is_some());
}

async fn one_hundred_and_one_operations_are_refused(target: Target) {
    let table = Table::new(&target).await;
    let ops = (0..101).map(|number| table.put_op(key("tx", &number.to_string()), None)).collect();
    let answer = table.client.transact_write_items().set_transact_items(Some(ops)).send().await;
    assert_eq!(refused(answer).into_service_error().code(), Some("ValidationException"));
}
