//! The supply chain as files tell it: manifests, lockfiles, update bots and bills of materials.

use std::collections::BTreeMap;

use super::{
    Hit,
    file::File,
    lockfiles::{self, Lockfile},
    manifests::{ManifestFile, requirements},
    yaml,
};

/// Files of each kind kept, and pinned packages of all lockfiles.
const MAX_FILES: usize = 2_000;
const MAX_PINNED: usize = 100_000;

/// What the files say about packages of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Supply {
    /// Lockfiles of the product, by path.
    pub lockfiles: Vec<Lockfile>,
    /// Manifests of the product, by path.
    pub manifests: Vec<ManifestFile>,
    /// Dependabot's configuration.
    pub dependabot: Option<Dependabot>,
    /// Tracked bills of materials, by path.
    pub sboms: Vec<Sbom>,
}

/// `.github/dependabot.yml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependabot {
    /// Path.
    pub path: String,
    /// What it updates.
    pub updates: Vec<Update>,
}

/// One entry of `updates`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// `package-ecosystem`, as written.
    pub ecosystem: String,
    /// Where it stands.
    pub line: u64,
    /// `open-pull-requests-limit: 0`.
    pub silenced: bool,
}

/// A bill of materials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sbom {
    /// Where.
    pub hit: Hit,
    /// What it describes.
    pub subject: Option<String>,
}

/// Collects [`Supply`] while files stream by.
#[derive(Debug, Default)]
pub(super) struct SupplyScan {
    lockfiles: BTreeMap<String, Lockfile>,
    manifests: BTreeMap<String, ManifestFile>,
    dependabot: Option<Dependabot>,
    sboms: BTreeMap<String, Sbom>,
    pinned: usize,
    /// Files were left out.
    full: bool,
}

impl SupplyScan {
    /// Looks at a product file.
    pub(super) fn look(&mut self, file: &File<'_>) {
        if file.non_product {
            return;
        }
        let Ok(text) = std::str::from_utf8(file.text) else { return };
        self.lockfile(file.path, Some(text));
        if matches!(file.path, ".github/dependabot.yml" | ".github/dependabot.yaml") {
            self.dependabot = dependabot(file.path, text);
        }
        if let Some(sbom) = sbom(file, text).filter(|_| self.sboms.len() < MAX_FILES) {
            self.sboms.insert(file.path.to_owned(), sbom);
        }
    }

    /// A lockfile, read or only listed.
    pub(super) fn lockfile(&mut self, path: &str, text: Option<&str>) {
        let Some(mut file) = lockfiles::read(path, text) else { return };
        if self.lockfiles.len() >= MAX_FILES {
            self.full = true;
            return;
        }
        if self.pinned + file.packages.len() > MAX_PINNED {
            file.packages.clear();
            file.read = false;
        }
        self.pinned += file.packages.len();
        self.lockfiles.insert(path.to_owned(), file);
    }

    /// A product manifest that names packages.
    pub(super) fn manifest(
        &mut self,
        file: &File<'_>,
        ecosystem: &'static str,
        library: bool,
        names: &[String],
    ) {
        let text = std::str::from_utf8(file.text).ok();
        let requirements = text.and_then(|text| requirements(file.name, file.extension, text));
        if names.is_empty() {
            return;
        }
        if self.manifests.len() >= MAX_FILES {
            self.full = true;
            return;
        }
        let requirements = requirements.unwrap_or_default();
        let manifest = ManifestFile { path: file.path.to_owned(), ecosystem, library, requirements };
        self.manifests.insert(file.path.to_owned(), manifest);
    }

    /// Ends the scan. With it the limit that was reached, if any.
    pub(super) fn finish(self) -> (Supply, Option<&'static str>) {
        let limit = self.full.then_some("more manifests and lockfiles than a scan keeps");
        let supply = Supply {
            lockfiles: self.lockfiles.into_values().collect(),
            manifests: self.manifests.into_values().collect(),
            dependabot: self.dependabot,
            sboms: self.sboms.into_values().collect(),
        };
        (supply, limit)
    }
}

fn dependabot(path: &str, text: &str) -> Option<Dependabot> {
    let root = yaml::parse(text).ok()?;
    let update = |node: &yaml::Node| {
        let ecosystem = node.get("package-ecosystem");
        let silenced = node.get("open-pull-requests-limit").text() == Some("0");
        Some(Update { ecosystem: ecosystem.text()?.to_owned(), line: ecosystem.line, silenced })
    };
    let updates = root.get("updates").items().iter().filter_map(update).collect();
    Some(Dependabot { path: path.to_owned(), updates })
}

/// SPDX or CycloneDX, as JSON or as SPDX's tags.
fn sbom(file: &File<'_>, text: &str) -> Option<Sbom> {
    let lower = file.path.to_ascii_lowercase();
    let named = [".spdx", ".cdx.", "cyclonedx", "sbom", "bom.json", "bom.xml"]
        .iter()
        .any(|mark| lower.contains(mark));
    if !named {
        return None;
    }
    let hit = |what: &str| Hit::at(file.path, 1, what);
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(text) {
        let said = |value: Option<&serde_json::Value>| value.and_then(|v| v.as_str()).map(str::to_owned);
        let spdx = json.get("spdxVersion").or_else(|| json.get("@context")).is_some();
        let cyclone = json.get("bomFormat").and_then(|v| v.as_str()) == Some("CycloneDX");
        let component = json.get("metadata").and_then(|m| m.get("component")).and_then(|c| c.get("name"));
        let subject = said(component).or_else(|| said(json.get("name")));
        return (spdx || cyclone)
            .then(|| Sbom { hit: hit(if cyclone { "CycloneDX" } else { "SPDX" }), subject });
    }
    let tag = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(|v| v.trim().to_owned());
    tag("SPDXVersion:").map(|_| Sbom { hit: hit("SPDX"), subject: tag("DocumentName:") })
}
