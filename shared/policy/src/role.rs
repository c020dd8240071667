//! What part a file plays: product code, test, example, generated… A rule says in its file what it does in each.
//!
//! Decided by whole path segments and file-name shapes, so `latest/` is no test and `catalogs/` no log.

use serde::{Deserialize, Serialize};

/// A part a file plays; a file may play several, product code plays none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Test code.
    Test,
    /// Data and doubles of tests.
    Fixture,
    /// Written by a tool.
    Generated,
    /// Somebody else's code, copied in.
    Vendored,
    /// Examples and demos.
    Example,
    /// Command-line tools and scripts: printing is their purpose.
    Cli,
    /// Schema migrations and seeds.
    Migration,
    /// Prose.
    Docs,
    /// Type declarations without behaviour.
    Types,
}

/// The parts of one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u16);

impl Roles {
    /// Whether the file plays `role`.
    pub fn has(self, role: Role) -> bool {
        self.0 & (1 << role as u16) != 0
    }

    fn with(self, role: Role, plays: bool) -> Self {
        if plays { Self(self.0 | (1 << role as u16)) } else { self }
    }

    /// The parts of a file, by its path and the head of its text.
    pub fn of(path: &str, text: &str) -> Self {
        let lower = path.to_ascii_lowercase();
        let mut segments: Vec<&str> = lower.split('/').collect();
        let name = segments.pop().unwrap_or("");
        let stem = name.split('.').next().unwrap_or("");
        let original = path.rsplit('/').next().unwrap_or("").split('.').next().unwrap_or("");
        let folder = |names: &[&str]| segments.iter().any(|segment| names.contains(segment));
        let infix = |names: &[&str]| name.split('.').skip(1).any(|part| names.contains(&part));
        let head = head(text);
        Roles::default()
            .with(
                Role::Test,
                folder(TESTS)
                    || infix(&["test", "spec", "tests", "e2e", "cy", "stories"])
                    || is_test_name(stem, original),
            )
            .with(Role::Fixture, folder(FIXTURES) || infix(&["mock", "fixture", "snap"]))
            .with(
                Role::Generated,
                folder(BUILT) || infix(&["generated", "pb", "g", "designer"]) || is_generated(stem, head),
            )
            .with(Role::Vendored, folder(VENDORED))
            .with(
                Role::Example,
                folder(&[
                    "example",
                    "examples",
                    "demo",
                    "demos",
                    "sample",
                    "samples",
                    "tutorial",
                    "tutorials",
                    "playground",
                ]),
            )
            .with(
                Role::Cli,
                folder(&[
                    "cli",
                    "bin",
                    "scripts",
                    "script",
                    "tools",
                    "tool",
                    "cmd",
                    "console",
                    "commands",
                    "management",
                ]) || stem == "cli"
                    || stem == "__main__"
                    || head.starts_with("#!"),
            )
            .with(
                Role::Migration,
                folder(&["migrations", "migrate", "migration", "seeds", "seeders", "seed"]) || stem == "seed",
            )
            .with(Role::Docs, folder(&["docs", "doc"]) || name.ends_with(".md") || name.ends_with(".rst"))
            .with(Role::Types, name.ends_with(".d.ts") || infix(&["types"]))
    }
}

const TESTS: &[&str] = &[
    "test",
    "tests",
    "__tests__",
    "spec",
    "specs",
    "e2e",
    "cypress",
    "testing",
    "integration-tests",
    "test-utils",
    "unittests",
    "androidtest",
    "test-data",
    "qa",
    "bench",
    "benches",
    "benchmarks",
    "__test__",
];
const FIXTURES: &[&str] = &[
    "fixture",
    "fixtures",
    "__fixtures__",
    "test-fixtures",
    "mocks",
    "__mocks__",
    "testdata",
    "snapshots",
    "__snapshots__",
    "stubs",
    "factories",
];
const BUILT: &[&str] =
    &["dist", "built", ".next", "generated", "__generated__", "gen", "coverage", "autogen"];
const VENDORED: &[&str] = &[
    "node_modules",
    "vendor",
    "third_party",
    "third-party",
    "bower_components",
    "vendored",
    "site-packages",
    "jspm_packages",
];

fn is_test_name(stem: &str, original: &str) -> bool {
    stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_spec")
        || stem.ends_with("-test")
        || matches!(stem, "conftest" | "test" | "tests" | "doctests")
        || (original.ends_with("Test") || original.ends_with("Tests") || original.ends_with("Spec"))
            && original.len() > 5
}

fn head(text: &str) -> &str {
    let mut end = text.len().min(600);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn is_generated(stem: &str, head: &str) -> bool {
    stem.ends_with("_pb2")
        || stem.ends_with("_pb2_grpc")
        || head.contains("@generated")
        || head.contains("Code generated by")
        || head.contains("DO NOT EDIT")
        || head.contains("<auto-generated")
}

/// Whether a text is minified: nobody wrote these lines. Either lines are long on average, or one very long line makes
/// up most of the file.
pub(crate) fn is_minified(path: &str, text: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    if lower.contains(".min.") || lower.contains("-min.") || lower.ends_with(".bundle.js") {
        return true;
    }
    if text.len() < 5_000 {
        return false;
    }
    let (mut lines, mut longest) = (0_usize, 0_usize);
    for line in text.lines() {
        lines += 1;
        longest = longest.max(line.len());
    }
    text.len() / lines.max(1) > 200 && longest > 2_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_come_from_whole_segments() {
        let roles = |path| Roles::of(path, "");
        assert!(roles("src/app.test.ts").has(Role::Test));
        assert!(roles("pkg/store_test.go").has(Role::Test));
        assert!(roles("src/UserServiceTest.java").has(Role::Test));
        assert!(roles("node_modules/a/index.js").has(Role::Vendored));
        assert_eq!(roles("src/latest/contest.ts"), Roles::default());
        assert_eq!(roles("src/blogs/catalogs/attest.ts"), Roles::default());
        assert!(Roles::of("x.js", "#!/usr/bin/env node\n").has(Role::Cli));
    }
}
