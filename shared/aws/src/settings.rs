//! What a process must be told: names of its AWS resources. Read once, all missing ones reported at once.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::queue::QueueName;

/// Name of the table.
pub const TABLE: &str = "SCRUTINEER_TABLE";
/// Id, ARN or alias of the KMS key.
pub const KEY: &str = "SCRUTINEER_KEY_ID";

/// The AWS resources of one deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Name of the single table.
    pub table: String,
    /// URL of each queue.
    pub queues: BTreeMap<QueueName, String>,
    /// Id, ARN or alias of the key that seals credentials.
    pub key_id: String,
}

/// Variables that are not set.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("these environment variables are not set: {}", .0.join(", "))]
pub struct MissingSettings(pub Vec<String>);

impl Settings {
    /// Reads the environment: `SCRUTINEER_TABLE`, `SCRUTINEER_KEY_ID` and one `SCRUTINEER_QUEUE_…` per queue.
    ///
    /// # Errors
    /// Names every variable that is missing or empty.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn from_env() -> Result<Self, MissingSettings> {
        Self::read(|name| std::env::var(name).ok())
    }

    fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, MissingSettings> {
        let mut missing = Vec::new();
        let mut required = |name: &str| match lookup(name).filter(|value| !value.trim().is_empty()) {
            Some(value) => value,
            None => {
                missing.push(name.to_owned());
                String::new()
            }
        };
        let settings = Self {
            table: required(TABLE),
            key_id: required(KEY),
            queues: QueueName::ALL.into_iter().map(|queue| (queue, required(queue.variable()))).collect(),
        };
        if missing.is_empty() { Ok(settings) } else { Err(MissingSettings(missing)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_variable_is_named_at_once() {
        let MissingSettings(missing) =
            Settings::read(|name| (name == TABLE).then(|| "scrutineer".to_owned())).unwrap_err();
        let queues = QueueName::ALL.map(QueueName::variable);
        assert_eq!(missing, [&[KEY], queues.as_slice()].concat());
    }

    #[test]
    fn a_blank_value_counts_as_missing() {
        assert!(Settings::read(|_| Some("  ".to_owned())).is_err());
        assert!(Settings::read(|name| Some(name.to_lowercase())).is_ok());
    }
}
