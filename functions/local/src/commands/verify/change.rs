//! What changed since a revision: the diff from where the histories parted to the working tree, and untracked files.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
};

use scrutineer_policy::{
    Base, Baseline, Changed, PatchLines, RepoPath, RepositorySettings, SourceFile, is_context,
};

use super::{
    blobs::Blobs,
    disk,
    git::{Oid, Repo, missing},
    tree::{Before, Item, Kind, Listing, Place},
};
use crate::cli::error::Error;

/// A revision and what stands in it.
pub(super) struct Revision {
    pub(super) commit: Oid,
    pub(super) files: BTreeSet<String>,
}

/// One record of `git diff --raw`.
struct Record {
    old_mode: String,
    new_mode: String,
    old: Option<Oid>,
    status: char,
    previous: Option<String>,
    path: String,
}

/// The change since `base`.
pub(super) fn since(place: &Place, base: &str) -> Result<Listing, Error> {
    let repo = place.repo.as_ref().ok_or_else(|| {
        Error::usage(format!("--base: {} is not inside a git repository", place.root.display()))
    })?;
    let commit = repo.commit(base)?;
    let mut notices = Vec::new();
    let from = repo.merge_base(&commit).unwrap_or_else(|| {
        notices.push(format!(
            "no commit that {base} and the current one have in common was found (a shallow clone?): what differs between the two was judged"
        ));
        commit.clone()
    });
    let records = records(repo, &from, &place.within)?;
    let lines = lines(repo, &from, &place.within, &records)?;
    if lines.is_none() && !records.is_empty() {
        notices.push("which lines changed could not be told: all of every changed file counts".to_owned());
    }
    let mut lines = lines.unwrap_or_default().into_iter();
    let mut listing = Listing {
        items: Default::default(),
        gone: Vec::new(),
        base: Base::default(),
        revision: None,
        notices,
    };
    for record in records {
        let changed = lines.next().unwrap_or(Changed::All);
        listing.take(place, record, changed);
    }
    for path in repo.untracked(&place.within)? {
        let path = RepoPath::new(path.trim_end_matches('/'));
        let item =
            Item { kind: disk::kind(&place.root, &path), before: Before::Absent, changed: Changed::All };
        listing.items.insert(path, item);
    }
    let items = &listing.items;
    listing.gone.retain(|path| !items.contains_key(path));
    let files: BTreeSet<String> = repo.files_of(&commit)?.into_iter().collect();
    listing.base = base_files(repo, &commit, &files, &listing)?;
    listing.revision = Some(Revision { commit, files });
    Ok(listing)
}

impl Listing {
    fn take(&mut self, place: &Place, record: Record, changed: Changed) {
        let path = RepoPath::new(&record.path);
        self.gone.extend(record.previous.as_deref().map(RepoPath::new));
        let on_disk = disk::kind(&place.root, &path);
        let kind = match record.new_mode.as_str() {
            "000000" if record.status != 'U' => {
                self.gone.push(path);
                return;
            }
            "160000" => Kind::Submodule,
            "120000" => Kind::Symlink,
            _ => on_disk,
        };
        let was_file = record.old_mode.starts_with("100");
        let before = record.old.filter(|_| was_file).map_or(Before::Absent, Before::Blob);
        let changed = if before == Before::Absent { Changed::All } else { changed };
        self.items.insert(path, Item { kind, before, changed });
    }
}

/// What the base revision says about the gate, and files that tell what others mean; those that the change has are
/// read from disk later.
fn base_files(repo: &Repo, commit: &Oid, files: &BTreeSet<String>, listing: &Listing) -> Result<Base, Error> {
    let mut blobs = Blobs::open(repo)?;
    let mut base = Base {
        settings: blobs.settings(commit, RepositorySettings::PATH)?,
        baseline: blobs.settings(commit, Baseline::PATH)?,
        context: Vec::new(),
    };
    for name in files {
        let path = RepoPath::new(name);
        if is_context(&path)
            && !listing.items.contains_key(&path)
            && !listing.gone.contains(&path)
            && let Some(bytes) = blobs.at(commit, name)?
        {
            base.context.push(SourceFile { path, bytes, changed: Changed::All, base: None });
        }
    }
    Ok(base)
}

/// Arguments of both diffs: against the working tree, renames found, submodules only by their commit.
fn diff_args<'a>(how: &[&'a str], from: &'a Oid, within: &'a RepoPath) -> Vec<&'a str> {
    let mut args =
        vec!["diff", "--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty", "-M"];
    args.extend(how);
    args.extend([from.as_str(), "--"]);
    args.extend(Some(within.as_str()).filter(|path| !path.is_empty()));
    args
}

fn records(repo: &Repo, from: &Oid, within: &RepoPath) -> Result<Vec<Record>, Error> {
    let output = repo.output(&diff_args(&["--raw", "-z", "--no-abbrev"], from, within))?;
    let text = output.split(|byte| *byte == 0).map(|field| String::from_utf8_lossy(field).into_owned());
    let mut fields = text.filter(|field| !field.is_empty());
    let mut records = Vec::new();
    while let Some(head) = fields.next() {
        let words: Vec<&str> = head.trim_start_matches(':').split(' ').collect();
        let [old_mode, new_mode, old, _, status] = words.as_slice() else {
            return Err(Error::tool(format!("git diff: a record that is not understood: {head}")));
        };
        let status = status.chars().next().unwrap_or('M');
        let first = fields.next().unwrap_or_default();
        let second = if matches!(status, 'R' | 'C') { fields.next() } else { None };
        let (previous, path) = match second {
            Some(path) => (Some(first), path),
            None => (None, first),
        };
        records.push(Record {
            old_mode: (*old_mode).to_owned(),
            new_mode: (*new_mode).to_owned(),
            old: Oid::new(old),
            status,
            previous: previous.filter(|_| status == 'R'),
            path,
        });
    }
    Ok(records)
}

/// Changed lines for each record. The patch has a section per record, in the same order; its headers are not read,
/// since paths in them are ambiguous. `None` when the sections do not come out even.
fn lines(
    repo: &Repo,
    from: &Oid,
    within: &RepoPath,
    records: &[Record],
) -> Result<Option<Vec<Changed>>, Error> {
    // As text whatever the attributes say: a change could otherwise call its files binary and have no changed lines.
    let args = diff_args(&["--patch", "--unified=0", "--inter-hunk-context=0", "--text"], from, within);
    let mut child =
        repo.command().args(&args).stderr(std::process::Stdio::null()).spawn().map_err(|e| missing(&e))?;
    let Some(output) = child.stdout.take() else { return Ok(None) };
    let mut sections: Vec<PatchLines> = Vec::new();
    let (mut output, mut line) = (BufReader::with_capacity(1 << 16, output), Vec::new());
    while output.read_until(b'\n', &mut line)? > 0 {
        let in_hunk = sections.last().is_some_and(PatchLines::in_hunk);
        if !in_hunk && line.starts_with(b"diff --git ") {
            sections.push(PatchLines::default());
        } else if let Some(section) = sections.last_mut() {
            section.line(&line);
        }
        line.clear();
    }
    if !child.wait()?.success() {
        return Ok(None);
    }
    let mut sections = sections.into_iter();
    let mut changed = Vec::new();
    for record in records {
        // A file that became a link, or the other way round, is removed and added.
        let own = match record.status {
            'T' => 2,
            'U' => 0,
            _ => 1,
        };
        let mine: Vec<PatchLines> = sections.by_ref().take(own).collect();
        if mine.len() != own {
            return Ok(None);
        }
        changed.push(match mine.into_iter().next() {
            Some(lines) if own == 1 => Changed::Lines(lines.finish()),
            _ => Changed::All,
        });
    }
    Ok(sections.next().is_none().then_some(changed))
}
