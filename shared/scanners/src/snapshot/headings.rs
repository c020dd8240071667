//! Headings and their sections in Markdown, reStructuredText, AsciiDoc and Org, found line by line.

use super::file::File;

/// A heading and what stands below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heading<'a> {
    /// 1-based line.
    pub(super) line: u64,
    pub(super) title: &'a [u8],
    /// Up to the next heading of the same or a higher level.
    pub(super) body: &'a [u8],
}

/// More headings than any document has; the rest is not looked at.
const MAX_HEADINGS: usize = 5_000;

struct Mark<'a> {
    line: u64,
    level: usize,
    title: &'a [u8],
    start: usize,
    end: usize,
}

/// The headings of a document, in order.
pub(super) fn headings<'a>(file: &File<'a>) -> Vec<Heading<'a>> {
    let marks = marks(file);
    let mut ends = vec![file.text.len(); marks.len()];
    let mut open: Vec<usize> = Vec::new();
    for (index, mark) in marks.iter().enumerate() {
        while let Some(last) = open.pop_if(|last| marks[*last].level >= mark.level) {
            ends[last] = mark.start;
        }
        open.push(index);
    }
    let heading = |(mark, end): (&Mark<'a>, usize)| Heading {
        line: mark.line,
        title: mark.title,
        body: file.text[mark.end.min(end)..end].trim_ascii(),
    };
    marks.iter().zip(ends).map(heading).collect()
}

fn marks<'a>(file: &File<'a>) -> Vec<Mark<'a>> {
    let mut found: Vec<Mark<'a>> = Vec::new();
    let mut fence: Option<u8> = None;
    let mut previous: (&[u8], usize) = (b"", 0);
    let mut start = 0;
    for (line, raw) in (1_u64..).zip(file.text.split(|b| *b == b'\n')) {
        let end = (start + raw.len() + 1).min(file.text.len());
        let text = raw.trim_ascii_end();
        if let Some(sign) = fence_of(text) {
            match fence {
                None => fence = Some(sign),
                Some(open) if open == sign => fence = None,
                Some(_) => {}
            }
        } else if fence.is_none() {
            if let Some((level, title)) = prefixed(text, file.extension) {
                found.push(Mark { line, level, title, start, end });
            } else if let Some(level) = underline(text, previous.0) {
                found.push(Mark { line: line - 1, level, title: previous.0, start: previous.1, end });
            }
        }
        if found.len() >= MAX_HEADINGS {
            break;
        }
        previous = (text, start);
        start = end;
    }
    found
}

fn fence_of(text: &[u8]) -> Option<u8> {
    let text = text.trim_ascii_start();
    [b'`', b'~'].into_iter().find(|sign| text.len() >= 3 && text[..3].iter().all(|b| b == sign))
}

/// `## Title`, `== Title`, `** Title`.
fn prefixed<'a>(text: &'a [u8], extension: &str) -> Option<(usize, &'a [u8])> {
    let sign = match extension {
        "adoc" | "asciidoc" => b'=',
        "org" => b'*',
        "rst" | "txt" => return None,
        _ => b'#',
    };
    let level = text.iter().take_while(|b| **b == sign).count();
    let title = text.get(level..)?;
    let title = title.strip_prefix(b" ").filter(|_| (1..=6).contains(&level))?;
    let end = title.iter().rposition(|b| *b != sign && *b != b' ')? + 1;
    Some((level, &title[..end]))
}

/// Setext and reStructuredText: a title over a line of one sign.
fn underline(text: &[u8], title: &[u8]) -> Option<usize> {
    let sign = *text.first()?;
    let long = text.len() >= 3 && text.len() + 2 >= title.trim_ascii().len();
    let plain = title.first().is_some_and(|b| !b.is_ascii_whitespace() && !b"|-=~^#*+>".contains(b));
    if !long || !plain || !text.iter().all(|b| *b == sign) {
        return None;
    }
    b"=-~^*".iter().position(|known| *known == sign).map(|position| position + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(path: &str, text: &str) -> Vec<(u64, String, String)> {
        let (name, extension) = super::super::file::name_and_extension(path);
        let file = File { path, name, extension, text: text.as_bytes(), non_product: false };
        let string = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        headings(&file).into_iter().map(|h| (h.line, string(h.title), string(h.body))).collect()
    }

    #[test]
    fn sections_end_at_the_next_heading_of_their_level() {
        let found = seen("a.md", "# A\nx\n## B ##\ny\n```\n# not\n```\n## C\nz\n");
        let titles: Vec<_> = found.iter().map(|(line, title, _)| (*line, title.as_str())).collect();
        assert_eq!(titles, [(1, "A"), (3, "B"), (8, "C")]);
        assert_eq!(found[1].2, "y\n```\n# not\n```");
        assert!(found[0].2.ends_with('z'));
    }

    #[test]
    fn other_markups_are_read() {
        assert_eq!(seen("a.rst", "Title\n=====\nx\n\nSub\n---\ny\n")[1], (5, "Sub".into(), "y".into()));
        assert_eq!(seen("a.adoc", "= T\n== S\nx\n")[1], (2, "S".into(), "x".into()));
        assert_eq!(seen("a.org", "* T\nx\n")[0], (1, "T".into(), "x".into()));
        assert_eq!(seen("a.md", "| a |\n|---|\n---\n").len(), 0);
    }
}
