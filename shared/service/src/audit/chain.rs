//! Whether a log is whole: every entry is what it was, where it was, and none is missing. Pure.
//!
//! Entries go in one after the other as they stand in the export or in the table, and are compared with the head that
//! was kept apart. Somebody who may write everything, the head included, can write a new log; that is found with a head
//! that was noted outside ([`Chain::passing`]).

use std::{fmt, str::FromStr};

use scrutineer_aws::records::{AuditEntry, AuditHash};
use scrutineer_core::ids::InvalidId;

/// Something that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The entry does not have the hash of its content.
    Changed {
        /// Its number.
        sequence: u64,
    },
    /// The entry does not follow what stands before it: that one was replaced.
    Unlinked {
        /// Its number.
        sequence: u64,
    },
    /// Entries are not there.
    Missing {
        /// The first one.
        first: u64,
        /// The last one.
        last: u64,
    },
    /// The entry stands after a later one, or twice.
    Misplaced {
        /// Its number.
        sequence: u64,
    },
    /// The entry belongs to another log.
    Foreign {
        /// Its number.
        sequence: u64,
    },
    /// The entry is not the one that was noted under its number.
    NotTheNoted {
        /// Its number.
        sequence: u64,
    },
    /// Entries stand behind the end of the log.
    Beyond {
        /// The number of the first one.
        first: u64,
    },
    /// The line of an export is not an entry.
    Unreadable {
        /// The line, from 1.
        line: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { sequence } => {
                write!(f, "entry {sequence} was changed: its hash is not that of its content")
            }
            Self::Unlinked { sequence } => {
                write!(f, "entry {sequence} does not follow the one before it: that one was replaced")
            }
            Self::Missing { first, last } if first == last => write!(f, "entry {first} is missing"),
            Self::Missing { first, last } => write!(f, "entries {first} to {last} are missing"),
            Self::Misplaced { sequence } => write!(f, "entry {sequence} is out of order, or there twice"),
            Self::Foreign { sequence } => write!(f, "entry {sequence} belongs to another organization"),
            Self::NotTheNoted { sequence } => {
                write!(f, "entry {sequence} is not the one that was noted under this number")
            }
            Self::Beyond { first } => write!(f, "entry {first} stands behind the end of the log"),
            Self::Unreadable { line } => write!(f, "line {line} is not an entry of an audit log"),
        }
    }
}

/// An entry as it was noted apart from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Its number.
    pub sequence: u64,
    /// Its hash.
    pub hash: AuditHash,
}

/// `SEQUENCE:HASH`, as the API gives it.
impl FromStr for Noted {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId::new(text, "SEQUENCE:HASH, as `GET …/audit-log/head` and exports give it");
        let (sequence, hash) = text.split_once(':').ok_or_else(invalid)?;
        Ok(Self {
            sequence: sequence.parse().map_err(|_| invalid())?,
            hash: hash.parse().map_err(|_| invalid())?,
        })
    }
}

/// A log as far as it was read.
#[derive(Debug, Default)]
pub struct Chain {
    noted: Vec<Noted>,
    ends_at: Option<u64>,
    last: Option<AuditEntry>,
    /// The highest number so far; entries may be out of order.
    highest: u64,
    count: u64,
    faults: Vec<Fault>,
}

impl Chain {
    /// Faults that are kept; a log that is broken everywhere need not be listed whole.
    const MAX_FAULTS: usize = 100;

    /// The log went on to here when it was noted, and may have grown since.
    #[must_use]
    pub fn passing(mut self, noted: Noted) -> Self {
        self.noted.push(noted);
        self
    }

    /// The log ends here.
    #[must_use]
    pub fn ending_at(mut self, head: Noted) -> Self {
        self.ends_at = Some(head.sequence);
        self.passing(head)
    }

    /// The next entry.
    pub fn push(&mut self, entry: AuditEntry) {
        let sequence = entry.sequence;
        self.count += 1;
        if entry.computed_hash() != entry.hash {
            self.fault(Fault::Changed { sequence });
        }
        if self.noted.iter().any(|noted| noted.sequence == sequence && noted.hash != entry.hash) {
            self.fault(Fault::NotTheNoted { sequence });
        }
        if self.last.as_ref().is_some_and(|last| last.org != entry.org) {
            self.fault(Fault::Foreign { sequence });
        }
        if sequence <= self.highest {
            self.fault(Fault::Misplaced { sequence });
        } else if sequence > self.highest + 1 {
            self.fault(Fault::Missing { first: self.highest + 1, last: sequence - 1 });
        }
        let (before, hash) = match &self.last {
            Some(last) => (last.sequence, last.hash.clone()),
            None => (0, AuditHash::none()),
        };
        if sequence == before + 1 && entry.previous != hash {
            self.fault(Fault::Unlinked { sequence });
        }
        self.highest = self.highest.max(sequence);
        self.last = Some(entry);
    }

    /// A line that is not an entry.
    pub fn unreadable(&mut self, line: u64) {
        self.fault(Fault::Unreadable { line });
    }

    /// No more entries: how many there were, and what does not fit.
    pub fn end(mut self) -> (u64, Vec<Fault>) {
        let reaches = self.noted.iter().map(|noted| noted.sequence).max().unwrap_or_default();
        if self.highest < reaches {
            self.fault(Fault::Missing { first: self.highest + 1, last: reaches });
        }
        if let Some(end) = self.ends_at.filter(|end| self.highest > *end) {
            self.fault(Fault::Beyond { first: end + 1 });
        }
        (self.count, self.faults)
    }

    fn fault(&mut self, fault: Fault) {
        if self.faults.len() < Self::MAX_FAULTS {
            self.faults.push(fault);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{AuditAction, AuditDraft, AuditHead};
    use scrutineer_core::{Actor, Clock, ids::AuditId};

    /// A whole log of this many entries.
    fn log(entries: u64) -> Vec<AuditEntry> {
        let clock = Clock::system();
        let mut log: Vec<AuditEntry> = Vec::new();
        for number in 1..=entries {
            let head = log.last().map(|last| AuditHead {
                org: last.org.clone(),
                sequence: last.sequence,
                hash: last.hash.clone(),
                at: last.at,
            });
            log.push(draft(&clock, number).after(head.as_ref()));
        }
        log
    }

    fn draft(clock: &Clock, number: u64) -> AuditDraft {
        AuditDraft {
            id: AuditId::new(clock),
            org: "acme".parse().unwrap(),
            at: clock.now(),
            actor: Actor::system("test"),
            action: AuditAction::POLICY_EVALUATED,
            subject: format!("number {number}"),
            repository: None,
            detail: Default::default(),
            request_id: None,
        }
    }

    fn noted(entry: &AuditEntry) -> Noted {
        Noted { sequence: entry.sequence, hash: entry.hash.clone() }
    }

    fn faults(log: &[AuditEntry], chain: Chain) -> Vec<Fault> {
        let mut chain = chain;
        log.iter().cloned().for_each(|entry| chain.push(entry));
        chain.end().1
    }

    #[test]
    fn a_whole_log_has_no_fault() {
        let log = log(9);
        assert_eq!(faults(&log, Chain::default()), []);
        assert_eq!(faults(&log, Chain::default().ending_at(noted(&log[8]))), []);
        assert_eq!(faults(&log, Chain::default().passing(noted(&log[3]))), []);
        assert_eq!(faults(&[], Chain::default()), []);
    }

    #[test]
    fn a_changed_entry_is_found() {
        let mut log = log(9);
        log[4].subject = "something else".into();
        assert_eq!(faults(&log, Chain::default()), [Fault::Changed { sequence: 5 }]);
    }

    #[test]
    fn a_changed_entry_with_a_new_hash_is_found_by_the_next_one() {
        let mut log = log(9);
        log[4].subject = "something else".into();
        log[4].hash = log[4].computed_hash();
        assert_eq!(faults(&log, Chain::default()), [Fault::Unlinked { sequence: 6 }]);
    }

    #[test]
    fn removed_entries_are_found_wherever_they_stood() {
        let whole = log(9);
        let head = noted(&whole[8]);
        let without = |range: std::ops::Range<usize>| {
            let mut log = whole.clone();
            log.drain(range);
            faults(&log, Chain::default().ending_at(head.clone()))
        };
        assert_eq!(without(0..1), [Fault::Missing { first: 1, last: 1 }]);
        assert_eq!(without(3..6), [Fault::Missing { first: 4, last: 6 }]);
        assert_eq!(without(7..9), [Fault::Missing { first: 8, last: 9 }]);
        assert_eq!(without(0..9), [Fault::Missing { first: 1, last: 9 }]);
    }

    #[test]
    fn reordered_and_repeated_entries_are_found() {
        let mut swapped = log(9);
        swapped.swap(3, 4);
        assert!(faults(&swapped, Chain::default()).contains(&Fault::Misplaced { sequence: 4 }));
        let mut twice = log(9);
        twice.insert(4, twice[3].clone());
        assert_eq!(faults(&twice, Chain::default()), [Fault::Misplaced { sequence: 4 }]);
    }

    #[test]
    fn a_log_written_anew_is_found_by_what_was_noted() {
        let (old, new) = (log(9), log(12));
        assert_eq!(faults(&new, Chain::default()), []);
        assert_eq!(
            faults(&new, Chain::default().passing(noted(&old[8]))),
            [Fault::NotTheNoted { sequence: 9 }]
        );
    }

    #[test]
    fn entries_behind_the_end_and_of_others_are_found() {
        let mut log = log(9);
        let end = noted(&log[6]);
        assert_eq!(faults(&log, Chain::default().ending_at(end)), [Fault::Beyond { first: 8 }]);
        log[8].org = "other".parse().unwrap();
        log[8].hash = log[8].computed_hash();
        assert_eq!(faults(&log, Chain::default()), [Fault::Foreign { sequence: 9 }]);
    }

    #[test]
    fn a_noted_entry_is_read_as_it_is_written() {
        let entry = &log(1)[0];
        assert_eq!(format!("1:{}", entry.hash).parse(), Ok(noted(entry)));
        for text in ["", "1", "1:", "x:00", "1:00"] {
            assert!(text.parse::<Noted>().is_err(), "{text}");
        }
    }
}
