//! Reading records in order: by partition and sort-key prefix, or through the index.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    Store,
    attributes::{GSI1, GSI1PK, GSI1SK, PK, SK},
    cursor::Cursor,
    expression::Expression,
    item::{self, Item, Record},
    key::RangeOf,
    payload::KIND_PART,
};
use crate::error::{AwsError, Service, classify};

/// Some records and where the rest begins.
#[derive(Clone, Debug)]
pub struct Page<R> {
    /// The records, in key order.
    pub records: Vec<R>,
    /// The next page, when there may be one (it can turn out empty).
    pub next: Option<Cursor>,
}

impl Store {
    /// Up to `limit` records of `range`, from `cursor` on.
    ///
    /// # Errors
    /// [`AwsError::InvalidCursor`] for a cursor of another query; as for [`Store::get`] otherwise.
    pub async fn query<W, R: Record<W>>(
        &self,
        range: &RangeOf<R>,
        limit: usize,
        cursor: Option<&Cursor>,
    ) -> Result<Page<R>, AwsError> {
        let mut start = cursor.map(|cursor| cursor.start(range)).transpose()?;
        let mut heads = Vec::new();
        loop {
            let (items, last) = self.query_items(range, limit - heads.len(), start).await?;
            heads.extend(items.into_iter().filter(|item| item::kind(item) != Some(KIND_PART)));
            start = last;
            if start.is_none() || heads.len() >= limit {
                break;
            }
        }
        let next = start.as_ref().and_then(|last| Cursor::after(range, last));
        Ok(Page { records: self.records(heads).await?, next })
    }

    /// All records of `range`. For ranges that are bounded by what they are (scores of a scan), not for lists that grow.
    ///
    /// # Errors
    /// As for [`Store::get`].
    pub async fn query_all<W, R: Record<W>>(&self, range: &RangeOf<R>) -> Result<Vec<R>, AwsError> {
        /// Records held as raw items at a time.
        const PAGE: usize = 250;
        let mut records = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.query(range, PAGE, cursor.as_ref()).await?;
            records.extend(page.records);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(records);
            }
        }
    }

    async fn query_items<R>(
        &self,
        range: &RangeOf<R>,
        limit: usize,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), AwsError> {
        let mut expression = Expression::default();
        let condition = key_condition(range, &mut expression);
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .set_index_name(range.index.then(|| GSI1.to_owned()))
            .consistent_read(!range.index)
            .key_condition_expression(condition)
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .scan_index_forward(!range.descending)
            .limit(i32::try_from(limit.clamp(1, 1000)).unwrap_or(1000))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| classify(Service::DynamoDb, error))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }
}

fn key_condition<R>(range: &RangeOf<R>, expression: &mut Expression) -> String {
    let (pk, sk) = if range.index { (GSI1PK, GSI1SK) } else { (PK, SK) };
    let mut condition =
        format!("{} = {}", expression.name(pk), expression.value(AttributeValue::S(range.partition.clone())));
    if let Some((first, last)) = &range.between {
        let name = expression.name(sk);
        let first = expression.value(AttributeValue::S(first.clone()));
        let last = expression.value(AttributeValue::S(last.clone()));
        condition.push_str(&format!(" AND {name} BETWEEN {first} AND {last}"));
    } else if !range.prefix.is_empty() {
        let (name, value) = (expression.name(sk), expression.value(AttributeValue::S(range.prefix.clone())));
        condition.push_str(&format!(" AND begins_with({name}, {value})"));
    }
    condition
}
