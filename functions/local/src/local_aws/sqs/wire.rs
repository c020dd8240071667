//! SQS requests and refusals on the wire (AWS JSON 1.0, query compatible).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::reply::Reply;

/// A refused request.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: u16,
    /// Name of the error's shape.
    pub(super) shape: &'static str,
    /// Code in the old query protocol, which the SDK prefers.
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    fn new(shape: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, shape, code, message: message.into() }
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self { status: 500, ..Self::new("InternalFailure", "InternalFailure", message) }
    }

    pub(super) fn no_such_queue() -> Self {
        let message = "The specified queue does not exist.";
        Self::new("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", message)
    }

    pub(super) fn value(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterValueException", "InvalidParameterValue", message)
    }

    pub(super) fn missing(name: &str) -> Self {
        let message = format!("The request must contain the parameter {name}.");
        Self::new("MissingParameterException", "MissingParameter", message)
    }

    pub(super) fn attribute_name(name: &str) -> Self {
        Self::new("InvalidAttributeName", "InvalidAttributeName", format!("Unknown Attribute {name}."))
    }

    pub(super) fn attribute_value(name: &str) -> Self {
        let message = format!("Invalid value for the parameter {name}.");
        Self::new("InvalidAttributeValue", "InvalidAttributeValue", message)
    }

    pub(super) fn queue_exists() -> Self {
        let message = "A queue already exists with the same name and a different value for an attribute";
        Self::new("QueueNameExists", "QueueAlreadyExists", message)
    }

    pub(super) fn handle() -> Self {
        let message = "The input receipt handle is invalid.";
        Self::new("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", message)
    }

    pub(super) fn not_in_flight() -> Self {
        let message = "The message referred to is not in flight.";
        Self::new("MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight", message)
    }

    pub(super) fn contents() -> Self {
        let message = "The message contains characters outside the allowed set.";
        Self::new("InvalidMessageContents", "InvalidMessageContents", message)
    }

    pub(super) fn empty_batch() -> Self {
        let message = "There should be at least one entry in the request.";
        Self::new("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest", message)
    }

    pub(super) fn too_many_entries() -> Self {
        let code = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest";
        Self::new("TooManyEntriesInBatchRequest", code, "Maximum number of entries per request are 10.")
    }

    pub(super) fn batch_too_long() -> Self {
        let code = "AWS.SimpleQueueService.BatchRequestTooLong";
        Self::new("BatchRequestTooLong", code, "Batch requests cannot be longer than 262144 bytes.")
    }

    pub(super) fn ids_not_distinct() -> Self {
        let code = "AWS.SimpleQueueService.BatchEntryIdsNotDistinct";
        Self::new("BatchEntryIdsNotDistinct", code, "Two or more batch entries have the same Id.")
    }

    pub(super) fn entry_id() -> Self {
        let message =
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores, at most 80.";
        Self::new("InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId", message)
    }

    pub(super) fn unsupported(operation: &str) -> Self {
        let message = format!("{operation} is not supported locally");
        Self::new("UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation", message)
    }

    pub(super) fn into_reply(self) -> Reply {
        Reply::error(self.status, &format!("com.amazonaws.sqs#{}", self.shape), &self.message)
            .with_query_error(self.code)
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        tracing::error!(%error, "the queue's file failed");
        Self::internal("the queue's file failed")
    }
}

/// Every field that an operation may carry; each looks at its own.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Request {
    pub(super) queue_url: Option<String>,
    pub(super) queue_name: Option<String>,
    pub(super) queue_name_prefix: Option<String>,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) attribute_names: Vec<String>,
    pub(super) message_body: Option<String>,
    pub(super) delay_seconds: Option<i64>,
    pub(super) message_attributes: Option<Value>,
    pub(super) max_number_of_messages: Option<i64>,
    pub(super) visibility_timeout: Option<i64>,
    pub(super) wait_time_seconds: Option<i64>,
    pub(super) message_system_attribute_names: Vec<String>,
    pub(super) message_attribute_names: Vec<String>,
    pub(super) receipt_handle: Option<String>,
    pub(super) entries: Vec<Entry>,
}

/// One entry of a batch.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) message_body: String,
    pub(super) delay_seconds: Option<i64>,
    pub(super) message_attributes: Option<Value>,
    pub(super) receipt_handle: String,
    pub(super) visibility_timeout: Option<i64>,
}
