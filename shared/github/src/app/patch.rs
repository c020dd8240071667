//! Which lines of the new text a unified diff touches.

use std::ops::RangeInclusive;

/// 1-based ranges of added or changed lines, sorted and merged; `None` when the patch cannot be read.
pub(super) fn changed_lines(patch: &str) -> Option<Vec<RangeInclusive<u32>>> {
    let mut ranges: Vec<RangeInclusive<u32>> = Vec::new();
    let mut line = None;
    for text in patch.split('\n') {
        if text.starts_with("@@") {
            line = Some(start_of(text)?);
            continue;
        }
        // Before the first hunk there is nothing in GitHub's patches.
        let at = line.as_mut()?;
        match text.as_bytes().first() {
            Some(b'+') => {
                match ranges.last_mut() {
                    Some(last) if *last.end() + 1 == *at => *last = *last.start()..=*at,
                    _ => ranges.push(*at..=*at),
                }
                *at = at.checked_add(1)?;
            }
            // `\ No newline at end of file`
            Some(b'-' | b'\\') => {}
            _ => *at = at.checked_add(1)?,
        }
    }
    Some(ranges)
}

/// The first line of the new text in `@@ -12,3 +14,5 @@ …`.
fn start_of(header: &str) -> Option<u32> {
    let new = header.split_whitespace().find_map(|part| part.strip_prefix('+'))?;
    new.split(',').next()?.parse().ok()
}

/// Whether the patch is that of a submodule: nothing but which commit it is at.
pub(super) fn is_submodule(patch: &str) -> bool {
    let mut lines = patch.split('\n').filter(|line| !line.starts_with("@@") && !line.is_empty()).peekable();
    lines.peek().is_some()
        && lines
            .all(|line| line.starts_with("+Subproject commit ") || line.starts_with("-Subproject commit "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_lines_are_found_across_hunks() {
        let patch = "@@ -1,3 +1,4 @@ fn main\n a\n+b\n+c\n-d\n e\n@@ -20 +21,2 @@\n-x\n+y\n+z\n\\ No newline at end of file";
        assert_eq!(changed_lines(patch), Some(vec![2..=3, 21..=22]));
    }

    #[test]
    fn a_change_that_only_removes_touches_no_line() {
        assert_eq!(changed_lines("@@ -3,2 +2,0 @@\n-a\n-b"), Some(vec![]));
    }

    #[test]
    fn an_empty_context_line_counts() {
        assert_eq!(changed_lines("@@ -1,3 +1,4 @@\n a\n\n+b\n c"), Some(vec![3..=3]));
    }

    #[test]
    fn what_is_no_patch_is_none() {
        for text in ["hello", "@@ nonsense @@\n+a", "@@ -1 +99999999999 @@\n+a"] {
            assert_eq!(changed_lines(text), None, "{text}");
        }
    }

    #[test]
    fn submodules_are_recognised() {
        let zeros = "0".repeat(40);
        assert!(is_submodule(&format!(
            "@@ -1 +1 @@\n-Subproject commit {zeros}\n+Subproject commit {zeros}"
        )));
        assert!(!is_submodule("@@ -1 +1 @@\n-Subproject commit x\n+text"));
        assert!(!is_submodule(""));
    }
}
