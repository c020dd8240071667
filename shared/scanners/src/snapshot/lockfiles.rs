//! Lockfiles: which packages they pin, from where, with a hash or not, and which of them the registry calls deprecated.

use std::collections::BTreeSet;

use super::yaml;

/// Packages kept of one lockfile.
const MAX_PACKAGES: usize = 20_000;

/// A lockfile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lockfile {
    /// Path.
    pub path: String,
    /// As in [`super::Dependency`].
    pub ecosystem: &'static str,
    /// It could be parsed; a file beyond the limit of the pass is listed, not read.
    pub read: bool,
    /// Every package that comes from a registry carries an integrity hash.
    pub hashed: bool,
    /// What it pins, sorted.
    pub packages: BTreeSet<Locked>,
}

/// A pinned package.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Locked {
    /// Name.
    pub name: String,
    /// Host it resolves from; none when the lockfile does not say.
    pub host: Option<String>,
    /// What the registry says about its end.
    pub deprecated: Option<String>,
    /// It stands in the same repository.
    pub local: bool,
    /// It carries an integrity hash.
    pub hash: bool,
}

/// Ecosystem of a lockfile by its name, and whether the format always carries hashes.
pub(super) fn ecosystem(path: &str) -> Option<(&'static str, bool)> {
    let name = path.rsplit('/').next().unwrap_or(path);
    Some(match name {
        "package-lock.json"
        | "npm-shrinkwrap.json"
        | "pnpm-lock.yaml"
        | "bun.lock"
        | "bun.lockb"
        | "yarn.lock"
        | "deno.lock" => ("npm", true),
        "Cargo.lock" => ("cargo", true),
        "go.sum" => ("go", true),
        "poetry.lock" | "uv.lock" | "pdm.lock" | "Pipfile.lock" | "pixi.lock" | "conda-lock.yml" => {
            ("pypi", true)
        }
        "Gemfile.lock" => ("rubygems", false),
        "composer.lock" => ("composer", true),
        "packages.lock.json" => ("nuget", true),
        "paket.lock" => ("nuget", false),
        "gradle.lockfile" | "verification-metadata.xml" => ("maven", name != "gradle.lockfile"),
        "mix.lock" => ("hex", true),
        "pubspec.lock" => ("pub", true),
        _ if name.starts_with("pylock") && name.ends_with(".toml") => ("pypi", true),
        _ => return None,
    })
}

/// Reads a lockfile; none for any other file. One that cannot be parsed is listed as unread.
pub(super) fn read(path: &str, text: Option<&str>) -> Option<Lockfile> {
    let (ecosystem, always) = ecosystem(path)?;
    let name = path.rsplit('/').next().unwrap_or(path);
    let packages = text.and_then(|text| packages(name, text));
    // A file that pins more is listed, not read: what was left out might be what a decision looks for.
    let read = packages.as_ref().is_some_and(|packages| packages.len() <= MAX_PACKAGES);
    let packages: BTreeSet<Locked> = packages.unwrap_or_default().into_iter().take(MAX_PACKAGES).collect();
    let missing = packages.iter().any(|package| !package.hash && !package.local);
    let hashed = if packages.is_empty() { always } else { !missing };
    Some(Lockfile { path: path.to_owned(), ecosystem, read, hashed, packages })
}

fn packages(name: &str, text: &str) -> Option<Vec<Locked>> {
    match name {
        "package-lock.json" | "npm-shrinkwrap.json" => npm(text),
        "pnpm-lock.yaml" => pnpm(text),
        "yarn.lock" => Some(yarn(text)),
        "composer.lock" => composer(text),
        "Cargo.lock" => toml_packages(text, "checksum"),
        "poetry.lock" | "uv.lock" | "pdm.lock" => toml_packages(text, "files"),
        "Pipfile.lock" => pipfile(text),
        "packages.lock.json" => nuget(text),
        "go.sum" => Some(go(text)),
        "Gemfile.lock" => Some(bundler(text)),
        "pubspec.lock" => pub_lock(text),
        "gradle.lockfile" => Some(gradle(text)),
        _ => Some(Vec::new()),
    }
}

/// The host of an address, without user and port.
fn host(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

fn npm(text: &str) -> Option<Vec<Locked>> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let (table, flat) = match json.get("packages").and_then(|v| v.as_object()) {
        Some(table) => (table, true),
        None => (json.get("dependencies")?.as_object()?, false),
    };
    let entry = |(key, value): (&String, &serde_json::Value)| {
        let name = if flat { key.rsplit_once("node_modules/")?.1 } else { key };
        let said = |field: &str| value.get(field).and_then(|v| v.as_str());
        let local = value.get("link").and_then(serde_json::Value::as_bool) == Some(true)
            || said("resolved").is_some_and(|resolved| !resolved.contains("://"));
        Some(Locked {
            name: name.to_owned(),
            host: said("resolved").and_then(host),
            deprecated: said("deprecated").map(str::to_owned),
            local,
            hash: said("integrity").is_some(),
        })
    };
    Some(table.iter().filter_map(entry).collect())
}

fn pnpm(text: &str) -> Option<Vec<Locked>> {
    let root = yaml::parse(text).ok()?;
    let entry = |(key, node): &(String, yaml::Node)| {
        let key = key.trim_start_matches('/');
        let end = key.char_indices().skip(1).find(|(_, c)| *c == '@').map_or(key.len(), |(at, _)| at);
        let resolution = node.get("resolution");
        Locked {
            name: key[..end].to_owned(),
            host: resolution.get("tarball").text().and_then(host),
            deprecated: node.get("deprecated").text().map(str::to_owned),
            local: !resolution.get("directory").is_null(),
            hash: !resolution.get("integrity").is_null(),
        }
    };
    Some(root.get("packages").entries().iter().map(entry).collect())
}

/// Both the classic format and that of Berry, whose entries begin in the first column.
fn yarn(text: &str) -> Vec<Locked> {
    let mut found: Vec<Locked> = Vec::new();
    for line in text.lines() {
        if line.starts_with(['#', ' ']) || line.trim().is_empty() {
            let Some(last) = found.last_mut() else { continue };
            let line = line.trim();
            if let Some(address) = line.strip_prefix("resolved ") {
                last.host = host(address.trim_matches('"'));
            }
            last.hash |= line.starts_with("integrity ") || line.starts_with("checksum:");
            last.local |= line.contains("@workspace:");
        } else if !line.starts_with("__metadata") {
            let first = line.trim_start_matches('"').split([',', '"']).next().unwrap_or_default();
            let end = first.char_indices().skip(1).find(|(_, c)| *c == '@').map_or(first.len(), |(at, _)| at);
            let local = line.contains("@workspace:");
            found.push(Locked { name: first[..end].to_owned(), local, ..Locked::default() });
        }
    }
    found
}

fn composer(text: &str) -> Option<Vec<Locked>> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let lists = ["packages", "packages-dev"].iter().filter_map(|key| json.get(key)?.as_array());
    let entry = |value: &serde_json::Value| {
        let dist = value.get("dist");
        let said = |field: &str| dist.and_then(|d| d.get(field)).and_then(|v| v.as_str());
        let abandoned = value.get("abandoned").filter(|v| v.as_bool() != Some(false));
        Some(Locked {
            name: value.get("name")?.as_str()?.to_owned(),
            host: value.get("notification-url").and_then(|v| v.as_str()).or(said("url")).and_then(host),
            deprecated: abandoned.map(|v| v.as_str().map_or("abandoned".to_owned(), |s| format!("use {s}"))),
            local: said("type") == Some("path"),
            hash: said("reference").is_some() || said("shasum").is_some(),
        })
    };
    Some(lists.flatten().filter_map(entry).collect())
}

/// `[[package]]` tables; packages without a source stand in the same repository.
fn toml_packages(text: &str, hash: &str) -> Option<Vec<Locked>> {
    let root: toml::Table = toml::from_str(text).ok()?;
    let list = root.get("package").and_then(|v| v.as_array());
    let entry = |value: &toml::Value| {
        let source = value.get("source");
        let address = match source {
            Some(toml::Value::Table(table)) => {
                ["registry", "url", "git"].iter().find_map(|key| table.get(*key)?.as_str())
            }
            Some(other) => other.as_str(),
            None => None,
        };
        let python = hash == "files";
        let present = |key: &str| value.get(key).is_some_and(|v| v.as_array().is_none_or(|a| !a.is_empty()));
        let editable = source.and_then(|v| v.as_table()).is_some_and(|t| {
            ["editable", "virtual", "directory", "path"].iter().any(|key| t.contains_key(*key))
        });
        // A commit is a hash of what it names.
        let commit = address.is_some_and(|address| address.starts_with("git+") && address.contains('#'));
        Some(Locked {
            name: value.get("name")?.as_str()?.to_owned(),
            host: address.and_then(host),
            deprecated: None,
            local: editable || !python && source.is_none(),
            hash: commit || present(hash) || python && (present("wheels") || value.get("sdist").is_some()),
        })
    };
    Some(list.into_iter().flatten().filter_map(entry).collect())
}

fn pipfile(text: &str) -> Option<Vec<Locked>> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let tables = ["default", "develop"].iter().filter_map(|key| json.get(key)?.as_object());
    let entry = |(name, value): (&String, &serde_json::Value)| Locked {
        name: name.clone(),
        local: value.get("path").is_some(),
        hash: value.get("hashes").is_some() || value.get("ref").is_some(),
        ..Locked::default()
    };
    Some(tables.flatten().map(entry).collect())
}

fn nuget(text: &str) -> Option<Vec<Locked>> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let frameworks = json.get("dependencies")?.as_object()?.values().filter_map(|v| v.as_object());
    let entry = |(name, value): (&String, &serde_json::Value)| Locked {
        name: name.clone(),
        local: value.get("type").and_then(|v| v.as_str()) == Some("Project"),
        hash: value.get("contentHash").is_some(),
        ..Locked::default()
    };
    Some(frameworks.flatten().map(entry).collect())
}

fn go(text: &str) -> Vec<Locked> {
    let names: BTreeSet<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let entry = |name: &str| Locked { name: name.to_owned(), hash: true, ..Locked::default() };
    names.into_iter().map(entry).collect()
}

/// `GEM` sections with their remote, and `CHECKSUMS` where Bundler writes them.
fn bundler(text: &str) -> Vec<Locked> {
    let sums: BTreeSet<&str> = text
        .split_once("\nCHECKSUMS\n")
        .map_or("", |(_, rest)| rest)
        .lines()
        .filter(|line| line.contains("sha256="))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let mut found = Vec::new();
    let (mut section, mut remote) = ("", None);
    for line in text.lines() {
        if !line.starts_with(' ') {
            section = line.trim();
        } else if let Some(address) = line.strip_prefix("  remote: ") {
            remote = host(address);
        } else if let Some(gem) = line.strip_prefix("    ").filter(|gem| !gem.starts_with(' ')) {
            let name = gem.split_whitespace().next().unwrap_or_default();
            if matches!(section, "GEM" | "GIT" | "PATH") {
                let hash = section == "GIT" || sums.contains(name);
                let local = section == "PATH";
                found.push(Locked {
                    name: name.to_owned(),
                    host: remote.clone(),
                    local,
                    hash,
                    deprecated: None,
                });
            }
        }
    }
    found
}

fn pub_lock(text: &str) -> Option<Vec<Locked>> {
    let root = yaml::parse(text).ok()?;
    let entry = |(name, node): &(String, yaml::Node)| Locked {
        name: name.clone(),
        host: node.get("description").get("url").text().and_then(host),
        local: matches!(node.get("source").text(), Some("path" | "sdk")),
        hash: !node.get("description").get("sha256").is_null()
            || !node.get("description").get("resolved-ref").is_null(),
        deprecated: None,
    };
    Some(root.get("packages").entries().iter().map(entry).collect())
}

fn gradle(text: &str) -> Vec<Locked> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && line.contains(':'));
    let name = |line: &str| line.rsplitn(2, ':').last().map(str::to_owned);
    lines.filter_map(name).map(|name| Locked { name, ..Locked::default() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(path: &str, text: &str) -> (Lockfile, Locked) {
        let file = read(path, Some(text)).unwrap();
        let first = file.packages.first().cloned().unwrap_or_default();
        (file, first)
    }

    #[test]
    fn npm_and_its_relatives_are_read() {
        let text = r#"{"packages":{"":{},"node_modules/request":{"resolved":"https://npm.acme.dev/r.tgz","integrity":"sha512-x","deprecated":"gone"},"node_modules/sdk":{"resolved":"packages/sdk","link":true}}}"#;
        let (file, first) = one("a/package-lock.json", text);
        assert!(file.read && file.hashed && file.packages.len() == 2);
        assert_eq!(
            (first.host.as_deref(), first.deprecated.as_deref()),
            (Some("npm.acme.dev"), Some("gone"))
        );
        let text =
            "packages:\n  '@acme/x@1.0.0':\n    resolution: {integrity: sha512-x}\n    deprecated: gone\n";
        let (file, first) = one("pnpm-lock.yaml", text);
        assert!(file.hashed && first.name == "@acme/x" && first.deprecated.is_some());
        let text = "# yarn lockfile v1\n\n\"@acme/x@^1\":\n  version \"1.0.0\"\n  resolved \"https://registry.yarnpkg.com/x\"\n  integrity sha512-x\n";
        let (file, first) = one("yarn.lock", text);
        assert!(file.hashed && first.name == "@acme/x");
        assert_eq!(first.host.as_deref(), Some("registry.yarnpkg.com"));
    }

    #[test]
    fn other_ecosystems_are_read() {
        let cargo = "[[package]]\nname = \"own\"\nversion = \"1.0.0\"\n[[package]]\nname = \"serde\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"ab\"\n";
        assert!(one("Cargo.lock", cargo).0.hashed);
        assert!(!one("Cargo.lock", &cargo.replace("checksum", "x")).0.hashed);
        let (file, first) = one(
            "composer.lock",
            r#"{"packages":[{"name":"a/b","abandoned":"c/d","dist":{"shasum":"","reference":"x"}}]}"#,
        );
        assert!(file.hashed && first.deprecated.as_deref() == Some("use c/d"));
        assert!(one("go.sum", "x.y/z v1.0.0 h1:abc=\n").0.hashed);
        let gems = "GEM\n  remote: https://rubygems.org/\n  specs:\n    rails (7.0)\n      rack (>= 2)\n";
        let (file, first) = one("Gemfile.lock", gems);
        assert!(!file.hashed && file.packages.len() == 1 && first.host.as_deref() == Some("rubygems.org"));
        assert!(one("Gemfile.lock", &format!("{gems}\nCHECKSUMS\n  rails (7.0) sha256=ab\n")).0.hashed);
        assert!(one("Pipfile.lock", r#"{"default":{"flask":{"hashes":["sha256:x"]}}}"#).0.hashed);
        assert!(one("uv.lock", "[[package]]\nname = \"x\"\nsource = { registry = \"https://pypi.org/simple\" }\nsdist = { url = \"u\" }\n").0.hashed);
        assert!(
            one("packages.lock.json", r#"{"dependencies":{"net8.0":{"Dapper":{"contentHash":"x"}}}}"#)
                .0
                .hashed
        );
        assert!(one("pubspec.lock", "packages:\n  http:\n    source: hosted\n    description: {url: 'https://pub.dev', sha256: ab}\n").0.hashed);
        assert!(!one("gradle.lockfile", "# c\na.b:c:1.0=runtimeClasspath\n").0.hashed);
    }

    #[test]
    fn what_cannot_be_parsed_is_listed_as_unread() {
        assert!(!read("package-lock.json", Some("{")).unwrap().read);
        assert!(!read("package-lock.json", None).unwrap().read);
        assert_eq!(read("package.json", Some("{}")), None);
    }
}
