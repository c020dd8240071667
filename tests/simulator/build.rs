//! Compiles the demo organization in, so that the demo needs no files beside the program.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/orgs/acme");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let mut code = String::from("pub(crate) static DEMO: &[(&str, &[u8])] = &[\n");
    for file in &files {
        let name = file.strip_prefix(&root).expect("collected below the root");
        writeln!(code, "    ({:?}, include_bytes!({:?})),", name.display().to_string(), file)
            .expect("a String takes it");
    }
    code.push_str("];\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("demo.rs");
    std::fs::write(out, code).expect("OUT_DIR is writable");
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("the demo organization is in the repository") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
