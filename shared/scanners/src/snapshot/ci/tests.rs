//! The CI model as a whole, through the real pass.

use super::{CiModel, CiSystem};
use crate::{snapshot::DetectorId, testing::Tree};

fn model(files: &[(&str, &str)]) -> CiModel {
    files.iter().fold(Tree::new(), |tree, (path, text)| tree.file(path, text)).snapshot().ci().clone()
}

fn commands(model: &CiModel, events: &[&str]) -> Vec<String> {
    model.steps_on(events).flat_map(|found| &found.step.commands).map(|c| c.text.clone()).collect()
}

#[test]
fn local_reusable_workflows_stand_in_their_caller() {
    let caller = "on: {pull_request: , schedule: [{cron: '0 1 * * *'}]}\njobs:\n  call:\n    if: github.event_name == 'pull_request'\n    \
        uses: ./.github/workflows/shared.yml\n    with: {target: staging}\n    secrets: inherit\n";
    let shared = "on:\n  workflow_call:\n    inputs:\n      target: {default: none}\njobs:\n  inner:\n    \
        environment: ${{ inputs.target }}\n    steps:\n      - run: npm test\n";
    let model = model(&[(".github/workflows/a.yml", caller), (".github/workflows/shared.yml", shared)]);
    assert_eq!(commands(&model, &["pull_request"]), ["npm test"]);
    assert!(commands(&model, &["schedule"]).is_empty(), "the caller's condition holds for its callee");
    let job = &model.workflows[0].jobs[1];
    assert_eq!((job.id.as_str(), job.environments.as_slice()), ("call/inner", &["staging".to_owned()][..]));
    assert_eq!(job.path, ".github/workflows/shared.yml");
    assert!(model.secrets().contains("*"));
    assert!(model.workflows[1].jobs[0].events.is_empty(), "nothing starts a callee by itself");
}

#[test]
fn calls_elsewhere_are_recorded_and_cycles_end() {
    let text = "on: push\njobs:\n  a:\n    uses: acme/ci/.github/workflows/x.yml@v1\n  b:\n    uses: ./.github/workflows/a.yml\n";
    let model = model(&[(".github/workflows/a.yml", text)]);
    assert_eq!(model.unresolved[0].what, "acme/ci/.github/workflows/x.yml@v1");
    assert_eq!(model.workflows[0].jobs.len(), 2);
}

#[test]
fn composite_actions_are_opened() {
    let workflow = "on: push\njobs:\n  a:\n    steps:\n      - uses: ./.github/actions/check\n      - uses: ./.github/actions/check\n        if: false\n";
    let action = "runs:\n  using: composite\n  steps:\n    - run: |\n        npm ci\n        npm run lint\n      shell: bash\n";
    let model = model(&[(".github/workflows/a.yml", workflow), (".github/actions/check/action.yml", action)]);
    assert_eq!(commands(&model, &[]), ["npm ci", "npm run lint"]);
    let found = model.steps_with(DetectorId::Lint, &["push"]).next().unwrap();
    assert_eq!(found.seen().source(), ".github/actions/check/action.yml:6");
}

#[test]
fn jobs_that_cannot_run_do_not_count() {
    let text = "on: [push, pull_request]\njobs:\n  off:\n    if: false\n    steps: [{run: a}]\n  after:\n    needs: off\n    \
        steps: [{run: b}]\n  anyway:\n    needs: [off]\n    if: always()\n    steps: [{run: c}]\n  pushed:\n    \
        if: github.event_name == 'push'\n    steps: [{run: d}, {run: e, if: false}]\n";
    let model = model(&[(".github/workflows/a.yml", text)]);
    assert_eq!(commands(&model, &["push"]), ["c", "d"]);
    assert_eq!(commands(&model, &["pull_request"]), ["c"]);
}

#[test]
fn one_hop_leads_into_project_scripts() {
    let text = "on: push\ndefaults: {run: {working-directory: web}}\njobs:\n  a:\n    steps:\n      - run: |\n          npm ci\n          npm run verify\n      - run: make style\n        working-directory: .\n";
    let package = "{\n  \"scripts\": {\n    \"verify\": \"eslint . && npm run deeper\",\n    \"deeper\": \"vitest\"\n  }\n}\n";
    let make = "style:\n\tgolangci-lint run\n";
    let model =
        model(&[(".github/workflows/a.yml", text), ("web/package.json", package), ("Makefile", make)]);
    assert_eq!(
        commands(&model, &[]),
        ["npm ci", "npm run verify", "eslint .", "npm run deeper", "make style", "golangci-lint run"]
    );
    let found = model.steps_with(DetectorId::Lint, &[]).next().unwrap();
    assert_eq!(found.seen().source(), "web/package.json:3");
}

#[test]
fn facts_of_a_job_are_read() {
    let text = "on:\n  push:\n    tags: ['v*']\n  workflow_dispatch:\n    inputs: {version: {}}\npermissions: read-all\njobs:\n  \
        ship:\n    name: Ship it\n    runs-on: {group: big, labels: [self-hosted, x64]}\n    permissions: {id-token: write}\n    \
        container: semgrep/semgrep:1\n    services: {db: {image: postgres}}\n    env: {A: '${{ secrets.API_KEY }}'}\n    steps:\n      \
        - uses: actions/checkout@v4\n      - run: echo ${{ secrets['OTHER'] }} ${{ secrets.GITHUB_TOKEN }}\n";
    let model = model(&[(".github/workflows/a.yaml", text)]);
    let workflow = &model.workflows[0];
    assert!(workflow.triggers[0].tags_only && !workflow.triggers[0].every_branch());
    assert_eq!(workflow.triggers[1].inputs, ["version"]);
    let job = &workflow.jobs[0];
    assert_eq!((job.runs_on.len(), job.runner_group.as_deref()), (2, Some("big")));
    assert!(job.permissions.writes("id-token"));
    assert_eq!(job.secrets.iter().map(String::as_str).collect::<Vec<_>>(), ["API_KEY", "OTHER"]);
    assert_eq!(
        (job.steps[0].uses.as_deref(), job.steps[0].version.as_deref()),
        (Some("actions/checkout"), Some("v4"))
    );
    assert!(
        model.steps_with(DetectorId::Sast, &["push"]).next().is_some(),
        "the container image is a scanner"
    );
}

#[test]
fn other_systems_have_jobs_commands_and_triggers() {
    let gitlab = "stages: [test]\n.base: {script: [npm ci]}\ntest:\n  extends: .base\n  script: [npm test]\n  rules:\n    - if: $CI_PIPELINE_SOURCE == 'merge_request_event'\n\
        ship:\n  script: ./deploy.sh\n  environment: {name: production}\n  when: manual\n";
    let azure = "trigger: [main]\npr: none\nstages:\n  - stage: Build\n    jobs:\n      - job: a\n        steps:\n          - script: dotnet test\n          - task: Docker@2\n";
    let circle = "version: 2.1\njobs:\n  build:\n    docker: [{image: cimg/go}]\n    steps:\n      - checkout\n      - run: {name: t, command: go test ./...}\n";
    let jenkins = "pipeline {\n  stages {\n    stage('T') { steps { sh 'mvn verify'\n sh '''\n  npm ci\n  npm test\n''' } }\n  }\n}\n";
    let travis = "language: python\nscript:\n  - pytest\n";
    let model = model(&[
        (".gitlab-ci.yml", gitlab),
        ("azure-pipelines.yml", azure),
        (".circleci/config.yml", circle),
        ("Jenkinsfile", jenkins),
        (".travis.yml", travis),
    ]);
    let of = |system: CiSystem| model.workflows.iter().find(|w| w.system == system).unwrap();
    let texts = |system: CiSystem| {
        let steps = of(system).jobs.iter().flat_map(|j| &j.steps);
        steps.flat_map(|s| &s.commands).map(|c| c.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(texts(CiSystem::GitLab), ["npm test", "npm ci", "./deploy.sh"]);
    assert_eq!(of(CiSystem::GitLab).jobs[0].events, ["pull_request"]);
    assert_eq!(of(CiSystem::GitLab).jobs[1].environments, ["production"]);
    assert_eq!(texts(CiSystem::Azure), ["dotnet test"]);
    assert_eq!(of(CiSystem::Azure).triggers.len(), 1);
    assert_eq!(texts(CiSystem::CircleCi), ["go test ./..."]);
    assert_eq!(texts(CiSystem::Jenkins), ["mvn verify", "npm ci", "npm test"]);
    assert_eq!(texts(CiSystem::Other), ["pytest"]);
}

#[test]
fn broken_and_hostile_pipelines_say_why() {
    let mut bomb = String::from("on: push\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..12 {
        bomb.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", ")));
    }
    let deep = format!("on: {}", "[".repeat(50_000));
    let model = model(&[
        (".github/workflows/bomb.yml", &bomb),
        (".github/workflows/deep.yml", &deep),
        (".github/workflows/list.yml", "- a\n"),
        (".github/workflows/ok.yml", "on: push\njobs: {a: {steps: [{run: make}]}}\n"),
    ]);
    let problems: Vec<_> = model.workflows.iter().map(|w| w.problem.is_some()).collect();
    assert_eq!(problems, [true, true, true, false]);
    assert_eq!(commands(&model, &["push"]), ["make"]);
}

#[test]
fn expansion_is_bounded() {
    // Ten levels of five calls each would be ten million jobs.
    let mut files: Vec<(String, String)> = Vec::new();
    for level in 0..10 {
        let calls: String = (0..5)
            .map(|n| {
                format!(
                    "  c{n}:\n    uses: ./.github/workflows/l{}.yml\n    steps: [{{run: x}}]\n",
                    level + 1
                )
            })
            .collect();
        files.push((format!(".github/workflows/l{level}.yml"), format!("on: push\njobs:\n{calls}")));
    }
    let tree = files.iter().fold(Tree::new(), |tree, (path, text)| tree.file(path, text));
    let snapshot = tree.snapshot();
    assert!(snapshot.truncated().is_some_and(|why| why.contains("pipeline steps")));
    let jobs = snapshot.ci().jobs().count();
    assert!(jobs < 60_000, "{jobs}");
}
