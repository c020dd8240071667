//! The archive host: another origin, no `Authorization` wanted.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;

use super::faults::Fault;
use super::http1::{Hangup, Out, half, whole};
use super::log::{Kind, RequestLog};
use super::simulator::Shared;
use crate::rest::serve_archive;
use crate::world::archive::{ArchiveFile, zeros};

/// Serves the archive host.
pub(crate) async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Out>, Hangup> {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let trouble = shared.faults.strike(false);
    let (status, bytes) = match trouble.server_error {
        Some(status) => (status, Bytes::new()),
        None => answer(&shared, &path, &query),
    };
    let status = if trouble.reset { 0 } else { status };
    shared.log.push(RequestLog {
        method: request.method().to_string(),
        path,
        // The link's own token stays out of the log.
        query: String::new(),
        status,
        kind: Kind::Tarball,
        operation_name: None,
        document: None,
        points: 0,
        authorized: request.headers().contains_key("authorization"),
    });
    if trouble.reset {
        return Err(Hangup);
    }
    let cut = trouble.truncated && bytes.len() > 1;
    let response = Response::builder()
        .status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .header("content-type", "application/x-gzip")
        .body(if cut { half(&bytes) } else { whole(bytes) });
    Ok(response.unwrap_or_else(|_| Response::new(whole(Bytes::new()))))
}

fn answer(shared: &Shared, path: &str, query: &str) -> (u16, Bytes) {
    let full =
        path.strip_prefix("/codeload/").map(|rest| rest.splitn(3, '/').take(2).collect::<Vec<_>>().join("/"));
    for fault in shared.faults.on_repo(&full.unwrap_or_default()) {
        let replaced = match fault {
            Fault::Unavailable { .. } => return (451, Bytes::new()),
            Fault::CorruptArchive { .. } => ArchiveFile::Corrupt.bytes(),
            Fault::HugeArchive { bytes, .. } => zeros(bytes),
            _ => continue,
        };
        return replaced.map_or((500, Bytes::new()), |bytes| (200, bytes));
    }
    if shared.faults.archive_gone() {
        return (404, Bytes::from_static(b"404: Not Found"));
    }
    let token = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "token")
        .map(|(_, value)| value.into_owned());
    match serve_archive(&shared.snapshot(), path, token.as_deref()) {
        Some(bytes) => (200, bytes),
        None => (404, Bytes::from_static(b"404: Not Found")),
    }
}
