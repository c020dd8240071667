//! A repository as large ones are: code in eleven languages, pipelines, manifests, lockfiles, containers, prose.
//!
//! Every file differs from its neighbours, so that nothing is answered from a cache.

use std::fmt::Write;

/// Path and content of the nth file of a kind.
type Make = fn(usize) -> (String, String);

/// Share of files in a hundred: path, and what stands in it.
const KINDS: &[(usize, Make)] = &[
    (14, |n| (format!("services/s{}/src/module_{n}.ts", n % 40), typescript(n))),
    (10, |n| (format!("services/s{}/app/module_{n}.py", n % 40), python(n))),
    (10, |n| (format!("services/s{}/internal/p{n}/handler.go", n % 40), go(n))),
    (8, |n| (format!("services/s{}/src/main/java/com/acme/Module{n}.java", n % 40), java(n))),
    (8, |n| (format!("crates/c{}/src/module_{n}.rs", n % 60), rust(n))),
    (4, |n| (format!("web/src/components/Part{n}.tsx"), typescript(n))),
    (3, |n| (format!("legacy/app/models/model_{n}.rb"), ruby(n))),
    (3, |n| (format!("legacy/src/Controller{n}.php"), php(n))),
    (3, |n| (format!("desktop/Module{n}.cs"), java(n))),
    (2, |n| (format!("db/migrations/{n:05}_change.sql"), sql(n))),
    (2, |n| (format!("scripts/task_{n}.sh"), shell(n))),
    (8, |n| (format!("services/s{}/tests/test_{n}.py", n % 40), python(n))),
    (8, |n| (format!("docs/area-{}/page-{n}.md", n % 30), prose(n))),
    (5, |n| (format!("deploy/k8s/app-{n}/deployment.yaml"), deployment(n))),
    (3, |n| (format!("deploy/values/region-{n}.yaml"), settings(n))),
    (2, |n| (format!("infra/modules/m{n}/main.tf"), terraform(n))),
    (1, |n| (format!("services/d{n}/Dockerfile"), dockerfile(n))),
    (1, |n| (format!(".github/workflows/flow-{n}.yml"), workflow(n))),
    (2, |n| (format!("packages/p{n}/package.json"), package(n))),
    (1, |n| (format!("packages/p{n}/package-lock.json"), npm_lock(n))),
    (1, |n| (format!("services/g{n}/go.sum"), go_sum(n))),
    (1, |n| (format!("data/sample-{n}.json"), json(n))),
];

/// `count` files of `megabytes` in all.
pub(crate) fn files(count: usize, megabytes: usize) -> Vec<(String, Vec<u8>)> {
    let kinds: Vec<_> = KINDS.iter().flat_map(|(share, make)| std::iter::repeat_n(make, *share)).collect();
    let mut files: Vec<(String, String)> = (0..count).map(|n| kinds[n % kinds.len()](n)).collect();
    let mut left = (megabytes * 1_000_000).saturating_sub(files.iter().map(|(_, text)| text.len()).sum());
    // The rest is more code: files are repeated within themselves until the size is reached.
    let repeatable = [".ts", ".py", ".go", ".java", ".rs", ".tsx", ".rb", ".cs", ".sql", ".md"];
    for (path, text) in &mut files {
        if repeatable.iter().any(|extension| path.ends_with(extension)) {
            let times = (left / text.len().max(1)).min(2);
            left -= times * text.len();
            *text = text.repeat(1 + times);
        }
    }
    files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect()
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "{}", line(n));
        text
    })
}

fn typescript(n: usize) -> String {
    let head = format!(
        "import {{ Router }} from 'express';\nimport {{ store }} from '../store_{n}';\n\nexport const router = Router();\n"
    );
    head + &lines(18, |i| {
        format!(
            "router.get('/orders/{n}/{i}', async (req, res) => {{\n  const found = await store.find(req.params.id);\n  if (!found && {i} > 2) {{ return res.status(404).json({{ error: 'not found' }}); }}\n  res.json({{ id: found.id, total: found.lines.reduce((a, b) => a + b.price, {i}) }});\n}});"
        )
    })
}

fn python(n: usize) -> String {
    let head = format!(
        "\"\"\"Orders, part {n}.\"\"\"\nimport logging\nfrom decimal import Decimal\n\nlogger = logging.getLogger(__name__)\n\n"
    );
    head + &lines(16, |i| {
        format!(
            "def price_{n}_{i}(order, rate=Decimal('0.{i}9')):\n    \"\"\"Price of an order.\"\"\"\n    if order is None or not order.lines:\n        raise ValueError('order {i} is empty')\n    total = sum(line.price * rate for line in order.lines if line.active)\n    logger.info('priced', extra={{'order': order.id, 'total': str(total)}})\n    return total\n"
        )
    })
}

fn go(n: usize) -> String {
    let head = format!("package p{n}\n\nimport (\n\t\"context\"\n\t\"errors\"\n\t\"net/http\"\n)\n\n");
    head + &lines(14, |i| {
        format!(
            "// Handle{i} answers requests for orders.\nfunc Handle{i}(ctx context.Context, w http.ResponseWriter, r *http.Request) error {{\n\tif r.Method != http.MethodGet || ctx.Err() != nil {{\n\t\treturn errors.New(\"method {n}.{i}\")\n\t}}\n\tfor key, value := range r.Header {{\n\t\tw.Header().Set(key, value[0])\n\t}}\n\treturn nil\n}}\n"
        )
    })
}

fn java(n: usize) -> String {
    let head = format!("package com.acme.m{n};\n\nimport java.util.List;\n\npublic class Module{n} {{\n");
    let body = lines(16, |i| {
        format!(
            "  public int total{i}(List<Order> orders) {{\n    int sum = {i};\n    for (Order order : orders) {{\n      if (order.isOpen() && order.getAmount() > {n}) {{ sum += order.getAmount(); }}\n    }}\n    return sum;\n  }}\n"
        )
    });
    head + &body + "}\n"
}

fn rust(n: usize) -> String {
    lines(18, |i| {
        format!(
            "/// Totals of group {n}.\npub fn total_{n}_{i}(orders: &[Order]) -> Result<u64, Error> {{\n    let open = orders.iter().filter(|order| order.open && order.amount > {i});\n    let sum = open.map(|order| order.amount).sum::<u64>();\n    if sum == 0 {{ return Err(Error::Empty); }}\n    Ok(sum)\n}}\n"
        )
    })
}

fn ruby(n: usize) -> String {
    lines(20, |i| {
        format!(
            "class Model{n}x{i} < ApplicationRecord\n  validates :name, presence: true\n  scope :open, -> {{ where(state: 'open') }}\n  def total\n    lines.sum(&:price) + {i}\n  end\nend\n"
        )
    })
}

fn php(n: usize) -> String {
    let head = format!("<?php\n\nnamespace Acme\\Module{n};\n\n");
    head + &lines(16, |i| {
        format!(
            "class Controller{i} {{\n    public function show(int $id): array {{\n        if ($id < {n}) {{ return []; }}\n        return $this->repository->find($id)->toArray();\n    }}\n}}\n"
        )
    })
}

fn sql(n: usize) -> String {
    lines(30, |i| {
        format!(
            "ALTER TABLE orders_{n} ADD COLUMN extra_{i} integer NOT NULL DEFAULT {i};\nCREATE INDEX CONCURRENTLY idx_{n}_{i} ON orders_{n} (extra_{i});"
        )
    })
}

fn shell(n: usize) -> String {
    format!(
        "#!/usr/bin/env bash\nset -euo pipefail\n{}",
        lines(30, |i| format!(
            "if [ -f build/{n}/{i} ]; then curl -fsS \"https://example.com/{n}/{i}\" | tee out.{i}; fi"
        ))
    )
}

fn prose(n: usize) -> String {
    let head = format!(
        "# Area {n}\n\nWhat a reader of this page wants to know about orders, and where to go from here.\n\n"
    );
    head + &lines(12, |i| {
        format!(
            "## How orders of kind {i} are handled\n\n1. An order arrives and is validated against the catalogue.\n2. Its price is computed; see [pricing](../pricing-{n}.md).\n3. It is stored and announced to the warehouse.\n\n> Retries are limited to {i} and logged. Latency stays below 300 ms for 99.9 % of requests.\n\n| field | meaning |\n|---|---|\n| id | a number |\n"
        )
    })
}

fn deployment(n: usize) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{n}\n  labels: {{app: app-{n}}}\nspec:\n  replicas: 3\n  selector: {{matchLabels: {{app: app-{n}}}}}\n  template:\n    metadata: {{labels: {{app: app-{n}}}}}\n    spec:\n      containers:\n        - name: app\n          image: registry.example.com/app-{n}:1.{n}.0\n          ports: [{{containerPort: 8080}}]\n          resources:\n            limits: {{cpu: 500m, memory: 256Mi}}\n          livenessProbe: {{httpGet: {{path: /health, port: 8080}}}}\n          securityContext: {{runAsNonRoot: true, readOnlyRootFilesystem: true}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: app-{n}}}\nspec: {{ports: [{{port: 80, targetPort: 8080}}]}}\n"
    )
}

fn settings(n: usize) -> String {
    lines(50, |i| {
        format!("setting_{i}:\n  enabled: true\n  limit: {n}\n  hosts: [a{i}.example.com, b{i}.example.com]")
    })
}

fn terraform(n: usize) -> String {
    lines(12, |i| {
        format!(
            "resource \"aws_sqs_queue\" \"q{i}\" {{\n  name                      = \"orders-{n}-{i}\"\n  message_retention_seconds = 86400\n  kms_master_key_id         = aws_kms_key.main.id\n  tags                      = local.tags\n}}\n"
        )
    })
}

fn dockerfile(n: usize) -> String {
    format!(
        "FROM node:22.{n}-alpine AS build\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci && npm cache clean --force\nCOPY . .\nRUN npm run build\n\nFROM gcr.io/distroless/nodejs22\nCOPY --from=build /app/dist /app\nUSER nonroot\nHEALTHCHECK CMD [\"/app/health\"]\nEXPOSE 8080\nCMD [\"/app/index.js\"]\n"
    )
}

fn workflow(n: usize) -> String {
    format!(
        "name: flow {n}\non:\n  push: {{branches: [main]}}\n  pull_request:\npermissions: {{contents: read}}\njobs:\n{}",
        lines(6, |i| format!(
            "  job{i}:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n      - uses: actions/setup-node@v5\n        with: {{node-version: 22, cache: npm}}\n      - run: |\n          npm ci\n          npm run lint && npm test -- --shard={i}/6\n      - run: docker build -t app:{n} . && trivy image app:{n}"
        ))
    )
}

fn package(n: usize) -> String {
    let dependencies: Vec<String> = (0..40).map(|i| format!("    \"library-{i}\": \"^{n}.{i}.0\"")).collect();
    format!(
        "{{\n  \"name\": \"@acme/p{n}\",\n  \"private\": true,\n  \"scripts\": {{\"test\": \"jest\", \"lint\": \"eslint .\", \"build\": \"tsc -p .\"}},\n  \"dependencies\": {{\n{}\n  }}\n}}\n",
        dependencies.join(",\n")
    )
}

fn npm_lock(n: usize) -> String {
    let entries: Vec<String> = (0..200)
        .map(|i| format!("    \"node_modules/library-{i}\": {{\n      \"version\": \"{n}.{i}.0\",\n      \"resolved\": \"https://registry.npmjs.org/library-{i}/-/library-{i}-{n}.{i}.0.tgz\",\n      \"integrity\": \"sha512-{:064x}\"\n    }}", i * 7_919 + n))
        .collect();
    format!(
        "{{\n  \"name\": \"p{n}\",\n  \"lockfileVersion\": 3,\n  \"packages\": {{\n{}\n  }}\n}}\n",
        entries.join(",\n")
    )
}

fn go_sum(n: usize) -> String {
    lines(150, |i| {
        format!(
            "example.com/library{i} v1.{n}.{i} h1:{:043x}=\nexample.com/library{i} v1.{n}.{i}/go.mod h1:{:043x}=",
            i + n,
            i * n
        )
    })
}

fn json(n: usize) -> String {
    let rows: Vec<String> = (0..300)
        .map(|i| {
            format!("  {{\"id\": {i}, \"group\": {n}, \"name\": \"row {i}\", \"tags\": [\"a\", \"b\"]}}")
        })
        .collect();
    format!("[\n{}\n]\n", rows.join(",\n"))
}
