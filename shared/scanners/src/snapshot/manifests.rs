//! Manifests: what they ask for, and how firmly.

use std::sync::LazyLock;

use regex::Regex;

use super::yaml;

/// Requirements kept of one manifest.
const MAX_REQUIREMENTS: usize = 5_000;
/// Longest requirement of Python, in bytes: a name, versions and markers.
const MAX_REQUIREMENT: usize = 4_096;

/// A manifest that names packages to install.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestFile {
    /// Path.
    pub path: String,
    /// As in [`super::Dependency`].
    pub ecosystem: &'static str,
    /// It describes a package that is meant to be published.
    pub library: bool,
    /// Direct dependencies whose versions it states itself; those of the same repository are left out.
    pub requirements: Vec<Requirement>,
}

/// A direct dependency and the versions it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Name.
    pub name: String,
    /// Versions as written, e.g. `^1.2`; a branch stands as `git`.
    pub versions: String,
}

impl Requirement {
    /// Anything newer may be installed: no version, a wildcard, a branch, or a lower limit alone.
    pub fn is_unbounded(&self) -> bool {
        let text = self.versions.trim().trim_start_matches('=').trim();
        let lower = text.to_ascii_lowercase();
        let any = matches!(
            lower.as_str(),
            "" | "*" | "x" | "any" | "latest" | "next" | "git" | "release" | "+" | "latest.release" | "@dev"
        );
        let above =
            text.starts_with('>') && !text.contains('<') && !text.contains("~") && !text.contains(" - ");
        let interval = text.starts_with(['[', '(']) && text.ends_with(",)");
        any || above || interval || lower.starts_with("dev-")
    }

    /// One version and no other.
    pub fn is_exact(&self) -> bool {
        self.versions.trim_start().starts_with("==") && !self.versions.contains('*')
    }
}

/// Requirements of a manifest by its file name; none for files that are no manifest.
pub(super) fn requirements(name: &str, extension: &str, text: &str) -> Option<Vec<Requirement>> {
    let mut found = match name {
        "package.json" => npm(text)?,
        "composer.json" => composer(text)?,
        "Cargo.toml" => cargo(text)?,
        "pyproject.toml" => pyproject(text)?,
        "Pipfile" => pipfile(text)?,
        "go.mod" => lines(text, &GO),
        "Gemfile" => lines(text, &GEM),
        "pom.xml" => lines(text, &POM),
        "build.gradle" | "build.gradle.kts" => lines(text, &GRADLE),
        "mix.exs" => lines(text, &MIX),
        "pubspec.yaml" => pubspec(text)?,
        "packages.config" => lines(text, &PACKAGES_CONFIG),
        "Directory.Packages.props" => lines(text, &NUGET),
        _ if name.starts_with("requirements") && matches!(extension, "txt" | "in") => {
            let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '-']));
            lines.filter_map(pep508).collect()
        }
        _ if matches!(extension, "csproj" | "fsproj" | "vbproj") => lines(text, &NUGET),
        _ => return None,
    };
    found.truncate(MAX_REQUIREMENTS);
    Some(found)
}

macro_rules! pattern {
    ($name:ident, $source:literal) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($source).expect("a constant pattern"));
    };
}

pattern!(GO, r"(?m)^(?:require\s+|\s+)([\w.-]+\.[\w.-]+/\S+)\s+(v\S+)\s*$");
pattern!(GEM, r#"(?m)^\s*gem\s+["']([\w.-]+)["'](?:\s*,\s*["']([^"']*)["'])?"#);
pattern!(POM, r"(?s)<artifactId>\s*([\w.-]+)\s*</artifactId>\s*<version>\s*([^<$]+?)\s*</version>");
pattern!(GRADLE, r#"["']([\w.-]+:[\w.-]+):([^"'$\s:]+)[^"']*["']"#);
pattern!(MIX, r#"\{\s*:(\w+)\s*,\s*"([^"]*)""#);
pattern!(NUGET, r#"<Package(?:Reference|Version)\s+(?:Include|Update)="([^"]+)"[^>]*?\bVersion="([^"]*)""#);
pattern!(PACKAGES_CONFIG, r#"<package\s+id="([^"]+)"[^>]*?\bversion="([^"]*)""#);
pattern!(PEP508, r"^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*([^;#]*)");

fn lines(text: &str, pattern: &Regex) -> Vec<Requirement> {
    let found = pattern.captures_iter(text).take(MAX_REQUIREMENTS);
    let group = |c: &regex::Captures<'_>, n: usize| c.get(n).map_or("", |m| m.as_str()).to_owned();
    found.map(|c| Requirement { name: group(&c, 1), versions: group(&c, 2) }).collect()
}

/// A requirement of PEP 508; one with an address is as firm as the commit it names.
fn pep508(text: &str) -> Option<Requirement> {
    if text.len() > MAX_REQUIREMENT {
        return None;
    }
    let found = PEP508.captures(text)?;
    let versions = found.get(2).map_or("", |m| m.as_str()).trim();
    let versions = match versions.strip_prefix('@') {
        Some(address) => pinned(address),
        None => versions.to_owned(),
    };
    Some(Requirement { name: found[1].to_owned(), versions })
}

/// `git`, unless the address ends in a commit or a version.
fn pinned(address: &str) -> String {
    let reference = address.rsplit_once(['#', '@']).map_or("", |(_, reference)| reference);
    let commit = reference.len() >= 7 && reference.chars().all(|c| c.is_ascii_hexdigit());
    let version = reference.starts_with("semver:")
        || reference.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    if commit || version { reference.to_owned() } else { "git".to_owned() }
}

fn npm(text: &str) -> Option<Vec<Requirement>> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let tables = ["dependencies", "devDependencies", "optionalDependencies"];
    let entries = tables.iter().filter_map(|table| json.get(table)?.as_object()).flatten();
    let entry = |(name, value): (&String, &serde_json::Value)| {
        let text = value.as_str()?;
        let local = ["workspace:", "file:", "link:", "portal:", "catalog:"];
        if local.iter().any(|prefix| text.starts_with(prefix)) {
            return None;
        }
        let shorthand = text.contains('/') && !text.starts_with("npm:");
        let versions = if shorthand || text.contains("://") { pinned(text) } else { text.to_owned() };
        Some(Requirement { name: name.clone(), versions })
    };
    Some(entries.filter_map(entry).collect())
}

fn composer(text: &str) -> Option<Vec<Requirement>> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let entries =
        ["require", "require-dev"].iter().filter_map(|table| json.get(table)?.as_object()).flatten();
    let entry = |(name, value): (&String, &serde_json::Value)| {
        // The platform (`php`, `ext-json`) has no vendor.
        let versions = value.as_str().filter(|_| name.contains('/'))?;
        Some(Requirement { name: name.clone(), versions: versions.to_owned() })
    };
    Some(entries.filter_map(entry).collect())
}

/// A version as TOML manifests state it: text, or a table with `version`, `git` or `path`.
fn toml_versions(value: &toml::Value) -> Option<String> {
    let table = match value {
        toml::Value::String(text) => return Some(text.clone()),
        toml::Value::Table(table) => table,
        _ => return None,
    };
    let has = |key: &str| table.contains_key(key);
    if has("workspace") || has("path") {
        return None;
    }
    let text = table.get("version").and_then(|v| v.as_str());
    if has("git") && text.is_none() {
        let firm = ["rev", "tag", "ref"].iter().find_map(|key| table.get(*key)?.as_str());
        return Some(firm.unwrap_or("git").to_owned());
    }
    Some(text.unwrap_or_default().to_owned())
}

fn toml_table(value: Option<&toml::Value>) -> Vec<Requirement> {
    let entries = value.and_then(|v| v.as_table()).into_iter().flatten();
    let entry = |(name, value): (&String, &toml::Value)| {
        Some(Requirement { name: name.clone(), versions: toml_versions(value)? })
    };
    entries.filter_map(entry).filter(|requirement| requirement.name != "python").collect()
}

fn cargo(text: &str) -> Option<Vec<Requirement>> {
    let root: toml::Table = toml::from_str(text).ok()?;
    let mut tables = vec![&root];
    tables.extend(root.get("workspace").and_then(|v| v.as_table()));
    let targets = root.get("target").and_then(|v| v.as_table()).into_iter().flat_map(|t| t.values());
    tables.extend(targets.filter_map(|v| v.as_table()));
    let keys = ["dependencies", "dev-dependencies", "build-dependencies"];
    Some(tables.iter().flat_map(|table| keys.iter().flat_map(|key| toml_table(table.get(*key)))).collect())
}

fn pyproject(text: &str) -> Option<Vec<Requirement>> {
    let root: toml::Table = toml::from_str(text).ok()?;
    let project = root.get("project");
    let mut lists: Vec<&toml::Value> = project.and_then(|p| p.get("dependencies")).into_iter().collect();
    let groups = [project.and_then(|p| p.get("optional-dependencies")), root.get("dependency-groups")];
    lists.extend(groups.into_iter().flatten().filter_map(|v| v.as_table()).flat_map(|t| t.values()));
    let texts = lists.into_iter().filter_map(|v| v.as_array()).flatten().filter_map(|v| v.as_str());
    let mut found: Vec<Requirement> = texts.filter_map(pep508).collect();
    let poetry = root.get("tool").and_then(|tool| tool.get("poetry"));
    found.extend(
        ["dependencies", "dev-dependencies"]
            .iter()
            .flat_map(|key| toml_table(poetry.and_then(|p| p.get(key)))),
    );
    let groups = poetry.and_then(|p| p.get("group")).and_then(|v| v.as_table());
    found.extend(
        groups.into_iter().flat_map(|t| t.values()).flat_map(|group| toml_table(group.get("dependencies"))),
    );
    Some(found)
}

fn pipfile(text: &str) -> Option<Vec<Requirement>> {
    let root: toml::Table = toml::from_str(text).ok()?;
    Some(["packages", "dev-packages"].iter().flat_map(|key| toml_table(root.get(*key))).collect())
}

fn pubspec(text: &str) -> Option<Vec<Requirement>> {
    let root = yaml::parse(text).ok()?;
    let entries = ["dependencies", "dev_dependencies"].map(|key| root.get(key).entries());
    let entry = |(name, node): &(String, yaml::Node)| {
        let local = !node.get("sdk").is_null() || !node.get("path").is_null();
        let git = !node.get("git").is_null();
        let versions = node.text().or(node.get("version").text()).unwrap_or(if git { "git" } else { "" });
        (!local).then(|| Requirement { name: name.clone(), versions: versions.to_owned() })
    };
    Some(entries.iter().flat_map(|list| list.iter().filter_map(entry)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unbounded(name: &str, text: &str) -> Vec<String> {
        let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
        let all = requirements(name, extension, text).unwrap();
        all.into_iter().filter(Requirement::is_unbounded).map(|r| r.name).collect()
    }

    #[test]
    fn wildcards_branches_and_lower_limits_are_unbounded() {
        let npm = r#"{"dependencies":{"a":"*","b":"^1","c":">=1","d":">=1 <2","e":"latest","f":"github:x/y","g":"github:x/y#v1.2.0","h":"workspace:*","i":"1.x"}}"#;
        assert_eq!(unbounded("package.json", npm), ["a", "c", "e", "f"]);
        let cargo = "[dependencies]\na = \"*\"\nb = \"1\"\nc = { git = \"x\" }\nd = { git = \"x\", rev = \"1\" }\ne = { path = \"e\" }\nf.workspace = true\n";
        assert_eq!(unbounded("Cargo.toml", cargo), ["a", "c"]);
        let python = "[project]\ndependencies = [\"a\", \"b>=1\", \"c>=1,<2\", \"d==1\", \"e[x]~=1.0; python_version>'3'\"]\n";
        assert_eq!(unbounded("pyproject.toml", python), ["a", "b"]);
        assert_eq!(unbounded("requirements.txt", "-r x\na\nb==1\nc @ git+https://x/y@main\n"), ["a", "c"]);
        assert_eq!(unbounded("Gemfile", "gem \"a\"\ngem 'b', '~> 1'\ngem \"c\", \">= 1\"\n"), ["a", "c"]);
        assert_eq!(
            unbounded("composer.json", r#"{"require":{"php":"*","a/b":"*","c/d":"dev-main","e/f":"^1"}}"#),
            ["a/b", "c/d"]
        );
        assert!(unbounded("go.mod", "module x\nrequire (\n\texample.com/a v1.0.0\n)\n").is_empty());
        assert_eq!(
            unbounded("build.gradle", "implementation 'a.b:c:+'\nimplementation 'a.b:d:1.0'\n"),
            ["a.b:c"]
        );
        assert_eq!(unbounded("x.csproj", "<PackageReference Include=\"A\" Version=\"*\" />"), ["A"]);
        assert_eq!(
            unbounded("pubspec.yaml", "dependencies:\n  a: any\n  b: ^1.0.0\n  c: {sdk: flutter}\n"),
            ["a"]
        );
        let pom = "<dependency><artifactId>a</artifactId><version>[1,)</version></dependency>";
        assert_eq!(unbounded("pom.xml", pom), ["a"]);
        assert_eq!(unbounded("mix.exs", "{:a, \">= 0.0.0\"}, {:b, \"~> 1.0\"}"), ["a"]);
    }
}
