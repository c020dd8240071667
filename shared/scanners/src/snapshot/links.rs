//! Repositories of infrastructure that documents and pipelines name.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::bytes::Regex;

use super::{
    Hit,
    file::{File, line_at},
};

/// Names kept.
const MAX_LINKS: usize = 50;
/// Names looked at in one file.
const MAX_PER_FILE: usize = 200;

static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?i-u)(?:github\.com[/:]|\brepository:\s*["']?|\bgit@[\w.-]+:)([\w.-]+/[\w.-]*(?:infra|terraform|tofu|gitops|kubernetes|k8s|helm|charts|cluster|deploy|landing-zone|iac)[\w-]*)"#,
    )
    .expect("a constant pattern")
});

/// Collects `owner/repository` names that sound like infrastructure.
#[derive(Debug, Default)]
pub(super) struct LinkScan {
    found: BTreeSet<Hit>,
}

impl LinkScan {
    /// Looks at a document, a pipeline or a catalogue entry.
    pub(super) fn look(&mut self, file: &File<'_>, pipeline: bool) {
        let catalogue = matches!(file.name, "catalog-info.yaml" | "catalog-info.yml");
        if file.non_product || !(pipeline || catalogue || file.is_document()) {
            return;
        }
        for found in NAMED.captures_iter(file.text).take(MAX_PER_FILE) {
            let Some(name) = found.get(1) else { continue };
            let text = String::from_utf8_lossy(name.as_bytes());
            let what = text.strip_suffix(".git").unwrap_or(&text);
            self.found.insert(Hit::at(file.path, line_at(file.text, name.start()), what));
            if self.found.len() > MAX_LINKS {
                self.found.pop_last();
            }
        }
    }

    /// Ends the scan.
    pub(super) fn finish(self) -> Vec<Hit> {
        self.found.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Tree;

    #[test]
    fn repositories_of_infrastructure_are_named() {
        let workflow = "on: push\njobs:\n  x:\n    steps:\n      - uses: actions/checkout@v4\n        with:\n          repository: acme/gitops\n";
        let files = Tree::new()
            .file(
                "README.md",
                "Runs on github.com/acme/web.\nSee https://github.com/acme/infra-live/tree/main.\n",
            )
            .file(".github/workflows/cd.yml", workflow)
            .snapshot();
        let found: Vec<_> = files.infrastructure_repositories().iter().map(|hit| hit.what.clone()).collect();
        assert_eq!(found, ["acme/gitops", "acme/infra-live"]);
        assert_eq!(files.infrastructure_repositories()[1].source(), "README.md:2");
    }
}
