//! SARIF uploads: checked as far as GitHub checks them when they arrive.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Ctx, Reply};
use crate::digest;
use crate::forge::{Sarif, resolve};

/// Bytes of the compressed document.
const LARGEST: usize = 10 * 1024 * 1024;
/// Bytes of what is in it: nobody uploads more, and a bomb shall not fill the memory.
const LARGEST_INSIDE: u64 = 512 * 1024 * 1024;
const MOST_RESULTS: usize = 25_000;

pub(crate) fn upload(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let full = repo.full_name();
    let mut forge = ctx.forge();
    if forge.repo(&full).is_some_and(|state| state.code_scanning_off) {
        let message = "Advanced Security must be enabled for this repository to use code scanning.";
        return Reply::error(StatusCode::FORBIDDEN, message);
    }
    let text = |key: &str| ctx.body[key].as_str().unwrap_or_default().to_owned();
    let (commit, reference) = (text("commit_sha"), text("ref"));
    if resolve(&forge, repo, &commit).is_none_or(|(sha, _)| sha != commit) {
        return Reply::error(StatusCode::BAD_REQUEST, &format!("commit not found: {commit}"));
    }
    if !reference.starts_with("refs/") {
        return Reply::error(StatusCode::BAD_REQUEST, &format!("{reference:?} is not a fully qualified ref"));
    }
    let Ok(packed) = STANDARD.decode(text("sarif")) else {
        return Reply::error(StatusCode::BAD_REQUEST, "sarif is not base64");
    };
    if packed.len() > LARGEST {
        return Reply::error(StatusCode::PAYLOAD_TOO_LARGE, "The SARIF file is too large");
    }
    let mut inside = Vec::new();
    let unpacked = flate2::read::GzDecoder::new(&packed[..]).take(LARGEST_INSIDE).read_to_end(&mut inside);
    let Some(document) = unpacked.ok().and_then(|_| serde_json::from_slice::<Value>(&inside).ok()) else {
        return Reply::error(StatusCode::BAD_REQUEST, "sarif is not gzipped JSON");
    };
    let (number, state) = forge.fresh(&full);
    let id = format!("{}-sarif", &digest::oid(&["sarif", &number.to_string()])[..36]);
    let url = format!("{}/repos/{full}/code-scanning/sarifs/{id}", ctx.api);
    let errors = errors(&document);
    state.sarifs.push(Sarif { id: id.clone(), commit, reference, document, asked: 0, errors });
    Reply::made(StatusCode::ACCEPTED, json!({"id": id, "url": url}))
}

/// What GitHub finds when it processes an upload.
fn errors(document: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    if document["version"] != "2.1.0" {
        errors.push("version must be 2.1.0".to_owned());
    }
    let runs = document["runs"].as_array().map_or(&[][..], Vec::as_slice);
    if runs.is_empty() {
        errors.push("there are no runs".to_owned());
    }
    for run in runs {
        if run.pointer("/tool/driver/name").and_then(Value::as_str).is_none() {
            errors.push("a run has no tool.driver.name".to_owned());
        }
        match run["results"].as_array() {
            None => errors.push("a run has no results".to_owned()),
            Some(results) if results.len() > MOST_RESULTS => {
                errors.push(format!("a run has more than {MOST_RESULTS} results"));
            }
            Some(_) => {}
        }
    }
    errors
}

pub(crate) fn status(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let mut forge = ctx.forge();
    let state = forge.repo_mut(&repo.full_name());
    let Some(sarif) = state.sarifs.iter_mut().find(|sarif| sarif.id == ctx.param("sarif_id")) else {
        return Reply::not_found();
    };
    sarif.asked += 1;
    if sarif.asked == 1 {
        return Reply::json(json!({"processing_status": "pending"}));
    }
    let analyses =
        format!("{}/repos/{}/code-scanning/analyses?sarif_id={}", ctx.api, repo.full_name(), sarif.id);
    Reply::json(match sarif.errors.is_empty() {
        true => json!({"processing_status": "complete", "analyses_url": analyses}),
        false => json!({"processing_status": "failed", "analyses_url": null, "errors": sarif.errors}),
    })
}
