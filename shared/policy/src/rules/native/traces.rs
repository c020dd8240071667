//! Passwords in traces and logs that were committed.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    rules::{Hit, Hits},
    text::Text,
};

static PASSWORD: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?i)"?\b(?:password|passwd|pwd)\b"?\s*[:=]\s*(?:"(?P<quoted>[^"]{1,200})"|(?P<bare>[^\s"',;&}{\]\[)(]{3,200}))"#;
    Regex::new(pattern).expect("a constant that a test runs")
});
static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\[(?:REDACTED|hidden|SENSITIVE|PASSWORD|SECRET|FILTERED)\]|\*{3,}|•{4,}")
        .expect("a constant that a test runs")
});

/// A trace or log file: by its name, or any text in a folder of logs; never code or configuration of logging.
fn is_trace(text: &Text<'_>) -> bool {
    let lower = text.path.to_ascii_lowercase();
    let mut segments: Vec<&str> = lower.split('/').collect();
    let name = segments.pop().unwrap_or("");
    let ext = name.rsplit_once('.').map_or("", |(_, ext)| ext);
    let named = name.ends_with(".trace.json")
        || name.ends_with(".log.json")
        || ext == "log"
        || ext == "trace"
        || ext == "har";
    let kept = segments.iter().any(|segment| matches!(*segment, "trace" | "traces" | "log" | "logs"));
    text.language.is_none() && (named || (kept && matches!(ext, "json" | "txt" | "ndjson" | "jsonl" | "out")))
}

fn each(text: &Text<'_>, regex: &Regex, mut take: impl FnMut(&regex::Captures<'_>, u32, u32)) {
    if !is_trace(text) {
        return;
    }
    for found in regex.captures_iter(text.src) {
        let whole = found.get(0).expect("group 0 is the match");
        take(
            &found,
            u32::try_from(whole.start()).unwrap_or(u32::MAX),
            u32::try_from(whole.end()).unwrap_or(u32::MAX),
        );
    }
}

pub(super) fn passwords(text: &Text<'_>, hits: &mut Hits) {
    each(text, &PASSWORD, |found, start, end| {
        let value = found.name("quoted").or_else(|| found.name("bare")).map_or("", |value| value.as_str());
        let nothing = matches!(
            value.to_ascii_lowercase().as_str(),
            "null"
                | "none"
                | "undefined"
                | "true"
                | "false"
                | "string"
                | "required"
                | "invalid"
                | "incorrect"
                | "wrong"
        );
        if !nothing && !MARKER.is_match(value) && !value.starts_with(['$', '<', '%']) {
            let mut hit =
                Hit::new(start, end, "PASSWORD_IN_TRACE: Password value found in runtime trace/log");
            hit.stand_in = Some(scrutineer_secrets::short_hash(value.as_bytes()));
            hits.push(hit);
        }
    });
}

pub(super) fn markers(text: &Text<'_>, hits: &mut Hits) {
    each(text, &MARKER, |found, start, end| {
        hits.push(Hit::new(
            start,
            end,
            format!("REDACTION_MARKER: \"{}\" found in trace - password was passed to logging", &found[0]),
        ));
    });
}
