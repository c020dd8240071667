//! From what was found at each path to a [`ChangeSet`]: one way for the App and for the command line, so that both
//! say the same about the same change.
//!
//! The caller reads (git, GitHub, a file system); here it is decided what is judged, what is passed over and why, and
//! what else of the repository must be read to judge it.

use std::{ops::RangeInclusive, sync::LazyLock};

use aho_corasick::AhoCorasick;

use crate::{
    Baseline, ChangeSet, Changed, EffectivePolicy, Language, Problem, RepoPath, RepositorySettings,
    SourceFile, config,
    engine::{MAX_BYTES, too_large},
    rules::AUTH_HELPERS,
    verdict::Skipped,
    verify::{edited, is_gate_file},
};

/// What stands at a path after the change.
#[derive(Clone, Debug)]
pub enum Content {
    /// A file, read.
    Bytes(Vec<u8>),
    /// A file of more than [`MAX_FILE_BYTES`], of which only the beginning was read.
    Large {
        /// Its first bytes; 8 KiB are enough.
        head: Vec<u8>,
        /// Its size.
        bytes: u64,
    },
    /// A symbolic link.
    Symlink,
    /// A commit of another repository.
    Submodule,
    /// Something that could not be read, with the reason.
    Unreadable(String),
}

/// Files beyond this are not analysed and need not be read.
pub const MAX_FILE_BYTES: usize = MAX_BYTES;

/// A path of the change and what is known of it.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where it is after the change.
    pub path: RepoPath,
    /// What is there.
    pub content: Content,
    /// What of it changed.
    pub changed: Changed,
    /// Its bytes before the change, under its old name if it was renamed; `None` when it is new.
    pub base: Option<Vec<u8>>,
}

/// First line of what git stores in place of a file that Git LFS keeps.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/v1";

/// The file to judge, or why there is none.
///
/// # Errors
/// What to report as skipped instead.
pub fn take_in(entry: Found) -> Result<SourceFile, Skipped> {
    let Found { path, content, changed, base } = entry;
    let skipped = |reason: &str, incomplete: bool| Skipped {
        path: path.clone(),
        reason: reason.to_owned(),
        incomplete,
    };
    match content {
        Content::Bytes(bytes) if bytes.starts_with(LFS) && bytes.len() < 1_024 => Err(skipped(
            "Git LFS pointer: the content is not in the repository",
            readable_kind(path.as_str()),
        )),
        Content::Bytes(bytes) => Ok(SourceFile { path, bytes, changed, base }),
        Content::Large { head, bytes } => Err(too_large(&path, &head, bytes)),
        Content::Symlink => Err(skipped("symbolic link: what it points to is judged where it stands", false)),
        Content::Submodule => Err(skipped("submodule: another repository", false)),
        Content::Unreadable(reason) => Err(skipped(&reason, true)),
    }
}

/// Whether files of this name are analysed at all.
fn readable_kind(path: &str) -> bool {
    Language::of_path(path).is_some() || config::is_config(path)
}

/// What the base branch says about the gate. Read from there only: a change cannot widen what it is judged by.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// Content of [`RepositorySettings::PATH`].
    pub settings: Option<Vec<u8>>,
    /// Content of [`Baseline::PATH`].
    pub baseline: Option<Vec<u8>>,
    /// Files for which [`is_context`] holds, and those that [`wanted`] names; where the change has them, as changed.
    pub context: Vec<SourceFile>,
}

/// The change set, and the policy as the repository's own settings make it.
///
/// `gone` are paths that are not there any more: deleted files, and old names of renamed ones. A caller that reads
/// file by file leaves `entries` empty and hands the files to [`crate::Verifier::file`].
///
/// # Errors
/// Mistakes in the settings or the baseline of the base branch. They are not ignored: nobody could tell what held.
pub fn assemble(
    policy: &EffectivePolicy,
    entries: Vec<Found>,
    gone: &[RepoPath],
    base: Base,
    today: &str,
) -> Result<(EffectivePolicy, ChangeSet), Vec<Problem>> {
    let mut change = ChangeSet { context: base.context, today: today.to_owned(), ..ChangeSet::default() };
    let mut policy = policy.clone();
    if let Some(bytes) = &base.settings {
        let settings = RepositorySettings::parse(&String::from_utf8_lossy(bytes)).map_err(|p| vec![p])?;
        (policy, change.notices) = settings.apply(&policy)?;
    }
    if let Some(bytes) = &base.baseline {
        let baseline = Baseline::parse(&String::from_utf8_lossy(bytes));
        let baseline = baseline.map_err(|error| vec![Problem::new(Baseline::PATH, error.to_string())])?;
        if baseline.version != 1 {
            let message = format!("version {} is not known; this is version 1", baseline.version);
            return Err(vec![Problem::new(Baseline::PATH, message)]);
        }
        change.baseline = Some(baseline);
    }
    for path in gone.iter().filter(|path| is_gate_file(path.as_str())) {
        let path = path.as_str();
        change.notices.push(format!(
            "{path}: this change removes the gate's own settings; those of the base branch were used"
        ));
    }
    for entry in entries {
        match take_in(entry) {
            Ok(file) => change.files.push(file),
            Err(skipped) => {
                let path = skipped.path.as_str();
                change.notices.extend(is_gate_file(path).then(|| edited(path)));
                change.passed_over.push(skipped);
            }
        }
    }
    change.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((policy, change))
}

/// Whether a file tells what other files mean, so that it is read from the base branch for every change: OpenAPI and
/// ISL files, declarations of the environment.
pub fn is_context(path: &RepoPath) -> bool {
    let name = path.as_str().rsplit('/').next().unwrap_or("").to_ascii_lowercase();
    let data = [".yml", ".yaml", ".json"].iter().any(|ext| name.ends_with(ext));
    name.ends_with(".isl")
        || data && (name.contains("openapi") || name.contains("swagger"))
        || crate::project::is_env_example(&name)
}

/// Whether a file that was read tells what other files mean: [`is_context`], or an OpenAPI document under another name.
pub fn describes(path: &RepoPath, bytes: &[u8]) -> bool {
    let name = path.as_str().rsplit('/').next().unwrap_or("").to_ascii_lowercase();
    let data = [".yml", ".yaml", ".json"].iter().any(|ext| name.ends_with(ext));
    is_context(path)
        || data && std::str::from_utf8(bytes).is_ok_and(|text| crate::project::is_openapi(&name, text))
}

static HELPERS: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(AUTH_HELPERS).expect("a few dozen words"));

/// Modules of the repository that must be read to judge a file: those it imports an authentication helper from, each
/// under every name it may have. Names that do not exist are left out by the caller.
pub fn wanted(path: &RepoPath, bytes: &[u8]) -> Vec<RepoPath> {
    let Some(language) = Language::of_path(path.as_str()) else { return Vec::new() };
    let python = language == Language::Python;
    if !(python || language.is_script()) || bytes.len() > MAX_BYTES || !HELPERS.is_match(bytes) {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(bytes);
    let folder = path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut stems: Vec<String> = if python { dotted(&text) } else { quoted(&text) };
    stems.sort_unstable();
    stems.dedup();
    let extensions: &[&str] = if python { &["py"] } else { &["js", "ts", "jsx", "tsx", "mjs", "cjs"] };
    let mut found = Vec::new();
    for stem in stems {
        for shape in ["", "/index"] {
            found
                .extend(extensions.iter().map(|ext| RepoPath::new(&format!("{folder}/{stem}{shape}.{ext}"))));
        }
    }
    found
}

/// Relative modules in quotes: `'./auth'`, `"../lib/token.js"`.
fn quoted(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for quote in ['\'', '"', '`'] {
        for start in ["./", "../"] {
            let open = format!("{quote}{start}");
            for (at, _) in text.match_indices(&open) {
                let rest = &text[at + 1..];
                let end = rest.find([quote, '\n']).unwrap_or(0);
                found.push(rest[..end].trim_end_matches(".js").trim_end_matches(".ts").to_owned());
            }
        }
    }
    found.retain(|stem| !stem.is_empty() && stem.len() <= 256);
    found
}

/// Relative modules of Python: `from ..lib.auth import x` → `../lib/auth`.
fn dotted(text: &str) -> Vec<String> {
    let module = |line: &str| {
        let module = line.trim_start().strip_prefix("from ")?.split_whitespace().next()?.to_owned();
        let name = module.trim_start_matches('.');
        let ups = (module.len() - name.len()).checked_sub(1)?;
        Some(format!("{}{}", "../".repeat(ups), name.replace('.', "/")))
    };
    text.lines().filter_map(module).collect()
}

/// Which lines of the new text a unified diff adds or changes, read line by line.
#[derive(Clone, Debug, Default)]
pub struct PatchLines {
    ranges: Vec<RangeInclusive<u32>>,
    next: u32,
    old_left: u32,
    new_left: u32,
}

impl PatchLines {
    /// Whether a hunk is open: what comes next is its content, whatever it looks like.
    pub fn in_hunk(&self) -> bool {
        self.old_left > 0 || self.new_left > 0
    }

    /// Read the next line of the diff. Lines outside of hunks are passed over.
    pub fn line(&mut self, line: &[u8]) {
        if !self.in_hunk() {
            if let Some((old, new)) = hunk(line) {
                (self.old_left, self.next, self.new_left) = (old, new.0, new.1);
            }
            return;
        }
        match line.first() {
            Some(b'+') => {
                self.add(self.next);
                self.step();
            }
            Some(b'-') => self.old_left = self.old_left.saturating_sub(1),
            // "\ No newline at end of file" belongs to the line before.
            Some(b'\\') => {}
            _ => {
                self.old_left = self.old_left.saturating_sub(1);
                self.step();
            }
        }
    }

    fn step(&mut self) {
        self.next = self.next.saturating_add(1);
        self.new_left = self.new_left.saturating_sub(1);
    }

    fn add(&mut self, line: u32) {
        match self.ranges.last_mut() {
            Some(last) if last.end().checked_add(1) == Some(line) => *last = *last.start()..=line,
            _ => self.ranges.push(line..=line),
        }
    }

    /// The ranges, sorted.
    pub fn finish(self) -> Vec<RangeInclusive<u32>> {
        self.ranges
    }
}

/// `@@ -1,2 +3,4 @@` → lines of the old text, and first line and lines of the new text.
fn hunk(line: &[u8]) -> Option<(u32, (u32, u32))> {
    let text = std::str::from_utf8(line.get(..line.len().min(80))?).unwrap_or_default();
    let mut words = text.strip_prefix("@@ ")?.split(' ');
    let range = |word: &str| {
        let (start, count) = word.split_once(',').unwrap_or((word, "1"));
        Some((start.parse::<u32>().ok()?, count.parse::<u32>().ok()?))
    };
    let old = range(words.next()?.strip_prefix('-')?)?;
    let new = range(words.next()?.strip_prefix('+')?)?;
    Some((old.1, new))
}

/// What [`PatchLines`] reads, of a whole patch, as GitHub gives it for a file.
pub fn changed_lines(patch: &str) -> Vec<RangeInclusive<u32>> {
    let mut lines = PatchLines::default();
    patch.lines().for_each(|line| lines.line(line.as_bytes()));
    lines.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, content: Content) -> Found {
        Found { path: RepoPath::new(path), content, changed: Changed::All, base: None }
    }

    #[test]
    fn changed_lines_are_the_added_ones() {
        let patch = "@@ -1,3 +1,4 @@\n a\n-b\n+B\n+B2\n c\n@@ -10 +11 @@\n-+++ x\n+@@ -1 +1 @@\n\\ No newline at end of file\n";
        assert_eq!(changed_lines(patch), [2..=3, 11..=11]);
        assert_eq!(changed_lines("@@ -5,2 +4,0 @@\n-x\n-y\n"), []);
        assert_eq!(changed_lines("garbage\n@@ nonsense\n"), []);
    }

    #[test]
    fn what_is_no_file_of_the_repository_is_passed_over_with_its_reason() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n".to_vec();
        let cases = [
            (entry("a.js", Content::Bytes(pointer.clone())), "LFS", true),
            (entry("a.psd", Content::Bytes(pointer)), "LFS", false),
            (entry("lib", Content::Submodule), "submodule", false),
            (entry("l.js", Content::Symlink), "symbolic link", false),
            (entry("x.js", Content::Unreadable("permission denied".into())), "denied", true),
            (entry("big.js", Content::Large { head: b"a;".to_vec(), bytes: 1 << 21 }), "1 MiB", true),
            (
                entry("dist/big.js", Content::Large { head: b"a;".to_vec(), bytes: 1 << 21 }),
                "generated",
                false,
            ),
            (entry("big.png", Content::Large { head: vec![0], bytes: 1 << 21 }), "binary", false),
        ];
        for (entry, reason, incomplete) in cases {
            let skipped = take_in(entry).expect_err("not a file to judge");
            assert!(skipped.reason.contains(reason), "{skipped:?}");
            assert_eq!(skipped.incomplete, incomplete, "{skipped:?}");
        }
        assert!(take_in(entry("a.js", Content::Bytes(b"x".to_vec()))).is_ok());
    }

    #[test]
    fn modules_with_a_helper_are_wanted_under_every_name() {
        let names = |path: &str, text: &str| -> Vec<String> {
            wanted(&RepoPath::new(path), text.as_bytes()).iter().map(|p| p.as_str().to_owned()).collect()
        };
        let found = names("src/routes.ts", "import { requireAuth } from '../lib/auth.js';");
        assert!(found.contains(&"lib/auth.ts".to_owned()) && found.contains(&"lib/auth/index.js".to_owned()));
        assert_eq!(names("a/b/v.py", "from ..auth import login_required\n")[0], "a/auth.py");
        assert!(names("src/a.ts", "import { x } from './y';").is_empty());
        assert!(names("a.go", "import \"./requireAuth\"").is_empty());
    }

    #[test]
    fn context_is_recognized_by_name() {
        for path in ["api/openapi.yaml", "swagger-v2.json", "x/login.isl", ".env.example", "a/.env.dist"] {
            assert!(is_context(&RepoPath::new(path)), "{path}");
        }
        for path in ["openapi.ts", ".env", "package.json"] {
            assert!(!is_context(&RepoPath::new(path)), "{path}");
        }
    }
}
