//! Credentials in files: where, of which kind, and never their value.

use std::collections::{BTreeMap, BTreeSet};

use scrutineer_secrets::{PASSWORD_IN_URL, find_secrets};
use serde::{Deserialize, Serialize};

use super::{
    DetectorId, Hit,
    file::{File, line_at},
    patterns::{Content, Owner, patterns},
};

/// What kind of pattern met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretKind {
    /// A token format of a provider, or a private key.
    Provider,
    /// A literal bound to a credential name, or a password in a URL.
    Generic,
}

/// A credential in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SecretHit {
    /// Path.
    pub path: String,
    /// 1-based line.
    pub line: u64,
    /// Provider pattern or generic.
    pub kind: SecretKind,
    /// What it looks like: the name of the pattern, e.g. `github pat`.
    pub label: String,
    /// First four characters and a short SHA-256, e.g. `ghp_… (sha256 1f2e3d4c)`.
    pub fingerprint: String,
}

/// Words that show that a value stands for a secret without being one.
const PLACEHOLDERS: &[&str] = &[
    "example",
    "changeme",
    "change_me",
    "change-me",
    "your_",
    "your-",
    "yourpassword",
    "xxx",
    "placeholder",
    "dummy",
    "sample",
    "redacted",
    "replace",
    "insert",
    "<",
    "${",
    "{{",
    "***",
    "...",
    "todo",
    "fixme",
    "123456",
    "abcdef",
    "testtest",
    "foobar",
    "process.env",
    "os.environ",
    "secretkeyref",
    "passw0rd",
];

/// Hits kept per file and pattern, and in all.
const MAX_PER_FILE: usize = 5;
const MAX_HITS: usize = 500;

/// Collects hits; bounded, and independent of the order of files.
#[derive(Debug, Default)]
pub(super) struct SecretScan {
    hits: BTreeSet<SecretHit>,
}

impl SecretScan {
    /// Looks for secrets as the packs do: by the same data and the same code.
    pub(super) fn look(&mut self, file: &File<'_>) {
        let text = String::from_utf8_lossy(file.text);
        let mut kept: BTreeMap<String, usize> = BTreeMap::new();
        for secret in find_secrets(file.path, &text) {
            let guess = !secret.certain || secret.kind == PASSWORD_IN_URL;
            let kind = if guess { SecretKind::Generic } else { SecretKind::Provider };
            let value = text.get(secret.start..secret.end).unwrap_or("");
            if is_placeholder(value.as_bytes())
                || (kind == SecretKind::Generic && (file.non_product || file.documents()))
            {
                continue;
            }
            let count = kept.entry(secret.kind.clone()).or_default();
            *count += 1;
            if *count > MAX_PER_FILE {
                continue;
            }
            self.add(SecretHit {
                path: file.path.to_owned(),
                line: line_at(text.as_bytes(), secret.start),
                kind,
                label: secret.kind.replace('-', " "),
                fingerprint: format!("{} (sha256 {})", secret.preview, secret.hash),
            });
        }
    }

    fn add(&mut self, hit: SecretHit) {
        self.hits.insert(hit);
        if self.hits.len() > MAX_HITS {
            self.hits.pop_last();
        }
    }

    pub(super) fn finish(self) -> Vec<SecretHit> {
        self.hits.into_iter().collect()
    }
}

/// Whether a value is an obvious stand-in.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    let text = String::from_utf8_lossy(&lower);
    PLACEHOLDERS.iter().any(|word| text.contains(word))
}

/// `text` with everything that looks like a credential replaced, for evidence.
pub(super) fn redacted(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let own = |c: &&Content| c.owner == Owner::Detector(DetectorId::HardcodedSecret);
    for content in patterns().content.iter().filter(own) {
        let gate = content.pattern.literals.iter().flatten();
        let lower = bytes.to_ascii_lowercase();
        if !gate.clone().any(|l| memchr::memmem::find(&lower, l).is_some()) && gate.count() > 0 {
            continue;
        }
        if let Some(regex) = content.pattern.regex() {
            bytes = regex.replace_all(&bytes, &b"***"[..]).into_owned();
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A tracked file that holds credentials in plain text.
pub(super) fn plaintext_file(file: &File<'_>) -> Option<Hit> {
    if file.non_product {
        return None;
    }
    let name = file.name.to_ascii_lowercase();
    let stand_in = ["example", "sample", "template", "dist", "defaults", "schema"];
    if stand_in.iter().any(|word| name.contains(word)) {
        return None;
    }
    let is_env = name == ".env" || name.starts_with(".env.") || name.ends_with(".env");
    let found = match name.as_str() {
        _ if is_env || name.ends_with(".tfvars") => assignment(file.text, &['=']),
        ".npmrc" => line_with(file.text, "_authtoken="),
        ".pypirc" | ".netrc" | "_netrc" => line_with(file.text, "password"),
        ".git-credentials" => line_with(file.text, "://"),
        "kubeconfig" | "kubeconfig.yml" | "kubeconfig.yaml" => kubeconfig(file.text),
        "config" if file.path.ends_with(".kube/config") => kubeconfig(file.text),
        _ if name.ends_with(".pem") || name.ends_with(".key") || name.starts_with("id_") => {
            line_with(file.text, "private key-----")
        }
        _ => None,
    };
    found.map(|(line, what)| Hit::at(file.path, line, what))
}

fn kubeconfig(text: &[u8]) -> Option<(u64, String)> {
    ["client-key-data:", "token:", "password:"].iter().find_map(|key| line_with(text, key))
}

/// The first line that contains `needle` and something after it that is not a stand-in.
fn line_with(text: &[u8], needle: &str) -> Option<(u64, String)> {
    for (number, line) in (1_u64..).zip(text.split(|b| *b == b'\n')).take(5_000) {
        let lower = String::from_utf8_lossy(line).to_ascii_lowercase();
        if lower.contains(needle) && !is_placeholder(line) && !lower.contains('$') {
            return Some((number, needle.trim_matches(['-', ':', '=']).to_owned()));
        }
    }
    None
}

/// Words of names that hold credentials.
const CREDENTIAL_WORDS: &[&str] = &[
    "PASSWORD",
    "PASSWD",
    "SECRET",
    "TOKEN",
    "API_KEY",
    "APIKEY",
    "ACCESS_KEY",
    "PRIVATE_KEY",
    "CREDENTIAL",
    "DATABASE_URL",
    "DB_PASS",
    "AUTH_KEY",
];

/// The first `NAME=value` whose name holds a credential and whose value is one.
fn assignment(text: &[u8], signs: &[char]) -> Option<(u64, String)> {
    for (number, line) in (1_u64..).zip(text.split(|b| *b == b'\n')).take(5_000) {
        let line = String::from_utf8_lossy(line);
        let line = line.trim().trim_start_matches("export ");
        let Some((name, value)) = line.split_once(|c| signs.contains(&c)) else { continue };
        let upper = name.trim().to_ascii_uppercase();
        let value = value.trim().trim_matches(['"', '\'']);
        let encrypted = value.starts_with("encrypted:") || value.starts_with("ENC[");
        let holds = CREDENTIAL_WORDS.iter().any(|word| upper.contains(word));
        if holds
            && value.len() >= 6
            && !encrypted
            && !value.starts_with('$')
            && !is_placeholder(value.as_bytes())
        {
            return Some((number, name.trim().chars().take(60).collect()));
        }
    }
    None
}

/// A `kind: Secret` manifest with data that is neither templated nor encrypted.
pub(super) fn k8s_secret(file: &File<'_>) -> Option<Hit> {
    if file.non_product {
        return None;
    }
    let text = String::from_utf8_lossy(file.text);
    let mut line = 1_u64;
    for document in text.split("\n---") {
        let is_secret = document.lines().any(|l| l.trim_end().replace(['"', '\''], "") == "kind: Secret");
        let sealed = document.contains("\nsops:") || document.contains("ENC[");
        if let Some(offset) = plain_data(document).filter(|_| is_secret && !sealed) {
            return Some(Hit::at(file.path, line + offset, "kind: Secret with data"));
        }
        line += document.matches('\n').count() as u64 + 1;
    }
    None
}

/// 0-based line of the first entry under `data:` or `stringData:` that is a literal.
fn plain_data(document: &str) -> Option<u64> {
    let mut inside = false;
    for (number, line) in (0_u64..).zip(document.lines()) {
        if !line.starts_with([' ', '\t']) {
            inside = matches!(line.trim_end(), "data:" | "stringData:");
            continue;
        }
        let value = line.split_once(':').map_or("", |(_, value)| value).trim().trim_matches(['"', '\'']);
        let block = matches!(value, "|" | "|-" | ">" | ">-");
        if inside
            && !value.is_empty()
            && !is_placeholder(value.as_bytes())
            && !value.starts_with('$')
            && !block
        {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Tree;

    /// Written in two parts so that no scanner takes this file for a leak.
    fn token() -> String {
        format!("{}_{}", "ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8")
    }

    #[test]
    fn a_provider_token_is_found_anywhere_and_its_value_is_not_kept() {
        let tree = Tree::new().file("tests/fixtures/a.txt", &format!("x\nkey = {}\n", token()));
        let snapshot = tree.snapshot();
        let [hit] = snapshot.secret_hits() else { panic!("{:?}", snapshot.secret_hits()) };
        assert_eq!((hit.line, hit.kind, hit.label.as_str()), (2, SecretKind::Provider, "github pat"));
        assert!(hit.fingerprint.starts_with("ghp_…"));
        assert!(!format!("{snapshot:?}").contains(&token()));
    }

    #[test]
    fn generic_hits_need_entropy_and_product_code() {
        let strong = "password = \"kq8Zr2vXw9LmTt4B\"\n";
        let hits = |path: &str, text: &str| Tree::new().file(path, text).snapshot().secret_hits().len();
        assert_eq!(hits("src/config.py", strong), 1);
        assert_eq!(hits("tests/config.py", strong), 0);
        assert_eq!(hits("docs/setup.md", strong), 0);
        assert_eq!(hits("src/config.py", "password = \"aaaaaaaaaaaaaaaa\"\n"), 0);
        assert_eq!(hits("src/config.py", "password = \"changeme-kq8Zr2vXw9Lm\"\n"), 0);
    }

    #[test]
    fn plain_text_files_and_manifests_are_found() {
        let tree = Tree::new()
            .file(".env", "PORT=1\nDB_PASSWORD=kq8Zr2vXw9\n")
            .file(".env.example", "DB_PASSWORD=kq8Zr2vXw9\n")
            .file("prod.tfvars", "db_password = \"kq8Zr2vXw9\"\n")
            .file("k8s/a.yaml", "apiVersion: v1\nkind: Secret\ndata:\n  k: c2VjcmV0\n")
            .file("k8s/b.yaml", "apiVersion: v1\nkind: Secret\nstringData:\n  k: {{ .Values.k }}\n");
        let snapshot = tree.snapshot();
        let sources: Vec<_> = snapshot.plaintext_secret_files().iter().map(Hit::source).collect();
        assert_eq!(sources, [".env:2", "prod.tfvars:1"]);
        let sources: Vec<_> = snapshot.k8s_secret_manifests().iter().map(Hit::source).collect();
        assert_eq!(sources, ["k8s/a.yaml:4"]);
    }

    #[test]
    fn evidence_is_redacted() {
        assert_eq!(redacted(&format!("curl -H 'x: {}'", token())), "curl -H 'x: ***'");
        assert_eq!(redacted("npm test"), "npm test");
    }
}
