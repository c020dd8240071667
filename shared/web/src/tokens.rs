//! `/api/tokens`. A token's text stands in the answer to its creation and nowhere else.

use axum::{
    Json,
    extract::{OriginalUri, State},
    http::StatusCode,
    response::Response,
};
use jiff::Timestamp;
use scrutineer_core::ids::{CustomerId, Login};
use scrutineer_service::{
    App,
    access::{self, Action, TokenRequest},
    records::Token,
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::Caller,
    body::Body,
    extract::{At, Query},
    listing::{List, Paging, listed},
    problem::Problem,
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(revoke))
}

/// The token in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct TokenPath {
    /// Id of the token as listed: 12 hex digits.
    token_id: String,
}

/// An API token, without its text.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
struct TokenView {
    /// 12 hex digits.
    id: String,
    name: String,
    /// `operator`, `manage`, `scan`, `read`, `administer_policy`, `request_overrides`, `approve_overrides`.
    scopes: Vec<String>,
    /// The only customer that it sees; null for all.
    #[schema(value_type = Option<String>, format = "uuid")]
    customer_id: Option<CustomerId>,
    /// The only organization that it sees; null for all.
    #[schema(value_type = Option<String>)]
    organization: Option<Login>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Null for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// A token as it was just made.
#[derive(Serialize, ToSchema)]
struct CreatedToken {
    #[serde(flatten)]
    token: TokenView,
    /// The token's text. It is not shown again.
    #[serde(rename = "token")]
    text: String,
}

impl From<Token> for TokenView {
    fn from(token: Token) -> Self {
        Self {
            id: token.digest.short().to_owned(),
            name: token.name,
            scopes: token.scopes,
            customer_id: token.customer,
            organization: token.organization,
            created_at: token.created_at,
            expires_at: token.expires_at,
        }
    }
}

/// Make a token; the answer is the only place where its text stands
#[utoipa::path(
    post, path = "/api/tokens", tag = "tokens", operation_id = "create_token", request_body = TokenRequest,
    responses(
        (status = 201, description = "Made", body = CreatedToken),
        (status = 404, description = "There is no such customer"),
    )
)]
async fn create(
    State(app): State<App>,
    caller: Caller,
    body: Body,
) -> Result<(StatusCode, Json<CreatedToken>), Problem> {
    caller.may(Action::AdministerTokens, None)?;
    let new = access::create_token(&app, &caller.by(), &body.parse::<TokenRequest>()?).await?;
    let created = CreatedToken { text: new.secret.expose_secret().to_owned(), token: new.record.into() };
    Ok((StatusCode::CREATED, Json(created)))
}

/// List tokens, oldest first
#[utoipa::path(
    get, path = "/api/tokens", tag = "tokens", operation_id = "list_tokens", params(Paging),
    responses((status = 200, description = "A page of tokens", body = List<TokenView>))
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    OriginalUri(uri): OriginalUri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    caller.may(Action::AdministerTokens, None)?;
    let page = access::list_tokens(&app, paging.limit(), paging.cursor()).await?;
    Ok(listed(&uri, page.map(TokenView::from)))
}

/// Revoke a token
#[utoipa::path(
    delete, path = "/api/tokens/{token_id}", tag = "tokens", operation_id = "revoke_token", params(TokenPath),
    responses((status = 204, description = "Revoked"))
)]
async fn revoke(
    State(app): State<App>,
    caller: Caller,
    At(at): At<TokenPath>,
) -> Result<StatusCode, Problem> {
    caller.may(Action::AdministerTokens, None)?;
    access::revoke_token(&app, &caller.by(), &at.token_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
