//! `/api/webhooks/github`: deliveries of the GitHub App, and what became of them.

use axum::{
    Json,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, OriginalUri, Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use scrutineer_service::{
    App, Cursor,
    access::Action,
    deliveries::{
        self, Accepted, DELIVERY_HEADER, EVENT_HEADER, Incoming, LONGEST_BODY, SIGNATURE_HEADER, Summary,
    },
    records::{Delivery, DeliveryState},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::Caller,
    extract::{Query, some},
    listing::{Limit, List, listed},
    problem::{FieldError, Problem},
};

/// For GitHub: signed instead of with a token.
pub(crate) fn public() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(receive)).layer(DefaultBodyLimit::max(LONGEST_BODY))
}

/// For operators.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(counters))
}

/// The bytes of a delivery, within GitHub's and the front door's limit.
struct Payload(Bytes);

impl<S: Send + Sync> FromRequest<S> for Payload {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Bytes::from_request(request, state).await.map(Self).map_err(|_| Problem::too_large(LONGEST_BODY))
    }
}

/// What was decided about a delivery.
#[derive(Serialize, ToSchema)]
struct AcceptedView {
    /// `X-GitHub-Delivery`.
    delivery: String,
    /// `accepted` or `ignored`; for one that came before what it is by now.
    state: String,
    /// Whether it came before; then nothing was done.
    repeated: bool,
}

impl From<Accepted> for AcceptedView {
    fn from(accepted: Accepted) -> Self {
        Self {
            delivery: accepted.delivery.to_string(),
            state: word(accepted.state).to_owned(),
            repeated: accepted.repeated,
        }
    }
}

fn word(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Requested => "requested",
        DeliveryState::Accepted => "accepted",
        DeliveryState::Processed => "processed",
        DeliveryState::Ignored => "ignored",
        DeliveryState::Failed => "failed",
        DeliveryState::Lost => "lost",
    }
}

/// Receive a delivery of the GitHub App
///
/// The body is signed with the webhook secret (`X-Hub-Signature-256`). The work is done later: the answer says that
/// the delivery will not be lost, not that it is done.
#[utoipa::path(
    post, path = "/api/webhooks/github", tag = "webhooks", operation_id = "receive_webhook",
    params(
        ("X-GitHub-Event" = String, Header, description = "Name of the event"),
        ("X-GitHub-Delivery" = String, Header, description = "GUID of the delivery"),
        ("X-Hub-Signature-256" = String, Header, description = "HMAC-SHA-256 of the body"),
    ),
    responses(
        (status = 202, description = "Accepted", body = AcceptedView),
        (status = 400, description = "The delivery is signed and cannot be read"),
        (status = 401, description = "The delivery is not signed with the webhook secret"),
        (status = 413, description = "The body has more than 6 MiB"),
    )
)]
async fn receive(State(app): State<App>, headers: HeaderMap, body: Payload) -> Result<Response, Problem> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let incoming = Incoming {
        event: header(EVENT_HEADER),
        delivery: header(DELIVERY_HEADER),
        signature: header(SIGNATURE_HEADER),
        body: &body.0,
    };
    let accepted = deliveries::accept(&app, &incoming).await?;
    tracing::Span::current().record("delivery.id", tracing::field::display(&accepted.delivery));
    Ok((StatusCode::ACCEPTED, Json(AcceptedView::from(accepted))).into_response())
}

/// The day in question.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Day {
    /// UTC day; today without it.
    #[serde(default, deserialize_with = "some")]
    #[param(example = "2026-11-22", value_type = Option<String>, format = "date")]
    day: Option<String>,
}

/// The day in question, a page at a time.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DayPage {
    /// UTC day; today without it.
    #[serde(default, deserialize_with = "some")]
    #[param(example = "2026-11-22", value_type = Option<String>, format = "date")]
    day: Option<String>,
    /// Entries of a page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// `next` of the page before.
    #[serde(default, deserialize_with = "some")]
    cursor: Option<String>,
}

/// A time of the UTC day; now without one.
fn time_of(app: &App, day: Option<&str>) -> Result<Timestamp, Problem> {
    let Some(day) = day else { return Ok(app.clock.now()) };
    let date: Option<Date> = day.parse().ok();
    let start = date.and_then(|date| date.to_zoned(TimeZone::UTC).ok()).map(|zoned| zoned.timestamp());
    start.ok_or_else(|| {
        Problem::invalid("invalid_query", FieldError::query("day", "a day is written `YYYY-MM-DD`"))
    })
}

/// A delivery.
#[derive(Serialize, ToSchema)]
struct DeliveryView {
    /// `X-GitHub-Delivery`.
    delivery: String,
    /// `X-GitHub-Event`.
    event: String,
    /// The action, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    action: Option<String>,
    /// The repository it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    repository: Option<String>,
    /// When it was received.
    #[schema(value_type = String, format = "date-time")]
    received_at: Timestamp,
    /// `requested`, `accepted`, `processed`, `ignored`, `failed` or `lost`.
    state: String,
    /// Whether it had to be asked for again.
    recovered: bool,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            delivery: delivery.guid.to_string(),
            event: delivery.event,
            action: delivery.action,
            repository: delivery.repository.map(|repository| repository.to_string()),
            received_at: delivery.received_at,
            state: word(delivery.state).to_owned(),
            recovered: delivery.recovered,
        }
    }
}

/// List the deliveries of a day that are done, oldest first
#[utoipa::path(
    get, path = "/api/deliveries", tag = "webhooks", operation_id = "list_deliveries", params(DayPage),
    responses((status = 200, description = "A page of deliveries", body = List<DeliveryView>))
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    OriginalUri(uri): OriginalUri,
    Query(wanted): Query<DayPage>,
) -> Result<Response, Problem> {
    caller.may(Action::ReadDeliveries, None)?;
    let at = time_of(&app, wanted.day.as_deref())?;
    let page = deliveries::of_day(&app, at, wanted.limit.0, wanted.cursor.map(Cursor::new)).await?;
    Ok(listed(&uri, page.map(DeliveryView::from)))
}

/// Count the deliveries of a day
#[utoipa::path(
    get, path = "/api/deliveries/counters", tag = "webhooks", operation_id = "count_deliveries", params(Day),
    responses((status = 200, description = "How many, by what became of them", body = Summary))
)]
async fn counters(
    State(app): State<App>,
    caller: Caller,
    Query(day): Query<Day>,
) -> Result<Json<Summary>, Problem> {
    caller.may(Action::ReadDeliveries, None)?;
    Ok(Json(deliveries::summary(&app, time_of(&app, day.day.as_deref())?).await?))
}
