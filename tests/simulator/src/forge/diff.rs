//! Two trees compared, as GitHub lists it.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::tree::{Entry, Tree};

/// GitHub shows no patch above this many changed lines of one file.
const MOST_LINES: usize = 20_000;

/// One changed file.
#[derive(Debug, Clone)]
pub(crate) struct FileDiff {
    pub(crate) path: String,
    pub(crate) status: &'static str,
    pub(crate) previous: Option<String>,
    pub(crate) oid: String,
    pub(crate) additions: usize,
    pub(crate) deletions: usize,
    pub(crate) patch: Option<String>,
}

/// What changes from `base` to `head`. `renames` maps new paths to old ones: what was only moved by hand is told so.
pub(crate) fn diff(base: &Tree, head: &Tree, renames: &BTreeMap<String, String>) -> Vec<FileDiff> {
    let moved: BTreeMap<&str, &str> = renames
        .iter()
        .filter(|(new, old)| head.get(new).is_some() && head.get(old).is_none() && base.get(old).is_some())
        .map(|(new, old)| (new.as_str(), old.as_str()))
        .collect();
    let gone: BTreeSet<&str> = moved.values().copied().collect();
    let paths: BTreeSet<&str> =
        base.paths().chain(head.paths()).filter(|path| !gone.contains(path)).collect();
    let file = |path: &str| match moved.get(path) {
        Some(old) => one(path, (base.get(old), head.get(path)), Some(old)),
        None => one(path, (base.get(path), head.get(path)), None),
    };
    paths.into_iter().filter_map(file).collect()
}

fn one(
    path: &str,
    (before, after): (Option<&Entry>, Option<&Entry>),
    previous: Option<&str>,
) -> Option<FileDiff> {
    if before == after && previous.is_none() {
        return None;
    }
    let status = match (before, after, previous) {
        (_, _, Some(_)) => "renamed",
        (None, Some(_), _) => "added",
        (Some(_), None, _) => "removed",
        _ => "modified",
    };
    let oid = super::entry_oid(after.or(before)?);
    let mut file = FileDiff {
        path: path.to_owned(),
        status,
        previous: previous.map(str::to_owned),
        oid,
        additions: 0,
        deletions: 0,
        patch: None,
    };
    if let (Some(old), Some(new)) = (text(before), text(after))
        && old != new
    {
        let hunk = Hunk::of(&old, &new);
        (file.additions, file.deletions) = (hunk.added.len(), hunk.removed.len());
        file.patch = (hunk.added.len() + hunk.removed.len() <= MOST_LINES).then(|| hunk.patch());
    }
    Some(file)
}

/// The text of an entry; `None` when it is binary.
fn text(entry: Option<&Entry>) -> Option<String> {
    match entry {
        None => Some(String::new()),
        Some(Entry::File { content, .. }) if content.contains(&0) => None,
        Some(Entry::File { content, .. }) => std::str::from_utf8(content).ok().map(str::to_owned),
        Some(Entry::Link { target }) => Some(target.clone()),
        Some(Entry::Submodule { commit }) => Some(format!("Subproject commit {commit}\n")),
    }
}

/// One hunk around everything that differs: what begins and ends alike is left out.
struct Hunk<'t> {
    before: Vec<&'t str>,
    removed: Vec<&'t str>,
    added: Vec<&'t str>,
    after: Vec<&'t str>,
    /// 0-based line of the first line of `before`, the same in both.
    start: usize,
    ends_open: bool,
}

const CONTEXT: usize = 3;

impl<'t> Hunk<'t> {
    fn of(old: &'t str, new: &'t str) -> Self {
        let (old_lines, new_lines): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
        let shorter = old_lines.len().min(new_lines.len());
        let same = (0..shorter).take_while(|at| old_lines[*at] == new_lines[*at]).count();
        let tail = (0..shorter - same)
            .take_while(|at| old_lines[old_lines.len() - 1 - at] == new_lines[new_lines.len() - 1 - at])
            .count();
        let start = same.saturating_sub(CONTEXT);
        let end = old_lines.len() - tail;
        Self {
            before: old_lines[start..same].to_vec(),
            removed: old_lines[same..end].to_vec(),
            added: new_lines[same..new_lines.len() - tail].to_vec(),
            after: old_lines[end..(end + CONTEXT).min(old_lines.len())].to_vec(),
            start,
            ends_open: !new.ends_with('\n') && !new.is_empty() && tail == 0,
        }
    }

    fn patch(&self) -> String {
        let around = self.before.len() + self.after.len();
        let range = |count: usize| match count {
            0 => format!("{},0", self.start),
            1 => format!("{}", self.start + 1),
            count => format!("{},{count}", self.start + 1),
        };
        let (old, new) = (range(around + self.removed.len()), range(around + self.added.len()));
        let mut lines = vec![format!("@@ -{old} +{new} @@")];
        let parts = [(' ', &self.before), ('-', &self.removed), ('+', &self.added), (' ', &self.after)];
        for (mark, part) in parts {
            lines.extend(part.iter().map(|line| format!("{mark}{line}")));
        }
        if self.ends_open {
            lines.push("\\ No newline at end of file".to_owned());
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        files.iter().for_each(|(path, text)| tree.put(path, text.as_bytes()));
        tree
    }

    #[test]
    fn additions_removals_and_renames_are_told_apart() {
        let base = tree(&[("a", "1\n2\n3\n"), ("b", "x\n"), ("c", "same\n")]);
        let head = tree(&[("a", "1\n2b\n3\n"), ("d", "same\n"), ("e", "new\n")]);
        let renames = BTreeMap::from([("d".to_owned(), "c".to_owned())]);
        let files = diff(&base, &head, &renames);
        let seen: Vec<_> = files.iter().map(|file| (file.path.as_str(), file.status)).collect();
        assert_eq!(seen, [("a", "modified"), ("b", "removed"), ("d", "renamed"), ("e", "added")]);
        assert_eq!(files[0].patch.as_deref(), Some("@@ -1,3 +1,3 @@\n 1\n-2\n+2b\n 3"));
        assert_eq!(files[2].patch, None);
        assert_eq!(files[3].patch.as_deref(), Some("@@ -0,0 +1 @@\n+new"));
    }
}
