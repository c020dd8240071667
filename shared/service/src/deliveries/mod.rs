//! Webhook deliveries: accepted within one call, worked on from the queue.
//!
//! The order is what makes them safe: the signature over the raw bytes, then the parser; the job into the queue, then
//! the row. A crash in between leaves a delivery that GitHub saw fail, and a second run of its job changes nothing. No
//! GitHub call happens here: GitHub waits 10 seconds for the answer and never tries again on its own.

mod log;
mod route;

use scrutineer_aws::{
    Envelope,
    records::{Delivery, DeliveryState},
};
use scrutineer_core::{
    Failure,
    ids::{DeliveryId, MessageId},
};
use scrutineer_github::webhook::Event;
pub use scrutineer_github::webhook::{DELIVERY_HEADER, EVENT_HEADER, LONGEST_BODY, SIGNATURE_HEADER};

use crate::App;

pub use log::{Summary, of_day, summary};
pub(crate) use log::{requested, resend_unprocessed, settled};
pub(crate) use route::RERUN;

/// A request as it arrived.
pub struct Incoming<'a> {
    /// `X-GitHub-Event`.
    pub event: Option<&'a str>,
    /// `X-GitHub-Delivery`.
    pub delivery: Option<&'a str>,
    /// `X-Hub-Signature-256`.
    pub signature: Option<&'a str>,
    /// The bytes that were signed.
    pub body: &'a [u8],
}

/// What was decided about a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its id.
    pub delivery: DeliveryId,
    /// [`DeliveryState::Accepted`] or [`DeliveryState::Ignored`]; what it is by now, for one that came before.
    pub state: DeliveryState,
    /// Whether it came before.
    pub repeated: bool,
}

/// Accepts a delivery. A second one with the same id changes nothing.
///
/// # Errors
/// Permanent `webhooks_off` (no secret is configured), `webhook_unsigned` (401), `malformed_webhook` (400); transient
/// when the queue does not take the job, so that GitHub lists the delivery as failed.
pub async fn accept(app: &App, incoming: &Incoming<'_>) -> Result<Accepted, Failure> {
    let secrets = app.webhooks.as_ref().ok_or_else(text::off)?;
    secrets.verify(incoming.signature, incoming.body).map_err(|error| text::unsigned().caused_by(error))?;
    let id: DeliveryId = incoming
        .delivery
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| text::malformed("the header `X-GitHub-Delivery` is missing or no GUID"))?;
    let name = incoming.event.ok_or_else(|| text::malformed("the header `X-GitHub-Event` is missing"))?;
    let event = Event::parse(name, incoming.body).map_err(|error| text::malformed(&error.to_string()))?;
    let known = app.store.get(&Delivery::key_of(&id)).await?;
    let asked_for = known.as_ref().is_some_and(|known| known.state == DeliveryState::Requested);
    if let Some(known) = known.filter(|_| !asked_for) {
        return Ok(Accepted { delivery: id, state: known.state, repeated: true });
    }
    let mut row = Delivery { recovered: asked_for, ..row(app, &id, name, &event) };
    if let Some(job) = route::job(&event, &id) {
        let envelope = job.envelope(MessageId::new(&app.clock))?;
        row.queue = Some(envelope.queue());
        row.job = Some(envelope.body());
        app.queue.send(vec![envelope]).await?;
        row.state = DeliveryState::Accepted;
    }
    let state = row.state;
    // The job is on its way; without the row a redelivery would send it once more, which is harmless.
    if let Err(error) = app.store.put(&row).await {
        tracing::warn!(error = %error, delivery.id = %id, "an accepted delivery was not written down");
    }
    Ok(Accepted { delivery: id, state, repeated: false })
}

fn row(app: &App, id: &DeliveryId, name: &str, event: &Event) -> Delivery {
    Delivery {
        guid: id.clone(),
        event: name.chars().take(64).collect(),
        action: route::action(event),
        repository: event.origin().map(|origin| origin.repo.name.clone()),
        received_at: app.clock.now(),
        state: DeliveryState::Ignored,
        recovered: false,
        sent_again: 0,
        queue: None,
        job: None,
    }
}

/// A job of either kind.
pub(crate) enum Job {
    /// For the verifier.
    Verify(crate::messages::VerifyChange),
    /// For the events handler.
    Event(crate::messages::HandleEvent),
}

impl Job {
    fn envelope(&self, id: MessageId) -> Result<Envelope, Failure> {
        Ok(match self {
            Self::Verify(message) => Envelope::new(id, message)?,
            Self::Event(message) => Envelope::new(id, message)?,
        })
    }
}

mod text {
    //! What the sender of a delivery reads.

    use scrutineer_core::Failure;

    pub(super) fn off() -> Failure {
        Failure::permanent("webhooks_off", "no webhook secret is configured; the delivery was not looked at")
    }

    /// Does not say what is wrong: a forger learns nothing.
    pub(super) fn unsigned() -> Failure {
        Failure::permanent("webhook_unsigned", "the delivery is not signed with the webhook secret")
    }

    pub(super) fn malformed(why: &str) -> Failure {
        Failure::permanent("malformed_webhook", format!("the delivery cannot be read: {why}"))
    }
}
