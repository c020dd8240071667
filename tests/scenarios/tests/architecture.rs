//! The rooms of the house and who may enter them, compared with `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Which of our packages a package may depend on (not for tests).
const ROOMS: &[(&str, &[&str])] = &[
    ("scrutineer-core", &[]),
    ("scrutineer-secrets", &[]),
    ("scrutineer-scanners", &["scrutineer-core", "scrutineer-secrets"]),
    ("scrutineer-policy", &["scrutineer-core", "scrutineer-secrets"]),
    ("scrutineer-aws", &["scrutineer-core"]),
    ("scrutineer-github", &["scrutineer-core"]),
    (
        "scrutineer-service",
        &[
            "scrutineer-core",
            "scrutineer-scanners",
            "scrutineer-policy",
            "scrutineer-aws",
            "scrutineer-github",
        ],
    ),
    (
        "scrutineer-web",
        &[
            "scrutineer-core",
            "scrutineer-scanners",
            "scrutineer-policy",
            "scrutineer-github",
            "scrutineer-service",
        ],
    ),
    (
        "scrutineer-local",
        &[
            "scrutineer-core",
            "scrutineer-scanners",
            "scrutineer-policy",
            "scrutineer-aws",
            "scrutineer-github",
            "scrutineer-service",
            "scrutineer-web",
            "scrutineer-simulator",
        ],
    ),
    ("scrutineer-simulator", &[]),
    (
        "scrutineer-scenarios",
        &[
            "scrutineer-aws",
            "scrutineer-core",
            "scrutineer-local",
            "scrutineer-scanners",
            "scrutineer-service",
            "scrutineer-simulator",
        ],
    ),
];

/// Packages from outside that only some rooms may hold.
const KEPT: &[(&str, &[&str])] = &[
    ("octocrab", &["scrutineer-github"]),
    ("aws-sdk-dynamodb", &["scrutineer-aws"]),
    ("aws-sdk-sqs", &["scrutineer-aws"]),
    ("aws-sdk-kms", &["scrutineer-aws"]),
    ("aws-config", &["scrutineer-aws"]),
    ("dynoxide-rs", &["scrutineer-local"]),
    ("rusqlite", &["scrutineer-local"]),
    ("tree-sitter", &["scrutineer-policy"]),
    ("axum", &["scrutineer-web", "scrutineer-local", "scrutineer-simulator"]),
];

/// The judges: no async runtime, no HTTP, no AWS, in their whole dependency tree.
const PURE: &[&str] = &["scrutineer-core", "scrutineer-scanners", "scrutineer-policy", "scrutineer-secrets"];
const IMPURE: &[&str] = &[
    "tokio",
    "hyper",
    "reqwest",
    "axum",
    "octocrab",
    "aws-config",
    "aws-smithy-runtime",
    "rustls",
    "tracing",
];

fn metadata() -> Metadata {
    MetadataCommand::new().exec().expect("cargo metadata runs in the workspace")
}

fn normal_dependencies(package: &Package) -> impl Iterator<Item = &str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .map(|dependency| dependency.name.as_str())
}

#[test]
fn rooms_depend_only_on_the_rooms_they_may_enter() {
    let rooms: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    for package in metadata().workspace_packages() {
        let name = package.name.as_str();
        let allowed = rooms.get(name).unwrap_or_else(|| panic!("{name} is not a room: add it to ROOMS"));
        for dependency in normal_dependencies(package).filter(|name| name.starts_with("scrutineer-")) {
            assert!(allowed.contains(&dependency), "{name} may not depend on {dependency}");
        }
    }
}

#[test]
fn clients_and_stores_are_kept_in_their_rooms() {
    for package in metadata().workspace_packages() {
        for dependency in normal_dependencies(package) {
            if let Some((_, rooms)) = KEPT.iter().find(|(kept, _)| *kept == dependency) {
                let name = package.name.as_str();
                assert!(rooms.contains(&name), "{name} may not depend on {dependency}");
            }
        }
    }
}

#[test]
fn judges_have_no_runtime_network_or_log_in_their_tree() {
    let metadata = metadata();
    let resolve = metadata.resolve.as_ref().expect("metadata is resolved");
    for pure in PURE {
        let Some(root) = metadata.packages.iter().find(|package| package.name.as_str() == *pure) else {
            continue;
        };
        let mut seen = BTreeSet::new();
        let mut open = vec![&root.id];
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let node = resolve.nodes.iter().find(|node| node.id == *id).expect("every package has a node");
            let normal = node
                .deps
                .iter()
                .filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
            open.extend(normal.map(|dep| &dep.pkg));
        }
        for id in seen {
            let name = metadata[id].name.as_str();
            assert!(!IMPURE.contains(&name), "{pure} reaches {name}");
        }
    }
}

#[test]
fn there_is_one_tls_provider() {
    // Not `cargo metadata`: it lists optional packages that nothing turns on.
    let tree = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--target", "all", "--prefix", "none", "--format", "{p}"])
        .output()
        .expect("cargo tree runs");
    let tree = String::from_utf8(tree.stdout).expect("package names are text");
    assert!(tree.lines().any(|line| line.starts_with("aws-lc-rs ")), "the tree was read");
    for unwanted in ["ring ", "openssl-sys ", "native-tls "] {
        assert!(!tree.lines().any(|line| line.starts_with(unwanted)), "{unwanted}came into the tree");
    }
}
