//! Conditional requests: a 304 costs nothing against the primary limit.
//!
//! What a newcomer gets wrong: GitHub's ETag covers the `Authorization` header, so the ETag of a stored answer dies
//! with every new installation token. It is the SHA-256 of `Accept ":" Authorization ":" body` (observed, not
//! promised: <https://github.com/bored-engineer/github-conditional-http-transport>), so the body is stored and the
//! ETag for today's token computed. Where a stored ETag did not follow that rule it is sent as it was; a mismatch is
//! an ordinary 200.

use std::{
    collections::BTreeMap,
    io::Read,
    sync::Arc,
    task::{Context as Poller, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use jiff::Timestamp;
use octocrab::OctoBody;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tower::Service;

use crate::{
    context::Context,
    error::Error,
    transport::{Answer, Body, Layered, endpoint_of},
};

/// Opens a packed cache; the digit is the version of what follows.
const MAGIC: &[u8] = b"scrutineer-cache-1\n";

/// All bodies together, in bytes: some 40 pages of repositories.
const CAPACITY: usize = 32 * 1024 * 1024;

/// In which an Enterprise Server names its release.
pub(crate) const RELEASE: &str = "x-github-enterprise-version";

/// Stored answers by URL.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    entries: BTreeMap<String, Entry>,
    changed: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    etag: Option<String>,
    last_modified: Option<String>,
    link: Option<String>,
    /// The release of an Enterprise Server, which it names in headers only.
    #[serde(default)]
    release: Option<String>,
    /// The ETag followed the rule when it was stored, so it can be computed for another token.
    computable: bool,
    body: String,
    /// When GitHub last gave or confirmed it.
    #[serde(default)]
    read_at: Option<Timestamp>,
}

impl Cache {
    /// Unpacks what [`Cache::pack`] packed; anything else is an empty cache, which costs requests and nothing more.
    pub(crate) fn unpack(packed: &[u8]) -> Self {
        let entries = unpack(packed).unwrap_or_else(|| {
            tracing::warn!("a stored conditional-request cache is unreadable and ignored");
            BTreeMap::new()
        });
        Self { entries, changed: false }
    }

    /// Packs the cache if it changed since it was unpacked or packed.
    pub(crate) fn pack(&mut self) -> Option<Vec<u8>> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let json = serde_json::to_vec(&self.entries).ok()?;
        let mut packed = MAGIC.to_vec();
        packed.extend(zstd::encode_all(json.as_slice(), zstd::DEFAULT_COMPRESSION_LEVEL).ok()?);
        Some(packed)
    }

    fn get(&self, url: &str) -> Option<&Entry> {
        self.entries.get(url)
    }

    fn put(&mut self, url: String, entry: Entry) {
        let others: usize =
            self.entries.iter().filter(|(key, _)| **key != url).map(|(_, e)| e.body.len()).sum();
        // A new time alone is not worth storing the whole cache again.
        self.changed |= self.entries.get(&url).is_none_or(|stored| !stored.says_the_same(&entry));
        if others + entry.body.len() <= CAPACITY {
            self.entries.insert(url, entry);
        } else {
            self.entries.remove(&url);
        }
    }
}

fn unpack(packed: &[u8]) -> Option<BTreeMap<String, Entry>> {
    let compressed = packed.strip_prefix(MAGIC)?;
    let decoder = zstd::stream::read::Decoder::new(compressed).ok()?;
    let mut json = Vec::new();
    // JSON escapes make the text longer than the bodies; twice the capacity is still no bomb.
    decoder.take(2 * CAPACITY as u64).read_to_end(&mut json).ok()?;
    serde_json::from_slice(&json).ok()
}

/// The ETag GitHub gives `body` for these request headers, without quotes.
fn expected(headers: &HeaderMap, body: &[u8]) -> String {
    let part = |name| headers.get(name).map_or(&[] as &[u8], HeaderValue::as_bytes);
    let mut hash = Sha256::new();
    for bytes in [part(header::ACCEPT), b":", part(header::AUTHORIZATION), b":", body] {
        hash.update(bytes);
    }
    hex::encode(hash.finalize())
}

/// The opaque part of an ETag: without weakness mark and quotes.
fn opaque(etag: &str) -> &str {
    etag.trim_start_matches("W/").trim_matches('"')
}

impl Entry {
    fn says_the_same(&self, other: &Self) -> bool {
        (&self.body, &self.etag, &self.last_modified, &self.link, &self.release)
            == (&other.body, &other.etag, &other.last_modified, &other.link, &other.release)
    }

    fn of(request: &HeaderMap, response: &HeaderMap, body: &[u8], read_at: Timestamp) -> Option<Self> {
        let text = |name: &str| {
            response.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::to_owned)
        };
        let (etag, last_modified) = (text(header::ETAG.as_str()), text(header::LAST_MODIFIED.as_str()));
        if etag.is_none() && last_modified.is_none() {
            return None;
        }
        let computable = etag.as_deref().is_some_and(|etag| opaque(etag) == expected(request, body));
        let body = String::from_utf8(body.to_vec()).ok()?;
        Some(Self {
            etag,
            last_modified,
            link: text(header::LINK.as_str()),
            release: text(RELEASE),
            computable,
            body,
            read_at: Some(read_at),
        })
    }

    /// Adds the conditions under which this entry is still the answer.
    fn ask(&self, headers: &mut HeaderMap, token_rotates: bool) {
        let etag = match &self.etag {
            Some(stored) if self.computable => {
                let weak = if stored.starts_with("W/") { "W/" } else { "" };
                Some(format!("{weak}\"{}\"", expected(headers, self.body.as_bytes())))
            }
            // An ETag that cannot match would hide the date: If-None-Match takes precedence.
            Some(_) if token_rotates && self.last_modified.is_some() => None,
            stored => stored.clone(),
        };
        let mut set = |name, value: Option<&str>| {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        };
        set(header::IF_NONE_MATCH, etag.as_deref());
        set(header::IF_MODIFIED_SINCE, self.last_modified.as_deref());
    }

    /// The stored answer, with `headers` (those of the 304 it stands in for, or none).
    fn answer(&self, headers: HeaderMap) -> Response<Body> {
        let mut response = Response::new(Body::from(Bytes::from(self.body.clone())));
        *response.headers_mut() = headers;
        for (name, value) in [(header::LINK.as_str(), &self.link), (RELEASE, &self.release)] {
            if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// The layer that asks conditionally.
#[derive(Clone)]
pub(crate) struct Conditional<S> {
    pub(crate) inner: S,
    pub(crate) context: Arc<Context>,
}

impl<S: Layered> Service<Request<OctoBody>> for Conditional<S> {
    type Response = Response<Body>;
    type Error = Error;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Poller<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<OctoBody>) -> Answer {
        if !endpoint_of(&request).cached {
            return Box::pin(self.inner.call(request));
        }
        let context = Arc::clone(&self.context);
        let url = request.uri().to_string();
        let stored = context.with_cache(|cache| cache.get(&url).cloned());
        if let Some(entry) = stored.as_ref().filter(|entry| entry.read_at >= context.reused_since()) {
            let answer = entry.answer(HeaderMap::new());
            return Box::pin(async move { Ok(answer) });
        }
        let asked = request.headers().clone();
        if let Some(entry) = &stored {
            entry.ask(request.headers_mut(), context.auth.rotates());
        }
        let answer = self.inner.call(request);
        Box::pin(async move {
            let response = answer.await?;
            match stored {
                Some(mut entry) if response.status() == StatusCode::NOT_MODIFIED => {
                    let answer = entry.answer(response.headers().clone());
                    entry.read_at = Some(context.clock.now());
                    context.with_cache(|cache| cache.put(url, entry));
                    Ok(answer)
                }
                _ => {
                    if response.status() == StatusCode::OK
                        && let Some(entry) =
                            Entry::of(&asked, response.headers(), response.body().peek(), context.clock.now())
                    {
                        context.with_cache(|cache| cache.put(url, entry));
                    }
                    Ok(response)
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(token: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(token).unwrap());
        headers
    }

    fn response(etag: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ETAG, HeaderValue::from_str(etag).unwrap());
        headers.insert(header::LAST_MODIFIED, HeaderValue::from_static("Thu, 01 Jan 2026 00:00:00 GMT"));
        headers
    }

    #[test]
    fn the_etag_is_computed_for_the_token_of_today() {
        let weak = format!("W/\"{}\"", expected(&request("Bearer yesterday"), b"[]"));
        let entry =
            Entry::of(&request("Bearer yesterday"), &response(&weak), b"[]", Timestamp::UNIX_EPOCH).unwrap();
        let mut today = request("Bearer today");
        entry.ask(&mut today, true);
        let asked = today.get(header::IF_NONE_MATCH).unwrap().to_str().unwrap();
        assert_eq!(asked, format!("W/\"{}\"", expected(&request("Bearer today"), b"[]")));
        assert_ne!(asked, weak);
    }

    #[test]
    fn an_etag_of_another_kind_is_sent_back_while_the_token_stays() {
        let entry =
            Entry::of(&request("Bearer a"), &response("\"opaque\""), b"[]", Timestamp::UNIX_EPOCH).unwrap();
        let mut same = request("Bearer a");
        entry.ask(&mut same, false);
        assert_eq!(same.get(header::IF_NONE_MATCH).unwrap(), "\"opaque\"");
        let mut rotated = request("Bearer b");
        entry.ask(&mut rotated, true);
        assert!(
            rotated.get(header::IF_NONE_MATCH).is_none() && rotated.contains_key(header::IF_MODIFIED_SINCE)
        );
    }

    #[test]
    fn a_packed_cache_comes_back_and_an_unreadable_one_is_empty() {
        let mut cache = Cache::default();
        assert_eq!(cache.pack(), None);
        let entry =
            Entry::of(&request("Bearer a"), &response("\"x\""), b"[1]", Timestamp::UNIX_EPOCH).unwrap();
        cache.put("https://api.github.com/x".to_owned(), entry.clone());
        let packed = cache.pack().unwrap();
        assert_eq!(cache.pack(), None, "nothing changed since");
        let mut again = Cache::unpack(&packed);
        assert_eq!(again.get("https://api.github.com/x"), Some(&entry));
        again.put("https://api.github.com/x".to_owned(), entry);
        assert_eq!(again.pack(), None, "the same answer is no change");
        for broken in
            [&b""[..], b"scrutineer-cache-9\n", &packed[..packed.len() / 2], b"scrutineer-cache-1\nrubbish"]
        {
            assert!(Cache::unpack(broken).entries.is_empty());
        }
    }

    #[test]
    fn a_stored_answer_names_the_release_of_its_server() {
        let mut headers = response("\"x\"");
        headers.insert(RELEASE, HeaderValue::from_static("3.20.1"));
        let entry = Entry::of(&request("Bearer a"), &headers, b"[]", Timestamp::UNIX_EPOCH).unwrap();
        let mut cache = Cache::default();
        cache.put("https://ghe.example/api/v3/orgs/x".to_owned(), entry);
        let again = Cache::unpack(&cache.pack().unwrap());
        let answer = again.get("https://ghe.example/api/v3/orgs/x").unwrap().answer(HeaderMap::new());
        assert_eq!(answer.headers().get(RELEASE).unwrap(), "3.20.1");
    }

    #[test]
    fn the_cache_is_bounded() {
        let mut cache = Cache::default();
        let big = "x".repeat(CAPACITY / 2 + 1);
        for url in ["a", "b"] {
            let entry =
                Entry::of(&request("Bearer a"), &response("\"x\""), big.as_bytes(), Timestamp::UNIX_EPOCH)
                    .unwrap();
            cache.put(url.to_owned(), entry);
        }
        assert_eq!(cache.entries.len(), 1);
    }
}
