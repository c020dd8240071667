//! GitHub about itself and about the caller.

use serde_json::{Value, json};

use super::objects::user as simple_user;
use super::{Ctx, Reply};
use crate::server::auth::TokenKind;

pub(crate) fn meta(_: &Ctx<'_>) -> Reply {
    Reply::json(json!({
        "verifiable_password_authentication": false,
        "hooks": ["192.30.252.0/22"],
        "web": ["192.30.252.0/22"],
        "api": ["192.30.252.0/22"],
        "git": ["192.30.252.0/22"],
        "actions": ["4.148.0.0/16"],
        "domains": {"website": ["*.github.com"], "actions": ["*.actions.githubusercontent.com"]},
    }))
}

pub(crate) fn versions(ctx: &Ctx<'_>) -> Reply {
    let stated =
        ctx.world.orgs.values().map(|org| &org.file.api_versions).find(|versions| !versions.is_empty());
    Reply::json(stated.map_or_else(|| json!(["2022-11-28"]), |versions| json!(versions)))
}

/// The server fills the numbers in: it owns the budgets.
pub(crate) fn rate_limit(_: &Ctx<'_>) -> Reply {
    Reply::json(json!({"$rate_limit": true}))
}

pub(crate) fn user(ctx: &Ctx<'_>) -> Reply {
    if ctx.caller.kind != TokenKind::Personal {
        return Reply::error(http::StatusCode::FORBIDDEN, "Resource not accessible by integration");
    }
    let mut user = simple_user(ctx.api, &ctx.caller.login, "User");
    let more = json!({
        "name": null, "company": null, "blog": "", "location": null, "email": null, "hireable": null, "bio": null,
        "twitter_username": null, "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
        "created_at": "2020-01-01T00:00:00Z", "updated_at": ctx.world.now.to_string(),
    });
    if let (Value::Object(user), Value::Object(more)) = (&mut user, more) {
        user.extend(more);
    }
    Reply::json(user)
}
