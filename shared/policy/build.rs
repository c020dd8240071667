//! Lists the rule files under `packs/`, so that adding a rule is adding one file.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=packs");
    let root = Path::new(
        &env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| io::Error::other("cargo names the package"))?,
    )
    .join("packs");
    let mut lines = Vec::new();
    for pack in fs::read_dir(&root)? {
        let pack = pack?.path();
        if !pack.is_dir() {
            continue;
        }
        println!("cargo:rerun-if-changed={}", pack.display());
        for file in fs::read_dir(&pack)? {
            let file = file?.path();
            if file.extension().is_some_and(|ext| ext == "yml") {
                println!("cargo:rerun-if-changed={}", file.display());
                let name = file.strip_prefix(&root).map_err(io::Error::other)?.display().to_string();
                lines.push(format!("    ({name:?}, include_str!({:?})),", file.display().to_string()));
            }
        }
    }
    lines.sort();
    let code = format!("pub(super) const FILES: &[(&str, &str)] = &[\n{}\n];\n", lines.join("\n"));
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo names the output"))?;
    fs::write(Path::new(&out).join("packs.rs"), code)
}
