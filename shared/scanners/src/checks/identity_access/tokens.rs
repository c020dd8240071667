//! IAM-007: personal access tokens and when they end.

use jiff::Timestamp;
use rust_decimal::Decimal;
use scrutineer_core::{Gap, evidence::org::CredentialAuthorization};

use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    finding::Evidence,
};

/// A token that still works.
struct Token {
    owner: String,
    kind: &'static str,
    expires_at: Option<Timestamp>,
}

/// Whether a credential authorized for single sign-on is a classic personal access token.
pub(super) fn is_classic(credential: &CredentialAuthorization) -> bool {
    credential.credential_type.eq_ignore_ascii_case("personal access token")
}

/// IAM-007.
pub(super) fn expire(subject: &OrgSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let org = subject.org;
    let tokens = listed(subject)?;
    let evidence = |token: &&Token| {
        let end = token.expires_at.map_or("never".to_owned(), |at| at.strftime("%F").to_string());
        Evidence::new(&token.owner, format!("{} token, expires {end}", token.kind))
    };
    let endless: Vec<&Token> = tokens.iter().filter(|t| t.expires_at.is_none()).collect();
    if !endless.is_empty() {
        let detail = format!("Tokens without expiry: {} of {}.", endless.len(), tokens.len());
        return Ok(Outcome::failed(detail, endless.iter().map(evidence)));
    }
    let days =
        |at: Timestamp| Decimal::from(at.duration_since(org.observed_at).as_secs()) / Decimal::from(86_400);
    let limit = limits.get("max_lifetime_days");
    let late: Vec<&Token> =
        tokens.iter().filter(|t| t.expires_at.is_some_and(|at| days(at) > limit)).collect();
    if !late.is_empty() {
        let detail =
            format!("All {} tokens expire, but {} only in more than {limit} days.", tokens.len(), late.len());
        return Ok(Outcome::warning(detail, late.iter().map(evidence)));
    }
    if let Some(gap) = org.credential_authorizations.gap() {
        let detail = format!(
            "Fine-grained tokens that expire in time: {}; classic tokens were not listed ({gap}).",
            tokens.len()
        );
        return Ok(Outcome::warning(detail, tokens.iter().collect::<Vec<_>>().iter().map(evidence)));
    }
    Ok(if tokens.is_empty() {
        Outcome::not_applicable("No personal access token has access.")
    } else {
        let detail = format!("All {} tokens expire within {limit} days.", tokens.len());
        Outcome::passed(detail, tokens.iter().collect::<Vec<_>>().iter().map(evidence))
    })
}

/// Fine-grained tokens, then classic ones where single sign-on lets us list them; expired ones left out.
fn listed(subject: &OrgSubject<'_>) -> Result<Vec<Token>, Gap> {
    let org = subject.org;
    let alive = |at: Option<Timestamp>| at.is_none_or(|at| at > org.observed_at);
    let fine = org.fine_grained_tokens.known()?.iter().filter(|t| !t.expired && alive(t.expires_at));
    let fine =
        fine.map(|t| Token { owner: t.owner.to_string(), kind: "fine-grained", expires_at: t.expires_at });
    let classic = org.credential_authorizations.ok().into_iter().flatten();
    let classic = classic.filter(|c| is_classic(c) && alive(c.expires_at));
    let classic =
        classic.map(|c| Token { owner: c.login.to_string(), kind: "classic", expires_at: c.expires_at });
    Ok(fine.chain(classic).collect())
}
