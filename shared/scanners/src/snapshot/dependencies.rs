//! Direct dependencies, read from manifests, and whether a manifest publishes a package.

use std::sync::LazyLock;

use regex::Regex;

use super::Dependency;

/// What a manifest says.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) ecosystem: &'static str,
    pub(super) names: Vec<String>,
    /// It describes a package that is meant to be published.
    pub(super) publishable: bool,
}

/// Manifests beyond this are left out, as are names beyond it within one.
const MAX_NAMES: usize = 5_000;

/// Reads a manifest; `None` for any other file, or one that cannot be read.
pub(super) fn read(name: &str, extension: &str, text: &str) -> Option<Manifest> {
    let mut manifest = match name {
        "package.json" => npm(text),
        "composer.json" => composer(text),
        "Cargo.toml" => cargo(text),
        "pyproject.toml" => pyproject(text),
        "Pipfile" => pipfile(text),
        "libs.versions.toml" => gradle_catalog(text),
        "go.mod" => Some(go(text)),
        "Gemfile" => Some(by_pattern("rubygems", text, &GEM)),
        "pom.xml" => maven(text),
        "build.gradle" | "build.gradle.kts" => Some(gradle(text)),
        "mix.exs" => Some(mix(text)),
        "pubspec.yaml" => pubspec(text),
        "Directory.Packages.props" | "packages.config" => nuget(text),
        "setup.py" | "setup.cfg" => Some(setuptools(text)),
        _ if name.starts_with("requirements") && matches!(extension, "txt" | "in") => {
            Some(requirements(text))
        }
        _ if matches!(extension, "csproj" | "fsproj" | "vbproj") => nuget(text),
        _ if extension == "gemspec" => {
            Some(Manifest { publishable: true, ..by_pattern("rubygems", text, &GEMSPEC) })
        }
        _ => None,
    }?;
    manifest.names.truncate(MAX_NAMES);
    Some(manifest)
}

impl Manifest {
    /// The dependencies, as they stand in `path`.
    pub(super) fn dependencies(self, path: &str) -> impl Iterator<Item = Dependency> {
        let ecosystem = self.ecosystem;
        self.names.into_iter().map(move |name| Dependency { ecosystem, name, manifest: path.to_owned() })
    }
}

fn npm(text: &str) -> Option<Manifest> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let tables = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"];
    let private = json.get("private").and_then(serde_json::Value::as_bool).unwrap_or(false);
    let named = json.get("name").is_some() && json.get("version").is_some();
    Some(Manifest { ecosystem: "npm", names: json_keys(&json, &tables), publishable: named && !private })
}

fn composer(text: &str) -> Option<Manifest> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let kind = json.get("type").and_then(|t| t.as_str()).unwrap_or("library");
    Some(Manifest {
        ecosystem: "composer",
        names: json_keys(&json, &["require", "require-dev"]),
        publishable: json.get("name").is_some() && kind == "library",
    })
}

fn json_keys(json: &serde_json::Value, tables: &[&str]) -> Vec<String> {
    let keys = tables.iter().filter_map(|table| json.get(table)?.as_object());
    keys.flat_map(|table| table.keys().cloned()).collect()
}

fn table_keys(value: Option<&toml::Value>) -> Vec<String> {
    value.and_then(|v| v.as_table()).map(|table| table.keys().cloned().collect()).unwrap_or_default()
}

fn cargo(text: &str) -> Option<Manifest> {
    let root: toml::Table = toml::from_str(text).ok()?;
    let mut names = Vec::new();
    let mut add = |table: &toml::Table| {
        for key in ["dependencies", "dev-dependencies", "build-dependencies"] {
            names.extend(table_keys(table.get(key)));
        }
    };
    add(&root);
    root.get("workspace").and_then(|v| v.as_table()).map(&mut add);
    for target in root.get("target").and_then(|v| v.as_table()).into_iter().flat_map(|t| t.values()) {
        target.as_table().map(&mut add);
    }
    let package = root.get("package").and_then(|v| v.as_table());
    let publish = |package: &toml::Table| match package.get("publish") {
        Some(toml::Value::Boolean(publish)) => *publish,
        Some(toml::Value::Array(registries)) => !registries.is_empty(),
        // `publish.workspace = true`: the workspace decides; most that say so say false.
        Some(toml::Value::Table(_)) => false,
        _ => true,
    };
    Some(Manifest { ecosystem: "cargo", names, publishable: package.is_some_and(publish) })
}

/// The name at the start of a PEP 508 requirement.
fn requirement(text: &str) -> Option<String> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

fn pyproject(text: &str) -> Option<Manifest> {
    let root: toml::Table = toml::from_str(text).ok()?;
    let mut names = Vec::new();
    let mut add_list = |value: Option<&toml::Value>| {
        let items = value.and_then(|v| v.as_array()).into_iter().flatten().filter_map(|v| v.as_str());
        names.extend(items.filter_map(requirement));
    };
    let project = root.get("project").and_then(|v| v.as_table());
    add_list(project.and_then(|p| p.get("dependencies")));
    let groups = project.and_then(|p| p.get("optional-dependencies")).or(root.get("dependency-groups"));
    let groups = [groups, root.get("dependency-groups")];
    for group in groups.into_iter().flatten().filter_map(|v| v.as_table()).flat_map(|t| t.values()) {
        add_list(Some(group));
    }
    let tool = |name: &str| root.get("tool")?.get(name);
    let poetry = tool("poetry");
    names.extend(table_keys(poetry.and_then(|p| p.get("dependencies"))));
    names.extend(table_keys(poetry.and_then(|p| p.get("dev-dependencies"))));
    let groups = poetry.and_then(|p| p.get("group")).and_then(|v| v.as_table());
    for group in groups.into_iter().flat_map(|t| t.values()) {
        names.extend(table_keys(group.get("dependencies")));
    }
    names.retain(|name| name != "python");
    let private = text.contains("Private :: Do Not Upload") || text.contains("package-mode = false");
    let versioned = |table: &toml::Table| table.contains_key("version") || table.contains_key("dynamic");
    let published =
        project.is_some_and(versioned) || poetry.and_then(|p| p.as_table()).is_some_and(versioned);
    let builds = root.contains_key("build-system");
    Some(Manifest { ecosystem: "pypi", names, publishable: published && builds && !private })
}

fn pipfile(text: &str) -> Option<Manifest> {
    let root: toml::Table = toml::from_str(text).ok()?;
    let mut names = table_keys(root.get("packages"));
    names.extend(table_keys(root.get("dev-packages")));
    Some(Manifest { ecosystem: "pypi", names, publishable: false })
}

fn requirements(text: &str) -> Manifest {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '-']));
    Manifest { ecosystem: "pypi", names: lines.filter_map(requirement).collect(), publishable: false }
}

/// `"name>=1"` in lists of setup.py, and indented lines of `install_requires` in setup.cfg.
fn setuptools(text: &str) -> Manifest {
    let quoted = text.split(['"', '\'']).skip(1).step_by(2);
    let after = text.split_once("install_requires").map_or("", |(_, rest)| rest);
    let lines = after.lines().skip(1).take_while(|line| line.starts_with([' ', '\t'])).map(str::trim);
    let is_requirement = |word: &&str| !word.contains(' ') && !word.contains('/') && word.len() < 80;
    let names = quoted.filter(is_requirement).chain(lines).filter_map(requirement).collect();
    let publishable = text.contains("setup(") || text.contains("[metadata]");
    Manifest { ecosystem: "pypi", names, publishable }
}

fn go(text: &str) -> Manifest {
    let mut names = Vec::new();
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        match line {
            "require (" => inside = true,
            ")" => inside = false,
            _ if line.contains("// indirect") => {}
            _ => {
                let entry = if inside { Some(line) } else { line.strip_prefix("require ") };
                names.extend(entry.and_then(|e| e.split_whitespace().next()).map(str::to_owned));
            }
        }
    }
    Manifest { ecosystem: "go", names, publishable: false }
}

macro_rules! pattern {
    ($name:ident, $source:literal) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($source).expect("a constant pattern"));
    };
}

pattern!(GEM, r#"(?m)^\s*gem\s+["']([\w.-]+)["']"#);
pattern!(GEMSPEC, r#"(?m)add_(?:runtime_|development_)?dependency[\s(]+["']([\w.-]+)["']"#);
pattern!(GRADLE, r#"["']([\w.-]+:[\w.-]+)(?::[^"'\s]*)?["']"#);
pattern!(PLUGIN, r#"(?m)^\s*id[\s(]+["']([\w.-]+)["']"#);
pattern!(MIX, r"\{\s*:(\w+)\s*,");

fn by_pattern(ecosystem: &'static str, text: &str, pattern: &Regex) -> Manifest {
    let names =
        pattern.captures_iter(text).take(MAX_NAMES).filter_map(|c| c.get(1)).map(|m| m.as_str().to_owned());
    Manifest { ecosystem, names: names.collect(), publishable: false }
}

fn gradle(text: &str) -> Manifest {
    let mut manifest = by_pattern("maven", text, &GRADLE);
    manifest.names.extend(by_pattern("maven", text, &PLUGIN).names);
    manifest.publishable = text.contains("maven-publish");
    manifest
}

fn mix(text: &str) -> Manifest {
    Manifest { publishable: text.contains("package:"), ..by_pattern("hex", text, &MIX) }
}

fn gradle_catalog(text: &str) -> Option<Manifest> {
    let root: toml::Table = toml::from_str(text).ok()?;
    let libraries = root.get("libraries").and_then(|v| v.as_table()).into_iter().flat_map(|t| t.values());
    let module = |value: &toml::Value| match value {
        toml::Value::String(text) => text.rsplit_once(':').map(|(module, _)| module.to_owned()),
        table => {
            let part = |key: &str| table.get(key).and_then(|v| v.as_str()).map(str::to_owned);
            part("module").or_else(|| Some(format!("{}:{}", part("group")?, part("name")?)))
        }
    };
    Some(Manifest { ecosystem: "maven", names: libraries.filter_map(module).collect(), publishable: false })
}

/// XML with a bound on its size: a manifest has thousands of nodes, not millions.
fn xml(text: &str) -> Option<roxmltree::Document<'_>> {
    let options = roxmltree::ParsingOptions { nodes_limit: 200_000, ..roxmltree::ParsingOptions::default() };
    roxmltree::Document::parse_with_options(text.trim_start_matches('\u{feff}'), options).ok()
}

fn maven(text: &str) -> Option<Manifest> {
    let document = xml(text)?;
    let child = |node: roxmltree::Node<'_, '_>, name: &str| {
        node.children()
            .find(|c| c.has_tag_name_local(name))
            .and_then(|c| c.text().map(|t| t.trim().to_owned()))
    };
    let entries = document
        .descendants()
        .filter(|n| n.has_tag_name_local("dependency") || n.has_tag_name_local("plugin"));
    let names = entries.filter_map(|n| {
        Some(format!(
            "{}:{}",
            child(n, "groupId").unwrap_or_else(|| "org.apache.maven.plugins".into()),
            child(n, "artifactId")?
        ))
    });
    let publishable = document.descendants().any(|n| n.has_tag_name_local("distributionManagement"));
    Some(Manifest { ecosystem: "maven", names: names.collect(), publishable })
}

fn nuget(text: &str) -> Option<Manifest> {
    let document = xml(text)?;
    let named = |n: &roxmltree::Node<'_, '_>| {
        n.has_tag_name_local("PackageReference")
            || n.has_tag_name_local("PackageVersion")
            || n.has_tag_name_local("package")
    };
    let id =
        |n: roxmltree::Node<'_, '_>| n.attribute("Include").or_else(|| n.attribute("id")).map(str::to_owned);
    let packs = ["PackageId", "GeneratePackageOnBuild"];
    let publishable = document.descendants().any(|n| packs.iter().any(|name| n.has_tag_name_local(name)));
    Some(Manifest {
        ecosystem: "nuget",
        names: document.descendants().filter(named).filter_map(id).collect(),
        publishable,
    })
}

/// Tag names without their namespace: a POM declares one, and nobody writes it.
trait LocalName {
    fn has_tag_name_local(&self, name: &str) -> bool;
}

impl LocalName for roxmltree::Node<'_, '_> {
    fn has_tag_name_local(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

fn pubspec(text: &str) -> Option<Manifest> {
    let root = super::yaml::parse(text).ok()?;
    let keys = ["dependencies", "dev_dependencies"];
    let names = keys.iter().flat_map(|key| root.get(key).entries()).map(|(name, _)| name.clone()).collect();
    let private = root.get("publish_to").text() == Some("none");
    Some(Manifest { ecosystem: "pub", names, publishable: !private && !root.get("version").is_null() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(name: &str, text: &str) -> Vec<String> {
        let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
        read(name, extension, text).map(|m| m.names).unwrap_or_default()
    }

    #[test]
    fn manifests_name_their_dependencies() {
        assert_eq!(
            names("package.json", r#"{"dependencies":{"express":"4"},"devDependencies":{"jest":"1"}}"#),
            ["express", "jest"]
        );
        assert_eq!(
            names(
                "Cargo.toml",
                "[dependencies]\naxum = \"0.8\"\n[target.'cfg(unix)'.dependencies]\nnix = \"1\"\n"
            ),
            ["axum", "nix"]
        );
        assert_eq!(
            names(
                "pyproject.toml",
                "[project]\ndependencies = [\"fastapi>=0.1\"]\n[dependency-groups]\ndev = [\"pytest\"]\n"
            )[0],
            "fastapi"
        );
        assert_eq!(names("requirements-dev.txt", "# x\n-r base.txt\nflask==1.0\n"), ["flask"]);
        assert_eq!(
            names("go.mod", "module x\nrequire (\n\tgithub.com/gin-gonic/gin v1\n\tx/y v1 // indirect\n)\n"),
            ["github.com/gin-gonic/gin"]
        );
        assert_eq!(names("Gemfile", "gem \"rails\", \"~> 7\"\n"), ["rails"]);
        assert_eq!(
            names("build.gradle.kts", "implementation(\"io.ktor:ktor-server:2.0\")"),
            ["io.ktor:ktor-server"]
        );
        assert_eq!(
            names(
                "x.csproj",
                "<Project><ItemGroup><PackageReference Include=\"Dapper\"/></ItemGroup></Project>"
            ),
            ["Dapper"]
        );
        assert_eq!(
            names(
                "pom.xml",
                "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><dependencies><dependency><groupId>a.b</groupId><artifactId>c</artifactId></dependency></dependencies></project>"
            ),
            ["a.b:c"]
        );
        assert_eq!(
            names(
                "libs.versions.toml",
                "[libraries]\nx = { module = \"a:b\", version = \"1\" }\ny = \"c:d:1\"\n"
            ),
            ["a:b", "c:d"]
        );
        assert_eq!(names("mix.exs", "[{:phoenix, \"~> 1\"}]"), ["phoenix"]);
        assert!(names("package.json", "{").is_empty());
    }

    #[test]
    fn manifests_say_whether_they_publish() {
        let publishes = |name: &str, text: &str| {
            read(name, name.rsplit_once('.').map_or("", |(_, e)| e), text).unwrap().publishable
        };
        assert!(publishes("package.json", r#"{"name":"x","version":"1"}"#));
        assert!(!publishes("package.json", r#"{"name":"x","version":"1","private":true}"#));
        assert!(publishes("Cargo.toml", "[package]\nname = \"x\"\n"));
        assert!(!publishes("Cargo.toml", "[package]\nname = \"x\"\npublish = false\n"));
    }
}
