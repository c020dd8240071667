//! DynamoDB: conditions, transactions, numbers, queries, batches.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    error::ProvideErrorMetadata as _,
    primitives::Blob,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
        ScalarAttributeType, TransactWriteItem, Update,
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
