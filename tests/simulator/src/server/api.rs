//! One API request from the wire to the wire: faults, caller, budget, answer, headers, log.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::auth::Caller;
use super::faults::{At, Fault, Trouble};
use super::http1::{Hangup, Out, half, whole};
use super::limits::{Budget, Resource};
use super::log::{Kind, RequestLog};
use super::simulator::Shared;
use crate::graphql::{self, Rate, Scope};
use crate::rest::{self, Body, Ctx, Reply};
use crate::world::World;
use crate::world::load::present;

/// What is known of a request before it is answered.
struct Call {
    parts: Parts,
    /// Without the Enterprise Server prefix.
    path: String,
    body: Value,
    world: World,
    trouble: Trouble,
}

/// Serves the API host.
pub(crate) async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Out>, Hangup> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Hangup)?.to_bytes();
    let path = local_path(parts.uri.path());
    let graphql = path == "/graphql";
    let trouble = shared.faults.strike(graphql);
    wait(trouble.latency_ms).await;
    let call = Call {
        parts,
        path,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        world: shared.snapshot(),
        trouble,
    };
    let mut entry = log_entry(&call, graphql);
    if call.trouble.reset {
        shared.log.push(entry);
        return Err(Hangup);
    }
    let struck = shared.faults.strike_at(&endpoint(&call, graphql));
    match struck {
        Some(At::Hang { ms }) => wait(ms).await,
        Some(At::Reset) => {
            shared.log.push(entry);
            return Err(Hangup);
        }
        _ => {}
    }
    let mut reply = match struck {
        Some(At::Status { status }) => Reply::error(
            StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY),
            "A fault was asked for",
        ),
        Some(At::Secondary { retry_after }) => secondary(403, retry_after),
        _ if graphql => graphql_reply(&shared, &call, &mut entry),
        _ => rest_reply(&shared, &call, &mut entry),
    };
    shared.kick();
    if matches!(struck, Some(At::LostAnswer)) {
        shared.log.push(entry);
        return Err(Hangup);
    }
    reply.headers.push(("x-github-request-id", shared.request_id()));
    reply.headers.push(("x-github-media-type", "github.v3; format=json".into()));
    reply.headers.push(("x-github-api-version-selected", "2022-11-28".into()));
    let release = call.world.orgs.values().find_map(|org| org.file.server_version.clone());
    reply.headers.extend(release.map(|release| ("x-github-enterprise-version", release)));
    let response = respond(&call, reply);
    entry.status = response.status().as_u16();
    shared.log.push(entry);
    Ok(response)
}

/// `METHOD /path/{template}`, or the name of a GraphQL operation.
fn endpoint(call: &Call, graphql: bool) -> String {
    if graphql {
        return graphql::operation_name(&call.body).unwrap_or_default();
    }
    let (path, _) = canonical(&call.world, &call.path);
    let template = rest::find(&call.parts.method, &path).map_or("", |(route, _)| route.template);
    format!("{} {template}", call.parts.method)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the fault that was asked for is that an answer takes this long"
)]
async fn wait(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
    }
}

/// `/api/v3/…` and `/api/graphql` are what Enterprise Server calls the same things.
fn local_path(path: &str) -> String {
    match path {
        "/api/graphql" => "/graphql".to_owned(),
        path => path.strip_prefix("/api/v3").filter(|rest| rest.starts_with('/')).unwrap_or(path).to_owned(),
    }
}

fn log_entry(call: &Call, graphql: bool) -> RequestLog {
    let document = call.body.get("query").and_then(Value::as_str).filter(|_| graphql).map(str::to_owned);
    RequestLog {
        method: call.parts.method.to_string(),
        path: call.path.clone(),
        query: call.parts.uri.query().unwrap_or_default().to_owned(),
        status: 0,
        kind: if graphql { Kind::Graphql } else { Kind::Rest },
        operation_name: if graphql { graphql::operation_name(&call.body) } else { None },
        document,
        points: 0,
        authorized: call.parts.headers.contains_key("authorization"),
    }
}

fn rest_reply(shared: &Shared, call: &Call, entry: &mut RequestLog) -> Reply {
    let (path, moved) = canonical(&call.world, &call.path);
    let route = rest::find(&call.parts.method, &path);
    entry.operation_name = route.as_ref().map(|(route, _)| route.template.to_owned());
    entry.path.clone_from(&path);
    let caller = match shared.caller(header(&call.parts.headers, "authorization")) {
        Ok(caller) => caller,
        Err(message) => return Reply::error(StatusCode::UNAUTHORIZED, message),
    };
    if let Some(reply) = early(&call.trouble) {
        return reply;
    }
    // What costs nothing: looking at the budget itself.
    let free = path == "/rate_limit";
    let budget = shared.limits().look(&caller.budget, Resource::Core, present());
    if !free && budget.remaining() == 0 {
        return exceeded(&caller, &budget);
    }
    let mut reply = match (moved, route) {
        (Some(location), _) => location_reply(&location, shared),
        (None, None) => Reply::not_found(),
        (None, Some((route, params))) => {
            let installed = shared.installed();
            let ctx = Ctx {
                world: &call.world,
                forge: &shared.forge,
                api: &shared.base(),
                codeload: &shared.codeload(),
                caller: &caller,
                path: &path,
                params,
                query: query(&call.parts),
                body: &call.body,
                installed: &installed,
            };
            blocked(shared, &ctx).unwrap_or_else(|| rest::answer(route, &ctx))
        }
    };
    finish_rest(shared, (&caller, call), &mut reply, free);
    reply
}

/// Turns what only the server knows into the answer: tokens, budgets, validators.
fn finish_rest(shared: &Shared, (caller, call): (&Caller, &Call), reply: &mut Reply, free: bool) {
    if let Some(mint) = reply.mint.take() {
        let id = call.path.split('/').nth(3).unwrap_or_default();
        reply.body = Body::Json(shared.mint(id, mint));
    }
    if matches!(&reply.body, Body::Json(body) if body.get("$rate_limit").is_some()) {
        reply.body = Body::Json(shared.limits().report(&caller.budget, present()));
    }
    let not_modified = validators(&call.parts, reply);
    let points = u64::from(!free && !not_modified);
    let budget = shared.limits().spend(&caller.budget, Resource::Core, (points, present()));
    let budget = budget.unwrap_or_else(|budget| budget);
    reply.headers.extend(budget.headers(Resource::Core));
}

/// GitHub's validator, as observed: SHA-256 over `Accept:Authorization:body`. True when the client has it already.
fn validators(parts: &Parts, reply: &mut Reply) -> bool {
    let (StatusCode::OK, &Method::GET, Body::Json(body)) = (reply.status, &parts.method, &reply.body) else {
        return false;
    };
    let text = |name: &str| header(&parts.headers, name).unwrap_or_default();
    let etag = etag(text("accept"), text("authorization"), &body.to_string());
    let known = header(&parts.headers, "if-none-match").is_some_and(|given| {
        given.split(',').any(|one| one.trim().trim_start_matches("W/").trim_matches('"') == etag)
    });
    reply.headers.push(("etag", format!("W/\"{etag}\"")));
    reply.headers.push(("cache-control", "private, max-age=60, s-maxage=60".into()));
    reply.headers.push(("vary", "Accept, Authorization, Cookie, X-GitHub-OTP".into()));
    if known {
        reply.status = StatusCode::NOT_MODIFIED;
        reply.body = Body::Bytes(Bytes::new());
    }
    known
}

fn etag(accept: &str, authorization: &str, body: &str) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(format!("{accept}:{authorization}:{body}")))
}

fn graphql_reply(shared: &Arc<Shared>, call: &Call, entry: &mut RequestLog) -> Reply {
    let resource = Resource::Graphql;
    let caller = match shared.caller(header(&call.parts.headers, "authorization")) {
        Ok(caller) if caller.is_authenticated() => caller,
        Ok(_) => {
            return Reply::error(StatusCode::UNAUTHORIZED, "This endpoint requires you to be authenticated.");
        }
        Err(message) => return Reply::error(StatusCode::UNAUTHORIZED, message),
    };
    let refusal = early(&call.trouble).or_else(|| batch_trouble(shared, call));
    if let Some(reply) = refusal {
        return reply;
    }
    let prepared = match graphql::prepare(&call.body) {
        Ok(prepared) => prepared,
        Err(body) => return Reply::json(body),
    };
    entry.points = prepared.cost.points();
    let budget = match shared.limits().spend(&caller.budget, resource, (entry.points, present())) {
        Ok(budget) => budget,
        Err(budget) => {
            let message = format!("API rate limit already exceeded for {}", caller.budget);
            let mut reply = Reply::json(json!({"errors": [{"type": "RATE_LIMITED", "message": message}]}));
            reply.headers.extend(budget.headers(resource));
            return reply;
        }
    };
    let rate = Rate {
        limit: budget.limit,
        remaining: budget.remaining(),
        used: budget.used,
        reset_at: budget.reset.to_string(),
    };
    let mut body = graphql::execute(&prepared, &Arc::new(scope(shared, call, &caller)), &rate);
    if call.trouble.partial {
        lose_one(&mut body);
    }
    let mut reply = Reply::json(body);
    reply.headers.extend(budget.headers(resource));
    reply
}

fn scope(shared: &Arc<Shared>, call: &Call, caller: &Caller) -> Scope {
    let withdrawn = shared.faults.withdrawn();
    Scope {
        world: call.world.clone(),
        shared: shared.clone(),
        codeload: shared.codeload(),
        viewer: caller.login.clone(),
        permissions: caller.keys().into_iter().filter(|key| !withdrawn.contains(key)).collect(),
        refusal: caller.refusal(),
    }
}

/// What large batches run into.
fn batch_trouble(shared: &Shared, call: &Call) -> Option<Reply> {
    let ids = call.body.pointer("/variables/ids").and_then(Value::as_array).map_or(0, Vec::len) as u64;
    shared.faults.active().into_iter().find_map(|fault| match fault {
        Fault::GraphqlTimeout { above } if ids > above => {
            Some(Reply::error(StatusCode::BAD_GATEWAY, "We couldn't respond to your request in time."))
        }
        Fault::GraphqlResourceLimit { above } if ids > above => Some(Reply::json(json!({
            "data": {"nodes": vec![Value::Null; usize::try_from(ids).unwrap_or(0)]},
            "errors": [{"type": "RESOURCE_LIMITS_EXCEEDED", "message": "Resource limits for this query exceeded."}],
        }))),
        _ => None,
    })
}

/// Takes the last node of a batch away and says so.
fn lose_one(body: &mut Value) {
    let Some(nodes) = body.pointer_mut("/data/nodes").and_then(Value::as_array_mut) else { return };
    let Some(index) = nodes.len().checked_sub(1) else { return };
    nodes[index] = Value::Null;
    let error = json!({
        "path": ["nodes", index],
        "message": "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug.",
    });
    match body.get_mut("errors").and_then(Value::as_array_mut) {
        Some(errors) => errors.push(error),
        None => body["errors"] = json!([error]),
    }
}

/// Faults that answer instead of the API.
fn early(trouble: &Trouble) -> Option<Reply> {
    if let Some((status, retry_after)) = trouble.secondary {
        return Some(secondary(status, retry_after));
    }
    let status = StatusCode::from_u16(trouble.server_error?).unwrap_or(StatusCode::BAD_GATEWAY);
    Some(Reply::error(status, "Server Error"))
}

fn secondary(status: u16, retry_after: Option<u64>) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
    let message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    let mut reply = Reply::error(status, message);
    if let Body::Json(body) = &mut reply.body {
        let page =
            "free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits";
        body["documentation_url"] = json!(format!("https://docs.github.com/{page}"));
    }
    reply.headers.extend(retry_after.map(|seconds| ("retry-after", seconds.to_string())));
    reply
}

/// Repositories that the law, or a fault, has closed.
fn blocked(shared: &Shared, ctx: &Ctx<'_>) -> Option<Reply> {
    let repo = ctx.repo()?;
    let faults = shared.faults.on_repo(&repo.full_name());
    let closed = faults.iter().any(|fault| matches!(fault, Fault::Unavailable { .. }));
    closed.then(|| Reply::error(StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS, "Repository access blocked"))
}

/// Addresses by id become addresses by name; a renamed repository moves the other way.
fn canonical(world: &World, path: &str) -> (String, Option<String>) {
    if let Some(rest) = path.strip_prefix("/repositories/") {
        let (id, rest) = rest.split_once('/').unwrap_or((rest, ""));
        if let Some(repo) = id.parse().ok().and_then(|id| world.by_database_id(id)) {
            return (format!("/repos/{}/{rest}", repo.full_name()).trim_end_matches('/').to_owned(), None);
        }
    }
    if let Some(rest) = path.strip_prefix("/organizations/") {
        let (id, rest) = rest.split_once('/').unwrap_or((rest, ""));
        if let Some(org) = world.orgs.values().find(|org| org.id.to_string() == id) {
            return (format!("/orgs/{}/{rest}", org.login()).trim_end_matches('/').to_owned(), None);
        }
    }
    let moved = path.strip_prefix("/repos/").and_then(|rest| {
        let mut parts = rest.splitn(3, '/');
        let (owner, name) = (parts.next()?, parts.next()?);
        let new = world.org(owner)?.file.renamed.get(&name.to_lowercase())?;
        let id = world.repo(owner, new)?.id;
        Some(parts.next().map_or(format!("/repositories/{id}"), |rest| format!("/repositories/{id}/{rest}")))
    });
    (path.to_owned(), moved)
}

/// The primary limit is used up.
fn exceeded(caller: &Caller, budget: &Budget) -> Reply {
    let message = format!("API rate limit exceeded for {}.", caller.budget);
    let mut reply = Reply::error(StatusCode::FORBIDDEN, &message);
    reply.headers.extend(budget.headers(Resource::Core));
    reply
}

fn location_reply(location: &str, shared: &Shared) -> Reply {
    let url = format!("{}{location}", shared.base());
    let body = json!({
        "message": "Moved Permanently",
        "url": url,
        "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
    });
    let mut reply = Reply::json(body);
    reply.status = StatusCode::MOVED_PERMANENTLY;
    reply.headers.push(("location", url));
    reply
}

fn query(parts: &Parts) -> BTreeMap<String, String> {
    let text = parts.uri.query().unwrap_or_default();
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

pub(crate) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn respond(call: &Call, reply: Reply) -> Response<Out> {
    let (bytes, json) = match reply.body {
        Body::Json(body) => (Bytes::from(body.to_string()), true),
        Body::Bytes(bytes) => (bytes, false),
    };
    let mut response = Response::builder().status(reply.status);
    if json {
        response = response.header("content-type", "application/json; charset=utf-8");
    }
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    let cut = call.trouble.truncated && bytes.len() > 1;
    let body = if cut { half(&bytes) } else { whole(bytes) };
    response.body(body).unwrap_or_else(|_| Response::new(whole(Bytes::new())))
}
