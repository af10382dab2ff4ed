#!/usr/bin/env bash
# Everything that can be said about the code without running it.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/djlint templates --lint --quiet
# B704 is ruff's S704, which asks for its reason on the line
.venv/bin/bandit --quiet --recursive --severity-level medium --skip B704 leadcrm app.py worker.py
scripts/semgrep.sh
