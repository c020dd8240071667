//! Speed of all packs as a ratio to the bare parse of the same files, and where the findings are.
//!
//! `cargo run --profile … --example bench -- DIR… [--list FILE] [--each]`; `--each` times every rule alone. CPU time of this process, one thread.

use std::{collections::BTreeMap, fs, path::Path};

use scrutineer_policy::{
    Bundle, ChangeSet, Desk, Language, RuleOverride, RuleState, SourceFile, Verdict, Verifier, built_in,
    resolve,
};

/// CPU seconds this process has used (Linux).
fn cpu() -> f64 {
    let text = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn collect(root: &Path, base: &Path, files: &mut Vec<SourceFile>) {
    let Ok(entries) = fs::read_dir(root) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            collect(&path, base, files);
        } else if let Ok(bytes) = fs::read(&path)
            && bytes.len() <= 1 << 20
        {
            let name = path.strip_prefix(base).unwrap_or(&path).display().to_string();
            files.push(SourceFile::new(&name, bytes));
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

/// CPU seconds of the bare parse.
fn parse_seconds(code: &[&SourceFile]) -> f64 {
    let start = cpu();
    let mut parser = tree_sitter::Parser::new();
    for file in code {
        let language = Language::of_path(file.path.as_str()).expect("filtered");
        parser.set_language(&parser_of(language)).expect("compatible");
        let _ = parser.parse(&file.bytes, None);
    }
    cpu() - start
}

/// CPU seconds of all packs, the slowest file, and the verdict.
fn judge(code: &[&SourceFile], bundle: &Bundle) -> (f64, (f64, String), Verdict) {
    let policy = resolve(bundle).expect("valid");
    let verifier = Verifier::new(&policy, &ChangeSet::default(), &[]);
    let mut desk = Desk::default();
    let start = cpu();
    let mut slowest: (f64, String) = (0.0, String::new());
    let mut reports = Vec::new();
    for file in code {
        let before = cpu();
        reports.push(verifier.file(file, &mut desk));
        let took = cpu() - before;
        if took > slowest.0 {
            slowest = (took, file.path.as_str().to_owned());
        }
    }
    (cpu() - start, slowest, verifier.finish(reports))
}

/// Every rule alone.
fn each_rule(code: &[&SourceFile]) {
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
    let incomplete = verdict.skipped.iter().filter(|skipped| skipped.incomplete).count();
    println!("{} skipped, {incomplete} of them incomplete", verdict.skipped.len());
}

fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let list = args
        .iter()
        .position(|arg| arg == "--list")
        .map(|at| args.drain(at..at + 2).nth(1).unwrap_or_default());
    let each = args.iter().position(|arg| arg == "--each").map(|at| args.remove(at)).is_some();
    let mut files = Vec::new();
    for root in &args {
        collect(Path::new(root), Path::new(root), &mut files);
    }
    let code: Vec<&SourceFile> =
        files.iter().filter(|file| Language::of_path(file.path.as_str()).is_some()).collect();
    let bytes: usize = code.iter().map(|file| file.bytes.len()).sum();
    let parse = parse_seconds(&code);
    let start = cpu();
    let strict = built_in("strict").expect("built in");
    resolve(&strict).expect("valid");
    let rules = cpu() - start;
    let (all, slowest, verdict) = judge(&code, &strict);
    println!(
        "{} files, {:.1} MB of code; rules read in {:.0} ms",
        code.len(),
        bytes as f64 / 1e6,
        rules * 1e3
    );
    let ratio = all / parse;
    println!(
        "parse {parse:.2} s, all packs {all:.2} s, ratio {ratio:.2}; slowest {:.0} ms {}",
        slowest.0 * 1e3,
        slowest.1
    );
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
