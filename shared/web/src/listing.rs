//! Lists, a page at a time: `?limit&cursor`, `{items, next}` and `Link: rel="next"` (RFC 8288).

use axum::{
    Json,
    http::{HeaderValue, Uri, header::LINK},
    response::{IntoResponse, Response},
};
use scrutineer_service::{Cursor, page::Page};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::{IntoParams, ToSchema};

use crate::extract::some;

/// Most entries of a page.
const MAX_LIMIT: usize = 200;
/// Entries of a page when the client does not say.
const DEFAULT_LIMIT: usize = 50;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// Entries of a page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// `next` of the page before.
    #[serde(default, deserialize_with = "some")]
    cursor: Option<String>,
}

impl Paging {
    /// Entries wanted.
    pub(crate) fn limit(&self) -> usize {
        self.limit.0
    }

    /// Where to begin.
    pub(crate) fn cursor(self) -> Option<Cursor> {
        self.cursor.map(Cursor::new)
    }
}

/// Entries of a page, 1 to [`MAX_LIMIT`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit(pub(crate) usize);

impl Default for Limit {
    fn default() -> Self {
        Self(DEFAULT_LIMIT)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let fits = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
        fits.map(Self)
            .ok_or_else(|| D::Error::custom(format_args!("a limit is a number from 1 to {MAX_LIMIT}")))
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// The entries.
    items: Vec<T>,
    /// Pass it as `cursor` for the next page; null on the last one.
    next: Option<String>,
}

/// A page as an answer; `asked` is the address of this one.
pub(crate) fn listed<T: Serialize>(asked: &Uri, page: Page<T>) -> Response {
    let next = page.next.clone();
    linked(asked, next.as_deref(), Json(List { items: page.items, next: page.next }).into_response())
}

/// An answer that is a page besides other things, with the address of the next one.
pub(crate) fn linked(asked: &Uri, next: Option<&str>, mut response: Response) -> Response {
    if let Some(link) = next.and_then(|cursor| next_link(asked, cursor)) {
        response.headers_mut().insert(LINK, link);
    }
    response
}

/// The address of this page with the next cursor.
pub(crate) fn next_link(asked: &Uri, cursor: &str) -> Option<HeaderValue> {
    let others = url::form_urlencoded::parse(asked.query().unwrap_or_default().as_bytes());
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(others.filter(|(name, _)| name != "cursor")).append_pair("cursor", cursor);
    HeaderValue::from_str(&format!("<{}?{}>; rel=\"next\"", asked.path(), query.finish())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_keeps_the_other_parameters() {
        let asked = "/api/x?status=failed&cursor=old&limit=2".parse().unwrap();
        let link = next_link(&asked, "a/b").unwrap();
        assert_eq!(link, "</api/x?status=failed&limit=2&cursor=a%2Fb>; rel=\"next\"");
    }
}
