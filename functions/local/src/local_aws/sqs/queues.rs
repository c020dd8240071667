//! Queues and their attributes.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Value, json};

use super::wire::Refusal;

/// Attributes that can be set, with their default and range (AWS's defaults).
const NUMBERS: [(&str, i64, i64, i64); 5] = [
    ("DelaySeconds", 0, 0, 900),
    ("MaximumMessageSize", 262_144, 1024, 262_144),
    ("MessageRetentionPeriod", 345_600, 60, 1_209_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 0, 20),
    ("VisibilityTimeout", 30, 0, 43_200),
];

/// The two tables of the queue.
pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS sqs_queues (
        name TEXT PRIMARY KEY,
        attributes TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS sqs_messages (
        position INTEGER PRIMARY KEY,
        queue TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        attributes TEXT,
        sent_at INTEGER NOT NULL,
        visible_at INTEGER NOT NULL,
        receives INTEGER NOT NULL DEFAULT 0,
        first_received_at INTEGER,
        dead_source TEXT
    );
    CREATE INDEX IF NOT EXISTS sqs_visible ON sqs_messages (queue, visible_at, position);";

/// A queue's attributes as set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes(BTreeMap<String, String>);

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redrive {
    pub(super) dead: String,
    pub(super) max_receives: i64,
}

impl Attributes {
    /// Checks names and values.
    pub(super) fn parse(map: BTreeMap<String, String>) -> Result<Self, Refusal> {
        for (name, value) in &map {
            match NUMBERS.iter().find(|(known, ..)| known == name) {
                Some((_, _, least, most)) => {
                    let fits = value.parse::<i64>().is_ok_and(|value| (least..=most).contains(&&value));
                    if !fits {
                        return Err(Refusal::attribute_value(name));
                    }
                }
                None if name == "RedrivePolicy" => {
                    redrive(value).ok_or_else(|| Refusal::attribute_value(name))?;
                }
                None if matches!(name.as_str(), "SqsManagedSseEnabled" | "Policy" | "RedriveAllowPolicy") => {
                }
                None => return Err(Refusal::attribute_name(name)),
            }
        }
        Ok(Self(map))
    }

    /// A number, as set or by default.
    pub(super) fn number(&self, name: &str) -> i64 {
        let default =
            NUMBERS.iter().find(|(known, ..)| *known == name).map_or(0, |(_, default, ..)| *default);
        self.0.get(name).and_then(|value| value.parse().ok()).unwrap_or(default)
    }

    /// The dead-letter queue, when there is one.
    pub(super) fn redrive(&self) -> Option<Redrive> {
        redrive(self.0.get("RedrivePolicy")?)
    }

    fn text(&self) -> String {
        json!(self.0).to_string()
    }

    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

fn redrive(policy: &str) -> Option<Redrive> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let dead = policy.get("deadLetterTargetArn")?.as_str()?.rsplit(':').next()?.to_owned();
    let count = policy.get("maxReceiveCount")?;
    let max_receives = count.as_i64().or_else(|| count.as_str()?.parse().ok())?;
    (1..=1000).contains(&max_receives).then_some(Redrive { dead, max_receives })
}

/// The queue's name in its URL.
pub(super) fn name_of(url: Option<&str>) -> Result<String, Refusal> {
    let url = url.ok_or_else(|| Refusal::missing("QueueUrl"))?;
    Ok(url.rsplit('/').next().unwrap_or_default().to_owned())
}

pub(super) fn arn_of(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:000000000000:{name}")
}

/// The attributes of an existing queue.
pub(super) fn find(connection: &Connection, name: &str) -> Result<Attributes, Refusal> {
    let text: Option<String> = connection
        .prepare_cached("SELECT attributes FROM sqs_queues WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    let text = text.ok_or_else(Refusal::no_such_queue)?;
    serde_json::from_str(&text).map(Attributes).map_err(|error| Refusal::internal(error.to_string()))
}

/// Creates a queue; the same again is harmless, other attributes are refused.
pub(super) fn create(
    connection: &Connection,
    name: &str,
    wanted: &Attributes,
    now: i64,
) -> Result<(), Refusal> {
    let fits = (1..=80).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !fits {
        return Err(Refusal::value(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length. \
             FIFO queues are not supported locally.",
        ));
    }
    match find(connection, name) {
        Ok(there) => {
            let same = wanted.0.iter().all(|(key, value)| {
                there.0.get(key).map_or_else(|| there.number(key).to_string() == *value, |is| is == value)
            });
            if same { Ok(()) } else { Err(Refusal::queue_exists()) }
        }
        Err(refusal) if refusal.shape == "QueueDoesNotExist" => {
            let insert = "INSERT INTO sqs_queues (name, attributes, created_at) VALUES (?1, ?2, ?3)";
            connection.execute(insert, params![name, wanted.text(), now])?;
            Ok(())
        }
        Err(other) => Err(other),
    }
}

/// Changes attributes of an existing queue.
pub(super) fn set(connection: &Connection, name: &str, changes: Attributes) -> Result<(), Refusal> {
    let mut attributes = find(connection, name)?;
    attributes.merge(changes);
    connection
        .execute("UPDATE sqs_queues SET attributes = ?2 WHERE name = ?1", params![name, attributes.text()])?;
    Ok(())
}

/// Deletes a queue with its messages.
pub(super) fn delete(connection: &Connection, name: &str) -> Result<(), Refusal> {
    find(connection, name)?;
    connection.execute("DELETE FROM sqs_messages WHERE queue = ?1", [name])?;
    connection.execute("DELETE FROM sqs_queues WHERE name = ?1", [name])?;
    Ok(())
}

/// Names that begin with `prefix`.
pub(super) fn list(connection: &Connection, prefix: &str) -> Result<Vec<String>, Refusal> {
    let mut statement = connection.prepare("SELECT name FROM sqs_queues ORDER BY name")?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(names.into_iter().filter(|name| name.starts_with(prefix)).collect())
}

/// The attributes that were asked for, counts included.
pub(super) fn describe(
    connection: &Connection,
    name: &str,
    wanted: &[String],
    now: i64,
) -> Result<BTreeMap<String, String>, Refusal> {
    let attributes = find(connection, name)?;
    let mut all: BTreeMap<String, String> =
        NUMBERS.iter().map(|(key, ..)| ((*key).to_owned(), attributes.number(key).to_string())).collect();
    all.extend(attributes.0);
    all.insert("QueueArn".to_owned(), arn_of(name));
    let count = |filter: &str| -> Result<i64, Refusal> {
        let sql = format!("SELECT count(*) FROM sqs_messages WHERE queue = ?1 AND visible_at {filter}");
        Ok(connection.query_row(&sql, params![name, now], |row| row.get(0))?)
    };
    for (key, filter) in [
        ("ApproximateNumberOfMessages", "<= ?2"),
        ("ApproximateNumberOfMessagesNotVisible", "> ?2 AND receives > 0"),
        ("ApproximateNumberOfMessagesDelayed", "> ?2 AND receives = 0"),
    ] {
        all.insert(key.to_owned(), count(filter)?.to_string());
    }
    if wanted.iter().any(|name| name == "All") {
        return Ok(all);
    }
    const SOMETIMES: [&str; 4] = ["RedrivePolicy", "Policy", "RedriveAllowPolicy", "SqsManagedSseEnabled"];
    if let Some(unknown) =
        wanted.iter().find(|name| !all.contains_key(*name) && !SOMETIMES.contains(&name.as_str()))
    {
        return Err(Refusal::attribute_name(unknown));
    }
    all.retain(|name, _| wanted.contains(name));
    Ok(all)
}

/// Creates a queue or gives an existing one these attributes: a newer version of the product may want others.
pub(super) fn ensure(
    connection: &Connection,
    name: &str,
    wanted: Attributes,
    now: i64,
) -> Result<(), Refusal> {
    match create(connection, name, &wanted, now) {
        Err(refusal) if refusal.shape == "QueueNameExists" => set(connection, name, wanted),
        created => created,
    }
}
