//! Several writes that happen together or not at all.

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem, Update as UpdateItem,
    },
};
use uuid::Uuid;

use super::{
    Store,
    attributes::PK,
    condition::Condition,
    expression::Expression,
    item::{Item, Record},
    key::KeyOf,
    payload,
    update::Update,
};
use crate::{
    backoff,
    error::{AwsError, Conflict, Service, classify},
};

/// Writes that happen together: at most 100 items and 4 MB, no key twice. Each counts double in write units.
#[derive(Debug, Default)]
pub struct Transaction {
    token: Option<String>,
    ops: Vec<Op>,
    broken: Option<AwsError>,
}

/// One operation, and the items that continue its payload.
#[derive(Debug)]
enum Op {
    Put { item: Item, parts: Vec<Item>, condition: Condition },
    Update { key: Item, update: Update, condition: Condition },
    Check { key: Item, condition: Condition },
    Delete { key: Item, condition: Condition },
}

impl Transaction {
    /// No operation yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A second run with the same token and the same content within 10 minutes changes nothing and succeeds.
    #[must_use]
    pub fn idempotent(mut self, token: Uuid) -> Self {
        self.token = Some(token.to_string());
        self
    }

    /// Writes `record` when `condition` holds.
    #[must_use]
    pub fn put<R: Record>(self, record: &R, condition: Condition) -> Self {
        self.put_any(record, condition)
    }

    pub(super) fn put_any<W, R: Record<W>>(mut self, record: &R, condition: Condition) -> Self {
        match payload::split(record) {
            Ok(split) => self.ops.push(Op::Put { item: split.head, parts: split.parts, condition }),
            Err(error) => {
                self.broken.get_or_insert(error);
            }
        }
        self
    }

    /// Writes `record` when nothing stands under its key.
    #[must_use]
    pub fn put_new<R: Record>(self, record: &R) -> Self {
        self.put(record, Condition::absent())
    }

    /// Changes fields of a record that exists and for which `condition` holds.
    #[must_use]
    pub fn update<R: Record>(self, key: &KeyOf<R>, update: Update, condition: Condition) -> Self {
        self.update_any(key, update, condition)
    }

    pub(super) fn update_any<R>(mut self, key: &KeyOf<R>, update: Update, condition: Condition) -> Self {
        self.ops.push(Op::Update { key: key.attributes(), update, condition: condition.and_present(PK) });
        self
    }

    /// Only checks that `condition` holds.
    #[must_use]
    pub fn check<W, R: Record<W>>(mut self, key: &KeyOf<R>, condition: Condition) -> Self {
        self.ops.push(Op::Check { key: key.attributes(), condition });
        self
    }

    /// Deletes the record under `key` when `condition` holds.
    #[must_use]
    pub fn delete<R: Record>(self, key: &KeyOf<R>, condition: Condition) -> Self {
        self.delete_any(key, condition)
    }

    pub(super) fn delete_any<R>(mut self, key: &KeyOf<R>, condition: Condition) -> Self {
        self.ops.push(Op::Delete { key: key.attributes(), condition });
        self
    }

    /// Both, in this order.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.ops.extend(other.ops);
        self.broken = self.broken.or(other.broken);
        self
    }

    /// The SDK's items, each with the position of the caller's operation that it belongs to.
    pub(super) fn render(self, table: &str) -> Result<Vec<(usize, TransactWriteItem)>, AwsError> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        let mut items = Vec::new();
        for (position, op) in self.ops.into_iter().enumerate() {
            items.extend(op.render(table)?.into_iter().map(|item| (position, item)));
        }
        Ok(items)
    }
}

impl Op {
    fn render(self, table: &str) -> Result<Vec<TransactWriteItem>, AwsError> {
        match self {
            Self::Put { item, parts, condition } => {
                let mut items = vec![put(table, item, condition)?];
                for part in parts {
                    items.push(put(table, part, Condition::none())?);
                }
                Ok(items)
            }
            Self::Update { key, update, condition } => Ok(vec![change(table, key, update, condition)?]),
            Self::Check { key, condition } => Ok(vec![check(table, key, condition)?]),
            Self::Delete { key, condition } => Ok(vec![delete(table, key, condition)?]),
        }
    }
}

const RETURN_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

fn put(table: &str, item: Item, condition: Condition) -> Result<TransactWriteItem, AwsError> {
    let mut expression = Expression::default();
    let condition = condition.render(&mut expression)?;
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .set_condition_expression(condition)
        .set_expression_attribute_names(expression.names())
        .set_expression_attribute_values(expression.values())
        .return_values_on_condition_check_failure(RETURN_OLD)
        .build()
        .map_err(unwritable)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn change(
    table: &str,
    key: Item,
    update: Update,
    condition: Condition,
) -> Result<TransactWriteItem, AwsError> {
    let mut expression = Expression::default();
    let change = update.render(&mut expression)?;
    let condition = condition.render(&mut expression)?;
    let update = UpdateItem::builder()
        .table_name(table)
        .set_key(Some(key))
        .update_expression(change)
        .set_condition_expression(condition)
        .set_expression_attribute_names(expression.names())
        .set_expression_attribute_values(expression.values())
        .return_values_on_condition_check_failure(RETURN_OLD)
        .build()
        .map_err(unwritable)?;
    Ok(TransactWriteItem::builder().update(update).build())
}

fn check(table: &str, key: Item, condition: Condition) -> Result<TransactWriteItem, AwsError> {
    let mut expression = Expression::default();
    let condition = condition.render(&mut expression)?;
    let check = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(key))
        .set_condition_expression(condition)
        .set_expression_attribute_names(expression.names())
        .set_expression_attribute_values(expression.values())
        .return_values_on_condition_check_failure(RETURN_OLD)
        .build()
        .map_err(unwritable)?;
    Ok(TransactWriteItem::builder().condition_check(check).build())
}

fn delete(table: &str, key: Item, condition: Condition) -> Result<TransactWriteItem, AwsError> {
    let mut expression = Expression::default();
    let condition = condition.render(&mut expression)?;
    let delete = Delete::builder()
        .table_name(table)
        .set_key(Some(key))
        .set_condition_expression(condition)
        .set_expression_attribute_names(expression.names())
        .set_expression_attribute_values(expression.values())
        .return_values_on_condition_check_failure(RETURN_OLD)
        .build()
        .map_err(unwritable)?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

fn unwritable(error: aws_sdk_dynamodb::error::BuildError) -> AwsError {
    AwsError::unwritable("a transaction", error)
}

/// Why one try did not go through.
#[derive(Debug)]
pub(super) enum Canceled {
    /// Worth another try: it met another transaction, or capacity was short.
    Contended,
    /// Final.
    For(AwsError),
}

impl Store {
    /// Runs `transaction`; meets with other transactions are retried a few times with jitter.
    ///
    /// # Errors
    /// [`AwsError::ConditionFailed`] says which operation's condition did not hold and what stands there;
    /// [`AwsError::Contended`] after the last try; else what DynamoDB answers.
    pub async fn transact(&self, transaction: Transaction) -> Result<(), AwsError> {
        // One token for all tries: a try whose answer was lost must not be applied twice.
        let token = transaction.token.clone().unwrap_or_else(random_token);
        let (positions, items): (Vec<usize>, Vec<TransactWriteItem>) =
            transaction.render(&self.table)?.into_iter().unzip();
        for attempt in 0..backoff::ATTEMPTS {
            match self.transact_once(&items, &positions, &token).await {
                Ok(()) => return Ok(()),
                Err(Canceled::For(error)) => return Err(error),
                Err(Canceled::Contended) => backoff::pause(attempt).await,
            }
        }
        Err(AwsError::Contended { attempts: backoff::ATTEMPTS })
    }

    /// One try.
    pub(super) async fn transact_once(
        &self,
        items: &[TransactWriteItem],
        positions: &[usize],
        token: &str,
    ) -> Result<(), Canceled> {
        let answer = self
            .client
            .transact_write_items()
            .set_transact_items(Some(items.to_vec()))
            .client_request_token(token)
            .send()
            .await;
        answer.map(|_| ()).map_err(|error| canceled(error, positions))
    }
}

fn canceled(error: SdkError<TransactWriteItemsError, HttpResponse>, positions: &[usize]) -> Canceled {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancellation)) => {
            let reasons = cancellation.cancellation_reasons();
            match failed_condition(reasons, positions) {
                Some(conflict) => Canceled::For(AwsError::ConditionFailed(Box::new(conflict))),
                None if reasons.iter().any(passes) => Canceled::Contended,
                None => Canceled::For(classify(Service::DynamoDb, error)),
            }
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => Canceled::Contended,
        _ => Canceled::For(classify(Service::DynamoDb, error)),
    }
}

/// The first operation whose condition did not hold.
fn failed_condition(reasons: &[CancellationReason], positions: &[usize]) -> Option<Conflict> {
    let (reason, op) =
        reasons.iter().zip(positions).find(|(reason, _)| reason.code() == Some("ConditionalCheckFailed"))?;
    Some(Conflict { op: *op, item: reason.item.clone().filter(|item| !item.is_empty()) })
}

fn passes(reason: &CancellationReason) -> bool {
    matches!(
        reason.code(),
        Some(
            "TransactionConflict"
                | "ThrottlingError"
                | "ProvisionedThroughputExceeded"
                | "RequestLimitExceeded"
        )
    )
}

/// A token for one call. Not an id of ours, so its time may come from the system.
pub(super) fn random_token() -> String {
    Uuid::now_v7().to_string()
}
