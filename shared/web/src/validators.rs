//! Entity tags: whether a client's copy is still good, and whether it edits the latest version.
//!
//! Every JSON answer to a GET is tagged with a digest of its bytes, in `context.rs`. What is edited carries its
//! version before the digest, so that `If-Match` with the tag of a GET holds as long as nobody edited it, also when
//! something that is not edited (the time of the last validation) changed meanwhile.

use axum::http::{
    HeaderMap, HeaderValue,
    header::{IF_MATCH, IF_NONE_MATCH},
};
use sha2::{Digest, Sha256};

use crate::problem::{FieldError, Problem};

/// The version of what an answer shows; travels in its extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Version(pub(crate) u64);

/// The tag of a body.
pub(crate) fn tag(bytes: &[u8], version: Option<Version>) -> HeaderValue {
    let digest = hex::encode(&Sha256::digest(bytes)[..12]);
    let text = match version {
        Some(Version(version)) => format!("\"v{version}-{digest}\""),
        None => format!("\"{digest}\""),
    };
    HeaderValue::from_str(&text).expect("a tag is hex digits in quotes")
}

/// Whether the client has what `tag` stands for (RFC 9110, 13.1.2: weak comparison).
pub(crate) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let tag = tag.to_str().unwrap_or_default();
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

/// The version that `If-Match` asks for; `None` without the header or with `*`.
///
/// # Errors
/// 422 for a tag that no answer carried.
pub(crate) fn expected_version(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.trim_start_matches("W/").trim_matches('"').strip_prefix('v');
    let version = version.map(|rest| rest.split('-').next().unwrap_or_default()).and_then(|v| v.parse().ok());
    version.map(Some).ok_or_else(|| {
        let why = "send the `ETag` of the answer that is edited";
        Problem::invalid("invalid_header", FieldError::header("If-Match", why))
    })
}

/// As [`expected_version`], for edits that must say what they edit; `None` for `*`.
///
/// # Errors
/// 428 without the header; 422 for a tag that no answer carried.
pub(crate) fn required_version(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    if headers.contains_key(IF_MATCH) { expected_version(headers) } else { Err(Problem::no_precondition()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: axum::http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_tag_is_known_in_a_list_and_weakly() {
        let tag = tag(b"x", None);
        let text = tag.to_str().unwrap();
        for known in [text.to_owned(), format!("W/{text}"), format!("\"a\", {text}"), "*".to_owned()] {
            assert!(is_known(&with(IF_NONE_MATCH, &known), &tag), "{known}");
        }
        assert!(!is_known(&with(IF_NONE_MATCH, "\"a\""), &tag));
        assert!(!is_known(&HeaderMap::new(), &tag));
    }

    #[test]
    fn a_version_comes_back_from_its_tag() {
        let tag = tag(b"x", Some(Version(3)));
        let expected = |text: &str| expected_version(&with(IF_MATCH, text)).ok().flatten();
        assert_eq!(expected(tag.to_str().unwrap()), Some(3));
        assert_eq!(expected("*"), None);
        assert!(expected_version(&with(IF_MATCH, "\"abc\"")).is_err());
    }
}
