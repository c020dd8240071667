//! DynamoDB: conditions, transactions, numbers, queries, batches.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    error::ProvideErrorMetadata as _,
    primitives::Blob,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        KeysAndAttributes, Projection, ProjectionType, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
        ScalarAttributeType, Select, TimeToLiveSpecification, TransactWriteItem, Update, WriteRequest,
    },
};

use crate::{
    checks,
    suite::{Report, Target, refused, unique},
};

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(crate) fn item<const N: usize>(fields: [(&str, AttributeValue); N]) -> Item {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(crate) fn key(pk: &str, sk: &str) -> Item {
    item([("pk", s(pk)), ("sk", s(sk))])
}

/// A table of its own for one check, with an index on the number `rank`.
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
}

impl Table {
    pub(crate) async fn new(target: &Target) -> Self {
        let client = target.clients.dynamodb.clone();
        let name = unique("conformance");
        let attribute = |name: &str, kind| {
            AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
        };
        let part = |name: &str, kind| {
            KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
        };
        let index = GlobalSecondaryIndex::builder()
            .index_name("by-rank")
            .key_schema(part("team", KeyType::Hash))
            .key_schema(part("rank", KeyType::Range))
            .projection(Projection::builder().projection_type(ProjectionType::All).build())
            .build()
            .unwrap();
        client
            .create_table()
            .table_name(&name)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute("pk", ScalarAttributeType::S))
            .attribute_definitions(attribute("sk", ScalarAttributeType::S))
            .attribute_definitions(attribute("team", ScalarAttributeType::S))
            .attribute_definitions(attribute("rank", ScalarAttributeType::N))
            .key_schema(part("pk", KeyType::Hash))
            .key_schema(part("sk", KeyType::Range))
            .global_secondary_indexes(index)
            .send()
            .await
            .unwrap();
        Self { client, name }
    }

    pub(crate) async fn put(&self, item: Item) {
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await.unwrap();
    }

    pub(crate) async fn get(&self, key: Item) -> Option<Item> {
        let call = self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true);
        call.send().await.unwrap().item
    }

    pub(crate) fn update(
        &self,
        key: Item,
        expression: &str,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key))
            .update_expression(expression)
            .return_values(ReturnValue::AllNew)
    }

    pub(crate) fn put_op(&self, item: Item, condition: Option<&str>) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .set_condition_expression(condition.map(str::to_owned))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build();
        TransactWriteItem::builder().put(put.unwrap()).build()
    }

    pub(crate) fn add_op(&self, key: Item, amount: i64) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key))
            .update_expression("ADD hits :n")
            .expression_attribute_values(":n", n(amount))
            .build();
        TransactWriteItem::builder().update(update.unwrap()).build()
    }
}

pub(crate) async fn run(target: &Target, report: &mut Report) {
    checks!(
        "dynamodb",
        target,
        report,
        [
            a_failed_condition_returns_the_old_item,
            an_optimistic_lock_lets_one_writer_through,
            a_failed_delete_condition_keeps_the_item,
            a_transaction_says_which_condition_failed,
            a_repeated_token_applies_once,
            a_token_with_another_content_is_refused,
            one_item_twice_in_a_transaction_is_refused,
            decimals_add_exactly,
            thirty_eight_digits_are_kept,
            thirty_nine_digits_are_refused,
            lists_and_nested_numbers_update_in_place,
            binary_values_survive,
            concurrent_adds_lose_nothing,
            concurrent_claims_have_one_winner,
        ]
    );
    checks!(
        "dynamodb",
        target,
        report,
        [
            the_paginator_sees_every_item_once,
            an_index_reads_a_numeric_range_backwards_in_pages,
            a_consistent_read_of_an_index_is_refused,
            count_and_scanned_count_differ_under_a_filter,
            sort_keys_compare_as_bytes,
            twenty_five_writes_are_one_batch,
            one_hundred_keys_are_one_batch,
            a_parallel_scan_sees_every_item_once,
            time_to_live_is_described,
            a_missing_table_is_named_as_such,
        ]
    );
}

async fn a_failed_condition_returns_the_old_item(target: Target) {
    let table = Table::new(&target).await;
    table.put(item([("pk", s("a")), ("sk", s("1")), ("color", s("red"))])).await;
    let answer = table
        .client
        .put_item()
        .table_name(&table.name)
        .set_item(Some(key("a", "1")))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await;
    let error = refused(answer).into_service_error();
    match error {
        aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(failed) => {
            assert_eq!(failed.item.unwrap()["color"], s("red"));
        }
        other => panic!("{other:?}"),
    }
}

async fn an_optimistic_lock_lets_one_writer_through(target: Target) {
    let table = Table::new(&target).await;
    table.put(item([("pk", s("a")), ("sk", s("1")), ("version", n(1))])).await;
    let write = |from: i32| {
        table
            .update(key("a", "1"), "SET version = :new")
            .condition_expression("version = :old")
            .expression_attribute_values(":old", n(from))
            .expression_attribute_values(":new", n(from + 1))
            .send()
    };
    assert_eq!(write(1).await.unwrap().attributes.unwrap()["version"], n(2));
    assert!(refused(write(1).await).into_service_error().is_conditional_check_failed_exception());
}

async fn a_failed_delete_condition_keeps_the_item(target: Target) {
    let table = Table::new(&target).await;
    table.put(item([("pk", s("a")), ("sk", s("1")), ("holder", s("x"))])).await;
    let delete = |holder: &str| {
        table
            .client
            .delete_item()
            .table_name(&table.name)
            .set_key(Some(key("a", "1")))
            .condition_expression("holder = :holder")
            .expression_attribute_values(":holder", s(holder))
            .send()
    };
    assert!(refused(delete("y").await).into_service_error().is_conditional_check_failed_exception());
    assert!(table.get(key("a", "1")).await.is_some());
    delete("x").await.unwrap();
    assert!(table.get(key("a", "1")).await.is_none());
}

async fn a_transaction_says_which_condition_failed(target: Target) {
    let table = Table::new(&target).await;
    let counter = item([("pk", s("count")), ("sk", s("1")), ("hits", n(0))]);
    table.put(counter).await;
    let run = || {
        table
            .client
            .transact_write_items()
            .transact_items(table.add_op(key("count", "1"), 1))
            .transact_items(table.put_op(key("done", "1"), Some("attribute_not_exists(pk)")))
            .send()
    };
    run().await.unwrap();
    match refused(run().await).into_service_error() {
        aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
            canceled,
        ) => {
            let reasons = canceled.cancellation_reasons();
            assert_eq!(reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>(), [
                Some("None"),
                Some("ConditionalCheckFailed")
            ]);
            assert_eq!(reasons[1].item().unwrap()["pk"], s("done"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        table.get(key("count", "1")).await.unwrap()["hits"],
        n(1),
        "nothing of the second run was applied"
    );
}

async fn a_repeated_token_applies_once(target: Target) {
    let table = Table::new(&target).await;
    let token = unique("token");
    for _ in 0..3 {
        let op = table.add_op(key("count", "1"), 5);
        table
            .client
            .transact_write_items()
            .transact_items(op)
            .client_request_token(&token)
            .send()
            .await
            .unwrap();
    }
    assert_eq!(table.get(key("count", "1")).await.unwrap()["hits"], n(5));
}

async fn a_token_with_another_content_is_refused(target: Target) {
    let table = Table::new(&target).await;
    let token = unique("token");
    let run = |amount| {
        let op = table.add_op(key("count", "1"), amount);
        table.client.transact_write_items().transact_items(op).client_request_token(&token).send()
    };
    run(1).await.unwrap();
    assert!(refused(run(2).await).into_service_error().is_idempotent_parameter_mismatch_exception());
}

async fn one_item_twice_in_a_transaction_is_refused(target: Target) {
    let table = Table::new(&target).await;
    let answer = table
        .client
        .transact_write_items()
        .transact_items(table.add_op(key("a", "1"), 1))
        .transact_items(table.put_op(key("a", "1"), None))
        .send()
        .await;
    assert_eq!(refused(answer).into_service_error().code(), Some("ValidationException"));
}

async fn add(table: &Table, amount: &str) -> AttributeValue {
    let call = table.update(key("sum", "1"), "ADD hits :n").expression_attribute_values(":n", n(amount));
    call.send().await.unwrap().attributes.unwrap()["hits"].clone()
}

async fn decimals_add_exactly(target: Target) {
    let table = Table::new(&target).await;
    add(&table, "0.1").await;
    add(&table, "0.2").await;
    assert_eq!(add(&table, "-0.3").await, n(0));
}

async fn thirty_eight_digits_are_kept(target: Target) {
    let table = Table::new(&target).await;
    let digits = "12345678901234567890123456789012345678";
    assert_eq!(add(&table, digits).await, n(digits));
}

async fn thirty_nine_digits_are_refused(target: Target) {
    let table = Table::new(&target).await;
    add(&table, "99999999999999999999999999999999999999").await;
    let answer =
        table.update(key("sum", "1"), "ADD hits :n").expression_attribute_values(":n", n("0.5")).send().await;
    assert_eq!(refused(answer).into_service_error().code(), Some("ValidationException"));
}

async fn lists_and_nested_numbers_update_in_place(target: Target) {
    let table = Table::new(&target).await;
    table.put(item([("pk", s("a")), ("sk", s("1")), ("calls", AttributeValue::M(HashMap::new()))])).await;
    for _ in 0..2 {
        table
            .update(
                key("a", "1"),
                "SET #calls.#kind = if_not_exists(#calls.#kind, :zero) + :n, \
                 notes = list_append(if_not_exists(notes, :empty), :notes)",
            )
            .expression_attribute_names("#calls", "calls")
            .expression_attribute_names("#kind", "rest")
            .expression_attribute_values(":zero", n(0))
            .expression_attribute_values(":n", n(3))
            .expression_attribute_values(":empty", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":notes", AttributeValue::L(vec![s("note")]))
            .send()
            .await
            .unwrap();
    }
    let stored = table.get(key("a", "1")).await.unwrap();
    assert_eq!(stored["calls"], AttributeValue::M(item([("rest", n(6))])));
    assert_eq!(stored["notes"], AttributeValue::L(vec![s("note"), s("note")]));
}

async fn binary_values_survive(target: Target) {
    let table = Table::new(&target).await;
    let bytes: Vec<u8> = (0..=255).collect();
    let blob = AttributeValue::B(Blob::new(bytes));
    table.put(item([("pk", s("a")), ("sk", s("1")), ("blob", blob.clone()), ("empty", s(""))])).await;
    let stored = table.get(key("a", "1")).await.unwrap();
    assert_eq!((&stored["blob"], &stored["empty"]), (&blob, &s("")));
}

async fn concurrent_adds_lose_nothing(target: Target) {
    let table = Table::new(&target).await;
    let adds = (0..8).map(|_| async {
        for _ in 0..10 {
            add(&table, "1").await;
        }
    });
    join_all(adds).await;
    assert_eq!(add(&table, "0").await, n(80));
}

async fn concurrent_claims_have_one_winner(target: Target) {
    let table = Table::new(&target).await;
    let claims = (0..12).map(|_| async {
        let put = table.client.put_item().table_name(&table.name).set_item(Some(key("claim", "1")));
        put.condition_expression("attribute_not_exists(pk)").send().await.is_ok()
    });
    let won = join_all(claims).await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 1);
}

/// Polls all futures together on this task.
pub(crate) async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut open = false;
        for (future, output) in &mut pending {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *output = Some(value),
                    std::task::Poll::Pending => open = true,
                }
            }
        }
        if open { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    pending.into_iter().filter_map(|(_, output)| output).collect()
}

/// `count` items under one partition, in teams, ranked.
async fn fill(table: &Table, count: usize) {
    for first in (0..count).step_by(25) {
        let writes = (first..count.min(first + 25)).map(|number| {
            let fields = [
                ("pk", s("list")),
                ("sk", s(format!("{number:04}"))),
                ("team", s("blue")),
                ("rank", n(number)),
            ];
            let put =
                aws_sdk_dynamodb::types::PutRequest::builder().set_item(Some(item(fields))).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        let call = table.client.batch_write_item().request_items(&table.name, writes.collect());
        let answer = call.send().await.unwrap();
        assert!(answer.unprocessed_items.unwrap_or_default().is_empty());
    }
}

async fn the_paginator_sees_every_item_once(target: Target) {
    let table = Table::new(&target).await;
    fill(&table, 53).await;
    let mut pages = table
        .client
        .query()
        .table_name(&table.name)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", s("list"))
        .limit(10)
        .into_paginator()
        .items()
        .send();
    let mut seen = Vec::new();
    while let Some(found) = pages.next().await {
        seen.push(found.unwrap()["sk"].as_s().unwrap().clone());
    }
    assert_eq!(seen, (0..53).map(|number| format!("{number:04}")).collect::<Vec<_>>());
}

async fn an_index_reads_a_numeric_range_backwards_in_pages(target: Target) {
    let table = Table::new(&target).await;
    fill(&table, 30).await;
    let mut pages = table
        .client
        .query()
        .table_name(&table.name)
        .index_name("by-rank")
        .key_condition_expression("team = :team AND #rank BETWEEN :low AND :high")
        .expression_attribute_names("#rank", "rank")
        .expression_attribute_values(":team", s("blue"))
        .expression_attribute_values(":low", n(5))
        .expression_attribute_values(":high", n(15))
        .scan_index_forward(false)
        .limit(4)
        .into_paginator()
        .items()
        .send();
    let mut ranks = Vec::new();
    while let Some(found) = pages.next().await {
        ranks.push(found.unwrap()["rank"].as_n().unwrap().parse::<u32>().unwrap());
    }
    assert_eq!(ranks, (5..=15).rev().collect::<Vec<_>>());
}

async fn a_consistent_read_of_an_index_is_refused(target: Target) {
    let table = Table::new(&target).await;
    let answer = table
        .client
        .query()
        .table_name(&table.name)
        .index_name("by-rank")
        .consistent_read(true)
        .key_condition_expression("team = :team")
        .expression_attribute_values(":team", s("blue"))
        .send()
        .await;
    assert_eq!(refused(answer).into_service_error().code(), Some("ValidationException"));
}

async fn count_and_scanned_count_differ_under_a_filter(target: Target) {
    let table = Table::new(&target).await;
    fill(&table, 20).await;
    let answer = table
        .client
        .query()
        .table_name(&table.name)
        .key_condition_expression("pk = :pk")
        .filter_expression("#rank < :rank")
        .expression_attribute_names("#rank", "rank")
        .expression_attribute_values(":pk", s("list"))
        .expression_attribute_values(":rank", n(7))
        .select(Select::Count)
        .send()
        .await
        .unwrap();
    assert_eq!((answer.count, answer.scanned_count), (7, 20));
}

async fn sort_keys_compare_as_bytes(target: Target) {
    let table = Table::new(&target).await;
    let names = ["REPO#a/b", "REPO#a/b#2", "REPO#a/b-c", "REPO#a/b.c", "REPO#a/b0", "REPO#a/ba", "SCORE#x"];
    for name in names.iter().rev() {
        table.put(key("scan", name)).await;
    }
    let answer = table
        .client
        .query()
        .table_name(&table.name)
        .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
        .expression_attribute_values(":pk", s("scan"))
        .expression_attribute_values(":prefix", s("REPO#"))
        .send()
        .await
        .unwrap();
    let found: Vec<_> = answer.items().iter().map(|item| item["sk"].as_s().unwrap().as_str()).collect();
    assert_eq!(found, names[..6]);
}

async fn twenty_five_writes_are_one_batch(target: Target) {
    let table = Table::new(&target).await;
    fill(&table, 25).await;
    assert!(table.get(key("list", "0024")).await.is_some());
}

async fn one_hundred_keys_are_one_batch(target: Target) {
    let table = Table::new(&target).await;
    fill(&table, 100).await;
    let keys = (0..100).map(|number| key("list", &format!("{number:04}"))).collect();
    let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().unwrap();
    let answer = table.client.batch_get_item().request_items(&table.name, wanted).send().await.unwrap();
    assert_eq!(answer.responses.unwrap()[&table.name].len(), 100);
}

async fn a_parallel_scan_sees_every_item_once(target: Target) {
    let table = Table::new(&target).await;
    for number in 0..20 {
        table.put(key(&format!("p{number}"), "1")).await;
    }
    let mut seen = Vec::new();
    for segment in 0..3 {
        let scan = table.client.scan().table_name(&table.name).segment(segment).total_segments(3);
        seen.extend(scan.send().await.unwrap().items.unwrap().into_iter().map(|item| item["pk"].clone()));
    }
    let distinct: std::collections::HashSet<_> = seen.iter().map(|pk| pk.as_s().unwrap()).collect();
    assert_eq!((seen.len(), distinct.len()), (20, 20));
}

async fn time_to_live_is_described(target: Target) {
    let table = Table::new(&target).await;
    let wanted = TimeToLiveSpecification::builder().attribute_name("expires").enabled(true).build().unwrap();
    let client = &table.client;
    client
        .update_time_to_live()
        .table_name(&table.name)
        .time_to_live_specification(wanted)
        .send()
        .await
        .unwrap();
    let answer = client.describe_time_to_live().table_name(&table.name).send().await.unwrap();
    assert_eq!(answer.time_to_live_description.unwrap().attribute_name(), Some("expires"));
}

async fn a_missing_table_is_named_as_such(target: Target) {
    let client = &target.clients.dynamodb;
    let answer = client.get_item().table_name("no-such-table").set_key(Some(key("a", "1"))).send().await;
    assert!(refused(answer).into_service_error().is_resource_not_found_exception());
}
