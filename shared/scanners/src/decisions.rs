//! How each check is decided, as agreed: the sentence, the statuses it can end in, and whether an attestation counts.
//!
//! Data and not part of [`Check`](crate::Check): it is the contract that the code is written and tested against, and what
//! the reference pages print.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use crate::finding::Status;

/// The agreement on one check.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    id: String,
    /// p(assed), w(arning), f(ailed), n(ot applicable), e(rror).
    statuses: String,
    /// Whether the control may legitimately live outside the platform, so that an attestation is admissible evidence.
    #[serde(default)]
    pub attestable: bool,
    /// When it passes, warns, fails and does not apply.
    pub decision: String,
}

static DECISIONS: LazyLock<BTreeMap<String, Decision>> = LazyLock::new(|| {
    let rows: Vec<Decision> =
        serde_json::from_str(include_str!("../data/decisions.json")).expect("data of this build");
    rows.into_iter().map(|row| (row.id.clone(), row)).collect()
});

/// The agreement on the check `id`.
pub fn find(id: &str) -> Option<&'static Decision> {
    DECISIONS.get(id)
}

impl Decision {
    /// The statuses it can end in, in display order.
    pub fn statuses(&self) -> impl Iterator<Item = Status> {
        Status::ALL
            .into_iter()
            .zip("pwfne".chars())
            .filter(|(_, c)| self.statuses.contains(*c))
            .map(|(s, _)| s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn every_check_has_its_decision() {
        for (_, check) in registry::checks() {
            let decision = find(check.id).unwrap();
            assert!(!decision.decision.is_empty() && decision.statuses().count() >= 2, "{}", check.id);
        }
        assert_eq!((DECISIONS.len(), DECISIONS.values().filter(|d| d.attestable).count()), (169, 33));
    }
}
