//! Webhook deliveries that GitHub made in vain, and having them made again.
//!
//! Source: <https://docs.github.com/en/rest/apps/webhooks>. GitHub keeps deliveries for 3 days.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use scrutineer_core::ids::{DeliveryAttemptId, DeliveryId, InstallationId};
use serde::Deserialize;

use super::GitHubApp;
use crate::{client::Call, error::Error};

/// A delivery none of whose attempts was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedDelivery {
    /// The delivery.
    pub id: DeliveryId,
    /// Its latest attempt: what is redelivered.
    pub attempt: DeliveryAttemptId,
    /// When that was made.
    pub delivered_at: Timestamp,
    /// What we answered; 0 when GitHub got no answer.
    pub status_code: u16,
    /// `X-GitHub-Event`.
    pub event: String,
    /// The installation it concerns.
    pub installation: Option<InstallationId>,
    /// Attempts so far, as far as they were made since the time asked for.
    pub attempts: u32,
}

#[derive(Deserialize)]
struct Attempt {
    id: DeliveryAttemptId,
    guid: DeliveryId,
    delivered_at: Timestamp,
    status_code: i64,
    event: String,
    installation_id: Option<InstallationId>,
}

impl GitHubApp {
    /// Deliveries made at or after `since` that were never answered with 2xx, oldest first.
    ///
    /// # Errors
    /// [`Error::CredentialRejected`] when the key does not fit the App; GitHub's trouble.
    pub async fn failed_deliveries(&self, since: Timestamp) -> Result<Vec<FailedDelivery>, Error> {
        let call = Call::get("GET /app/hook/deliveries", &[]).query("per_page=100");
        // Newest first: a page that reaches further back than asked is the last one that is needed.
        let recent = |page: &[Attempt]| page.iter().all(|attempt| attempt.delivered_at >= since);
        let attempts: Vec<Attempt> = self.client.pages_while(&call, recent).await?;
        Ok(failed(attempts.into_iter().filter(|attempt| attempt.delivered_at >= since)))
    }

    /// Has a delivery made once more. GitHub answers before it is made.
    ///
    /// # Errors
    /// [`Error::Invalid`] when GitHub does not keep the attempt any more; GitHub's trouble.
    pub async fn redeliver(&self, attempt: DeliveryAttemptId) -> Result<(), Error> {
        let call = Call::to("POST /app/hook/deliveries/{delivery_id}/attempts", &[&attempt.to_string()]);
        // Made twice, the second is a duplicate, which deliveries are anyway.
        self.client.tell(&call.carrying(&serde_json::json!({})).repeatable()).await
    }
}

fn failed(attempts: impl Iterator<Item = Attempt>) -> Vec<FailedDelivery> {
    let mut accepted = BTreeSet::new();
    let mut failed: BTreeMap<DeliveryId, FailedDelivery> = BTreeMap::new();
    for attempt in attempts {
        if (200..300).contains(&attempt.status_code) {
            accepted.insert(attempt.guid);
            continue;
        }
        let entry = failed.entry(attempt.guid.clone()).or_insert_with(|| FailedDelivery {
            id: attempt.guid,
            attempt: attempt.id,
            delivered_at: attempt.delivered_at,
            status_code: u16::try_from(attempt.status_code).unwrap_or(0),
            event: attempt.event,
            installation: attempt.installation_id,
            attempts: 0,
        });
        entry.attempts += 1;
        if attempt.delivered_at > entry.delivered_at {
            (entry.attempt, entry.delivered_at) = (attempt.id, attempt.delivered_at);
        }
    }
    let mut failed: Vec<_> = failed.into_values().filter(|one| !accepted.contains(&one.id)).collect();
    failed.sort_by_key(|one| (one.delivered_at, one.attempt));
    failed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(id: u64, guid: &str, minute: u8, status_code: i64) -> Attempt {
        Attempt {
            id: DeliveryAttemptId::new(id),
            guid: guid.parse().unwrap(),
            delivered_at: format!("2026-01-01T00:{minute:02}:00Z").parse().unwrap(),
            status_code,
            event: "push".to_owned(),
            installation_id: None,
        }
    }

    #[test]
    fn a_delivery_that_was_accepted_once_is_not_failed() {
        let attempts = [
            attempt(4, "b", 4, 0),
            attempt(3, "a", 3, 202),
            attempt(2, "b", 2, 503),
            attempt(1, "a", 1, 500),
        ];
        let failed = failed(attempts.into_iter());
        let seen: Vec<_> =
            failed.iter().map(|one| (one.id.as_str(), one.attempt.get(), one.attempts)).collect();
        assert_eq!(seen, [("b", 4, 2)]);
    }
}
