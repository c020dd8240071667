//! What kind of repository this is; several may hold at once.

use std::collections::BTreeSet;

use super::{
    CiModel, DetectorHits, DetectorId,
    dependencies::Manifest,
    docker,
    file::{File, is_document},
};

/// The profile of a repository, with what showed each of its kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// At least 50 lines in a programming language outside non-product paths.
    pub code: bool,
    /// A deployable server, as far as the files say; deployments are the caller's to add.
    pub service: bool,
    /// A service that speaks HTTP.
    pub http: bool,
    /// Keeps data.
    pub data: bool,
    /// Infrastructure as code without application code, or more than half of its files.
    pub infra: bool,
    /// A publishable package that is not a service.
    pub library: bool,
    /// An end-user client: mobile, desktop or browser extension.
    pub app: bool,
    /// Publishes or deploys something, as far as the files say; releases are the caller's to add.
    pub ships: bool,
    /// None of the others.
    pub docs: bool,
    /// Lines of code outside non-product paths.
    pub code_lines: u64,
    /// `(kind, path)`: what showed it.
    pub because: Vec<(&'static str, String)>,
}

/// Least lines of code of a repository with code.
const MIN_CODE_LINES: u64 = 50;

/// Extensions of programming languages.
const LANGUAGES: &[&str] = &[
    "rs", "go", "py", "js", "mjs", "cjs", "jsx", "ts", "tsx", "mts", "cts", "java", "kt", "kts", "scala",
    "groovy", "rb", "php", "cs", "fs", "vb", "c", "h", "cc", "cpp", "cxx", "hpp", "m", "mm", "swift", "dart",
    "ex", "exs", "erl", "hs", "ml", "clj", "cljs", "lua", "pl", "pm", "r", "jl", "zig", "nim", "sh", "bash",
    "ps1", "sql", "vue", "svelte", "elm", "sol", "cr", "f90",
];

/// Dependencies that only an end-user client has.
const CLIENT_DEPENDENCIES: &[&str] =
    &["electron", "react-native", "expo", "@tauri-apps/api", "tauri", "@capacitor/core", "flutter"];

/// Collects what the profile is decided from.
#[derive(Debug, Default)]
pub(super) struct ProfileScan {
    code_lines: u64,
    files: u64,
    iac_files: u64,
    starts: BTreeSet<String>,
    listens: BTreeSet<String>,
    publishes: BTreeSet<String>,
    clients: BTreeSet<String>,
    ports: BTreeSet<String>,
    routes: BTreeSet<String>,
}

/// Keeps the first few paths in order, whatever the order of files.
fn keep(set: &mut BTreeSet<String>, path: &str) {
    set.insert(path.to_owned());
    if set.len() > 3 {
        set.pop_last();
    }
}

impl ProfileScan {
    /// Counts a path.
    pub(super) fn path(&mut self, path: &str, (name, extension): (&str, &str), iac: bool, non_product: bool) {
        if non_product || is_document(name, extension) {
            return;
        }
        self.files += 1;
        self.iac_files += u64::from(iac);
        let client =
            matches!(name, "AndroidManifest.xml" | "Info.plist" | "project.pbxproj" | "tauri.conf.json");
        if client {
            keep(&mut self.clients, path);
        }
    }

    /// Looks at a product file.
    pub(super) fn look(&mut self, file: &File<'_>) {
        if file.non_product {
            return;
        }
        if LANGUAGES.contains(&file.extension) {
            self.code_lines += memchr::memchr_iter(b'\n', file.text).count() as u64;
        }
        if docker::is_dockerfile(file.name, file.extension) {
            let stage = docker::final_stage(&String::from_utf8_lossy(file.text));
            if stage.starts {
                keep(&mut self.starts, file.path);
            }
            if stage.listens {
                keep(&mut self.listens, file.path);
            }
        }
        if file.name == "manifest.json" && memchr::memmem::find(file.text, b"\"manifest_version\"").is_some()
        {
            keep(&mut self.clients, file.path);
        }
    }

    /// Looks at a product manifest.
    pub(super) fn manifest(&mut self, path: &str, manifest: &Manifest) {
        if manifest.publishable {
            keep(&mut self.publishes, path);
        }
        if manifest.names.iter().any(|name| CLIENT_DEPENDENCIES.contains(&name.as_str())) {
            keep(&mut self.clients, path);
        }
    }

    /// A container port.
    pub(super) fn port(&mut self, path: &str) {
        keep(&mut self.ports, path);
    }

    /// HTTP route code.
    pub(super) fn route(&mut self, path: &str) {
        keep(&mut self.routes, path);
    }

    /// Decides, given what the detectors and the pipelines say.
    pub(super) fn finish<'a>(self, hits: impl Fn(DetectorId) -> &'a DetectorHits, ci: &CiModel) -> Profile {
        let mut because = Vec::new();
        let mut note = |kind: &'static str, path: Option<String>| {
            let found = path.is_some();
            because.extend(path.map(|path| (kind, path)));
            found
        };
        let first = |set: &BTreeSet<String>| set.first().cloned();
        let file = |id: DetectorId| hits(id).files.first().map(|hit| hit.path.clone());
        let any = |id: DetectorId| hits(id).all().next().map(|hit| hit.path.clone());
        // The detector also lists charts and kustomizations, which may hold anything.
        let is_workload = |path: &str| !path.ends_with("Chart.yaml") && !path.contains("kustomization.y");
        let mut workloads = hits(DetectorId::K8s).content.iter().map(|hit| hit.path.clone());
        let workload = workloads.find(|path| is_workload(path));
        let code = self.code_lines >= MIN_CODE_LINES;
        let service = note("service", file(DetectorId::Deploy).or(first(&self.starts)).or(workload));
        let speaks = any(DetectorId::WebFramework).or(any(DetectorId::ApiSpec)).or(first(&self.listens));
        let http = service && note("http", speaks.or(first(&self.ports)).or(first(&self.routes)));
        let data = note("data", any(DetectorId::Db));
        let mostly_iac = self.iac_files > 0 && (!code || self.iac_files * 2 > self.files);
        let infra = mostly_iac && note("infra", any(DetectorId::Iac));
        let library = !service && note("library", first(&self.publishes));
        let app = note("app", first(&self.clients));
        let events: &[&str] = &[];
        let shipping = |id: DetectorId| ci.steps_with(id, events).next().map(|found| found.seen().source());
        let ships = shipping(DetectorId::Publish).or(shipping(DetectorId::Deploy)).or(first(&self.publishes));
        let ships = note("ships", ships);
        let docs = !(code || service || data || infra || library || app || ships);
        Profile {
            code,
            service,
            http,
            data,
            infra,
            library,
            app,
            ships,
            docs,
            code_lines: self.code_lines,
            because,
        }
    }
}
