//! The code itself: languages, marks of unfinished work, complexity of functions, README and formatting rules.

mod complexity;
mod marks;
mod readme;

use std::collections::{BTreeMap, BTreeSet};

pub use complexity::Complexity;
pub use readme::Readme;

use super::{Hit, file::File};

/// What the code of a repository looks like, product code only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    /// Lines by language.
    pub languages: BTreeMap<&'static str, u64>,
    /// Lines that carry TODO, FIXME, HACK or XXX.
    pub marks: u64,
    /// Of these, lines that name an issue.
    pub referenced: u64,
    /// The first places of marks.
    pub mark_hits: Vec<Hit>,
    /// Complexity of the functions that could be measured.
    pub complexity: Complexity,
    /// README at the root, in `.github/` or in `docs/`, in this order.
    pub readme: Option<Readme>,
    /// `.editorconfig` files, and whether they rule line ends or indentation.
    pub editorconfigs: Vec<(Hit, bool)>,
}

impl Code {
    /// The language with the most lines.
    pub fn main_language(&self) -> Option<(&'static str, u64)> {
        // On a tie the first by name: the map is sorted, and `max_by_key` takes the last.
        self.languages.iter().rev().max_by_key(|(_, lines)| **lines).map(|(name, lines)| (*name, *lines))
    }
}

/// Extensions and their languages.
const LANGUAGES: &[(&[&str], &str)] = &[
    (&["rs"], "Rust"),
    (&["go"], "Go"),
    (&["py"], "Python"),
    (&["js", "mjs", "cjs", "jsx"], "JavaScript"),
    (&["ts", "tsx", "mts", "cts"], "TypeScript"),
    (&["vue", "svelte"], "TypeScript"),
    (&["java"], "Java"),
    (&["kt", "kts"], "Kotlin"),
    (&["scala"], "Scala"),
    (&["rb"], "Ruby"),
    (&["php"], "PHP"),
    (&["cs"], "C#"),
    (&["c", "h"], "C"),
    (&["cc", "cpp", "cxx", "hpp"], "C++"),
    (&["swift"], "Swift"),
    (&["dart"], "Dart"),
    (&["ex", "exs"], "Elixir"),
    (&["hs"], "Haskell"),
    (&["lua"], "Lua"),
    (&["zig"], "Zig"),
    (&["sh", "bash"], "Shell"),
    (&["ps1"], "PowerShell"),
    (&["sql"], "SQL"),
];

/// Code that is measured in one pass; beyond, the limit is reported.
const MAX_BYTES: usize = 256 * 1024 * 1024;
const MAX_HITS: usize = 10;

/// Collects while the tree streams by.
#[derive(Debug, Default)]
pub(super) struct CodeScan {
    found: Code,
    hits: BTreeSet<Hit>,
    bytes: usize,
    /// A limit was reached.
    pub(super) limit: Option<&'static str>,
}

impl CodeScan {
    /// Looks at one file.
    pub(super) fn look(&mut self, file: &File<'_>) {
        if let Some(readme) = readme::read(file) {
            let better = |known: &Readme| (readme.rank, &readme.hit) < (known.rank, &known.hit);
            if self.found.readme.as_ref().is_none_or(better) {
                self.found.readme = Some(readme);
            }
        }
        if file.name == ".editorconfig" && self.found.editorconfigs.len() < 100 {
            let rules = ["end_of_line", "indent_style", "indent_size"];
            let ruled = rules.iter().any(|rule| memchr::memmem::find(file.text, rule.as_bytes()).is_some());
            self.found.editorconfigs.push((Hit::file(file.path), ruled));
        }
        let language = LANGUAGES.iter().find(|(extensions, _)| extensions.contains(&file.extension));
        let Some((_, language)) = language.filter(|_| !file.non_product) else { return };
        self.bytes += file.text.len();
        if self.bytes > MAX_BYTES {
            self.limit = Some("more code than a scan measures");
            return;
        }
        *self.found.languages.entry(language).or_default() +=
            memchr::memchr_iter(b'\n', file.text).count() as u64;
        self.marks(file);
        self.found.complexity.measure(file, language);
    }

    fn marks(&mut self, file: &File<'_>) {
        for mark in marks::marks(file) {
            self.found.marks += 1;
            self.found.referenced += u64::from(mark.referenced);
            self.hits.insert(mark.hit);
            if self.hits.len() > MAX_HITS {
                self.hits.pop_last();
            }
        }
    }

    /// Ends the scan.
    pub(super) fn finish(self) -> Code {
        let mut found = self.found;
        found.mark_hits = self.hits.into_iter().collect();
        found.editorconfigs.sort();
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Tree;

    #[test]
    fn lines_marks_and_rules_are_counted_in_product_code() {
        let found = Tree::new()
            .file("a.py", "# TODO: x\n# FIXME(#12) y\nx = 'XXXL'\nTODOS = 1\n")
            .file("b.rs", "// HACK see ABC-12\n")
            .file("tests/c.py", "# TODO\n")
            .file(".editorconfig", "[*]\ncharset = utf-8\n")
            .snapshot()
            .code()
            .clone();
        assert_eq!(found.languages.into_iter().collect::<Vec<_>>(), [("Python", 4), ("Rust", 1)]);
        assert_eq!((found.marks, found.referenced), (3, 2));
        assert_eq!(found.mark_hits[0].source(), "a.py:1");
        assert!(!found.editorconfigs[0].1);
    }
}
