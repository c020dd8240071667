#!/usr/bin/env bash
# Installs what the tests use besides Rust, under ignored folders of the checkout. Running it again is quick.
set -euo pipefail
cd "$(dirname "$0")/.."

# venv NAME PACKAGE: a Python environment .venv-NAME with exactly that package version. Each has its own because
# they pin conflicting versions of botocore.
venv() {
    local dir=".venv-$1" package=$2
    [ "$(cat "$dir/.installed" 2>/dev/null)" = "$package" ] && return
    if ! command -v python3 >/dev/null; then
        echo "python3 is not installed: the suites against third-party AWS implementations do not run" >&2
        return
    fi
    python3 -m venv --clear "$dir"
    "$dir/bin/pip" install --quiet --disable-pip-version-check "$package"
    echo "$package" >"$dir/.installed"
}

# AWS-compatible services for functions/local/tests/conformance, which also lists where they deviate from AWS.
venv ministack "ministack==1.5.33"
venv moto "moto[server,dynamodb,sqs,kms]==5.2.1"

# GitHub's published OpenAPI description and GraphQL schema (two npm packages, no scripts run).
npm ci --prefix tests/simulator/contract --ignore-scripts --no-audit --no-fund --loglevel=error

# The validator of SARIF files (one npm package with a self-contained program; its script would only mark it executable).
npm ci --prefix tests/sarif --ignore-scripts --no-audit --no-fund --loglevel=error
chmod u+x tests/sarif/node_modules/@microsoft/sarif-multitool-*/Sarif.Multitool
