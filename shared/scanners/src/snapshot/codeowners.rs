//! CODEOWNERS: the first of the three files that GitHub honours.
//!
//! Syntax: <https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners>.
//! The last matching rule wins; a rule without owners takes ownership away.

use std::collections::HashMap;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Where GitHub looks, in its order.
pub(super) const LOCATIONS: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// GitHub ignores a larger file: 3 MB.
const MAX_BYTES: usize = 3_000_000;
/// More rules than this are not compiled.
const MAX_RULES: usize = 5_000;
/// Longest pattern: `PATH_MAX` of Linux. Nothing longer can match.
const MAX_PATTERN: usize = 4_096;
/// Bytes of paths times bytes of patterns with wildcards, which is what matching costs at worst: some 20 s. Ten thousand
/// files under a hundred such rules take a thousandth.
const MAX_WORK: usize = 20_000_000_000;

/// The CODEOWNERS file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codeowners {
    /// Path.
    pub path: String,
    /// Rules in file order.
    pub rules: Vec<OwnerRule>,
    /// Lines that GitHub would skip: 1-based line and why.
    pub errors: Vec<(u64, String)>,
    /// Tracked files whose last matching rule names an owner.
    pub covered: u64,
    /// Tracked files.
    pub tracked: u64,
    /// So many paths and rules that coverage was not counted to the end; it then stands for the first paths.
    pub truncated: bool,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRule {
    /// 1-based line.
    pub line: u64,
    /// Pattern, as written.
    pub pattern: String,
    /// `@user`, `@org/team` or an address; empty = explicitly unowned.
    pub owners: Vec<String>,
}

impl Codeowners {
    /// Share of tracked files that have an owner, in percent, rounded down.
    pub fn coverage_percent(&self) -> u64 {
        (self.covered * 100).checked_div(self.tracked).unwrap_or(0)
    }

    /// Reads the file and matches it against the tracked paths.
    pub(super) fn read(path: &str, text: &str, paths: &[String]) -> Self {
        let mut found = Self {
            path: path.to_owned(),
            rules: Vec::new(),
            errors: Vec::new(),
            covered: 0,
            tracked: paths.len() as u64,
            truncated: false,
        };
        if text.len() > MAX_BYTES {
            found.errors.push((1, "larger than 3 MB".to_owned()));
            return found;
        }
        for (line, content) in (1_u64..).zip(text.lines()) {
            let words = content.split('#').next().unwrap_or("").split_whitespace();
            let mut words = words.map(str::to_owned);
            let Some(pattern) = words.next() else { continue };
            let owners: Vec<String> = words.collect();
            if pattern.len() > MAX_PATTERN {
                found.errors.push((line, "the pattern is longer than any path".to_owned()));
            } else if pattern.starts_with('!') || pattern.contains('[') {
                found.errors.push((line, format!("pattern `{pattern}` is not supported in CODEOWNERS")));
            } else if let Some(owner) = owners.iter().find(|owner| !is_owner(owner)) {
                found
                    .errors
                    .push((line, format!("`{owner}` is neither @user, @org/team nor an e-mail address")));
            } else if found.rules.len() < MAX_RULES {
                found.rules.push(OwnerRule { line, pattern, owners });
            } else {
                found.truncated = true;
                break;
            }
        }
        found.errors.truncate(MAX_RULES);
        found.count(paths);
        found
    }

    /// Who owns a path: the owners of the last matching rule; none when no rule matches or it names none, and when there
    /// are more rules than are kept, because the last one is then not known.
    pub fn owners_of(&self, path: &str) -> &[String] {
        let Some(matcher) = self.matcher().filter(|_| !self.truncated) else { return &[] };
        let last = last(&self.rules);
        let folders = path.match_indices('/').map(|(at, _)| rule(&matcher, &last, (&path[..at], true)));
        let best = folders.chain([rule(&matcher, &last, (path, false))]).flatten().max();
        best.map_or(&[], |index| &self.rules[index].owners)
    }

    fn count(&mut self, paths: &[String]) {
        let Some(matcher) = self.matcher() else { return };
        let wildcards = |rule: &&OwnerRule| rule.pattern.trim_matches('*').contains(['*', '?', '{']);
        let cost = 1 + self.rules.iter().filter(wildcards).map(|rule| rule.pattern.len()).sum::<usize>();
        let last = last(&self.rules);
        let rule = |path: &str, is_dir: bool| rule(&matcher, &last, (path, is_dir));
        // The folders above the path at hand, and the best rule of each with those above it; paths are sorted.
        let mut folders: Vec<(&str, Option<usize>)> = Vec::new();
        let (mut covered, mut work) = (0, 0_usize);
        for path in paths {
            folders.retain(|(folder, _)| is_below(path, folder));
            let known = folders.last().map_or(0, |(folder, _)| folder.len() + 1);
            for (at, _) in path[known..].match_indices('/') {
                let folder = &path[..known + at];
                work = work.saturating_add(folder.len() * cost);
                let above = folders.last().and_then(|(_, best)| *best);
                folders.push((folder, above.max(rule(folder, true))));
            }
            work = work.saturating_add(path.len() * cost);
            if work > MAX_WORK {
                self.truncated = true;
                break;
            }
            let best = folders.last().and_then(|(_, best)| *best).max(rule(path, false));
            covered += u64::from(best.is_some_and(|index| !self.rules[index].owners.is_empty()));
        }
        self.covered = covered;
    }

    fn matcher(&self) -> Option<Gitignore> {
        let mut builder = GitignoreBuilder::new("");
        for rule in &self.rules {
            builder.add_line(None, &rule.pattern).ok()?;
        }
        builder.build().ok()
    }
}

/// Where each pattern stands last: the same one may stand twice, and the last one counts.
fn last(rules: &[OwnerRule]) -> HashMap<&str, usize> {
    rules.iter().enumerate().map(|(i, r)| (r.pattern.as_str(), i)).collect()
}

/// The last rule that matches a path or folder itself.
fn rule(matcher: &Gitignore, last: &HashMap<&str, usize>, (path, is_dir): (&str, bool)) -> Option<usize> {
    let glob = matcher.matched(path, is_dir);
    let pattern = glob.inner().map(|glob| glob.original())?;
    // `docs/*` covers the files of a folder, not what stands deeper.
    (!is_dir || !pattern.ends_with("/*")).then(|| last.get(pattern).copied()).flatten()
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn is_owner(word: &str) -> bool {
    match word.strip_prefix('@') {
        Some(name) => !name.is_empty() && name.matches('/').count() <= 1 && !name.ends_with('/'),
        None => word.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Codeowners {
        let paths = ["README.md", "src/a.rs", "src/deep/b.rs", "docs/c.md"].map(str::to_owned);
        Codeowners::read("CODEOWNERS", text, &paths)
    }

    #[test]
    fn the_last_matching_rule_wins() {
        assert_eq!(read("* @acme/core\n").covered, 4);
        assert_eq!(read("* @acme/core\n/docs/\n").covered, 3);
        assert_eq!(read("/src/ @a # x\n").coverage_percent(), 50);
        assert_eq!(read("*.md a@b.example\n").covered, 2);
        assert_eq!(read("src/* @a\n*.rs\nsrc/* @a\n").covered, 1);
    }

    #[test]
    fn a_path_has_the_owners_of_its_last_rule() {
        let owners = |text: &str| read(text).owners_of(".github/assurance.yml").to_vec();
        assert_eq!(owners("* @acme/core\n/.github/ @acme/sre @bob\n"), ["@acme/sre", "@bob"]);
        assert_eq!(owners("* @acme/core\n/.github/\n"), [""; 0]);
        assert_eq!(owners("/src/ @acme/core\n"), [""; 0]);
    }

    #[test]
    fn lines_that_github_skips_are_errors() {
        let found = read("!x @a\n[ab].rs @a\n*.rs bob\n# comment\n\n*.go @\n");
        assert_eq!(found.errors.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 3, 6]);
        assert!(found.rules.is_empty());
    }
}
