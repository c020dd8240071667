//! One text file as it streams by.

/// A text file and what its path says about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct File<'a> {
    pub(super) path: &'a str,
    /// Last component.
    pub(super) name: &'a str,
    /// After the last dot of the name; empty for dot files and names without one.
    pub(super) extension: &'a str,
    pub(super) text: &'a [u8],
    /// Tests, fixtures, vendored, build output …
    pub(super) non_product: bool,
}

/// Extensions of documents.
const DOCUMENTS: &[&str] = &["md", "mdx", "markdown", "rst", "adoc", "asciidoc", "txt", "org", "html", "htm"];
/// Names of documents that often have no extension.
const BARE_DOCUMENTS: &[&str] = &[
    "readme",
    "contributing",
    "security",
    "changelog",
    "changes",
    "history",
    "news",
    "hacking",
    "development",
];

/// Last component and extension of a path.
pub(super) fn name_and_extension(path: &str) -> (&str, &str) {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension,
        _ => "",
    };
    (name, extension)
}

impl File<'_> {
    /// Whether it is prose.
    pub(super) fn is_document(&self) -> bool {
        is_document(self.name, self.extension)
    }

    /// Whether it is prose or stands among it.
    pub(super) fn documents(&self) -> bool {
        self.is_document()
            || self.path.starts_with("docs/")
            || self.path.starts_with("doc/")
            || self.path.contains("/docs/")
    }
}

/// Whether a file of this name is prose.
pub(super) fn is_document(name: &str, extension: &str) -> bool {
    let known = |list: &[&str], text: &str| list.iter().any(|item| item.eq_ignore_ascii_case(text));
    if extension.is_empty() { known(BARE_DOCUMENTS, name) } else { known(DOCUMENTS, extension) }
}

/// 1-based line of an offset.
pub(super) fn line_at(text: &[u8], offset: usize) -> u64 {
    1 + memchr::memchr_iter(b'\n', &text[..offset.min(text.len())]).count() as u64
}

/// Binary files have a NUL byte early.
pub(super) fn is_binary(text: &[u8]) -> bool {
    memchr::memchr(0, &text[..text.len().min(8 * 1024)]).is_some()
}
