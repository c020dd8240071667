//! Writing single records.

use aws_sdk_dynamodb::{
    operation::{delete_item::DeleteItemError, put_item::PutItemError, update_item::UpdateItemError},
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{
    Store, Transaction,
    condition::Condition,
    expression::Expression,
    item::{self, Item, Record},
    key::KeyOf,
    payload,
    update::Update,
};
use crate::error::{AwsError, Conflict, Service, classify};

impl Store {
    /// Writes `record`, replacing what stands under its key.
    ///
    /// # Errors
    /// [`AwsError::TooLarge`]; else what DynamoDB answers.
    pub async fn put<R: Record>(&self, record: &R) -> Result<(), AwsError> {
        self.put_if(record, Condition::none()).await
    }

    /// Writes `record` unless something stands under its key.
    ///
    /// # Errors
    /// [`AwsError::ConditionFailed`] carries what stands there; else as for [`Store::put`].
    pub async fn put_new<R: Record>(&self, record: &R) -> Result<(), AwsError> {
        self.put_if(record, Condition::absent()).await
    }

    /// Writes `record` when `condition` holds for what stands under its key.
    ///
    /// # Errors
    /// [`AwsError::ConditionFailed`] carries what stands there; else as for [`Store::put`].
    pub async fn put_if<R: Record>(&self, record: &R, condition: Condition) -> Result<(), AwsError> {
        let split = payload::split(record)?;
        if !split.parts.is_empty() {
            return self.transact(Transaction::new().put(record, condition)).await;
        }
        let mut expression = Expression::default();
        let condition = condition.render(&mut expression)?;
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(split.head))
            .set_condition_expression(condition)
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    Err(conflict(failed.item.clone()))
                }
                _ => Err(classify(Service::DynamoDb, error)),
            },
        }
    }

    /// Changes fields of the record under `key` and returns it as it is now.
    ///
    /// Without [`Condition::present`] an update of a missing record creates a fragment; so it is always added.
    ///
    /// # Errors
    /// [`AwsError::ConditionFailed`], without an item when there is no such record; else what DynamoDB answers.
    pub async fn update<R: Record>(
        &self,
        key: &KeyOf<R>,
        update: Update,
        condition: Condition,
    ) -> Result<R, AwsError> {
        let mut expression = Expression::default();
        let change = update.render(&mut expression)?;
        let condition = condition.and_present(super::attributes::PK).render(&mut expression)?;
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression(change)
            .set_condition_expression(condition)
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(answer) => item::decode(answer.attributes.unwrap_or_default()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Err(conflict(failed.item.clone()))
                }
                _ => Err(classify(Service::DynamoDb, error)),
            },
        }
    }

    /// Deletes the record under `key`; harmless when there is none.
    ///
    /// # Errors
    /// What DynamoDB answers.
    pub async fn delete<R: Record>(&self, key: &KeyOf<R>) -> Result<(), AwsError> {
        self.delete_if(key, Condition::none()).await
    }

    /// Deletes the record under `key` when `condition` holds.
    ///
    /// # Errors
    /// [`AwsError::ConditionFailed`] carries what stands there; else what DynamoDB answers.
    pub async fn delete_if<R: Record>(&self, key: &KeyOf<R>, condition: Condition) -> Result<(), AwsError> {
        let mut expression = Expression::default();
        let condition = condition.render(&mut expression)?;
        let answer = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .set_condition_expression(condition)
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(failed)) => {
                    Err(conflict(failed.item.clone()))
                }
                _ => Err(classify(Service::DynamoDb, error)),
            },
        }
    }
}

fn conflict(item: Option<Item>) -> AwsError {
    AwsError::ConditionFailed(Box::new(Conflict { op: 0, item: item.filter(|item| !item.is_empty()) }))
}
