//! Why settings do not hold, and where.

use thiserror::Error;

/// Longest piece of a path that is repeated.
const MAX_PIECE_CHARS: usize = 100;

/// A part of the settings that does not hold.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{path}: {why}")]
pub struct Refusal {
    /// JSON pointer (RFC 6901), e.g. `/checks/CICD-003/weight`.
    pub path: String,
    /// One clause for the user.
    pub why: String,
}

impl Refusal {
    pub(super) fn at<const N: usize>(path: [&str; N], why: impl Into<String>) -> Self {
        let path = path.iter().fold(String::new(), |pointer, piece| {
            let piece: String = piece.chars().filter(|c| !c.is_control()).take(MAX_PIECE_CHARS).collect();
            pointer + "/" + &piece.replace('~', "~0").replace('/', "~1")
        });
        Self { path, why: why.into() }
    }
}
