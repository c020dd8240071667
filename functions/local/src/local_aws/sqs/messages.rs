//! Messages: send, claim, delete, postpone. All times are milliseconds since the epoch.
//!
//! A claim moves `visible_at` forward and counts the receive; there is no other state. A handle names the message and
//! the receive it belongs to, so an old handle deletes nothing.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::Value;

use super::{
    queues::{self, Attributes},
    wire::Refusal,
};

/// A message about to be stored.
#[derive(Clone, Debug)]
pub(super) struct NewMessage {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) attributes: Option<Value>,
    /// `None`: the queue's delay.
    pub(super) delay_s: Option<i64>,
}

/// A claimed message.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) id: String,
    pub(super) handle: String,
    pub(super) body: String,
    pub(super) attributes: Option<Value>,
    pub(super) sent_at: i64,
    pub(super) receives: i64,
    pub(super) first_received_at: i64,
    pub(super) dead_source: Option<String>,
}

/// What a claim found.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) messages: Vec<Claimed>,
    /// When the next message becomes visible, when none was claimed.
    pub(super) next_at: Option<i64>,
    /// The dead-letter queue that got messages.
    pub(super) moved_to: Option<String>,
}

/// Refuses what SQS refuses about a single message.
pub(super) fn check(message: &NewMessage, attributes: &Attributes) -> Result<(), Refusal> {
    let limit = attributes.number("MaximumMessageSize");
    if message.body.is_empty() {
        return Err(Refusal::missing("MessageBody"));
    }
    if i64::try_from(message.body.len()).is_ok_and(|bytes| bytes > limit) {
        let message = format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."
        );
        return Err(Refusal::value(message));
    }
    if !message.body.chars().all(allowed) {
        return Err(Refusal::contents());
    }
    match message.delay_s {
        Some(delay) if !(0..=900).contains(&delay) => {
            let reason = "Reason: DelaySeconds must be >= 0 and <= 900.";
            Err(Refusal::value(format!("Value {delay} for parameter DelaySeconds is invalid. {reason}")))
        }
        _ => Ok(()),
    }
}

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
fn allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Stores checked messages.
pub(super) fn send(
    connection: &Connection,
    queue: &str,
    messages: &[NewMessage],
    now: i64,
) -> Result<(), Refusal> {
    let attributes = queues::find(connection, queue)?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO sqs_messages (queue, id, body, attributes, sent_at, visible_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for message in messages {
        let delay = message.delay_s.unwrap_or_else(|| attributes.number("DelaySeconds"));
        let extra = message.attributes.as_ref().map(Value::to_string);
        insert.execute(params![queue, message.id, message.body, extra, now, now + delay * 1000])?;
    }
    Ok(())
}

/// Claims up to `max` visible messages for `timeout_s` seconds.
pub(super) fn claim(
    connection: &Connection,
    queue: &str,
    max: i64,
    timeout_s: Option<i64>,
    now: i64,
) -> Result<Claim, Refusal> {
    let attributes = queues::find(connection, queue)?;
    let keeps = attributes.number("MessageRetentionPeriod") * 1000;
    let visible_at = now + timeout_s.unwrap_or_else(|| attributes.number("VisibilityTimeout")) * 1000;
    let redrive = attributes.redrive();
    let mut claim = Claim { messages: Vec::new(), next_at: None, moved_to: None };
    loop {
        let wanted = max - i64::try_from(claim.messages.len()).unwrap_or(max);
        let candidates = visible(connection, queue, wanted, now)?;
        if candidates.is_empty() {
            break;
        }
        for (position, message) in candidates {
            if message.sent_at + keeps < now {
                connection
                    .prepare_cached("DELETE FROM sqs_messages WHERE position = ?1")?
                    .execute([position])?;
            } else if let Some(redrive) =
                redrive.as_ref().filter(|redrive| message.receives >= redrive.max_receives)
            {
                bury(connection, position, queue, &redrive.dead, now)?;
                claim.moved_to = Some(redrive.dead.clone());
            } else {
                claim.messages.push(take(connection, position, message, visible_at, now)?);
            }
        }
        if i64::try_from(claim.messages.len()).is_ok_and(|count| count >= max) {
            break;
        }
    }
    if claim.messages.is_empty() {
        claim.next_at = next_visible(connection, queue, now)?;
    }
    Ok(claim)
}

fn visible(
    connection: &Connection,
    queue: &str,
    limit: i64,
    now: i64,
) -> Result<Vec<(i64, Claimed)>, Refusal> {
    let mut select = connection.prepare_cached(
        "SELECT position, id, body, attributes, sent_at, receives, first_received_at, dead_source FROM sqs_messages
         WHERE queue = ?1 AND visible_at <= ?2 ORDER BY visible_at, position LIMIT ?3",
    )?;
    let rows = select.query_map(params![queue, now, limit], |row| Ok((row.get(0)?, read(row)?)))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Claimed> {
    let attributes: Option<String> = row.get(3)?;
    Ok(Claimed {
        id: row.get(1)?,
        handle: String::new(),
        body: row.get(2)?,
        attributes: attributes.and_then(|text| serde_json::from_str(&text).ok()),
        sent_at: row.get(4)?,
        receives: row.get(5)?,
        first_received_at: row.get::<_, Option<i64>>(6)?.unwrap_or_default(),
        dead_source: row.get(7)?,
    })
}

fn take(
    connection: &Connection,
    position: i64,
    mut message: Claimed,
    visible_at: i64,
    now: i64,
) -> Result<Claimed, Refusal> {
    if message.receives == 0 {
        message.first_received_at = now;
    }
    message.receives += 1;
    connection
        .prepare_cached(
            "UPDATE sqs_messages SET visible_at = ?2, receives = ?3, first_received_at = ?4 WHERE position = ?1",
        )?
        .execute(params![position, visible_at, message.receives, message.first_received_at])?;
    message.handle = format!("{position}.{}.{}", message.receives, message.id);
    Ok(message)
}

/// Moves a message to the dead-letter queue; it keeps its id, body and time.
fn bury(connection: &Connection, position: i64, from: &str, dead: &str, now: i64) -> Result<(), Refusal> {
    connection.execute(
        "UPDATE sqs_messages SET queue = ?2, visible_at = ?3, receives = 0, first_received_at = NULL, dead_source = ?4
         WHERE position = ?1",
        params![position, dead, now, from],
    )?;
    Ok(())
}

fn next_visible(connection: &Connection, queue: &str, now: i64) -> Result<Option<i64>, Refusal> {
    Ok(connection
        .prepare_cached("SELECT min(visible_at) FROM sqs_messages WHERE queue = ?1 AND visible_at > ?2")?
        .query_row(params![queue, now], |row| row.get(0))?)
}

/// The parts of a receipt handle.
struct Handle<'a> {
    position: i64,
    receives: i64,
    id: &'a str,
}

fn parse(handle: &str) -> Result<Handle<'_>, Refusal> {
    let mut parts = handle.splitn(3, '.');
    let mut number = || parts.next().and_then(|part| part.parse().ok());
    let (position, receives) = (number(), number());
    match (position, receives, parts.next()) {
        (Some(position), Some(receives), Some(id)) => Ok(Handle { position, receives, id }),
        _ => Err(Refusal::handle()),
    }
}

/// Deletes the message of a handle; an old handle, or one of a deleted message, is accepted and does nothing.
pub(super) fn delete(connection: &Connection, queue: &str, handle: &str) -> Result<(), Refusal> {
    let handle = parse(handle)?;
    connection
        .prepare_cached(
            "DELETE FROM sqs_messages WHERE position = ?1 AND queue = ?2 AND id = ?3 AND receives = ?4",
        )?
        .execute(params![handle.position, queue, handle.id, handle.receives])?;
    Ok(())
}

/// Makes a claimed message visible `timeout_s` seconds from now.
pub(super) fn change_visibility(
    connection: &Connection,
    queue: &str,
    handle: &str,
    timeout_s: i64,
    now: i64,
) -> Result<(), Refusal> {
    let handle = parse(handle)?;
    if !(0..=43_200).contains(&timeout_s) {
        return Err(Refusal::value("VisibilityTimeout must be between 0 and 43200 seconds."));
    }
    let changed = connection
        .prepare_cached(
            "UPDATE sqs_messages SET visible_at = ?5
             WHERE position = ?1 AND queue = ?2 AND id = ?3 AND receives = ?4 AND visible_at > ?6",
        )?
        .execute(params![handle.position, queue, handle.id, handle.receives, now + timeout_s * 1000, now])?;
    if changed == 1 {
        return Ok(());
    }
    let there: Option<i64> = connection
        .query_row(
            "SELECT 1 FROM sqs_messages WHERE position = ?1 AND id = ?2",
            params![handle.position, handle.id],
            |row| row.get(0),
        )
        .optional()?;
    match there {
        Some(_) => Err(Refusal::not_in_flight()),
        None => Err(Refusal::value(
            "The message does not exist or is not available for visibility timeout change.",
        )),
    }
}

/// Deletes all messages of a queue.
pub(super) fn purge(connection: &Connection, queue: &str) -> Result<(), Refusal> {
    queues::find(connection, queue)?;
    connection.execute("DELETE FROM sqs_messages WHERE queue = ?1", [queue])?;
    Ok(())
}

/// Makes claims of a process that is gone void, without counting them: it was not the message that failed.
pub(super) fn release_all(connection: &Connection, now: i64) -> rusqlite::Result<usize> {
    connection.execute(
        "UPDATE sqs_messages SET visible_at = ?1, receives = receives - 1 WHERE receives > 0 AND visible_at > ?1",
        [now],
    )
}

/// Deletes messages older than their queue keeps them.
pub(super) fn sweep(connection: &Connection, now: i64) -> Result<usize, Refusal> {
    let mut deleted = 0;
    for queue in queues::list(connection, "")? {
        let keeps = queues::find(connection, &queue)?.number("MessageRetentionPeriod") * 1000;
        deleted += connection.execute(
            "DELETE FROM sqs_messages WHERE queue = ?1 AND sent_at < ?2",
            params![queue, now - keeps],
        )?;
    }
    Ok(deleted)
}
