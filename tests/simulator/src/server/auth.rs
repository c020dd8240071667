//! Who calls: tokens with permission keys, installation tokens, the App's JWT.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::Value;

use crate::digest;

/// What kind of credential a caller holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Anonymous,
    Personal,
    Installation,
    /// The App itself, by JWT.
    App,
}

/// The caller of one request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) kind: TokenKind,
    pub(crate) login: String,
    pub(crate) permissions: BTreeSet<String>,
    /// Callers with the same key share one rate limit.
    pub(crate) budget: String,
}

impl Caller {
    fn anonymous() -> Self {
        Self {
            kind: TokenKind::Anonymous,
            login: String::new(),
            permissions: BTreeSet::new(),
            budget: String::new(),
        }
    }

    pub(crate) fn is_authenticated(&self) -> bool {
        matches!(self.kind, TokenKind::Personal | TokenKind::Installation)
    }

    /// Whether the caller may read what `key` stands for; write includes read, any permission includes metadata.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.permissions.contains(key)
            || self.permissions.contains(&format!("{key}:write"))
            || (key == "metadata" && self.is_authenticated())
    }

    /// Every key the caller has, for the GraphQL scope.
    pub(crate) fn keys(&self) -> BTreeSet<String> {
        let mut keys = self.permissions.clone();
        keys.extend(self.permissions.iter().filter_map(|key| key.strip_suffix(":write")).map(str::to_owned));
        if self.is_authenticated() {
            keys.insert("metadata".into());
        }
        keys
    }

    /// The end of GitHub's "Resource not accessible by …".
    pub(crate) fn refusal(&self) -> &'static str {
        if self.kind == TokenKind::Installation { "integration" } else { "personal access token" }
    }
}

#[derive(Debug, Clone)]
struct Token {
    caller: Caller,
    expires: Option<Timestamp>,
}

/// The tokens that are good.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    known: BTreeMap<String, Token>,
    /// The App's public key; without it signatures of JWTs are not looked at.
    pub(crate) app_key: Option<Vec<u8>>,
    minted: u64,
}

/// Permission keys that a full token holds: everything a scanner reads, and nothing it could write.
pub(crate) const EVERYTHING: &[&str] = &[
    "metadata",
    "contents",
    "administration",
    "actions",
    "checks",
    "pull_requests",
    "issues",
    "deployments",
    "statuses",
    "secrets",
    "discussions",
    "repository_projects",
    "security_events",
    "secret_scanning_alerts",
    "vulnerability_alerts",
    "members",
    "organization_administration",
    "organization_plan",
    "organization_custom_roles",
    "organization_custom_org_roles",
    "organization_self_hosted_runners",
    "organization_personal_access_tokens",
    "organization_hooks",
    "organization_secrets",
    "organization_projects",
    "organization_custom_properties",
    "organization_private_registries",
];

impl Tokens {
    /// A personal access token of `login`. A key may be written `key` or `key:read`; `key:write` includes reading.
    pub(crate) fn personal<'k>(&mut self, login: &str, keys: impl IntoIterator<Item = &'k str>) -> String {
        let token = self.fresh("github_pat");
        self.add(&token, login, keys);
        token
    }

    /// Makes `token` good for these permissions.
    pub(crate) fn add<'k>(&mut self, token: &str, login: &str, keys: impl IntoIterator<Item = &'k str>) {
        let permissions = normalized(keys);
        let caller = Caller {
            kind: TokenKind::Personal,
            login: login.to_owned(),
            permissions,
            budget: format!("user {login}"),
        };
        self.known.insert(token.to_owned(), Token { caller, expires: None });
    }

    /// An installation token, good until `expires`.
    pub(crate) fn installation(
        &mut self,
        id: &str,
        permissions: BTreeSet<String>,
        expires: Timestamp,
    ) -> String {
        let token = self.fresh("ghs");
        let login = "scanner[bot]".to_owned();
        let caller = Caller {
            kind: TokenKind::Installation,
            login,
            permissions,
            budget: format!("installation {id}"),
        };
        self.known.insert(token.clone(), Token { caller, expires: Some(expires) });
        token
    }

    /// Forgets a token, as when its owner revokes it.
    pub(crate) fn revoke(&mut self, token: &str) -> bool {
        self.known.remove(token).is_some()
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.minted += 1;
        format!("{prefix}_{}", &digest::oid(&["token", prefix, &self.minted.to_string()])[..36])
    }

    /// The caller behind an `Authorization` header; `Err` is GitHub's message.
    pub(crate) fn caller(&self, authorization: Option<&str>, now: Timestamp) -> Result<Caller, &'static str> {
        let Some(header) = authorization else { return Ok(Caller::anonymous()) };
        let (scheme, credential) = header.split_once(' ').unwrap_or(("", header));
        let credential = match scheme.to_lowercase().as_str() {
            "bearer" | "token" => credential.to_owned(),
            "basic" => basic_password(credential).ok_or("Bad credentials")?,
            _ => return Err("Bad credentials"),
        };
        if credential.matches('.').count() == 2 {
            return app(&credential, self.app_key.as_deref(), now);
        }
        let known =
            self.known.get(credential.trim()).filter(|token| token.expires.is_none_or(|until| now < until));
        known.map(|token| token.caller.clone()).ok_or("Bad credentials")
    }
}

pub(crate) fn normalized<'k>(keys: impl IntoIterator<Item = &'k str>) -> BTreeSet<String> {
    keys.into_iter()
        .map(|key| key.strip_suffix(":read").unwrap_or(key))
        .filter(|key| !key.is_empty())
        .map(str::to_owned)
        .collect()
}

fn basic_password(credential: &str) -> Option<String> {
    let text = String::from_utf8(STANDARD.decode(credential).ok()?).ok()?;
    Some(text.split_once(':')?.1.to_owned())
}

fn is_signed(jwt: &str, key: &[u8]) -> bool {
    let Some((signed, signature)) = jwt.rsplit_once('.') else { return false };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
    key.verify(signed.as_bytes(), &signature).is_ok()
}

/// A JWT is taken for the App's when it is one: RS256, an issuer, at most ten minutes to live. Its signature and
/// issuer are verified when the simulator was told the key.
fn app(jwt: &str, key: Option<&[u8]>, now: Timestamp) -> Result<Caller, &'static str> {
    let undecodable = "A JSON web token could not be decoded";
    let parts: Vec<&str> = jwt.split('.').collect();
    let json =
        |part: &str| -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
    let header = json(parts[0]).ok_or(undecodable)?;
    let claims = json(parts[1]).ok_or(undecodable)?;
    if header["alg"] != "RS256"
        || URL_SAFE_NO_PAD.decode(parts[2]).map_or(0, |signature| signature.len()) < 128
    {
        return Err(undecodable);
    }
    if key.is_some_and(|key| !is_signed(jwt, key)) {
        return Err(undecodable);
    }
    let issuer =
        claims["iss"].as_str().map(str::to_owned).or(claims["iss"].as_u64().map(|id| id.to_string()));
    let issuer = issuer.ok_or("'Issuer' claim ('iss') must be an Integer or a String")?;
    if key.is_some() && issuer != crate::rest::APP_ID.to_string() {
        return Err("'Issuer' claim ('iss') must be the App's id");
    }
    let expires = claims["exp"].as_i64().ok_or("'Expiration time' claim ('exp') must be a numeric value")?;
    let left = expires - now.as_second();
    match left {
        ..=0 => Err(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
        ),
        1..=660 => Ok(Caller {
            kind: TokenKind::App,
            login: issuer,
            permissions: BTreeSet::new(),
            budget: "app".into(),
        }),
        _ => Err("'Expiration time' claim ('exp') is too far in the future"),
    }
}
