//! The OpenAPI document: what the handlers say of themselves, and what holds for all of them.
//!
//! Handlers name their success and what only they refuse. The rest follows from their shape, here: a token is needed
//! (401, 403), ids may name nothing (404), bodies and parameters may be wrong (413, 415, 422).

use axum::Router;
use scrutineer_service::App;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Content, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response,
        path::{Operation, Parameter, ParameterIn, PathItem},
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use crate::problem::ProblemBody;

const BEARER: &str = "token";
const PROBLEM: &str = "application/problem+json";

/// One router and one document of the endpoints for everybody and those for members.
pub(crate) fn assemble(
    public: OpenApiRouter<App>,
    mut members: OpenApiRouter<App>,
) -> (Router<App>, OpenApi) {
    for operation in members.get_openapi_mut().paths.paths.values_mut().flat_map(operations) {
        operation.security = Some(vec![SecurityRequirement::new(BEARER, Vec::<String>::new())]);
        for (status, why) in [(401, "No valid token"), (403, "The token lacks the scope")] {
            refuse(operation, status, why);
        }
    }
    let (routes, mut api) =
        OpenApiRouter::with_openapi(empty()).merge(public).merge(members).split_for_parts();
    for (path, item) in &mut api.paths.paths {
        for operation in operations(item) {
            complete(path, operation);
        }
    }
    let components = api.components.get_or_insert_default();
    components.add_security_scheme(BEARER, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let mut schemas = Vec::new();
    ProblemBody::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.schemas.insert(ProblemBody::name().into_owned(), ProblemBody::schema());
    (routes, api)
}

fn empty() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Scrutineer")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Scans the GitHub organizations of customers and keeps what was found. Every request but those for \
             health and this document carries `Authorization: Bearer scr_…`. Errors are problems as in RFC 9457. \
             Lists are read a page at a time with `limit` and `cursor`. Answers to GET carry an `ETag`.",
        ))
        .build();
    OpenApiBuilder::new().info(info).build()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten()
}

/// Adds what follows from the shape of the operation, and the body of every problem.
fn complete(path: &str, operation: &mut Operation) {
    if path.contains('{') {
        refuse(operation, 404, "No such id, or not the caller's to see");
    }
    let in_query = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) => !matches!(parameter.parameter_in, ParameterIn::Path),
        RefOr::Ref(_) => false,
    };
    // An operation that says 400 itself is not in our own form of JSON: nothing of it is a field of ours.
    let own_form = operation.responses.responses.contains_key("400");
    if !own_form && operation.parameters.iter().flatten().any(in_query) {
        refuse(operation, 422, "A parameter does not hold; `errors` names it");
    }
    if operation.request_body.is_some() {
        refuse(operation, 413, "The body has more than 1 MiB");
        refuse(operation, 415, "The body is not JSON");
        refuse(operation, 422, "The body does not hold; `errors` names the place");
    }
    let responses = &mut operation.responses.responses;
    responses.insert("default".to_owned(), RefOr::T(Response::new("Any other problem")));
    for (status, response) in responses {
        if let (true, RefOr::T(response)) = (status.starts_with(['4', 'd']), response) {
            let schema = Ref::from_schema_name(ProblemBody::name());
            response.content.insert(PROBLEM.to_owned(), RefOr::T(Content::new(Some(schema))));
        }
    }
}

/// Documents a refusal, unless the handler itself says more about it.
fn refuse(operation: &mut Operation, status: u16, why: &str) {
    let response = || RefOr::T(Response::new(why));
    operation.responses.responses.entry(status.to_string()).or_insert_with(response);
}
