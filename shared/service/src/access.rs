//! Who may do what: API tokens, and the one function that decides.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use scrutineer_aws::{
    AuditedWrite, Condition, Cursor, Transaction,
    records::{AuditAction, AuditDraft, Token, TokenDigest},
};
use scrutineer_core::{
    Actor, Failure,
    ids::{CustomerId, Login},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    App,
    audit::{self, By},
    page::Page,
    text,
};

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
    /// Everything, tokens included; never bound to a customer or an organization.
    Operator,
    /// Create and change customers and connections.
    Manage,
    /// Start and cancel scans.
    Scan,
    /// Read customers, connections and scans; policies, overrides and audit logs.
    Read,
    /// Publish and pin policy bundles, change an organization's settings.
    AdministerPolicy,
    /// Ask for overrides of a repository, and take them back.
    RequestOverrides,
    /// Approve and deny overrides that somebody else asked for.
    ApproveOverrides,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 7] = [
        Self::Operator,
        Self::Manage,
        Self::Scan,
        Self::Read,
        Self::AdministerPolicy,
        Self::RequestOverrides,
        Self::ApproveOverrides,
    ];

    /// The scope as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Manage => "manage",
            Self::Scan => "scan",
            Self::Read => "read",
            Self::AdministerPolicy => "administer_policy",
            Self::RequestOverrides => "request_overrides",
            Self::ApproveOverrides => "approve_overrides",
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
    /// Read the bundles that come with the product.
    ReadBundles,
    /// Read an organization's bundles, pins, settings and overrides.
    ReadPolicy,
    /// Have a verification made once more.
    RerunVerification,
    /// Publish and pin bundles, change settings.
    AdministerPolicy,
    /// Ask for an override, take one back.
    RequestOverride,
    /// Approve or deny an override.
    DecideOverride,
    /// Read an organization's audit log.
    ReadAudit,
}

/// What it is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource<'a> {
    /// Nothing that belongs to somebody.
    Nothing,
    /// What belongs to this customer.
    Customer(CustomerId),
    /// What belongs to this organization on the platform.
    Org(&'a Login),
}

impl From<Option<CustomerId>> for Resource<'_> {
    fn from(customer: Option<CustomerId>) -> Self {
        customer.map_or(Self::Nothing, Self::Customer)
    }
}

impl<'a> From<&'a Login> for Resource<'a> {
    fn from(org: &'a Login) -> Self {
        Self::Org(org)
    }
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
    /// The only organization it sees; none for all.
    pub organization: Option<Login>,
    /// For the audit log.
    pub actor: Actor,
}

impl Principal {
    /// Whether it may know that this exists. A token that is bound to a customer sees no organization's policy, and one
    /// that is bound to an organization sees no customer.
    fn sees(&self, what: Resource<'_>) -> Result<(), Failure> {
        match (what, self.customer, &self.organization) {
            (Resource::Nothing, ..) | (_, None, None) => Ok(()),
            (Resource::Customer(wanted), Some(bound), _) if bound == wanted => Ok(()),
            (Resource::Org(wanted), _, Some(bound)) if bound == wanted => Ok(()),
            (Resource::Customer(wanted), ..) => Err(text::not_found("customer", wanted)),
            (Resource::Org(wanted), ..) => Err(text::not_found("organization", wanted)),
        }
    }

    fn is_operator(&self) -> bool {
        self.scopes.contains(&Scope::Operator) && self.customer.is_none() && self.organization.is_none()
    }
}

/// Decides. A foreign customer or organization is "not found"; a missing scope is "forbidden".
///
/// # Errors
/// Permanent `not_found` or `forbidden`.
pub fn authorize<'a>(who: &Principal, action: Action, what: impl Into<Resource<'a>>) -> Result<(), Failure> {
    who.sees(what.into())?;
    let needed: &[Scope] = match action {
        Action::ReadChecks | Action::ReadBundles => &[
            Scope::Read,
            Scope::Scan,
            Scope::Manage,
            Scope::AdministerPolicy,
            Scope::RequestOverrides,
            Scope::ApproveOverrides,
        ],
        Action::ReadPolicy => {
            &[Scope::Read, Scope::AdministerPolicy, Scope::RequestOverrides, Scope::ApproveOverrides]
        }
        Action::ReadAudit => &[Scope::Read, Scope::AdministerPolicy],
        Action::AdministerPolicy => &[Scope::AdministerPolicy],
        Action::RequestOverride => &[Scope::RequestOverrides],
        Action::DecideOverride => &[Scope::ApproveOverrides],
        Action::ReadCustomer | Action::ReadScan => &[Scope::Read],
        Action::RerunVerification => &[Scope::AdministerPolicy, Scope::RequestOverrides],
        Action::ManageCustomer => &[Scope::Manage],
        Action::RunScan => &[Scope::Scan],
        Action::AdministerCustomers | Action::AdministerTokens | Action::ReadDeliveries => &[],
    };
    if who.is_operator() || needed.iter().any(|scope| who.scopes.contains(scope)) {
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
    /// The only organization on the platform whose policy it sees; none for all. Not together with a customer.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub organization: Option<Login>,
    /// Days until it ends, 1 to 366; none for never.
    pub expires_in_days: Option<u32>,
}

/// Makes a token. One that is bound to an organization stands in that organization's audit log.
///
/// # Errors
/// Permanent `invalid_token_request`.
pub async fn create_token(app: &App, by: &By, request: &TokenRequest) -> Result<NewToken, Failure> {
    check(request)?;
    if let Some(customer) = request.customer_id {
        crate::customers::get(app, customer).await?;
    }
    let token = mint(app, request)?;
    let write = Transaction::new().put_new(&token.record);
    match noted(app, by, AuditAction::TOKEN_CREATED, &token.record) {
        Some(draft) => drop(app.store.write_audited(AuditedWrite::new(draft).with(write)).await?),
        None => app.store.put_new(&token.record).await?,
    }
    Ok(token)
}

/// The audit entry of a token that is bound to an organization.
fn noted(app: &App, by: &By, action: AuditAction, token: &Token) -> Option<AuditDraft> {
    let org = token.organization.as_ref()?;
    let ends = token.expires_at.map_or_else(|| "never".to_owned(), |end| end.to_string());
    let draft = audit::draft(app, org, by, action, format!("token:{}", token.name));
    Some(
        draft
            .detail("token", token.digest.short())
            .detail("scopes", token.scopes.join(","))
            .detail("expires", ends),
    )
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
        organization: None,
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
    Ok(Some(Principal {
        actor: Actor::token(record.digest.short(), &record.name),
        name: record.name,
        scopes: scopes.collect(),
        customer: record.customer,
        organization: record.organization,
    }))
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
pub async fn revoke_token(app: &App, by: &By, id: &str) -> Result<(), Failure> {
    let tokens = app.store.query_all(&Token::all()).await?;
    let found = tokens.iter().find(|token| token.digest.short() == id);
    let token = found.ok_or_else(|| text::not_found("token", id.chars().take(12).collect::<String>()))?;
    let key = Token::key_of(&token.digest);
    match noted(app, by, AuditAction::TOKEN_REVOKED, token) {
        Some(draft) => {
            let gone = Transaction::new().delete(&key, Condition::none());
            app.store.write_audited(AuditedWrite::new(draft).with(gone)).await?;
        }
        None => app.store.delete(&key).await?,
    }
    Ok(())
}

fn check(request: &TokenRequest) -> Result<(), Failure> {
    let invalid = |path: &str, why: &str| Err(text::invalid_field("invalid_token_request", path, why));
    if !(1..=100).contains(&request.name.trim().chars().count()) {
        return invalid("/name", "a name has 1 to 100 characters");
    }
    if request.scopes.is_empty() {
        return invalid("/scopes", "a token has at least one scope");
    }
    let bound = request.customer_id.is_some() || request.organization.is_some();
    if bound && request.scopes.contains(&Scope::Operator) {
        return invalid("/scopes", "an operator token is not bound to a customer or an organization");
    }
    if request.customer_id.is_some() && request.organization.is_some() {
        return invalid("/organization", "a token is bound to a customer or to an organization, not to both");
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
        organization: request.organization.clone(),
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
        let actor = Actor::token("0", "t");
        Principal { name: "t".into(), scopes: scopes.to_vec(), customer, organization: None, actor }
    }

    fn of_org(scopes: &[Scope], org: &str) -> Principal {
        Principal { organization: Some(org.parse().unwrap()), ..who(scopes, None) }
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
    fn a_bound_token_sees_its_own_kind_only() {
        let customer = CustomerId::new(&Clock::system());
        let (mine, theirs): (Login, Login) = ("Acme".parse().unwrap(), "other".parse().unwrap());
        let code = |who: &Principal, what: Resource<'_>| match authorize(who, Action::ReadPolicy, what) {
            Ok(()) => "ok",
            Err(failure) => failure.code().unwrap(),
        };
        let bound = of_org(&[Scope::Read], "acme");
        assert_eq!(code(&bound, Resource::Org(&mine)), "ok");
        assert_eq!(code(&bound, Resource::Org(&theirs)), "not_found");
        assert_eq!(code(&bound, Resource::Customer(customer)), "not_found");
        let of_customer = who(&[Scope::Read], Some(customer));
        assert_eq!(code(&of_customer, Resource::Org(&mine)), "not_found");
        assert_eq!(code(&who(&[Scope::Read], None), Resource::Org(&theirs)), "ok");
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
            ReadBundles,
            ReadPolicy,
            AdministerPolicy,
            RequestOverride,
            DecideOverride,
            ReadAudit,
            ReadDeliveries,
        ];
        let granted = |scope: Scope| -> String {
            let granted =
                actions.map(|action| authorize(&who(&[scope], None), action, Resource::Nothing).is_ok());
            granted.map(|yes| if yes { 'x' } else { '.' }).iter().collect()
        };
        assert_eq!(granted(Scope::Operator), "xxxxxxxxxxxxxx");
        assert_eq!(granted(Scope::Manage), "x..x...x......");
        assert_eq!(granted(Scope::Scan), "x...x..x......");
        assert_eq!(granted(Scope::Read), "x.x..x.xx...x.");
        assert_eq!(granted(Scope::AdministerPolicy), "x......xxx..x.");
        assert_eq!(granted(Scope::RequestOverrides), "x......xx.x...");
        assert_eq!(granted(Scope::ApproveOverrides), "x......xx..x..");
    }

    #[test]
    fn an_operator_scope_on_a_bound_token_grants_nothing() {
        for bound in [
            who(&[Scope::Operator], Some(CustomerId::new(&Clock::system()))),
            of_org(&[Scope::Operator], "acme"),
        ] {
            let refused = authorize(&bound, Action::AdministerTokens, Resource::Nothing).unwrap_err();
            assert_eq!(refused.code(), Some("forbidden"));
        }
    }
}
