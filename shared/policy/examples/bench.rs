//! Speed of all packs, as ratios: to the bare parse of the same files, and of growing input to itself.
//!
//! `cargo run --release --example bench -- DIR… [--list FILE] [--each]`; `--each` times every rule alone. CPU time of
//! this process, one thread. Files are read one by one, as a scan does, so peak memory is that of a scan.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use scrutineer_policy::{
    Bundle, ChangeSet, Desk, EffectivePolicy, FileReport, Language, RuleOverride, RuleState, SourceFile,
    Verdict, Verifier, built_in, resolve,
};

/// CPU seconds this process has used (Linux).
fn cpu() -> f64 {
    let text = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// Most memory this process has held, in MB (Linux).
fn peak_mb() -> f64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// A file of code: where it is, and its name below the folder that was given.
struct Code {
    path: PathBuf,
    name: String,
    bytes: u64,
}

impl Code {
    fn read(&self) -> SourceFile {
        SourceFile::new(&self.name, fs::read(&self.path).unwrap_or_default())
    }
}

fn collect(root: &Path, base: &Path, files: &mut Vec<Code>) {
    let Ok(entries) = fs::read_dir(root) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            collect(&path, base, files);
            continue;
        }
        let name = path.strip_prefix(base).unwrap_or(&path).display().to_string();
        let bytes = fs::metadata(&path).map_or(0, |data| data.len());
        if bytes <= 1 << 20 && Language::of_path(&name).is_some() {
            files.push(Code { path, name, bytes });
        }
    }
}

fn parser_of(language: Language) -> tree_sitter::Language {
    match language {
        Language::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
        Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
        Language::Python => tree_sitter_python::LANGUAGE.into(),
        Language::Go => tree_sitter_go::LANGUAGE.into(),
        Language::Java => tree_sitter_java::LANGUAGE.into(),
        Language::Ruby => tree_sitter_ruby::LANGUAGE.into(),
        Language::Php => tree_sitter_php::LANGUAGE_PHP.into(),
        Language::CSharp => tree_sitter_c_sharp::LANGUAGE.into(),
        Language::Rust => tree_sitter_rust::LANGUAGE.into(),
        Language::Kotlin => tree_sitter_kotlin_ng::LANGUAGE.into(),
    }
}

/// CPU seconds of the bare parse, reading not counted.
fn parse_seconds(code: &[Code]) -> f64 {
    let mut parser = tree_sitter::Parser::new();
    let mut total = 0.0;
    for file in code {
        let source = file.read();
        let start = cpu();
        let language = Language::of_path(&file.name).expect("filtered");
        parser.set_language(&parser_of(language)).expect("compatible");
        let _ = parser.parse(&source.bytes, None);
        total += cpu() - start;
    }
    total
}

fn strict() -> EffectivePolicy {
    resolve(&built_in("strict").expect("built in")).expect("valid")
}

/// CPU seconds of all packs, the slowest file, and the verdict.
fn judge(code: &[Code], bundle: &Bundle) -> (f64, (f64, String), Verdict) {
    let policy = resolve(bundle).expect("valid");
    let verifier = Verifier::new(&policy, &ChangeSet::default(), &[]);
    let mut desk = Desk::default();
    let (mut total, mut slowest) = (0.0, (0.0, String::new()));
    let mut reports = Vec::new();
    for file in code {
        let source = file.read();
        let start = cpu();
        reports.push(verifier.file(&source, &mut desk));
        let took = cpu() - start;
        total += took;
        if took > slowest.0 {
            slowest = (took, file.name.clone());
        }
    }
    (total, slowest, verifier.finish(reports))
}

/// CPU milliseconds of one text.
fn milliseconds(verifier: &Verifier, desk: &mut Desk, path: &str, text: &str) -> f64 {
    let source = SourceFile::new(path, text);
    let start = cpu();
    let _: FileReport = verifier.file(&source, desk);
    (cpu() - start) * 1e3
}

/// What the first file costs more than the second: reading the rules, then the tables and patterns of each language.
fn cold_start() {
    let start = cpu();
    let rules = scrutineer_policy::rules().len();
    println!("{rules} rules read and compiled in {:.0} ms", (cpu() - start) * 1e3);
    let policy = strict();
    let verifier = Verifier::new(&policy, &ChangeSet::default(), &[]);
    let mut desk = Desk::default();
    let text = "password = \"x1\"; console.log(user.email); app.post('/login', f); try { } catch (e) { } // TODO: x\n";
    let mut worst = (0.0, "");
    let mut all = 0.0;
    for language in Language::all() {
        let path = language.sample_path();
        let first = milliseconds(&verifier, &mut desk, &path, text);
        let again = milliseconds(&verifier, &mut desk, &path, text);
        all += (first - again).max(0.0);
        if first - again > worst.0 {
            worst = (first - again, language.key());
        }
    }
    println!("first file of a language: at most {:.0} ms more ({}), {all:.0} ms for all", worst.0, worst.1);
}

/// 50 files, spread over the set, after everything is warm.
fn pull_request(code: &[Code]) {
    let step = (code.len() / 50).max(1);
    let files: Vec<SourceFile> = code.iter().step_by(step).take(50).map(Code::read).collect();
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    let policy = strict();
    let change = ChangeSet { files, ..ChangeSet::default() };
    let mut took = 0.0;
    for _ in 0..2 {
        let start = cpu();
        let _ = scrutineer_policy::verify(&policy, &change, &[]);
        took = (cpu() - start) * 1e3;
    }
    println!("{} changed files, {:.0} KB: {took:.0} ms", change.files.len(), bytes as f64 / 1e3);
}

/// Time of hostile input as it grows: twice the bytes should take twice the time.
fn growth() {
    let policy = strict();
    let verifier = Verifier::new(&policy, &ChangeSet::default(), &[]);
    let mut desk = Desk::default();
    let cases = [
        (
            "ordinary.js",
            "app.post('/a', auth, (req, res) => {\n  log.info(req.id);\n  res.json({ a: 1 });\n});\n",
        ),
        ("chain.js", "a\n.b(1)"),
        ("nested.js", "console.log(\n"),
        ("routes.js", "app.post('/login', x);\n"),
        ("assigns.js", "a = b; b = a; console.log(a);\n"),
        ("saves.js", "user.ssn = form.ssn; user.save();\n"),
        ("catches.py", "try:\n  a()\nexcept E:\n  pass\n"),
    ];
    for (path, unit) in cases {
        let text = |bytes: usize| unit.repeat(bytes / unit.len());
        let (small, large) = (text(32_500), text(130_000));
        let a = milliseconds(&verifier, &mut desk, path, &small);
        let b = milliseconds(&verifier, &mut desk, path, &large);
        println!(
            "{path:12} 32 KB {a:6.1} ms, 130 KB {b:6.1} ms: {:.1} times for 4 times the bytes",
            b / a.max(0.01)
        );
    }
}

/// Every rule alone.
fn each_rule(code: &[Code]) {
    for rule in scrutineer_policy::rules() {
        let mut alone = built_in("strict").expect("built in");
        for other in scrutineer_policy::rules().iter().filter(|other| other.id != rule.id) {
            let pack = alone.config.entry(other.pack().to_owned()).or_default();
            let off = RuleOverride { state: Some(RuleState::Off), ..RuleOverride::default() };
            pack.rule_overrides.insert(other.id.clone(), off);
        }
        println!("{:6.2} s {}", judge(code, &alone).0, rule.id);
    }
}

fn print_findings(verdict: &Verdict) {
    let mut counts: BTreeMap<(String, String), u32> = BTreeMap::new();
    for violation in &verdict.violations {
        *counts.entry((violation.rule.clone(), format!("{:?}", violation.tier))).or_default() += 1;
    }
    for ((rule, tier), count) in counts {
        println!("{count:6} {tier:10} {rule}");
    }
    let incomplete = verdict.skipped.iter().filter(|skipped| skipped.incomplete);
    println!("{} skipped, {} of them incomplete", verdict.skipped.len(), incomplete.clone().count());
    for skipped in incomplete.take(20) {
        println!("    {}: {}", skipped.path.as_str(), skipped.reason);
    }
}

fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let list = args
        .iter()
        .position(|arg| arg == "--list")
        .map(|at| args.drain(at..at + 2).nth(1).unwrap_or_default());
    let each = args.iter().position(|arg| arg == "--each").map(|at| args.remove(at)).is_some();
    cold_start();
    growth();
    let mut code = Vec::new();
    for root in &args {
        collect(Path::new(root), Path::new(root), &mut code);
    }
    if code.is_empty() {
        return;
    }
    let bytes: u64 = code.iter().map(|file| file.bytes).sum();
    println!("{} files, {:.1} MB of code", code.len(), bytes as f64 / 1e6);
    pull_request(&code);
    let (all, slowest, verdict) = judge(&code, &built_in("strict").expect("built in"));
    println!("peak memory {:.0} MB", peak_mb());
    let parse = parse_seconds(&code);
    let ratio = all / parse;
    println!(
        "parse {parse:.2} s, all packs {all:.2} s, ratio {ratio:.2}; {:.1} MB/s",
        bytes as f64 / 1e6 / all
    );
    println!("slowest {:.0} ms {}", slowest.0 * 1e3, slowest.1);
    print_findings(&verdict);
    if each {
        each_rule(&code);
    }
    if let Some(path) = list {
        let line = |v: &scrutineer_policy::Violation| {
            let place = format!("{}:{}:{}", v.path.as_str(), v.start_line, v.start_column);
            format!("{:?}\t{}\t{place}\t{}", v.tier, v.rule, v.message)
        };
        fs::write(path, verdict.violations.iter().map(line).collect::<Vec<_>>().join("\n"))
            .expect("writable");
    }
}
