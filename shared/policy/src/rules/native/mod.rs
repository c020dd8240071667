//! Rules that selectors cannot say: each is a function over the facts of one file.

mod auth;
mod console;
mod credentials;
mod exposure;
mod intent;
mod payments;
mod quality;
mod rate_limit;
mod retention;
mod security;
mod starter;
mod stubs;
mod traces;

pub(crate) use auth::HELPERS as AUTH_HELPERS;

use super::Hits;
use crate::{facts::Code, text::Text};

/// The functions of a rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Native {
    pub(crate) code: Option<fn(&Code<'_, '_>, &mut Hits)>,
    pub(crate) text: Option<fn(&Text<'_>, &mut Hits)>,
}

const fn code(run: fn(&Code<'_, '_>, &mut Hits)) -> Native {
    Native { code: Some(run), text: None }
}

const fn text(run: fn(&Text<'_>, &mut Hits)) -> Native {
    Native { code: None, text: Some(run) }
}

const fn both(code: fn(&Code<'_, '_>, &mut Hits), text: fn(&Text<'_>, &mut Hits)) -> Native {
    Native { code: Some(code), text: Some(text) }
}

/// By rule id, sorted.
pub(super) const NATIVE: &[(&str, Native)] = &[
    ("auth/bypass-detected", both(auth::bypass, auth::bypass_in_config)),
    ("auth/drift-detected", code(auth::drift)),
    ("auth/hardcoded-credentials", both(credentials::in_code, credentials::in_text)),
    ("auth/missing-role-check", code(auth::missing_role)),
    ("auth/unprotected-route", code(auth::unprotected)),
    ("intent/audit-required", code(intent::audit)),
    ("intent/encryption-required", code(intent::encryption)),
    ("intent/input-validation", code(intent::validation)),
    ("intent/pii-logging", code(exposure::any_logged)),
    ("intent/rate-limit-required", code(rate_limit::required)),
    ("payments/bypass-detected", code(payments::bypass)),
    ("payments/client-side-price", code(payments::client_price)),
    ("payments/hardcoded-card", text(payments::cards)),
    ("payments/missing-idempotency", code(payments::idempotency)),
    ("payments/webhook-signature", code(payments::webhook)),
    ("pii/console-in-production", code(console::in_production)),
    ("pii/logged-sensitive-data", code(exposure::personal_logged)),
    ("pii/missing-encryption", code(exposure::stored_plain)),
    ("pii/missing-retention", code(retention::missing)),
    ("pii/unmasked-response", code(exposure::in_response)),
    ("quality/no-debug-code", code(quality::debug_code)),
    ("quality/no-stubbed-handlers", code(stubs::stubbed)),
    ("quality/no-todo-comments", code(quality::todos)),
    ("rate-limit/auth-endpoint", code(rate_limit::auth_endpoint)),
    ("rate-limit/expensive-unprotected", code(rate_limit::expensive)),
    ("rate-limit/missing", code(rate_limit::declared)),
    ("rate-limit/missing-retry-after", code(rate_limit::retry_after)),
    ("rate-limit/weak-config", code(rate_limit::weak)),
    ("security/error-message-consistency", code(security::enumeration)),
    ("security/password-never-logged", code(exposure::password_logged)),
    ("security/password-never-stored-plaintext", code(security::plaintext)),
    ("security/trace-password-scan", text(traces::passwords)),
    ("security/trace-redacted-marker", text(traces::markers)),
    ("starter/no-fake-endpoints", code(starter::fake_endpoints)),
    ("starter/no-missing-env-vars", code(starter::missing_env)),
    ("starter/no-swallowed-errors", code(starter::swallowed)),
];

pub(super) fn find(id: &str) -> Option<Native> {
    NATIVE.binary_search_by(|(known, _)| (*known).cmp(id)).ok().map(|at| NATIVE[at].1)
}
