//! How long the one pass takes against walking and UTF-8-validating the same bytes, and how much memory it adds.
//!
//! `cargo bench -p scrutineer-scanners --bench one_pass -- DIR [MEGABYTES]` reads a directory into memory and prints
//! both times, their ratio and the memory. The bound: 1.5 × the walk + 1 s for 50 MB in 10,000 files, 128 MB.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use scrutineer_core::evidence::snapshot::{Entry, EntryKind, MAX_FILE_BYTES, SnapshotSink, SnapshotSummary};
use scrutineer_scanners::SnapshotPass;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(dir) = arguments.next().map(PathBuf::from) else {
        println!("usage: one_pass DIR [MEGABYTES]");
        return;
    };
    let megabytes = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(50);
    let mut files = Vec::new();
    let mut left: u64 = megabytes * 1_000_000;
    read(&dir, &dir, &mut files, &mut left);
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    println!("{} files, {:.1} MB", files.len(), bytes as f64 / 1e6);
    let before = peak_kib();
    let walk = (0..3).map(|_| validate(&files)).min().unwrap_or_default();
    for round in ["first (compiles the patterns)", "second", "third"] {
        let start = Instant::now();
        let mut pass = SnapshotPass::new();
        for (path, text) in &files {
            let size = text.len() as u64;
            pass.entry(Entry {
                path,
                kind: EntryKind::File,
                size,
                content: (size <= MAX_FILE_BYTES).then_some(text),
            });
        }
        let snapshot = pass.finish(SnapshotSummary::default());
        let took = start.elapsed();
        let rest = took.saturating_sub(walk.mul_f64(1.5));
        println!(
            "{round}: walk {walk:?}, pass {took:?}, {:.1} MB/s, 1.5 x walk + {rest:?}, peak +{} MiB",
            bytes as f64 / 1e6 / took.as_secs_f64(),
            (peak_kib().saturating_sub(before)) / 1024,
        );
        println!(
            "  {} secrets, {} dependencies",
            snapshot.secret_hits().len(),
            snapshot.dependencies().len()
        );
    }
}

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
    let start = Instant::now();
    let valid = files.iter().filter(|(_, text)| std::str::from_utf8(text).is_ok()).count();
    std::hint::black_box(valid);
    start.elapsed()
}

/// `VmHWM` of this process; 0 where there is no `/proc`.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
