//! JSON bodies: read within the limit before the handler runs, parsed when it has decided that the caller may.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header::CONTENT_TYPE},
};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

use crate::{
    MAX_BODY_BYTES,
    problem::{FieldError, Problem},
};

/// A body that is not parsed yet.
pub(crate) struct Body {
    bytes: Bytes,
    is_json: bool,
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        // Longer than `DefaultBodyLimit`, or the connection broke and nobody reads the answer.
        let bytes =
            Bytes::from_request(request, state).await.map_err(|_| Problem::too_large(MAX_BODY_BYTES))?;
        Ok(Self { bytes, is_json })
    }
}

impl Body {
    /// The body as a `T`. Nesting ends at 128 levels: the bound of `serde_json`.
    ///
    /// # Errors
    /// 415 for another content type; 422 naming the place, never the value: it may be a credential.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if !self.is_json {
            return Err(Problem::not_json());
        }
        let mut json = serde_json::Deserializer::from_slice(&self.bytes);
        let value = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| refusal(error.path(), error.inner()))?;
        json.end().map_err(|error| malformed(&error))?;
        Ok(value)
    }

    /// As [`Body::parse`]; no body at all is the default.
    pub(crate) fn parse_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        if self.bytes.is_empty() { Ok(T::default()) } else { self.parse() }
    }
}

/// `application/json` or `application/…+json`, with any parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(CONTENT_TYPE).map(|value| value.to_str()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn refusal(path: &Path, error: &serde_json::Error) -> Problem {
    if error.classify() != Category::Data {
        return malformed(error);
    }
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let mut pointer = pointer(path);
    if let Some(missing) = text.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        pointer = format!("{pointer}/{missing}");
    }
    Problem::invalid("invalid_body", FieldError::body(pointer, reason(text)))
}

fn malformed(error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    let detail = format!("line {}, column {}: {what}", error.line(), error.column());
    Problem::invalid("malformed_json", FieldError::body("", detail))
}

/// What serde says, without the value: of `invalid type: string "secret", expected u64` the last part is kept. What
/// comes after `expected` names types, never input.
pub(crate) fn reason(text: &str) -> String {
    match text.split_once(", expected ").or_else(|| text.split_once(", there are no ")) {
        Some((before, _)) if before.starts_with("unknown field") => {
            let fields = text.split_once(", ").map_or("", |(_, fields)| fields);
            format!("unknown name; {fields}")
        }
        Some((_, expected)) => format!("expected {expected}"),
        None => text.to_owned(),
    }
}

/// RFC 6901.
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                let key: String = key.chars().take(100).collect();
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            // The variant of an enumeration is not a level of the JSON.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrutineer_service::connections::NewConnection;
    use serde_json::Value;

    fn refused(text: &str) -> Value {
        let body = Body { bytes: text.to_owned().into(), is_json: true };
        let problem = body.parse::<NewConnection>().unwrap_err();
        serde_json::to_value(problem.body("/", "1")).unwrap()["errors"][0].clone()
    }

    #[test]
    fn the_place_is_named() {
        let cases = [
            (r#"{"organization": 7, "credential": {}}"#, "/organization"),
            (r#"{"organization": "a", "credential": {"kind": "token", "token": []}}"#, "/credential"),
            (r#"{"organization": "a", "nmae": "x"}"#, "/nmae"),
            (r#"{"organization": "a"}"#, "/credential"),
            (r#"{"organization": "a""#, ""),
            ("", ""),
            ("[]", ""),
            ("{} {}", "/organization"),
        ];
        for (text, pointer) in cases {
            assert_eq!(refused(text)["pointer"], pointer, "{text}");
        }
    }

    #[test]
    fn values_are_not_repeated() {
        for text in [
            r#"{"organization": "a", "credential": "canary"}"#,
            r#"{"organization": "a", "credential": {"kind": "canary"}}"#,
            r#"{"organization": "a", "credential": {"kind": "token", "token": "x", "canary": 1}}"#,
            r#"{"organization": "a", "credential": {"kind": "github_app", "app_id": "1",
                "installation_id": "canary", "private_key": "k"}}"#,
        ] {
            let error = refused(text);
            assert!(!error.to_string().contains("canary"), "{error}");
            assert!(error["detail"].as_str().unwrap().len() > 10, "{error}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let error = refused(&format!(r#"{{"organization": {deep}}}"#));
        assert!(error["detail"].is_string());
    }

    #[test]
    fn json_has_several_content_types() {
        let json = |value: &str| is_json(&HeaderMap::from_iter([(CONTENT_TYPE, value.parse().unwrap())]));
        assert!(
            json("application/json") && json("Application/JSON; charset=utf-8") && json("application/x+json")
        );
        assert!(!json("text/json") && !json("application/x-www-form-urlencoded") && !json(""));
    }
}
