//! Many globs against one path: plain ones by table, the others behind literal gates.
//!
//! A `GlobSet` alone spends most of a pass here: its hundreds of globs with a wildcard in the middle become one large
//! regex set, which costs more per path than everything else does per file.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use super::Pattern;
use crate::snapshot::gates::Gates;

/// A set of globs; answers are indexes into it.
#[derive(Debug)]
pub(super) struct Globs {
    plain: GlobSet,
    plain_indexes: Vec<usize>,
    complex: Vec<Pattern>,
    complex_indexes: Vec<usize>,
    gates: Gates,
}

/// What is matched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// Paths: `*` stays within a component.
    Paths,
    /// Names of dependencies, in lower case: `*` spans everything.
    Names,
}

impl Globs {
    pub(super) fn new<'a>(globs: impl Iterator<Item = &'a str>, subject: Subject) -> Self {
        let mut plain = GlobSetBuilder::new();
        let (mut plain_indexes, mut complex_indexes, mut complex) = (Vec::new(), Vec::new(), Vec::new());
        for (index, text) in globs.enumerate() {
            let glob = compile(text, subject);
            if is_plain(text) {
                plain.add(glob);
                plain_indexes.push(index);
            } else {
                complex.push(Pattern::new(glob.regex()));
                complex_indexes.push(index);
            }
        }
        Self {
            plain: plain.build().expect("the embedded globs compile together, by a test"),
            plain_indexes,
            gates: Gates::new(complex.iter().map(|pattern| pattern.literals.as_deref())),
            complex,
            complex_indexes,
        }
    }

    /// Indexes of the globs that match.
    pub(super) fn matches(&self, text: &str) -> impl Iterator<Item = usize> {
        let plain = self.plain.matches(text).into_iter().map(|index| self.plain_indexes[index]);
        let open = self.gates.open(text.as_bytes()).into_iter().map(usize::from);
        let complex = open.filter(|index| self.complex[*index].is_match(text.as_bytes()));
        plain.chain(complex.map(|index| self.complex_indexes[index]))
    }

    #[cfg(test)]
    pub(super) fn complex(&self) -> &[Pattern] {
        &self.complex
    }
}

fn compile(text: &str, subject: Subject) -> Glob {
    let glob = GlobBuilder::new(text).literal_separator(subject == Subject::Paths).build();
    glob.expect("every embedded glob compiles, by a test")
}

/// A name, a path, an extension or a suffix, which a `GlobSet` looks up in a table.
fn is_plain(glob: &str) -> bool {
    let rest = glob.strip_prefix("**/").unwrap_or(glob);
    let special = |text: &str| text.contains(['*', '?', '[', '{']);
    match rest.strip_prefix("*.") {
        Some(extension) if glob.starts_with("**/") => !special(extension) && !extension.contains(['.', '/']),
        _ => !special(rest) && (rest.len() == glob.len() || !rest.contains('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_match() {
        let globs = [
            "**/*.tf",
            "**/Dockerfile",
            ".github/a.yml",
            "**/grafana/**",
            "**/*-x.yml",
            "a/*.yml",
            "**/b/c.yml",
        ];
        let set = Globs::new(globs.into_iter(), Subject::Paths);
        let found = |path: &str| {
            let mut found: Vec<_> = set.matches(path).collect();
            found.sort_unstable();
            found
        };
        assert_eq!(found("x/main.tf"), [0]);
        assert_eq!(found("Dockerfile"), [1]);
        assert_eq!(found(".github/a.yml"), [2]);
        assert_eq!(found("ops/grafana/x/y-x.yml"), [3, 4]);
        assert_eq!(found("a/b.yml"), [5]);
        assert_eq!(found("a/b/c.yml"), [6]);
    }

    #[test]
    fn names_span_separators() {
        let set = Globs::new(["@sentry/*", "github.com/gin*", "redis"].into_iter(), Subject::Names);
        assert_eq!(set.matches("@sentry/a/b").collect::<Vec<_>>(), [0]);
        assert_eq!(set.matches("redis").collect::<Vec<_>>(), [2]);
    }
}
