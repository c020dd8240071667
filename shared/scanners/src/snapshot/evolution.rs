//! What documents say about change: which major versions upgrade guides cover, and how long feature matrices are.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::bytes::Regex;

use super::{Hit, file::File, headings::headings};

/// An upgrade guide, or the section of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guide {
    /// Where.
    pub hit: Hit,
    /// Major versions it names.
    pub majors: BTreeSet<u64>,
}

/// What documents say about change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evolution {
    /// Upgrade guides and sections about breaking changes.
    pub guides: Vec<Guide>,
    /// Feature or compatibility matrices, and how many rows each has.
    pub matrices: Vec<(Hit, u64)>,
}

macro_rules! pattern {
    ($name:ident, $source:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($source).expect("a constant pattern"));
    };
}

pattern!(GUIDE, r"(?i-u)migrat(?:ion|ing)|upgrad(?:e|ing)|breaking[-_ ]?changes");
pattern!(
    MATRIX,
    r"(?i-u)feature[-_ ]?(?:parity|matrix|comparison|support|table|status)|compat(?:ibility)?[-_ ](?:matrix|table)|parity|(?:support(?:ed)?|platform)[-_ ](?:matrix|features|platforms|support)"
);
pattern!(
    MAJOR,
    r"(?i-u)(?:\bv|\bversion |[/_-]v|\b)(\d{1,4})(?:\.(?:\d+|x)){1,3}\b|\bv(\d{1,4})\b|\bversion (\d{1,4})\b"
);
pattern!(ROW, r"(?m-u)^[ \t]*(?:\|[^\n]*\||[-*] \[[ xX]\] )");

const MAX_FOUND: usize = 200;

impl Evolution {
    /// Looks at one document.
    pub(super) fn look(&mut self, file: &File<'_>) {
        if !file.is_document() || file.non_product {
            return;
        }
        let name = file.name.as_bytes();
        if GUIDE.is_match(name) {
            self.guide(Hit::at(file.path, 1, "document"), &[name, file.text]);
        }
        if MATRIX.is_match(name) {
            self.matrix(Hit::at(file.path, 1, "document"), file.text);
        }
        let mut release: &[u8] = b"";
        for heading in headings(file) {
            let title = String::from_utf8_lossy(heading.title);
            if MAJOR.is_match(heading.title) {
                release = heading.title;
            }
            if GUIDE.is_match(heading.title) {
                self.guide(Hit::at(file.path, heading.line, &title), &[release, heading.title, heading.body]);
            }
            if MATRIX.is_match(heading.title) {
                self.matrix(Hit::at(file.path, heading.line, &title), heading.body);
            }
        }
    }

    fn guide(&mut self, hit: Hit, texts: &[&[u8]]) {
        let numbers = texts.iter().flat_map(|text| MAJOR.captures_iter(text).take(1_000));
        let number = |found: regex::bytes::Captures<'_>| {
            let digits = (1..=3).find_map(|group| found.get(group))?;
            std::str::from_utf8(digits.as_bytes()).ok()?.parse::<u64>().ok()
        };
        let majors: BTreeSet<u64> = numbers.filter_map(number).collect();
        if self.guides.len() < MAX_FOUND {
            self.guides.push(Guide { hit, majors });
        }
    }

    fn matrix(&mut self, hit: Hit, text: &[u8]) {
        let rows = ROW.find_iter(text).count() as u64;
        // The head of a table and the line below it are no rows.
        let table = memchr::memmem::find(text, b"|-").or(memchr::memmem::find(text, b"| -")).is_some();
        if self.matrices.len() < MAX_FOUND {
            self.matrices.push((hit, rows.saturating_sub(if table { 2 } else { 0 })));
        }
    }

    /// Ends the scan.
    pub(super) fn finish(mut self) -> Self {
        self.guides.sort();
        self.matrices.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Tree;

    #[test]
    fn guides_name_majors_and_matrices_have_rows() {
        let changelog = "# Changelog\n\n## 3.0.0\n\n### Breaking changes\n\n- x\n\n## 2.1.0\n\n- y\n";
        let matrix = "# Feature matrix\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n";
        let found = Tree::new()
            .file("CHANGELOG.md", changelog)
            .file("docs/upgrade.md", "# Upgrading to v2\n\nFrom 1.x to 2.0.\n")
            .file("README.md", matrix)
            .snapshot()
            .evolution()
            .clone();
        assert_eq!(found.guides[0].majors.iter().copied().collect::<Vec<_>>(), [3]);
        assert_eq!(found.guides[1].majors.iter().copied().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(found.matrices[0].1, 2);
    }
}
