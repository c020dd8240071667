//! The same evidence gives the same bytes: order, text and scores, however the platform listed it and in whatever order
//! the files came.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use std::path::Path;

use proptest::prelude::*;
use scrutineer_core::{
    Fact,
    evidence::{
        OrgEvidence, RepoActivity, RepoEvidence, RepoListing, RepoPosture,
        repo::DetailNeeds,
        snapshot::{Entry, EntryKind, SnapshotSink, SnapshotSummary, SnapshotTarget},
    },
    provider::Provider,
};
use scrutineer_github::{BaseUrl, Credential, GitHub, Settings};
use scrutineer_scanners::{
    Finding, OrgDocs, OrgSubject, Profile, RepoSubject, ScoreVector, Snapshot, SnapshotPass, evaluate_org,
    evaluate_repo, snapshot,
};
use scrutineer_simulator::{Simulator, World};

/// Files as they come.
#[derive(Clone, Default)]
struct Files(Vec<(String, EntryKind, u64, Option<Vec<u8>>)>);

impl SnapshotSink for Files {
    fn entry(&mut self, entry: Entry<'_>) {
        self.0.push((entry.path.to_owned(), entry.kind, entry.size, entry.content.map(<[u8]>::to_vec)));
    }
}

impl Files {
    fn snapshot(&self) -> Snapshot {
        let mut pass = SnapshotPass::new();
        for (path, kind, size, content) in &self.0 {
            pass.entry(Entry { path, kind: *kind, size: *size, content: content.as_deref() });
        }
        pass.finish(SnapshotSummary::default())
    }
}

/// Everything a scan reads about one organization.
#[derive(Clone)]
struct Evidence {
    org: OrgEvidence,
    repositories: Vec<(RepoEvidence, Fact<Files>)>,
}

async fn read(world: World) -> Evidence {
    let login = world.logins().remove(0);
    let simulator = Simulator::start(world).await.unwrap();
    let base_url = BaseUrl::for_operator(&simulator.base_url()).unwrap();
    let credential = Credential::Token(simulator.full_installation_token().into());
    let github = GitHub::new(Settings::new(credential, base_url));
    let org = github.org_evidence(&login.parse().unwrap()).await.unwrap();
    let listings = github.repositories(&org).await.unwrap();
    let postures = github.posture(&listings).await.unwrap();
    let activities = github.activity(&listings).await.unwrap();
    let needs = DetailNeeds { actions_secrets: true, default_setup: true, rule_bypasses: true };
    let mut repositories = Vec::new();
    for ((listing, posture), activity) in listings.into_iter().zip(postures).zip(activities) {
        let details = github.details(&listing, needs).await.unwrap();
        let branch = posture.ok().and_then(|posture| posture.default_branch.as_ref()?.head.ok().cloned());
        let mut files = Files::default();
        if let Some(head) = branch {
            let target = SnapshotTarget { repo: listing.name.clone(), head };
            files = github.snapshot(&target, files).await.unwrap().0;
        }
        let observed_at = org.observed_at;
        let evidence = RepoEvidence { observed_at, listing, posture, activity, details, assurance: None };
        repositories.push((evidence, Fact::Known(files)));
    }
    Evidence { org, repositories }
}

/// What a scan says: findings and scores, as they are stored.
fn judge(evidence: &Evidence) -> String {
    let docs = OrgDocs::from_snapshots(Fact::Known(None), Fact::Known(None));
    let profile = Profile::default();
    let mut findings: Vec<Finding> = Vec::new();
    let mut contributions = Vec::new();
    for (repo, files) in &evidence.repositories {
        let files = files.as_ref().map(Files::snapshot);
        let subject = RepoSubject { repo, files: files.as_ref(), org: &evidence.org, docs: &docs };
        findings.extend(evaluate_repo(&subject, &profile));
        contributions.push(snapshot::contribution(repo, &files.as_ref()));
    }
    let subject = OrgSubject { org: &evidence.org, docs: &docs, repositories: &contributions };
    findings.extend(evaluate_org(&subject, &profile));
    let scores = ScoreVector::of(&findings, &profile);
    serde_json::to_string_pretty(&(&findings, &scores, &contributions)).unwrap()
}

/// A shuffle that a seed repeats.
struct Shuffle(u64);

impl Shuffle {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }

    fn list<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
    }

    fn fact<T>(&mut self, list: &mut Fact<Vec<T>>) {
        if let Fact::Known(items) = list {
            self.list(items);
        }
    }

    fn page<T>(&mut self, list: &mut Fact<scrutineer_core::evidence::Page<T>>) {
        if let Fact::Known(page) = list {
            self.list(&mut page.items);
        }
    }

    fn org(&mut self, org: &mut OrgEvidence) {
        self.page(&mut org.members);
        self.fact(&mut org.without_two_factor);
        if let Fact::Known(page) = &mut org.teams {
            page.items.iter_mut().for_each(|team| self.list(&mut team.repositories.items));
            self.list(&mut page.items);
        }
        self.page(&mut org.runners.self_hosted);
        self.fact(&mut org.runners.groups);
        self.fact(&mut org.security_configurations);
        self.fact(&mut org.custom_secret_patterns);
        self.fact(&mut org.repository_roles);
        self.fact(&mut org.organization_roles);
        self.fact(&mut org.installations);
        self.fact(&mut org.hooks);
        self.fact(&mut org.actions_secrets);
        self.fact(&mut org.private_registries);
        self.fact(&mut org.property_schema);
        self.fact(&mut org.audit_streams);
        self.fact(&mut org.fine_grained_tokens);
        self.fact(&mut org.credential_authorizations);
        self.fact(&mut org.security.domains);
        self.fact(&mut org.security.rulesets);
    }

    fn listing(&mut self, listing: &mut RepoListing) {
        self.list(&mut listing.custom_properties);
        self.fact(&mut listing.secret_alerts);
        self.fact(&mut listing.code_alerts);
        self.fact(&mut listing.dependency_alerts);
    }

    fn posture(&mut self, posture: &mut RepoPosture) {
        self.list(&mut posture.topics);
        self.list(&mut posture.labels);
        self.list(&mut posture.issue_templates);
        self.list(&mut posture.pull_request_templates);
        self.list(&mut posture.contact_links);
        self.page(&mut posture.rulesets);
        self.page(&mut posture.deploy_keys);
        self.page(&mut posture.outside_collaborators);
        self.page(&mut posture.direct_collaborators);
        self.page(&mut posture.environments);
        if let Some(branch) = &mut posture.default_branch {
            self.fact(&mut branch.rules);
        }
    }

    fn activity(&mut self, activity: &mut RepoActivity) {
        self.page(&mut activity.branches);
        self.fact(&mut activity.head_statuses);
        self.fact(&mut activity.head_suites);
    }
}

/// The evidence as another run might have received it.
fn shuffled(evidence: &Evidence, seed: u64) -> Evidence {
    let mut shuffle = Shuffle(seed);
    let Evidence { mut org, mut repositories } = evidence.clone();
    shuffle.org(&mut org);
    for (repo, files) in &mut repositories {
        shuffle.listing(&mut repo.listing);
        if let Fact::Known(posture) = &mut repo.posture {
            shuffle.posture(posture);
        }
        if let Fact::Known(activity) = &mut repo.activity {
            shuffle.activity(activity);
        }
        if let Fact::Known(files) = files {
            shuffle.list(&mut files.0);
        }
        repo.listing = repo.listing.clone().in_order();
        repo.posture = repo.posture.clone().map(RepoPosture::in_order);
        repo.activity = repo.activity.clone().map(RepoActivity::in_order);
    }
    Evidence { org: org.in_order(), repositories }
}

/// The first lines that differ.
fn difference(one: &str, other: &str) -> Option<String> {
    let pair = one.lines().zip(other.lines()).enumerate().find(|(_, (a, b))| a != b);
    pair.map(|(line, (a, b))| format!("line {line}:\n  {a}\n  {b}"))
        .or_else(|| (one != other).then(|| "one is longer".to_owned()))
}

/// Every organization of the fixtures, read once.
fn organizations() -> Vec<(String, Evidence, String)> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/orgs");
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let read = |path: std::path::PathBuf| {
        let evidence = runtime.block_on(read(World::load(&path).unwrap()));
        let judged = judge(&evidence);
        (path.file_name().unwrap().to_string_lossy().into_owned(), evidence, judged)
    };
    names.into_iter().map(read).collect()
}

#[test]
fn order_without_meaning_changes_nothing() {
    let organizations = organizations();
    assert!(organizations.len() >= 3);
    for (name, evidence, judged) in &organizations {
        assert_eq!(difference(judged, &judge(evidence)), None, "{name}, judged twice");
    }
    let config = ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&any::<u64>(), |seed| {
            for (name, evidence, judged) in &organizations {
                let again = judge(&shuffled(evidence, seed));
                prop_assert_eq!(difference(judged, &again), None, "{}", name);
            }
            Ok(())
        })
        .unwrap();
}
