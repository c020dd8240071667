//! Annotations, and text within GitHub's limits.

use serde_json::{Map, Value, json};

/// Longest message and raw details: 64 KB by GitHub's documentation.
const LONGEST_MESSAGE: usize = 65_535;
const LONGEST_TITLE: usize = 255;

/// What a cut text ends in.
const POINTER: &str =
    "\n\n… (cut here: the rest is longer than GitHub shows; the whole is behind the details link)";

/// How an annotation looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AnnotationLevel {
    /// Blue.
    Notice,
    /// Yellow.
    Warning,
    /// Red. Blocks nothing by itself: the conclusion does.
    Failure,
}

/// A remark on lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The file, from the repository's root.
    pub path: String,
    /// First line, from 1.
    pub start_line: u32,
    /// Last line.
    pub end_line: u32,
    /// First and last column, from 1; GitHub takes them only on one line, elsewhere they are left out.
    pub columns: Option<(u32, u32)>,
    /// How it looks.
    pub level: AnnotationLevel,
    /// What it says.
    pub message: String,
    /// Its title.
    pub title: Option<String>,
    /// More, folded away.
    pub raw_details: Option<String>,
}

impl Annotation {
    pub(super) fn wire(&self) -> Value {
        let level = match self.level {
            AnnotationLevel::Notice => "notice",
            AnnotationLevel::Warning => "warning",
            AnnotationLevel::Failure => "failure",
        };
        let start = self.start_line.max(1);
        let mut wire = Map::new();
        wire.insert("path".into(), json!(self.path));
        wire.insert("start_line".into(), json!(start));
        wire.insert("end_line".into(), json!(self.end_line.max(start)));
        if let (Some((first, last)), true) = (self.columns, self.start_line == self.end_line) {
            wire.insert("start_column".into(), json!(first.max(1)));
            wire.insert("end_column".into(), json!(last.max(first).max(1)));
        }
        wire.insert("annotation_level".into(), json!(level));
        wire.insert("message".into(), json!(cut(&self.message, LONGEST_MESSAGE)));
        if let Some(title) = &self.title {
            wire.insert("title".into(), json!(cut(title, LONGEST_TITLE)));
        }
        if let Some(details) = &self.raw_details {
            wire.insert("raw_details".into(), json!(cut(details, LONGEST_MESSAGE)));
        }
        Value::Object(wire)
    }
}

/// `text` within `limit` bytes, cut between two characters and ending in a pointer to the rest where that fits. GitHub
/// counts characters, of which there are never more than bytes.
pub fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let pointer = if limit > 4 * POINTER.len() { POINTER } else { "…" };
    let mut end = limit.saturating_sub(pointer.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{pointer}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotation(lines: (u32, u32)) -> Annotation {
        Annotation {
            path: "src/a.ts".into(),
            start_line: lines.0,
            end_line: lines.1,
            columns: Some((3, 9)),
            level: AnnotationLevel::Failure,
            message: "no".into(),
            title: None,
            raw_details: None,
        }
    }

    #[test]
    fn columns_are_sent_only_for_one_line() {
        assert_eq!(annotation((4, 4)).wire()["start_column"], 3);
        assert_eq!(annotation((4, 5)).wire().get("start_column"), None);
    }

    #[test]
    fn lines_always_make_a_range() {
        let wire = annotation((0, 0)).wire();
        assert_eq!((&wire["start_line"], &wire["end_line"]), (&json!(1), &json!(1)));
        assert_eq!(annotation((9, 2)).wire()["end_line"], 9);
    }

    #[test]
    fn a_cut_text_fits_and_ends_between_characters() {
        assert_eq!(cut("short", 10), "short");
        for limit in [1_000, 1_001, 1_002, 65_535] {
            let text = cut(&"ä€😀".repeat(20_000), limit);
            assert!(text.len() <= limit && text.ends_with("details link)"), "{limit}");
        }
        assert_eq!(cut(&"x".repeat(30), 20).len(), 20);
    }
}
