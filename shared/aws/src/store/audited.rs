//! Writes that leave an entry in the audit log: the change, the entry and the log's head in one transaction.
//!
//! Whoever appends reads the head, and writes on the condition that it still stands: two appenders cannot follow the
//! same entry. The one who comes second reads again and tries again. Inside a process they take turns, so only appenders
//! of different processes ever meet.

use aws_sdk_dynamodb::types::TransactWriteItem;
use scrutineer_core::ids::Login;
use tokio::sync::Mutex;

use super::{
    Store,
    condition::Condition,
    item::Configuration,
    key::KeyOf,
    records::{AuditDraft, AuditEntry, AuditHead},
    transact::{Canceled, Transaction, random_token},
    update::Update,
};
use crate::{backoff, error::AwsError};

/// Tries of one append. A try takes some 15 ms and a pause 100 ms on average: about 7 s in all, in which 60 processes
/// that append to one log at the same moment all have their turn.
const TRIES: u32 = 60;
/// The longest pause between two tries is that of this attempt: 200 ms.
const LONGEST_PAUSE: u32 = 3;

/// One queue per log, more or less: logs share one of these.
#[derive(Debug, Default)]
pub(super) struct Turns([Mutex<()>; 16]);

impl Turns {
    fn of(&self, org: &Login) -> &Mutex<()> {
        let sum: usize = org.key().bytes().map(usize::from).sum();
        &self.0[sum % self.0.len()]
    }
}

/// Configuration to be written, and the entry that says who did it.
#[derive(Debug)]
pub struct AuditedWrite {
    draft: AuditDraft,
    changes: Transaction,
}

impl AuditedWrite {
    /// Nothing but the entry.
    pub fn new(draft: AuditDraft) -> Self {
        Self { draft, changes: Transaction::new() }
    }

    /// Writes `record` when `condition` holds.
    #[must_use]
    pub fn put<R: Configuration>(self, record: &R, condition: Condition) -> Self {
        Self { changes: self.changes.put_any(record, condition), ..self }
    }

    /// Writes `record` when nothing stands under its key.
    #[must_use]
    pub fn put_new<R: Configuration>(self, record: &R) -> Self {
        self.put(record, Condition::absent())
    }

    /// Changes fields of a record that exists and for which `condition` holds.
    #[must_use]
    pub fn update<R: Configuration>(self, key: &KeyOf<R>, update: Update, condition: Condition) -> Self {
        Self { changes: self.changes.update_any(key, update, condition), ..self }
    }

    /// Deletes the record under `key` when `condition` holds.
    #[must_use]
    pub fn delete<R: Configuration>(self, key: &KeyOf<R>, condition: Condition) -> Self {
        Self { changes: self.changes.delete_any(key, condition), ..self }
    }

    /// And does this: records that need no entry of their own, and checks.
    #[must_use]
    pub fn with(self, transaction: Transaction) -> Self {
        Self { changes: self.changes.and(transaction), ..self }
    }
}

impl Store {
    /// Writes configuration and its audit entry, both or none; the entry as it stands in the log.
    ///
    /// Four write units for the entry alone (two items of at most 1 KB, doubled in a transaction).
    ///
    /// Configuration is written in this way only; a plain write does not compile:
    ///
    /// ```compile_fail
    /// # use scrutineer_aws::{Store, records::Org};
    /// async fn unaudited(store: &Store, org: &Org) {
    ///     let _ = store.put(org).await;
    /// }
    /// ```
    /// ```compile_fail
    /// # use scrutineer_aws::{Transaction, records::Org};
    /// fn unaudited(org: &Org) -> Transaction {
    ///     Transaction::new().put_new(org)
    /// }
    /// ```
    /// ```compile_fail
    /// # use scrutineer_aws::{Condition, Store, Update, records::Org};
    /// async fn unaudited(store: &Store, org: &Org) {
    ///     let _ = store.update(&Org::key_of(&org.org), Update::new(), Condition::none()).await;
    /// }
    /// ```
    /// ```compile_fail
    /// # use scrutineer_aws::{Store, records::Org};
    /// async fn unaudited(store: &Store, org: &Org) {
    ///     let _ = store.delete(&Org::key_of(&org.org)).await;
    /// }
    /// ```
    /// Nor can anything change the log:
    /// ```compile_fail
    /// # use scrutineer_aws::{AuditedWrite, records::{AuditDraft, AuditEntry}};
    /// fn rewritten(draft: AuditDraft, entry: &AuditEntry) -> AuditedWrite {
    ///     AuditedWrite::new(draft).put_new(entry)
    /// }
    /// ```
    /// This does:
    /// ```
    /// # use scrutineer_aws::{AuditedWrite, Condition, Store, Update, records::{AuditDraft, AuditEntry, Org}};
    /// async fn audited(store: &Store, draft: AuditDraft, org: &Org) {
    ///     let key = Org::key_of(&org.org);
    ///     let _ = store.write_audited(AuditedWrite::new(draft.clone()).put_new(org)).await;
    ///     let write = AuditedWrite::new(draft.clone()).update(&key, Update::new(), Condition::none());
    ///     let _ = store.write_audited(write).await;
    ///     let _ = store.write_audited(AuditedWrite::new(draft).delete(&key, Condition::none())).await;
    ///     let _ = store.get(&key).await;
    /// }
    /// ```
    ///
    /// # Errors
    /// [`AwsError::ConditionFailed`] for the changes' own conditions; [`AwsError::Contended`] when others were faster in
    /// every try, and nothing is written; else what DynamoDB answers.
    pub async fn write_audited(&self, write: AuditedWrite) -> Result<AuditEntry, AwsError> {
        let AuditedWrite { draft, changes } = write;
        let changes = changes.render(&self.table)?;
        let _turn = self.audit_turns.of(&draft.org).lock().await;
        let mut tried: Option<AuditEntry> = None;
        for attempt in 0..TRIES {
            // A try whose answer was lost may have gone through all the same.
            if let Some(entry) = tried.take()
                && self.get(&AuditEntry::key_of(&entry.org, entry.sequence)).await?.as_ref() == Some(&entry)
            {
                return Ok(entry);
            }
            let head = self.get(&AuditHead::key_of(&draft.org)).await?;
            let entry = draft.after(head.as_ref());
            match self.append_once(&changes, &entry, head.as_ref()).await {
                Ok(()) => return Ok(entry),
                Err(Canceled::For(error)) => return Err(error),
                Err(Canceled::Contended) => backoff::pause(attempt.min(LONGEST_PAUSE)).await,
            }
            tried = Some(entry);
        }
        Err(AwsError::Contended { attempts: TRIES })
    }

    /// One try after `head`; contended when the log has gone on meanwhile.
    async fn append_once(
        &self,
        changes: &[(usize, TransactWriteItem)],
        entry: &AuditEntry,
        head: Option<&AuditHead>,
    ) -> Result<(), Canceled> {
        let stands = head.map_or_else(Condition::absent, |head| Condition::is("sequence", head.sequence));
        let next = AuditHead {
            org: entry.org.clone(),
            sequence: entry.sequence,
            hash: entry.hash.clone(),
            at: entry.at,
        };
        let log = Transaction::new().put_any(entry, Condition::absent()).put_any(&next, stands);
        let log = log.render(&self.table).map_err(Canceled::For)?;
        let first_of_log = changes.last().map_or(0, |(position, _)| position + 1);
        let log = log.into_iter().map(|(position, item)| (first_of_log + position, item));
        let (positions, items): (Vec<_>, Vec<_>) = changes.iter().cloned().chain(log).unzip();
        match self.transact_once(&items, &positions, &random_token()).await {
            Err(Canceled::For(AwsError::ConditionFailed(conflict))) if conflict.op >= first_of_log => {
                Err(Canceled::Contended)
            }
            other => other,
        }
    }
}
