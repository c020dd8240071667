//! Many unconditional writes at once: cheaper in calls, the same in write units.

use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, WriteRequest};

use super::{Store, item::Record, key::KeyOf, payload};
use crate::{
    backoff,
    error::{AwsError, Service, classify},
};

/// Requests of one `BatchWriteItem`.
const BATCH_WRITE: usize = 25;

impl Store {
    /// Writes `records`, replacing what stands under their keys. Keys must differ. Not atomic: after an error some are
    /// written; writing all of them again is harmless.
    ///
    /// # Errors
    /// [`AwsError::Throttled`] when some stay unwritten through every try; else as for [`Store::put`].
    pub async fn put_all<R: Record>(&self, records: &[R]) -> Result<(), AwsError> {
        let mut writes = Vec::new();
        for record in records {
            let split = payload::split(record)?;
            for item in std::iter::once(split.head).chain(split.parts) {
                let put = PutRequest::builder().set_item(Some(item)).build().map_err(unwritable)?;
                writes.push(WriteRequest::builder().put_request(put).build());
            }
        }
        self.write_all(writes).await
    }

    /// Deletes the records under `keys`; missing ones are harmless. Keys must differ.
    ///
    /// # Errors
    /// As for [`Store::put_all`].
    pub async fn delete_all<R: Record>(&self, keys: &[KeyOf<R>]) -> Result<(), AwsError> {
        let mut writes = Vec::new();
        for key in keys {
            let delete =
                DeleteRequest::builder().set_key(Some(key.attributes())).build().map_err(unwritable)?;
            writes.push(WriteRequest::builder().delete_request(delete).build());
        }
        self.write_all(writes).await
    }

    async fn write_all(&self, writes: Vec<WriteRequest>) -> Result<(), AwsError> {
        for chunk in writes.chunks(BATCH_WRITE) {
            let mut open = chunk.to_vec();
            for attempt in 0..backoff::ATTEMPTS {
                open = self.write_batch(open).await?;
                if open.is_empty() {
                    break;
                }
                backoff::pause(attempt).await;
            }
            if !open.is_empty() {
                return Err(AwsError::Throttled { service: Service::DynamoDb, source: None });
            }
        }
        Ok(())
    }

    /// Returns what DynamoDB left unprocessed.
    async fn write_batch(&self, writes: Vec<WriteRequest>) -> Result<Vec<WriteRequest>, AwsError> {
        let answer = self
            .client
            .batch_write_item()
            .request_items(&self.table, writes)
            .send()
            .await
            .map_err(|error| classify(Service::DynamoDb, error))?;
        Ok(answer.unprocessed_items.into_iter().flatten().flat_map(|(_, rest)| rest).collect())
    }
}

fn unwritable(error: aws_sdk_dynamodb::error::BuildError) -> AwsError {
    AwsError::unwritable("a batch of writes", error)
}
