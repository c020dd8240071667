//! Under which licence the repository stands, as far as its files say.

use std::{collections::BTreeSet, sync::LazyLock};

use super::{Hit, file::File, patterns::Pattern};

/// Files and declarations kept.
const MAX_HITS: usize = 20;

/// What the files say about the licence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Licences {
    /// LICENSE, COPYING and the like at the root, and `LICENSES/*`.
    pub files: BTreeSet<Hit>,
    /// A notice that all rights are reserved.
    pub proprietary: Option<Hit>,
    /// The licence that the main manifest declares: the one nearest to the root.
    pub declared: Option<Hit>,
}

fn notice() -> &'static Pattern {
    static NOTICE: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(
            r"(?i)all rights reserved|\bproprietary\b|\bconfidential\b|\bno licen[sc]e is granted|internal use only",
        )
    });
    &NOTICE
}

/// Licences that allow what an open-source licence allows; their text may reserve rights in passing.
fn grant() -> &'static Pattern {
    static GRANT: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(
            r"(?i)permission is hereby granted|redistribution and use in source|apache license|general public license|mozilla public license|permission to use, copy",
        )
    });
    &GRANT
}

impl Licences {
    /// Looks at a file.
    pub(super) fn look(&mut self, file: &File<'_>) {
        let upper = file.path.to_ascii_uppercase();
        let root = !upper.contains('/');
        let stem = upper.split(['.', '-', '_']).next().unwrap_or(&upper);
        let named = root && matches!(stem, "LICENSE" | "LICENCE" | "COPYING" | "UNLICENSE");
        if named || upper.starts_with("LICENSES/") {
            self.files.insert(Hit::file(file.path));
            if self.files.len() > MAX_HITS {
                self.files.pop_last();
            }
        }
        if named && !grant().is_match(file.text) {
            self.notice(file);
        }
        if let Some(hit) = declared(file) {
            let nearer = |known: &Hit| order(&hit) < order(known);
            if self.declared.as_ref().is_none_or(nearer) {
                self.declared = Some(hit);
            }
        }
    }

    fn notice(&mut self, file: &File<'_>) {
        let found = notice().regex().and_then(|regex| regex.find(file.text));
        if let Some(found) = found {
            let words = String::from_utf8_lossy(found.as_bytes());
            let hit = Hit::at(file.path, super::file::line_at(file.text, found.start()), words);
            if self.proprietary.as_ref().is_none_or(|known| hit < *known) {
                self.proprietary = Some(hit);
            }
        }
    }
}

fn order(hit: &Hit) -> (usize, &str) {
    (hit.path.matches('/').count(), &hit.path)
}

/// The licence field of a manifest outside tests, examples and vendored code.
fn declared(file: &File<'_>) -> Option<Hit> {
    if file.non_product || file.text.len() > 1024 * 1024 {
        return None;
    }
    let text = std::str::from_utf8(file.text).ok();
    let expression = match file.name {
        "package.json" | "composer.json" => {
            let json: serde_json::Value = serde_json::from_str(text?).ok()?;
            let licence = json.get("license")?;
            licence.as_str().or_else(|| licence.get("type")?.as_str()).map(str::to_owned)
        }
        "Cargo.toml" => table(text?, "package"),
        "pyproject.toml" => table(text?, "project"),
        _ => None,
    }?;
    Some(Hit::at(file.path, 0, expression))
}

fn table(text: &str, name: &str) -> Option<String> {
    let root: toml::Table = toml::from_str(text).ok()?;
    let licence = root.get(name)?.get("license")?;
    licence.as_str().or_else(|| licence.get("text")?.as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use crate::testing::Tree;

    #[test]
    fn files_notices_and_declarations_are_found() {
        let files = Tree::new()
            .file("LICENSE.txt", "Copyright Acme.\nAll rights reserved.\n")
            .file("pkg/a/package.json", r#"{"license":"MIT"}"#)
            .file("package.json", r#"{"license":"UNLICENSED"}"#)
            .snapshot();
        let found = files.licences();
        assert_eq!(found.files.first().unwrap().path, "LICENSE.txt");
        assert_eq!(found.proprietary.as_ref().unwrap().source(), "LICENSE.txt:2");
        assert_eq!(found.declared.as_ref().unwrap().what, "UNLICENSED");
    }

    #[test]
    fn open_licences_are_no_notice() {
        let text =
            "Copyright Acme. All rights reserved.\nRedistribution and use in source and binary forms\n";
        assert!(Tree::new().file("LICENSE", text).snapshot().licences().proprietary.is_none());
        let declared = |path: &str, text: &str| {
            let files = Tree::new().file(path, text).snapshot();
            files.licences().declared.as_ref().map(|hit| hit.what.clone())
        };
        assert_eq!(declared("Cargo.toml", "[package]\nlicense = \"MIT\"\n").as_deref(), Some("MIT"));
        assert_eq!(
            declared("pyproject.toml", "[project]\nlicense = {text = \"MIT\"}\n").as_deref(),
            Some("MIT")
        );
        assert_eq!(declared("Cargo.toml", "[package]\n"), None);
    }
}
