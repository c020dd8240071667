//! Contents of files: many at once over GraphQL, single ones over REST where GraphQL cuts them.
//!
//! What a newcomer gets wrong: `text` is null for binary files, cut for long ones, and not the file's bytes when these
//! are no UTF-8; `byteSize` tells. A pull request from a fork is read through the base repository: GitHub keeps its
//! commits there too.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::future::BoxFuture;
use http::StatusCode;
use scrutineer_core::ids::{RepoName, Sha};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::PullReader;
use crate::{
    client::{Call, parse},
    error::Error,
    graphql::Answer,
    transport::Endpoint,
};

/// Objects in one query. Each is one node; the texts of 100 source files are some 2 MB, and a change of 100 files comes
/// with its settings in one.
const AT_ONCE: usize = 110;

const OPERATION: &str = "Blobs";

/// The file a blob is the content of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobAt {
    /// The commit.
    pub commit: Sha,
    /// From the repository's root, without a leading slash.
    pub path: String,
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blob {
    /// A file and its bytes.
    File(Vec<u8>),
    /// A binary file, not read.
    Binary {
        /// Bytes.
        size: u64,
    },
    /// A pointer of Git LFS: the content is elsewhere and not read.
    Lfs {
        /// SHA-256 of the content, hex.
        oid: String,
        /// Bytes of the content.
        size: u64,
    },
    /// A file larger than asked for, not read.
    TooLarge {
        /// Bytes.
        size: u64,
    },
    /// A folder, a submodule.
    NotAFile,
    /// Nothing.
    Missing,
}

#[derive(Deserialize)]
struct WireObject {
    #[serde(rename = "__typename")]
    kind: String,
    oid: Option<Sha>,
    #[serde(rename = "byteSize")]
    size: Option<u64>,
    #[serde(rename = "isBinary")]
    is_binary: Option<bool>,
    #[serde(rename = "isTruncated")]
    is_truncated: Option<bool>,
    text: Option<String>,
}

#[derive(Deserialize)]
struct WireBlob {
    content: String,
    encoding: String,
}

#[derive(Deserialize)]
struct WireContent {
    #[serde(rename = "type")]
    kind: String,
    size: u64,
    sha: Sha,
    content: Option<String>,
    encoding: Option<String>,
}

impl PullReader {
    /// Contents of files in the order asked, none longer than `largest` bytes: one request for every 110, and one more
    /// for each that GraphQL cuts or does not give byte for byte.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the repository is gone, [`Error::Forbidden`] without the permission `contents`;
    /// GitHub's trouble.
    pub async fn blobs(&self, repo: &RepoName, wanted: &[BlobAt], largest: u64) -> Result<Vec<Blob>, Error> {
        let mut blobs = Vec::with_capacity(wanted.len());
        for chunk in wanted.chunks(AT_ONCE) {
            blobs.append(&mut self.batch(repo, chunk, largest).await?);
        }
        Ok(blobs)
    }

    /// One file, not longer than `largest` bytes. `reference` is a branch, a tag or a commit.
    ///
    /// # Errors
    /// As [`PullReader::blobs`]; a missing file is [`Blob::Missing`].
    pub async fn file(
        &self,
        repo: &RepoName,
        path: &str,
        (reference, largest): (&str, u64),
    ) -> Result<Blob, Error> {
        // Such a path exists in no tree, and in an address it would lead elsewhere.
        if path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Ok(Blob::Missing);
        }
        let query: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("ref", reference).finish();
        let values = [repo.owner(), repo.name(), path];
        let call = Call::to("GET /repos/{owner}/{repo}/contents/{path}", &values).query(&query);
        let answer: Value = match self.client.ask(&call).await {
            Err(Error::NotFound { .. }) => return Ok(Blob::Missing),
            answer => answer?,
        };
        let Ok(content) = WireContent::deserialize(&answer) else { return Ok(Blob::NotAFile) };
        match (content.kind.as_str(), content.content, content.encoding.as_deref()) {
            ("file", _, _) if content.size > largest => Ok(Blob::TooLarge { size: content.size }),
            ("file", Some(text), Some("base64")) => Ok(of_bytes(decode("contents", &text)?)),
            ("file", _, _) => self.whole_blob(repo, &content.sha).await,
            _ => Ok(Blob::NotAFile),
        }
    }

    /// Asks for a chunk; in halves when it is too much for GitHub. Boxed because it calls itself.
    fn batch<'a>(
        &'a self,
        repo: &'a RepoName,
        wanted: &'a [BlobAt],
        largest: u64,
    ) -> BoxFuture<'a, Result<Vec<Blob>, Error>> {
        Box::pin(async move {
            // Many at once are not repeated as they were but in halves.
            let tries = if wanted.len() > 1 { 1 } else { Endpoint::TRIES };
            let (text, variables) = document(repo, wanted);
            let answer = self.client.query_text(OPERATION, &text, (variables, tries)).await;
            match answer.and_then(|answer| objects(&answer, wanted.len())) {
                Err(error) if wanted.len() > 1 && is_too_much(&error) => {
                    self.client.context().counter.count_retry();
                    let (first, second) = wanted.split_at(wanted.len() / 2);
                    let mut blobs = self.batch(repo, first, largest).await?;
                    blobs.append(&mut self.batch(repo, second, largest).await?);
                    Ok(blobs)
                }
                Err(error) => Err(error),
                Ok(objects) => self.read(repo, objects, largest).await,
            }
        })
    }

    async fn read(
        &self,
        repo: &RepoName,
        objects: Vec<Option<WireObject>>,
        largest: u64,
    ) -> Result<Vec<Blob>, Error> {
        let mut blobs = Vec::with_capacity(objects.len());
        for object in objects {
            blobs.push(match object {
                None => Blob::Missing,
                Some(object) => self.of_object(repo, object, largest).await?,
            });
        }
        Ok(blobs)
    }

    async fn of_object(&self, repo: &RepoName, object: WireObject, largest: u64) -> Result<Blob, Error> {
        let (true, Some(oid), Some(size)) = (object.kind == "Blob", object.oid, object.size) else {
            return Ok(Blob::NotAFile);
        };
        if object.is_binary == Some(true) {
            return Ok(Blob::Binary { size });
        }
        if size > largest {
            return Ok(Blob::TooLarge { size });
        }
        match object.text {
            Some(text) if text.len() as u64 == size && object.is_truncated != Some(true) => {
                Ok(of_bytes(text.into_bytes()))
            }
            _ => self.whole_blob(repo, &oid).await,
        }
    }

    async fn whole_blob(&self, repo: &RepoName, oid: &Sha) -> Result<Blob, Error> {
        let values = [repo.owner(), repo.name(), oid.as_str()];
        let call = Call::to("GET /repos/{owner}/{repo}/git/blobs/{file_sha}", &values);
        let blob: WireBlob = self.client.ask(&call).await?;
        match blob.encoding.as_str() {
            "base64" => Ok(of_bytes(decode("blob", &blob.content)?)),
            _ => Ok(of_bytes(blob.content.into_bytes())),
        }
    }
}

/// The query for these files, and its variables: paths are never part of the text.
fn document(repo: &RepoName, wanted: &[BlobAt]) -> (String, Value) {
    use std::fmt::Write as _;
    let mut declared = String::new();
    let mut asked = String::new();
    let mut variables = Map::new();
    variables.insert("owner".into(), repo.owner().into());
    variables.insert("name".into(), repo.name().into());
    for (index, BlobAt { commit, path }) in wanted.iter().enumerate() {
        write!(declared, ", $e{index}: String!").expect("a String takes it");
        write!(asked, "f{index}: object(expression: $e{index}) {{ ...F }} ").expect("a String takes it");
        variables.insert(format!("e{index}"), format!("{commit}:{path}").into());
    }
    let text = format!(
        "query {OPERATION}($owner: String!, $name: String!{declared}) {{ \
         repository(owner: $owner, name: $name) {{ {asked}}} rateLimit {{ cost }} }} \
         fragment F on GitObject {{ __typename ... on Blob {{ oid byteSize isBinary isTruncated text }} }}"
    );
    (text, Value::Object(variables))
}

/// The objects of an answer in the order asked.
fn objects(answer: &Answer, count: usize) -> Result<Vec<Option<WireObject>>, Error> {
    if let Some(fault) = answer.errors.first() {
        return Err(match fault.kind.as_str() {
            "NOT_FOUND" => Error::NotFound { endpoint: OPERATION },
            _ if fault.is_refusal() => {
                Error::Forbidden { endpoint: OPERATION, permission: "contents:read".to_owned() }
            }
            kind => Error::GraphQl { operation: OPERATION, kind: kind.to_owned() },
        });
    }
    let object = |index: usize| {
        let value = answer.data.pointer(&format!("/repository/f{index}"));
        let value = value.ok_or(Error::Unreadable { endpoint: OPERATION, line: 0, column: 0 })?;
        parse(OPERATION, value.to_string().as_bytes())
    };
    (0..count).map(object).collect()
}

/// What a smaller question may pass under.
fn is_too_much(error: &Error) -> bool {
    match error {
        Error::TooLarge { .. } | Error::Deadline { .. } | Error::NoAnswer { .. } => true,
        Error::ServerError { status, .. } => {
            matches!(*status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT)
        }
        Error::GraphQl { .. } => true,
        _ => false,
    }
}

fn decode(endpoint: &'static str, text: &str) -> Result<Vec<u8>, Error> {
    let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(text).map_err(|_| Error::Unreadable { endpoint, line: 0, column: 0 })
}

/// Git calls a file binary that has a NUL among its first 8,000 bytes.
fn of_bytes(bytes: Vec<u8>) -> Blob {
    if let Some((oid, size)) = lfs_pointer(&bytes) {
        return Blob::Lfs { oid, size };
    }
    match bytes.iter().take(8_000).any(|byte| *byte == 0) {
        true => Blob::Binary { size: bytes.len() as u64 },
        false => Blob::File(bytes),
    }
}

/// Source: <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>; a pointer is shorter than 1,024 bytes.
fn lfs_pointer(bytes: &[u8]) -> Option<(String, u64)> {
    let text =
        std::str::from_utf8(bytes.get(..bytes.len().min(1_024))?).ok().filter(|_| bytes.len() < 1_024)?;
    let rest = text.strip_prefix("version https://git-lfs.github.com/spec/v1\n")?;
    let value = |key: &str| rest.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
    let oid = value("oid")?.strip_prefix("sha256:").filter(|oid| oid.len() == 64)?;
    Some((oid.to_owned(), value("size")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_of_git_lfs_are_not_source() {
        let oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12345\n");
        assert_eq!(of_bytes(pointer.clone().into_bytes()), Blob::Lfs { oid: oid.to_owned(), size: 12_345 });
        let prose = format!("see {pointer}").into_bytes();
        assert_eq!(of_bytes(prose.clone()), Blob::File(prose));
    }

    #[test]
    fn a_nul_makes_a_file_binary() {
        assert_eq!(of_bytes(b"a\0b".to_vec()), Blob::Binary { size: 3 });
        assert_eq!(of_bytes(Vec::new()), Blob::File(Vec::new()));
    }

    #[test]
    fn a_path_is_never_part_of_the_query() {
        let wanted = [BlobAt { commit: "a".repeat(40).parse().unwrap(), path: "x\") { viewer".into() }];
        let (text, variables) = document(&"acme/api".parse().unwrap(), &wanted);
        assert!(!text.contains("viewer"));
        assert_eq!(variables["e0"], format!("{}:x\") {{ viewer", "a".repeat(40)));
    }
}
