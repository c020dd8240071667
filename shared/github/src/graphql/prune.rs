//! Leaves fields out of a document.
//!
//! Works on the text: our documents are constants, a full parser would be a dependency for one function. Fields are
//! named by their response key (the alias where there is one).

use std::collections::BTreeSet;

/// A field in the text: its response key and the bytes it spans, arguments and selections included.
struct Field<'a> {
    key: &'a str,
    start: usize,
    end: usize,
}

/// `text` without the fields of these response keys, at any depth.
pub(crate) fn without(text: &str, keys: &BTreeSet<String>) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    for field in fields(text).into_iter().filter(|field| keys.contains(field.key)) {
        if field.start >= at {
            kept.push_str(&text[at..field.start]);
            at = field.end;
        }
    }
    kept.push_str(&text[at..]);
    kept
}

/// All response keys of a document.
pub(crate) fn response_keys(text: &str) -> BTreeSet<&str> {
    fields(text).into_iter().map(|field| field.key).collect()
}

fn fields(text: &str) -> Vec<Field<'_>> {
    let mut found = Vec::new();
    let mut cursor = Cursor { text, at: 0 };
    // The operation's own name and variables stand before the first brace.
    cursor.at = text.lines().take_while(|line| line.starts_with('#')).map(|line| line.len() + 1).sum();
    cursor.skip_past('{');
    while let Some(next) = cursor.peek() {
        match next {
            '#' => cursor.skip_past('\n'),
            '(' => cursor.skip_group('(', ')'),
            '.' => cursor.skip_spread(),
            c if is_name(c) => found.push(cursor.field()),
            c => cursor.at += c.len_utf8(),
        }
    }
    found
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip_past(&mut self, end: char) {
        let rest = &self.text[self.at..];
        self.at += rest.find(end).map_or(rest.len(), |found| found + end.len_utf8());
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    /// `...` and `on Type`: the selections behind it are visited like any others.
    fn skip_spread(&mut self) {
        self.at += 3;
        self.skip_space();
        self.name();
        self.skip_space();
        self.name();
    }

    /// From the opening to its closing character; strings in our documents hold neither.
    fn skip_group(&mut self, open: char, close: char) {
        let mut depth = 0;
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            depth += i32::from(c == open) - i32::from(c == close);
            if depth == 0 {
                return;
            }
        }
    }

    fn name(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Reads a field and stops behind its name and arguments; its selections are visited next.
    fn field(&mut self) -> Field<'a> {
        let start = self.at;
        let key = self.name();
        let mut ahead = Cursor { text: self.text, at: self.at };
        ahead.skip_space();
        if ahead.peek() == Some(':') {
            ahead.at += 1;
            ahead.skip_space();
            ahead.name();
            self.at = ahead.at;
            ahead.skip_space();
        }
        if ahead.peek() == Some('(') {
            ahead.skip_group('(', ')');
            self.at = ahead.at;
            ahead.skip_space();
        }
        let mut end = self.at;
        if ahead.peek() == Some('{') {
            ahead.skip_group('{', '}');
            end = ahead.at;
        }
        Field { key, start, end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# two # words {\nquery Q($a: ID!, $b: [String!]) {\n  rateLimit { cost }\n  nodes(ids: $a) {\n    \
                        ... on Repository { id keys: deployKeys(first: 2, o: { f: X }) { totalCount nodes { title } } \
                        rules { nodes { type } } }\n  }\n}\n";

    #[test]
    fn a_field_goes_with_its_arguments_and_selections() {
        let keys = BTreeSet::from(["keys".to_owned()]);
        let kept = without(TEXT, &keys);
        assert!(!kept.contains("deployKeys") && !kept.contains("title"), "{kept}");
        assert!(kept.contains("{ id  rules { nodes { type } } }"), "{kept}");
        assert_eq!(without(TEXT, &BTreeSet::new()), TEXT);
    }

    #[test]
    fn keys_are_aliases_where_there_are_any() {
        let keys = response_keys(TEXT);
        let expected = ["rateLimit", "cost", "nodes", "id", "keys", "totalCount", "title", "rules", "type"];
        assert_eq!(keys, BTreeSet::from(expected));
    }
}
