//! Documentation, looked for in the repository first and then in the organization's profile repositories.

use scrutineer_core::Gap;

use crate::{
    check::RepoSubject,
    snapshot::{Described, OrgDocs, Snapshot, TopicHit, TopicId, TopicKind},
};

/// Where a repository's documents stand.
#[derive(Clone, Copy)]
pub(super) struct Papers<'a> {
    pub(super) files: &'a Snapshot,
    docs: &'a OrgDocs,
}

impl<'a> Papers<'a> {
    /// The documents of a repository; an error when its files could not be read.
    pub(super) fn of(subject: &'a RepoSubject<'_>) -> Result<Self, Gap> {
        Ok(Self { files: *subject.files.known()?, docs: subject.docs })
    }

    fn hits(self, id: TopicId) -> impl Iterator<Item = &'a TopicHit> {
        let of_org = self.docs.topic(id);
        self.files.topic(id).into_iter().chain(of_org.ok().copied().flatten())
    }

    /// A document or section with substance.
    pub(super) fn topic(self, id: TopicId) -> Option<&'a TopicHit> {
        self.hits(id).find(|hit| hit.kind != TopicKind::Stub)
    }

    /// A document or heading that only points to another place.
    pub(super) fn stub(self, id: TopicId) -> Option<&'a TopicHit> {
        self.hits(id).find(|hit| hit.kind == TopicKind::Stub)
    }

    /// Everything about a topic, with or without substance, those of the repository first.
    pub(super) fn about(self, id: TopicId) -> impl Iterator<Item = &'a Described> {
        self.files.documents().about(id).chain(self.docs.documents().about(id))
    }

    /// The organization's documents.
    pub(super) fn of_org(self) -> &'a OrgDocs {
        self.docs
    }

    /// Allows a decision by absence: everything was read.
    pub(super) fn complete(self) -> Result<(), Gap> {
        self.files.absent()?;
        self.docs.complete()
    }
}
