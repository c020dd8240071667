//! The queue's thread: one SQLite connection, jobs in groups, one commit (and one disk flush) per group.
//!
//! A caller is answered after its group is committed, so an acknowledged send, claim or delete survives `kill -9`.

use std::{
    path::Path,
    sync::mpsc::{self, Receiver, Sender},
    thread::JoinHandle,
};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::{
    super::{
        Turns,
        file::{Durability, OpenError},
    },
    wire::Refusal,
};

/// Most jobs of one commit; bounds how long the other connection waits for its turn.
const GROUP: usize = 64;

/// Runs inside the group's transaction; what it returns runs after the commit.
type Job = Box<dyn FnOnce(&Connection) -> Answer + Send>;
type Answer = Box<dyn FnOnce(bool) + Send>;

/// Handle of the queue's thread; dropping it ends the thread.
pub(super) struct Engine {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Opens the connection and starts the thread.
    pub(super) fn open(data: &Path, durability: Durability, turns: Turns) -> Result<Self, OpenError> {
        let connection = connect(data, durability).map_err(|error| OpenError::store(data, error))?;
        let (jobs, inbox) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("local-sqs".to_owned())
            .spawn(move || serve(connection, &inbox, &turns))
            .map_err(OpenError::io(data))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs `work` in a transaction and returns its result once it is committed.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = work(connection);
            Box::new(move |committed| {
                let result =
                    if committed { result } else { Err(Refusal::internal("the queue could not commit")) };
                let _ = answer.send(result);
            })
        });
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        let lost = || Refusal::internal("the queue has stopped");
        if sent { answered.await.map_err(|_| lost())? } else { Err(lost()) }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn connect(data: &Path, durability: Durability) -> rusqlite::Result<Connection> {
    let connection = Connection::open(data)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    Ok(connection)
}

fn serve(mut connection: Connection, inbox: &Receiver<Job>, turns: &Turns) {
    while let Ok(first) = inbox.recv() {
        let turn = turns.blocking_lock();
        let (answers, committed) = run_group(&mut connection, first, inbox);
        drop(turn);
        for answer in answers {
            answer(committed);
        }
    }
}

fn run_group(connection: &mut Connection, first: Job, inbox: &Receiver<Job>) -> (Vec<Answer>, bool) {
    let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            tracing::error!(%error, "the queue cannot begin a transaction");
            // Dropping the job tells its caller that the queue has stopped answering.
            return (Vec::new(), false);
        }
    };
    let mut answers = vec![first(&transaction)];
    while answers.len() < GROUP {
        match inbox.try_recv() {
            Ok(job) => answers.push(job(&transaction)),
            Err(_) => break,
        }
    }
    let committed = transaction.commit();
    if let Err(error) = &committed {
        tracing::error!(%error, "the queue cannot commit");
    }
    (answers, committed.is_ok())
}
