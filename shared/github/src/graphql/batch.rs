//! Batches of repositories by node id, sized by how GitHub copes.
//!
//! A query that runs into GitHub's 10-second limit fails as a whole and costs points all the same, so a batch is
//! halved when that happens and grows again after a run of quick answers.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures::{StreamExt, TryStreamExt, stream};
use http::StatusCode;
use scrutineer_core::{Fact, Gap};
use serde_json::json;
use tokio::time::Instant;

use super::{Answer, Document, Fault, view::View};
use crate::{client::Client, error::Error, transport::Endpoint};

/// An answer slower than this is close to the limit.
const SLOW: Duration = Duration::from_secs(6);

/// An answer quicker than this has room to spare.
const QUICK: Duration = Duration::from_secs(2);

/// Quick answers in a row before the batch grows.
const RUN: u32 = 20;

/// Batches under way at once: GraphQL has a CPU budget of 60 s per minute.
const AT_ONCE: usize = 3;

/// How often a repository that GitHub stumbled over is asked again.
const LOST_TRIES: u32 = 3;

/// How many repositories one call of a document asks for.
#[derive(Debug)]
pub(crate) struct BatchSize(Mutex<Size>);

#[derive(Debug)]
struct Size {
    now: usize,
    most: usize,
    quick: u32,
}

impl BatchSize {
    /// Starts at `first`, never above twice that.
    pub(crate) const fn new(first: usize) -> Self {
        Self(Mutex::new(Size { now: first, most: first * 2, quick: 0 }))
    }

    fn with<T>(&self, f: impl FnOnce(&mut Size) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn now(&self) -> usize {
        self.with(|size| size.now)
    }

    fn shrink(&self) {
        self.with(|size| (size.now, size.quick) = ((size.now / 2).max(1), 0));
    }

    fn learn(&self, took: Duration) {
        self.with(|size| {
            size.quick = if took < QUICK { size.quick + 1 } else { 0 };
            if took > SLOW {
                size.now = (size.now / 2).max(1);
            } else if size.quick >= RUN {
                (size.now, size.quick) = ((size.now * 2).min(size.most), 0);
            }
        });
    }
}

/// How one node is read.
pub(crate) type Read<T> = fn(&View<'_>, &Client) -> Result<T, Gap>;

/// Asks `document` for all of `ids`; one fact per id, in order.
///
/// # Errors
/// When nothing more can be asked now, or GitHub does not answer at all.
pub(crate) async fn ask<T: Send>(
    client: &Client,
    document: &Document,
    size: &BatchSize,
    ids: &[&str],
    read: Read<T>,
) -> Result<Vec<Fact<T>>, Error> {
    // Collected before they run: a lazy iterator of borrowing futures is not `Send` in the compiler's eyes.
    let chunks: Vec<_> = ids
        .chunks(size.now())
        .map(|chunk| Box::pin(Batches { client, document, size, read }.run(chunk)))
        .collect();
    let answers: Vec<Vec<Fact<T>>> = stream::iter(chunks).buffered(AT_ONCE).try_collect().await?;
    Ok(answers.into_iter().flatten().collect())
}

struct Batches<'a, T> {
    client: &'a Client,
    document: &'a Document,
    size: &'a BatchSize,
    read: Read<T>,
}

impl<T> Batches<'_, T> {
    /// Asks for one chunk, in halves where GitHub cannot answer it whole.
    async fn run(self, ids: &[&str]) -> Result<Vec<Fact<T>>, Error> {
        let mut facts = Vec::with_capacity(ids.len());
        let mut open = vec![ids];
        let mut lost_in_a_row = 0;
        while let Some(part) = open.pop() {
            match self.once(part).await {
                Ok(answered) => {
                    facts.extend(answered);
                    lost_in_a_row = 0;
                }
                Err(error) if part.len() > 1 && (is_too_much(&error) || is_passing(&error)) => {
                    if is_too_much(&error) {
                        self.size.shrink();
                    }
                    self.client.context().counter.count_retry();
                    let (first, second) = part.split_at(part.len() / 2);
                    open.extend([second, first]);
                }
                // One repository may be too much for GitHub; several in a row mean that GitHub is down.
                Err(error) if is_too_much(&error) && lost_in_a_row < 2 => {
                    lost_in_a_row += 1;
                    facts.push(Fact::Unknown(error.gap(None)));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(facts)
    }

    async fn once(&self, ids: &[&str]) -> Result<Vec<Fact<T>>, Error> {
        // A batch that failed is not repeated as it was but in halves.
        let tries = if ids.len() > 1 { 1 } else { Endpoint::TRIES };
        let started = Instant::now();
        let mut answer = self.client.query(self.document, json!({ "ids": ids }), tries).await?;
        self.size.learn(started.elapsed());
        let nodes = answer.view().at("nodes").items();
        if nodes.iter().any(is_refused) && self.client.learn_refused(&answer.errors) {
            answer = self.client.query(self.document, json!({ "ids": ids }), tries).await?;
        }
        if let Some(fault) = answer.errors.iter().find(|fault| fault.is_too_much()) {
            return Err(Error::GraphQl { operation: self.document.operation, kind: fault.kind.clone() });
        }
        let mut facts = self.facts(&answer, ids.len());
        self.ask_lost_again(&answer, ids, &mut facts).await?;
        Ok(facts)
    }

    fn facts(&self, answer: &Answer, length: usize) -> Vec<Fact<T>> {
        let nodes = answer.view().at("nodes");
        let fact = |index: usize| {
            let node = nodes.at(&index.to_string());
            if node.is_null() {
                Fact::Unknown(node.own_gap())
            } else {
                (self.read)(&node, self.client).into()
            }
        };
        (0..length).map(fact).collect()
    }

    /// A repository may be missing from a batch because GitHub stumbled over it; again, without the others.
    async fn ask_lost_again(
        &self,
        answer: &Answer,
        ids: &[&str],
        facts: &mut [Fact<T>],
    ) -> Result<(), Error> {
        let mut lost: Vec<usize> = lost_among(answer, ids.len());
        for _ in 0..LOST_TRIES {
            if lost.is_empty() {
                return Ok(());
            }
            self.client.context().counter.count_retry();
            let again: Vec<&str> = lost.iter().map(|index| ids[*index]).collect();
            let answer =
                match self.client.query(self.document, json!({ "ids": again }), Endpoint::TRIES).await {
                    Ok(answer) => answer,
                    Err(error) if error.is_fatal() => return Err(error),
                    Err(_) => return Ok(()),
                };
            for (index, fact) in lost.iter().zip(self.facts(&answer, again.len())) {
                facts[*index] = fact;
            }
            lost = lost_among(&answer, again.len()).into_iter().map(|position| lost[position]).collect();
        }
        Ok(())
    }
}

/// Positions of repositories that GitHub stumbled over.
fn lost_among(answer: &Answer, length: usize) -> Vec<usize> {
    let nodes = answer.view().at("nodes");
    (0..length).filter(|index| is_lost(&nodes.at(&index.to_string()))).collect()
}

fn is_refused(node: &View<'_>) -> bool {
    node.is_null() && node.faults().iter().any(|fault| fault.is_refusal())
}

fn is_lost(node: &View<'_>) -> bool {
    let passing = |fault: &&Fault| !fault.is_refusal() && fault.kind != "NOT_FOUND";
    node.is_null() && node.faults().iter().copied().any(|fault| passing(&fault))
}

/// Whether a smaller question may succeed.
fn is_too_much(error: &Error) -> bool {
    match error {
        Error::ServerError { status, .. } => {
            matches!(
                *status,
                StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT | StatusCode::INTERNAL_SERVER_ERROR
            )
        }
        Error::Deadline { .. } | Error::TooLarge { .. } | Error::GraphQl { .. } => true,
        _ => false,
    }
}

/// Whether the same question may succeed in a moment.
fn is_passing(error: &Error) -> bool {
    matches!(error, Error::ServerError { .. } | Error::NoAnswer { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_shrinks_at_once_and_grows_slowly() {
        let size = BatchSize::new(25);
        size.learn(Duration::from_secs(7));
        assert_eq!(size.now(), 12);
        for _ in 0..20 {
            assert_eq!(size.now(), 12);
            size.learn(Duration::from_millis(300));
        }
        assert_eq!(size.now(), 24);
        for _ in 0..60 {
            size.learn(Duration::from_millis(300));
        }
        assert_eq!(size.now(), 50);
        for _ in 0..9 {
            size.shrink();
        }
        assert_eq!(size.now(), 1);
    }
}
