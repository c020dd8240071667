//! What makes fixtures short: relative dates, repeated items, sample credentials.
//!
//! `-3d` anywhere is a date (m, h, d, w, y before the world's now). A list item with `repeat: n` becomes n items; with
//! `step: 2d` beside it every relative date of the i-th copy lies i·2d further back, and `<i>` in its texts is i.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// Expands a whole document.
pub(crate) fn expand(value: Value, now: Timestamp) -> Value {
    Expander { now, shift: SignedDuration::ZERO, index: None }.value(value)
}

#[derive(Clone, Copy)]
struct Expander {
    now: Timestamp,
    shift: SignedDuration,
    index: Option<u64>,
}

impl Expander {
    fn value(self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => Value::Array(items.into_iter().flat_map(|item| self.item(item)).collect()),
            Value::Object(map) => {
                Value::Object(map.into_iter().map(|(key, value)| (key, self.value(value))).collect())
            }
            other => other,
        }
    }

    fn item(self, item: Value) -> Vec<Value> {
        let Value::Object(mut map) = item else { return vec![self.value(item)] };
        let Some(count) = map.remove("repeat").and_then(|count| count.as_u64()) else {
            return vec![self.value(Value::Object(map))];
        };
        let step = map.remove("step").and_then(|step| step.as_str().and_then(span)).unwrap_or_default();
        (0..count).map(|index| self.copy(&map, step, index)).collect()
    }

    fn copy(self, map: &Map<String, Value>, step: SignedDuration, index: u64) -> Value {
        let steps = i32::try_from(index).unwrap_or(i32::MAX);
        let copy = Self { shift: self.shift + step * steps, index: Some(index), ..self };
        copy.value(Value::Object(map.clone()))
    }

    fn text(self, text: String) -> String {
        if let Some(ago) = text.strip_prefix('-').and_then(span) {
            return (self.now - ago - self.shift).to_string();
        }
        if let Some(ahead) = text.strip_prefix('+').and_then(span) {
            return (self.now + ahead).to_string();
        }
        match self.index {
            Some(index) if text.contains("<i>") => text.replace("<i>", &index.to_string()),
            _ => text,
        }
    }
}

/// `90s`, `15m`, `4h`, `3d`, `2w`, `1y`; a year is 365 days.
pub(crate) fn span(text: &str) -> Option<SignedDuration> {
    let unit = text.chars().last()?;
    let count: i64 = text[..text.len() - unit.len_utf8()].parse().ok().filter(|count| *count >= 0)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        'y' => 365 * 86_400,
        _ => return None,
    };
    Some(SignedDuration::from_secs(count.checked_mul(seconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn items_repeat_and_their_dates_step_back() {
        let now: Timestamp = "2026-01-10T00:00:00Z".parse().unwrap();
        let yaml = json!({"list": [{"repeat": 2, "step": "2d", "at": "-1d", "name": "n<i>"}, {"at": "-x"}]});
        let expected = json!({"list": [
            {"at": "2026-01-09T00:00:00Z", "name": "n0"},
            {"at": "2026-01-07T00:00:00Z", "name": "n1"},
            {"at": "-x"},
        ]});
        assert_eq!(expand(yaml, now), expected);
    }
}
