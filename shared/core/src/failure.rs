//! How a use case fails, and what the queue or the API does about it.
//!
//! Each library crate converts its own error enum into [`Failure`] exactly once, where the cause is known.
//! Consumers only look at [`Kind`]: `Transient` is redelivered, `Deferred` comes back later without burning an
//! attempt, `Permanent` is recorded at once and shown to the user.

use std::fmt;

use jiff::Timestamp;

/// A failed use case: what to do about it, and the cause for the log.
#[derive(Debug)]
pub struct Failure {
    /// What the consumer does.
    pub kind: Kind,
    /// The cause; goes to the log, never to a user.
    pub source: anyhow::Error,
}

/// What a consumer does with a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Trying again soon may succeed (network, throttling, 5xx). HTTP 503.
    Transient,
    /// Trying before `until` is pointless (rate limit reset). HTTP 503 with `Retry-After`.
    Deferred {
        /// The earliest time at which a new try makes sense.
        until: Timestamp,
    },
    /// Trying again changes nothing.
    Permanent {
        /// A stable machine-readable code, `snake_case`.
        code: &'static str,
        /// A sentence for the user: what happened and what to do. Carries no secret.
        public: String,
    },
}

impl Failure {
    /// A failure worth another try.
    pub fn transient(source: impl Into<anyhow::Error>) -> Self {
        Self { kind: Kind::Transient, source: source.into() }
    }

    /// A failure that clears itself at a known time.
    pub fn deferred(until: Timestamp, source: impl Into<anyhow::Error>) -> Self {
        Self { kind: Kind::Deferred { until }, source: source.into() }
    }

    /// A failure that another try cannot mend; `public` is shown to the user.
    pub fn permanent(code: &'static str, public: impl Into<String>) -> Self {
        let public = public.into();
        let source = anyhow::anyhow!("{code}: {public}");
        Self { kind: Kind::Permanent { code, public }, source }
    }

    /// The same failure with its cause attached for the log.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<anyhow::Error>) -> Self {
        self.source = source.into();
        self
    }

    /// The code of a permanent failure.
    pub fn code(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Permanent { code, .. } => Some(code),
            Kind::Transient | Kind::Deferred { .. } => None,
        }
    }

    /// Text that may be shown to a user.
    pub fn public_text(&self) -> String {
        match &self.kind {
            Kind::Transient => "a service it depends on did not answer; it is tried again".to_owned(),
            Kind::Deferred { until } => format!("the rate limit is exhausted; it goes on at {until}"),
            Kind::Permanent { public, .. } => public.clone(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.source)
    }
}

impl std::error::Error for Failure {}
