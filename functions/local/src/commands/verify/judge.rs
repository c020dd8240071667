//! Reading and judging file by file, on several threads: a tree is never in memory as a whole.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use scrutineer_policy::{
    ChangeSet, Changed, Desk, EffectivePolicy, FileReport, Found, RepoPath, SourceFile, Verdict, Verifier,
    assemble, describes, take_in, wanted,
};

use super::{
    blobs::Blobs,
    disk,
    policy::refused,
    today,
    tree::{Before, Item, Kind, Listing, Place},
};
use crate::cli::error::Error;

/// The verdict on a listing, and the policy that held.
pub(super) fn judge(
    place: &Place,
    mut listing: Listing,
    policy: &EffectivePolicy,
    threads: usize,
) -> Result<(EffectivePolicy, Verdict), Error> {
    let paths: Vec<(RepoPath, Item)> = std::mem::take(&mut listing.items).into_iter().collect();
    let context = context(place, &paths, &mut listing, threads)?;
    let base = scrutineer_policy::Base { context, ..listing.base };
    let (policy, mut change) = assemble(policy, Vec::new(), &listing.gone, base, &today())
        .map_err(|problems| refused("the repository's own settings", &problems))?;
    change.notices.append(&mut listing.notices);
    let verifier = Verifier::new(&policy, &change, &[]);
    drop::<ChangeSet>(change);
    let reports = on_threads(
        threads,
        &paths,
        || Reader::new(place),
        |reader, (path, item)| reader.report(&verifier, path, item),
    )?;
    Ok((policy, verifier.finish(reports)))
}

/// What else must be read: files that tell what others mean, and modules that a judged file takes its guards from.
fn context(
    place: &Place,
    paths: &[(RepoPath, Item)],
    listing: &mut Listing,
    threads: usize,
) -> Result<Vec<SourceFile>, Error> {
    let found = on_threads(
        threads,
        paths,
        || (),
        |(), (path, item)| {
            let Some(bytes) = (item.kind == Kind::File).then(|| disk::bytes(&place.root, path)).flatten()
            else {
                return Ok((None, Vec::new()));
            };
            let wanted = wanted(path, &bytes);
            let own = describes(path, &bytes).then(|| known(path.clone(), bytes));
            Ok((own, wanted))
        },
    )?;
    let mut context: Vec<SourceFile> = Vec::new();
    let mut modules: BTreeSet<RepoPath> = BTreeSet::new();
    for (own, wanted) in found {
        context.extend(own);
        modules.extend(wanted);
    }
    let judged: BTreeSet<&RepoPath> = paths.iter().map(|(path, _)| path).collect();
    let mut blobs = match (&listing.revision, &place.repo) {
        (Some(_), Some(repo)) => Some(Blobs::open(repo)?),
        _ => None,
    };
    for path in modules {
        let bytes = match (&listing.revision, &mut blobs) {
            (Some(revision), Some(blobs)) if !judged.contains(&path) => {
                if !revision.files.contains(path.as_str()) {
                    continue;
                }
                blobs.at(&revision.commit, path.as_str())?
            }
            _ => disk::bytes(&place.root, &path),
        };
        context.extend(bytes.map(|bytes| known(path, bytes)));
    }
    context.append(&mut listing.base.context);
    context.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(context)
}

fn known(path: RepoPath, bytes: Vec<u8>) -> SourceFile {
    SourceFile { path, bytes, changed: Changed::All, base: None }
}

/// What one thread reads with.
struct Reader<'p> {
    place: &'p Place,
    desk: Desk,
    blobs: Option<Blobs>,
}

impl<'p> Reader<'p> {
    fn new(place: &'p Place) -> Self {
        Reader { place, desk: Desk::default(), blobs: None }
    }

    fn report(&mut self, verifier: &Verifier, path: &RepoPath, item: &Item) -> Result<FileReport, Error> {
        use scrutineer_policy::Content;
        let content = match &item.kind {
            Kind::File => disk::content(&self.place.root, path),
            Kind::Symlink => Content::Symlink,
            Kind::Submodule => Content::Submodule,
            Kind::Unreadable(reason) => Content::Unreadable(reason.clone()),
        };
        let base = match (&item.before, &content) {
            (Before::Same, Content::Bytes(bytes)) => Some(bytes.clone()),
            (Before::Blob(oid), Content::Bytes(_)) => self.blob(oid)?,
            _ => None,
        };
        let found = Found { path: path.clone(), content, changed: item.changed.clone(), base };
        Ok(match take_in(found) {
            Ok(file) => verifier.file(&file, &mut self.desk),
            Err(skipped) if item.before == Before::Same => FileReport::from(skipped),
            Err(skipped) => FileReport::from(skipped).of_a_change(),
        })
    }

    fn blob(&mut self, oid: &super::git::Oid) -> Result<Option<Vec<u8>>, Error> {
        if self.blobs.is_none()
            && let Some(repo) = &self.place.repo
        {
            self.blobs = Some(Blobs::open(repo)?);
        }
        self.blobs.as_mut().map_or(Ok(None), |blobs| blobs.read(oid))
    }
}

/// `work` on every item, on `threads` threads, each with its own `tools`; the answers in the order of the items.
fn on_threads<I: Sync, T, A: Send>(
    threads: usize,
    items: &[I],
    tools: impl Fn() -> T + Sync,
    work: impl Fn(&mut T, &I) -> Result<A, Error> + Sync,
) -> Result<Vec<A>, Error> {
    let next = AtomicUsize::new(0);
    let answers: Mutex<Vec<(usize, Result<A, Error>)>> = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                let mut tools = tools();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { return };
                    let answer = work(&mut tools, item);
                    answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, answer));
                }
            });
        }
    });
    let mut answers = answers.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}
