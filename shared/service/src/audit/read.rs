//! Reading an organization's audit log: filtered, a page at a time, in either direction.
//!
//! Entries are numbered without a gap and their times never go back, so the two ends of a time span are found by halving
//! and everything else is one range of numbers.

use jiff::Timestamp;
use scrutineer_aws::{AwsError, records::AuditEntry};
use scrutineer_core::{
    Failure,
    ids::{Login, RepoName},
};

use crate::{App, page::Page};

/// Entries read from the store at a time.
const CHUNK: usize = 250;
/// Entries looked at for one page; a rare entry may need several pages, which may be empty.
const MAX_LOOKED_AT: usize = 5_000;

/// Which entries; what is empty does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// `bundle.pinned`; `bundle` stands for every action on bundles.
    pub actions: Vec<String>,
    /// `token:ci`, or the name alone, or the id.
    pub actor: Option<String>,
    /// About this repository.
    pub repository: Option<RepoName>,
    /// At this time or later.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
}

impl AuditFilter {
    fn matches(&self, entry: &AuditEntry) -> bool {
        let action = entry.action.as_str();
        let noun = action.split('.').next().unwrap_or_default();
        let actor = &entry.actor;
        (self.actions.is_empty() || self.actions.iter().any(|wanted| wanted == action || wanted == noun))
            && self.actor.as_ref().is_none_or(|wanted| {
                *wanted == actor.name || *wanted == actor.id || *wanted == actor.to_string()
            })
            && (self.repository.is_none() || self.repository == entry.repository)
    }
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// For people.
    #[default]
    NewestFirst,
    /// For exports: the order in which it is verified.
    OldestFirst,
}

/// Numbers that are still to be read; a cursor is its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    order: Order,
    first: u64,
    last: u64,
}

impl Span {
    fn is_empty(self) -> bool {
        self.first > self.last
    }

    /// What is left after this entry.
    fn after(self, sequence: u64) -> Self {
        match self.order {
            Order::OldestFirst => Self { first: sequence + 1, ..self },
            Order::NewestFirst => Self { last: sequence.saturating_sub(1), ..self },
        }
    }

    fn text(self) -> String {
        let order = match self.order {
            Order::OldestFirst => 'o',
            Order::NewestFirst => 'n',
        };
        format!("{order}.{}.{}", self.first, self.last)
    }

    fn parse(text: &str, order: Order) -> Result<Self, Failure> {
        let invalid = || Failure::from(AwsError::InvalidCursor);
        let parts: Vec<&str> = text.split('.').collect();
        let [_, first, last] = parts.as_slice() else { return Err(invalid()) };
        let span = Self {
            order,
            first: first.parse().map_err(|_| invalid())?,
            last: last.parse().map_err(|_| invalid())?,
        };
        if span.text() == text && span.first > 0 { Ok(span) } else { Err(invalid()) }
    }
}

/// Up to `limit` entries, from `cursor` on. A page can be short, even empty, and still have a next one.
///
/// # Errors
/// Permanent `invalid_cursor`.
pub async fn page(
    app: &App,
    org: &Login,
    filter: &AuditFilter,
    order: Order,
    (limit, cursor): (usize, Option<&str>),
) -> Result<Page<AuditEntry>, Failure> {
    let mut span = match cursor {
        Some(text) => Span::parse(text, order)?,
        None => span(app, org, filter, order).await?,
    };
    let mut items = Vec::new();
    let mut looked_at = 0;
    while !span.is_empty() && items.len() < limit && looked_at < MAX_LOOKED_AT {
        let range = AuditEntry::between(org, span.first, span.last);
        let range = if order == Order::NewestFirst { range.descending() } else { range };
        let records = app.store.query(&range, CHUNK.min(limit), None).await?.records;
        if records.is_empty() {
            return Ok(Page { items, next: None });
        }
        looked_at += records.len();
        for entry in records {
            if items.len() == limit {
                break;
            }
            span = span.after(entry.sequence);
            if filter.matches(&entry) {
                items.push(entry);
            }
        }
    }
    Ok(Page { items, next: (!span.is_empty()).then(|| span.text()) })
}

/// The numbers of all entries in the filter's time span.
async fn span(app: &App, org: &Login, filter: &AuditFilter, order: Order) -> Result<Span, Failure> {
    let end = super::head(app, org).await?.map_or(0, |head| head.sequence);
    let first = match filter.from {
        Some(from) => first_since(app, org, end, from).await?,
        None => 1,
    };
    let last = match filter.to {
        Some(to) => first_since(app, org, end, to).await? - 1,
        None => end,
    };
    Ok(Span { order, first, last })
}

/// The number of the first entry at `since` or later; one more than the last when there is none.
async fn first_since(app: &App, org: &Login, end: u64, since: Timestamp) -> Result<u64, Failure> {
    let (mut low, mut high) = (1, end + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let entry = app.store.get(&AuditEntry::key_of(org, middle)).await?;
        if entry.is_some_and(|entry| entry.at >= since) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_only_as_it_was_given() {
        let span = Span { order: Order::OldestFirst, first: 3, last: 9 };
        assert_eq!(Span::parse(&span.text(), Order::OldestFirst).unwrap(), span);
        for text in ["", "o.3", "o.0.9", "o.03.9", "n.3.9", "o.3.9.1", "x.3.9", "o.-3.9"] {
            let refused = Span::parse(text, Order::OldestFirst).unwrap_err();
            assert_eq!(refused.code(), Some("invalid_cursor"), "{text}");
        }
    }
}
