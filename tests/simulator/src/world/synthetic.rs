//! Organizations of any size for benches: many small repositories over a few shared file trees.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::load::present;
use super::org_file::{Member, OrgFile, Team};
use super::repo_file::{Collaborator, Commit, RepoFile, Suite, Visibility};
use super::tree::Tree;
use super::{Org, Repo, World};
use crate::digest;

const CI: &str = "name: ci\non: [push, pull_request]\npermissions:\n  contents: read\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n      - uses: actions/setup-node@v5\n        with:\n          cache: npm\n      - run: npm ci\n      - run: npm run lint\n      - run: npm test\n";
const DEPLOY: &str = "name: deploy\non:\n  push:\n    branches: [main]\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    environment: production\n    steps:\n      - uses: actions/checkout@v5\n      - run: ./deploy.sh\n        env:\n          TOKEN: ${{ secrets.DEPLOY_TOKEN }}\n";

/// Database id of the first generated repository.
const FIRST_ID: u64 = 2_000_000;

impl World {
    /// An organization with `repos` repositories in eight variations: with and without CI, protection, deployment,
    /// code owners. Every fiftieth is archived, every seventieth empty.
    pub fn synthetic(login: &str, repos: usize) -> Self {
        let now = present();
        let trees: Vec<Arc<Tree>> = (0..8).map(|variant| Arc::new(tree(variant))).collect();
        let files: Vec<Arc<RepoFile>> = (0..8).map(|variant| Arc::new(settings(variant, now))).collect();
        let repo = |index: usize| {
            let name = format!("repo-{index:05}");
            let mut file = files[index % 8].clone();
            if index % 50 == 49 {
                Arc::make_mut(&mut file).archived = true;
            }
            let empty = index % 70 == 69;
            let tree = if empty { Arc::default() } else { trees[index % 8].clone() };
            let repo = Repo {
                // Counted rather than hashed: thousands of 30-bit hashes may collide.
                id: FIRST_ID + index as u64,
                owner: login.into(),
                name,
                file,
                tree,
                pushes: 0,
                archive: None,
            };
            (repo.name.clone(), Arc::new(repo))
        };
        let repos: BTreeMap<_, _> = (0..repos).map(repo).collect();
        let org = Org::new(digest::database_id("org", login), organization(login, repos.len()), repos);
        Self { now, orgs: BTreeMap::from([(login.to_lowercase(), Arc::new(org))]) }
    }
}

fn organization(login: &str, repos: usize) -> OrgFile {
    let count = (repos / 4).clamp(5, 300);
    let member = |index: usize| Member {
        login: format!("member-{index:04}"),
        admin: index < 2,
        two_factor: true,
        active: index % 40 != 39,
        created: None,
    };
    let members: Vec<Member> = (0..count).map(member).collect();
    let teams = (0..count.div_ceil(6)).map(|index| Team {
        slug: format!("team-{index:03}"),
        description: None,
        secret: false,
        members: members.iter().skip(index * 6).take(6).map(|member| member.login.clone()).collect(),
        repositories: (0..6)
            .map(|n| (format!("repo-{:05}", (index * 6 + n) % repos.max(1)), "WRITE".to_owned()))
            .collect(),
        parent: None,
        review_delegation: false,
        notifications_disabled: false,
    });
    let teams = teams.collect();
    let settings =
        json!({"two_factor_requirement_enabled": true, "members_can_create_public_repositories": false});
    OrgFile {
        login: login.into(),
        plan: Some("enterprise".into()),
        settings: settings.as_object().cloned().unwrap_or_default(),
        members,
        teams,
        ..OrgFile::default()
    }
}

fn tree(variant: usize) -> Tree {
    let mut tree = Tree::default();
    let mut put = |path: &str, text: &str| tree.put(path, text.as_bytes());
    put("README.md", &format!("# Service, variant {variant}\n\nHow to build it: `npm ci && npm test`.\n"));
    put(
        "package.json",
        "{\n  \"name\": \"service\",\n  \"private\": true,\n  \"scripts\": {\"test\": \"jest\", \"lint\": \"eslint .\"},\n  \"dependencies\": {\"express\": \"4.21.2\"}\n}\n",
    );
    let code: String = (0..60)
        .map(|line| {
            format!("exports.handler{line} = (req, res) => res.json({{ line: {line}, v: {variant} }});\n")
        })
        .collect();
    put("src/index.js", &code);
    if variant.is_multiple_of(2) {
        put(".github/workflows/ci.yml", CI);
        put("test/index.test.js", "test('adds', () => expect(1 + 1).toBe(2));\n");
    }
    if variant.is_multiple_of(4) {
        put(".github/workflows/deploy.yml", DEPLOY);
        put(".github/CODEOWNERS", "* @org/team-000\n");
    }
    if variant == 5 {
        put("Dockerfile", "FROM node:22\nCOPY . .\nCMD [\"node\", \"src/index.js\"]\n");
    }
    tree
}

fn settings(variant: usize, now: jiff::Timestamp) -> RepoFile {
    let suite = Suite { seconds: 120 + 100 * variant as i64, ..Suite::default() };
    let commit = Commit {
        suites: if variant.is_multiple_of(2) { vec![suite] } else { vec![] },
        signed: variant == 0,
        ..Commit::default()
    };
    let protection = json!({"requiresApprovingReviews": true, "requiredApprovingReviewCount": variant % 3, "isAdminEnforced": variant == 0});
    let secret = json!([{"name": "DEPLOY_TOKEN", "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z"}]);
    let mut file = RepoFile {
        visibility: if variant == 7 { Visibility::Public } else { Visibility::Private },
        security: BTreeMap::from([("secret_scanning".to_owned(), variant.is_multiple_of(2))]),
        protection: if variant.is_multiple_of(4) { protection.as_object().cloned() } else { None },
        commits: vec![commit; 20],
        collaborators: vec![Collaborator {
            login: "member-0003".into(),
            permission: "WRITE".into(),
            outside: false,
        }],
        secrets: if variant.is_multiple_of(4) {
            secret.as_array().cloned().unwrap_or_default()
        } else {
            vec![]
        },
        code_scanning_default_setup: Some(
            json!({"state": "not-configured", "languages": [], "query_suite": "default", "threat_model": "remote", "updated_at": null, "schedule": null}),
        ),
        ..RepoFile::default()
    };
    file.settle(now);
    file
}
