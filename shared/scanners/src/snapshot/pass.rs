//! The one pass: every entry is looked at once while it streams by.

use std::collections::{BTreeMap, BTreeSet};

use scrutineer_core::evidence::{
    assurance::ASSURANCE_PATH,
    snapshot::{Entry, EntryKind, SnapshotSink, SnapshotSummary},
};

use super::{
    Api, Codeowners, Dependency, DetectorHits, DetectorId, Hit, Licences, Note, Snapshot,
    ci::{self, CiFiles},
    code::CodeScan,
    codeowners::LOCATIONS,
    dependencies,
    evolution::Evolution,
    file::{File, is_binary, line_at, name_and_extension},
    links::LinkScan,
    patterns::{Applicable, Content, Extra, Owner, patterns},
    profile::ProfileScan,
    secrets::{self, SecretScan},
    supply::SupplyScan,
    topics::TopicScan,
    workloads::ContainerScan,
};
use crate::attestation::{AssuranceFile, MAX_FILE_BYTES};

/// Paths kept; beyond, the snapshot counts as truncated. The provider stops at as many entries.
const MAX_PATHS: usize = 200_000;
/// Bytes of paths kept.
const MAX_PATH_BYTES: usize = 24 * 1024 * 1024;
/// Files kept in memory for later decisions, and their bytes; larger files are not pipelines.
const MAX_KEPT_FILES: usize = 2_000;
const MAX_KEPT_BYTES: usize = 16 * 1024 * 1024;
const MAX_KEPT_FILE: usize = 512 * 1024;
/// Hits kept per list of a detector.
const MAX_HITS: usize = 50;
/// Direct dependencies kept.
const MAX_DEPENDENCIES: usize = 20_000;
/// Bytes that regexes may read in one pass. An ordinary tree needs a few times its size; a tree built to open every
/// gate for every file ends here instead of in hours.
const MAX_REGEX_BYTES: u64 = 8 * 1024 * 1024 * 1024;

/// Collects what the checks need from the entries of one snapshot. Cheap to create: patterns are compiled once per
/// process.
#[derive(Debug, Default)]
pub struct SnapshotPass {
    paths: Vec<String>,
    path_bytes: usize,
    kept_bytes: usize,
    regex_bytes: u64,
    limit: Option<&'static str>,
    files: BTreeMap<DetectorId, BTreeSet<Hit>>,
    content: BTreeMap<DetectorId, BTreeSet<Hit>>,
    deps: BTreeMap<DetectorId, BTreeSet<Hit>>,
    dependencies: BTreeSet<Dependency>,
    ci: CiFiles,
    codeowners: BTreeMap<&'static str, String>,
    assurance: Option<AssuranceFile>,
    topics: TopicScan,
    licences: Licences,
    api: Api,
    secrets: SecretScan,
    profile: ProfileScan,
    containers: ContainerScan,
    code: CodeScan,
    evolution: Evolution,
    links: LinkScan,
    plaintext: BTreeSet<Hit>,
    k8s_secrets: BTreeSet<Hit>,
    secret_uses: BTreeSet<Hit>,
    secret_rules: BTreeSet<Hit>,
    branch_hooks: BTreeSet<Hit>,
    notes: BTreeMap<Note, BTreeSet<Hit>>,
    supply: SupplyScan,
}

/// Adds to a bounded set: the smallest hits stay, whatever the order of files.
fn keep(set: &mut BTreeSet<Hit>, hit: Hit) {
    set.insert(hit);
    if set.len() > MAX_HITS {
        set.pop_last();
    }
}

impl SnapshotPass {
    /// A pass over one snapshot.
    pub fn new() -> Self {
        Self::default()
    }

    fn remember(&mut self, path: &str) -> bool {
        if self.paths.len() >= MAX_PATHS || self.path_bytes + path.len() > MAX_PATH_BYTES {
            self.limit.get_or_insert("more paths than a scan keeps");
            return false;
        }
        self.path_bytes += path.len();
        self.paths.push(path.to_owned());
        true
    }

    fn file_hits(&mut self, found: &[DetectorId], path: &str, non_product: bool) {
        for id in found {
            if !(non_product && patterns().is_product_scoped(*id)) {
                keep(self.files.entry(*id).or_default(), Hit::file(path));
            }
        }
    }

    fn look(&mut self, file: &File<'_>, applicable: &Applicable) {
        self.match_content(file, &applicable.content);
        self.secrets.look(file);
        self.topics.look(file);
        self.topics.documents.file(file, applicable.files.contains(&DetectorId::PolicyAsCode));
        self.licences.look(file);
        self.describes_api(file, applicable.files.contains(&DetectorId::ApiSpec));
        self.profile.look(file);
        self.containers.look(file);
        self.code.look(file);
        self.evolution.look(file);
        self.links.look(file, applicable.files.contains(&DetectorId::CiConfig));
        self.keep_for_ci(file, applicable.files.contains(&DetectorId::CiConfig));
        self.manifest(file);
        self.supply.look(file);
        if let Some(hit) = secrets::plaintext_file(file) {
            keep(&mut self.plaintext, hit);
        }
        if file.path == ASSURANCE_PATH {
            let fits = file.text.len() <= MAX_FILE_BYTES;
            let text = fits.then(|| String::from_utf8_lossy(file.text).into_owned());
            self.assurance = Some(AssuranceFile { text, owners: Vec::new() });
        }
        if let Some(location) = LOCATIONS.iter().find(|location| **location == file.path) {
            self.codeowners.insert(location, String::from_utf8_lossy(file.text).into_owned());
        }
    }

    fn describes_api(&mut self, file: &File<'_>, description: bool) {
        if description && !file.non_product {
            self.api.description(file);
        } else if file.is_document() {
            self.api.document(file);
        }
    }

    fn match_content(&mut self, file: &File<'_>, applicable: &[u16]) {
        let all = patterns();
        for index in all.open(applicable, file.text) {
            self.regex_bytes += file.text.len() as u64;
            if self.regex_bytes > MAX_REGEX_BYTES {
                self.limit.get_or_insert("more text that resembles its patterns than a scan reads");
                return;
            }
            let content = &all.content[usize::from(index)];
            match content.owner {
                Owner::Detector(id) => self.detector_content(file, content, id),
                Owner::Extra(extra) => self.extra(file, content, extra),
            }
        }
    }

    fn detector_content(&mut self, file: &File<'_>, content: &Content, id: DetectorId) {
        let secret = matches!(
            id,
            DetectorId::HardcodedSecret | DetectorId::DockerSecret | DetectorId::StaticCloudCred
        );
        if file.non_product && patterns().is_product_scoped(id) {
            return;
        }
        if let Some((line, what)) = first_match(file, content) {
            let what = if secret { id.as_str().to_owned() } else { what };
            keep(self.content.entry(id).or_default(), Hit::at(file.path, line, what));
        }
    }

    fn extra(&mut self, file: &File<'_>, content: &Content, extra: Extra) {
        if file.non_product {
            return;
        }
        let Some((line, what)) = first_match(file, content) else { return };
        let hit = || Hit::at(file.path, line, &what);
        match extra {
            Extra::K8sSecret => {
                self.k8s_secrets.extend(secrets::k8s_secret(file));
                if self.k8s_secrets.len() > MAX_HITS {
                    self.k8s_secrets.pop_last();
                }
            }
            Extra::SecretUse => keep(&mut self.secret_uses, hit()),
            Extra::SecretRule => keep(&mut self.secret_rules, hit()),
            Extra::BranchHook => keep(&mut self.branch_hooks, hit()),
            Extra::Port => self.profile.port(file.path),
            Extra::Route => self.profile.route(file.path),
            Extra::Note(note) => keep(self.notes.entry(note).or_default(), hit()),
        }
    }

    fn keep_for_ci(&mut self, file: &File<'_>, pipeline: bool) {
        let project = ci::is_project_file(file.name);
        let action = matches!(file.name, "action.yml" | "action.yaml");
        if !(project || action || pipeline) {
            return;
        }
        let count = self.ci.pipelines.len() + self.ci.actions.len();
        let fits = self.kept_bytes + file.text.len() <= MAX_KEPT_BYTES && file.text.len() <= MAX_KEPT_FILE;
        if !fits || count >= MAX_KEPT_FILES {
            self.limit.get_or_insert("more pipeline files than a scan keeps");
            return;
        }
        let text = String::from_utf8_lossy(file.text).into_owned();
        if project {
            // Only the scripts are kept, and they are bounded where they are read.
            self.ci.scripts.add(file.path, &text);
            return;
        }
        self.kept_bytes += text.len();
        if action {
            self.ci.actions.insert(file.path.to_owned(), text);
        } else {
            self.ci.pipelines.insert(file.path.to_owned(), text);
        }
    }

    fn manifest(&mut self, file: &File<'_>) {
        let text = std::str::from_utf8(file.text).ok();
        let Some(manifest) = text.and_then(|text| dependencies::read(file.name, file.extension, text)) else {
            return;
        };
        if !file.non_product {
            self.profile.manifest(file.path, &manifest);
            self.supply.manifest(file, manifest.ecosystem, manifest.publishable, &manifest.names);
        }
        for dependency in manifest.dependencies(file.path) {
            for id in patterns().dependency(&dependency.name) {
                if !(file.non_product && patterns().is_product_scoped(id)) {
                    keep(self.deps.entry(id).or_default(), Hit::at(file.path, 0, &dependency.name));
                }
            }
            self.dependencies.insert(dependency);
            if self.dependencies.len() > MAX_DEPENDENCIES {
                self.limit.get_or_insert("more dependencies than a scan keeps");
                self.dependencies.pop_last();
            }
        }
    }

    /// Ends the pass.
    pub fn finish(mut self, summary: SnapshotSummary) -> Snapshot {
        self.paths.sort_unstable();
        let ci = self.ci.model();
        let detectors = hits(self.files, self.content, self.deps);
        let none = DetectorHits::default();
        let profile = self.profile.finish(|id| detectors.get(&id).unwrap_or(&none), &ci);
        let topics = self.topics.finish();
        let codeowners = LOCATIONS.iter().find_map(|location| {
            let text = self.codeowners.get(location)?;
            Some(Codeowners::read(location, text, &self.paths))
        });
        let owners = codeowners.as_ref().map(|found: &Codeowners| found.owners_of(ASSURANCE_PATH).to_vec());
        let assurance =
            self.assurance.map(|file| AssuranceFile { owners: owners.unwrap_or_default(), ..file });
        let (containers, container_limit) = self.containers.finish();
        let (supply, supply_limit) = self.supply.finish();
        let unmatched = codeowners.as_ref().is_some_and(|found| found.truncated);
        let limit = self
            .limit
            .or(unmatched.then_some("more code owners than a scan matches"))
            .or(container_limit)
            .or(supply_limit)
            .or(self.code.limit)
            .or(ci.truncated.then_some("more pipeline steps than a scan reads"));
        let list = |set: BTreeSet<Hit>| set.into_iter().collect::<Vec<_>>();
        let mut snapshot = Snapshot {
            truncated: summary.truncated.or(limit.map(str::to_owned)),
            paths: self.paths,
            detectors,
            topics: topics.best,
            rollback_doc: topics.rollback,
            documents: topics.documents,
            licences: self.licences,
            api: self.api,
            profile,
            codeowners,
            assurance,
            security_policy: topics.security_policy,
            secret_hits: self.secrets.finish(),
            plaintext_secret_files: list(self.plaintext),
            k8s_secret_manifests: list(self.k8s_secrets),
            secret_uses: Vec::new(),
            own_secret_rules: list(self.secret_rules),
            branch_name_checks: list(self.branch_hooks),
            dependencies: self.dependencies.into_iter().collect(),
            supply,
            notes: self.notes.into_iter().map(|(note, set)| (note, list(set))).collect(),
            containers,
            code: self.code.finish(),
            evolution: self.evolution.finish(),
            infrastructure_repositories: self.links.finish(),
            ci,
        };
        snapshot.add_from_ci(self.secret_uses);
        snapshot
    }
}

fn hits(
    files: BTreeMap<DetectorId, BTreeSet<Hit>>,
    content: BTreeMap<DetectorId, BTreeSet<Hit>>,
    deps: BTreeMap<DetectorId, BTreeSet<Hit>>,
) -> BTreeMap<DetectorId, DetectorHits> {
    let mut found: BTreeMap<DetectorId, DetectorHits> = BTreeMap::new();
    for (id, set) in files {
        found.entry(id).or_default().files.extend(set);
    }
    for (id, set) in content {
        found.entry(id).or_default().content.extend(set);
    }
    for (id, set) in deps {
        found.entry(id).or_default().deps.extend(set);
    }
    found
}

/// Line and first line of the first match; patterns that begin with `\s*` start a match in the blank before it.
fn first_match(file: &File<'_>, content: &Content) -> Option<(u64, String)> {
    let found = content.pattern.regex()?.find(file.text)?;
    let blank = found.as_bytes().iter().take_while(|b| b.is_ascii_whitespace()).count();
    let shown = found.as_bytes()[blank..].split(|b| *b == b'\n').next().unwrap_or_default();
    Some((line_at(file.text, found.start() + blank), String::from_utf8_lossy(shown).into_owned()))
}

impl SnapshotSink for SnapshotPass {
    fn entry(&mut self, entry: Entry<'_>) {
        if !self.remember(entry.path) || entry.kind == EntryKind::Symlink {
            return;
        }
        let path = entry.path;
        let (name, extension) = name_and_extension(path);
        let non_product = patterns().is_non_product(path);
        let applicable = patterns().applicable(path);
        self.file_hits(&applicable.files, path, non_product);
        let iac = applicable.files.contains(&DetectorId::Iac);
        self.profile.path(path, (name, extension), iac, non_product);
        match entry.content.filter(|text| !is_binary(text)) {
            Some(text) => self.look(&File { path, name, extension, text, non_product }, &applicable),
            None if !non_product => self.supply.lockfile(path, None),
            None => {}
        }
    }
}
