//! Rate limits: what GitHub said about them, and when a request may be sent again.
//!
//! Primary limits are windows per resource (`x-ratelimit-*`); secondary limits are a 403 or 429 with `Retry-After`,
//! else with a reset, else with nothing, and then the documented minute holds. Nothing here waits: callers get the
//! time and decide. Times are by the caller's clock; GitHub's `Date` header bridges the difference.
//!
//! Source: <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use http::{HeaderMap, StatusCode, header};
use jiff::{SignedDuration, Timestamp};

use crate::transport::Kind;

/// Wait when GitHub names a secondary limit and no time: one minute, by its documentation.
const UNNAMED_WAIT: SignedDuration = SignedDuration::from_secs(60);

/// No honest reset lies further away than the hourly window, with some slack.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(70);

/// What is known about the limits of one credential.
#[derive(Debug, Default)]
pub(crate) struct Limits(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Resource (`core`, `graphql`) → when it is usable again, kept only while exhausted.
    exhausted: BTreeMap<&'static str, Timestamp>,
    /// A secondary limit concerns every resource.
    blocked: Option<Timestamp>,
}

impl Limits {
    /// When a request of this kind may be sent, if not now.
    pub(crate) fn closed_until(&self, kind: Kind, now: Timestamp) -> Option<Timestamp> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = resource(kind).and_then(|name| state.exhausted.get(name).copied());
        // Archives come from another host, and the budget can be asked for when it is spent.
        let block = state.blocked.filter(|_| resource(kind).is_some());
        window.into_iter().chain(block).filter(|until| *until > now).max()
    }

    /// Notes what the headers of an answer say about the window.
    pub(crate) fn note(&self, kind: Kind, headers: &HeaderMap, now: Timestamp) {
        let Some(name) = resource(kind) else { return };
        let named = headers.get("x-ratelimit-resource").and_then(|value| value.to_str().ok());
        if named.is_some_and(|other| other != name) {
            return;
        }
        let Some(remaining) = number(headers, "x-ratelimit-remaining") else { return };
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match reset(headers, now) {
            Some(until) if remaining == 0 => state.exhausted.insert(name, until),
            _ => state.exhausted.remove(name),
        };
    }

    /// Notes an answer that was a limit: a secondary one closes everything, a primary one its window, which
    /// [`Limits::note`] has closed.
    pub(crate) fn block(&self, kind: Kind, until: Timestamp, now: Timestamp) {
        if resource(kind).is_none() || self.closed_until(kind, now).is_some() {
            return;
        }
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.blocked = state.blocked.max(Some(until));
    }
}

/// The time to come back, when this answer is a rate limit and not a refusal.
///
/// `documentation` is the `documentation_url` of the body: the only machine-readable sign of a secondary limit that
/// comes without headers.
pub(crate) fn limited_until(
    status: StatusCode,
    headers: &HeaderMap,
    documentation: Option<&str>,
    now: Timestamp,
) -> Option<Timestamp> {
    if !matches!(status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS) {
        return None;
    }
    if let Some(seconds) = number(headers, header::RETRY_AFTER.as_str()) {
        let wait = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX)).min(LONGEST_WAIT);
        return Some(now + wait);
    }
    if number(headers, "x-ratelimit-remaining") == Some(0) {
        return Some(reset(headers, now).unwrap_or(now + UNNAMED_WAIT));
    }
    let is_secondary = documentation.is_some_and(|url| url.contains("rate-limit") || url.contains("abuse"));
    (status == StatusCode::TOO_MANY_REQUESTS || is_secondary).then_some(now + UNNAMED_WAIT)
}

/// `x-ratelimit-reset` by our clock: GitHub's epoch seconds, moved by the distance between its `Date` and `now`.
fn reset(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let epoch = i64::try_from(number(headers, "x-ratelimit-reset")?).ok()?;
    let there = date(headers).unwrap_or(now);
    let wait = Timestamp::from_second(epoch).ok()?.duration_since(there);
    // One second more: the header is cut to whole seconds.
    Some(now + wait.clamp(SignedDuration::ZERO, LONGEST_WAIT) + SignedDuration::from_secs(1))
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// GraphQL and REST are two budgets; other kinds cost none.
fn resource(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Rest => Some("core"),
        Kind::GraphQl => Some("graphql"),
        Kind::Free | Kind::Download => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
            .collect()
    }

    fn now() -> Timestamp {
        "2026-01-01T12:00:00Z".parse().unwrap()
    }

    fn wait(status: u16, pairs: &[(&str, &str)], documentation: Option<&str>) -> Option<i64> {
        let status = StatusCode::from_u16(status).unwrap();
        limited_until(status, &headers(pairs), documentation, now())
            .map(|until| until.duration_since(now()).as_secs())
    }

    #[test]
    fn retry_after_wins_then_the_reset_then_a_minute() {
        let reset = (now().as_second() + 90).to_string();
        let exhausted = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset.as_str())];
        assert_eq!(wait(403, &[exhausted[0], exhausted[1], ("retry-after", "7")], None), Some(7));
        assert_eq!(wait(403, &exhausted, None), Some(91));
        assert_eq!(wait(429, &[], None), Some(60));
        assert_eq!(
            wait(403, &[], Some("https://docs.github.com/rest/using-the-rest-api/rate-limits")),
            Some(60)
        );
    }

    #[test]
    fn a_refusal_is_not_a_limit() {
        assert_eq!(
            wait(403, &[("x-ratelimit-remaining", "4999")], Some("https://docs.github.com/rest/orgs")),
            None
        );
        assert_eq!(wait(404, &[("retry-after", "5")], None), None);
    }

    #[test]
    fn a_hostile_wait_is_cut_to_the_hourly_window() {
        assert_eq!(wait(429, &[("retry-after", "99999999999")], None), Some(70 * 60));
    }

    #[test]
    fn the_reset_is_read_by_githubs_own_clock() {
        // Our clock is a day behind; GitHub resets 30 s after its own now.
        let pairs = headers(&[
            ("date", "Fri, 02 Jan 2026 12:00:00 GMT"),
            ("x-ratelimit-reset", &(now().as_second() + 86_400 + 30).to_string()),
            ("x-ratelimit-remaining", "0"),
        ]);
        let limits = Limits::default();
        limits.note(Kind::Rest, &pairs, now());
        let until = limits.closed_until(Kind::Rest, now()).unwrap();
        assert_eq!(until.duration_since(now()).as_secs(), 31);
        assert_eq!(limits.closed_until(Kind::GraphQl, now()), None);
        assert_eq!(limits.closed_until(Kind::Rest, until), None);
    }
}
