//! TODO, FIXME, HACK and XXX, and whether the line names an issue.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::snapshot::{Hit, file::File};

/// A line with a mark.
pub(super) struct Mark {
    pub(super) hit: Hit,
    pub(super) referenced: bool,
}

static MARK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)\b(?:TODO|FIXME|HACK|XXX)\b[^\n]{0,200}").expect("a constant pattern")
});
static ISSUE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)(?:^|[^\w&])#\d+|\b[A-Z]{2,10}-\d+\b|issues/\d+").expect("a constant pattern")
});

/// The marks of a file, one per line.
pub(super) fn marks(file: &File<'_>) -> Vec<Mark> {
    let mut line = 1;
    let mut counted = 0;
    let mark = |found: regex::bytes::Match<'_>| {
        line += memchr::memchr_iter(b'\n', &file.text[counted..found.start()]).count() as u64;
        counted = found.start();
        Mark {
            hit: Hit::at(file.path, line, String::from_utf8_lossy(found.as_bytes())),
            referenced: ISSUE.is_match(found.as_bytes()),
        }
    };
    MARK.find_iter(file.text).take(1_000).map(mark).collect()
}
