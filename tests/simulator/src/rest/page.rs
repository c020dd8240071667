//! Pages of lists: `per_page`, an absolute `Link` to the next page, never more than 100 items.
//!
//! Links go to GitHub's internal addresses (`/organizations/{id}/…`, `/repositories/{id}/…`), as the real ones do: a
//! client that builds the next address itself instead of following the link is noticed.

use serde_json::Value;

use super::{Ctx, Reply};
use crate::digest;

/// A plain array.
pub(crate) fn array(ctx: &Ctx<'_>, items: Vec<Value>) -> Reply {
    let (items, link) = cut(ctx, items, Style::Page);
    reply(Value::Array(items), link)
}

/// An array whose next page is named by an opaque cursor.
pub(crate) fn cursors(ctx: &Ctx<'_>, items: Vec<Value>) -> Reply {
    let (items, link) = cut(ctx, items, Style::Cursor);
    reply(Value::Array(items), link)
}

/// As [`cursors`], for the endpoint that calls its cursor `cursor`.
pub(crate) fn named_cursors(ctx: &Ctx<'_>, items: Vec<Value>) -> Reply {
    let (items, link) = cut(ctx, items, Style::NamedCursor);
    reply(Value::Array(items), link)
}

/// An object with `total_count` and the items under `key`.
pub(crate) fn counted(ctx: &Ctx<'_>, key: &str, items: Vec<Value>) -> Reply {
    counted_as(ctx, ("total_count", key), items)
}

/// As [`counted`], for the one endpoint that names its count differently.
pub(crate) fn counted_as(ctx: &Ctx<'_>, (count, key): (&str, &str), items: Vec<Value>) -> Reply {
    let total = items.len();
    let (items, link) = cut(ctx, items, Style::Page);
    let mut body = serde_json::Map::new();
    body.insert(count.to_owned(), total.into());
    body.insert(key.to_owned(), Value::Array(items));
    reply(Value::Object(body), link)
}

#[derive(Clone, Copy)]
enum Style {
    Page,
    Cursor,
    NamedCursor,
}

fn cut(ctx: &Ctx<'_>, items: Vec<Value>, style: Style) -> (Vec<Value>, Option<String>) {
    let number = |name: &str| ctx.query.get(name).and_then(|text| text.parse::<usize>().ok());
    let size = number("per_page").unwrap_or(30).clamp(1, 100);
    let page = number("page").unwrap_or(1).max(1);
    let start = match ctx
        .query
        .get("after")
        .or(ctx.query.get("cursor"))
        .and_then(|after| digest::cursor_index(after))
    {
        Some(index) => index + 1,
        None => (page - 1) * size,
    };
    let more = items.len() > start + size;
    let next = more.then(|| match style {
        Style::Page => next_link(ctx, "page", &(start / size + 2).to_string()),
        Style::NamedCursor => next_link(ctx, "cursor", &digest::cursor(start + size - 1)),
        Style::Cursor => next_link(ctx, "after", &digest::cursor(start + size - 1)),
    });
    (items.into_iter().skip(start).take(size).collect(), next)
}

fn next_link(ctx: &Ctx<'_>, key: &str, value: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, given) in
        ctx.query.iter().filter(|(name, _)| !["page", "after", "cursor"].contains(&name.as_str()))
    {
        query.append_pair(name, given);
    }
    query.append_pair(key, value);
    format!("<{}{}?{}>; rel=\"next\"", ctx.api, internal(ctx), query.finish())
}

fn internal(ctx: &Ctx<'_>) -> String {
    if let (Some(org), Some(name)) = (ctx.org(), ctx.params.get("org")) {
        return ctx.path.replacen(&format!("/orgs/{name}"), &format!("/organizations/{}", org.id), 1);
    }
    match ctx.repo() {
        Some(repo) => {
            let prefix = format!("/repos/{}/{}", ctx.param("owner"), ctx.param("repo"));
            ctx.path.replacen(&prefix, &format!("/repositories/{}", repo.id), 1)
        }
        None => ctx.path.to_owned(),
    }
}

fn reply(body: Value, link: Option<String>) -> Reply {
    let mut reply = Reply::json(body);
    reply.headers.extend(link.map(|link| ("link", link)));
    reply
}
