//! `/api/bundles` and `/api/orgs/{org}/policy-bundle`.

use axum::{
    Json,
    extract::{OriginalUri, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION},
    },
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use scrutineer_core::ids::{Login, SemVer};
use scrutineer_policy::{Bundle, BundleDiff};
use scrutineer_service::{
    App,
    access::Action,
    bundles::{self, Pinned, Wanted},
    records::{BundleName, BundleVersion, Pin},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::Caller,
    body::Body,
    extract::{At, Query, accepts},
    listing::{List, Paging, listed},
    orgs::{ActorView, OrgPath},
    problem::Problem,
    validators::{Version, required_version},
};

/// What is published does not change. `private`: it is for who may see it, not for shared caches.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(built_ins))
        .routes(routes!(built_in))
        .routes(routes!(pinned, put))
        .routes(routes!(versions, publish))
        .routes(routes!(version))
        .routes(routes!(diff))
        .routes(routes!(history))
}

/// The built-in bundle in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct BuiltInPath {
    /// `default`, `strict` or `permissive`.
    bundle_id: String,
}

/// The version in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct VersionPath {
    /// The organization's login.
    #[param(value_type = String)]
    org: Login,
    /// A published version (`1.2.0`), or a built-in bundle (`default@1.0.0`; `strict` for what the product has now).
    version: String,
}

/// The two versions in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct DiffPath {
    /// The organization's login.
    #[param(value_type = String)]
    org: Login,
    /// The first one, named as for reading a version.
    version: String,
    /// The second one.
    other: String,
}

/// The bundles of the product.
#[derive(Serialize, ToSchema)]
#[schema(as = Bundles)]
struct BundlesView {
    items: Vec<Bundle>,
}

/// A published version.
#[derive(Serialize, ToSchema)]
#[schema(as = BundleVersion)]
struct VersionView {
    #[schema(value_type = String)]
    version: SemVer,
    /// The bundle's name for people.
    name: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    published_at: Timestamp,
    published_by: ActorView,
}

impl From<BundleVersion> for VersionView {
    fn from(version: BundleVersion) -> Self {
        let BundleVersion { version, name, published_at, published_by, .. } = version;
        Self { version, name, published_at, published_by: published_by.into() }
    }
}

/// What was pinned, when, and by whom.
#[derive(Serialize, ToSchema)]
#[schema(as = Pin)]
struct PinView {
    /// Counts the organization's pins, from 1.
    revision: u64,
    /// `1.2.0` of the organization's own, or `default@1.0.0` of the product's.
    #[schema(value_type = String)]
    bundle: BundleName,
    #[schema(value_type = String, format = DateTime)]
    pinned_at: Timestamp,
    pinned_by: ActorView,
}

impl From<Pin> for PinView {
    fn from(pin: Pin) -> Self {
        let Pin { revision, bundle, pinned_at, pinned_by, .. } = pin;
        Self { revision, bundle, pinned_at, pinned_by: pinned_by.into() }
    }
}

/// A bundle that is there already: `{"version": "1.2.0"}` of the organization's own, `{"id": "strict"}` of the product.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BundleReference {
    /// Id of a built-in bundle; left out for the organization's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id: Option<String>,
    /// The version; may be left out for a built-in bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    version: Option<SemVer>,
}

/// What shall be pinned: a document, or the name of one.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum NewPin {
    Document(Box<Bundle>),
    Reference(BundleReference),
}

impl NewPin {
    /// A body with `policies` is a document; one that has nothing but an id and a version names one.
    fn read(body: &Body) -> Result<Self, Problem> {
        let value: Value = body.parse()?;
        let is_name = |fields: &serde_json::Map<String, Value>| {
            !fields.is_empty() && fields.keys().all(|name| name == "id" || name == "version")
        };
        if value.as_object().is_some_and(is_name) {
            return Ok(Self::Reference(body.parse()?));
        }
        Ok(Self::Document(body.parse()?))
    }

    fn wanted(self) -> Wanted {
        match self {
            Self::Document(bundle) => Wanted::Document(bundle),
            Self::Reference(BundleReference { id, version: Some(version) }) => {
                Wanted::Existing(BundleName { built_in: id, version })
            }
            Self::Reference(BundleReference { id, version: None }) => Wanted::BuiltIn(id.unwrap_or_default()),
        }
    }
}

/// List the bundles that come with the product
#[utoipa::path(
    get, path = "/api/bundles", tag = "policy", operation_id = "list_built_in_bundles",
    responses((status = 200, description = "The bundles", body = BundlesView))
)]
async fn built_ins(caller: Caller) -> Result<Json<BundlesView>, Problem> {
    caller.may(Action::ReadBundles, None)?;
    Ok(Json(BundlesView { items: bundles::built_ins() }))
}

/// Read a bundle that comes with the product
#[utoipa::path(
    get, path = "/api/bundles/{bundle_id}", tag = "policy", operation_id = "read_built_in_bundle",
    params(BuiltInPath),
    responses((status = 200, description = "The bundle", body = Bundle))
)]
async fn built_in(caller: Caller, At(at): At<BuiltInPath>) -> Result<Json<Bundle>, Problem> {
    caller.may(Action::ReadBundles, None)?;
    Ok(Json(bundles::built_in_bundle(&at.bundle_id)?))
}

/// Read the bundle that an organization pinned
///
/// Where nothing was ever pinned it is the built-in bundle `default`, without `pinnedAt`.
#[utoipa::path(
    get, path = "/api/orgs/{org}/policy-bundle", tag = "policy", operation_id = "read_pinned_bundle",
    params(OrgPath),
    responses((status = 200, description = "The bundle; its `ETag` is for pinning another", body = Bundle))
)]
async fn pinned(State(app): State<App>, caller: Caller, At(at): At<OrgPath>) -> Result<Response, Problem> {
    caller.may(Action::ReadPolicy, &at.org)?;
    Ok(shown(bundles::pinned(&app, &at.org).await?))
}

/// Pin a bundle for an organization
///
/// A document is published under its version first. The name of a bundle that is there already pins that one: rolling
/// back is pinning an earlier version.
#[utoipa::path(
    put, path = "/api/orgs/{org}/policy-bundle", tag = "policy", operation_id = "pin_bundle",
    params(OrgPath, ("If-Match" = String, Header, description = "`ETag` of the pinned bundle, or `*`")),
    request_body = NewPin,
    responses(
        (status = 200, description = "The bundle as it is pinned now", body = Bundle),
        (status = 409, description = "The version is published with other content"),
        (status = 412, description = "Another bundle was pinned meanwhile"),
        (status = 428, description = "`If-Match` is missing"),
    )
)]
async fn put(
    State(app): State<App>,
    caller: Caller,
    At(at): At<OrgPath>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    caller.may(Action::AdministerPolicy, &at.org)?;
    let wanted = NewPin::read(&body)?.wanted();
    let expected = required_version(&headers)?;
    Ok(shown(bundles::put(&app, &at.org, &caller.by(), wanted, expected).await?))
}

/// List the versions that an organization published, highest first
#[utoipa::path(
    get, path = "/api/orgs/{org}/policy-bundle/versions", tag = "policy", operation_id = "list_bundle_versions",
    params(OrgPath, Paging),
    responses((status = 200, description = "A page of versions", body = List<VersionView>))
)]
async fn versions(
    State(app): State<App>,
    caller: Caller,
    At(at): At<OrgPath>,
    OriginalUri(uri): OriginalUri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    caller.may(Action::ReadPolicy, &at.org)?;
    let page = bundles::versions(&app, &at.org, paging.limit(), paging.cursor()).await?;
    Ok(listed(&uri, page.map(VersionView::from)))
}

/// Publish a version without pinning it
#[utoipa::path(
    post, path = "/api/orgs/{org}/policy-bundle/versions", tag = "policy", operation_id = "publish_bundle",
    params(OrgPath), request_body = Bundle,
    responses(
        (status = 201, description = "Published", body = VersionView,
            headers(("Location" = String, description = "Its address"))),
        (status = 200, description = "It was published with the same content before", body = VersionView),
        (status = 409, description = "The version is published with other content"),
    )
)]
async fn publish(
    State(app): State<App>,
    caller: Caller,
    At(at): At<OrgPath>,
    body: Body,
) -> Result<Response, Problem> {
    caller.may(Action::AdministerPolicy, &at.org)?;
    let published = bundles::publish(&app, &at.org, &caller.by(), body.parse()?).await?;
    let status = if published.new { StatusCode::CREATED } else { StatusCode::OK };
    let version = published.version;
    let location = format!("/api/orgs/{}/policy-bundle/versions/{}", at.org, version.version);
    Ok((status, [(LOCATION, location)], Json(VersionView::from(version))).into_response())
}

/// Read a version
#[utoipa::path(
    get, path = "/api/orgs/{org}/policy-bundle/versions/{version}", tag = "policy",
    operation_id = "read_bundle_version", params(VersionPath),
    responses((status = 200, description = "The bundle; it never changes", body = Bundle))
)]
async fn version(
    State(app): State<App>,
    caller: Caller,
    At(at): At<VersionPath>,
) -> Result<Response, Problem> {
    caller.may(Action::ReadPolicy, &at.org)?;
    let bundle = bundles::named(&app, &at.org, &at.version).await?;
    let mut response = Json(bundle).into_response();
    // A name without a version means something else after an update of the product.
    if at.version.parse::<BundleName>().is_ok() {
        response.headers_mut().insert(CACHE_CONTROL, IMMUTABLE);
    }
    Ok(response)
}

/// Compare two bundles: what rules do, not what the documents say
#[utoipa::path(
    get, path = "/api/orgs/{org}/policy-bundle/versions/{version}/diff/{other}", tag = "policy",
    operation_id = "diff_bundles", params(DiffPath),
    responses((status = 200, description = "The difference; with `Accept: text/plain` a line per change",
        content((BundleDiff = "application/json"), (String = "text/plain"))))
)]
async fn diff(
    State(app): State<App>,
    caller: Caller,
    At(at): At<DiffPath>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.may(Action::ReadPolicy, &at.org)?;
    let diff = bundles::compare(&app, &at.org, &at.version, &at.other).await?;
    if accepts(&headers, "text/plain") {
        return Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], diff.to_string()).into_response());
    }
    Ok(Json(diff).into_response())
}

/// List what an organization pinned, newest first
#[utoipa::path(
    get, path = "/api/orgs/{org}/policy-bundle/history", tag = "policy", operation_id = "list_pins",
    params(OrgPath, Paging),
    responses((status = 200, description = "A page of pins", body = List<PinView>))
)]
async fn history(
    State(app): State<App>,
    caller: Caller,
    At(at): At<OrgPath>,
    OriginalUri(uri): OriginalUri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    caller.may(Action::ReadPolicy, &at.org)?;
    let page = bundles::history(&app, &at.org, paging.limit(), paging.cursor()).await?;
    Ok(listed(&uri, page.map(PinView::from)))
}

fn shown(pinned: Pinned) -> Response {
    let version = Version(pinned.revision());
    let mut response = Json(pinned.bundle).into_response();
    response.extensions_mut().insert(version);
    response
}
