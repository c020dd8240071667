//! Who may do what: API tokens, and the one function that decides.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use scrutineer_aws::{
    Cursor, Transaction,
    records::{Token, TokenDigest},
};
use scrutineer_core::{Failure, ids::CustomerId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{App, page::Page, text};

/// Every token begins with this, so that secret scanners can recognize one.
pub const TOKEN_PREFIX: &str = "scr_";
/// Longest life of a token that expires, in days.
pub const MAX_TOKEN_DAYS: u32 = 366;

/// What a token may do. Each is granted on its own; `operator` holds all of them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything, tokens included; never bound to a customer.
    Operator,
    /// Create and change customers and connections.
    Manage,
    /// Start and cancel scans.
    Scan,
    /// Read customers, connections and scans.
    Read,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Operator, Self::Manage, Self::Scan, Self::Read];

    /// The scope as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Manage => "manage",
            Self::Scan => "scan",
            Self::Read => "read",
        }
    }
}

/// What a caller wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read the check registry: any caller with a token.
    ReadChecks,
    /// List all customers, create one, delete one.
    AdministerCustomers,
    /// Read a customer and its connections.
    ReadCustomer,
    /// Rename a customer; create, change, validate and delete its connections.
    ManageCustomer,
    /// Start or cancel a scan.
    RunScan,
    /// Read scans and what belongs to them.
    ReadScan,
    /// Make, list and revoke tokens.
    AdministerTokens,
    /// See which webhook deliveries came and what became of them.
    ReadDeliveries,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// For the log: the token's name.
    pub name: String,
    /// Granted scopes.
    pub scopes: Vec<Scope>,
    /// The only customer it sees; none for all.
    pub customer: Option<CustomerId>,
}

/// Decides. A foreign customer is "not found"; a missing scope is "forbidden".
///
/// # Errors
/// Permanent `not_found` or `forbidden`.
pub fn authorize(who: &Principal, action: Action, customer: Option<CustomerId>) -> Result<(), Failure> {
    if let (Some(bound), Some(wanted)) = (who.customer, customer)
        && bound != wanted
    {
        return Err(text::not_found("customer", wanted));
    }
    let needed: &[Scope] = match action {
        Action::ReadChecks => &[Scope::Read, Scope::Scan, Scope::Manage],
        Action::ReadCustomer | Action::ReadScan => &[Scope::Read],
        Action::ManageCustomer => &[Scope::Manage],
        Action::RunScan => &[Scope::Scan],
        Action::AdministerCustomers | Action::AdministerTokens | Action::ReadDeliveries => &[],
    };
    let operator = who.scopes.contains(&Scope::Operator) && who.customer.is_none();
    if operator || needed.iter().any(|scope| who.scopes.contains(scope)) {
        return Ok(());
    }
    let wanted = needed.first().copied().unwrap_or(Scope::Operator).as_str();
    Err(Failure::permanent("forbidden", format!("the token lacks the scope `{wanted}`")))
}

/// A token as it was just made; the only time that its text is known.
pub struct NewToken {
    /// The token's text.
    pub secret: SecretString,
    /// What is stored of it.
    pub record: Token,
}

/// What a new token shall be.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// What it is for, 1 to 100 characters.
    pub name: String,
    /// What it may do, at least one.
    pub scopes: Vec<Scope>,
    /// The only customer it sees; none for all.
    #[schema(value_type = Option<String>, format = "uuid")]
    pub customer_id: Option<CustomerId>,
    /// Days until it ends, 1 to 366; none for never.
    pub expires_in_days: Option<u32>,
}

/// Makes a token.
///
/// # Errors
/// Permanent `invalid_token_request`.
pub async fn create_token(app: &App, request: &TokenRequest) -> Result<NewToken, Failure> {
    check(request)?;
    if let Some(customer) = request.customer_id {
        crate::customers::get(app, customer).await?;
    }
    let token = mint(app, request)?;
    app.store.put_new(&token.record).await?;
    Ok(token)
}

/// Makes the first operator token of a fresh store; `None` when there is a token already.
///
/// # Errors
/// When the store does not answer.
pub async fn bootstrap(app: &App) -> Result<Option<NewToken>, Failure> {
    if !app.store.query(&Token::all(), 1, None).await?.records.is_empty() {
        return Ok(None);
    }
    let request = TokenRequest {
        name: "first operator".to_owned(),
        scopes: vec![Scope::Operator],
        customer_id: None,
        expires_in_days: None,
    };
    let token = mint(app, &request)?;
    app.store.transact(Transaction::new().put_new(&token.record)).await?;
    Ok(Some(token))
}

/// Who a token belongs to; `None` for an unknown, revoked or expired one.
///
/// # Errors
/// When the store does not answer.
pub async fn authenticate(app: &App, token: &SecretString) -> Result<Option<Principal>, Failure> {
    if !token.expose_secret().starts_with(TOKEN_PREFIX) {
        return Ok(None);
    }
    // The store is asked for a digest, so no comparison of ours could leak the token by its timing.
    let Some(record) = app.store.get(&Token::key_of(&digest(token))).await? else { return Ok(None) };
    if record.expires_at.is_some_and(|end| end <= app.clock.now()) {
        return Ok(None);
    }
    let scopes = Scope::ALL.into_iter().filter(|scope| record.scopes.iter().any(|s| s == scope.as_str()));
    Ok(Some(Principal { name: record.name, scopes: scopes.collect(), customer: record.customer }))
}

/// All tokens, oldest first.
///
/// # Errors
/// Permanent `invalid_cursor`.
pub async fn list_tokens(app: &App, limit: usize, cursor: Option<Cursor>) -> Result<Page<Token>, Failure> {
    Ok(app.store.query(&Token::all(), limit, cursor.as_ref()).await?.into())
}

/// Revokes the token whose digest begins with `id` (12 hex digits, as listed). Revoking twice is an error: 404.
///
/// # Errors
/// Permanent `not_found`.
pub async fn revoke_token(app: &App, id: &str) -> Result<(), Failure> {
    let tokens = app.store.query_all(&Token::all()).await?;
    let found = tokens.iter().find(|token| token.digest.short() == id);
    let token = found.ok_or_else(|| text::not_found("token", id.chars().take(12).collect::<String>()))?;
    Ok(app.store.delete(&Token::key_of(&token.digest)).await?)
}

fn check(request: &TokenRequest) -> Result<(), Failure> {
    let invalid = |path: &str, why: &str| Err(text::invalid_field("invalid_token_request", path, why));
    if !(1..=100).contains(&request.name.trim().chars().count()) {
        return invalid("/name", "a name has 1 to 100 characters");
    }
    if request.scopes.is_empty() {
        return invalid("/scopes", "a token has at least one scope");
    }
    if request.customer_id.is_some() && request.scopes.contains(&Scope::Operator) {
        return invalid("/scopes", "an operator token is not bound to a customer");
    }
    if request.expires_in_days.is_some_and(|days| !(1..=MAX_TOKEN_DAYS).contains(&days)) {
        return invalid("/expires_in_days", &format!("a token lives 1 to {MAX_TOKEN_DAYS} days"));
    }
    Ok(())
}

fn mint(app: &App, request: &TokenRequest) -> Result<NewToken, Failure> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Failure::transient(anyhow::anyhow!("no randomness from the operating system")))?;
    let secret = SecretString::from(format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)));
    let now = app.clock.now();
    let record = Token {
        digest: digest(&secret),
        name: request.name.trim().to_owned(),
        scopes: request.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        customer: request.customer_id,
        organization: None,
        created_at: now,
        expires_at: request.expires_in_days.and_then(|days| days_after(now, days)),
    };
    Ok(NewToken { secret, record })
}

fn days_after(now: Timestamp, days: u32) -> Option<Timestamp> {
    now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()
}

fn digest(token: &SecretString) -> TokenDigest {
    TokenDigest::new(Sha256::digest(token.expose_secret().as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrutineer_core::Clock;

    fn who(scopes: &[Scope], customer: Option<CustomerId>) -> Principal {
        Principal { name: "t".into(), scopes: scopes.to_vec(), customer }
    }

    #[test]
    fn a_foreign_customer_does_not_exist() {
        let clock = Clock::system();
        let (mine, theirs) = (CustomerId::new(&clock), CustomerId::new(&clock));
        let principal = who(&[Scope::Read], Some(mine));
        assert!(authorize(&principal, Action::ReadScan, Some(mine)).is_ok());
        let refused = authorize(&principal, Action::ReadScan, Some(theirs)).unwrap_err();
        assert_eq!(refused.code(), Some("not_found"));
    }

    #[test]
    fn each_scope_grants_its_own_actions_only() {
        use Action::*;
        let actions = [
            ReadChecks,
            AdministerCustomers,
            ReadCustomer,
            ManageCustomer,
            RunScan,
            ReadScan,
            AdministerTokens,
            ReadDeliveries,
        ];
        let granted =
            |scope: Scope| actions.map(|action| authorize(&who(&[scope], None), action, None).is_ok());
        assert_eq!(granted(Scope::Operator), [true; 8]);
        assert_eq!(granted(Scope::Manage), [true, false, false, true, false, false, false, false]);
        assert_eq!(granted(Scope::Scan), [true, false, false, false, true, false, false, false]);
        assert_eq!(granted(Scope::Read), [true, false, true, false, false, true, false, false]);
    }

    #[test]
    fn an_operator_scope_on_a_bound_token_grants_nothing() {
        let bound = who(&[Scope::Operator], Some(CustomerId::new(&Clock::system())));
        assert_eq!(authorize(&bound, Action::AdministerTokens, None).unwrap_err().code(), Some("forbidden"));
    }
}
