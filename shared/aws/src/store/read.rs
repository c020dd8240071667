//! Reading records by key.

use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::{
    Store,
    item::{self, Item, Record, text},
    key::KeyOf,
    payload,
};
use crate::{
    backoff,
    error::{AwsError, Service, classify},
    store::attributes::{PK, SK},
};

/// Keys of one `BatchGetItem`.
const BATCH_GET: usize = 100;

impl Store {
    /// The record under `key`, strongly consistent; expired records may still be there.
    ///
    /// # Errors
    /// [`AwsError::Malformed`] when it does not read as an `R`; else what DynamoDB answers.
    pub async fn get<W, R: Record<W>>(&self, key: &KeyOf<R>) -> Result<Option<R>, AwsError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| classify(Service::DynamoDb, error))?;
        match answer.item {
            Some(item) => Ok(self.records(vec![item]).await?.pop()),
            None => Ok(None),
        }
    }

    /// The records under `keys` that exist, in no particular order.
    ///
    /// # Errors
    /// As for [`Store::get`]; [`AwsError::Throttled`] when some stay unread through every try.
    pub async fn get_many<W, R: Record<W>>(&self, keys: &[KeyOf<R>]) -> Result<Vec<R>, AwsError> {
        let items = self.get_items(keys.iter().map(KeyOf::attributes).collect()).await?;
        self.records(items).await
    }

    /// Decodes items, fetching the rest of payloads that continue in further items.
    pub(super) async fn records<W, R: Record<W>>(&self, heads: Vec<Item>) -> Result<Vec<R>, AwsError> {
        let keys: Vec<Item> = heads.iter().flat_map(payload::part_keys).collect();
        let parts = self.get_items(keys).await?;
        heads.into_iter().map(|head| item::decode(payload::join::<W, R>(head, &parts)?)).collect()
    }

    async fn get_items(&self, mut keys: Vec<Item>) -> Result<Vec<Item>, AwsError> {
        // The same key twice in one call is an error of DynamoDB's.
        keys.sort_by(|a, b| (text(a, PK), text(a, SK)).cmp(&(text(b, PK), text(b, SK))));
        keys.dedup();
        let mut items = Vec::new();
        for chunk in keys.chunks(BATCH_GET) {
            let mut open = chunk.to_vec();
            for attempt in 0..backoff::ATTEMPTS {
                let (found, unread) = self.get_batch(open).await?;
                items.extend(found);
                open = unread;
                if open.is_empty() {
                    break;
                }
                backoff::pause(attempt).await;
            }
            if !open.is_empty() {
                return Err(AwsError::Throttled { service: Service::DynamoDb, source: None });
            }
        }
        Ok(items)
    }

    async fn get_batch(&self, keys: Vec<Item>) -> Result<(Vec<Item>, Vec<Item>), AwsError> {
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .build()
            .map_err(|error| AwsError::unwritable("a batch of keys", error))?;
        let answer = self
            .client
            .batch_get_item()
            .request_items(&self.table, wanted)
            .send()
            .await
            .map_err(|error| classify(Service::DynamoDb, error))?;
        let found = answer.responses.into_iter().flatten().flat_map(|(_, items)| items).collect();
        let unread = answer.unprocessed_keys.into_iter().flatten().flat_map(|(_, rest)| rest.keys).collect();
        Ok((found, unread))
    }
}
