//! Jobs that are decided in a transaction and sent after it.

use scrutineer_aws::{Envelope, Message, records::Outbox};
use scrutineer_core::{Failure, ids::MessageId};

use crate::App;

/// A job with its outbox row: put the row into the deciding transaction, then [`send`] it.
pub(crate) struct Job {
    pub(crate) envelope: Envelope,
    pub(crate) row: Outbox,
}

impl Job {
    /// A job for `message`.
    pub(crate) fn new<M: Message>(app: &App, message: &M) -> Result<Self, Failure> {
        let envelope = Envelope::new(MessageId::new(&app.clock), message)?;
        let row = Outbox::new(&envelope, app.clock.now());
        Ok(Self { envelope, row })
    }
}

/// Sends a job that stands in the outbox and removes its row. A crash in between leaves the row, and the sweeper
/// sends it again: handlers bear that.
pub(crate) async fn send(app: &App, job: Job) -> Result<(), Failure> {
    app.queue.send(vec![job.envelope]).await?;
    use scrutineer_aws::Record;
    app.store.delete(&job.row.key()).await?;
    Ok(())
}

/// Sends messages that need no row of their own: the message being handled is redelivered if this fails.
pub(crate) async fn send_all<M: Message>(app: &App, messages: &[M]) -> Result<(), Failure> {
    let envelopes = messages
        .iter()
        .map(|message| Envelope::new(MessageId::new(&app.clock), message))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(app.queue.send(envelopes).await?)
}
