//! Who calls: the bearer token of a request, and what its holder may.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
    middleware::Next,
    response::Response,
};
use scrutineer_core::{Failure, ids::CustomerId};
use scrutineer_service::{
    App,
    access::{self, Action, Principal, Resource},
    audit::By,
};
use secrecy::SecretString;

use crate::{context::RequestId, problem::Problem};

/// Lets requests with a valid token through, with their [`Principal`]; all others end here with 401.
pub(crate) async fn authenticate(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let token = bearer(request.headers()).ok_or_else(Problem::anonymous)?;
    let principal = access::authenticate(&app, &token).await?.ok_or_else(Problem::bad_token)?;
    tracing::Span::current().record("caller", &principal.name);
    request.extensions_mut().insert(principal);
    Ok(next.run(request).await)
}

/// The token of `Authorization: Bearer …`; the scheme's name compares without case (RFC 9110, 11.1).
fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned().into())
}

/// The caller of an endpoint behind [`authenticate`].
pub(crate) struct Caller {
    principal: Principal,
    request_id: Option<String>,
}

impl Caller {
    /// Whether it may do `action` to what belongs to a customer or an organization; `None` for what belongs to nobody.
    pub(crate) fn may<'a>(&self, action: Action, what: impl Into<Resource<'a>>) -> Result<(), Problem> {
        let what = what.into();
        match what {
            Resource::Nothing => {}
            Resource::Customer(id) => {
                tracing::Span::current().record("customer.id", tracing::field::display(id));
            }
            Resource::Org(org) => {
                tracing::Span::current().record("org", tracing::field::display(org));
            }
        }
        Ok(access::authorize(&self.principal, action, what)?)
    }

    /// Who it is, for the audit log.
    pub(crate) fn by(&self) -> By {
        By { actor: self.principal.actor.clone(), request_id: self.request_id.clone() }
    }

    /// As [`Caller::may`] for something that was found by its own id: what belongs to another customer is answered
    /// like what does not exist, without the other customer's id.
    pub(crate) fn may_with(
        &self,
        action: Action,
        owner: CustomerId,
        not_found: impl FnOnce() -> Failure,
    ) -> Result<(), Problem> {
        match access::authorize(&self.principal, action, Some(owner)) {
            Err(failure) if failure.code() == Some("not_found") => Err(not_found().into()),
            other => {
                tracing::Span::current().record("customer.id", tracing::field::display(owner));
                Ok(other?)
            }
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let principal = parts.extensions.get::<Principal>().cloned();
        let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
        principal.map(|principal| Self { principal, request_id }).ok_or_else(|| {
            Problem::internal(anyhow::anyhow!("an endpoint for members is outside of authentication"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn only_bearer_tokens_are_taken() {
        let token = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            bearer(&headers).map(|token| token.expose_secret().to_owned())
        };
        assert_eq!(token("Bearer scr_x").as_deref(), Some("scr_x"));
        assert_eq!(token("bearer  scr_x ").as_deref(), Some("scr_x"));
        for other in ["scr_x", "Basic scr_x", "Bearer", "Bearer ", ""] {
            assert_eq!(token(other), None, "{other}");
        }
    }
}
