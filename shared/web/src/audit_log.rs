//! `/api/orgs/{org}/audit-log`: for people newest first, for export oldest first as NDJSON.
//!
//! An export is read a page at a time, of up to 1,000 entries: an answer stays below the 6 MB that a Lambda may give,
//! and the memory that it takes is bounded. The pages of an unfiltered export, one after the other, are what
//! `scrutineer audit verify` reads.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{OriginalUri, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Uri,
        header::{CONTENT_TYPE, LINK},
    },
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use scrutineer_core::ids::{AuditId, Login, RepoName};
use scrutineer_service::{
    App,
    access::Action,
    audit::{
        self,
        read::{AuditFilter, Order},
    },
    page::Page,
    records::{AuditEntry, AuditHash, AuditHead},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::Caller,
    extract::{self, At, Query, accepts, some},
    listing::{List, listed, next_link},
    orgs::{ActorView, OrgPath},
    problem::Problem,
};

/// Most entries of a page.
const MAX_LIMIT: usize = 1_000;
/// Entries of a list when the client does not say.
const DEFAULT_LIMIT: usize = 50;
/// The export's type.
const NDJSON: &str = "application/x-ndjson";
/// Where the log ends, as `SEQUENCE:HASH`, to be noted apart.
const AUDIT_HEAD: HeaderName = HeaderName::from_static("audit-head");

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(head))
}

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Actions, separated by commas or repeated: `bundle.pinned`, or `bundle` for all on bundles.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    action: extract::List<String>,
    /// Who: `token:ci`, or the name alone, or the id.
    #[serde(default, deserialize_with = "some")]
    actor: Option<String>,
    /// About this repository, as `owner/name`.
    #[serde(default, deserialize_with = "some")]
    #[param(value_type = Option<String>)]
    repository: Option<RepoName>,
    /// At this time or later.
    #[serde(default, deserialize_with = "some")]
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Before this time.
    #[serde(default, deserialize_with = "some")]
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Entries of a page; 50 in a list, 1,000 in an export.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: AuditLimit,
    /// `next` of the page before.
    #[serde(default, deserialize_with = "some")]
    cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, Default)]
struct AuditLimit(Option<usize>);

impl<'de> Deserialize<'de> for AuditLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let fits = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
        fits.map(|limit| Self(Some(limit)))
            .ok_or_else(|| D::Error::custom(format_args!("a limit is a number from 1 to {MAX_LIMIT}")))
    }
}

/// One thing that happened.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
struct EntryView {
    /// `noun.verb`, e.g. `bundle.pinned`.
    action: String,
    actor: ActorView,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// More about it.
    detail: BTreeMap<String, String>,
    /// SHA-256 over all other fields, as hex digits.
    #[schema(value_type = String)]
    hash: AuditHash,
    #[schema(value_type = String, format = "uuid")]
    id: AuditId,
    #[schema(value_type = String)]
    org: Login,
    /// Hash of the entry before it.
    #[schema(value_type = String)]
    previous: AuditHash,
    /// The repository it is about.
    #[schema(value_type = Option<String>)]
    repository: Option<RepoName>,
    /// The request that led to it.
    request_id: Option<String>,
    /// Its number, from 1, without a gap.
    sequence: u64,
    /// What it was done to.
    subject: String,
}

impl From<AuditEntry> for EntryView {
    fn from(entry: AuditEntry) -> Self {
        Self {
            action: entry.action.to_string(),
            actor: entry.actor.into(),
            at: entry.at,
            detail: entry.detail,
            hash: entry.hash,
            id: entry.id,
            org: entry.org,
            previous: entry.previous,
            repository: entry.repository,
            request_id: entry.request_id,
            sequence: entry.sequence,
            subject: entry.subject,
        }
    }
}

/// Where a log ends.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditHead)]
struct HeadView {
    /// Number of the last entry; 0 for an empty log.
    sequence: u64,
    /// Its hash; 64 zeros for an empty log.
    #[schema(value_type = String)]
    hash: AuditHash,
    /// Both as `scrutineer audit verify --head` takes them.
    head: String,
}

impl From<Option<AuditHead>> for HeadView {
    fn from(head: Option<AuditHead>) -> Self {
        let (sequence, hash) = head.map_or_else(|| (0, AuditHash::none()), |head| (head.sequence, head.hash));
        Self { head: format!("{sequence}:{hash}"), sequence, hash }
    }
}

/// Read an organization's audit log: newest first; with `Accept: application/x-ndjson` oldest first, an entry per line
///
/// A page can be short, even empty, and still have a next one: `next`, or the `Link` header of an export.
#[utoipa::path(
    get, path = "/api/orgs/{org}/audit-log", tag = "policy", operation_id = "read_audit_log",
    params(OrgPath, Filter),
    responses((status = 200, description = "A page of entries",
        content((List<EntryView> = "application/json"), (String = "application/x-ndjson")),
        headers(("Audit-Head" = Option<String>, description = "Of an export: where the log ends, as SEQUENCE:HASH"))))
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    At(at): At<OrgPath>,
    asked: (OriginalUri, HeaderMap),
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    caller.may(Action::ReadAudit, &at.org)?;
    let (OriginalUri(uri), headers) = asked;
    let export = accepts(&headers, NDJSON);
    let (order, default) =
        if export { (Order::OldestFirst, MAX_LIMIT) } else { (Order::NewestFirst, DEFAULT_LIMIT) };
    let from = (filter.limit.0.unwrap_or(default), filter.cursor.as_deref());
    let wanted = AuditFilter {
        actions: filter.action.0,
        actor: filter.actor,
        repository: filter.repository,
        from: filter.from,
        to: filter.to,
    };
    if !export {
        let page = audit::read::page(&app, &at.org, &wanted, order, from).await?;
        return Ok(listed(&uri, page.map(EntryView::from)));
    }
    // Noted before the entries are read: what is appended meanwhile may be in them, what is noted is.
    let head = HeadView::from(audit::head(&app, &at.org).await?);
    let page = audit::read::page(&app, &at.org, &wanted, order, from).await?;
    exported(&uri, &page, &head)
}

fn exported(asked: &Uri, page: &Page<AuditEntry>, head: &HeadView) -> Result<Response, Problem> {
    let mut lines = Vec::new();
    for entry in &page.items {
        serde_json::to_writer(&mut lines, entry).map_err(|error| Problem::internal(error.into()))?;
        lines.push(b'\n');
    }
    let mut response = ([(CONTENT_TYPE, NDJSON)], lines).into_response();
    if let Ok(head) = HeaderValue::from_str(&head.head) {
        response.headers_mut().insert(AUDIT_HEAD, head);
    }
    if let Some(link) = page.next.as_deref().and_then(|cursor| next_link(asked, cursor)) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

/// Read where an audit log ends: note it apart, to find out later whether the log was cut off
#[utoipa::path(
    get, path = "/api/orgs/{org}/audit-log/head", tag = "policy", operation_id = "read_audit_head",
    params(OrgPath),
    responses((status = 200, description = "The head", body = HeadView))
)]
async fn head(
    State(app): State<App>,
    caller: Caller,
    At(at): At<OrgPath>,
) -> Result<Json<HeadView>, Problem> {
    caller.may(Action::ReadAudit, &at.org)?;
    Ok(Json(audit::head(&app, &at.org).await?.into()))
}
