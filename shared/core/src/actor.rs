//! Who did something, as the audit log names them.
//!
//! Names are for people and may repeat; [`Actor::is`] compares identities. That is what keeps a request from being
//! approved by whoever made it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::Login;

/// Somebody or something that acts. The fields stand in the order of their names: the audit log hashes them so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Tells actors of one kind apart and never changes: digits of a token's digest, a GitHub account's number.
    pub id: String,
    /// What it is.
    pub kind: ActorKind,
    /// What people call it.
    pub name: String,
}

/// What acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// The holder of an API token.
    Token,
    /// Somebody who is signed in with GitHub.
    User,
    /// The service itself: a verification, a sweep.
    System,
}

impl ActorKind {
    /// The kind as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::User => "user",
            Self::System => "system",
        }
    }
}

impl Actor {
    /// The holder of the token with this short digest and name.
    pub fn token(digest: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: digest.into(), kind: ActorKind::Token, name: name.into() }
    }

    /// The GitHub account with this number. Logins change hands; numbers do not.
    pub fn user(number: u64, login: &Login) -> Self {
        Self { id: number.to_string(), kind: ActorKind::User, name: login.to_string() }
    }

    /// A part of the service: `verifier`, `sweeper`.
    pub fn system(part: &'static str) -> Self {
        Self { id: part.to_owned(), kind: ActorKind::System, name: part.to_owned() }
    }

    /// Whether both are the same somebody, whatever their names.
    pub fn is(&self, other: &Self) -> bool {
        self.kind == other.kind && self.id == other.id
    }
}

/// `token:ci`, `user:octocat`, `system:verifier`.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_not_an_identity() {
        let (one, two) = (Actor::token("aa", "ci"), Actor::token("bb", "ci"));
        assert_eq!(one.to_string(), two.to_string());
        assert!(!one.is(&two) && one.is(&Actor::token("aa", "renamed")));
    }
}
