//! How long the one pass takes against walking and UTF-8-validating the same bytes, and how much memory it adds.
//!
//! `cargo bench -p scrutineer-scanners --bench one_pass [-- DIR [MEGABYTES]]` takes 50 MB in 10,000 generated files, or
//! those of a directory, evaluates every repository check on them, and prints both times, their ratio and the memory.
//! It fails beyond the bound: 1.5 × the walk + 1 s on one core, 128 MiB.

#[path = "mix/mod.rs"]
mod mix;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use scrutineer_core::{
    Fact, Gap,
    evidence::{
        OrgEvidence, RepoDetails, RepoEvidence, RepoListing,
        snapshot::{Entry, EntryKind, MAX_FILE_BYTES, SnapshotSink, SnapshotSummary},
    },
};
use scrutineer_scanners::{OrgDocs, Profile, RepoSubject, Snapshot, SnapshotPass, evaluate_repo};

/// Files and megabytes of the generated repository.
const FILES: usize = 10_000;
const MEGABYTES: usize = 50;
/// Walks measured together: one is too short for the clock.
const WALKS: u32 = 20;
/// The bound: this much of the walk, this much besides, this much memory.
const TIMES_WALK: f64 = 1.5;
const BESIDES: Duration = Duration::from_secs(1);
const MEMORY_MIB: u64 = 128;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let files = match arguments.next().map(PathBuf::from) {
        Some(dir) => {
            let megabytes: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(50);
            let (mut files, mut left) = (Vec::new(), megabytes * 1_000_000);
            read(&dir, &dir, &mut files, &mut left);
            files
        }
        None => mix::files(FILES, MEGABYTES),
    };
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    println!("{} files, {:.1} MB", files.len(), bytes as f64 / 1e6);
    let before = peak_kib();
    let walk = (0..3).map(|_| validate(&files)).min().unwrap_or_default();
    let mut within = true;
    for round in ["first (compiles the patterns)", "second", "third"] {
        let start = cpu();
        let snapshot = pass(&files);
        let passed = cpu() - start;
        let findings = evaluate(&snapshot);
        let took = cpu() - start;
        let memory = peak_kib().saturating_sub(before) / 1024;
        within &= took <= walk.mul_f64(TIMES_WALK) + BESIDES && memory <= MEMORY_MIB;
        println!(
            "{round}: walk {walk:?}, pass {passed:?} + decisions {:?} = {took:?}, ratio {:.1}, {:.1} MB/s, peak +{memory} MiB",
            took - passed,
            took.as_secs_f64() / walk.as_secs_f64(),
            bytes as f64 / 1e6 / took.as_secs_f64(),
        );
        let secrets = snapshot.secret_hits().len();
        println!(
            "  {findings} findings, {secrets} secrets, {} dependencies, truncated: {:?}",
            snapshot.dependencies().len(),
            snapshot.truncated(),
        );
    }
    println!(
        "bound: {TIMES_WALK} x walk + {BESIDES:?}, {MEMORY_MIB} MiB: {}",
        if within { "held" } else { "BROKEN" }
    );
    if within { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn pass(files: &[(String, Vec<u8>)]) -> Snapshot {
    let mut pass = SnapshotPass::new();
    for (path, text) in files {
        let size = text.len() as u64;
        let content = (size <= MAX_FILE_BYTES).then_some(text.as_slice());
        pass.entry(Entry { path, kind: EntryKind::File, size, content });
    }
    pass.finish(SnapshotSummary::default())
}

/// Every repository check over the files; what the platform would say is unknown.
fn evaluate(snapshot: &Snapshot) -> usize {
    let gap = || Gap::unavailable("not read in a bench");
    let org: OrgEvidence = serde_json::from_str(ORG).expect("the constant is an organization");
    let listing: RepoListing = serde_json::from_str(LISTING).expect("the constant is a listing");
    let repo = RepoEvidence {
        observed_at: org.observed_at,
        listing,
        posture: Fact::Unknown(gap()),
        activity: Fact::Unknown(gap()),
        details: RepoDetails::not_asked(),
        assurance: None,
    };
    let docs = OrgDocs::from_snapshots(Fact::Known(None), Fact::Known(None));
    let subject = RepoSubject { repo: &repo, files: Fact::Known(snapshot), org: &org, docs: &docs };
    evaluate_repo(&subject, &Profile::default()).len()
}

const ORG: &str = include_str!("mix/org.json");
const LISTING: &str = include_str!("mix/listing.json");

fn read(root: &Path, dir: &Path, files: &mut Vec<(String, Vec<u8>)>, left: &mut u64) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if *left == 0 {
            return;
        }
        if path.is_dir() && !path.is_symlink() {
            read(root, &path, files, left);
        } else if let Ok(text) = fs::read(&path) {
            *left = left.saturating_sub(text.len() as u64);
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            files.push((name, text));
        }
    }
}

fn validate(files: &[(String, Vec<u8>)]) -> Duration {
    let start = cpu();
    for _ in 0..WALKS {
        let valid = files.iter().filter(|(_, text)| std::str::from_utf8(text).is_ok()).count();
        std::hint::black_box(valid);
    }
    (cpu() - start) / WALKS
}

/// Time of this thread on a core, which neighbours on the machine do not stretch; the wall clock where there is none.
fn cpu() -> Duration {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split_whitespace().next().and_then(|text| text.parse().ok());
    nanos.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// `VmHWM` of this process; 0 where there is no `/proc`.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
