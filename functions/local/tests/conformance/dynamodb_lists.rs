//! DynamoDB: queries, pages, batches, table settings.

use std::collections::HashSet;

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata as _,
    types::{KeysAndAttributes, PutRequest, Select, TimeToLiveSpecification, WriteRequest},
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
            let put = PutRequest::builder().set_item(Some(item(fields))).build().unwrap();
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
    let distinct: HashSet<_> = seen.iter().map(|pk| pk.as_s().unwrap()).collect();
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
