//! What goes wrong with AWS, classified once, where the cause is known.
//!
//! A newcomer would match on `SdkError` variants at call sites; here every SDK error passes [`classify`], which looks
//! at error codes (never at message texts) and says whether another try makes sense.

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use scrutineer_core::{failure::Failure, ids::MessageId};
use thiserror::Error;

use crate::store::{Record, item::Item};

/// A cause of any type.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The services this crate talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// The store.
    DynamoDb,
    /// The queues.
    Sqs,
    /// The keys.
    Kms,
}

impl std::fmt::Display for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::DynamoDb => "DynamoDB",
            Self::Sqs => "SQS",
            Self::Kms => "KMS",
        })
    }
}

/// A failed call.
#[derive(Debug, Error)]
pub enum AwsError {
    /// The condition of a write did not hold; says which one and what stands there.
    #[error("the condition of a write did not hold (operation {})", .0.op)]
    ConditionFailed(Box<Conflict>),
    /// Other transactions touched the same items through every try.
    #[error("the transaction met another one in each of {attempts} tries")]
    Contended {
        /// How often it was tried.
        attempts: u32,
    },
    /// The service asked for fewer requests, or left entries unprocessed through every try.
    #[error("{service} is throttling")]
    Throttled {
        /// Who throttles.
        service: Service,
        /// The last answer, when it was an error.
        #[source]
        source: Option<Cause>,
    },
    /// No answer, a broken answer or a 5xx; the write may or may not have happened.
    #[error("{service} did not answer")]
    Unavailable {
        /// Who did not answer.
        service: Service,
        /// The SDK's error.
        #[source]
        source: Cause,
    },
    /// The role lacks a permission on the resource.
    #[error("{service} denied access")]
    Denied {
        /// Who denied it.
        service: Service,
        /// The SDK's error.
        #[source]
        source: Cause,
    },
    /// The request is wrong; trying again changes nothing.
    #[error("{service} rejected the request ({code})")]
    Rejected {
        /// Who rejected it.
        service: Service,
        /// The service's error code.
        code: String,
        /// The SDK's error.
        #[source]
        source: Cause,
    },
    /// Messages of a batch that were not accepted through every try.
    #[error("{} messages were not accepted", .0.len())]
    Unsent(Vec<MessageId>),
    /// A value is larger than the service takes.
    #[error("{what} has {bytes} bytes, at most {limit} are possible")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A sealed text that does not open: other customer or connection, other key, or changed bytes.
    #[error("the sealed text does not open in this context")]
    NotSealedHere {
        /// The SDK's error.
        #[source]
        source: Cause,
    },
    /// Stored or received data that does not read as what it should be.
    #[error("{what} cannot be read")]
    Malformed {
        /// What cannot be read.
        what: &'static str,
        /// The decoder's error.
        #[source]
        source: Cause,
    },
    /// A value of ours that does not serialize; a bug.
    #[error("{what} cannot be written")]
    Unwritable {
        /// What cannot be written.
        what: &'static str,
        /// The encoder's error.
        #[source]
        source: Cause,
    },
    /// A page cursor that was not made by this query.
    #[error("the cursor does not belong to this query")]
    InvalidCursor,
}

/// The write whose condition did not hold.
#[derive(Debug)]
pub struct Conflict {
    /// Position of the operation in its transaction, from 0; 0 for a single write.
    pub op: usize,
    /// What stands in the table under that key, when something does.
    pub(crate) item: Option<Item>,
}

impl Conflict {
    /// The record that stands in the way; `None` when there is none under that key.
    ///
    /// Payloads that continue in further items are not joined here: read the record for them.
    ///
    /// # Errors
    /// [`AwsError::Malformed`] when it is not an `R`.
    pub fn existing<R: Record>(&self) -> Result<Option<R>, AwsError> {
        self.item.clone().map(crate::store::item::decode).transpose()
    }
}

impl AwsError {
    /// The conflict, when a condition did not hold; any other error comes back as `Err`.
    ///
    /// # Errors
    /// `self`, when it is not a failed condition.
    pub fn conflict(self) -> Result<Conflict, Self> {
        match self {
            Self::ConditionFailed(conflict) => Ok(*conflict),
            other => Err(other),
        }
    }

    pub(crate) fn malformed(what: &'static str, source: impl Into<Cause>) -> Self {
        Self::Malformed { what, source: source.into() }
    }

    pub(crate) fn unwritable(what: &'static str, source: impl Into<Cause>) -> Self {
        Self::Unwritable { what, source: source.into() }
    }
}

/// Codes that ask for fewer requests. <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
const THROTTLING: &[&str] = &[
    "ThrottlingException",
    "Throttling",
    "ThrottlingError",
    "ProvisionedThroughputExceededException",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "RequestThrottled",
    "LimitExceededException",
    "OverLimit",
    "KmsThrottled",
    "KMS.ThrottlingException",
];

/// Codes that say "not now" without a 5xx status.
const PASSING: &[&str] = &[
    "TransactionConflictException",
    "TransactionInProgressException",
    "InternalServerError",
    "DependencyTimeoutException",
    "KMSInternalException",
    "KeyUnavailableException",
    "RequestTimeout",
    "RequestTimeTooSkewed",
    "ReplicatedWriteConflictException",
];

/// Codes that an IAM or key policy causes.
const DENIED: &[&str] =
    &["AccessDeniedException", "AccessDenied", "KMS.AccessDeniedException", "KmsAccessDenied"];

/// Sorts an SDK error by its code; without an answer from the service it is [`AwsError::Unavailable`].
pub(crate) fn classify<E>(service: Service, error: SdkError<E, HttpResponse>) -> AwsError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let (code, status) = match &error {
        SdkError::ServiceError(context) => {
            (context.err().code().unwrap_or("unknown").to_owned(), context.raw().status().as_u16())
        }
        SdkError::ConstructionFailure(_) => ("construction".to_owned(), 400),
        _ => return AwsError::Unavailable { service, source: error.into() },
    };
    if THROTTLING.contains(&code.as_str()) {
        AwsError::Throttled { service, source: Some(error.into()) }
    } else if status >= 500 || PASSING.contains(&code.as_str()) {
        AwsError::Unavailable { service, source: error.into() }
    } else if DENIED.contains(&code.as_str()) {
        AwsError::Denied { service, source: error.into() }
    } else {
        AwsError::Rejected { service, code, source: error.into() }
    }
}

impl From<AwsError> for Failure {
    fn from(error: AwsError) -> Self {
        let (code, public) = match &error {
            // A condition nobody handled: the next run reads what stands there now.
            AwsError::ConditionFailed(_)
            | AwsError::Contended { .. }
            | AwsError::Throttled { .. }
            | AwsError::Unavailable { .. }
            | AwsError::Unsent(_) => return Self::transient(error),
            AwsError::Denied { service, .. } => (
                "aws_access_denied",
                format!("the service may not use {service}; its operator must grant access"),
            ),
            AwsError::Rejected { .. } | AwsError::Unwritable { .. } => {
                ("internal", "an internal request was rejected; this is a bug".to_owned())
            }
            AwsError::TooLarge { what, limit, .. } => {
                ("too_large", format!("{what} is too large: at most {limit} bytes are possible"))
            }
            AwsError::NotSealedHere { .. } => (
                "credentials_unreadable",
                "the stored credentials cannot be opened; enter them again".to_owned(),
            ),
            AwsError::Malformed { what, .. } => {
                ("stored_data_unreadable", format!("{what} cannot be read; it may come from a newer version"))
            }
            AwsError::InvalidCursor => (
                "invalid_cursor",
                "the cursor does not belong to this list; start from its first page".to_owned(),
            ),
        };
        Self::permanent(code, public).caused_by(error)
    }
}
