//! Alerts over all repositories of the organization.

use serde_json::Value;

use super::objects::finish;
use super::{Ctx, Reply, page};
use crate::world::repo_file::RepoFile;

fn alerts(ctx: &Ctx<'_>, of: fn(&RepoFile) -> &[Value], keep: impl Fn(&Value) -> bool) -> Vec<Value> {
    let repos = ctx.org().into_iter().flat_map(|org| org.repos.values());
    let found = repos.flat_map(|repo| of(&repo.file)).filter(|alert| keep(alert));
    found.map(|alert| finish(ctx, alert.clone())).collect()
}

/// True when the query does not filter by `name`, or the value is one of those it lists.
fn asked(ctx: &Ctx<'_>, name: &str, value: &Value) -> bool {
    let value = value.as_str().unwrap_or_default();
    ctx.query.get(name).is_none_or(|wanted| wanted.split(',').any(|wanted| wanted == value))
}

pub(crate) fn secret_scanning(ctx: &Ctx<'_>) -> Reply {
    page::array(ctx, alerts(ctx, |file| &file.secret_alerts, |alert| asked(ctx, "state", &alert["state"])))
}

pub(crate) fn code_scanning(ctx: &Ctx<'_>) -> Reply {
    let keep = |alert: &Value| {
        asked(ctx, "state", &alert["state"])
            && asked(ctx, "severity", &alert["rule"]["security_severity_level"])
            && asked(ctx, "tool_name", &alert["tool"]["name"])
    };
    page::array(ctx, alerts(ctx, |file| &file.code_alerts, keep))
}

pub(crate) fn dependabot(ctx: &Ctx<'_>) -> Reply {
    let keep = |alert: &Value| {
        asked(ctx, "state", &alert["state"])
            && asked(ctx, "severity", &alert["security_vulnerability"]["severity"])
            && asked(ctx, "ecosystem", &alert["dependency"]["package"]["ecosystem"])
    };
    page::cursors(ctx, alerts(ctx, |file| &file.dependabot_alerts, keep))
}
