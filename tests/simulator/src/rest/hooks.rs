//! Deliveries of the App's webhook.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Ctx, Reply, page};
use crate::forge::hook::Attempt;

pub(crate) fn deliveries(ctx: &Ctx<'_>) -> Reply {
    let forge = ctx.forge();
    let wanted = ctx.query.get("status").map(String::as_str);
    let is_wanted = |attempt: &&Attempt| match wanted {
        Some("success") => is_success(attempt),
        Some("failure") => !is_success(attempt),
        _ => true,
    };
    let attempts: Vec<&Attempt> = forge.hook.attempts.iter().rev().filter(is_wanted).collect();
    // Only the page that is sent is built: payloads are large and there may be thousands.
    let mut reply = page::named_cursors(ctx, (0..attempts.len()).map(Value::from).collect());
    if let super::Body::Json(Value::Array(items)) = &mut reply.body {
        for slot in items {
            let index = slot.as_u64().and_then(|index| usize::try_from(index).ok()).unwrap_or_default();
            *slot = item(attempts[index]);
        }
    }
    reply
}

fn is_success(attempt: &Attempt) -> bool {
    (200..300).contains(&attempt.status_code)
}

fn item(attempt: &Attempt) -> Value {
    let payload = attempt.delivery.json();
    let id = |pointer: &str| payload.pointer(pointer).cloned().unwrap_or_default();
    let status = match attempt.status_code {
        0 => "failed to connect to host".to_owned(),
        code if is_success(attempt) => {
            StatusCode::from_u16(code).map_or("OK".to_owned(), |code| code.to_string())
        }
        code => format!("Invalid HTTP Response: {code}"),
    };
    json!({
        "id": attempt.id, "guid": attempt.delivery.guid, "delivered_at": attempt.delivered_at.to_string(),
        "redelivery": attempt.delivery.redelivery, "duration": attempt.took.as_secs_f64(), "status": status,
        "status_code": attempt.status_code, "event": attempt.delivery.event, "action": id("/action"),
        "installation_id": id("/installation/id"), "repository_id": id("/repository/id"), "throttled_at": null,
    })
}

pub(crate) fn redeliver(ctx: &Ctx<'_>) -> Reply {
    let mut forge = ctx.forge();
    let attempt = forge.hook.attempts.iter().find(|attempt| ctx.names("delivery_id", &json!(attempt.id)));
    let Some(attempt) = attempt else {
        return Reply::error(StatusCode::NOT_FOUND, "Not Found");
    };
    let mut delivery = attempt.delivery.clone();
    delivery.redelivery = true;
    forge.hook.pending.push(delivery);
    Reply::made(StatusCode::ACCEPTED, json!({}))
}
