//! What handlers read from a request besides its body: ids in the path, query parameters, headers.

use std::collections::BTreeMap;

use axum::{
    extract::{FromRequestParts, Path},
    http::{HeaderMap, header::ACCEPT, request::Parts},
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IntoDeserializer, value::MapDeserializer},
};

use crate::{
    body::reason,
    problem::{FieldError, Problem},
};

/// Longest `Idempotency-Key`, in characters.
const MAX_KEY_CHARS: usize = 255;

/// Ids of the path. Text that cannot be an id names nothing: 404.
pub(crate) struct At<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(value)| Self(value)).map_err(|_| Problem::no_such_id())
    }
}

/// Query parameters. A parameter that comes several times is read as one with its values joined by commas.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn query<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let mut merged: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        let all = merged.entry(name.into_owned()).or_default();
        if !all.is_empty() {
            all.push(',');
        }
        all.push_str(&value);
    }
    let values = MapDeserializer::<_, serde::de::value::Error>::new(merged.into_iter());
    serde_path_to_error::deserialize(values).map_err(|error| {
        let parameter: String = error.path().to_string().chars().take(60).collect();
        Problem::invalid("invalid_query", FieldError::query(parameter, reason(&error.inner().to_string())))
    })
}

/// Several values in one parameter, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let values = text.split(',').map(str::trim).filter(|value| !value.is_empty());
        values.map(|value| T::deserialize(value.into_deserializer())).collect::<Result<_, _>>().map(Self)
    }
}

/// For `#[serde(default, deserialize_with = "some")]`: a query value stands for itself, its absence for `None`.
pub(crate) fn some<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Whether the client asks for this type by name.
pub(crate) fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = values.flat_map(|value| value.split(','));
    kinds.any(|accepted| accepted.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(kind))
}

/// `Idempotency-Key`, when there is one.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| {
        (1..=MAX_KEY_CHARS).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    });
    key.map(Some).ok_or_else(|| {
        let why = format!("a key has 1 to {MAX_KEY_CHARS} visible ASCII characters");
        Problem::invalid("invalid_header", FieldError::header("Idempotency-Key", why))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrutineer_scanners::Severity;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        #[serde(default)]
        severity: List<Severity>,
        #[serde(default, deserialize_with = "some")]
        name: Option<String>,
    }

    #[test]
    fn values_may_be_repeated_or_separated_by_commas() {
        let both = Filter { severity: List(vec![Severity::High, Severity::Low]), name: None };
        assert_eq!(query::<Filter>("severity=high,low").unwrap(), both);
        assert_eq!(query::<Filter>("severity=high&severity=low").unwrap(), both);
        assert_eq!(query::<Filter>("severity=").unwrap(), Filter { severity: List::default(), name: None });
        assert_eq!(query::<Filter>("name=a%2Fb").unwrap().name.as_deref(), Some("a/b"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, parameter) in [("severity=huge", "severity"), ("nmae=x", "nmae")] {
            let body = serde_json::to_value(query::<Filter>(text).unwrap_err().body("/", "1")).unwrap();
            assert_eq!(body["errors"][0]["parameter"], parameter, "{body}");
        }
    }

    #[test]
    fn a_type_is_accepted_by_its_name_only() {
        let headers = |value: &str| HeaderMap::from_iter([(ACCEPT, value.parse().unwrap())]);
        for value in ["text/plain", "application/json;q=0.5, text/plain; q=1", "Text/Plain"] {
            assert!(accepts(&headers(value), "text/plain"), "{value}");
        }
        for value in ["*/*", "text/*", "application/json"] {
            assert!(!accepts(&headers(value), "text/plain"), "{value}");
        }
    }
}
