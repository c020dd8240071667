//! Lists, a page at a time.

use serde::Serialize;

/// Entries of a list and where the rest begins.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Pass as `cursor` for the next page; none on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The same page with each entry shown as `f` shows it.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

impl<T> From<scrutineer_aws::store::Page<T>> for Page<T> {
    fn from(page: scrutineer_aws::store::Page<T>) -> Self {
        Self { items: page.records, next: page.next.map(|cursor| cursor.as_str().to_owned()) }
    }
}
