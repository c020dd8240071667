//! Calls: a path template filled in, sent through octocrab, read into our own types.
//!
//! What a newcomer gets wrong: the next page is wherever the `Link` header says, absolute and opaque; it is followed
//! as given, with the token, and only when it has the API's origin.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, combinators::BoxBody};
use octocrab::{OctoBody, Octocrab};
use scrutineer_core::{Fact, Gap};
use serde::{Deserialize, de::DeserializeOwned};
use url::Url;

use crate::{
    context::Context,
    error::{self, Error},
    permission,
    transport::{self, Endpoint, Identity, Kind},
};

/// GitHub's words about a refused body are kept for the log and the operator, not whole.
const LONGEST_REASON: usize = 300;

/// No listing of ours is longer: 100,000 entries at 100 a page.
const MOST_PAGES: usize = 1_000;

/// A REST call: what it is counted as, where it goes, and what it carries.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) endpoint: Endpoint,
    method: Method,
    /// Relative to the base address, with query.
    path: String,
    /// JSON.
    body: Option<String>,
}

impl Call {
    /// Fills the `{…}` of `template` (`GET /orgs/{org}`) with `values`, in order.
    pub(crate) fn get(template: &'static str, values: &[&str]) -> Self {
        Self::filled(template, values.iter().map(|value| (*value).to_owned()))
    }

    /// As [`Call::get`] for any method and any value: branches and paths are escaped. The slashes of `{path}` stay.
    pub(crate) fn to(template: &'static str, values: &[&str]) -> Self {
        let names = template.split('/').filter(|segment| segment.starts_with('{'));
        let escaped = names.zip(values).map(|(name, value)| match name {
            "{path}" => value.split('/').map(escape).collect::<Vec<_>>().join("/"),
            _ => escape(value),
        });
        Self::filled(template, escaped.collect::<Vec<_>>().into_iter())
    }

    fn filled(template: &'static str, mut values: impl Iterator<Item = String>) -> Self {
        let (method, path) = template.split_once(' ').expect("a template is a method and a path");
        let segments = path.split('/').map(|segment| match segment.starts_with('{') {
            true => values.next().unwrap_or_default(),
            false => segment.to_owned(),
        });
        let path = segments.collect::<Vec<_>>().join("/");
        let method = method.parse().expect("a template begins with a method");
        Self { endpoint: Endpoint::rest(template), method, path, body: None }
    }

    /// Carries `body`. What creates or appends is sent once: repeated after a lost answer it would be there twice.
    pub(crate) fn carrying(mut self, body: &serde_json::Value) -> Self {
        self.body = Some(body.to_string());
        self.endpoint.tries = 1;
        self
    }

    /// Says that sending it again changes nothing more.
    pub(crate) fn repeatable(mut self) -> Self {
        self.endpoint.tries = Endpoint::TRIES;
        self
    }

    /// Adds a query string.
    pub(crate) fn query(mut self, query: &str) -> Self {
        self.path = format!("{}?{query}", self.path);
        self
    }

    /// Keeps the answer for conditional requests.
    pub(crate) fn cached(mut self) -> Self {
        self.endpoint.cached = true;
        self
    }

    /// Costs nothing.
    pub(crate) fn free(mut self) -> Self {
        self.endpoint.kind = Kind::Free;
        self
    }

    /// Speaks for the App, not for its installation.
    pub(crate) fn by_app(mut self) -> Self {
        self.endpoint.identity = Identity::App;
        self
    }
}

/// An answer that was read as a whole.
pub(crate) struct Whole {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A response whose body still arrives.
pub(crate) type Arriving = Response<BoxBody<Bytes, octocrab::Error>>;

/// Sends calls. Clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    octocrab: Octocrab,
    context: Arc<Context>,
}

impl Client {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { octocrab: transport::build(&context), context }
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// One answer.
    pub(crate) async fn json<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        self.json_with_headers(call).await.map(|(value, _)| value)
    }

    /// One answer with its headers.
    pub(crate) async fn json_with_headers<T: DeserializeOwned>(
        &self,
        call: &Call,
    ) -> Result<(T, HeaderMap), Error> {
        let whole = self.whole(call, self.url(call)?).await?;
        Ok((parse(call.endpoint.name, &whole.body)?, whole.headers))
    }

    /// As [`Client::json`] for pull-request verification: refusals are [`Error::Forbidden`] and [`Error::NotFound`].
    pub(crate) async fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        self.json(call).await.map_err(error::named)
    }

    /// As [`Client::ask`], when the answer says nothing.
    pub(crate) async fn tell(&self, call: &Call) -> Result<(), Error> {
        self.whole(call, self.url(call)?).await.map(drop).map_err(error::named)
    }

    /// All pages of a listing that is an array.
    pub(crate) async fn pages<T: DeserializeOwned>(&self, call: &Call) -> Result<Vec<T>, Error> {
        self.pages_while(call, |_| true).await
    }

    /// Pages of a listing, until one that `go_on` says no to; that page is the last one of the answer.
    pub(crate) async fn pages_while<T: DeserializeOwned>(
        &self,
        call: &Call,
        go_on: impl Fn(&[T]) -> bool,
    ) -> Result<Vec<T>, Error> {
        self.walk(call, |body| parse::<Vec<T>>(call.endpoint.name, body), go_on).await
    }

    /// All pages of a listing that stands under `key` of an object.
    pub(crate) async fn pages_in<T: DeserializeOwned>(
        &self,
        call: &Call,
        key: &str,
    ) -> Result<Vec<T>, Error> {
        let read = |body: &[u8]| {
            let mut page: serde_json::Map<String, serde_json::Value> = parse(call.endpoint.name, body)?;
            let listing = page.remove(key).unwrap_or_default();
            Vec::<T>::deserialize(listing).map_err(|error| unreadable(call.endpoint.name, &error))
        };
        self.walk(call, read, |_| true).await
    }

    async fn walk<T>(
        &self,
        call: &Call,
        read: impl Fn(&[u8]) -> Result<Vec<T>, Error>,
        go_on: impl Fn(&[T]) -> bool,
    ) -> Result<Vec<T>, Error> {
        let endpoint = call.endpoint;
        let mut items = Vec::new();
        let mut url = self.url(call)?;
        for _ in 0..MOST_PAGES {
            let whole = self.whole(call, url.clone()).await?;
            let mut page = read(&whole.body)?;
            let more = go_on(&page);
            items.append(&mut page);
            let Some(next) = next_link(&whole.headers).filter(|_| more) else { return Ok(items) };
            let next = url.join(&next).map_err(|_| Error::BadRedirect { endpoint: endpoint.name })?;
            if !self.context.base.is_origin_of(&next) || next == url {
                return Err(Error::BadRedirect { endpoint: endpoint.name });
            }
            url = next;
        }
        Err(Error::BadRedirect { endpoint: endpoint.name })
    }

    /// The evidence one call gives: unasked when the permission is known to be missing, a gap when it is refused.
    ///
    /// # Errors
    /// Only what ends the whole reading ([`Error::is_fatal`]).
    pub(crate) async fn fact<T>(
        &self,
        template: &'static str,
        asking: impl Future<Output = Result<T, Error>>,
    ) -> Result<Fact<T>, Error> {
        let holds = self.holds(template);
        if let (Some(false), Some(key)) = (holds, permission::of_endpoint(template)) {
            return Ok(Fact::Unknown(Gap::forbidden(key)));
        }
        match Box::pin(asking).await {
            Ok(value) => Ok(Fact::Known(value)),
            Err(error) if error.is_fatal() => Err(error),
            Err(error) => Ok(Fact::Unknown(error.gap(holds))),
        }
    }

    /// As [`Client::fact`] for a listing read over GraphQL, by its field.
    pub(crate) async fn fact_of<T>(
        &self,
        field: &str,
        asking: impl Future<Output = Result<Result<T, Gap>, Error>>,
    ) -> Result<Fact<T>, Error> {
        if let Some(key) = permission::of_field(field)
            && self.context.holds(key) == Some(false)
        {
            return Ok(Fact::Unknown(Gap::forbidden(key)));
        }
        match Box::pin(asking).await {
            Ok(read) => Ok(read.into()),
            Err(error) if error.is_fatal() => Err(error),
            Err(error) => Ok(Fact::Unknown(error.gap(None))),
        }
    }

    /// Whether the credential holds the permission of an endpoint, where that can be known.
    pub(crate) fn holds(&self, template: &str) -> Option<bool> {
        permission::of_endpoint(template).and_then(|key| self.context.holds(key))
    }

    /// Sends a REST call and reads its answer; a rename (301 and the like) is followed once.
    async fn whole(&self, call: &Call, url: Url) -> Result<Whole, Error> {
        let endpoint = call.endpoint;
        let answer = self.send(request(call, &url)?).await?;
        let answer = match redirect(&answer, &url) {
            Some(target) if self.context.base.is_origin_of(&target) => {
                self.send(request(call, &target)?).await?
            }
            Some(_) => return Err(Error::BadRedirect { endpoint: endpoint.name }),
            None => answer,
        };
        let is_unacceptable = matches!(answer.status().as_u16(), 400 | 422);
        if call.body.is_some() && is_unacceptable {
            Err(invalid(endpoint, answer).await)
        } else {
            read(endpoint, answer).await
        }
    }

    /// A GraphQL call.
    pub(crate) async fn post_graphql(&self, endpoint: Endpoint, body: String) -> Result<Bytes, Error> {
        let mut request = Request::post(self.context.base.graphql())
            .header(header::CONTENT_TYPE, "application/json")
            .body(OctoBody::from(body))
            .map_err(|_| Error::BadRedirect { endpoint: endpoint.name })?;
        request.extensions_mut().insert(endpoint);
        let answer = self.send(request).await?;
        read(endpoint, answer).await.map(|whole| whole.body)
    }

    /// The archive behind a link to another host, which gets no token.
    pub(crate) async fn archive_at(&self, url: &str) -> Result<Arriving, Error> {
        let endpoint = download();
        let target = Url::parse(url).map_err(|_| Error::BadRedirect { endpoint: endpoint.name })?;
        self.follow(endpoint, target).await
    }

    /// The archive that an API call redirects to.
    pub(crate) async fn archive_of(&self, call: &Call) -> Result<Arriving, Error> {
        self.follow(call.endpoint, self.url(call)?).await
    }

    /// Renamed repository → archive host is the longest honest chain. A permanent redirect within the API keeps the
    /// token (a rename); any other leads to the archive, which may be served from the API's own origin.
    async fn follow(&self, mut endpoint: Endpoint, mut target: Url) -> Result<Arriving, Error> {
        let bad = Error::BadRedirect { endpoint: endpoint.name };
        for _ in 0..3 {
            let answer = self.send(get(endpoint, &target)?).await?;
            let Some(next) = redirect(&answer, &target) else { return refuse(endpoint, answer).await };
            let is_rename = matches!(answer.status().as_u16(), 301 | 307 | 308);
            if !(is_rename && self.context.base.is_origin_of(&next)) {
                endpoint = download();
            }
            target = next;
        }
        Err(bad)
    }

    fn url(&self, call: &Call) -> Result<Url, Error> {
        Url::parse(&format!("{}{}", self.context.base.as_str(), call.path))
            .map_err(|_| Error::BadRedirect { endpoint: call.endpoint.name })
    }

    /// Boxed, like everything that some forty calls run at once: their futures would overflow a thread's stack.
    fn send(&self, request: Request<OctoBody>) -> BoxFuture<'_, Result<Arriving, Error>> {
        let endpoint = transport::endpoint_of(&request).name;
        Box::pin(async move { self.octocrab.send(request).await.map_err(|error| ours(endpoint, error)) })
    }
}

const fn download() -> Endpoint {
    Endpoint { kind: Kind::Download, identity: Identity::Nobody, ..Endpoint::rest("archive") }
}

fn get(endpoint: Endpoint, url: &Url) -> Result<Request<OctoBody>, Error> {
    let mut request = Request::get(url.as_str())
        .body(OctoBody::empty())
        .map_err(|_| Error::BadRedirect { endpoint: endpoint.name })?;
    request.extensions_mut().insert(endpoint);
    Ok(request)
}

fn request(call: &Call, url: &Url) -> Result<Request<OctoBody>, Error> {
    let mut request = get(call.endpoint, url)?;
    request.method_mut().clone_from(&call.method);
    if let Some(body) = &call.body {
        *request.body_mut() = OctoBody::from(body.clone());
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(request)
}

/// What GitHub says about a body that it does not accept.
async fn invalid(endpoint: Endpoint, answer: Arriving) -> Error {
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
        #[serde(default)]
        errors: Vec<serde_json::Value>,
    }
    let endpoint = endpoint.name;
    let body = match answer.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return ours(endpoint, error),
    };
    let reason = match serde_json::from_slice::<Refusal>(&body) {
        Ok(Refusal { message, errors }) if errors.is_empty() => message,
        Ok(Refusal { message, errors }) => {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            format!("{message} {}", errors.join(", "))
        }
        Err(_) => "no reason given".to_owned(),
    };
    Error::Invalid { endpoint, reason: reason.chars().take(LONGEST_REASON).collect() }
}

async fn read(endpoint: Endpoint, answer: Arriving) -> Result<Whole, Error> {
    let (parts, body) = refuse(endpoint, answer).await?.into_parts();
    let body = body.collect().await.map_err(|error| ours(endpoint.name, error))?.to_bytes();
    Ok(Whole { headers: parts.headers, body })
}

/// Refusals as errors.
async fn refuse(endpoint: Endpoint, answer: Arriving) -> Result<Arriving, Error> {
    let (endpoint, identity) = (endpoint.name, endpoint.identity);
    match answer.status() {
        status if status.is_success() => Ok(answer),
        StatusCode::UNAUTHORIZED if identity != Identity::Nobody => {
            Err(Error::CredentialRejected { endpoint })
        }
        status => Err(Error::Refused { endpoint, status }),
    }
}

/// Our own error, taken out of the layers of octocrab's buffer.
fn ours(endpoint: &'static str, error: octocrab::Error) -> Error {
    match error {
        octocrab::Error::Service { source, .. } => match source.downcast::<Error>() {
            Ok(ours) => *ours,
            Err(source) => Error::NoAnswer { endpoint, source },
        },
        other => Error::NoAnswer { endpoint, source: other.into() },
    }
}

fn redirect(answer: &Arriving, from: &Url) -> Option<Url> {
    let moved = matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = answer.headers().get(header::LOCATION)?.to_str().ok()?;
    if moved { from.join(location).ok() } else { None }
}

pub(crate) fn parse<T: DeserializeOwned>(endpoint: &'static str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| unreadable(endpoint, &error))
}

/// The place of the trouble, not serde's text: that quotes the value.
pub(crate) fn unreadable(endpoint: &'static str, error: &serde_json::Error) -> Error {
    Error::Unreadable { endpoint, line: error.line(), column: error.column() }
}

/// One path segment: everything but RFC 3986's unreserved characters is escaped, slashes too.
fn escape(value: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte))
            }
            _ => write!(escaped, "%{byte:02X}").expect("a String takes it"),
        }
    }
    escaped
}

/// The target of `rel="next"` in a `Link` header.
fn next_link(headers: &HeaderMap) -> Option<String> {
    let links = headers.get(header::LINK)?.to_str().ok()?;
    links.split(',').find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next =
            parameters.split(';').any(|parameter| matches!(parameter.trim(), "rel=\"next\"" | "rel=next"));
        is_next.then(|| target.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_in_order() {
        let call =
            Call::get("GET /repos/{owner}/{repo}/actions/secrets", &["acme", "api"]).query("per_page=100");
        assert_eq!(call.path, "/repos/acme/api/actions/secrets?per_page=100");
        assert_eq!(call.endpoint.name, "GET /repos/{owner}/{repo}/actions/secrets");
    }

    #[test]
    fn branches_and_paths_are_escaped() {
        let branch = Call::to(
            "GET /repos/{owner}/{repo}/branches/{branch}/protection",
            &["acme", "api", "feature/x#1 ?"],
        );
        assert_eq!(branch.path, "/repos/acme/api/branches/feature%2Fx%231%20%3F/protection");
        let path = Call::to("GET /repos/{owner}/{repo}/contents/{path}", &["acme", "api", "src/ä b.ts"]);
        assert_eq!(path.path, "/repos/acme/api/contents/src/%C3%A4%20b.ts");
    }

    #[test]
    fn the_next_page_is_found_among_other_links() {
        let mut headers = HeaderMap::new();
        let links =
            "<https://a/x?page=1>; rel=\"prev\", <https://a/repositories/1?after=Y3%3D>; rel=\"next\"";
        headers.insert(header::LINK, links.parse().unwrap());
        assert_eq!(next_link(&headers).unwrap(), "https://a/repositories/1?after=Y3%3D");
        headers.insert(header::LINK, "<https://a/x>; rel=\"last\"".parse().unwrap());
        assert_eq!(next_link(&headers), None);
    }
}
