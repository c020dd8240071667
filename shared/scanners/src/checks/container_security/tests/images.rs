//! Images and pipelines.

use super::{docker, with};
use crate::{
    Status::{Error, Failed, NotApplicable, Passed, Warning},
    testing::{Case, Tree},
};

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

pub(super) fn cases() -> Vec<Case> {
    let mut all = presence();
    all.extend(bases());
    all.extend(stages());
    all.extend(secrets());
    all.extend(scans());
    all.extend(signatures());
    all
}

fn truncated(tree: Tree) -> Tree {
    tree.truncated("too many entries")
}

fn presence() -> Vec<Case> {
    vec![
        Case::repo("CNTR-001", Passed, "Dockerfile builds an image", |w| w.tree(docker("FROM a\n"))),
        Case::repo("CNTR-001", Passed, "2 Dockerfiles", |w| {
            w.tree(docker("FROM a\n").file("api/Containerfile", "FROM a\n"));
        }),
        Case::repo("CNTR-001", Passed, "with Jib", |w| {
            w.tree(Tree::new().code().file("pom.xml", "<plugin>jib-maven-plugin</plugin>"));
        }),
        Case::repo("CNTR-001", Failed, "Procfile deploys", |w| {
            w.tree(Tree::new().code().file("Procfile", "web: node app.js\n"));
        }),
        Case::repo("CNTR-001", NotApplicable, "no server", |w| w.tree(Tree::new().code())),
        Case::repo("CNTR-001", NotApplicable, "no server", |w| {
            w.tree(Tree::new().code().file("serverless.yml", "service: x\n"));
        }),
        Case::repo("CNTR-001", NotApplicable, "no server", |w| {
            w.tree(Tree::new().code().file("tests/fixtures/Dockerfile", "FROM a\n"));
        }),
        Case::repo("CNTR-001", Error, "truncated", |w| w.tree(truncated(Tree::new().code()))),
        Case::repo("CNTR-002", NotApplicable, "no Dockerfile", |w| w.tree(Tree::new().code())),
        Case::repo("CNTR-002", Error, "truncated", |w| w.tree(truncated(Tree::new().code()))),
    ]
}

fn bases() -> Vec<Case> {
    vec![
        Case::repo("CNTR-002", Passed, "All 2 base images", |w| {
            w.tree(docker("FROM node:22 AS b\nFROM gcr.io/distroless/nodejs22\nCOPY --from=b /a /a\n"));
        }),
        Case::repo("CNTR-002", Passed, "scratch", |w| w.tree(docker("FROM scratch\nCOPY a /a\n"))),
        Case::repo("CNTR-002", Warning, "pinned by digest", |w| {
            w.tree(docker(&format!("FROM someone/node@{DIGEST}\n")));
        }),
        Case::repo("CNTR-002", Warning, "argument without default", |w| {
            w.tree(docker("ARG BASE\nFROM $BASE\n"));
        }),
        Case::repo("CNTR-002", Failed, "Dockerfile:1 builds on an image of no known publisher", |w| {
            w.tree(docker("FROM someone/node:22\n"));
        }),
        Case::repo("CNTR-002", Failed, "localhost:5000/x", |w| w.tree(docker("FROM localhost:5000/x\n"))),
        Case::repo("CNTR-003", Passed, "pinned by digest", |w| {
            w.tree(docker(&format!("FROM node:22@{DIGEST} AS b\nFROM b\n")));
        }),
        Case::repo("CNTR-003", Passed, "scratch", |w| w.tree(docker("FROM scratch\n"))),
        Case::repo("CNTR-003", Warning, ".github/dependabot.yml:2 updates it", |w| {
            let bot = "updates:\n  - package-ecosystem: docker\n";
            w.tree(docker("FROM node:22.19.0\n").file(".github/dependabot.yml", bot));
        }),
        Case::repo("CNTR-003", Failed, "no bot updates it", |w| w.tree(docker("FROM node:22.19.0\n"))),
        Case::repo("CNTR-003", Failed, "no bot updates it", |w| {
            let bot = "updates:\n  - package-ecosystem: npm\n";
            w.tree(docker("FROM node:22.19.0\n").file(".github/dependabot.yml", bot));
        }),
        Case::repo("CNTR-003", Failed, "tag that moves: node:22.", |w| {
            w.tree(docker(&format!("FROM node:22\nFROM node@{DIGEST}\n")).file("renovate.json", "{}"));
        }),
        Case::repo("CNTR-003", Failed, "node:latest", |w| w.tree(docker("ARG V=latest\nFROM node:$V\n"))),
        Case::repo("CNTR-003", NotApplicable, "no Dockerfile", |w| w.tree(Tree::new().code())),
    ]
}

fn stages() -> Vec<Case> {
    vec![
        Case::repo("CNTR-004", Passed, "COPY --from=build", |w| {
            w.tree(docker("FROM rust AS build\nRUN cargo build\nFROM debian\nCOPY --from=build /a /a\n"));
        }),
        Case::repo("CNTR-004", Passed, "distroless", |w| {
            w.tree(docker("FROM gcr.io/distroless/java21\nCOPY a.jar /\n"))
        }),
        Case::repo("CNTR-004", Warning, "without compilers", |w| {
            w.tree(docker("FROM node:22\nCOPY . .\nRUN npm ci --omit=dev\n"));
        }),
        Case::repo("CNTR-004", Warning, "without compilers", |w| {
            w.tree(docker("FROM python\nRUN apk add gcc && pip install x && apk del gcc\n"));
        }),
        Case::repo("CNTR-004", Warning, "without compilers", |w| {
            w.tree(docker("FROM python\nCOPY --from=ghcr.io/astral-sh/uv /uv /uv\n"));
        }),
        Case::repo("CNTR-004", Failed, "Dockerfile:2 (RUN npm ci && npm run build)", |w| {
            w.tree(docker("FROM node:22\nRUN npm ci && npm run build\n"));
        }),
        Case::repo("CNTR-004", Failed, "api/Dockerfile:2", |w| {
            let good = "FROM rust AS build\nFROM debian\nCOPY --from=0 /a /a\n";
            w.tree(docker(good).file("api/Dockerfile", "FROM golang\nRUN go build ./...\n"));
        }),
        Case::repo("CNTR-004", NotApplicable, "no Dockerfile", |w| w.tree(Tree::new().code())),
    ]
}

fn secrets() -> Vec<Case> {
    let env = "DB_PASSWORD=kq8Zr2vXw9LmTt41B\n";
    vec![
        Case::repo("CNTR-007", Passed, "No credential", |w| {
            w.tree(docker("FROM a\nRUN --mount=type=secret,id=npm npm ci\n"));
        }),
        Case::repo("CNTR-007", Passed, "No credential", move |w| {
            let tree = docker("FROM a\nCOPY . .\n").file(".env", env);
            w.tree(tree.file(".dockerignore", "# local\n.env*\n"));
        }),
        Case::repo("CNTR-007", Warning, "NPM_TOKEN", |w| w.tree(docker("FROM a\nARG NPM_TOKEN\n"))),
        Case::repo("CNTR-007", Failed, "Dockerfile:2", |w| {
            w.tree(docker("FROM a\nENV DB_PASSWORD=hunter2hunter2\n"));
        }),
        Case::repo("CNTR-007", Failed, "Dockerfile:2", |w| {
            w.tree(docker("FROM a\nCOPY id_rsa /root/.ssh/\n"))
        }),
        Case::repo("CNTR-007", Failed, "copied into the image by Dockerfile", move |w| {
            w.tree(docker("FROM a\nCOPY . .\n").file(".env", env).file(".dockerignore", ".env\n!.env\n"));
        }),
        Case::repo("CNTR-007", NotApplicable, "no Dockerfile", |w| w.tree(Tree::new().code())),
        Case::repo("CNTR-007", Error, "truncated", |w| w.tree(truncated(docker("FROM a\n")))),
    ]
}

fn workflow(steps: &str) -> Tree {
    let text = format!("on: push\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n{steps}");
    with(&[(".github/workflows/ci.yml", &text)])
}

fn scans() -> Vec<Case> {
    let trivy =
        |with: &str| format!("      - uses: aquasecurity/trivy-action@v0\n        with: {{ {with} }}\n");
    let runs = |command: &str| format!("      - run: {command}\n");
    let scan =
        |status, says, steps: String| Case::repo("CNTR-006", status, says, move |w| w.tree(workflow(&steps)));
    vec![
        scan(Passed, "trivy-action", trivy("image-ref: x, exit-code: 1")),
        scan(Passed, "grype x --fail-on high", runs("grype x --fail-on high")),
        scan(Warning, "cannot fail", trivy("image-ref: x")),
        scan(Warning, "cannot fail", runs("trivy image --exit-code 0 x")),
        scan(
            Warning,
            "cannot fail",
            format!("{}        continue-on-error: true\n", trivy("image-ref: x, exit-code: 1")),
        ),
        scan(Warning, "scans files only", trivy("scan-type: fs, exit-code: 1")),
        scan(Warning, "scans files only", runs("trivy fs .")),
        scan(Failed, "No job of 1 pipeline files", runs("docker build .")),
        Case::repo("CNTR-006", Passed, "registry scans images", |w| {
            w.tree(with(&[("ecr.tf", "image_scanning_configuration {\n  scan_on_push = true\n}\n")]));
        }),
        Case::repo("CNTR-006", NotApplicable, "no Dockerfile", |w| w.tree(Tree::new().code())),
        Case::repo("CNTR-006", Error, "truncated", |w| w.tree(truncated(docker("FROM a\n")))),
    ]
}

fn signatures() -> Vec<Case> {
    const PUSH: &str = "      - uses: docker/build-push-action@v6\n        with: { push: true, tags: x }\n";
    let signed =
        |status, says, steps: String| Case::repo("CNTR-011", status, says, move |w| w.tree(workflow(&steps)));
    vec![
        signed(Passed, "cosign sign", format!("{PUSH}      - run: cosign sign --yes x\n")),
        signed(
            Passed,
            "signs it",
            format!(
                "{PUSH}      - uses: actions/attest-build-provenance@v3\n        with: {{ push-to-registry: true, subject-name: x }}\n"
            ),
        ),
        signed(
            Warning,
            "covers something else",
            format!(
                "{PUSH}      - uses: actions/attest-build-provenance@v3\n        with: {{ subject-path: dist/x }}\n"
            ),
        ),
        signed(Failed, "nothing signs", PUSH.to_owned()),
        signed(Failed, "docker push x", "      - run: docker push x\n".to_owned()),
        signed(NotApplicable, "No job of the repository pushes", "      - run: docker build .\n".to_owned()),
        Case::repo("CNTR-011", NotApplicable, "no Dockerfile", |w| w.tree(Tree::new().code())),
        Case::repo("CNTR-011", Warning, "verify", |w| {
            let text = format!("on: push\njobs:\n  image:\n    steps:\n{PUSH}");
            w.tree(with(&[(".github/workflows/ci.yml", &text), ("policy.yaml", "spec:\n  verifyImages:\n")]));
        }),
    ]
}
