#!/usr/bin/env bash
# Installs what the tests need (see setup.sh) and runs all of them.
set -euo pipefail
cd "$(dirname "$0")/.."
bash tests/setup.sh
cargo test --workspace --no-fail-fast "$@"
